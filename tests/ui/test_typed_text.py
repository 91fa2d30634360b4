"""No text typed or pasted into any field, followed by enter, tab or esc, ever sends a command.

Excepted are the form of a command that is marked safe, the right name in a critical question, and what is
typed for the expert: these are there to send.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

import xovac_tui
from tests.helpers.console import Console, console
from tests.helpers.editor import SOAK, Edited, write
from tests.helpers.pastruns import three_runs_bytes
from tests.helpers.quiet import wait_until_quiet
from tests.ui.test_alarms_pane import HOT, RULES
from tests.ui.test_replay import replayed
from tests.ui.test_runs_pane import runs_tab
from tests.ui.test_settings_screen import pick
from tests.ui.test_stop import choose, strip
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.confirm import ConfirmDialog
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.template import TemplateDialog

GAPS = (0.0, 0.03, 0.16, 0.4, 1.2)
"""Seconds between two keys: one read, a held key, and people."""
KEYS = {" ": "space", "!": "exclamation_mark", ":": "colon", "/": "slash", "\r": "enter"}


Way = tuple[str, Callable[[Console], Awaitable[None]]]


def pressing(tab: str, key: str) -> Way:
    async def press(c: Console) -> None:
        await c.frame.show_tab(tab)
        await c.settle()
        await c.press(key)

    return tab, press


async def a_form(c: Console) -> None:
    await c.frame.show_tab("controls")
    await choose(c, "vent")
    await c.until(lambda: isinstance(c.app.screen, FormDialog) and c.app.screen.focused)


async def a_name(c: Console) -> None:
    await a_form(c)
    await c.press("enter")
    await c.until(lambda: isinstance(c.app.screen, ConfirmDialog) and c.app.screen.focused)


async def a_step(c: Console) -> None:
    edited = Edited(c, Path())
    await c.frame.show_tab("recipes")
    if not isinstance(c.frame.pane, EditorPane):
        await c.until(lambda: edited.pane.view.study is not None)
        await edited.edit()
    await edited.form("to")


async def a_template(c: Console) -> None:
    await c.frame.show_over("recipes", None)
    await c.frame.show_tab("recipes")
    await c.settle()
    await c.press("N")
    await c.until(lambda: isinstance(c.app.screen, ChooseDialog))
    await c.press("enter")
    await c.until(lambda: isinstance(c.app.screen, TemplateDialog) and c.app.focused)


async def a_setting(c: Console) -> None:
    await c.press("f9")
    await pick(c, "pictures a second")


async def a_message(c: Console) -> None:
    await c.press("M", "slash")


FIELDS: dict[str, Way] = {
    "ui/app_actions.py _note": pressing("status", "n"),
    "ui/screens/alarms/dialogs.py ShelveDialog": pressing("alarms", "s"),
    "ui/dialogs/confirm.py ConfirmDialog": ("controls", a_name),
    "ui/screens/controls/form.py FieldRow": ("controls", a_form),
    "ui/screens/recipes/template.py TemplateDialog": ("recipes", a_template),
    "ui/screens/recipes/editor/form.py FormRow": ("recipes", a_step),
    "ui/screens/alarms/pane.py _take_out": pressing("alarms", "x"),
    "ui/screens/log/pane.py LogPane": pressing("log", "slash"),
    "ui/screens/recipes/files.py export": pressing("recipes", "x"),
    "ui/screens/recipes/files.py import_": pressing("recipes", "i"),
    "ui/screens/recipes/files.py rename": pressing("recipes", "m"),
    "ui/screens/recipes/pane.py RecipesView": pressing("recipes", "slash"),
    "ui/dialogs/help.py HelpDialog": pressing("status", "question_mark"),
    "ui/dialogs/palette.py PaletteDialog": pressing("status", "colon"),
    "ui/dialogs/contract/form.py EntryRow": pressing("status", "enter"),
    "ui/dialogs/all_messages.py HistoryDialog": ("log", a_message),
    "ui/settings/settings_screen.py SettingsDialog": pressing("log", "f9"),
    "ui/settings/settings_screen.py _type": ("log", a_setting),
    "ui/screens/runs/pane.py RunsPane": pressing("runs", "slash"),
    "ui/screens/runs/attaching.py _ask": pressing("runs", "a"),
}
"""Every place in which text can be typed: its tab, and how to go there."""
IN_A_REPLAY = "ui/replay_actions.py _go_to"
WITHOUT_A_CHAMBER = "ui/first_start.py ConnectScreen"
IN_THE_FLEET = "ui/fleet/screen.py FleetScreen"
"""An app of its own, which holds no link: tests/ui/test_fleet.py types into its field."""
WITHIN = {"ui/dialogs/ask.py AskDialog": "each of its callers is listed"}
"""Fields that are reached only as parts of others."""


def places() -> Iterator[str]:
    """Yield every class that makes a text field, and every function that asks for a line of text."""
    root = Path(xovac_tui.__file__).parent
    for path in sorted(root.rglob("*.py")):
        where, source = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        if not re.search(r"(Input|FindField|TextArea|AskDialog|PathDialog)\(", source):
            continue  # parsing all files takes ten times as long
        for outer in ast.walk(ast.parse(source)):
            if isinstance(outer, ast.ClassDef):
                fields = {"Input", "LeanInput", "FindField", "TextArea", "MaskedInput"}
            elif isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                fields = {"AskDialog", "PathDialog"}
            else:
                continue
            for node in ast.walk(outer):
                made = node.func if isinstance(node, ast.Call) else None
                name = made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", "")
                if name in fields:
                    yield f"{where} {outer.name}"


def test_every_field_is_listed_here() -> None:
    found = set(places())
    listed = FIELDS.keys() | WITHIN.keys() | {IN_A_REPLAY, WITHOUT_A_CHAMBER, IN_THE_FLEET}
    assert found - listed == set(), "a new field: list it here, and how to go there"
    parts = {"ui/screens/recipes/template.py TemplateDialog"}
    assert listed - found == parts


def text(chance: random.Random) -> str:
    return "".join(chance.choice("!!!!!yYqnXLS :/?125 aoé") for _ in range(chance.randint(4, 10)))


async def type_text(c: Console, typed: str, chance: random.Random) -> None:
    """Type a text, and behind it what would be STOP outside of a field."""
    for char, gap in [*((char, chance.choice(GAPS)) for char in typed), ("!", 0.4), ("!", 0.4)]:
        c.clock.advance(gap)
        c.app.post_message(events.Key(KEYS.get(char, char), char))
        await wait_until_quiet(drawing=False)
    c.clock.advance(0.3)
    await c.pilot.pause(0.06)
    assert c.link.emitted == []


async def ended(c: Console, end: str) -> list[tuple[str, str]]:
    """Press a key at the end of a text, let everything settle, and return what was sent."""
    c.clock.advance(0.3)
    await c.press(end)
    assert not c.app.stopping.switch.armed
    return c.link.emitted


@asynccontextmanager
async def opened(folder: Path, tab: str) -> AsyncIterator[Console]:
    """Open a console; for Runs, over a record that has some."""
    if tab == "runs":
        async with runs_tab(folder, three_runs_bytes(), online=True, watchlist=Watchlist(rules=RULES)) as (
            c,
            _,
        ):
            yield c
    else:
        async with console(folder, watchlist=Watchlist(rules=RULES)) as c:
            yield c


@pytest.mark.parametrize("tab", ["status", "log", "alarms", "controls", "recipes", "runs"])
async def test_no_text_in_any_field_sends_and_esc_and_two_strokes_do(
    tmp_path: Path, tab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dialogs.guard", "screens.controls.pane"):
        monkeypatch.setattr(f"xovac_tui.ui.{module}.SETTLE_SECONDS", 0.01)  # what counts, counts in `press`
    write(tmp_path, soak=SOAK)
    async with opened(tmp_path, tab) as c:
        await c.readings(**HOT)
        for place in (place for place, (where, _) in FIELDS.items() if where == tab):
            chance = random.Random(f"9 {place}")
            field = await gone_to(c, place)
            await type_text(c, text(chance), chance)
            assert await ended(c, "enter") == [], place
            while len(c.app.screen_stack) > 1:
                await c.press("escape")
            field = await gone_to(c, place)
            await type_text(c, text(chance), chance)
            assert await ended(c, "tab") == [], place
            field.focus()
            c.app.post_message(events.Paste(f"{text(chance)}!!\n!!"))
            # A field may stand above another one, as that of a setting above that for finding it.
            await c.settle()
            escapes = strip(c).partition("! !")[0].count("esc ")
            for _ in range(escapes):
                assert await ended(c, "escape") == [], place
            await c.until(lambda: c.app.stopping.field is None)
            assert escapes == (2 if place.endswith("_type") else 1), place
            await c.press_stop()
            assert c.link.emitted == [("cancel_recipe", "")], place
            c.link.emitted.clear()
            c.link.answer("cancel_recipe")
            await c.settle()
            while len(c.app.screen_stack) > 1:
                await c.press("escape")
            if tab == "recipes":
                await c.frame.show_over("recipes", None)
            await c.readings(**HOT)


async def gone_to(c: Console, place: str) -> Input:
    for _ in range(4):
        # Once more where the text before has put away the alarm that was chosen.
        await FIELDS[place][1](c)
        await c.settle()
        if isinstance(c.app.focused, Input):
            break
        c.clock.advance(3.0)
    field = c.app.focused
    assert isinstance(field, Input), place
    return field


async def test_text_in_a_replay_sends_nothing(tmp_path: Path) -> None:
    async with replayed(tmp_path) as r:
        for end in ("enter", "tab", "escape"):
            await r.press("at")
            assert isinstance(r.app.screen, AskDialog)
            await r.press("exclamation_mark", "exclamation_mark", end, "escape")
        assert r.station.snapshot().ledger == ()
