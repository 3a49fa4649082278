"""OMS and the Run Registry, as they are and as they change during a story."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from django.core.cache import cache

from simulator.changing import CannotChange
from simulator.server import Simulator

NAMES = [f"/ReReco/Run2026A_{campaign}/DQM" for campaign in ("12Nov2026", "17Sept2026", "24Dec2026")]
KEYS = ["/cdaq/physics/Run2026/2e34/v1.4.4/HLT/V1", "/cdaq/cosmic/Run2026/v1", "/cdaq/special/Run2026/v1"]


class Outside:
    """Of one run, which has two datasets of one reconstruction and no others."""

    def __init__(self, simulator: Simulator, random: Random) -> None:
        self.simulator, self.world, self.random = simulator, simulator.world, random
        self.run = self.world.examples["two_rerecos"]
        for row in self.world.datasets_of(self.run):
            if row["name"] not in (*NAMES, "online"):
                self.world.delete_dataset(self.run, row["name"])
        if random.random() < 0.7:
            self.falls_ill()

    def is_well(self, service: str) -> bool:
        return self.simulator.faults.mode(service) == "ok"

    @property
    def listed(self) -> set[str]:
        found = {row["name"] for row in self.world.datasets_of(self.run)}
        return (found | set(self.world.dataset_names_of(self.run))) & set(NAMES)

    @property
    def only_one(self) -> str | None:
        """The dataset that the Run Registry gives to one whose dataset nobody knows."""
        return next(iter(self.listed)) if self.is_well("runregistry") and len(self.listed) == 1 else None

    def changes(self) -> None:
        world, run, name = self.world, self.run, self.random.choice(NAMES)
        moves = [
            lambda: world.hide(run, name),
            lambda: world.show(run, name),
            lambda: world.add_dataset(run, name),
            lambda: world.delete_dataset(run, name),
            lambda: world.rename_dataset(run, name, self.random.choice(NAMES)),
            lambda: world.drop_triplet_cache(run, name),
            lambda: world.restore_triplet_cache(run, name),
            lambda: world.move_state(run, name, self.random.choice(["OPEN", "SIGNOFF", "waiting dqm gui"])),
            *(self.changes_its_mind_on_the_run_type,) * 5,
            lambda: world.change_run(run, "hlt_key", self.random.choice(KEYS)),
            lambda: world.change_run(run, "delivered_lumi", unit=self.random.choice(["pb^{-1}", "furlongs"])),
            self.falls_ill,
            self.recovers,
            self.recovers,
        ]
        with suppress(CannotChange):
            self.random.choice(moves)()
        cache.clear()  # what is remembered of their health would keep them from being asked
        ill = [service for service in ("oms", "runregistry") if not self.is_well(service)]
        print("outside:", *world.told[-1:], "ill:", *ill)

    def changes_its_mind_on_the_run_type(self) -> None:
        are_stable = not self.world.run(self.run)["attributes"]["stable_beam"]
        self.world.change_run(self.run, "stable_beam", are_stable)
        self.world.change_run(self.run, "hlt_key", KEYS[0] if are_stable else KEYS[1])

    def falls_ill(self) -> None:
        self.simulator.faults.set(self.random.choice(["oms", "runregistry", "runregistry"]), "garbage")

    def recovers(self) -> None:
        self.simulator.faults.clear()
