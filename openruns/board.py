"""The rows and cells of the work list: what is open, whose it is, and what was made of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.timesince import timesince

from certify.differences import mark_rows
from certify.links import certify_url, url_of
from certify.models import CERTIFIED_RECONSTRUCTIONS, Claim, TrackerCertification
from oms.models import OmsRun, RunType
from oms.run_types import run_type_of_class
from oms.units import pretty
from openruns.search import STALE, Found
from runregistry.known import is_still_running
from runregistry.models import KnownDataset, KnownRun
from users.models import User

_CLOSED = {
    "COMPLETED": "Completed in RR",
    "SIGNOFF": "Signed off in RR",
    "waiting dqm gui": "Waiting for DQM GUI",
    "CLOSED": "Closed in RR",
    "": "No state in RR",
}


@dataclass(frozen=True)
class Button:
    """One dataset of a cell. `state` is its colour, `key` what a claim of it sends.

    `can_claim`, `can_release`, `can_assign`: what the person may do with it, a leader more than others.
    """

    state: str
    text: str
    url: str
    dataset: str = ""
    detail: str = ""
    key: str = ""
    can_claim: bool = False
    can_release: bool = False
    can_assign: bool = False
    certification: TrackerCertification | None = None


@dataclass(frozen=True)
class Cell:
    reco: str
    label: str
    buttons: list[Button] = field(default_factory=list)

    @property
    def states(self) -> set[str]:
        return {button.state for button in self.buttons}


@dataclass(frozen=True)
class Row:
    run_number: int
    run_type: str
    type_label: str
    run_class: str
    lumisections: int | None
    recorded: float | None
    recorded_unit: str
    cells: list[Cell]
    is_running: bool = False

    def has(self, *states: str) -> bool:
        return any(cell.states & set(states) for cell in self.cells)


class Board:
    """All that the cells of these runs need, in a constant number of queries."""

    def __init__(self, found: Found, user: User, unheard: list[int] | None = None) -> None:
        """`unheard`: runs that were asked for and of which nothing is known, as the Run Registry is silent."""
        self.found = found
        self.user = user
        self.unheard = unheard or []
        numbers = [run.run_number for run in found.runs] + self.unheard
        self._runs = OmsRun.objects.in_bulk(numbers)
        certified = TrackerCertification.objects.filter(run_reconstruction__run_id__in=numbers)
        self._certified: dict[tuple[int, str], list[TrackerCertification]] = defaultdict(list)
        certified = certified.select_related("run_reconstruction__run", "author", "dataset")
        mark_rows(certified)
        for each in certified:
            self._certified[each.run_reconstruction.run_id, each.reconstruction].append(each)
        self._claims: dict[tuple[int, str], list[Claim]] = defaultdict(list)
        for claim in Claim.objects.in_force().filter(run_number__in=numbers).select_related("user"):
            self._claims[claim.run_number, claim.reconstruction].append(claim)
        self._may_certify, self._leads = user.may_certify, user.is_shift_leader

    def rows(self) -> list[Row]:
        known = [self._row(run) for run in self.found.runs]
        unknown = [self._row(KnownRun(run_number=number), is_known=False) for number in self.unheard]
        return sorted(known + unknown, key=lambda row: -row.run_number)

    def _row(self, run: KnownRun, is_known: bool = True) -> Row:
        facts = self._runs.get(run.run_number) or OmsRun(run_number=run.run_number)
        datasets = list(run.datasets.all()) if is_known else []
        has_lumi = facts.recorded_lumi is not None
        return Row(
            run_number=run.run_number,
            run_type=_type(facts, run),
            type_label=RunType(_type(facts, run)).label,
            run_class=run.run_class,
            lumisections=facts.lumisections if facts.lumisections is not None else run.lumisections,
            recorded=facts.recorded_lumi if has_lumi else run.recorded_lumi,
            recorded_unit=pretty(facts.recorded_lumi_unit) if has_lumi else "",
            cells=[
                self._cell(run, reco, [each for each in datasets if each.reco == reco], is_known)
                for reco in CERTIFIED_RECONSTRUCTIONS
            ],
            is_running=is_still_running(self._runs.get(run.run_number), run),
        )

    def _cell(self, run: KnownRun, reco: str, datasets: list[KnownDataset], is_known: bool) -> Cell:
        certified = {each.dataset_name: each for each in self._certified[run.run_number, reco]}
        if not is_known and not certified:
            url = certify_url(run.run_number, reco)
            return Cell(reco, reco.label, [Button("old", "Unknown", url, detail="The Run Registry did not answer.")])
        listed = {each.name for each in datasets}
        is_alone = len(listed | set(certified)) == 1
        buttons = [
            self._certified_button(certified[each.name], is_alone)
            if each.name in certified
            else self._button(run, each, certified.get(None))
            for each in datasets
        ]
        unlisted = [self._certified_button(each, is_alone) for name, each in certified.items() if name not in listed]
        return Cell(reco, reco.label, buttons + unlisted)

    def _certified_button(self, certification: TrackerCertification, is_alone: bool) -> Button:
        who = "you" if certification.author_id == self.user.pk else str(certification.author)
        verdict = "good" if certification.is_good else "bad"
        return Button(
            state=verdict,
            text=f"{verdict.capitalize()} · {who}",
            url=url_of(certification, is_alone=is_alone),
            dataset=certification.dataset_name or "dataset not known",
            detail=f"certified {timezone.localtime(certification.created_at):%d %b %Y, %H:%M}",
            certification=certification,
        )

    def _button(self, run: KnownRun, dataset: KnownDataset, unnamed: TrackerCertification | None) -> Button:
        claims = self._claims[run.run_number, dataset.reco]
        claim = next((each for each in claims if each.dataset in ("", dataset.name)), None)
        state, text, detail = self._state(run, dataset, claim, unnamed)
        is_theirs = bool(claim and claim.user_id == self.user.pk)
        return Button(
            state=state,
            text=text,
            url=certify_url(run.run_number, dataset.reco, dataset.name),
            dataset=dataset.name,
            detail=detail,
            key=f"{run.run_number}/{dataset.reco}/{dataset.name}",
            can_claim=self._may_certify and not claim and dataset.is_open,
            can_release=bool(claim) and self._may_certify and (is_theirs or self._leads),
            can_assign=self._leads and (dataset.is_open or bool(claim)),
        )

    def _state(
        self, run: KnownRun, dataset: KnownDataset, claim: Claim | None, unnamed: TrackerCertification | None
    ) -> tuple[str, str, str]:
        """Colour, words, and what a pointer on it says."""
        if unnamed:
            who = "you" if unnamed.author_id == self.user.pk else str(unnamed.author)
            return "old", f"Maybe certified by {who}", f"certified by {who}, dataset not known: it may be this one"
        age = _ago(run.asked_at)
        if claim:
            until = f"claimed until {timezone.localtime(claim.expires_at):%H:%M}"
            if claim.user_id == self.user.pk:
                return "mine", "Claimed by you", until
            return "claimed", f"{claim.user} · {_ago(claim.claimed_at)}", until
        word = "Open" if dataset.is_open else _CLOSED.get(dataset.tracker_state, f"{dataset.tracker_state} in RR")
        if self.found.failure or timezone.now() - run.asked_at > STALE:
            return "old", f"{word} {age} ago?", "as the Run Registry said then"
        if dataset.is_open:
            return "free", "Certify" if self._may_certify else "Open", "open and free"
        return "closed", word, "not open in the Run Registry"


def _type(facts: OmsRun, run: KnownRun) -> str:
    """What OMS or a person says; before that, what the Run Registry's class suggests."""
    return facts.run_type if facts.run_type != RunType.UNKNOWN else run_type_of_class(run.run_class)


def _ago(moment: datetime) -> str:
    since = timesince(moment, depth=1).replace("\xa0", " ")
    return "a moment" if since.startswith("0") else since.replace(" minutes", " min").replace(" minute", " min")
