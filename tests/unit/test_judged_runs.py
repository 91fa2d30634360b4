"""A run from load to report, on a device of any unit and with values that count for nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.console import FakeClock
from tests.helpers.recipes import compiled_of
from tests.unit.test_station_record import Life, life
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.report.facts import ReportFacts
from xovac_tui.report.gather import gather
from xovac_tui.report.judge import RunVerdict, controlled_range, judge
from xovac_tui.units import from_celsius

SOURCE = """
name = "Soak"
tolerance = 2
pressure = 1e-3
limits = { min = -40, max = 60 }
[[steps]]
to = 40
over = "10s"
[[steps]]
hold = "15s"
"""
RULES = 'invalid = [1372, "OPEN"]'


def contract_of(folder: Path, unit: str = "degC", setpoint: str = "degC", rules: str = "") -> Contract:
    file = folder / "bench.toml"
    more = f", {rules}" if rules else ""
    file.write_text(
        f"""
        [messages.readings]
        "ta" = {{ channel = "plate_a", unit = "{unit}", pin = true, role = "controlled"{more} }}
        "sp" = {{ channel = "setpoint", unit = "{setpoint}", role = "setpoint" }}
        "p" = {{ channel = "pressure", unit = "mbar", log = true, pin = true, role = "pressure" }}
        "mode" = {{ role = "state", running = ["running"], idle = ["idle"] }}
        "step" = {{ role = "step" }}
        """,
        encoding="utf-8",
    )
    return load_contract([file])


class Device:
    """A small device that reports twice a second: 10 s from 20 to 40 °C, then 15 s and longer there."""

    def __init__(self, one: Life, unit: str, setpoint: str) -> None:
        self.one, self.unit, self.setpoint = one, unit, setpoint
        self.since: float | None = None
        self.celsius = 20.0

    def say(self, **odd: Any) -> None:
        self.one.clock.advance(0.5)
        at = None if self.since is None else self.one.clock.mono() - self.since
        if at is not None and at > 25:
            self.since = at = None
        if at is not None:
            self.celsius = 20.0 + 2 * min(at, 10.0)
        reported = {
            "ta": round(from_celsius(self.celsius, self.unit), 2),
            "sp": round(from_celsius(self.celsius, self.setpoint), 2),
            "p": 1e-4,
            "mode": "idle" if at is None else "running",
            "step": 0 if at is None else 1 if at < 10 else 2,
        }
        self.one.link.deliver("readings", json.dumps(reported | odd))
        self.one.station.tick()


async def record_odd_run(
    path: Path, contract: Contract, unit: str = "degC", setpoint: str = "degC", **odd: Any
) -> None:
    """Load a soak and let the device run it; for 4 s of the hold it reports something odd."""
    async with life(path, FakeClock(), contract=contract) as one:
        device = Device(one, unit, setpoint)
        for _ in range(20):
            device.say()
        recipe = parse_recipe(SOURCE, "soak.toml")
        plan = plan_recipe(recipe, PlanSettings(), 20.0)
        payload = {"name": "Soak", "recipe": [[40.0, 10.0, 0.0], [40.0, 15.0, 0.0]]}
        sending = asyncio.ensure_future(one.station.load_recipe(compiled_of(plan, payload), SOURCE))
        await asyncio.sleep(0)
        one.link.answer("load_recipe")
        assert (await sending).outcome is Outcome.SUCCESS
        device.since = one.clock.mono()
        for half in range(70):
            device.say(**(odd if 32 <= half < 40 or "p" in odd else {}))
            await asyncio.sleep(0)
        for _ in range(500):
            await one.written()
            with Record(path) as record:
                (run,) = lists.runs(record)
            if run.load is not None:
                break
            await asyncio.sleep(0.01)


def report_of(path: Path, contract: Contract) -> ReportFacts:
    now = FakeClock().utc() + 1_000
    return gather(path, 1, chamber="bench-1", contract=contract, program="xovac-tui 9", now=now)


@pytest.mark.parametrize(
    ("unit", "setpoint"),
    [("°C", "degC"), ("℃", "K"), ("Celsius", "°F"), ("K", "degC"), ("Kelvin", "K"), ("°F", "°C"), ("", "")],
)
async def test_a_perfect_soak_passes_in_every_unit(tmp_path: Path, unit: str, setpoint: str) -> None:
    contract = contract_of(tmp_path, unit, setpoint)
    path = tmp_path / "r.sqlite3"
    await record_odd_run(path, contract, unit, setpoint)
    facts = report_of(path, contract)
    (dwell,) = [leg.dwell for leg in facts.past.view().legs if leg.dwell is not None]
    assert dwell.creditable == pytest.approx(15.0, abs=0.51)
    assert dwell.creditable == dwell.in_tolerance
    assert [dwell.minimum, dwell.maximum] == pytest.approx([40.0, 40.0], abs=0.01)
    measured = controlled_range(facts)
    assert measured is not None
    assert [measured.low, measured.high] == pytest.approx([21.0, 40.0], abs=0.01)
    assert judge(facts).verdict is RunVerdict.PASS


@pytest.mark.parametrize("pressure", [-1.0, 0.0])
async def test_an_impossible_pressure_proves_no_vacuum(tmp_path: Path, pressure: float) -> None:
    contract = contract_of(tmp_path)
    path = tmp_path / "r.sqlite3"
    await record_odd_run(path, contract, p=pressure)
    facts = report_of(path, contract)
    (dwell,) = [leg.dwell for leg in facts.past.view().legs if leg.dwell is not None]
    assert dwell.in_tolerance == pytest.approx(15.0, abs=0.51)
    assert dwell.creditable == 0.0
    assert judge(facts).verdict is RunVerdict.FAIL


@pytest.mark.parametrize("sensor", [1372, "OPEN"])
async def test_an_open_sensor_is_neither_hot_nor_counted(tmp_path: Path, sensor: float | str) -> None:
    contract = contract_of(tmp_path, rules=RULES)
    path = tmp_path / "r.sqlite3"
    await record_odd_run(path, contract, ta=sensor)
    facts = report_of(path, contract)
    (dwell,) = [leg.dwell for leg in facts.past.view().legs if leg.dwell is not None]
    assert (dwell.minimum, dwell.maximum) == (40.0, 40.0)
    # From the last value before it to the first one after it: 4 s and one period.
    assert dwell.creditable == pytest.approx(15.0 - 4.5, abs=0.51)
    measured = controlled_range(facts)
    assert measured is not None
    assert (measured.low, measured.high) == (21.0, 40.0)
    assert facts.past.temperature is not None
    assert max(high for high in facts.past.temperature.bins.highs if high == high) == 40.0


async def test_a_report_judges_an_older_record_by_the_contract_of_today(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    await record_odd_run(path, contract_of(tmp_path), ta=1372)
    before = controlled_range(report_of(path, contract_of(tmp_path)))
    assert before is not None
    assert before.high == 1372.0
    after = controlled_range(report_of(path, contract_of(tmp_path, rules=RULES)))
    assert after is not None
    assert (after.low, after.high) == (21.0, 40.0)


async def test_a_slow_device_at_exactly_its_target_never_left_it(tmp_path: Path) -> None:
    """Step and temperature in one report each 10 s: the next step's first value is none of the dwell."""
    contract = contract_of(tmp_path)
    source = SOURCE.replace("10s", "60s").replace("15s", "60s") + '[[steps]]\nto = 20\nover = "60s"\n'
    async with life(tmp_path / "r.sqlite3", FakeClock(), contract=contract) as one:

        def say(celsius: float, step: int) -> None:
            for _ in range(40):
                one.clock.advance(0.25)
                one.station.tick()
            reported = {"ta": celsius, "sp": celsius, "p": 1e-4, "step": step}
            one.link.deliver("readings", json.dumps(reported | {"mode": "running" if step else "idle"}))

        for _ in range(12):
            say(20.0, 0)
        plan = plan_recipe(parse_recipe(source, "soak.toml"), PlanSettings(), 20.0)
        payload = {"name": "Soak", "recipe": [[40.0, 60.0, 0.0], [40.0, 60.0, 0.0], [20.0, 60.0, 0.0]]}
        sending = asyncio.ensure_future(one.station.load_recipe(compiled_of(plan, payload), source))
        await asyncio.sleep(0)
        one.link.answer("load_recipe")
        assert (await sending).outcome is Outcome.SUCCESS
        for at in range(0, 60, 10):
            say(20.0 + at / 3, 1)
        for _ in range(6):
            say(40.0, 2)
        for at in range(0, 60, 10):
            say(30.0 - at / 6, 3)
        for _ in range(3):
            say(20.0, 0)
        for _ in range(500):
            await one.written()
            with Record(tmp_path / "r.sqlite3") as record:
                if lists.runs(record)[0].load is not None:
                    break
            await asyncio.sleep(0.01)
    facts = report_of(tmp_path / "r.sqlite3", contract)
    assert [(leg.start, leg.end) for leg in facts.past.view().legs] == [(0, 60), (60, 120), (120, 180)]
    (dwell,) = [leg.dwell for leg in facts.past.view().legs if leg.dwell is not None]
    assert (dwell.minimum, dwell.maximum, dwell.excursions, dwell.reached) == (40.0, 40.0, 0, 0.0)
    assert dwell.elapsed == dwell.in_tolerance == dwell.creditable == pytest.approx(60.0)
    assert judge(facts).verdict is RunVerdict.PASS
    part = facts.channel("readings.ta")
    assert part is not None
    by_step = {
        phase.step: (found.low, found.high, found.count)
        for phase, found in zip(facts.phases, part.figures, strict=True)
        if phase.step is not None and found is not None
    }
    assert by_step[2] == (40.0, 40.0, 6)
    assert by_step[1] == (20.0, 20.0 + 50 / 3, 6)
    assert by_step[3] == (30.0 - 50 / 6, 30.0, 6)
