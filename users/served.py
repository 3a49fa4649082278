"""Every form says, signed, who it was served to, so that what one person typed is not stored under another's name."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.signing import BadSignature, Signer, TimestampSigner
from django.http import HttpRequest

from users.models import User

FIELD = "served_to"
TAKEN_OVER = "taken_over"
# One opening of a form that keeps drafts; it tells two forms at the same address apart.
OPENING = "draft_page"
_TAKING_OVER_HOLDS = 7 * 24 * 3600  # seconds: a draft of it may wait for the next shift


@dataclass(frozen=True)
class Typist:
    """Who had the form before who sends it now. `person` is None where the signature is not ours."""

    person: User | None


def mark_of(user: User) -> str:
    """What a form carries that is served to `user`. Only the server can make it: with it drafts are kept for them."""
    return _served_to().sign(str(user.pk))


def typist_besides(user: User, marks: list[str]) -> Typist | None:
    """Who a form with these marks was served to, None where that is `user` or it does not say."""
    for said in marks:
        try:
            pk = _served_to().unsign(said)
        except BadSignature:
            return Typist(None)
        if pk != str(user.pk):
            return Typist(User.objects.filter(pk=pk).first())
    return None


def take_over(typist: User, by: User, form: str) -> str:
    """The sealed word that `by` took over, expressly, what `typist` had typed in this form.

    `form`: what tells it from others, see `users.handover.Handover.form`.
    """
    return _taken_over().sign_object([typist.pk, by.pk, form])


def taken_over_from(sealed: str, by: User, form: str) -> User | None:
    """Whose typing it is that `by` took over; None for one's own."""
    try:
        pk, to, which = _taken_over().unsign_object(sealed, max_age=_TAKING_OVER_HOLDS)
    except BadSignature:
        return None
    is_this = (to, which) == (by.pk, form)
    return User.objects.filter(pk=pk).first() if is_this else None


def typist_of(request: HttpRequest) -> User | None:
    """Whose typing the form is that was sent, where it was taken over."""
    return taken_over_from(request.POST.get(TAKEN_OVER, ""), request.user, request.path)


def _served_to() -> Signer:
    return Signer(salt=f"users.{FIELD}")


def _taken_over() -> TimestampSigner:
    return TimestampSigner(salt=f"users.{TAKEN_OVER}")
