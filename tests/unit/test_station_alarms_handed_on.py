"""Alarms over restarts, take-overs, and records that fail, are replaced, or were written by others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from tests.helpers.console import FakeClock, recorder_of
from tests.unit.test_station_alarms import HOT, LINK, RULES, alarm, until
from tests.unit.test_station_record import Life, life
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.chamber.alarm import AlarmState
from xovac_tui.chamber.alarm_reasons import AlarmsProblem, AlarmsProblemCode
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.status import RecorderState

VACUUM = HighRule(name="vacuum lost", channel="pressure", limit=1e-2, sets=("tvac",))


async def rounds(count: int, *lives: Life) -> None:
    """Let chambers report, and every station write and look, a few times."""
    for _ in range(count):
        for one in lives:
            await one.report(part=85.0)
            await one.written()


def move_away(folder: Path) -> None:
    """Move the record away while it is written."""
    for file in sorted(folder.glob("r.sqlite3*")):
        file.rename(file.with_name(f"old-{file.name}"))


async def test_a_restart_does_not_forget_that_there_was_a_vacuum(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=(VACUUM,)) as one:
        await one.report(seconds=2, vacuum={"p": 1e-3}, pump=True)
        await one.report(seconds=2, vacuum={"p": 1.0}, pump=True)
        assert one.station.alarms.acknowledge([alarm(one, "vacuum lost")]) is None
    clock.advance(20)
    async with life(path, clock, rules=(VACUUM,)) as two:
        await two.report(seconds=3, vacuum={"p": 1.0}, pump=True)
        assert two.station.alarms.view().limit_set == "tvac"
        assert alarm(two, "vacuum lost").state is AlarmState.ACKNOWLEDGED
    clock.advance(7200)
    async with life(path, clock, rules=(VACUUM,)) as later:
        await later.report(seconds=3, vacuum={"p": 1.0}, pump=True)
        assert later.station.alarms.view().limit_set == "pumping", "who knows what was done meanwhile"


async def test_a_console_shows_the_set_of_limits_of_the_evaluating_process(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, "rob@lab", rules=(VACUUM,)) as recorder:
        await recorder.report(seconds=2, vacuum={"p": 1e-3}, pump=True)
        await recorder.report(seconds=2, vacuum={"p": 1.0}, pump=True)
        async with life(path, clock, rules=(VACUUM,)) as console:
            for _ in range(3):
                await recorder.written()
                await console.report(vacuum={"p": 1.0}, pump=True)
            assert console.station.alarms.view().limit_set == "tvac"
            assert console.station.alarms.use_set("ambient") is None
            await until(lambda: recorder.station.alarms.view().limit_set == "ambient", console, recorder)


async def test_a_recorder_that_watches_other_rules_is_reported(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=(LINK,)) as recorder,
        life(path, clock, rules=RULES) as console,
        life(path, clock, rules=(LINK,)) as alike,
    ):
        await rounds(5, recorder, console, alike)
        problem = console.station.alarms.view().problem
        assert problem == AlarmsProblem(AlarmsProblemCode.OTHER_RULES, os.getpid())
        assert alike.station.alarms.view().problem is None


async def test_a_recorder_that_watches_nothing_is_reported(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, "rob@lab") as recorder, life(path, clock, rules=RULES) as console:
        await rounds(5, recorder, console)
        problem = console.station.alarms.view().problem
        assert problem == AlarmsProblem(AlarmsProblemCode.RULES_UNKNOWN, os.getpid())


async def test_what_was_asked_of_a_recorder_that_is_gone_is_done_by_the_next_one(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, "ada@lab", rules=RULES) as next_one,
        life(path, clock, "eve@lab", rules=RULES) as console,
    ):
        await recorder.report(part=85.0)
        await until(
            lambda: all(one.station.alarms.unresolved().alarms for one in (next_one, console)),
            recorder,
            next_one,
            console,
        )
        console.station.alarms.acknowledge([alarm(console)])
        console.station.alarms.shelve("link lost", 900.0, "known")
        await console.written()
        next_one.station.tick()
        await recorder.station.__aexit__(None, None, None)
        clock.advance(6)
        await until(lambda: next_one.station.recorder.state is RecorderState.ON, next_one)
        await rounds(3, next_one, console)
        for one in (next_one, console):
            assert (alarm(one).state, alarm(one).who) == (AlarmState.ACKNOWLEDGED, "eve@lab")
            assert alarm(one, "link lost").state is AlarmState.SHELVED
        assert console.station.alarms.view().problem is None
    with Record(path) as record:
        events = [row.change.event.value for row in lists.alarms(record)]
    assert events == ["raised", "acknowledged", "shelved"]


async def test_the_last_alarm_changes_of_a_recorder_are_read_at_the_take_over(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, rules=RULES) as next_one,
    ):
        await rounds(2, recorder, next_one)
        recorder.station.alarms.shelve("link lost", 900.0, "known")
        await recorder.station.__aexit__(None, None, None)
        clock.advance(6)
        # It records before it has looked again.
        async with asyncio.timeout(10):
            while next_one.station.recorder.state is not RecorderState.ON:
                await next_one.written()
        await next_one.report(part=85.0)
        assert alarm(next_one, "link lost").state is AlarmState.SHELVED


async def test_a_replaced_record_gets_the_active_alarms(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with (
        life(path, clock, "rob@lab", rules=RULES) as recorder,
        life(path, clock, "ada@lab", rules=RULES) as console,
    ):
        await recorder.report(part=85.0)
        for again in range(3):
            recorder.station.alarms.shelve("link lost", 3600.0, f"known {again}")
        recorder.station.alarms.use_set("tvac")
        await until(lambda: bool(console.station.alarms.unresolved().alarms), recorder, console)
        move_away(tmp_path)
        await rounds(6, recorder, console)
        assert console.station.recorder.state is RecorderState.BESIDE
        assert console.station.alarms.acknowledge([alarm(console)]) is None
        await rounds(4, recorder, console)
        assert alarm(recorder).state is alarm(console).state is AlarmState.ACKNOWLEDGED
        assert console.station.alarms.view().problem is None
    async with life(path, clock, "bob@lab", rules=RULES) as three:
        assert alarm(three).state is AlarmState.ACKNOWLEDGED
        assert alarm(three, "link lost").reason == "known 2"
        assert three.station.alarms.view().limit_set == "tvac"
    with Record(path) as record:
        assert not [one for one in lists.marks(record) if one.mark.kind == "clock"]


async def test_a_record_that_could_not_be_opened_at_first_is_followed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "records" / "r.sqlite3", FakeClock()
    path.parent.write_text("in the way")
    async with life(path, clock, "rob@lab", rules=RULES) as recorder:
        await recorder.report(seconds=2, part=85.0)
        assert recorder.station.recorder.reason
        path.parent.unlink()
        await rounds(7, recorder)
        assert recorder.station.recorder.state is RecorderState.ON
        assert alarm(recorder).state is AlarmState.UNACKNOWLEDGED
        async with life(path, clock, "ada@lab", rules=RULES) as console:
            assert console.station.alarms.acknowledge([alarm(console)]) is None
            await rounds(3, console, recorder)
            assert alarm(recorder).who == "ada@lab"


async def test_rules_that_another_program_noted_meanwhile_are_noted_anew(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        record = recorder_of(one.station)
        record.note_change("limits", "1")
        await one.written()
        record.change("limits", "another program's", after="2")
        await one.written()
        record.note_change("limits", "1")
        await one.written()
        record.note_change("limits", "1")
    with Record(path) as opened:
        assert [row.after for row in lists.changes(opened) if row.kind == "limits"] == ["1", "2", "1"]


async def test_two_programs_that_find_the_same_rules_note_them_once(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one, life(path, clock, "ada@lab") as two:
        for each in (one, two):
            await each.written()
        for after in ("1", "2"):
            for each in (one, two):
                recorder_of(each.station).note_change("limits", after)
            for each in (two, one):
                await each.written()
    with Record(path) as opened:
        noted = [(row.before, row.after) for row in lists.changes(opened) if row.kind == "limits"]
    assert noted == [("", "1"), ("1", "2")]


async def test_a_record_that_makes_no_sense_does_not_end_the_watching(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=RULES) as one:
        one.station.record.change("limit set", "by hand", after="{")
        await one.written()
        await one.report(seconds=3, part=85.0)
        assert alarm(one).state is AlarmState.UNACKNOWLEDGED
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("INSERT INTO alarms VALUES (NULL, 99, 0, 0, 'part hot', 'asked', '', '', '{', NULL)")
        await one.report(seconds=3, part=20.0)
        assert alarm(one).state is AlarmState.RETURNED
        problem = one.station.alarms.view().problem
        assert problem is not None
        assert problem.code is AlarmsProblemCode.UNREADABLE


async def test_a_failed_check_is_not_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xovac_tui.station.live.TICK_EVERY", 0.001)
    looks = asyncio.Queue[None]()

    def fails() -> None:
        looks.put_nowait(None)
        raise ArithmeticError

    async with life(tmp_path / "r.sqlite3", FakeClock(), rules=(HOT,)) as one:
        monkeypatch.setattr(one.station.alarms, "tick", fails)
        async with asyncio.timeout(10):
            for _ in range(3):
                await looks.get()
