"""The Runs tab: the runs of a real record, one in full, two beside each other, and the one that goes on."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import quiet
from tests.helpers.console import Console, console
from tests.helpers.pastruns import BEGAN, begin, three_runs_bytes
from xovac_tui.config import Display
from xovac_tui.errors import XovacError
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recording.disk import kinds, lists
from xovac_tui.recording.disk.kinds import RecordedRun, RunItem
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.report.deviations import gap_words
from xovac_tui.runs.past import PastRun, read_run, read_runs
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.ask_path import PathDialog
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.screens.runs import pane as module
from xovac_tui.ui.screens.runs.pane import RunsPane
from xovac_tui.ui.widgets.lines import RunFacts
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.trend import TrendChart

SOAK = 'name = "Soak"\ndescription = "Board X"\n[[steps]]\nto = 50\nover = "30min"\n[[steps]]\nhold = "1h"\n'


@pytest.fixture
def recorded() -> bytes:
    return three_runs_bytes()


@asynccontextmanager
async def runs_tab(
    folder: Path, record: bytes | None = None, **options: Any
) -> AsyncIterator[tuple[Console, RunsPane]]:
    """Open Runs over a copy of a record; the chamber is not reached, so that nothing changes by itself."""
    path = folder / "record" / "r.sqlite3"
    path.parent.mkdir()
    if record is not None:
        path.write_bytes(record)
    options = {"online": False, **options}
    choice = RecordChoice(path=path, settings=RecordSettings())
    async with console(folder, tab="runs", record=choice, **options) as c:
        pane = c.frame.pane
        assert isinstance(pane, RunsPane)
        if record is not None:
            await c.until(lambda: pane.past is not None)
        await c.settle()
        yield c, pane


def shown(pane: RunsPane, name: str) -> str:
    return pane.query_one(f"#run-{name}", Rows).plain


def facts(pane: RunsPane) -> str:
    return pane.query_one("#run-facts", RunFacts).plain


def chart(pane: RunsPane, name: str = "run-chart") -> str:
    return "\n".join(row.text for row in pane.query_one(f"#{name}", TrendChart).picture)


def number(pane: RunsPane) -> int:
    return pane.past.recorded.id if pane.past is not None else 0


def _other(pane: RunsPane, run: int) -> bool:
    return number(pane) != run


async def choose(c: Console, pane: RunsPane, run: int) -> None:
    for _ in range(5):
        if number(pane) == run:
            await c.settle()
            return
        before = number(pane)
        await c.press("down" if before > run else "up")
        await c.until(partial(_other, pane, before))
    raise AssertionError(run)


async def test_the_runs_are_listed_shown_in_turn_and_compared(tmp_path: Path, recorded: bytes) -> None:
    async with runs_tab(tmp_path, recorded) as (c, pane):
        # The runs are listed and the newest is shown.
        rows = shown(pane, "list").split("\n")
        # Each with its verdict, the one that goes on without.
        await c.until(lambda: shown(pane, "list").count("FAIL") == 2)
        rows = shown(pane, "list").split("\n")
        assert [row.split()[-2:] for row in rows[0:6:2]] == [["r3", "Soak"], ["✖", "FAIL"], ["✖", "FAIL"]]
        assert [row.split()[:2] for row in rows[2:6:2]] == [["r2", "Soak"], ["r1", "Soak"]]
        assert [row.split()[1] for row in rows[1:6:2]] == ["running", "cancelled", "completed"]
        assert facts(pane).startswith("r3 Soak  ▶ running")
        assert "Board X, lot 3" in facts(pane)
        assert "r3 over its plan" in pane.query_one("#run-chart", TrendChart).head
        # What has no room comes in turn.
        seen, views = [], ("chart", "steps", "readings", "happened")
        for key in ("enter", "v", "v", "v"):
            seen.append([name for name in views if pane.query_one(f"#run-{name}").display])
            await c.press(key)
        assert seen == [["chart"], ["steps"], ["readings"], ["happened"]]
        # The same key takes the mark away.
        await c.press("escape")
        await choose(c, pane, 1)
        await c.press("c", "c")
        await choose(c, pane, 2)
        assert "+ r1" not in shown(pane, "list")
        # Two runs are compared.
        await choose(c, pane, 1)
        await c.press("c")
        assert any("r1 is marked" in message for message in c.messages)
        assert "▸ r1" in shown(pane, "list")
        await choose(c, pane, 2)
        assert "+ r1" in shown(pane, "list")
        await c.press("c")
        await c.until(lambda: pane.pair is not None)
        await c.settle()
        assert pane.query_one("#pair-facts", RunFacts).plain.startswith("r1 Soak")
        differs = pane.query_one("#pair-rows", Rows).plain
        assert differs.split("\n")[1].split() == ["step", "what", "r1", "r2", "change", "r1", "r2", "change"]
        assert "2 hold 50 °C" in differs
        assert "1 min" in chart(pane, "pair-chart")
        assert not pane.query_one("#run-list").display or pane.has_class("-compare")
        # Where there is room for one chart, the difference takes its place.
        assert not pane.query_one("#pair-delta").display
        await c.press("v")
        await c.settle()
        assert not pane.query_one("#pair-chart").display
        assert "r2 minus r1" in pane.query_one("#pair-delta", TrendChart).head
        assert "1 min" in chart(pane, "pair-delta")
        await c.press("escape")
        assert pane.pair is None
        assert "+ r1" in shown(pane, "list")
        await c.press("escape")
        assert "+ r1" not in shown(pane, "list")


async def test_the_chosen_run_is_shown_in_all_its_parts(tmp_path: Path, recorded: bytes) -> None:
    async with runs_tab(tmp_path, recorded, size=(120, 50)) as (c, pane):
        await choose(c, pane, 1)
        assert facts(pane).startswith("r1 Soak  ● completed")
        assert "Gaps    1, 21s" in facts(pane)
        steps = shown(pane, "steps").split("\n")
        assert steps[0].split()[:2] == ["step", "cycle"]
        assert steps[2].split()[-2:] == ["59s", "59s"]
        assert "Test part" in shown(pane, "readings").split("\n")[1]
        picture = chart(pane)
        assert any(0x2800 < ord(char) < 0x2900 for char in picture)
        await c.press("v")
        happened = shown(pane, "happened")
        assert "start_recipe by ada@lab: success" in happened
        assert "no link or no data for 20s" in happened
        assert not pane.query_one("#run-readings").display


async def test_without_a_record_it_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with console(tmp_path, tab="runs") as c:
        pane = c.frame.pane
        assert isinstance(pane, RunsPane)
        await c.until(lambda: "Nothing is recorded" in shown(pane, "list"))
        assert "--record" in shown(pane, "list")
        assert not pane.query_one("#run-right").visible
        await c.press("c", "v", "escape", "down", "enter")
        assert pane.past is None


async def test_a_record_without_runs_says_how_to_get_one_and_reports_none(tmp_path: Path) -> None:
    async with runs_tab(tmp_path) as (c, pane):
        # A record without runs says how to get one.
        await c.until(lambda: "No run is in the" in shown(pane, "list"))
        assert "Press 3" in " ".join(shown(pane, "list").split())
        # There is nothing to report without a run.
        await c.press("R")
        await c.settle()
        assert not any("report" in message for message in c.messages)


async def test_reading_never_holds_up_the_screen(
    tmp_path: Path, recorded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_tab(tmp_path, recorded) as (c, pane):
        gate, original = threading.Event(), read_run

        def slow(*args: Any, **options: Any) -> PastRun | None:
            assert gate.wait(10)
            return original(*args, **options)

        monkeypatch.setattr(module, "read_run", slow)
        monkeypatch.setattr(quiet, "THREADS", 0.0)
        await c.press("down")
        await c.press("1")
        assert c.frame.active_tab == "status"
        await c.press("6")
        assert number(pane) == 3
        gate.set()
        await c.until(lambda: number(pane) == 2)


async def test_the_run_that_goes_on_stays_current(tmp_path: Path) -> None:
    async with runs_tab(tmp_path, online=True, size=(120, 36)) as (c, pane):
        recipe = parse_recipe(SOAK, "test")
        compiled = compile_recipe(recipe, c.station.plan_settings(), 20.0)
        sending = c.app.run_worker(c.station.load_recipe(compiled, SOAK))
        await c.until(lambda: c.link.emitted)
        c.link.answer("load_recipe")
        await sending.wait()
        await asyncio.to_thread(c.station.record.flush)
        c.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
        await c.readings("running", seconds=3)
        await asyncio.to_thread(c.station.record.flush)
        await c.readings("running", seconds=3)
        await c.until(lambda: number(pane) == 1)
        await c.settle()
        assert "▶ running" in shown(pane, "list")
        assert "item 1/2, ramp to 50 °C in 30m" in facts(pane)
        # The record learns of this only later; the screen does not wait for it.
        c.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 2, "steps": 2}))
        await c.readings("running", seconds=2, part=50.0)
        assert "item 2/2, hold 50 °C for 1h" in facts(pane)
        assert shown(pane, "steps").split("\n")[2].split()[:2] == ["2", "hold"]
        assert re.search(r"▶ running +\S+ \S+ +7s", shown(pane, "list"))
        # The end is reported by list and facts alike, before the record knows of it.
        before = read_runs(tmp_path / "record" / "r.sqlite3")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "read_runs", lambda path: before)
            await c.readings("idle", seconds=2)
            await c.until(lambda: "ended early" in facts(pane))
            assert "ended early" in shown(pane, "list")
        await asyncio.to_thread(c.station.record.flush)
        await c.readings("idle", seconds=3)
        assert "ended early" in shown(pane, "list")
        assert "Board X" in facts(pane)


async def test_what_is_loaded_goes_into_the_record_with_the_text_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "soak.toml").write_text(SOAK)
    async with runs_tab(tmp_path, online=True) as (c, _pane):
        await c.press("3")
        recipes = c.frame.pane
        assert isinstance(recipes, RecipesPane)
        await c.until(lambda: recipes.view.study is not None and recipes.view.study.file.name == "Soak")
        await c.press("L")
        await c.until(lambda: len(c.app.screen_stack) == 2)
        c.clock.advance(1)
        await c.press("y")
        await c.until(lambda: c.link.emitted)
        c.link.answer("load_recipe")
        record = c.station.record.record
        assert record is not None

        def load() -> kinds.RecordedLoad | None:
            c.station.record.flush()
            return lists.newest_load(record)

        await c.settle()
        await c.until(lambda: c.station.runs.loaded is not None)
        found = await asyncio.to_thread(load)
        assert found is not None
        assert found.source == SOAK


async def test_the_cursor_stays_at_the_newest_and_damage_is_shown(tmp_path: Path, recorded: bytes) -> None:
    async with runs_tab(tmp_path, recorded) as (c, pane):
        # The cursor at the top stays there when another run begins.
        assert number(pane) == 3
        before = read_runs(tmp_path / "record" / "r.sqlite3")
        newest = RecordedRun(id=9, session=1, name="Next", started=BEGAN + 19_999, result="running")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "read_runs", lambda path: (newest, *before))
            await c.advance(3)
            await c.until(lambda: "▸ r9 Next" in shown(pane, "list"))
            # Who stands elsewhere is left there.
            await c.press("down")
            await c.until(lambda: "▸ r3" in shown(pane, "list"))
            await c.advance(3)
            assert "▸ r3" in shown(pane, "list")
        # A damaged record is reported and the tab goes on.
        await c.advance(5)
        await choose(c, pane, 3)

        def damaged(*_: object, **__: object) -> PastRun:
            raise XovacError("The record is damaged: malformed.")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "read_run", damaged)
            await c.press("down")
            await c.until(lambda: "damaged" in shown(pane, "list"))
        await c.advance(5)
        await c.until(lambda: "completed" in shown(pane, "list"))


async def test_a_long_list_keeps_both_rows_of_the_chosen_run_in_sight(tmp_path: Path) -> None:
    writer = begin(tmp_path / "many.sqlite3")
    for run in range(1, 41):
        at = 100.0 * run
        writer.item(
            RunItem(
                id=run, name=f"[b]Run {run}\x1b[31m", load=None, started_utc=BEGAN + at, started_mono=at,
                utc=BEGAN + at + 50, mono=at + 50, result="completed", flight=b"{}",
            )
        )  # fmt: skip
    writer.commit(BEGAN + 5_000)
    writer.close(BEGAN + 5_000)
    async with runs_tab(tmp_path, (tmp_path / "many.sqlite3").read_bytes()) as (c, pane):
        for key, first in (("end", "▸ r1 [b]Run 1"), ("home", "▸ r40 [b]Run 40"), ("pagedown", "▸ r")):
            await c.press(key)
            rows = shown(pane, "list").split("\n")
            at = next(place for place, row in enumerate(rows) if row.startswith(first))
            assert "completed" in rows[at + 1]
        assert "\x1b" not in shown(pane, "list")
        assert "[b]" in shown(pane, "list")


async def test_it_is_ascii_where_it_must_be(tmp_path: Path, recorded: bytes) -> None:
    display = Display(time="utc", theme="xovac-dark", refresh=2.0, ascii=True)
    async with runs_tab(tmp_path, recorded, size=(120, 36), display=display) as (c, pane):
        await choose(c, pane, 1)
        await c.press("v")
        for part in ("list", "steps", "readings", "happened"):
            assert shown(pane, part).isascii(), part
        assert facts(pane).isascii()
        assert chart(pane).isascii()
        await c.press("c")
        await choose(c, pane, 2)
        await c.press("c")
        await c.until(lambda: pane.pair is not None)
        await c.settle()
        assert pane.query_one("#pair-rows", Rows).plain.isascii()
        assert chart(pane, "pair-chart").isascii()


@pytest.mark.slow
async def test_a_report_of_the_chosen_run_is_written_beside_the_screen(
    tmp_path: Path, recorded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    async with runs_tab(tmp_path, recorded) as (c, pane):
        await choose(c, pane, 1)
        await c.press("R")
        await c.until(lambda: any("The report of r1 is written" in message for message in c.messages))
        (report,) = (tmp_path / "home" / "exports").iterdir()
        assert any(report.name in "".join(message.split()) for message in c.messages)
        text = report.read_text()
        assert "r1 of chamber bench-1" in text
        assert gap_words(1, 20.0, controlled=True) in text


async def test_a_report_that_cannot_be_written_says_why(
    tmp_path: Path, recorded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "jinja2", None)
    async with runs_tab(tmp_path, recorded) as (c, _pane):
        await c.press("R")
        await c.until(lambda: any("xovac-tui[report]" in message for message in c.messages))
    assert not (tmp_path / "home" / "exports").exists()


async def test_runs_are_found_by_words_and_files_are_attached(tmp_path: Path, recorded: bytes) -> None:
    async with runs_tab(tmp_path, recorded) as (c, pane):
        await c.press("slash")
        await c.type("soak canc")
        await c.settle()
        assert [row.split()[1:3] for row in shown(pane, "list").split("\n")[0:1]] == [["r2", "Soak"]]
        await c.press("enter")
        await c.until(lambda: pane.past is not None and pane.past.recorded.id == 2)
        # What cannot be attached is said, and the path is asked for again.
        paper = tmp_path / "note.txt"
        await c.press("a")
        for path in ("~no-such-user/x", str(paper)):
            await c.press("ctrl+u")
            await c.type(path)
            await c.press("enter")
            await c.until(
                lambda path=path: any(  # type: ignore[misc]
                    f"{path} cannot be read" in str(one.render()) for one in c.app.screen.query(".problem")
                )
            )
        paper.write_text("thermocouple 3 was loose")
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, AskDialog) and "note.txt" in c.app.screen.heading)
        await c.type("loose wire")
        await c.press("enter")
        await c.until(lambda: any("note.txt is attached to r2" in message for message in c.messages))
        await c.until(lambda: pane.past is not None and len(pane.past.attachments) == 1)
        assert pane.past is not None
        assert pane.past.attachments[0].text == "loose wire"
        await c.press("escape")
        await c.settle()
        assert [re.findall(r"r\d", row)[0] for row in shown(pane, "list").split("\n")[0:3:2]] == ["r3", "r2"]


async def taken(c: Console, typed: str) -> None:
    """Choose what the open palette finds first, and wait for the dialog that it opens."""
    palette = c.app.screen
    assert isinstance(palette, PaletteDialog)
    await c.type(typed)
    await c.until(lambda: palette.complete)
    await c.press("enter")
    await c.until(lambda: c.app.screen is not palette and len(c.app.screen_stack) == 2)
    await c.settle()


async def test_from_another_tab_a_file_is_attached_to_the_run_that_is_asked_for(
    tmp_path: Path, recorded: bytes
) -> None:
    async with runs_tab(tmp_path, recorded) as (c, pane):
        # Words that hide the run are no obstacle.
        await c.press("slash")
        await c.type("soak canc")
        await c.press("enter")
        await c.until(lambda: pane.past is not None and pane.past.recorded.id == 2)
        await c.frame.show_tab("status")
        await c.settle()
        await c.press("colon")
        await taken(c, "runs-attach")
        await taken(c, "r3")
        assert isinstance(c.app.screen, PathDialog)
        assert c.app.screen.heading == "Attach to r3"
        await c.press("escape")
        await c.until(lambda: pane.past is not None and pane.past.recorded.id == 3)
        assert not pane.field.display
