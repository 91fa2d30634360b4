"""The Log tab: literal, still while it is read, live while it filters."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.helpers.console import Console, console
from xovac_tui.api.payload import NOT_JSON
from xovac_tui.config import Display
from xovac_tui.recording.apart import IN_PART
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.screens.log.pane import LogPane
from xovac_tui.ui.screens.log.view import LogView
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.rows import Rows


@asynccontextmanager
async def log_tab(folder: Path, **options: Any) -> AsyncIterator[tuple[Console, LogPane]]:
    async with console(folder, tab="log", **options) as c:
        pane = c.frame.pane
        assert isinstance(pane, LogPane)
        yield c, pane


def text(pane: LogPane) -> str:
    return pane.query_one(LogView).plain


def status(pane: LogPane) -> str:
    return pane.query_one("#log-status", LinesWidget).plain


def detail(pane: LogPane) -> str:
    return pane.query_one("#log-detail", Rows).plain


async def count_up(c: Console, count: int, start: int = 0, name: str = "tick") -> None:
    for number in range(start, start + count):
        c.link.deliver(name, json.dumps({"n": f"#{number}."}))
    await c.settle()


def numbers(pane: LogPane) -> list[int]:
    """Return the newest number in each row: that before it is in the row as well."""
    found = [re.findall(r"#(\d+)\.", line) for line in text(pane).splitlines()]
    return [int(numbers[-1]) for numbers in found if numbers]


async def test_it_follows_the_newest_until_one_goes_up(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        await count_up(c, 200)
        assert numbers(pane)[-1] == 199
        assert "following" in status(pane)
        await c.press("pageup")
        before = text(pane)
        await count_up(c, 300, 200)
        assert text(pane) == before
        assert "held, 300 new below" in status(pane)
        await c.press("G")
        assert numbers(pane)[-1] == 499
        assert "following" in status(pane)


async def test_what_is_read_stays_even_when_older_events_are_dropped(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        c.station.log.memory.keep = 400
        await count_up(c, 400)
        await c.press("pageup", "pageup")
        before = text(pane)
        await count_up(c, 300, 400)
        assert text(pane) == before
        # Now what is read is itself dropped: the oldest that is kept stands in its place, nothing breaks.
        await count_up(c, 1000, 700)
        assert numbers(pane)[0] == 1300
        assert "1,301 dropped: the log keeps the newest 400" in status(pane)
        await c.press("home")
        assert numbers(pane)[0] == 1300


async def test_a_long_log_is_paged_and_filtered_while_the_screen_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with log_tab(tmp_path) as (c, pane):
        # Only the rows in sight are made.
        c.station.log.memory.keep = 12_000
        for number in range(12_000):
            c.link.deliver("tick", f'{{"n": "#{number}."}}')
        await c.settle()
        checked = 0
        get = c.station.log.get

        def counted(index: int) -> object:
            nonlocal checked
            checked += 1
            return get(index)

        monkeypatch.setattr(c.station.log, "get", counted)
        await c.press("home")
        assert numbers(pane)[0] == 0
        assert "oldest 1 dropped: the log keeps the newest 12,000" in status(pane)
        await c.press("pagedown", "end", "pageup")
        assert checked < 40 * 24
        # The screen lives while a long log is filtered.
        await c.press("G")
        assert "/ filter" in c.frame.query_one(KeyBar).plain
        await c.press("slash")
        assert "/ filter" not in c.frame.query_one(KeyBar).plain
        await c.type("#29")
        await c.until(lambda: pane.view.rows.done)
        await c.settle()
        assert len(pane.view.rows) == 1 + 10 + 100
        # A new filter takes the place of one that is still at work.
        await c.type("99")
        await c.until(lambda: pane.view.rows.done)
        await c.settle()
        assert numbers(pane) == [2999]


async def test_hostile_large_and_deep_payloads_are_literal_and_bounded(tmp_path: Path) -> None:
    async with log_tab(tmp_path, size=(120, 36)) as (c, pane):
        await c.press("enter", "f")
        # A bulky event that is not recorded says why it is not decoded.
        c.link.deliver("big", "[" + "0," * 600_000 + "0]")
        await c.settle()
        await c.until(lambda: IN_PART in " ".join(detail(pane).split()))
        # Hostile payloads are literal.
        c.link.deliver("[red]bad[/red]\x1b[2J", "\x1b]52;c;aGk=\x07[bold]x[/] \u202egnp")
        await c.settle()
        shown = text(pane)
        assert "[red]bad[/red]␛[2J" in shown
        assert "␛]52;c;aGk=␇[bold]x[/] \\u202egnp" in shown
        assert "⚠ malformed" in shown
        assert f"malformed: {NOT_JSON}" in detail(pane)
        assert "␛]52;c;aGk=␇[bold]x[/] \\u202egnp" in detail(pane)
        c.link.deliver("bytes", b"\xff\x00")
        await c.settle()
        assert "0xff00" in text(pane)
        for widget in (
            pane.query_one(LogView),
            pane.query_one("#log-detail", Rows),
            pane.query_one("#log-status", LinesWidget),
        ):
            for line in widget.lines:
                assert "".join(part for part, _ in line).isprintable()
        # Deep nesting is shown as it came.
        c.link.deliver("deep", "[" * 300 + "]" * 300)
        c.link.deliver("deeper", "[" * 30_000)
        await c.settle()
        assert "[[[[[[" in detail(pane)
        await c.press("up")
        assert "[[[[[[" in detail(pane)
        # Ten megabytes are cut and the size is reported.
        await c.press("G")
        c.link.deliver("big", json.dumps({"x": "é" * 10_000_000}, ensure_ascii=False))
        await c.settle()
        assert "10,000,009 characters, the first 64,000 in memory" in detail(pane)
        # It is only too long: what is wrong with it is not known.
        assert "⚠ not read" in pane.query_one(LogView).plain
        await c.press("tab", "end")
        assert "20,000 characters are shown at most; 10,000,009 came" in detail(pane)


async def test_an_event_is_shown_in_its_direction_in_detail_and_copied(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        # Detail is pretty and opens with enter.
        c.link.deliver("state", '{"plate": {"A": 20.5}}')
        await c.settle()
        assert not pane.query_one("#log-detail").display
        await c.press("enter")
        assert '  "plate": {\n' in re.sub(r" +\n", "\n", detail(pane))
        await c.press("escape")
        assert not pane.query_one("#log-detail").display
        # Both directions are distinguished by word.
        await c.press_stop()
        c.link.answer("cancel_recipe", "warning", "Could not cancel.")
        await c.settle()
        lines = [line for line in text(pane).splitlines() if "cancel_recipe" in line]
        assert re.search(r"▸ OUT command +cancel_recipe +''", lines[0])
        assert re.search(r"◂ in  response +cancel_recipe_ack +\{", lines[1])
        assert re.match(r"  \d\d:\d\d:\d\d\.\d\d\d ", lines[0])
        # Copy gives clean text.
        await c.press("G")
        c.link.deliver("evil", "\x1b[31mrm -rf\r\n")
        await c.settle()
        await c.press("c")
        assert c.app.clipboard.replace("\n", "").isprintable()
        assert "␛[31mrm -rf" in c.app.clipboard
        assert any("Copied" in message for message in c.messages)
        # Help explains the filter.
        assert "kind:message" in pane.HELP
        await c.press("question_mark")
        assert str(c.app.screen.query_one(".dialog").border_title) == "Help: Log"


async def test_a_filter_works_as_it_is_typed_and_says_what_it_does_not_understand(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        # Filter as it is typed.
        await count_up(c, 100)
        await count_up(c, 7, 500, name="other")
        await c.press("slash")
        await c.type("name:other")
        assert len(pane.view.rows) == 7
        assert numbers(pane) == list(range(500, 507))
        assert re.search(r"7 of 108 match", status(pane))
        await c.press("enter")
        assert pane.query_one(LogView).has_focus
        await count_up(c, 2, 600, name="other")
        await count_up(c, 2, 700)
        assert numbers(pane) == [*range(500, 507), 600, 601]
        await c.press("escape")
        assert len(pane.view.rows) == 112
        assert pane.query_one("#log-filter", Input).value == ""
        # A filter that is not understood is said and changes nothing.
        await c.press("slash")
        await c.type("kind:xyz")
        assert '"kind:" is command or response or message' in status(pane)
        await c.press("escape")
        assert "kind" not in status(pane)
        assert len(pane.view.rows) == 112
        # Keys are text in the filter and stop is too.
        await c.press("slash")
        await c.type("qnop")
        assert pane.query_one("#log-filter", Input).value == "qnop"
        assert c.app.is_running
        await c.press("exclamation_mark", "exclamation_mark")
        assert pane.query_one("#log-filter", Input).value == "qnop!!"
        assert not c.app.stopping.switch.armed
        await c.press("escape")
        await c.press_stop()
        assert c.link.emitted == [("cancel_recipe", "")]


async def test_a_held_filter_keeps_the_chosen_event(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        await count_up(c, 300)
        await c.press("up", "up", "up")
        chosen = pane.view.chosen
        assert chosen is not None
        await c.press("slash")
        await c.type("tick")
        await c.until(lambda: pane.view.rows.done)
        assert pane.view.chosen == chosen
        assert not pane.view.following
        # Through what matches nothing, and back.
        await c.type(" xyz")
        assert "No event passes this filter" in text(pane)
        assert pane.view.chosen is None
        await c.press("escape", "escape")
        assert pane.view.chosen == chosen
        assert "#296." in text(pane)


async def test_save_one_and_save_what_the_filter_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "exports"
    async with log_tab(tmp_path) as (c, pane):
        await count_up(c, 5)
        await count_up(c, 3, 50, name="other")
        await c.press("s")
        await c.until(lambda: any("Saved 1 event in" in message for message in c.messages))
        (one,) = folder.iterdir()
        assert str(one.name) in "".join(c.messages)
        assert json.loads(one.read_text())["payload"] == '{"n": "#52."}'
        await c.press("slash")
        await c.type("-name:other kind:m #")
        await c.press("enter", "S")
        await c.until(lambda: any("Saved 5 events in" in message for message in c.messages))
        (many,) = set(folder.iterdir()) - {one}
        assert [json.loads(line)["payload"] for line in many.read_text().splitlines()] == [
            f'{{"n": "#{n}."}}' for n in range(5)
        ]
        assert len(pane.view.rows) == 5


async def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file stands where the folder would be")
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    async with log_tab(tmp_path) as (c, _pane):
        await c.press("s")
        await c.until(lambda: any("Nothing was saved" in message for message in c.messages))
        # On its own, so that it can be copied.
        assert c.app.workspace.history.messages[-1].path.endswith("home/exports")


async def test_pause_holds_the_picture(tmp_path: Path) -> None:
    async with log_tab(tmp_path) as (c, pane):
        await count_up(c, 50)
        await c.press("p")
        before = text(pane)
        await count_up(c, 50, 50)
        assert text(pane) == before
        await c.press("p")
        assert numbers(pane)[-1] == 99


async def test_between_flushes_nothing_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with log_tab(tmp_path) as (c, pane):
        drawn = 0
        repaint = pane.view.repaint

        def counted() -> None:
            nonlocal drawn
            drawn += 1
            repaint()

        monkeypatch.setattr(pane.view, "repaint", counted)
        for number in range(100):
            c.link.deliver("tick", f'{{"n": {number}}}')
        await c.pilot.pause()
        assert drawn <= 1


async def test_ascii_has_nothing_but_ascii(tmp_path: Path) -> None:
    display = Display(time="utc", ascii=True)
    async with log_tab(tmp_path, display=display, size=(120, 36)) as (c, pane):
        c.link.deliver("tempé", '{"t": "−5 °C \\u001b"}')
        c.link.deliver("raw", "\x1b[0m ünï")
        await c.settle()
        for shown in (text(pane), status(pane), detail(pane)):
            assert shown.isascii()
        assert "temp\\xe9" in text(pane)
        assert "\\x1b[0m \\xfcn\\xef" in text(pane)


async def test_resizing_keeps_the_chosen_event_in_sight(tmp_path: Path) -> None:
    async with log_tab(tmp_path, size=(120, 50)) as (c, pane):
        await count_up(c, 300)
        await c.press("pageup", "up")
        chosen = pane.view.chosen
        assert chosen is not None
        number = re.search(r"#\d+\.", chosen.raw)
        assert number is not None
        for size in ((80, 24), (40, 10), (80, 24), (200, 60)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
        assert number[0] in text(pane)
        assert pane.view.chosen == chosen


async def test_a_bulky_event_is_decoded_aside_and_saved_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    rows = '{"t": 1.50, "rows": [' + "0," * 600_000 + "0]}"
    record = RecordChoice(path=tmp_path / "r.sqlite3", settings=RecordSettings(), visit=True)
    async with log_tab(tmp_path, size=(120, 36), record=record) as (c, pane):
        await c.press("enter", "f")
        c.link.deliver("big", rows)
        await c.settle()
        await asyncio.to_thread(c.station.record.flush)
        assert "not read: " in detail(pane)
        await c.until(lambda: "Decoded aside: an object with 600,002 values" in detail(pane))
        assert '{\n  "t": 1.5,\n  "rows": [\n    0,' in detail(pane)
        await c.press("s")
        await c.until(lambda: c.messages and "Saved 1 event" in c.messages[-1])
        (saved,) = (tmp_path / "home").rglob("event-*.jsonl")
        assert rows in json.loads(saved.read_text()).values()
        # Another event is opened: nothing of this one is left.
        c.link.deliver("small", '{"n": 1}')
        await c.settle()
        assert "aside" not in detail(pane)
