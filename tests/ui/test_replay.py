"""A replay in the screens: plainly marked, turned by its keys, and unable to send."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.helpers.console import FakeClock, console, forget_said, make_start, reading, said
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Severity
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.replays import build_replay
from xovac_tui.config import Display, Profile
from xovac_tui.recording.disk.kinds import Item, RecordedAlarm, RecordedCommand, RecordedLink, RecordedMark
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.parts import open_still, part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.replay.station import ReplayStation
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.ui.app import XovacApp
from xovac_tui.ui.dialogs.help import TopicList
from xovac_tui.ui.frame.bars import AlarmStrip, KeyBar, ReplayBar
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.log.pane import LogPane
from xovac_tui.ui.stopping import Stopping
from xovac_tui.ui.widgets.stopbar import StopBar

HOURS = 2


def recorded(path: Path) -> Path:
    """Put a record of two hours there."""
    path.write_bytes(_two_hours())
    return path


@cache
def _two_hours() -> bytes:
    """Record two hours at a reading every 10 s, with a command, two notes and an alarm."""
    sent = LedgerEntry(1, STOP_COMMAND, "", "ada@lab", UTC + 300.5, MONO + 300.5, Outcome.SUCCESS)
    things: list[Event | Item] = []
    for second in range(0, HOURS * 3600, 10):
        leaves = reading("idle", UTC + second, part=second / 100)
        things.append(message(second, json.dumps(leaves), name="chamber_state"))
        if second == 0:
            things.append(
                RecordedLink(link=LinkView(LinkWord.ONLINE, UTC, MONO, session=1), t=UTC, mono=MONO)
            )
        if second == 300:
            things.append(RecordedCommand(entry=sent, t=UTC + 300.5, mono=MONO + 300.5))
        if second == 1300:
            things.append(RecordedAlarm(change=raised(second)))
        if second in (1200, 5000):
            at = second + 1.0
            things.append(RecordedMark(mark=Mark(MONO + at, UTC + at, "note", f"at {second}"), who="ada@lab"))
    with TemporaryDirectory() as folder:
        return write_record(Path(folder) / "r.sqlite3", things, end=HOURS * 3600).read_bytes()


def raised(second: float) -> AlarmChange:
    return AlarmChange(
        rule="part hot",
        event=AlarmEvent.RAISED,
        state=AlarmState.UNACKNOWLEDGED,
        severity=Severity.HIGH,
        utc=UTC + second,
        mono=MONO + second,
        raised_utc=UTC + second,
        text="Test part is hot.",
    )


@dataclass
class Replayed:
    """An app on a replay, with the clock of the person before it."""

    app: XovacApp
    pilot: Pilot[int]
    clock: FakeClock
    station: ReplayStation

    @property
    def at(self) -> float:
        """Seconds of the slice."""
        return round(self.station.playback.passed, 1)

    @property
    def trust(self) -> str:
        return self.app.screen_stack[0].query_one(TrustBar).plain

    @property
    def bar(self) -> str:
        return self.app.screen_stack[0].query_one(ReplayBar).plain

    @property
    def messages(self) -> list[str]:
        return said(self.app, titles=False)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.clock.advance(0.2)
            await self.pilot.press(key)
        await self.settle()

    async def settle(self) -> None:
        """Let a jump come to its end, without time passing."""
        self.station.turn()
        while self.station.playback.seeking is not None:
            self.station.turn()
        self.app.flush()
        await self.pilot.pause()

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.clock.advance(0.5)
            self.station.turn()
        await self.settle()


@asynccontextmanager
async def replayed(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    ascii_only: bool = False,
    speed: float = 1.0,
    keys: Mapping[str, str] | None = None,
) -> AsyncIterator[Replayed]:
    clock = FakeClock()
    start = make_start(folder, display=Display(time="utc", refresh=2.0, ascii=ascii_only), keys=keys)
    with open_still(recorded(folder / "r.sqlite3")) as record:
        sliced = slice_of(record, part_of(find_span(record, "s1"), None, None, None))
        setup = ChamberSetup("lab", Profile(), load_contract((), simulator=True))
        station = build_replay(setup, sliced, record=record, clock=clock, speed=speed)
        app = XovacApp(start, station, station.playback, connect=False)
        app.stopping = Stopping(app, lambda: app.workspace, now=clock.mono, arrived=lambda _: clock.mono())
        async with app.run_test(size=size) as pilot:
            one = Replayed(app, pilot, clock, station)
            await one.settle()
            yield one


async def test_a_replay_is_marked_and_turned_by_its_keys(tmp_path: Path) -> None:
    async with replayed(tmp_path, size=(100, 30)) as r:
        # A replay is marked and shows the recorded time.
        assert "REPLAY ×1" in r.trust
        assert "CONTROL" not in r.trust
        assert "14:13:2" in r.trust
        assert r.bar.startswith(" ▶ ×1")
        assert "of 2h 00m  s1" in r.bar
        await r.pass_time(10)
        assert r.at == 10.0
        assert "14:13:30Z" in r.trust
        # Pause and speed.
        await r.press("p")
        before = r.at
        await r.pass_time(30)
        assert r.at == before
        assert "PAUSED" in r.trust
        assert "paused" in r.bar
        await r.press("right_square_bracket", "right_square_bracket", "p")
        assert "REPLAY ×5" in r.trust
        before = r.at
        await r.pass_time(10)
        assert r.at - before == 50.0
        await r.press(*["left_square_bracket"] * 9)
        assert "REPLAY ×0.1" in r.trust
        await r.press(*["right_square_bracket"] * 30)
        assert "REPLAY ×10000" in r.trust
        # Seeking goes both ways and stops at the ends.
        await r.press("p", *["left_square_bracket"] * 30, *["left_curly_bracket"] * 3)
        await r.press("right_parenthesis", "greater_than_sign")
        start = r.at - 660
        assert 0 <= start < 1
        part = r.station.snapshot().channel("chamber_state.part")
        assert part is not None
        assert part.value == 6.6
        await r.press("less_than_sign")
        assert r.at - start == 600
        await r.press("left_curly_bracket")
        assert r.at == 0.0
        assert r.station.snapshot().ledger == ()
        await r.press(*["right_curly_bracket"] * 3)
        assert r.station.playback.ended
        assert "■ end" in r.bar
        assert len(r.station.snapshot().ledger) == 1
        await r.press("p")
        assert r.at < 1.0
        # Marks are gone to.
        await r.press("p", "semicolon")
        assert r.at == 1201.0
        assert [mark.text for mark in r.station.snapshot().marks] == ["at 1200"]
        await r.press("semicolon")
        assert r.at == 5001.0
        await r.press("semicolon")
        assert r.at == 5001.0
        assert "There is no mark after this one." in r.messages
        await r.press("apostrophe")
        assert r.at == 1201.0
        # A time can be typed.
        for typed, at in (("1h30", 5400.0), ("14:30", 1000.0), ("2026-09-21 15:13:20", 3600.0)):
            await r.press("at")
            r.app.screen.query_one(Input).value = typed
            await r.press("enter")
            assert r.at == at
        await r.press("at")
        r.app.screen.query_one(Input).value = "soon"
        await r.press("enter")
        assert r.at == 3600.0
        assert any("is not a time" in said for said in r.messages)
        # Charts reach back but never on.
        await r.press(*["left_curly_bracket"] * 3)
        await r.press("right_curly_bracket")
        now = r.station.snapshot().mono
        history = r.station.history("chamber_state.part")
        assert history is not None
        bins = history.window(now - 600, now + 600, 120)
        held = [low == low for low in bins.lows]
        assert all(held[:58])
        assert not any(held[62:])
        far = history.window(now - 3600, now + 3600, 10)
        assert [low == low for low in far.lows] == [True] * 6 + [False] * 4
        # A bin that reaches over the edge counts for both columns; nothing of what comes is in it.
        assert far.highs[5] == 36.0
        # Leaving a replay asks nothing.
        await r.pilot.press("q")
        await r.pilot.pause()
        assert r.app.return_code == 0


async def test_a_small_terminal_does_not_promise_a_stop_in_a_replay(tmp_path: Path) -> None:
    async with replayed(tmp_path, size=(60, 12)) as r:
        shown = r.app.screen.query_one(SmallNotice)
        assert shown.display
        assert "STOP works" not in shown.plain
        assert "A replay: nothing is sent." in shown.plain


async def test_a_record_that_breaks_under_a_replay_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replayed(tmp_path, size=(120, 36)) as r:

        def broken(*_: object) -> list[object]:
            raise RecordError("r.sqlite3 cannot be used: disk I/O error.")

        monkeypatch.setattr(Record, "rows", broken)
        await r.pass_time(10)
        for key in ("full_stop", "4", "home", "slash", *"state", "enter", "S", "6", "1", "full_stop", "home"):
            await r.pilot.press(key)
            await r.pass_time(1)
        assert [message.partition(":")[0] for message in said(r.app)].count("The record cannot be read") == 1


async def test_nothing_can_be_sent_nor_done_about_alarms(tmp_path: Path) -> None:
    async with replayed(tmp_path) as r:
        # Nothing can be sent stop included.
        assert r.station.blocked("start_recipe") == Refusal(RefusalCode.REPLAY, "start_recipe")
        await r.press("exclamation_mark")
        assert "This is a replay: nothing can be sent." in r.app.screen.query_one(StopBar).plain
        await r.press("exclamation_mark")
        r.clock.advance(0.2)
        for _ in range(100):
            if "This is a replay: nothing can be sent." in r.messages:
                break
            await r.pilot.pause(0.02)
        assert "This is a replay: nothing can be sent." in r.messages
        entry = await r.station.send_prepared(r.station.prepare(STOP_COMMAND))
        assert entry.outcome is Outcome.REFUSED
        assert r.station.snapshot().ledger == ()
        for key in ("n", "o", "r", "u"):
            forget_said(r.app)
            await r.press(key)
            assert r.app.screen is r.app.screen_stack[0]
            assert r.messages.count("This is a replay: nothing can be sent or noted.") == 1
        assert r.station.observe
        # Alarms are as they were and nothing can be done about them.
        strip = r.app.screen.query_one(AlarmStrip)
        assert not strip.display
        r.station.playback.seek(r.station.playback.replay.origin + 1420)
        await r.settle()
        assert "HIGH  Test part is hot.  UNACK 2m" in strip.plain
        await r.press("5")
        for key in ("a", "A", "s", "x", "L"):
            forget_said(r.app)
            await r.press(key)
            assert r.messages == [AlarmRefusal(AlarmRefusalCode.REPLAY).sentence]
            assert r.app.screen is r.app.screen_stack[0]


async def test_the_log_ends_at_the_moment_of_the_replay(tmp_path: Path) -> None:
    async with replayed(tmp_path) as r:
        await r.press("p", "4", "right_curly_bracket")
        pane = r.app.screen.query_one(LogPane)
        assert len(r.station.log) == 361
        assert "361 events" in r.app.screen.query_one("#log-status").plain  # type: ignore[attr-defined]
        await r.press("slash", *"part")
        await r.settle()
        assert len(pane.view.rows) == 361
        await r.press("enter", "left_parenthesis")
        for _ in range(200):
            if pane.view.rows.done:
                break
            await r.pilot.pause(0.02)
        assert len(pane.view.rows) == 301
        newest = pane.view.chosen
        assert newest is not None
        assert newest.utc == UTC + 3000


async def test_a_replay_has_its_keys_and_a_live_console_has_not(tmp_path: Path) -> None:
    async with replayed(tmp_path, size=(120, 36)) as r:
        await r.press("p")
        keys = r.app.screen.query_one(KeyBar).plain
        assert "faster" in keys
        assert "observe" not in keys
        await r.press("question_mark")
        assert "Keys of the replay" in r.app.screen.query_one(TopicList).text
    async with console(tmp_path / "live", size=(120, 36)) as c:
        await c.press("right_square_bracket", "semicolon", "at", "greater_than_sign")
        assert "faster" not in c.app.screen.query_one(KeyBar).plain
        assert not c.app.screen.query(ReplayBar)
        assert c.app.screen is c.app.screen_stack[0]


async def test_a_key_of_the_replay_that_is_put_elsewhere_works_there_only(tmp_path: Path) -> None:
    async with replayed(tmp_path, keys={"replay-faster": "f5", "replay-on": "f6"}) as c:
        assert "f5 faster" in c.app.screen.query_one(KeyBar).plain
        before = c.station.playback.speed
        await c.press("right_square_bracket", "greater_than_sign")
        assert (c.station.playback.speed, c.at < 5) == (before, True)
        await c.press("f5", "f6")
        assert c.station.playback.speed > before
        assert c.at >= 60


async def test_changes_are_notified_below_the_flood_limit(tmp_path: Path) -> None:
    async with replayed(tmp_path, speed=10.0) as r:
        await r.pass_time(32)
        assert any(STOP_COMMAND in message for message in said(r.app))


async def test_plain_characters(tmp_path: Path) -> None:
    async with replayed(tmp_path, ascii_only=True) as r:
        await r.press("p")
        assert r.bar.isascii()
        assert r.trust.isascii()
