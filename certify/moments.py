"""When something was, in words."""

from datetime import datetime

from django.contrib.humanize.templatetags.humanize import naturaltime


def ago(moment: datetime) -> str:
    """ "5 minutes ago"; what has just been is no "now"."""
    words = str(naturaltime(moment))
    return "a moment ago" if words == "now" else words
