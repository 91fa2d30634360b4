"""What the screens say is no surer than what is known, and none of it is cut without a sign."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.geometry import Region
from textual.widgets import Static

from tests.helpers.console import Console, console
from tests.helpers.keys import KEYS
from xovac_tui.ui import app_actions
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.dialogs.help import TopicList
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.message_words import outcome_words
from xovac_tui.ui.screens.controls.command_lists import LedgerList
from xovac_tui.ui.screens.status.hero import Hero
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.message_line import MessageLine

SIZES = [(40, 10), (80, 24), (120, 36), (200, 60)]


def inside(c: Console, region: Region) -> bool:
    return bool(region) and c.app.screen.query_one(".dialog").content_region.contains_region(region)


async def test_the_last_line_of_the_help_can_be_read(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for size in SIZES:
            await c.pilot.resize_terminal(*size)
            await c.press("?", "ctrl+end")
            topics = c.app.screen.query_one(TopicList)
            shown = " ".join(topics.plain.split())
            assert " ".join(topics.text.split()).endswith(shown[-20:]), size
            assert shown.endswith(app_actions.ACTIONS[-1].help[-12:]), size
            assert inside(c, topics.region), size
            await c.press("escape")


async def test_the_help_names_keys_as_they_stand_on_the_keyboard(tmp_path: Path) -> None:
    async with console(tmp_path, tab="log") as c:
        await c.press("?")
        shown = c.app.screen.query_one(TopicList).text
        assert "  / " in shown
        assert "slash" not in shown
        assert "esc " in shown


async def test_leaving_is_asked_in_full_at_any_size(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.run_state("A recipe with quite a long name, as they are")
        for size in SIZES:
            await c.pilot.resize_terminal(*size)
            await c.press("q")
            for widget in [*c.app.screen.query(DialogButton), *c.app.screen.query(Static)]:
                assert inside(c, widget.region), (size, widget)
            assert c.app.screen.query_one("#stay", DialogButton).plain == "[ Stay ]"
            await c.press("escape")


async def test_leaving_says_what_the_chamber_does_as_far_as_it_is_known(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.run_state()
        await c.press("q")
        now = c.app.screen.query_one("#words", Static)
        assert "runs" in str(now.content)
        await c.lose()
        await c.until(lambda: "last known as RUNNING" in str(now.content))
        await c.online()
        await c.readings("idle")
        await c.until(lambda: "is idle." in str(now.content))
        await c.press("right", "enter")
        assert c.app.return_code == 0


async def test_what_is_cut_in_the_ledger_has_a_sign_there(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.lose()
        await c.station.send("start_recipe")
        await c.settle()
        ledger = c.app.query_one(LedgerList)
        assert "…" in ledger.plain
        ledger.focus()
        await c.settle()
        assert "…" in ledger.plain


async def test_the_end_of_a_recipe_is_said_before_how_the_demo_runs(tmp_path: Path) -> None:
    async with console(tmp_path, tab="recipes") as c:
        c.station.assumed_speed = 60.0
        await c.until(lambda: "Takes" in c.app.query_one("#recipe-facts", LinesWidget).plain)
        await c.press("end")
        await c.readings()
        facts = c.app.query_one("#recipe-facts", LinesWidget)
        takes = next(line for line in facts.plain.split("\n") if line.startswith("Takes"))
        assert "ends" in takes
        assert "Z" in takes[: facts.size.width]


async def test_the_frame_says_no_more_than_is_known(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # An old idle invites to nothing.
        await c.lose()
        await c.advance(30)
        said = c.app.query_one(Hero).plain
        assert "not heard for 30s" in said
        assert "start it" not in said
        # A simulator that goes faster is named without a demo.
        await c.online()
        await c.readings()
        assert "SIMULATED" not in c.app.query_one(TrustBar).plain
        await c.readings(sim={"speed": 60.0})
        assert "SIMULATED ×60" in c.app.query_one(TrustBar).plain
        # A long answer covers little of the screen.
        c.app.run_worker(c.station.send("start_recipe"))
        await c.until(lambda: c.link.emitted)
        c.link.answer("start_recipe", "error", "w" * 2000)
        await c.settle()
        assert len(c.messages[-1]) < 350
        whole = outcome_words(c.ledger[-1], KEYS)
        assert whole is not None
        assert whole.said in c.messages[-1]
        # A stop that waits is seen beside an unknown outcome.
        c.link.emitted.clear()
        c.app.run_worker(c.station.send("start_recipe"))
        await c.until(lambda: c.link.emitted)
        await c.lose()
        await c.online()
        await c.readings()
        line = c.app.query_one(MessageLine)
        assert "UNKNOWN (u: seen) " in line.plain
        await c.press_stop()
        assert "UNKNOWN (u: seen), now " in line.plain
        assert "STOP cancel_recipe sent ▸ waiting" in line.plain


async def test_an_old_run_is_no_run_in_a_small_terminal(tmp_path: Path) -> None:
    async with console(tmp_path, size=(40, 10)) as c:
        await c.run_state()
        assert "▶ RUNNING" in c.app.query_one(SmallNotice).plain
        await c.lose()
        assert "▶ last known: RUNNING" in c.app.query_one(SmallNotice).plain


async def test_a_large_event_reports_its_size_in_80_columns_and_saves_under_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    async with console(tmp_path, tab="log") as c:
        c.link.deliver("big", "x" * 3_000_000)
        await c.settle()
        await c.press("end", "enter")
        detail = c.app.query_one("#log-detail", LinesWidget)
        assert "the first 64,000 in memory" in " ".join(detail.plain.split())
        assert all(cell_len(row.rstrip()) <= detail.content_size.width for row in detail.plain.split("\n"))
        await c.press("c")
        assert "Copied what is shown of it, " in c.messages[-1]
        number = len(c.station.log)
        await c.press("s")
        await c.until(lambda: "Saved 1 event" in c.messages[-1])
        assert f"event-{number}-big" in c.messages[-1].replace("\n", "")


async def test_a_tab_has_its_keys_again_after_the_terminal_was_small(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        keys = c.app.query_one(KeyBar)
        for tab in ("status", "controls", "recipes", "log"):
            await c.frame.show_tab(tab)
            await c.until(lambda: c.app.screen.focused)
            await c.settle()
            before = keys.plain
            await c.pilot.resize_terminal(40, 10)
            await c.until(lambda: not c.app.screen.focused)
            await c.pilot.resize_terminal(80, 24)
            await c.until(lambda: c.app.screen.focused)
            await c.settle()
            assert keys.plain == before, tab
