"""The course of an invented year of data taking: which fills and runs there are, in order. The seed fixes it all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from simulator.lumisections import SECONDS

SEED = 20260406
FIRST_RUN = 396_012
FIRST_FILL = 11_402
LOCAL_RUNS_AFTER_FILLS = (2, 9, 21, 30, 44, 55)
_RUNNING_LUMISECTIONS = 154

# Integrated luminosity in the unit of the run, per second at an instantaneous luminosity of 1 in its unit:
# 10^34 cm^-2 is 10^-2 pb^-1, 10^27 cm^-2 is 10^-3 ub^-1.
_INTEGRATED = {"protons": 1e-2, "ions": 1e-3}
_PEAK = {"protons": (1.85, 2.12), "ions": (4.2, 6.4)}
_LIFETIME = {"protons": 70_000, "ions": 16_000}  # seconds


@dataclass(frozen=True)
class Period:
    kind: str  # protons, ions, cosmics or commissioning
    era: str
    fills: int
    b_field: float


PERIODS = (
    Period("commissioning", "Commissioning2026", 3, 0.0188),
    Period("cosmics", "Commissioning2026", 3, 0.0188),
    Period("cosmics", "Commissioning2026", 4, 3.8),
    Period("protons", "Run2026A", 15, 3.8),
    Period("protons", "Run2026B", 13, 3.8),
    Period("ions", "HIRun2026A", 5, 3.8),
    Period("cosmics", "Run2026C", 3, 3.8),
    Period("protons", "Run2026C", 14, 3.8),
)


@dataclass
class PlannedFill:
    """Times are seconds since the first fill. `stable_start` is None without stable beams."""

    number: int
    period: Period
    start: int
    peak: float = 0.0
    stable_start: int | None = None
    end: int = 0
    runs: list[PlannedRun] = field(default_factory=list)

    def luminosity(self, moment: int) -> float:
        if self.stable_start is None:
            return 0.0
        return self.peak * math.exp(-max(moment - self.stable_start, 0) / _LIFETIME[self.period.kind])

    def delivered(self, start: int, end: int) -> float:
        """Luminosity integrated between two moments; nothing counts before stable beams."""
        if self.stable_start is None:
            return 0.0
        fallen = self.luminosity(max(start, self.stable_start)) - self.luminosity(max(end, self.stable_start))
        return fallen * _LIFETIME[self.period.kind] * _INTEGRATED[self.period.kind]


@dataclass
class PlannedRun:
    number: int
    kind: str  # collisions, cosmics, commissioning or local
    period: Period
    start: int
    lumisections: int
    duration: int
    fill: PlannedFill | None
    running: bool = False

    @property
    def end(self) -> int:
        return self.start + self.duration


class Timeline:
    """Puts one fill and one run after the other."""

    def __init__(self) -> None:
        self.random = Random(SEED)
        self.clock = 0
        self.runs: list[PlannedRun] = []
        self.fills: list[PlannedFill] = []
        self._run_number = FIRST_RUN
        self._fill_number = FIRST_FILL

    def add_fill(self, period: Period) -> None:
        self._fill_number += self.random.randint(1, 3)
        fill = PlannedFill(self._fill_number, period, self.clock)
        self.fills.append(fill)
        self._pass(120, 900)
        if period.kind in ("protons", "ions"):
            self._add_collisions(fill)
        else:
            for _ in range(self.random.randint(6, 9)):
                self._add_run(period.kind, self.random.choice((12, 45, 120, 260, 480, 900, 1700)), fill)
        fill.end = self.clock
        self._pass(900, 9_000)

    def add_local_run(self, period: Period) -> None:
        self._add_run("local", self.random.randint(4, 60), None, period)

    def leave_last_run_running(self) -> None:
        run = self.runs[-1]
        run.running = True
        run.lumisections = _RUNNING_LUMISECTIONS
        run.duration = math.floor(_RUNNING_LUMISECTIONS * SECONDS)

    def _add_collisions(self, fill: PlannedFill) -> None:
        for _ in range(self.random.randint(0, 2)):
            self._add_run("cosmics", self.random.randint(15, 160), fill)
        fill.peak = round(self.random.uniform(*_PEAK[fill.period.kind]), 4)
        # Shifters start the physics run shortly before stable beams are declared.
        fill.stable_start = self.clock + self.random.randint(60, 400)
        self._add_run("collisions", self.random.randint(80, 700), fill)
        for _ in range(self.random.randint(2, 7)):
            self._add_run("collisions", self.random.choice((1, 9, 38, 110, 200, 340, 520, 760)), fill)

    def _add_run(self, kind: str, about: int, fill: PlannedFill | None, period: Period | None = None) -> None:
        lumisections = max(1, round(about * self.random.uniform(0.8, 1.25)))
        duration = math.floor((lumisections - self.random.uniform(0.05, 0.9)) * SECONDS)
        self._run_number += self.random.randint(1, 9)
        period = fill.period if fill else period
        run = PlannedRun(self._run_number, kind, period, self.clock, lumisections, duration, fill)
        self.runs.append(run)
        if fill:
            fill.runs.append(run)
        self.clock = run.end
        self._pass(40, 420)

    def _pass(self, least: int, most: int) -> None:
        self.clock += self.random.randint(least, most)


def plan() -> Timeline:
    timeline = Timeline()
    for period in PERIODS:
        for _ in range(period.fills):
            timeline.add_fill(period)
            if len(timeline.fills) in LOCAL_RUNS_AFTER_FILLS:
                timeline.add_local_run(period)
    timeline.leave_last_run_running()
    return timeline
