"""In every template, also of Django's admin and of crispy forms: the token of a form says who it is served to."""

from django import template
from django.http import HttpRequest
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from users.served import FIELD, OPENING, TAKEN_OVER, mark_of, typist_of

register = template.Library()
_HIDDEN = '<input type="hidden" name="{}" value="{}">'


class ServedTokenNode(CsrfTokenNode):
    def render(self, context: Context) -> SafeString:
        token = super().render(context)
        request = context.get("request")
        user = getattr(request, "user", None)
        if not (token and user and user.is_authenticated):
            return token
        return token + format_html(_HIDDEN, FIELD, mark_of(user)) + _taken_over(request)


def _taken_over(request: HttpRequest) -> SafeString:
    """A form that comes back with an error is still the one that was taken over; one with drafts says so by itself."""
    is_shown_again = request.method == "POST" and TAKEN_OVER in request.POST and OPENING not in request.POST
    if is_shown_again and typist_of(request):
        return format_html(_HIDDEN, TAKEN_OVER, request.POST[TAKEN_OVER])
    return SafeString()


@register.tag
def csrf_token(parser: Parser, token: Token) -> ServedTokenNode:
    return ServedTokenNode()
