"""What can go wrong between us and a CERN service, one class per thing a caller can do about it."""

# What whoever meets it can do about the service; what they can do meanwhile is said by the page.
WAIT = "Try again in a few minutes; if it lasts, tell the CertHelper maintainers."
TELL = "Tell the CertHelper maintainers."


class UpstreamError(Exception):
    """A service gave no usable answer. `str()` is one sentence for the person in front of the page.

    `advice`: what to do about it. `reason`: in technical words for the administrator, without secrets.
    `is_illness`: the service itself is not well, so that asking it again soon is of little use.
    """

    sentence = "{service} did not answer properly."
    advice = WAIT
    reason = ""
    is_illness = True

    def __init__(self, service: str, detail: str = "") -> None:
        # These two arguments, so that it can be pickled: other processes may be told of it.
        super().__init__(service, detail)
        self.service = service
        self.detail = detail

    def __str__(self) -> str:
        sentence = self.sentence.format(service=self.service)
        return f"{sentence[:-1]} ({self.detail})." if self.detail else sentence


class Unreachable(UpstreamError):
    sentence = "{service} can't be reached."


class CertificateNotTrusted(UpstreamError):
    """The service's certificate, or the authorities that we are told to trust, are not as they should be."""

    sentence = "{service} was not asked, as CertHelper can't trust its certificate."
    advice = TELL


class TimedOut(UpstreamError):
    sentence = "{service} did not answer in time."


class ServerError(UpstreamError):
    sentence = "{service} answered with an error of its own."


class AuthenticationFailed(UpstreamError):
    """The login page instead of data, or our token refused: the maintainers must look at the credentials."""

    sentence = "{service} did not accept CertHelper's sign-in."
    advice = TELL


class TokenRefused(AuthenticationFailed):
    """The token may have been withdrawn before its time; with a new one the service may well answer."""

    is_illness = False


class RequestRefused(UpstreamError):
    """A 4xx: our question was wrong, so asking again does not help."""

    sentence = "{service} refused CertHelper's question."
    advice = TELL
    is_illness = False


class UnexpectedAnswer(UpstreamError):
    sentence = "{service} answered with something that is not data."


class AnswerBrokenOff(UnexpectedAnswer):
    sentence = "{service} broke off in the middle of its answer."


class AnswerTooBig(UnexpectedAnswer):
    """The service is well, but told more at once than is read: smaller questions help."""

    sentence = "{service} told more at once than CertHelper reads."
    advice = "Ask for fewer runs; if it lasts, tell the CertHelper maintainers."
    is_illness = False


class Resting(UpstreamError):
    """It failed so often that only one question at a time is sent, to find out when it is well again."""

    sentence = "{service} is not well, so it was not asked."
    is_illness = False
