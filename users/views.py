from typing import Any

from django.contrib.auth import login, views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from users.carry import onward, pairs, safe_next
from users.handover import is_for_anybody
from users.luggage import brought, pack, sign_in_first, sign_in_page, unpacked


class LoginView(views.LoginView):
    """Sign in; a form that was sent while signed out comes along and comes back."""

    template_name = "users/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = request.POST
        if "password" not in said:  # from a page that asks the one who typed a form to sign in again
            url = safe_next(request, said.get("next", ""))
            return sign_in_page(request, url, brought(request), said.get("username", ""))
        return super().post(request, *args, **kwargs)

    def get_redirect_url(self) -> str:
        return safe_next(self.request, self.request.POST.get("next", self.request.GET.get("next", "")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(luggage=brought(self.request), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        luggage = brought(self.request)
        login(self.request, form.get_user())
        return unpacked(self.request, luggage.url, luggage) if luggage else onward(self.request, self.get_success_url())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is stale, as after signing in again in another tab: it may be sent again.

    Only for a form of our own pages; what another site sends is never shown as if the user had typed it.
    """
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return render(request, "403_csrf.html", status=403)
    if request.path == reverse("login"):
        return _sign_in_once_more(request)
    if is_for_anybody(request):
        return render(request, "403_csrf.html", status=403)
    if not request.user.is_authenticated:
        return sign_in_first(request)
    # Signing in gives new tokens, so this is how a page of who was signed in before usually comes.
    url = request.get_full_path()
    return unpacked(request, url, pack(request, url, pairs(request.POST)), status=403)


def _sign_in_once_more(request: HttpRequest) -> HttpResponse:
    """The sign-in page itself was stale; what it carried must survive that too."""
    url, luggage = safe_next(request, request.POST.get("next", "")), brought(request)
    if not request.user.is_authenticated:
        return sign_in_page(request, url, luggage)
    return unpacked(request, url, luggage, status=403) if luggage else onward(request, url or reverse("home"))
