"""What the screen says about the record: the trust bar, messages, and what happened while one was away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.helpers.console import (
    Console,
    FakeClock,
    FakeLink,
    console,
    make_start,
    make_station,
    recorder_of,
)
from xovac_tui.chamber.news import RecordOpened
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.service import RecordChoice, RecordService
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.recording.status import RecorderState, RecorderView, RecordTrouble
from xovac_tui.ui.app import XovacApp, run_console
from xovac_tui.ui.dialogs.digest import DigestDialog
from xovac_tui.ui.dialogs.quit import QuitDialog, record_sentence
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.log.view import LogView
from xovac_tui.ui.widgets.trend import TrendChart


def choice(path: Path) -> RecordChoice:
    return RecordChoice(path=path, settings=RecordSettings(), visit=True)


async def test_without_a_record_nothing_is_said_and_it_is_left_at_once(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # Without a record it says nothing.
        assert "REC" not in c.app.query_one(TrustBar).plain
        # A console that records nothing and runs nothing is left at once.
        await c.press("ctrl+c")
        assert c.app.return_code == 0


async def test_a_record_that_cannot_be_written_is_reported_also_when_leaving(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.sqlite3"
    path.mkdir()
    async with console(tmp_path, size=(120, 36), record=choice(path)) as c:
        # The console goes on.
        await c.until(lambda: "REC ○" in c.app.query_one(TrustBar).plain)
        assert any("Nothing is recorded" in message for message in c.messages)
        await c.readings(seconds=3)
        assert "ONLINE" in c.app.query_one(TrustBar).plain
        await c.press("4")
        assert c.frame.active_tab == "log"
        # Quitting asks while something cannot be recorded.
        await c.until(lambda: c.station.recorder.state is RecorderState.FAILING)
        await c.readings(seconds=3)
        await c.press("q")
        assert c.app.is_running
        assert "events are held in memory, and lost when you leave now." in said_at_quitting(c)
        await c.press("y")
        assert c.app.return_code == 0


async def test_the_digest_names_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with console(tmp_path, record=choice(path)) as c:
        await c.readings(seconds=30, part=25.0)
        await asyncio.to_thread(c.station.record.flush)
    async with console(tmp_path, record=choice(path), later=7_200.0) as c:
        await c.until(lambda: isinstance(c.app.screen, DigestDialog))
        shown = " ".join(
            widget.plain for widget in c.app.screen.query("FactsView") if hasattr(widget, "plain")
        )
        assert "Test part" in shown
        assert "+25.0" in shown
        # STOP works above it, and any of these keys leaves it.
        await c.press("enter")
        assert not isinstance(c.app.screen, DigestDialog)


async def test_a_return_to_an_open_console_shows_the_digest_too(tmp_path: Path) -> None:
    async with console(tmp_path, record=choice(tmp_path / "r.sqlite3")) as c:
        await c.readings(seconds=5)
        await c.press("2")
        await asyncio.to_thread(c.station.record.flush)
        await c.advance(1_700)
        await c.press("1")
        assert not isinstance(c.app.screen, DigestDialog)
        await c.readings(seconds=5)
        await c.advance(1_900)
        await asyncio.to_thread(c.station.record.flush)
        await c.press("1")
        await c.until(lambda: isinstance(c.app.screen, DigestDialog))
        await c.press("escape")
        await c.press("2")
        assert not isinstance(c.app.screen, DigestDialog)


async def test_the_digest_names_the_pinned_channels(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with console(tmp_path, record=choice(path)) as c:
        await c.readings(seconds=30, shroud=-41.0)
        await asyncio.to_thread(c.station.record.flush)
    async with console(tmp_path, record=choice(path), later=7_200.0) as c:
        await c.until(lambda: isinstance(c.app.screen, DigestDialog))
        await c.press("enter")
        pins = {c.station.name: ("chamber_state.shroud",)}
        c.app.workspace.remember(pinned=pins)
        c.app.messages.on_news(RecordOpened())
        await c.until(lambda: isinstance(c.app.screen, DigestDialog))
        await c.settle()
        shown = " ".join(
            widget.plain for widget in c.app.screen.query("FactsView") if hasattr(widget, "plain")
        )
        assert "41.0" in shown
        assert "Test part" not in shown


async def test_the_trend_goes_back_in_time_and_on_again(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36), record=choice(tmp_path / "r.sqlite3")) as c:
        await c.readings(seconds=1_500)
        chart = c.app.screen.query_one(TrendChart)
        assert chart.view.held is None
        await c.press("comma")
        assert chart.view.held is not None
        assert "the past" in chart.head
        before = chart.view.held
        await c.press("comma")
        assert chart.view.held < before
        for _ in range(9):
            await c.press("full_stop")
        assert chart.view.held is None


async def test_a_record_that_can_no_longer_be_read_is_reported_once_and_the_console_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"
    async with console(tmp_path, record=choice(path)) as c:
        await c.readings(seconds=700)
        await asyncio.to_thread(c.station.record.flush)
    async with console(tmp_path, size=(120, 36), record=choice(path), later=60.0) as c:
        await c.readings(seconds=5)

        def broken(*_: object) -> list[object]:
            raise RecordError("r.sqlite3 cannot be used: disk I/O error.")

        monkeypatch.setattr(Record, "rows", broken)
        for key in ("comma", "4", "home", "slash", *"state", "enter", "home", "S", "6", "1", "full_stop"):
            await c.press(key)
            await c.readings(seconds=1)
        reported = [message for message in c.messages if "The record cannot be read" in message]
        assert len(reported) == 1
        assert "disk I/O error" in reported[0]
        assert "ONLINE" in c.app.query_one(TrustBar).plain


async def test_a_digest_that_cannot_be_read_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"
    async with console(tmp_path, record=choice(path)) as c:
        await c.readings(seconds=30)
        await asyncio.to_thread(c.station.record.flush)

    def broken(*_: object) -> None:
        raise RecordError("r.sqlite3 is damaged.")

    monkeypatch.setattr(RecordService, "digest", broken)
    async with console(tmp_path, record=choice(path), later=7_200.0) as c:
        await c.until(lambda: any("r.sqlite3 is damaged." in message for message in c.messages))
        await c.readings(seconds=1)
        assert "ONLINE" in c.app.query_one(TrustBar).plain


async def test_quitting_says_what_becomes_of_the_record(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36), record=choice(tmp_path / "r.sqlite3")) as c:
        await c.run_state()
        await c.until(lambda: c.station.recorder.state is RecorderState.ON)
        assert "REC ●" in c.app.query_one(TrustBar).plain
        await c.press("q")
        assert "The recording ends with this console; start `xovac-tui record`" in said_at_quitting(c)


async def test_quitting_asks_while_this_console_records_though_nothing_runs(tmp_path: Path) -> None:
    async with console(tmp_path, record=choice(tmp_path / "r.sqlite3")) as c:
        await c.readings(seconds=2)
        await c.until(lambda: c.station.recorder.state is RecorderState.ON)
        assert "REC ●" in c.app.query_one(TrustBar).plain
        for key in ("q", "ctrl+c", "ctrl+q"):
            await c.press(key)
            await c.until(lambda: isinstance(c.app.screen, QuitDialog))
            assert "The recording ends with this console" in said_at_quitting(c)
            assert "bench-1 is idle." in said_at_quitting(c)
            await c.press("enter")
            assert c.app.is_running
            assert c.app.screen is c.app.screen_stack[0]
        await c.press("q", "y")
        assert c.app.return_code == 0


async def test_ctrl_c_asks_once_in_a_field_and_copies_what_is_marked_there(tmp_path: Path) -> None:
    async with console(tmp_path, record=choice(tmp_path / "r.sqlite3")) as c:
        # Ctrl c copies what is marked in a field.
        await c.until(lambda: c.station.recorder.state is RecorderState.ON)
        await c.press("n")
        await c.type("valve")
        await c.press("shift+home", "ctrl+c")
        assert c.app.clipboard == "valve"
        assert not isinstance(c.app.screen, QuitDialog)
        # Ctrl c asks once in a field and above a dialog too.
        await c.press("escape")
        await c.until(lambda: c.station.recorder.state is RecorderState.ON)
        await c.press("n")
        await c.type("valve")
        await c.press("ctrl+c", "ctrl+c")
        assert isinstance(c.app.screen, QuitDialog)
        assert len(c.app.screen_stack) == 3
        await c.press("escape")
        assert c.app.screen.query_one(Input).value == "valve"
        assert not any("Press" in message for message in c.messages)


def said_at_quitting(c: Console) -> str:
    assert isinstance(c.app.screen, QuitDialog)
    return " ".join(str(widget.render()) for widget in c.app.screen.query("Static"))


@pytest.mark.parametrize(
    ("view", "at_stake", "said"),
    [
        (RecorderView(RecorderState.BESIDE, pid=4711), 0, "process 4711 goes on with the recording"),
        (
            RecorderView(RecorderState.FAILING, reason=RecordTrouble.DISK_FULL),
            1,
            "(disk full): 1 event is held in memory",
        ),
        (RecorderView(RecorderState.FAILING, reason=RecordTrouble.DISK_FULL), 1234, "1,234 events are held"),
        (RecorderView(), 0, "this console keeps nothing more"),
        (RecorderView(RecorderState.STARTING), 0, "The recording ends with this console"),
        (RecorderView(RecorderState.FAILING), 0, "The recording ends with this console"),
    ],
)
def test_what_becomes_of_the_record(view: RecorderView, at_stake: int, said: str) -> None:
    assert said in record_sentence(view, at_stake)


def test_what_is_not_in_the_record_is_said_once_the_terminal_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock()

    def ended(app: XovacApp) -> int:
        recorder_of(app.workspace.station).unwritten = "7 events were not written."
        return 0

    monkeypatch.setattr("xovac_tui.ui.app.run_in_terminal", ended)
    assert run_console(make_start(tmp_path), make_station(clock, FakeLink(clock))) == 0
    assert capsys.readouterr().err == "7 events were not written.\n"


async def test_a_record_that_opens_late_leaves_the_log_where_it_was_held(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with console(tmp_path, record=choice(path)) as c:
        await c.readings(seconds=20)
        before = c.station.log.total
    with Record(path) as record:
        async with console(tmp_path, tab="log") as c:
            await c.readings(seconds=20)
            view = c.app.query_one("#log-view", LogView)
            await c.press("up", "up", "up")
            chosen = view.chosen
            assert chosen is not None
            top, total = view.top, c.station.log.total
            # What the station does when the record is read at last.
            moved = c.station.log.attach(record, ours=False)
            c.frame.on_news(RecordOpened(moved))
            await c.settle()
            assert moved == before
            assert c.station.log.total == total + before
            assert view.chosen is not None
            assert (view.chosen.index, view.chosen.raw) == (chosen.index + before, chosen.raw)
            assert view.top == top + before
            assert not view.following
            await c.press("home")
            assert view.chosen.index == 0
