from typing import Any

from django.contrib.auth import login, views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from users.carry import carried_fields, carry_on, pairs, safe_next, sign_in_page, typed_fields
from users.handover import handed_over, is_for_anybody

_FORM_PATHS = ("/certify/", "/list/")


class LoginView(views.LoginView):
    """Sign in; a form that was sent while signed out comes along and comes back."""

    template_name = "users/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = request.POST
        if "password" not in said:  # from a page that asks the one who typed a form to sign in again
            url = safe_next(request, said.get("next", ""))
            return sign_in_page(request, url, carried_fields(said), said.get("username", ""))
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(carried=carried_fields(self.request.POST), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        carried, url = carried_fields(self.request.POST), self.get_redirect_url()
        if not (carried and url):
            return super().form_valid(form)
        login(self.request, form.get_user())
        return handed_over(self.request, url, carried) or carry_on(self.request, url, carried)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is stale, as after signing in again in another tab: it may be sent again.

    Only for a form of our own pages; what another site sends is never shown as if the user had typed it.
    """
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return render(request, "403_csrf.html", status=403)
    if request.path == reverse("login"):
        return _sign_in_once_more(request)
    return _of_somebody_else(request) or _once_more(request)


def _of_somebody_else(request: HttpRequest) -> HttpResponse | None:
    """Signing in gives new tokens, so this is how a page of who was signed in before usually comes."""
    if not request.user.is_authenticated or is_for_anybody(request):
        return None
    return handed_over(request, request.get_full_path(), pairs(request.POST))


def _once_more(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_FORM_PATHS):
        return carry_on(request, request.get_full_path(), typed_fields(request.POST), status=403)
    return render(request, "403_csrf.html", status=403)


def _sign_in_once_more(request: HttpRequest) -> HttpResponse:
    """The sign-in page itself was stale; what it carried must survive that too."""
    url, carried = safe_next(request, request.POST.get("next", "")), carried_fields(request.POST)
    if not request.user.is_authenticated:
        return sign_in_page(request, url, carried)
    if not (carried and url):
        return redirect(url or "home")
    return handed_over(request, url, carried) or carry_on(request, url, carried, status=403)
