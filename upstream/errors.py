"""What can go wrong between us and a CERN service, one class per thing a caller can do about it."""


class UpstreamError(Exception):
    """A service gave no usable answer. `str()` is one sentence for the person in front of the page."""

    sentence = "{service} did not answer properly."
    advice = "Try again in a few minutes."

    def __init__(self, service: str, detail: str = "") -> None:
        self.service = service
        self.detail = detail
        sentence = self.sentence.format(service=service)
        super().__init__(f"{sentence[:-1]} ({detail})." if detail else sentence)


class Unreachable(UpstreamError):
    sentence = "{service} can't be reached."


class TimedOut(UpstreamError):
    sentence = "{service} did not answer in time."


class ServerError(UpstreamError):
    sentence = "{service} answered with an error of its own."


class AuthenticationFailed(UpstreamError):
    """The login page instead of data, or our token refused: the maintainers must look at the credentials."""

    sentence = "{service} did not accept CertHelper's sign-in."
    advice = "If it lasts, tell the CertHelper maintainers: its credentials may have expired."


class RequestRefused(UpstreamError):
    """A 4xx: our question was wrong, so asking again does not help."""

    sentence = "{service} refused CertHelper's question."
    advice = "Tell the CertHelper maintainers."


class UnexpectedAnswer(UpstreamError):
    sentence = "{service} answered with something that is not data."
    advice = "Try again in a few minutes; if it lasts, tell the CertHelper maintainers."
