"""The states of a dataset in the Run Registry's tracker workspace, in words."""

WAITING = "waiting dqm gui"

_WORDS = {
    "OPEN": "open",
    "SIGNOFF": "signed off",
    "COMPLETED": "completed",
    WAITING: "waits for the DQM GUI",
    "CLOSED": "no longer open",
}


def state_in_words(tracker_state: str) -> str:
    """ "" is "no state"; a state nobody has heard of stays as it came."""
    return _WORDS.get(tracker_state, tracker_state or "no state")
