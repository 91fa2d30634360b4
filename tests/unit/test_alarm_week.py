"""A week of the simulator's physics under the demo's rules: a quiet one, and one with faults."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.console import URL, FakeClock, FakeLink, make_station
from xovac_tui.alarms.kinds.deviation import DeviationRule
from xovac_tui.alarms.kinds.equals import EqualsRule
from xovac_tui.alarms.kinds.frozen import FrozenRule
from xovac_tui.alarms.kinds.rate import RateRule
from xovac_tui.alarms.kinds.stale import StaleRule
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.config import Profile
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.simulator import machine
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.program import read_program
from xovac_tui.station.news import News

HOUR, DAY = 3600.0, 86_400.0
DAYS = 7
PERIOD = 60.0
"""Seconds between two messages, and half of it between two looks: no delay of a rule is shorter than that."""
SUB_STEP = 8.0
"""Seconds of one step of the physics: its extremes are those of the usual 1 s, to a tenth of a degree."""
CYCLE = (Ramp(60, rate=1.0), Hold(5 * HOUR), Ramp(-20, rate=1.0), Hold(5 * HOUR))
WEEK = Recipe("A week", (Repeat(14, CYCLE), Ramp(22), Hold(HOUR)))
PROFILE = Profile(
    url=URL, contracts=("simulator",), recipe=RecipeSettings(min=-25.0, max=65.0, pressure=1e-3)
)
MORE = (
    StaleRule(name="plate A gone", channel="plate_a", on_delay=60.0),
    StaleRule(name="plate B gone", channel="plate_b", on_delay=60.0),
    FrozenRule(name="plate A frozen", channel="plate_a", over=HOUR),
    DeviationRule(name="off setpoint", channel="test_part", limit=5.0, on_delay=600.0),
    RateRule(name="part too fast", channel="test_part", limit=4.0, on_delay=60.0),
    EqualsRule(name="pump off", channel="pump", equals=False, on_delay=30.0),
)


@pytest.fixture(autouse=True)
def coarse_physics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SUB_STEP", SUB_STEP)


class Week:
    """The machine, a station on a fake link, and a clock that both share."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.link = FakeLink(self.clock)
        parameters = load_parameters()
        self.machine = Machine(parameters, warm=True)
        compiled = compile_recipe(WEEK, PlanSettings(), self.machine.thermal.celsius("part"))
        self.machine.load(read_program(compiled.payload, parameters.recipe, parameters.controller, "ramp"))
        contract = load_contract((), simulator=True)
        self.station = make_station(
            self.clock,
            self.link,
            who="rob@lab",
            profile=PROFILE,
            contract=contract,
            record=RecordChoice(path=path, settings=RecordSettings()),
            watchlist=watchlist(AlarmSettings(), PROFILE.recipe, contract, MORE, simulator=True),
        )
        self.changes: list[AlarmChange] = []
        self.station.subscribe(self._listen)
        self.leak = parameters.faults.leak

    def _listen(self, news: News) -> None:
        if isinstance(news, AlarmsChanged):
            self.changes += news.changes

    async def let_pass(
        self, seconds: float, spoil: Callable[[dict[str, Any]], None] | None = None, *, received: bool = True
    ) -> None:
        """Let time pass; `spoil` changes what the chamber reports, unless nothing is received at all."""
        for number in range(round(seconds / PERIOD)):
            self.clock.advance(PERIOD / 2)
            self.station.tick()
            self.clock.advance(PERIOD / 2)
            self.machine.step(PERIOD)
            if received:
                state = self.machine.chamber_state()
                for left_out in ("radiator", "exchanger", "water", "shroud", "power", "vent"):
                    del state[left_out]
                if spoil is not None:
                    spoil(state)
                self.link.deliver("chamber_state", json.dumps(state))
                reported = self.machine.recipe_state()
                self.link.deliver(
                    "recipe_state", json.dumps({"name": reported["name"], "step": reported["step"]})
                )
            self.station.tick()
            if number % 200 == 0:
                await asyncio.to_thread(self.station.record.flush)

    def begin(self) -> None:
        self.link.push(LinkWord.ONLINE)
        self.machine.start()

    def acknowledge_all(self) -> None:
        waiting = self.station.alarms.view().waiting
        if waiting:
            assert self.station.alarms.acknowledge(waiting) is None


@pytest.mark.slow
async def test_a_quiet_week_has_no_alarm(tmp_path: Path) -> None:
    week = Week(tmp_path / "quiet.sqlite3")
    async with week.station:
        await asyncio.wait_for(week.link.running.wait(), 10)
        assert await week.station.record_read(10)
        week.begin()
        await week.let_pass(DAYS * DAY)
        assert week.machine.recipe_state()["state"] == "running"
        assert [change.text for change in week.changes] == []
        watched = [view.rule for view in week.station.alarms.view().alarms if not view.off]
        assert len(watched) >= 14


@pytest.mark.slow
async def test_every_fault_of_a_week_is_alarmed_once(tmp_path: Path) -> None:
    path = tmp_path / "faults.sqlite3"
    week = Week(path)

    def spoil(**leaves: Any) -> Callable[[dict[str, Any]], None]:
        def changed(state: dict[str, Any]) -> None:
            state["plateT"] |= leaves

        return changed

    async def link_cut() -> None:
        week.link.push(LinkWord.LOST, "The cable was pulled.")
        await week.let_pass(20 * 60, received=False)
        week.link.push(LinkWord.ONLINE)

    async def leak() -> None:
        week.machine.vacuum.extra_leak = week.leak
        await week.let_pass(2 * HOUR)
        week.machine.vacuum.extra_leak = 0.0

    async def hot() -> None:
        # Not for so long that the part leaves its setpoint: that would be a second alarm, and rightly so.
        week.machine.hot_tec = True
        await week.let_pass(20 * 60)
        week.machine.hot_tec = False

    async def pump() -> None:
        week.machine.vacuum.pump = False
        await week.let_pass(10 * 60)
        week.machine.vacuum.pump = True

    faults: list[tuple[str, Callable[[], Any]]] = [
        ("link lost", link_cut),
        ("data stopped", lambda: week.let_pass(20 * 60, received=False)),
        ("plate A gone", lambda: week.let_pass(HOUR, spoil(A=None))),
        ("plate B gone", lambda: week.let_pass(HOUR, spoil(B=float("nan")))),
        ("plate A frozen", lambda: week.let_pass(3 * HOUR, spoil(A=21.0))),
        ("vacuum lost", leak),
        ("TEC 1 hot", hot),
        ("link lost", link_cut),
        ("pump off", pump),
    ]
    async with week.station:
        await asyncio.wait_for(week.link.running.wait(), 10)
        assert await week.station.record_read(10)
        week.begin()
        end = week.clock.mono() + DAYS * DAY
        await week.let_pass(6 * HOUR)
        for rule, fault in faults:
            before = len(week.changes)
            await fault()
            await week.let_pass(8 * HOUR)
            raised = [one.rule for one in week.changes[before:] if one.event is AlarmEvent.RAISED]
            assert raised == [rule]
            assert [view.rule for view in week.station.alarms.unresolved().alarms] == [rule]
            assert week.station.alarms.unresolved().alarms[0].state is AlarmState.RETURNED
            week.acknowledge_all()
            await week.let_pass(4 * HOUR)
        await week.let_pass(end - week.clock.mono())
        assert week.station.alarms.unresolved().alarms == ()
    with Record(path) as record:
        reported = Counter((row.change.rule, row.change.event) for row in lists.alarms(record))
        expected = Counter(rule for rule, _ in faults)
        for event in (AlarmEvent.RAISED, AlarmEvent.RETURNED, AlarmEvent.ACKNOWLEDGED):
            assert (
                Counter({rule: count for (rule, which), count in reported.items() if which is event})
                == expected
            )
        assert {one.change.run for one in lists.alarms(record)} == {1}
