"""A week at high speed: one recipe, a broken link, an hour without a recorder, and all in the record."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recipes.compiler import Compiled, compile_recipe
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.plan import Plan, Segment
from xovac_tui.recording.disk import lists, recorder
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.gaps import gaps
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.runs.state import Result, RunSnapshot
from xovac_tui.station.live import LiveStation

HOUR, DAY = 3600.0, 86_400.0
PERIOD = 40.0
"""Seconds between two messages: a week at 1 Hz would take a minute of everybody's tests."""
LAG = 500.0
"""Seconds by which the part follows the setpoint."""
CYCLE = (Ramp(50), Hold(10 * HOUR), Ramp(-15), Hold(11.5 * HOUR))
WEEK = Recipe("A week", (Repeat(7, CYCLE), Ramp(22), Hold(HOUR)), tolerance=2.0)


class PlainChamber:
    """A part that follows the plan's setpoint, and a few more readings."""

    def __init__(self) -> None:
        self.part, self.now = 22.0, 0.0
        self.plan: Plan | None = None
        self.began = 0.0

    @property
    def segment(self) -> Segment | None:
        return self.plan.segment_at(self.now - self.began) if self.plan is not None else None

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.part += (self.setpoint - self.part) * -math.expm1(-seconds / LAG)

    @property
    def setpoint(self) -> float:
        return self.plan.temperature_at(self.now - self.began) if self.plan is not None else 22.0

    def readings(self) -> dict[str, Any]:
        noise = math.sin(self.now * 12.9898) * 0.03
        others = {f"t{number:02d}": round(self.part + number + noise * number, 3) for number in range(2)}
        return {
            "part": round(self.part + noise, 3),
            "setpoint": round(self.setpoint, 3),
            "mode": "idle" if self.segment is None else "running",
            "others": others,
        }

    def recipe(self) -> dict[str, Any]:
        running = self.segment
        step = running.index if running is not None else 0
        return {"name": WEEK.name if self.plan is not None else "", "step": step, "steps": 30 if step else 0}


class Week:
    """The chamber, which goes on in any case, and the clock of the machine that listens."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, FakeClock()
        self.chamber = PlainChamber()
        self.part: list[tuple[float, float]] = []
        """(UTC, degC) of every message that was received."""
        self.sent = 0

    @asynccontextmanager
    async def recorder(self) -> AsyncIterator[tuple[LiveStation, FakeLink]]:
        link = FakeLink(self.clock)
        station = make_station(
            self.clock,
            link,
            who="rob@lab",
            record=RecordChoice(path=self.path, settings=RecordSettings()),
        )
        async with station:
            await asyncio.wait_for(link.running.wait(), 10)
            assert await station.record_read(10)
            link.push(LinkWord.ONLINE)
            yield station, link

    async def let_pass(
        self, seconds: float, station: LiveStation | None = None, link: FakeLink | None = None
    ) -> None:
        """Let time pass, with data where a station with a link is given."""
        for number in range(round(seconds / PERIOD)):
            for _ in range(5):
                self.clock.advance(PERIOD / 5)
                if station is not None:
                    station.tick()
            before = self.chamber.segment
            self.chamber.pass_time(PERIOD)
            if station is None:
                continue
            if link is not None:
                state = self.chamber.readings()
                self.part.append((self.clock.utc(), state["part"]))
                link.deliver("chamber_state", json.dumps(state))
                if self.chamber.segment is not before or number % 3 == 0:
                    link.deliver("recipe_state", json.dumps(self.chamber.recipe()))
                    self.sent += 1
                self.sent += 1
            station.tick()
            if number % 100 == 0:
                # As a real week would: the recorder commits now and then.
                await asyncio.to_thread(station.record.flush)


async def load(week: Week, station: LiveStation, link: FakeLink) -> Compiled:
    compiled = compile_recipe(WEEK, station.plan_settings(), 22.0)
    sending = asyncio.ensure_future(station.load_recipe(compiled, 'name = "A week"\n'))
    await asyncio.sleep(0)
    link.answer("load_recipe")
    assert (await sending).outcome is Outcome.SUCCESS
    return compiled


@pytest.mark.slow
async def test_nothing_of_a_week_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The recorder's thread wakes by the wall clock, and the week passes between: that is no suspension.
    monkeypatch.setattr(recorder, "ASLEEP", math.inf)
    week = Week(tmp_path / "week.sqlite3")
    began = week.clock.utc()
    async with week.recorder() as (station, link):
        await week.let_pass(600, station, link)
        compiled = await load(week, station, link)
        week.chamber.plan, week.chamber.began = compiled.plan, week.chamber.now
        started = week.clock.utc()
        await week.let_pass(2 * DAY + 2 * HOUR, station, link)
        # Ten minutes without a link, in the middle of a dwell.
        link.push(LinkWord.LOST, "The switch was restarted.")
        await week.let_pass(600, station)
        link.push(LinkWord.ONLINE)
        await week.let_pass(DAY, station, link)
    # An hour without a recorder.
    await week.let_pass(HOUR)
    async with week.recorder() as (station, link):
        assert station.runs.running is not None
        rest = started + compiled.total - week.clock.utc()
        await week.let_pass(rest + 600, station, link)
        async with asyncio.timeout(60):
            while station.runs.rates is None:  # noqa: ASYNC110 - a task of its own learns from the record
                await asyncio.sleep(0.01)
        view = station.runs.view()
        assert view is not None
        assert view.result is Result.COMPLETED
        end = week.clock.utc()
    with Record(week.path) as record:
        events = list(record.scan())
        assert [event.index for event in events] == list(range(len(events)))
        # Everything that the chamber said, and one answer and one command.
        assert len(events) == week.sent + 2
        windows = Windows(record)
        name = "chamber_state.part"
        found = windows.summary(name, began - 10, end + 10)
        assert found is not None
        truth = [value for _, value in week.part]
        assert (found.low, found.high, found.count) == (min(truth), max(truth), len(truth))
        assert found.mean == pytest.approx(sum(truth) / len(truth))
        bins = windows.window([name], began, end, 200)[name]
        width = (end - began) / 200
        for at, value in week.part[::7]:
            column = min(199, int((at - began) / width))
            assert bins.lows[column] <= value <= bins.highs[column]
        lost = gaps(record, began, end)
        # From the last message before to the first one after.
        expected = [(600 + PERIOD, True), (3600 + PERIOD, False)]
        assert [(round(gap.seconds), gap.recorded) for gap in lost] == expected
        (run,) = lists.runs(record)
        assert run.started == pytest.approx(started, abs=2 * PERIOD)
        state = msgspec.json.decode(run.flight, type=RunSnapshot)
        assert state.gaps == 2
        assert state.gap_seconds == pytest.approx(4_200, abs=3 * PERIOD)
        dwells = [leg.dwell for leg in state.as_run if leg.dwell is not None]
        assert len(dwells) == 15
        for dwell in dwells:
            assert dwell.creditable <= dwell.in_tolerance <= dwell.elapsed
        # What was not seen does not count: the two dwells with the gaps are short of it.
        uncounted = [dwell.elapsed - dwell.creditable for dwell in dwells]
        assert sum(missing > 590 for missing in uncounted) >= 2
        ((number, _),) = lists.rates(record)
        assert number == run.id
