"""Alarms of a station: recorded, restarted, beside a recorder, with limits by pressure or by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from tests.helpers.console import FakeClock
from tests.unit.test_station_record import Life, life
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.kinds.link import LinkRule
from xovac_tui.alarms.recorded import RecordedAlarms
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import LIMIT_SETS, AlarmEvent, AlarmState, AlarmView
from xovac_tui.chamber.alarm_reasons import (
    AlarmRefusal,
    AlarmRefusalCode,
    AlarmsProblem,
    AlarmsProblemCode,
)
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.parts import part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.status import RecorderState
from xovac_tui.replay.model import Replay
from xovac_tui.station.news import News

HOT = HighRule(name="part hot", channel="test_part", limit=80.0, deadband=1.0, action="Look at it.")
LINK = LinkRule(name="link lost", on_delay=5.0, severity="high")
RULES = (HOT, LINK)


def alarm(one: Life, rule: str = "part hot") -> AlarmView:
    return next(view for view in one.station.alarms.view().alarms if view.rule == rule)


async def until(condition: Callable[[], bool], *lives: Life) -> None:
    """Let stations look at their record until something is so; bounded."""
    async with asyncio.timeout(10):
        while not condition():
            for one in lives:
                await one.written()
                one.station.tick()


def listen(one: Life) -> list[AlarmsChanged]:
    found: list[AlarmsChanged] = []

    def take(news: News) -> None:
        if isinstance(news, AlarmsChanged):
            found.append(news)

    one.station.subscribe(take)
    return found


async def test_an_alarm_is_notified_marked_and_recorded(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        reported = listen(one)
        await one.report(seconds=3, part=20.0)
        assert one.station.alarms.unresolved().alarms == ()
        await one.report(part=85.0)
        (news,) = reported
        assert not news.mirrored
        (change,) = news.changes
        assert change.text == "Test part is +85.0 °C, above +80.0 °C."
        assert change.action == "Look at it."
        marks = one.station.marks(one.station.snapshot())
        assert [mark.text for mark in marks if mark.kind == "alarm"] == [change.text]
        (unresolved,) = one.station.alarms.unresolved().alarms
        assert (unresolved.state, unresolved.value) == (AlarmState.UNACKNOWLEDGED, "+85.0 °C")
        assert one.station.alarms.acknowledge([unresolved]) is None
        refused = one.station.alarms.acknowledge([unresolved])
        assert refused == AlarmRefusal(AlarmRefusalCode.WAITS_NO_MORE, "part hot")
        await one.written()
    with Record(path) as record:
        found = [(row.change.rule, row.change.event, row.change.who) for row in lists.alarms(record)]
        assert found == [
            ("part hot", AlarmEvent.RAISED, ""),
            ("part hot", AlarmEvent.ACKNOWLEDGED, "ada@lab"),
        ]
        assert "alarm" in [one.mark.kind for one in lists.marks(record)]


async def test_acknowledgements_and_shelves_survive_a_restart(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    cold = LowRule(name="cold", channel="shroud", limit=0.0)
    async with life(path, clock, rules=(*RULES, cold)) as one:
        await one.report(part=85.0, shroud=-5.0)
        assert one.station.alarms.acknowledge([alarm(one)]) is None
        assert one.station.alarms.shelve("cold", 3600.0, "defrosting") is None
    clock.advance(60)
    async with life(path, clock, "bob@lab", rules=(*RULES, cold)) as two:
        reported = listen(two)
        await two.report(seconds=20, part=85.0, shroud=-5.0)
        assert reported == [], "what was known already is raised once more"
        hot, shelved = alarm(two), alarm(two, "cold")
        assert (hot.state, hot.who) == (AlarmState.ACKNOWLEDGED, "ada@lab")
        assert (shelved.state, shelved.who, shelved.reason) == (AlarmState.SHELVED, "ada@lab", "defrosting")
        clock.advance(3600)
        await two.report(part=85.0, shroud=-5.0)
        assert alarm(two, "cold").state is AlarmState.UNACKNOWLEDGED


async def test_an_alarm_whose_rule_is_gone_does_not_stand_for_ever(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        await one.report(part=85.0)
    async with life(path, clock, rules=(LINK,)) as two:
        assert [view.rule for view in two.station.alarms.unresolved().alarms] == ["part hot"]
        await two.report(part=85.0)
        assert two.station.alarms.unresolved().alarms == ()
        await two.written()
    with Record(path) as record:
        (last,) = lists.newest_alarms(record)
        assert last.change.event is AlarmEvent.REMOVED


async def test_a_viewer_shows_and_acknowledges_the_recorders_alarms(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, "ada@lab", rules=RULES) as console,
    ):
        assert console.station.recorder.state is RecorderState.BESIDE
        reported = listen(console)
        await recorder.report(part=85.0)
        await until(lambda: bool(reported), recorder, console)
        assert reported[0].mirrored
        assert console.station.alarms.view().mirrored
        assert alarm(console).state is AlarmState.UNACKNOWLEDGED
        marks = console.station.marks(console.station.snapshot())
        assert [mark.text for mark in marks if mark.kind == "alarm"] == [alarm(console).text]
        assert console.station.alarms.acknowledge([alarm(console)]) is None
        await until(lambda: alarm(console).state is AlarmState.ACKNOWLEDGED, recorder, console)
        assert alarm(recorder).state is AlarmState.ACKNOWLEDGED
        assert alarm(recorder).who == alarm(console).who == "ada@lab"
        assert console.station.alarms.shelve("part hot", 900.0, "known") is None
        await until(lambda: alarm(console).state is AlarmState.SHELVED, recorder, console)
        assert alarm(console).until_utc == alarm(recorder).until_utc
        # What the console itself sees is not its business: the recorder evaluates.
        await console.report(seconds=2, part=20.0)
        assert alarm(console).state is AlarmState.SHELVED
        await recorder.written()
    with Record(path) as record:
        events = [row.change.event.value for row in lists.alarms(record)]
    assert events == ["raised", "acknowledged", "shelved"]


async def test_a_console_takes_the_alarms_over_when_the_recorder_ends(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, "ada@lab", rules=(HOT,)) as console,
    ):
        await recorder.report(part=85.0)
        await until(lambda: bool(console.station.alarms.unresolved().alarms), recorder, console)
        assert console.station.alarms.acknowledge([alarm(console)]) is None
        await until(lambda: alarm(console).state is AlarmState.ACKNOWLEDGED, recorder, console)
        await recorder.station.__aexit__(None, None, None)
        clock.advance(10)
        await until(lambda: console.station.recorder.state is RecorderState.ON, console)
        reported = listen(console)
        await console.report(seconds=5, part=85.0)
        assert reported == []
        assert alarm(console).state is AlarmState.ACKNOWLEDGED
        await console.report(seconds=2, part=20.0)
        assert alarm(console).state is AlarmState.NORMAL


async def test_a_recorder_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, "ada@lab", rules=RULES) as console,
    ):
        await recorder.report(part=85.0)
        await until(lambda: bool(console.station.alarms.unresolved().alarms), recorder, console)
        console.station.alarms.acknowledge([alarm(console)])
        assert console.station.alarms.view().problem is None
        clock.advance(6)
        problem = console.station.alarms.view().problem
        assert problem == AlarmsProblem(AlarmsProblemCode.NO_ANSWER, os.getpid())
        assert alarm(console).state is AlarmState.UNACKNOWLEDGED
        await until(lambda: not console.station.alarms.view().problem, recorder, console)


async def test_limits_follow_the_pressure_until_a_set_is_chosen(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        alarms = one.station.alarms
        assert alarms.view().limit_set == ""
        for pressure, expected in ((1013.0, "ambient"), (400.0, "ambient"), (100.0, "pumping")):
            await one.report(vacuum={"p": pressure})
            assert alarms.view().limit_set == expected
        for pressure, expected in ((9e-3, "tvac"), (1.2e-2, "tvac"), (2e-2, "pumping"), (600.0, "ambient")):
            await one.report(vacuum={"p": pressure})
            assert alarms.view().limit_set == expected
        # A vacuum that is lost while the pump is on is judged by the limits of a vacuum.
        for pressure, pump, vent, expected in (
            (9e-3, True, False, "tvac"),
            (50.0, True, False, "tvac"),
            (50.0, True, True, "pumping"),
            (9e-3, True, False, "tvac"),
            (50.0, False, False, "pumping"),
        ):
            await one.report(vacuum={"p": pressure}, pump=pump, vent=vent)
            assert alarms.view().limit_set == expected
        assert alarms.use_set("tvac") is None
        assert alarms.use_set("moon") == AlarmRefusal(AlarmRefusalCode.UNKNOWN_SET, "moon", LIMIT_SETS)
        await one.report(vacuum={"p": 1013.0})
        view = alarms.view()
        assert (view.limit_set, view.by_hand, view.set_by) == ("tvac", True, "ada@lab")
    async with life(path, clock, "bob@lab", rules=RULES) as two:
        await two.report(vacuum={"p": 1013.0})
        view = two.station.alarms.view()
        assert (view.limit_set, view.set_by) == ("tvac", "ada@lab")
        assert two.station.alarms.use_set(None) is None
        await two.report(vacuum={"p": 1013.0})
        assert two.station.alarms.view().limit_set == "ambient"
        await two.written()
    with Record(path) as record:
        assert [(row.text, row.who) for row in lists.changes(record) if row.kind == "limit set"] == [
            ("set of limits: auto -> tvac", "ada@lab"),
            ("set of limits: tvac -> auto", "bob@lab"),
        ]


async def test_a_lost_vacuum_stays_an_alarm_over_a_restart_and_beside_the_recorder(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    lost = HighRule(name="vacuum lost", channel="pressure", limit=5e-3, sets=("tvac",))
    async with life(path, clock, rules=(lost,)) as one:
        await one.report(vacuum={"p": 1e-4}, pump=True, vent=False)
        await one.report(vacuum={"p": 50.0}, pump=True, vent=False)
        await one.written()
        async with life(path, clock, "bob@lab", rules=(lost,)) as beside:
            await beside.report(seconds=20, vacuum={"p": 50.0}, pump=True, vent=False)
            assert beside.station.alarms.view().limit_set == "tvac"
            assert alarm(beside, "vacuum lost").off == ""
    clock.advance(60)
    async with life(path, clock, "bob@lab", rules=(lost,)) as two:
        reported = listen(two)
        # The pressure may come before the word about the pump.
        await two.report(seconds=5, vacuum={"p": 50.0})
        await two.report(seconds=30, vacuum={"p": 50.0}, pump=True, vent=False)
        assert reported == [], "it returned, though the vacuum is lost"
        assert (alarm(two, "vacuum lost").active, two.station.alarms.view().limit_set) == (True, "tvac")
        await two.report(seconds=2, vacuum={"p": 50.0}, pump=False, vent=False)
        assert not alarm(two, "vacuum lost").active
        assert two.station.alarms.view().limit_set == "pumping"


async def test_a_lost_link_is_acknowledged_by_itself(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        await one.report(seconds=3, part=85.0)
        one.link.push(LinkWord.LOST, "The cable was pulled.")
        for _ in range(60):
            clock.advance(0.25)
            one.station.tick()
        assert alarm(one, "link lost").text.endswith("The cable was pulled.")
        assert one.station.alarms.acknowledge([alarm(one, "link lost")]) is None
        assert alarm(one).state is AlarmState.UNACKNOWLEDGED
        one.link.push(LinkWord.ONLINE)
        await one.report(seconds=2, part=85.0)
        assert alarm(one, "link lost").state is AlarmState.NORMAL
        assert alarm(one).state is AlarmState.UNACKNOWLEDGED
        assert alarm(one).times == 1


async def test_asking_for_what_makes_no_sense_is_refused_with_a_reason(tmp_path: Path) -> None:
    async with life(tmp_path / "r.sqlite3", FakeClock(), rules=RULES) as one:
        desk, code, rule = one.station.alarms, AlarmRefusalCode, "part hot"
        await one.report(part=20.0)
        assert desk.acknowledge([alarm(one)]) == AlarmRefusal(code.NONE_WAITS)
        assert desk.shelve(rule, 60.0, "  ") == AlarmRefusal(code.SHELVED_WITHOUT_REASON)
        assert desk.take_out(rule, "") == AlarmRefusal(code.OUT_WITHOUT_REASON)
        too_long = AlarmRefusal(code.SHELVED_TOO_LONG, rule, seconds=8 * 3600.0)
        assert desk.shelve(rule, 9 * 3600.0, "long") == too_long
        assert desk.unshelve(rule) == AlarmRefusal(code.NOT_SHELVED, rule)
        assert desk.put_back(rule) == AlarmRefusal(code.IN_ALREADY, rule)
        assert desk.unshelve("moon") == AlarmRefusal(code.UNKNOWN_ALARM, "moon")
        assert desk.take_out("part hot", "sensor off") is None
        assert desk.shelve(rule, 60.0, "noise") == AlarmRefusal(code.CANNOT_SHELVE, rule)
        assert desk.take_out(rule, "noise") == AlarmRefusal(code.OUT_ALREADY, rule)
        await one.report(seconds=3, part=90.0)
        assert desk.unresolved().alarms == ()
        assert desk.put_back("part hot") is None
        assert [view.rule for view in desk.unresolved().alarms] == ["part hot"]


async def test_a_replay_shows_its_alarms_as_they_were(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        began = clock.utc()
        await one.report(seconds=20, part=20.0)
        await one.report(seconds=10, part=85.0)
        one.station.alarms.acknowledge([alarm(one)])
        await one.report(seconds=20, part=20.0)
    with Record(path) as record:
        sliced = slice_of(record, part_of(find_span(record, "all"), None, None, None))
        replay = Replay(sliced, load_contract((), simulator=True))
        desk = RecordedAlarms(lambda: replay.chamber, replay.clock)
        desk.follow(replay.alarms(record))
        assert replay.alarms(record) == replay.alarms(None), "an exported file has its alarms, too"
        states = {}
        for after in (10.0, 25.0, 35.0, 26.0):
            replay.seek(replay.mono_of(began + after))
            while not replay.work(1.0):
                pass
            states[after] = [one.state.value for one in desk.unresolved().alarms]
            assert not any("Another process" in one.condition for one in desk.view().alarms)
    assert states == {10.0: [], 25.0: ["unacknowledged"], 35.0: [], 26.0: ["unacknowledged"]}
    assert desk.use_set(None) == desk.unshelve("part hot") == AlarmRefusal(AlarmRefusalCode.REPLAY)
