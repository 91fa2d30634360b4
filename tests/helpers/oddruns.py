"""A run of a device of any pace and unit, in which everything goes wrong that a report must get right."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from tests.helpers.console import FakeClock
from tests.helpers.recipes import compiled_of
from tests.unit.test_station_record import Life, life
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record

UNITS = {"degC": (1.0, 0.0), "K": (1.0, 273.15), "degF": (1.8, 32.0)}
TARGETS = (50.0, 50.0, -10.0, -10.0, 20.0)
LENGTHS = (30.0, 120.0, 30.0, 150.0, 30.0)
"""Seconds of the steps, of a device that reports once a second."""
SILENT, LOST = (60.0, 80.5), (155.0, 170.0)
"""No message comes; no message comes and the link is gone."""


class Kind(msgspec.Struct, frozen=True):
    """How a device reports."""

    period: float
    """Seconds between two reports."""
    unit: str
    messages: Literal["one", "step last", "step first"] = "one"
    """All in one message; or temperature, pressure and step are messages of their own, 3 ms apart."""
    jitter: float = 0.0
    """Part of the period by which a report may come late."""
    seed: int = 7

    @property
    def scale(self) -> float:
        """Factor by which everything lasts longer than on a device that reports once a second."""
        return max(1.0, self.period)

    def name_of(self, leaf: str) -> str:
        """Return the event that carries a leaf."""
        if self.messages == "one":
            return "readings"
        return {"ta": "temps", "tb": "temps", "heater": "temps", "p": "vacuum", "pump": "vacuum"}.get(
            leaf, "status"
        )

    @property
    def contract(self) -> str:
        """The contract file."""
        unit = self.unit
        leaves = {
            "ta": f'unit = "{unit}", pin = true, role = "controlled", invalid = [9.9e9, "OPEN"]',
            "tb": 'unit = "degC"',
            "p": 'unit = "mbar", log = true, pin = true, role = "pressure"',
            "mode": 'role = "state", running = ["1"], idle = ["0"]',
            "step": 'role = "step"',
        }
        tables: dict[str, list[str]] = {}
        for leaf, words in leaves.items():
            tables.setdefault(self.name_of(leaf), []).append(f'"{leaf}" = {{ {words} }}')
        return "\n".join(f"[messages.{event}]\n" + "\n".join(rows) for event, rows in tables.items())

    @property
    def recipe(self) -> str:
        """The recipe file."""
        ramp, hold, down, cold, end = (one * self.scale for one in LENGTHS)
        return (
            'name = "Odd"\ntolerance = 2\npressure = 1e-3\nlimits = { min = -40, max = 50.4 }\n'
            f'[[steps]]\nto = 50\nover = "{ramp:g}s"\n[[steps]]\nhold = "{hold:g}s"\n'
            f'[[steps]]\nto = -10\nover = "{down:g}s"\n[[steps]]\nhold = "{cold:g}s"\n'
            f'[[steps]]\nto = 20\nover = "{end:g}s"\n'
        )

    @property
    def items(self) -> list[list[float]]:
        """The list that is sent."""
        return [[to, length * self.scale, 0.0] for to, length in zip(TARGETS, LENGTHS, strict=True)]

    def reports(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield (seconds since the run began, what is reported), to the first report after its end."""
        chance = random.Random(self.seed)
        total = sum(LENGTHS) * self.scale
        for number in range(round(total / self.period) + 2):
            at = number * self.period
            t = at / self.scale
            if not SILENT[0] < t < SILENT[1] and not LOST[0] < t < LOST[1]:
                yield at + chance.uniform(0, self.jitter * self.period), self._report(t, at, chance)

    def _report(self, t: float, at: float, chance: random.Random) -> dict[str, Any]:
        factor, offset = UNITS[self.unit]
        step, left, here = 0, t, 20.0
        celsius = 20.0
        for number, (to, length) in enumerate(zip(TARGETS, LENGTHS, strict=True), 1):
            if left < length:
                step, celsius = number, here + (to - here) * left / length
                break
            left, here = left - length, to
        held = step in (2, 4) and left > 10
        if held and chance.random() < 0.5:
            celsius += chance.uniform(-0.45, 0.45)
        if 220 <= t < 226:
            celsius = -14.0
        if 230 <= t < 234:
            celsius = -8.0  # the edge of the tolerance
        reported: Any = round(celsius * factor + offset, 2)
        if 100 <= t < 104:
            reported = 9.9e9
        if 110 <= t < 114:
            reported = "OPEN"
        return {
            "ta": reported,
            "tb": round(21.0 + chance.uniform(-1, 1), 3),
            "heater": "on" if int(at) // 6 % 2 else "off",
            "p": 5e-2 if 250 <= t < 260 else 0.0 if 270 <= t < 272 else round(chance.uniform(1e-4, 9e-4), 7),
            # A message without a number that counts is no row of a CSV.
            "pump": 1,
            "mode": 1 if step else 0,
            "step": step,
        }


class _Device:
    def __init__(self, one: Life, kind: Kind) -> None:
        self.one, self.kind = one, kind

    def pass_time(self, until: float) -> None:
        """Let the clock go on to a moment, and the station check the time in between."""
        clock, width = self.one.clock, max(0.25, self.kind.period / 4)
        while until - clock.mono() > width:
            clock.advance(width)
            self.one.station.tick()
        clock.advance(until - clock.mono())

    def say(self, reported: dict[str, Any]) -> None:
        messages: dict[str, dict[str, Any]] = {}
        for leaf, value in reported.items():
            messages.setdefault(self.kind.name_of(leaf), {})[leaf] = value
        ordered = list(messages.items())
        if self.kind.messages == "step first":
            ordered.reverse()
        for place, (event, payload) in enumerate(ordered):
            if place:
                self.one.clock.advance(0.003)
            self.one.link.deliver(event, json.dumps(payload))


async def odd_run(path: Path, folder: Path, kind: Kind) -> None:
    """Record a run of a device, from its loading to its end."""
    file = folder / "odd.contract.toml"
    file.write_text(kind.contract, encoding="utf-8")
    async with life(path, FakeClock(), contract=load_contract([file])) as one:
        device = _Device(one, kind)
        idle = {"ta": round(20.0 * UNITS[kind.unit][0] + UNITS[kind.unit][1], 2), "tb": 21.0, "heater": "off"}
        idle |= {"p": 1e-4, "pump": 1, "mode": 0, "step": 0}
        start = one.clock.mono()
        for number in range(12):
            device.pass_time(start + number * kind.period)
            device.say(idle)
        recipe = parse_recipe(kind.recipe, "odd.toml")
        plan = plan_recipe(recipe, PlanSettings(), 20.0)
        sending = asyncio.ensure_future(
            one.station.load_recipe(
                compiled_of(plan, {"name": recipe.name, "recipe": kind.items}), kind.recipe
            )
        )
        await asyncio.sleep(0)
        one.link.answer("load_recipe")
        assert (await sending).outcome is Outcome.SUCCESS
        start += 12 * kind.period
        lost = [start + at * kind.scale + kind.period / 2 for at in LOST]
        for number, (at, reported) in enumerate(kind.reports()):
            if lost and start + at > lost[0]:
                device.pass_time(lost[0])
                one.link.push(LinkWord.LOST, "The cable was pulled.")
                device.pass_time(min(lost[1], start + at - 0.01))
                one.link.push(LinkWord.ONLINE)
                lost = []
            device.pass_time(start + at)
            device.say(reported)
            if number % 200 == 0:
                await one.written()
        for _ in range(8):
            device.pass_time(one.clock.mono() + kind.period)
            device.say(idle)
        for _ in range(500):
            await one.written()
            with Record(path) as record:
                (run,) = lists.runs(record)
            if run.load is not None and run.ended is not None:
                break
            await asyncio.sleep(0.01)
