"""Our copy of what OMS says of runs and fills, and what people typed where OMS could not say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from oms.answers import Facts

MAX_RUN_NUMBER = 2_147_483_647


class RunType(models.TextChoices):
    COLLISIONS = "collisions", "Collisions"
    COSMICS = "cosmics", "Cosmics"
    UNKNOWN = "unknown", "Unknown"


class Source(models.TextChoices):
    OMS = "oms", "OMS"
    RUN_REGISTRY = "run_registry", "Run Registry's copy"
    PERSON = "person", "typed by hand"


def run_type_of(hlt_key: str | None, stable_beam: bool | None) -> RunType:
    """The run type by the rule of upstream.md; unknown as long as one of the two is."""
    if not hlt_key or stable_beam is None:
        return RunType.UNKNOWN
    is_physics = "/cdaq/physics" in hlt_key or "/cdaq/special" in hlt_key
    return RunType.COLLISIONS if is_physics and stable_beam else RunType.COSMICS


class UpstreamFacts(models.Model):
    """Facts that an upstream service owns and a person may complete or correct.

    Upstream values are stored as they come, even odd ones, so no validators and no limits here.
    `typed` remembers per field who typed it and when; `apply` never overwrites such a field.
    """

    # What upstream has no say in, whatever attribute it may invent.
    OUR_FIELDS = frozenset({"source", "fetched_at", "units", "typed", "run_type"})

    source = models.CharField(max_length=20, choices=Source.choices, default=Source.PERSON)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When upstream was last asked.")
    units = models.JSONField(default=dict, blank=True, help_text="Units as upstream gave them, luminosities aside.")
    typed = models.JSONField(default=dict, blank=True, help_text="Field → who typed it and when.")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def apply(self, facts: Facts, source: Source) -> None:
        """Take over what upstream says, except where a person said otherwise. Saves nothing.

        Silence is no correction: an unknown value never replaces a known one.
        """
        fields = {field.name for field in self._meta.concrete_fields}
        for name, value in facts.values.items():
            if name in self.typed or value in (None, "", []):
                continue
            setattr(self, name, value)
            self._apply_unit(name, facts.units.get(name, ""), is_column=f"{name}_unit" in fields)
        self.source = source
        self.fetched_at = timezone.now()

    def _apply_unit(self, name: str, unit: str, is_column: bool) -> None:
        """The unit that came with the number. One that a person typed only stands in for a unit upstream lacks."""
        if not is_column:
            self.units.pop(name, None)
            if unit:
                self.units[name] = unit
        elif unit or f"{name}_unit" not in self.typed:
            setattr(self, f"{name}_unit", unit)
            self.typed.pop(f"{name}_unit", None)

    def type_in(self, changes: dict[str, Any], by: settings.AUTH_USER_MODEL) -> None:
        """Take over what a person typed and remember that she did. Saves nothing."""
        stamp = {"by": by.get_username(), "at": timezone.now().isoformat(timespec="seconds")}
        for name, value in changes.items():
            setattr(self, name, value)
            if value in (None, ""):
                self.typed.pop(name, None)  # emptied: whoever knows may say it again
            else:
                self.typed[name] = stamp
        if changes:
            self.changed_by = by


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
        super().apply(facts, source)
        computed = run_type_of(self.hlt_key, self.stable_beam)
        if "run_type" not in self.typed and computed != RunType.UNKNOWN:
            self.run_type = computed

    def missing_facts(self) -> list[str]:
        """Names of the facts that a report sums or a verdict depends on, and that nobody has given yet."""
        missing = [label for label, value in self._needed_facts() if value in (None, "")]
        if self.run_type == RunType.UNKNOWN:
            missing.insert(0, "run type")
        return missing

    def _needed_facts(self) -> Iterable[tuple[str, Any]]:
        yield "lumisections", self.lumisections
        yield "B field", self.b_field
        # Cosmics have no luminosity to report, and local runs no fill.
        if self.run_type == RunType.COLLISIONS:
            yield "delivered luminosity", self.delivered_lumi
            yield "unit of the delivered luminosity", self.delivered_lumi_unit
            yield "recorded luminosity", self.recorded_lumi
            yield "unit of the recorded luminosity", self.recorded_lumi_unit
        if self.run_type == RunType.COLLISIONS or self.fill_number is not None:
            yield "fill", self.fill_id

    @property
    def is_complete(self) -> bool:
        """OMS itself answered for the run and its fill, and no needed fact is missing."""
        fill_known = self.fill is None or self.fill.source == Source.OMS
        return self.source == Source.OMS and fill_known and not self.missing_facts()
