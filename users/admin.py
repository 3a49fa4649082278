from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from history.admin_changes import referring, remember
from history.recorded_admin import MadeFromForm, RecordedAdmin
from users.models import User
from users.served import typist_of

admin.site.unregister(Group)


class PersonForm(MadeFromForm, UserChangeForm):
    pass


@admin.register(User)
class PersonAdmin(RecordedAdmin, UserAdmin):
    """Administrators give roles. Only a superuser makes, changes or deletes a superuser."""

    form = PersonForm
    list_display = ("username", "first_name", "last_name", "roles", "is_staff", "is_active", "last_login")
    list_filter = ("groups", "is_staff", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        always = ("last_login", "date_joined")
        return always if request.user.is_superuser else (*always, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_not_above(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_not_above(request.user, obj)

    def why_kept(self, row: User) -> str:
        traces = ", ".join(referring(row))
        return f"{row} has left traces ({traces}), so the account stays. Untick “Active” to close it." if traces else ""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            answer = super().user_change_password(request, id, form_url)
            _remember_a_new_password(before, request.user, typist_of(request))
        return answer

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class RoleAdmin(RecordedAdmin, GroupAdmin):
    def why_kept(self, row: Group) -> str:
        people = row.user_set.count()
        have = "1 person has" if people == 1 else f"{people} people have"
        return f"{have} the role “{row}”, so it stays. Take it from them first." if people else ""


def _is_not_above(user: User, other: User | None) -> bool:
    return other is None or user.is_superuser or not other.is_superuser


def own_password(request: HttpRequest) -> HttpResponse:
    """Django's page for one's own password, which keeps no record."""
    with transaction.atomic():
        before = User.objects.select_for_update(no_key=True).filter(pk=request.user.pk).first()
        if before is None:
            return redirect_to_login(request.get_full_path())
        answer = admin.site.password_change(request)
        _remember_a_new_password(before, request.user, typist_of(request))
    return answer


def _remember_a_new_password(before: User, by: User, typed_by: User | None) -> None:
    after = User.objects.filter(pk=before.pk).first()
    if after and after.password != before.password:
        remember(before, {"password": ["not shown", "a new one, not shown"]}, by, typed_by=typed_by)
