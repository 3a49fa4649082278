from typing import Any

from django.contrib.auth import login, views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from users.carry import carried_fields, carry_on, typed_fields

_FORM_PATHS = ("/certify/", "/list/")


class LoginView(views.LoginView):
    """Sign in; a form that was sent while signed out comes along and comes back."""

    template_name = "users/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(carried=carried_fields(self.request.POST), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        carried = carried_fields(self.request.POST)
        if not carried:
            return super().form_valid(form)
        login(self.request, form.get_user())
        return carry_on(self.request, self.get_success_url(), carried)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is stale, as after signing in again in another tab: it may be sent again.

    Only for a form of our own pages; what another site sends is never shown as if the user had typed it.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") == origin and request.path.startswith(_FORM_PATHS):
        return carry_on(request, request.get_full_path(), typed_fields(request.POST), status=403)
    return render(request, "403.html", {"exception": "This form was not sent from a page of CertHelper."}, status=403)
