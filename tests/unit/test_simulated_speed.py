"""How fast a simulated device goes is what its messages say: live, in the record, and in a replay."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.helpers.console import FakeClock
from tests.helpers.records import message
from tests.unit.test_run import PLAN, UTC, Chamber
from tests.unit.test_station_record import Life, life
from xovac_tui import report
from xovac_tui.api.contract import Role
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.chamber.model import Chamber as Model
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.writer import write_recipe
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.parts import part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.replay.model import Replay
from xovac_tui.report.gather import gather
from xovac_tui.report.judge import RunVerdict, judge
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import Result, RunSnapshot

SPEED = 60.0
SOAK = Recipe("Soak", (Ramp(50.0, over=1800), Hold(3600)), tolerance=2.0)


async def run_soak(one: Life) -> None:
    """Fly the soak of 30 min and 60 min in 90 s, with a device that says its speed."""
    sim = {"speed": SPEED}
    await one.report(seconds=3, part=20.0, setpoint=20.0, sim=sim)
    compiled = compile_recipe(SOAK, one.station.plan_settings(), 20.0)
    sending = asyncio.ensure_future(one.station.load_recipe(compiled, write_recipe(SOAK)))
    await asyncio.sleep(0)
    one.link.answer("load_recipe")
    assert (await sending).outcome is Outcome.SUCCESS
    # A run is notified of its load once that is committed: here no second of the recorder passes.
    await one.written()
    for second in range(90):
        step = 1 if second < 30 else 2
        state = {"name": "Soak", "state": "running", "step": step, "steps": 2}
        one.link.deliver("recipe_state", json.dumps(state))
        part = 20.0 + min(second, 30)
        await one.report("running", part=part, setpoint=part, sim=sim)
    one.link.deliver("recipe_state", json.dumps({"name": "Soak", "state": "done", "step": 0, "steps": 2}))
    await one.report("idle", seconds=3, part=50.0, sim=sim)


async def test_a_run_is_judged_in_the_devices_own_time(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with life(path, FakeClock()) as one:
        assert one.station.speed == 1.0
        await run_soak(one)
        assert one.station.speed == SPEED
        view = one.station.runs.view()
        assert view is not None
        assert view.result is Result.COMPLETED
        await one.written()
    with Record(path) as record:
        (run,) = lists.runs(record)
        state = msgspec.json.decode(run.flight, type=RunSnapshot)
        assert (state.speed, [leg.planned for leg in state.as_run]) == (SPEED, [30.0, 60.0])
        dwell = state.as_run[1].dwell
        assert dwell is not None
        assert dwell.creditable == pytest.approx(60.0, abs=2.0)
    contract = load_contract((), simulator=True)
    now = view.ends_utc or UTC
    facts = gather(path, 1, chamber="bench-1", contract=contract, program="xovac-tui 9", now=now)
    judged = judge(facts)
    assert judged.verdict is RunVerdict.PASS, judged
    # 30 K in 30 s of the wall clock, which are half an hour of the chamber: as the recipe says it.
    text = report.page.page(facts, None)
    assert "<td>+1.00</td>" in re.sub(r"<td[^>]*>", "<td>", text)
    assert "K/min of the simulated chamber, in which 60 seconds pass in one." in text


async def test_a_replay_goes_by_what_the_messages_say(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with life(path, FakeClock()) as one:
        await run_soak(one)
        await one.written()
    with Record(path) as record:
        # The recorder did not know it when it began: it had received nothing from the device.
        assert lists.sessions(record)[0].about.speed == 1.0
        sliced = slice_of(record, part_of(find_span(record, "s1"), None, None, None))
        replay = Replay(sliced, load_contract((), simulator=True))
        replay.advance(replay.begin + 66.0)
        view = replay.runs.view()
        assert view is not None
        assert view.step == 2
        assert replay.chamber.speed == SPEED
        assert view.drift is not None
        assert abs(view.drift) < 3.0


def test_a_run_that_is_seen_before_the_speed_goes_on_at_it() -> None:
    """The state of the run and the speed may come in two messages."""
    late, known = Run(PLAN), Run(PLAN, speed=SPEED)
    for tick in range(46 * 4):
        now = tick / 4
        seen = Chamber().look(now * SPEED, mono=now, utc=UTC + now)
        late.observe(seen if tick < 2 else msgspec.structs.replace(seen, speed=SPEED))
        known.observe(seen)
    assert late.state() == known.state()


@pytest.mark.parametrize("reported", [0.0, -60.0, 1e9, float("nan"), "fast", None, True])
def test_an_impossible_speed_is_none(reported: object) -> None:
    model = Model(load_contract((), simulator=True))
    model.apply(message(0.0, json.dumps({"sim": {"speed": reported}}), name="chamber_state"))
    assert model.speed is None


def test_a_real_chamber_has_no_speed() -> None:
    assert documented_contract().by_role(Role.SPEED) is None
