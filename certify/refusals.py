"""How a refusal leads on: what stands in the way, with its verdict, whom to ask, and what to take instead."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from certify.claims import ClaimedByAnother
from certify.exceptions import AboutACertification, CertificationDeleted, CertificationRefused, NotCertifiedYet
from certify.links import certify_url, url_of
from certify.models import TrackerCertification
from certify.siblings import siblings_of
from users.models import User


def ways_on(refusal: CertificationRefused, user: User) -> dict[str, Any]:
    """For the page of a refusal."""
    certification: TrackerCertification | None = getattr(refusal, "certification", None)
    return {
        "refusal": refusal,
        "advice": refusal.advice_for(user),
        "certification": certification,
        "may_edit": bool(certification and not certification.deleted_at and certification.can_be_edited_by(user)),
        **_whom_to_ask(refusal, user),
        "siblings": _others(certification),
        "certify_url": _to_certify(refusal, user),
        "may_certify": user.may_certify,
    }


def in_one_message(refusal: CertificationRefused, user: User) -> SafeString:
    """For the page that somebody is sent back to."""
    links = []
    certification: TrackerCertification | None = getattr(refusal, "certification", None)
    if certification:
        verdict = "good" if certification.is_good else "bad"
        links.append((url_of(certification), f"See that certification ({verdict})"))
    if user.may_certify and (certification or refusal.leads_to_next):
        links.append((reverse("openruns:next"), "Certify next"))
    linked = format_html_join(" · ", '<a class="alert-link" href="{}">{}</a>', links)
    return format_html_join(" ", "{}", ((part,) for part in (str(refusal), refusal.advice_for(user), linked) if part))


def _whom_to_ask(refusal: CertificationRefused, user: User) -> dict[str, Any]:
    """Who has claimed it or may correct it, where their address is known: a mail that says what it is about."""
    if isinstance(refusal, ClaimedByAnother):
        asked, about = refusal.claim.user, f"May I take over {refusal.claim}?"
    elif isinstance(refusal, AboutACertification) and not refusal.certification.can_be_edited_by(user):
        asked, about = refusal.certification.author, f"Your certification of {refusal.certification.full_name}"
        if not refusal.certification.can_be_edited_by(asked):
            return {}
    else:
        return {}
    return (
        {"asked": asked, "ask_url": f"mailto:{quote(asked.email, safe='@')}?subject={quote(about)}"}
        if asked.email
        else {}
    )


def _others(certification: TrackerCertification | None) -> list[Any]:
    """The other datasets of its reconstruction, each with its way on."""
    if certification is None or certification.deleted_at:
        return []
    of = certification.run_reconstruction
    return [each for each in siblings_of(of.run_id, of.reconstruction) if each.certification != certification]


def _to_certify(refusal: CertificationRefused, user: User) -> str:
    if not user.may_certify:
        return ""
    if isinstance(refusal, NotCertifiedYet):
        return certify_url(refusal.run_number, refusal.reco, refusal.dataset)
    if isinstance(refusal, CertificationDeleted):
        of = refusal.certification.run_reconstruction
        return certify_url(of.run_id, of.reconstruction, refusal.certification.dataset_name)
    return ""


def all_certified(sentence: str, run_number: int) -> SafeString:
    return format_html(
        '{} <a class="alert-link" href="{}?runs={}&amp;show=all">See them</a> · '
        '<a class="alert-link" href="{}">Certify next</a>',
        sentence,
        reverse("listruns:list"),
        run_number,
        reverse("openruns:next"),
    )
