"""A key that the settings put elsewhere works there and nowhere else, and nothing prints the old one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

import xovac_tui.ui
from tests.helpers.console import Console, console, drawn
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.ui.action import STOP, printed
from xovac_tui.ui.actions import check_keymap, places
from xovac_tui.ui.app import XovacApp
from xovac_tui.ui.dialogs.help import HelpDialog, TopicList
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.frame.bars import LinkBar
from xovac_tui.ui.screens.insight.pane import InsightPane
from xovac_tui.ui.screens.status.pane import StatusPane
from xovac_tui.ui.tabs import TABS
from xovac_tui.ui.widgets.trend import TrendChart

PLACES = places()
EVERYWHERE = [
    action for place in PLACES if place.everywhere for action in place.actions if action is not STOP
]
ACTIONS = EVERYWHERE + [action for place in PLACES if not place.everywhere for action in place.actions]
NEW = {action.id: f"f{20 + number}" for number, action in enumerate(ACTIONS)}
"""Every action that can be put elsewhere, each on a key of its own that nothing else has."""
OLD = {printed(key) for action in ACTIONS for key in action.keys_by({})}
FIXED = {"esc", "enter", "left", "right", "up", "down", "h", "l", "space", "ctrl+c"}
"""Keys of `OLD` that lists, fields and dialogs have as keys of their own too."""


_ONE = "|".join(re.escape(key) for key in sorted(OLD - FIXED, key=len, reverse=True))
NAMED = re.compile(
    rf"[Pp]ress (?:{_ONE})(?![\w])"
    rf"|\((?:{_ONE})(?:: [a-z ]+)?\)"
    rf"|(?<![\w.\-])(?<!Step )(?:{_ONE}): [a-z]"
)
"""An old key that is named as one to press."""
FOOTERS = [
    f" {key} {action.title} "
    for action in ACTIONS
    for key in OLD.intersection(map(printed, action.keys_by({}))) - FIXED
]


def screen(app: XovacApp) -> str:
    """Return all text on the screen and on those below it."""
    return re.sub(r"\s+", " ", " ".join(row for one in app.screen_stack for row in drawn(one)))


def printed_old(text: str) -> list[str]:
    """Return where a text names an old key as one to press."""
    text = re.sub(r"\s+", " ", text)
    return NAMED.findall(text) + [footer for footer in FOOTERS if footer in text]


def ids(c: Console) -> set[str]:
    """Return which actions a key reaches now, each on its new key only."""
    found = set()
    for key, active in c.app.active_bindings.items():
        if active.binding.id is not None and active.binding.id in NEW:
            assert key == NEW[active.binding.id]
            found.add(active.binding.id)
        elif key in OLD - FIXED:
            pytest.fail(f"{key} still does {active.binding.action}")
    return found


async def opened(c: Console, tab: str) -> None:
    """Go to a tab, or to what is shown in its place, by the new keys."""
    way = {"insight": ("tab-status", "insight"), "recipe-editor": ("tab-recipes", "edit-recipe")}
    for action in way.get(tab, (f"tab-{tab}",)):
        await c.press(NEW[action])
    await c.until(lambda: c.frame.pane is not None and tab == c.frame.pane.id)
    await c.settle()


@pytest.fixture
def recipe(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "a.toml").write_text('name = "A"\n[[steps]]\nto = 40\nrate = 1\n')


def test_every_action_may_be_put_on_a_free_key() -> None:
    assert check_keymap(NEW) == NEW


@pytest.mark.usefixtures("recipe")
async def test_on_every_tab_the_new_keys_reach_the_actions_and_the_old_ones_are_named_nowhere(
    tmp_path: Path,
) -> None:
    async with console(tmp_path, size=(168, 50), keys=NEW) as c:
        assert {one for one in ids(c) if not one.startswith("replay-")} >= {
            one.id for one in PLACES[0].actions[1:]
        }
        for tab in TABS:
            await opened(c, tab.id)
            assert c.frame.pane is not None
            assert ids(c) >= {action.id for action in tab.actions}, tab.id
            text = screen(c.app)
            assert printed_old(text) == [], tab.id
            assert NEW["quit"] in text
            await c.press(NEW["help"])
            assert isinstance(c.app.screen, HelpDialog)
            said = c.app.screen.query_one(TopicList).text
            text = screen(c.app)
            assert printed_old(f"{said} {text}") == [], tab.id
            for action in tab.actions:
                assert re.search(rf"(?<!\w){NEW[action.id]} +{re.escape(action.help[:12])}", said), action.id
            await c.press("escape")
            if tab.id == "recipe-editor":
                await c.press(NEW["edit-leave"])
                await c.until(lambda: c.frame.pane is not None and c.frame.pane.id == "recipes")


async def test_what_the_frame_says_and_the_palette_have_the_new_keys(tmp_path: Path) -> None:
    async with console(tmp_path, size=(168, 50), keys=NEW, observe=True) as c:
        lost = LinkView(LinkWord.LOST, why="The connection was reset.", next_try_mono=3.0)
        bar = c.app.query_one(LinkBar)
        bar.show(c.app.workspace, msgspec.structs.replace(c.app.workspace.snapshot, link=lost, mono=1.0))
        assert f"{NEW['reconnect']}: now." in bar.plain
        assert f"{NEW['observe']}: take control" in screen(c.app)
        assert printed_old(screen(c.app)) == []
        # The palette has the new keys, and runs an action whose key is another.
        await c.press(NEW["palette"])
        palette = c.app.screen
        assert isinstance(palette, PaletteDialog)
        await c.until(lambda: palette.complete)
        keys = {one.beside.split()[0]: one.key for one in palette.found if one.kind in ("Status", "Anywhere")}
        assert {id: key for id, key in keys.items() if id != "stop" and key != NEW[id]} == {}
        assert printed_old(screen(c.app)) == []
        await c.type("pause")
        assert printed_old(screen(c.app)) == []
        await c.press("enter")
        await c.until(lambda: c.app.workspace.held)


async def test_an_old_key_does_nothing_and_the_new_one_what_the_old_one_did(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"pause": "f5", "tab-log": "f6", "quit": "f4"}) as c:
        await c.press("p", "4", "q", "ctrl+c")
        assert (c.app.workspace.held, c.frame.active_tab, c.app.return_code) == (False, "status", None)
        await c.press("f5", "f6")
        assert (c.app.workspace.held, c.frame.active_tab) == (True, "log")
        await c.press("f4")
        assert c.app.return_code == 0


async def test_the_keys_of_the_chart_are_the_new_ones_wherever_the_focus_is(tmp_path: Path) -> None:
    keys = {"window": "f5", "cursor-left": "f6", "live": "f7"}
    async with console(tmp_path, size=(100, 40), keys=keys) as c:
        await c.readings(seconds=5)
        chart = c.app.query_one(StatusPane).query_one(TrendChart)
        for old, new, words in ((600.0, 3600.0, "1 h"), (3600.0, 6 * 3600.0, "6 h")):
            await c.press("w", "left", "h")
            assert (chart.view.window, chart.view.cursor) == (old, None), c.app.focused
            await c.press("f5", "f6")
            assert chart.view.window == new, c.app.focused
            assert chart.view.cursor is not None, c.app.focused
            assert f"Trend {words}" in chart.head
            assert chart.view.hints() == "f6 → cursor   , . pan   + − zoom   f5 window"
            await c.press("escape")
            assert chart.view.cursor is not None, c.app.focused
            await c.press("f7")
            assert chart.view.cursor is None, c.app.focused
            chart.focus()
            await c.settle()


async def test_the_chart_of_another_tab_has_the_new_keys_too(tmp_path: Path) -> None:
    async with console(tmp_path, size=(100, 40), keys={"window": "f5", "window-back": "f6"}) as c:
        await c.readings(seconds=5)
        await c.press("i")
        assert isinstance(c.frame.pane, InsightPane)
        chart = c.frame.pane.query_one(TrendChart)
        chart.focus()
        await c.press("w", "W")
        assert "1 h" in chart.head
        assert "f5 window" in chart.view.hints()
        await c.press("f5")
        assert "6 h" in chart.head
        await c.press("f6")
        assert "1 h" in chart.head


async def test_keys_that_are_refused_are_not_shown_either(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"observe": "f5", "puase": "f6"}, observe=True) as c:
        assert "o: take control" in screen(c.app)
        await c.press("o")
        assert not c.station.observe


async def test_a_text_field_takes_the_key_that_would_quit(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"quit": "f4"}) as c:
        await c.press("n")
        await c.type("q")
        await c.press("ctrl+c")
        assert c.app.screen.query_one(Input).value == "q"
        assert c.app.return_code is None


LITERAL = (
    r"[Pp]ress (?:[a-zA-Z0-9]|f\d+|space|esc|enter)\b",
    r"(?<!\w)\((?:[a-zA-Z0-9]|f\d+|space)(?:: [a-z ]+)?\)",
    r"(?:^|[ (])(?:[a-zA-Z0-9]|f\d+|esc|space): [a-z]",
    r"(?:^|[ (.])[b-zB-HJ-Z] (?:opens|takes|makes|loads|saves|inserts|shows|says|writes|marks|moves|goes)\b",
)
DIALOGS = ("dialogs", "entry", "settings/", "first_start", "recipes/diffs")
OWN = {"(y)", " esc: b", "esc: b"}
"""A dialog's own keys, which stay."""


def literals(file: Path) -> Iterable[str]:
    """Return the texts of a module but for its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    blocks = [body for node in ast.walk(tree) if isinstance(body := getattr(node, "body", ()), list)]
    apart = {id(one.value) for body in blocks for one in body if isinstance(one, ast.Expr)}
    return [
        one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in apart
    ]


def test_no_sentence_of_the_screens_names_a_key_as_a_literal() -> None:
    room = Path(xovac_tui.ui.__file__).parent
    found = []
    for file in sorted(room.rglob("*.py")):
        name = file.relative_to(room).as_posix()
        for text in literals(file):
            found += [
                (name, text)
                for form in LITERAL
                for one in re.finditer(form, text)
                if text != STOP.help and not (one[0] in OWN and any(part in name for part in DIALOGS))
            ]
    assert found == []
