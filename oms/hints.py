"""What the Run Registry knows of a run beside its facts: it helps a person to choose, and chooses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from oms.models import OmsFill, OmsRun, RunType, Source
from oms.run_types import run_type_of_class


@dataclass(frozen=True)
class Hints:
    """`run_class` and `particles` (a fill type) as the Run Registry gave them at `told_at`."""

    run_class: str = ""
    particles: str = ""
    told_at: datetime | None = None

    @property
    def of_the_run_type(self) -> SafeString | str:
        """Safe, whatever the Run Registry calls its classes."""
        if not self.run_class:
            return ""
        kind = run_type_of_class(self.run_class)
        suggests = f", which suggests {kind.label.lower()}" if kind != RunType.UNKNOWN else ""
        age = f" ({naturaltime(self.told_at)})" if self.told_at else ""
        return format_html("The Run Registry's class is {}{}{}.", self.run_class, age, suggests)


NO_HINTS = Hints()


def told_by_copy(owner: OmsRun | OmsFill, name: str) -> str:
    """Where a number of the Run Registry's copy comes from, and how old it is; "" for what has another source."""
    is_known = getattr(owner, name, None) not in (None, "", RunType.UNKNOWN)
    if owner.source != Source.RUN_REGISTRY or not is_known or name in owner.typed:
        return ""
    age = f", {naturaltime(owner.fetched_at)}" if owner.fetched_at else ""
    lacks_unit = name.endswith("_lumi") and not getattr(owner, f"{name}_unit")
    return f"The Run Registry's copy{age}{'; unit not known' if lacks_unit else ''}."
