"""In every template, also of Django's admin and of crispy forms: the token of a form says who it is served to."""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from users.served import FIELD, mark_of

register = template.Library()


class ServedTokenNode(CsrfTokenNode):
    def render(self, context: Context) -> SafeString:
        token = super().render(context)
        user = getattr(context.get("request"), "user", None)
        if not (token and user and user.is_authenticated):
            return token
        return token + format_html('<input type="hidden" name="{}" value="{}">', FIELD, mark_of(user))


@register.tag
def csrf_token(parser: Parser, token: Token) -> ServedTokenNode:
    return ServedTokenNode()
