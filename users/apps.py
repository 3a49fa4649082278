from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "Users"

    def ready(self) -> None:
        from users.roles import create_roles

        # Permissions exist only after the migrations, so a data migration would come too early.
        post_migrate.connect(create_roles, dispatch_uid="users.create_roles")
