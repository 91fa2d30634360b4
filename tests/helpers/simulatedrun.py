"""Runs made with the simulator's physics, its messages and the live model; no sockets, no waiting."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from xovac_tui.api.event import Direction, Event, EventKind, Payload
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
REST = 60
"""Seconds before a run."""


@dataclass(frozen=True)
class _Second:
    """What a machine reports after a second of the wall clock."""

    state: Payload
    report: Payload
    changed: bool
    """The recipe is at another step than before."""
    sample: tuple[float, float] | None
    """Temperature and setpoint of a running recipe."""


class _Course:
    """A machine with what it reported second by second; what is asked for again is not simulated again."""

    def __init__(self, machine: Machine, speed: float) -> None:
        self.machine, self.speed = machine, speed
        self._seconds: list[_Second] = []

    def __getitem__(self, number: int) -> _Second:
        while len(self._seconds) <= number:
            before = self.machine.recipe_state()["step"]
            self.machine.step(self.speed)
            state, report = self.machine.chamber_state(), self.machine.recipe_state()
            sample = (state["part"], state["setpoint"]) if self.machine.running else None
            changed = report["step"] != before
            self._seconds.append(_Second(_payload(state), _payload(report), changed, sample))
        return self._seconds[number]


@cache
def _rest(speed: float) -> _Course:
    """Return a minute at rest: the paces of the messages are learned in it."""
    course = _Course(Machine(PARAMETERS, warm=True), speed)
    _ = course[REST - 1]
    return course


@cache
def _run(
    recipe: Recipe, settings: PlanSettings, speed: float, vented: bool, cancelled: int | None
) -> tuple[_Course, Plan, Payload]:
    """Return a run, its plan, and its first report; `cancelled` is its second in which it is cancelled."""
    machine = copy.deepcopy(_rest(speed).machine)
    compiled = compile_recipe(recipe, settings, machine.thermal.celsius("part"))
    machine.load(
        read_program(compiled.payload, PARAMETERS.recipe, PARAMETERS.controller, settings.step_reading)
    )
    machine.start()
    first = _payload(machine.recipe_state())
    if vented:
        machine.vacuum.pump, machine.vacuum.vent_rate = False, 10.0
    course = _Course(machine, speed)
    if cancelled is not None:
        for number in range(cancelled):
            _ = course[number]
        machine.cancel()
    return course, compiled.plan, first


def _payload(reported: dict[str, Any]) -> Payload:
    return decode_arguments(json.dumps(reported))


@dataclass
class Bench:
    """A simulated chamber with a run on, observed once in a second of the wall clock."""

    recipe: Recipe
    settings: PlanSettings
    speed: float = 30.0
    """Model seconds in one of the wall clock."""
    vented: bool = False
    """The pump is off, and the vent valve open, from the start of the run on."""
    samples: list[Sample] = field(default_factory=list)
    """Temperature and setpoint, times in seconds of the recipe."""
    now: float = 0.0

    def __post_init__(self) -> None:
        self.chamber = Chamber(load_contract((), simulator=True))
        self.chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
        for number in range(REST):
            self._pass(_rest(self.speed)[number])
        self._course, self.plan, self._first = _run(self.recipe, self.settings, self.speed, self.vented, None)
        self.began, self._passed = self.now, 0

    def cancel(self) -> None:
        """Stop the run."""
        self._course, _, _ = _run(self.recipe, self.settings, self.speed, self.vented, self._passed)

    def observations(self, seconds: float) -> Iterator[Observation]:
        """Yield what is seen in each second of the wall clock from now on."""
        self.report("recipe_state", self._first)
        for _ in range(int(seconds)):
            yield self.chamber.observe(UTC + self.now, self.now)
            second = self._course[self._passed]
            self._passed += 1
            self._pass(second)
            if second.sample is not None:
                self.samples.append(((self.now - self.began) * self.speed, *second.sample))

    def _pass(self, second: _Second) -> None:
        self.now += 1.0
        self.report("chamber_state", second.state)
        if second.changed or self.now % 5 == 0:
            self.report("recipe_state", second.report)

    def report(self, name: str, payload: Payload) -> None:
        self.chamber.apply(Event(name, payload, Direction.IN, EventKind.MESSAGE, UTC + self.now, self.now))


def without_roles(seen: Observation) -> Observation:
    """Return what is seen of a chamber that reports temperature and pressure, but nothing of its run."""
    return msgspec.structs.replace(
        seen, state=RunState.UNKNOWN, recipe=None, step=None, steps=None, target=None
    )
