"""Our copy of what OMS says of runs and fills, and what people typed where OMS could not say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from oms.agreement import Told, agree
from oms.answers import Facts
from oms.completeness import gaps, is_going_on
from oms.run_types import RunType, run_type_of
from oms.typed_facts import TypedFact

MAX_RUN_NUMBER = 2_147_483_647


class Source(models.TextChoices):
    OMS = "oms", "OMS"
    RUN_REGISTRY = "run_registry", "Run Registry's copy"
    PERSON = "person", "typed by hand"


# The facts on which the run type, and with it a verdict, depends.
TURNING = frozenset({"run_type", "hlt_key", "stable_beam"})


class UpstreamFacts(models.Model):
    """Facts that an upstream service owns and a person may complete or correct.

    Upstream values are stored as they come, even odd ones, so no validators and no limits here.
    `typed` knows per field who typed it and when; `apply` never overwrites such a field.
    """

    # What upstream has no say in, whatever attribute it may invent.
    OUR_FIELDS = frozenset({"source", "fetched_at", "units", "typed", "run_type", "leased_until", "due_at", "tries"})

    source = models.CharField(max_length=20, choices=Source.choices, default=Source.PERSON)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When upstream was last asked.")
    units = models.JSONField(default=dict, blank=True, help_text="Units as upstream gave them, luminosities aside.")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The facts, and who typed them."""
        super().save(*args, **kwargs)
        if "_typed" in self.__dict__:
            self._store_typed()

    @property
    def typed(self) -> dict[str, TypedFact]:
        """Field → who typed it. To work with: `save` stores it in its table."""
        if "_typed" not in self.__dict__:
            self.typed_is({} if self._state.adding else self.typed_facts.select_related("by"))
        return self._typed

    def typed_is(self, stored: Iterable[TypedFact]) -> None:
        """What is in the table, for a page that has read it already."""
        self._typed = {each.name: each for each in stored}
        self._typed_as_stored = {each.pk for each in self._typed.values()}

    def _store_typed(self) -> None:
        gone = self._typed_as_stored - {each.pk for each in self._typed.values()}
        if gone:
            self.typed_facts.filter(pk__in=gone).delete()
        new = [each for each in self._typed.values() if each.pk is None]
        for each in new:
            setattr(each, self.typed_facts.field.name, self)
        if new:
            TypedFact.objects.bulk_create(new)
        self.typed_is(self._typed.values())

    @cached_property
    def official(self) -> dict[str, dict[str, Any]]:
        """Typed field → what OMS says otherwise: value, unit, whether the person saw it.

        To work with: it comes from the table of differences, and `oms.differences.reconcile` stores it there.
        """
        if self._state.adding:
            return {}
        of_oms = self.differences.standing().filter(told_by=None)
        return {
            each.name: {"value": each.told[0], "unit": each.told[1], "seen": each.state == State.SEEN}
            for each in of_oms
        }

    @cached_property
    def standing(self) -> list[Difference]:
        """The differences about what is stored, for a page."""
        return [] if self._state.adding else list(self.differences.standing().with_all_shown())

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        for name in ("official", "standing", "_typed"):
            self.__dict__.pop(name, None)
        super().refresh_from_db(*args, **kwargs)

    def typist(self, name: str) -> TypedFact | None:
        """Who typed the fact, or its unit."""
        return self.typed.get(name) or self.typed.get(f"{name}_unit")

    def apply(self, facts: Facts, source: Source) -> None:
        """Take over what upstream says, except where a person said otherwise: then OMS's word is kept beside theirs.

        Silence is no correction: an unknown value never replaces a known one. Saves nothing.
        """
        for name, value in facts.values.items():
            if value in (None, "", []):
                continue
            unit = facts.units.get(name, "")
            if not self._is_typed(name, unit):
                self._adopt(name, value, unit)
            elif source == Source.OMS:
                self._compare(name, Told(value, unit))
        self.source = source
        self.fetched_at = facts.told_at or timezone.now()

    def _is_typed(self, name: str, unit: str) -> bool:
        """She typed the value; or only its unit, which stands in for one that upstream lacks or tells otherwise."""
        has_typed_unit = f"{name}_unit" in self.typed and getattr(self, name) is not None
        return name in self.typed or bool(has_typed_unit and unit)

    def _compare(self, name: str, told: Told) -> None:
        """Where OMS agrees with what she typed the fact is OMS's again; where not, both are kept."""
        if agree(self.told(name), told):
            self._adopt(name, told.value, told.unit)
        else:
            seen = self.official.get(name)
            is_news = not seen or Told(seen["value"], seen["unit"]) != told
            self.official[name] = {"value": told.value, "unit": told.unit, "seen": not is_news and seen["seen"]}

    def told(self, name: str) -> Told:
        """What is stored, with its unit."""
        return Told(getattr(self, name), getattr(self, f"{name}_unit", "") or self.units.get(name, ""))

    def _adopt(self, name: str, value: Any, unit: str) -> None:
        setattr(self, name, value)
        self.typed.pop(name, None)
        self.official.pop(name, None)
        if hasattr(self, f"{name}_unit"):
            # One that a person typed stands in for a unit that upstream lacks.
            if unit or f"{name}_unit" not in self.typed:
                setattr(self, f"{name}_unit", unit)
                self.typed.pop(f"{name}_unit", None)
        elif unit:
            self.units[name] = unit
        else:
            self.units.pop(name, None)

    def accept_official(self, name: str) -> None:
        """OMS's word instead of hers. Saves nothing."""
        self._adopt(name, self.official[name]["value"], self.official[name]["unit"])

    def type_in(self, changes: dict[str, Any], by: settings.AUTH_USER_MODEL) -> None:
        """Take over what a person typed and remember that she did, and what OMS said. Saves nothing."""
        now = timezone.now()
        for name in changes:
            self._remember_official(name)
        for name, value in changes.items():
            setattr(self, name, value)
            if value in (None, ""):
                self.typed.pop(name, None)  # emptied: whoever knows may say it again
                self.official.pop(name, None)
            else:
                self.typed[name] = TypedFact(name=name, by=by, at=now)
        self.settle()
        if changes:
            self.changed_by = by

    def settle(self) -> None:
        """OMS's word where a person agrees with it by now, or has nothing to say any more. Saves nothing."""
        for name, said in list(self.official.items()):
            is_typed = name in self.typed or f"{name}_unit" in self.typed
            if not is_typed or agree(self.told(name), Told(said["value"], said["unit"])):
                self.accept_official(name)

    def _remember_official(self, name: str) -> None:
        """Who types over a fact of OMS has it before her eyes: that is no difference to ask about later."""
        name = name.removesuffix("_unit")
        told = self.told(name)
        is_of_oms = self.source == Source.OMS and name not in self.typed and f"{name}_unit" not in self.typed
        is_comparable = told.value not in (None, "", RunType.UNKNOWN) and isinstance(told.value, str | int | float)
        if is_of_oms and is_comparable and name not in self.official:
            self.official[name] = {"value": told.value, "unit": told.unit, "seen": True}


class OmsFill(UpstreamFacts):
    fill_number = models.PositiveBigIntegerField(primary_key=True)
    start_time = models.DateTimeField(null=True, blank=True)
    end_time = models.DateTimeField(null=True, blank=True)
    start_stable_beam = models.DateTimeField(null=True, blank=True)
    end_stable_beam = models.DateTimeField(null=True, blank=True)
    stable_beams = models.BooleanField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True, help_text="Stable beams, in seconds.")
    era = models.CharField(blank=True)
    fill_type_runtime = models.CharField("fill type", blank=True)
    fill_type_party1 = models.CharField(blank=True)
    fill_type_party2 = models.CharField(blank=True)
    injection_scheme = models.CharField(blank=True)
    bunches_beam1 = models.BigIntegerField(null=True, blank=True)
    bunches_beam2 = models.BigIntegerField(null=True, blank=True)
    bunches_colliding = models.BigIntegerField("colliding bunches", null=True, blank=True)
    bunches_target = models.BigIntegerField(null=True, blank=True)
    intensity_beam1 = models.FloatField(null=True, blank=True)
    intensity_beam2 = models.FloatField(null=True, blank=True)
    delivered_lumi = models.FloatField("delivered luminosity", null=True, blank=True)
    delivered_lumi_unit = models.CharField("unit", blank=True)
    recorded_lumi = models.FloatField("recorded luminosity", null=True, blank=True)
    recorded_lumi_unit = models.CharField("unit", blank=True)
    init_lumi = models.FloatField("initial luminosity", null=True, blank=True)
    init_lumi_unit = models.CharField("unit", blank=True)
    peak_lumi = models.FloatField("peak luminosity", null=True, blank=True)
    peak_lumi_unit = models.CharField("unit", blank=True)
    peak_pileup = models.FloatField("peak pile-up", null=True, blank=True)
    peak_specific_lumi = models.FloatField(null=True, blank=True)
    efficiency_lumi = models.FloatField(null=True, blank=True, help_text="%")
    efficiency_time = models.FloatField(null=True, blank=True, help_text="%")
    downtime = models.FloatField(null=True, blank=True, help_text="Seconds.")
    crossing_angle = models.FloatField(null=True, blank=True)
    beta_star = models.FloatField(null=True, blank=True)
    beta_star_start = models.FloatField(null=True, blank=True)
    beta_star_stop = models.FloatField(null=True, blank=True)
    energy = models.FloatField(null=True, blank=True, help_text="GeV per beam.")
    first_run_number = models.BigIntegerField(null=True, blank=True)
    last_run_number = models.BigIntegerField(null=True, blank=True)
    b_field = models.FloatField("B field", null=True, blank=True, help_text="Average, in tesla.")

    class Meta:
        verbose_name = "OMS fill"
        ordering = ["-fill_number"]

    def __str__(self) -> str:
        return str(self.fill_number)


class OmsRun(UpstreamFacts):
    run_number = models.PositiveIntegerField(primary_key=True)
    run_type = models.CharField(max_length=12, choices=RunType.choices, default=RunType.UNKNOWN)
    fill_number = models.BigIntegerField(null=True, blank=True, help_text="As upstream says; local runs have none.")
    fill = models.ForeignKey(
        OmsFill, on_delete=models.PROTECT, null=True, blank=True, related_name="runs", help_text="Our copy of the fill."
    )
    lumisections = models.BigIntegerField(null=True, blank=True)
    sequence = models.CharField(blank=True)
    start_time = models.DateTimeField(null=True, blank=True)
    end_time = models.DateTimeField(null=True, blank=True, help_text="Empty while the run is going on.")
    duration = models.FloatField(null=True, blank=True, help_text="Seconds.")
    stable_beam = models.BooleanField(null=True, blank=True)
    hlt_key = models.CharField("HLT key", blank=True)
    hlt_physics_counter = models.FloatField(null=True, blank=True)
    hlt_physics_rate = models.FloatField(null=True, blank=True)
    hlt_physics_size = models.FloatField(null=True, blank=True)
    hlt_physics_throughput = models.FloatField(null=True, blank=True)
    l1_key = models.CharField(blank=True)
    l1_key_stripped = models.CharField(blank=True)
    l1_hlt_mode = models.CharField(blank=True)
    l1_hlt_mode_stripped = models.CharField(blank=True)
    l1_menu = models.CharField(blank=True)
    l1_rate = models.FloatField(null=True, blank=True)
    l1_triggers_counter = models.FloatField(null=True, blank=True)
    trigger_mode = models.CharField(blank=True)
    initial_prescale_index = models.BigIntegerField(null=True, blank=True)
    delivered_lumi = models.FloatField("delivered luminosity", null=True, blank=True)
    delivered_lumi_unit = models.CharField("unit", blank=True)
    recorded_lumi = models.FloatField("recorded luminosity", null=True, blank=True)
    recorded_lumi_unit = models.CharField("unit", blank=True)
    init_lumi = models.FloatField("initial luminosity", null=True, blank=True)
    init_lumi_unit = models.CharField("unit", blank=True)
    end_lumi = models.FloatField("final luminosity", null=True, blank=True)
    end_lumi_unit = models.CharField("unit", blank=True)
    b_field = models.FloatField("B field", null=True, blank=True, help_text="Tesla.")
    energy = models.FloatField(null=True, blank=True, help_text="GeV per beam.")
    fill_type_runtime = models.CharField("particles", blank=True)
    fill_type_party1 = models.CharField(blank=True)
    fill_type_party2 = models.CharField(blank=True)
    clock_type = models.CharField(blank=True)
    cmssw_version = models.CharField("CMSSW version", blank=True)
    components = models.JSONField(default=list, blank=True)
    tier0_transfer = models.BooleanField(null=True, blank=True)
    era = models.CharField(blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="A worker is refreshing it.")
    due_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Not to be refreshed before.")
    tries = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Refreshed so often in vain.")

    class Meta:
        verbose_name = "OMS run"
        ordering = ["-run_number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run_number__gte=1, run_number__lte=MAX_RUN_NUMBER), name="run_number_possible"
            ),
            models.CheckConstraint(condition=models.Q(run_type__in=RunType.values), name="run_type_known_to_us"),
        ]

    def __str__(self) -> str:
        return str(self.run_number)

    def apply(self, facts: Facts, source: Source) -> None:
        is_from_copy = self.source == Source.RUN_REGISTRY
        super().apply(facts, source)
        if source == Source.OMS and is_from_copy:
            self._run_on(facts)
        if "fill_number" not in self.typed:
            self.typed.pop("fill", None)  # the row follows its number
        if "run_type" not in self.typed:
            self.compute_run_type()
        elif source == Source.OMS:
            official = run_type_of(self._official("hlt_key"), self._official("stable_beam"))
            if official != RunType.UNKNOWN:
                self._compare("run_type", Told(official.value))

    def _run_on(self, facts: Facts) -> None:
        """An end that only the Run Registry's copy gave is none where OMS says that the run is going on."""
        if "end_time" in facts.values and is_going_on(self.start_time, facts.values["end_time"]):
            self.end_time = None

    def type_in(self, changes: dict[str, Any], by: settings.AUTH_USER_MODEL) -> None:
        run_type = self.run_type_with(changes)
        super().type_in(changes, by)
        if "run_type" not in changes:
            self.run_type = run_type

    def run_type_with(self, changes: dict[str, Any]) -> str:
        """The run type that it would have with these facts."""
        if "run_type" in changes:
            return changes["run_type"] or RunType.UNKNOWN
        if "run_type" in self.typed or not TURNING & set(changes):
            return self.run_type
        facts = {name: changes.get(name, getattr(self, name)) for name in ("hlt_key", "stable_beam")}
        computed = run_type_of(**facts)
        return self.run_type if computed == RunType.UNKNOWN else computed

    def compute_run_type(self) -> None:
        computed = run_type_of(self.hlt_key, self.stable_beam)
        if computed != RunType.UNKNOWN:
            self.run_type = computed

    def accept_official(self, name: str) -> None:
        super().accept_official(name)
        if name == "fill_number":
            self.typed.pop("fill", None)
            self.fill = OmsFill.objects.filter(pk=self.fill_number).first()
        if name in ("hlt_key", "stable_beam") and "run_type" not in self.typed:
            self.compute_run_type()

    def _official(self, name: str) -> Any:
        return self.official[name]["value"] if name in self.official else getattr(self, name)

    @property
    def number_of_its_fill(self) -> int | None:
        """Of the row, or else the number alone: nobody may have asked for that fill yet."""
        return self.fill_id or self.fill_number

    @property
    def particles(self) -> str:
        """What collided, as far as OMS or a person says, of the run or else of its fill."""
        return self.fill_type_runtime or (self.fill.fill_type_runtime if self.fill else "")

    @property
    def is_running(self) -> bool:
        """A service gave its start, not long ago, and no end. One that started earlier has an end nobody told."""
        return is_going_on(self.start_time, self.end_time)

    def missing_facts(self) -> list[str]:
        """Names of the facts that a report sums or a verdict depends on, and that nobody gave in a usable way yet."""
        return [gap.label for gap in gaps(self)]

    @property
    def is_complete(self) -> bool:
        """It is over, OMS itself answered for the run and its fill, and no needed fact is missing."""
        return self._oms_answered and not self.is_running and not self.missing_facts()

    @property
    def needs_typing(self) -> bool:
        """A person has something to add: more is missing than what OMS says when a run is over."""
        if self.is_running and self._oms_answered:
            return any(not gap.comes_with_the_end for gap in gaps(self))
        return not self.is_complete

    @property
    def _oms_answered(self) -> bool:
        return self.source == Source.OMS and (self.fill is None or self.fill.source == Source.OMS)


class Decision(models.TextChoices):
    """What a person chooses: the side that is not stored (THEIRS), or the one that is (MINE)."""

    THEIRS = "theirs", "The other value taken"
    MINE = "mine", "The stored value kept"


class State(models.TextChoices):
    OPEN = "open", "To be decided"
    SEEN = "seen", "Typed over knowingly, not asked"
    KEPT = "kept", "The stored value kept"
    TAKEN = "taken", "The other value taken"
    SETTLED = "settled", "They agree by now"
    WITHDRAWN = "withdrawn", "Taken back by who proposed it"


_UNDECIDED = (State.OPEN, State.SEEN)
_STANDING = (*_UNDECIDED, State.KEPT)


class DifferenceQuerySet(models.QuerySet):
    def open(self) -> DifferenceQuerySet:
        return self.filter(state=State.OPEN)

    def standing(self) -> DifferenceQuerySet:
        """About what is stored now: open, or not asked because a person has said so already."""
        return self.filter(stands=True)

    def about(self, run: OmsRun) -> DifferenceQuerySet:
        """Of the run and of its fill."""
        return self.filter(models.Q(run=run) | models.Q(fill__isnull=False, fill=run.fill_id))

    def with_all_shown(self) -> DifferenceQuerySet:
        return self.select_related("run", "fill", "stored_by", "told_by")


class Difference(models.Model):
    """Two values of one fact of a run or fill, each from a person or a service.

    `stored` is the one in force, `told` the other; both are [value, unit]. A side is a person (`_by`) or a service
    (`_source`). `told` by OMS: it contradicts what a person typed. `told` by a person: a proposal, which takes
    effect when somebody else decides so. `stands`: it is about what is stored now.
    """

    run = models.ForeignKey(OmsRun, on_delete=models.PROTECT, null=True, related_name="differences")
    fill = models.ForeignKey(OmsFill, on_delete=models.PROTECT, null=True, related_name="differences")
    name = models.CharField(max_length=40)
    stored = models.JSONField()
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    stored_by_name = models.CharField(max_length=150, blank=True, help_text="Of a person who has no account any more.")
    stored_source = models.CharField(max_length=20, choices=Source.choices, blank=True)
    told = models.JSONField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    told_source = models.CharField(max_length=20, choices=Source.choices, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    stands = models.BooleanField(default=True)
    opened_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run__isnull=True, fill__isnull=False)
                | models.Q(run__isnull=False, fill__isnull=True),
                name="about_a_run_or_a_fill",
            ),
            models.CheckConstraint(
                condition=models.Q(told_by=None) & ~models.Q(told_source="")
                | models.Q(told_by__isnull=False, told_source=""),
                name="told_by_a_person_or_a_service",
            ),
            models.CheckConstraint(
                condition=models.Q(stored_by=None) | models.Q(stored_source=""),
                name="stored_by_a_person_or_a_service",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, state__in=_UNDECIDED)
                | models.Q(decided_at__isnull=False) & ~models.Q(state__in=_UNDECIDED),
                name="decided_with_a_decision",
            ),
            models.CheckConstraint(
                condition=models.Q(stands=True, state__in=_STANDING)
                | models.Q(stands=False) & ~models.Q(state__in=_UNDECIDED),
                name="stands_while_undecided",
            ),
            *(
                models.UniqueConstraint(
                    fields=[of, "name"],
                    condition=models.Q(stands=True, told_by=None),
                    name=f"one_word_of_a_service_on_a_{of}",
                )
                for of in ("run", "fill")
            ),
            *(
                models.UniqueConstraint(
                    fields=[of, "name", "told_by"],
                    condition=models.Q(stands=True, told_by__isnull=False),
                    name=f"one_proposal_of_a_person_on_a_{of}",
                )
                for of in ("run", "fill")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner._meta.verbose_name.removeprefix('OMS ')} {self.owner.pk}: {self.label}"

    @property
    def owner(self) -> OmsRun | OmsFill:
        return self.run or self.fill

    @property
    def label(self) -> str:
        return str(self.owner._meta.get_field(self.name).verbose_name)

    @property
    def is_proposal(self) -> bool:
        return self.told_by_id is not None

    @property
    def stored_who(self) -> str:
        """Who says what is stored: "typed by shifter", "OMS"."""
        person = str(self.stored_by) if self.stored_by_id else self.stored_by_name
        return f"typed by {person}" if person else self.get_stored_source_display()

    @property
    def told_who(self) -> str:
        return f"typed by {self.told_by}" if self.is_proposal else self.get_told_source_display()

    def end(self, state: State) -> None:
        """It is no longer about what is stored. A decision that was made stays told. Saves."""
        if self.state in _UNDECIDED:
            self.state, self.decided_at = state, timezone.now()
        self.stands = False
        self.save()
