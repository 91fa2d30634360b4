"""Runs made with the simulator's physics, its messages and the live model; no sockets, no waiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import Plan, PlanSettings
from xovac_tui.recipes.rates import Sample
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.program import read_program

UTC = 1_800_000_000.0
PARAMETERS = load_parameters()


@dataclass
class Bench:
    """A simulated chamber with a run on, observed once in a second of the wall clock."""

    recipe: Recipe
    settings: PlanSettings
    speed: float = 30.0
    """Model seconds in one of the wall clock."""
    samples: list[Sample] = field(default_factory=list)
    """Temperature and setpoint, times in seconds of the recipe."""
    now: float = 0.0

    def __post_init__(self) -> None:
        self.machine = Machine(PARAMETERS, warm=True)
        self.chamber = Chamber(load_contract((), simulator=True))
        self.chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
        # A minute at rest: the paces of the messages are learned.
        for _ in range(60):
            self._second()
        compiled = compile_recipe(self.recipe, self.settings, self.machine.thermal.celsius("part"))
        self.plan: Plan = compiled.plan
        self.machine.load(
            read_program(
                compiled.payload, PARAMETERS.recipe, PARAMETERS.controller, self.settings.step_reading
            )
        )
        self.began = self.now
        self.machine.start()

    def observations(self, seconds: float) -> Iterator[Observation]:
        """Yield what is seen in each second of the wall clock from now on."""
        self._report("recipe_state", self.machine.recipe_state())
        for _ in range(int(seconds)):
            yield self.chamber.observe(UTC + self.now, self.now)
            self._second()

    def _second(self) -> None:
        before = self.machine.recipe_state()["step"]
        self.now += 1.0
        self.machine.step(self.speed)
        state = self.machine.chamber_state()
        self._report("chamber_state", state)
        report = self.machine.recipe_state()
        if report["step"] != before or self.now % 5 == 0:
            self._report("recipe_state", report)
        if self.machine.running:
            elapsed = (self.now - self.began) * self.speed
            self.samples.append((elapsed, state["part"], state["setpoint"]))

    def _report(self, name: str, payload: dict[str, Any]) -> None:
        arguments = decode_arguments(json.dumps(payload))
        self.chamber.apply(Event(name, arguments, Direction.IN, EventKind.MESSAGE, UTC + self.now, self.now))


def without_roles(seen: Observation) -> Observation:
    """Return what is seen of a chamber that reports temperature and pressure, but nothing of its run."""
    return msgspec.structs.replace(
        seen, state=RunState.UNKNOWN, recipe=None, step=None, steps=None, target=None
    )
