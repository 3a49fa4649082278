from users.handover import Handover


class SearchHandover(Handover):
    """A search is of whoever sends it, whoever its page was served to."""

    is_anybodys = True
