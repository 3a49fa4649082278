from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "Users"

    def ready(self) -> None:
        from users.roles import create_roles
        from users.signing_in import note_sign_in

        # Permissions exist only after the migrations, so a data migration would come too early.
        post_migrate.connect(create_roles, dispatch_uid="users.create_roles")
        # Django's own saves the row: an account that is deleted at this moment would be a 500.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(note_sign_in, dispatch_uid="users.note_sign_in")
