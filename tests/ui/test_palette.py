"""Everything is found by its name; choosing it does what its key does, after going where it is."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from tests.helpers.console import Console, console, drawn
from xovac_tui.alarms.kinds.link import LinkRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.config import Profile
from xovac_tui.ui import tabs
from xovac_tui.ui.actions import EVERYWHERE
from xovac_tui.ui.dialogs.confirm import ConfirmDialog
from xovac_tui.ui.dialogs.help import HelpDialog, HelpTopic, TopicList, matching
from xovac_tui.ui.dialogs.palette import MOST_SHOWN, PaletteDialog
from xovac_tui.ui.screens.alarms.pane import AlarmsPane
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.screens.status.readings import Readings
from xovac_tui.ui.search import PaletteEntry
from xovac_tui.ui.settings.settings_model import read_settings_state, settings_path
from xovac_tui.ui.settings.settings_screen import SettingsDialog

SIZES = ((60, 16), (80, 23), (80, 24), (120, 36))


async def found(c: Console, typed: str = "") -> PaletteDialog:
    """Open the palette and type; return it once everything was searched."""
    await c.press("colon")
    dialog = c.app.screen
    assert isinstance(dialog, PaletteDialog)
    await c.until(lambda: dialog.complete)
    await c.type(typed)
    await c.until(lambda: dialog.complete)
    await c.settle()
    return dialog


async def choose(c: Console, typed: str) -> None:
    """Choose what is found first."""
    await found(c, typed)
    await c.press("enter")
    await c.until(lambda: not isinstance(c.app.screen, PaletteDialog))
    await c.settle()


def first(dialog: PaletteDialog) -> tuple[str, str, str]:
    entry = dialog.found[0]
    return entry.kind, entry.title, entry.key


async def test_an_action_of_another_tab_is_run_there(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        dialog = await found(c, "follow")
        assert first(dialog) == ("Log", "Follow", "f")
        await c.press("enter")
        await c.until(lambda: c.frame.active_tab == "log")
        # In place of Status, and back from there.
        await choose(c, "insight")
        await c.until(lambda: c.frame.pane is not None and c.frame.pane.id == "insight")
        await choose(c, "zoom in")
        await c.until(lambda: c.frame.pane is not None and c.frame.pane.id == "status")


async def test_commands_open_their_form_and_send_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        dialog = await found(c, "vent")
        assert dialog.found[0].kind == "Command"
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, FormDialog))
        assert c.frame.active_tab == "controls"
        await c.press("escape")
        await choose(c, "sync_xovac_time")
        await c.until(lambda: isinstance(c.app.screen, ConfirmDialog))
        assert c.link.emitted == []


async def test_slash_on_status_finds_channels_only(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press("slash")
        dialog = c.app.screen
        assert isinstance(dialog, PaletteDialog)
        await c.until(lambda: dialog.complete)
        assert {one.kind for one in dialog.found} == {"Channel"}
        assert not any(one.title.startswith("Pin") for one in dialog.found)
        await c.type("shrou")
        await c.until(lambda: dialog.complete)
        await c.press("enter")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        readings = c.app.query_one(Readings)
        assert readings.chosen is not None
        assert readings.chosen.label == "Shroud"


async def test_channels_are_gone_to_and_pinned(tmp_path: Path) -> None:
    async with console(tmp_path, tab="log") as c:
        await choose(c, "shroud")
        await c.until(lambda: c.frame.active_tab == "status")
        chosen = c.app.query_one(Readings).chosen
        assert chosen is not None
        assert chosen.full_name.endswith("shroud")
        before = c.app.workspace.memory.state.pinned.get("bench-1")
        dialog = await found(c, "pin shroud")
        pinned = dialog.found[0].title.startswith("Unpin")
        await c.press("enter")
        await c.until(lambda: c.app.workspace.memory.state.pinned.get("bench-1") != before)
        pins = c.app.workspace.memory.state.pinned["bench-1"]
        assert (chosen.full_name in pins) is not pinned


async def test_recipes_are_shown_on_their_tab(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        dialog = await found(c, "recipe")
        name = next(one.title for one in dialog.found if one.kind == "Recipe")
        await c.press("escape")
        await choose(c, name)
        await c.until(lambda: isinstance(c.frame.pane, RecipesPane))
        pane = c.frame.pane
        assert isinstance(pane, RecipesPane)
        await c.until(lambda: pane.view.chosen is not None and pane.view.chosen.name == name)


async def test_from_another_tab_it_is_asked_what_an_action_is_for(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # Where the recipes cannot be seen, none of them is meant.
        dialog = await found(c, "load-recipe")
        assert first(dialog) == ("Recipes", "Load", "L")
        await c.press("enter")
        await c.until(lambda: c.app.screen is not dialog and isinstance(c.app.screen, PaletteDialog))
        which = c.app.screen
        assert isinstance(which, PaletteDialog)
        await c.until(lambda: which.complete)
        await c.settle()
        assert {one.kind for one in which.found} == {"Recipe"}
        assert "which recipe" in str(which.query_one(".dialog").border_title)
        assert c.frame.active_tab == "status"
        last = which.found[-1]
        await c.type(last.title)
        await c.until(lambda: which.complete and which.found[0].title == last.title)
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, ConfirmDialog))
        assert isinstance(c.frame.pane, RecipesPane)
        assert c.frame.pane.view.chosen is not None
        assert str(c.frame.pane.view.chosen.path) == last.name
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        # On its own tab it acts on what is seen there.
        await choose(c, "load-recipe")
        assert not isinstance(c.app.screen, PaletteDialog)
        assert c.link.emitted == []


async def test_events_have_no_names_so_the_palette_only_goes_there(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await choose(c, "log-save-all")
        await c.until(lambda: c.frame.active_tab == "log")
        await c.until(lambda: any("S (save all)" in message for message in c.messages))
        assert not (tmp_path / "state" / "exports").exists()


def test_every_action_on_a_chosen_thing_says_so() -> None:
    """The editor is left out: the palette offers its actions only where its steps are seen."""
    meant = re.compile(r"\bchosen\b|\bthe file\b|filter shows")
    for tab in tabs.TABS:
        if tab.key or tab.over:
            missing = [one.id for one in tab.actions if meant.search(one.help) and not one.on]
            assert missing == []


async def test_every_setting_is_found_and_the_settings_open_there(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        dialog = await found(c, "setting")
        state = read_settings_state(settings_path(c.app.workspace.start))
        lines = [one for one in state.lines(c.app.workspace.start, c.app.available_themes) if one.path]
        titles = {one.title for one in dialog.found if one.kind == "Setting"}
        assert {one.title for one in lines if one.path[0] != "keys"} <= titles
        assert {f"Key of {one.title}" for one in lines if one.path[0] == "keys"} <= titles
        await c.press("escape")
        # By its key in the file, and by its caption; `enter` there changes it.
        for typed, path in (
            ("display.pressure_plain_above", ("display", "pressure_plain_above")),
            ("keys.runs-report", ("keys", "runs-report")),
            ("trend at the start", ("display", "window")),
        ):
            await choose(c, typed)
            await c.until(lambda: isinstance(c.app.screen, SettingsDialog) and c.app.screen.chosen)
            assert isinstance(c.app.screen, SettingsDialog)
            assert c.app.screen.chosen is not None
            assert c.app.screen.chosen.path == path
            await c.press("escape")
            await c.until(lambda: len(c.app.screen_stack) == 1)


async def test_a_theme_is_shown_while_the_cursor_is_on_it(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await found(c, "xovac-light")
        await c.until(lambda: c.app.theme == "xovac-light")
        await c.press("escape")
        await c.until(lambda: c.app.theme == "xovac-dark")
        assert c.app.workspace.memory.state.theme is None
        # Going on to something else puts the old one back, too.
        dialog = await found(c, "xovac-light")
        await c.until(lambda: c.app.theme == "xovac-light")
        dialog.query_one(Input).value = "pause"
        await c.until(lambda: c.app.theme == "xovac-dark")
        await c.press("escape")
        await choose(c, "xovac-contrast")
        await c.until(lambda: c.app.theme == "xovac-contrast")
        kept = c.app.workspace.memory.state.theme
        assert kept is not None
        assert kept.value == "xovac-contrast"


async def test_topics_of_the_help_are_found(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await choose(c, "help alarms")
        await c.until(lambda: isinstance(c.app.screen, HelpDialog))
        assert "Keys of Alarms" in c.app.screen.query_one(TopicList).text


async def test_what_cannot_be_sent_says_so_and_is_not_run(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url="http://x:1", observe=True)) as c:
        for typed in ("vent", "load-recipe", "prove-stop"):
            dialog = await found(c, typed)
            assert dialog.found[0].refusal, typed
            await c.press("enter")
            assert c.app.screen is dialog
            await c.press("escape")


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_names_keys_and_what_they_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size=size) as c:
        dialog = await found(c, "acknowledge")
        rows = dialog.query_one("#palette-rows")
        assert rows.size.height >= min(size[1], 28) - 10
        assert dialog.query_one(".dialog").region.height <= 24
        assert dialog.query_one("#palette-about").region.bottom < size[1] - 1
        assert dialog.query_one("#palette-rows").region.width <= size[0] - 2


async def test_that_it_will_ask_is_seen_in_a_small_terminal(tmp_path: Path) -> None:
    async with console(tmp_path, size=(60, 16)) as c:
        dialog = await found(c, "delete recipe")
        assert first(dialog)[:2] == ("Recipes", "Delete")
        assert "Asks which recipe." in "\n".join(drawn(dialog))


async def test_enter_waits_for_the_search_of_what_is_typed(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await found(c)
        for key in ("p", "a", "u", "s", "e", "enter"):
            c.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.until(lambda: c.app.workspace.held)


async def test_many_channels_and_runs_are_searched_at_once(tmp_path: Path) -> None:
    async def nothing() -> None:
        return

    entries = [PaletteEntry("Channel", f"Sensor {n}", "", nothing, beside=f"ch.{n}") for n in range(10_000)]
    entries += [PaletteEntry("Channel", f"Pin sensor {n}", "", nothing) for n in range(10_000)]
    entries += [PaletteEntry("Run", f"r{n} bakeout", "", nothing) for n in range(1_000)]

    async def batches() -> AsyncIterator[Sequence[PaletteEntry]]:
        for start in range(0, len(entries), 1000):
            yield entries[start : start + 1000]

    async with console(tmp_path) as c:
        dialog = PaletteDialog(c.app.workspace, batches, lambda name: None)
        c.app.push_screen(dialog)
        await c.until(lambda: dialog.is_mounted and dialog.complete)
        assert len(dialog.found) == MOST_SHOWN
        began = time.process_time()
        await c.type("sensor 9876")
        await c.until(lambda: dialog.complete)
        spent = time.process_time() - began
        assert [one.title for one in dialog.found[:2]] == ["Sensor 9876", "Pin sensor 9876"]
        assert spent / 11 < 0.25  # seconds a letter, also on a busy machine


# -- the help ---------------------------------------------------------------------------------------


async def test_the_help_filters_and_runs_what_is_under_the_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press("question_mark")
        dialog = c.app.screen
        assert isinstance(dialog, HelpDialog)
        topics = dialog.query_one(TopicList)
        assert topics.chosen is None
        await c.press("enter")
        assert c.app.screen is dialog
        await c.type("hold the picture")
        chosen = topics.chosen
        assert chosen is not None
        assert chosen.id == "pause"
        await c.press("enter")
        await c.until(lambda: c.app.workspace.held)


@pytest.mark.parametrize("size", SIZES)
async def test_the_help_scrolls_to_its_last_line(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size=size, tab="controls") as c:
        await c.press("question_mark")
        topics = c.app.screen.query_one(TopicList)
        assert topics.lines[0] != ()
        for _ in range(200):
            topics.action_move(1)
        chosen = topics.chosen
        assert chosen is not None
        assert chosen.id == EVERYWHERE[-1].id
        assert " ".join(topics.plain.split()).endswith(EVERYWHERE[-1].help)
        for _ in range(200):
            topics.action_move(-1)
        assert topics.plain.startswith("Every command")


def test_a_filter_keeps_the_headings_of_what_it_finds() -> None:
    topics = [HelpTopic("About"), HelpTopic("One", heading=True), HelpTopic("Pins it.", "space")]
    topics += [HelpTopic("Two", heading=True), HelpTopic("Leaves.", "q")]
    assert matching(topics, "pin") == (topics[1], topics[2])
    assert matching(topics, "q") == (topics[3], topics[4])
    assert matching(topics, "") == tuple(topics)
    assert matching(topics, "nothing") == ()


@pytest.mark.parametrize(
    ("tab", "kind", "typed", "title"),
    [
        ("1", "Channel", "pressure", "Pressure"),
        ("2", "Command", "sync", ""),
        ("5", "Alarm", "link", "link lost"),
    ],
)
async def test_the_lists_of_a_tab_are_searched_by_one_key(
    tmp_path: Path, tab: str, kind: str, typed: str, title: str
) -> None:
    rules = Watchlist(rules=(LinkRule(name="link lost", severity="low"),))
    async with console(tmp_path, watchlist=rules) as c:
        await c.press(tab, "slash")
        dialog = c.app.screen
        assert isinstance(dialog, PaletteDialog)
        await c.until(lambda: dialog.complete)
        assert {entry.kind for entry in dialog.found} == {kind}
        await c.type(typed)
        await c.until(lambda: dialog.complete)
        assert dialog.found[0].title == title or not title
        await c.press("enter")
        await c.until(lambda: not isinstance(c.app.screen, PaletteDialog))
        await c.settle()
        if kind == "Alarm":
            pane = c.app.screen.query_one(AlarmsPane)
            assert pane.chosen is not None
            assert pane.chosen.rule == title
        elif kind == "Channel":
            chosen = c.app.screen.query_one(Readings).chosen
            assert chosen is not None
            assert chosen.label == title
        else:
            assert isinstance(c.app.screen, FormDialog | ConfirmDialog)
            assert not c.link.emitted
