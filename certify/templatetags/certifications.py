"""Addresses of certifications, for templates."""

from django import template

from certify.links import url_of, url_of_draft
from certify.models import Draft, TrackerCertification

register = template.Library()


@register.simple_tag
def certification_url(certification: TrackerCertification, page: str = "detail") -> str:
    return url_of(certification, page)


@register.simple_tag
def draft_url(draft: Draft) -> str:
    return url_of_draft(draft)
