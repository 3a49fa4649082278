from typing import Any

from django import template

from certify.chronicle import undoable

register = template.Library()


@register.inclusion_tag("listruns/includes/_undo.html", takes_context=True)
def undo_offer(context: dict[str, Any]) -> dict[str, Any]:
    """The button that takes back what the user did last, as long as it may be."""
    user, request = context["user"], context["request"]
    return {"entry": undoable(user), "request": request, "csrf_token": context.get("csrf_token")}
