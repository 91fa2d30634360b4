"""The frame: tabs, trust bar, pause, observe, notes, quitting, small terminals, themes, keymaps."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.css.stylesheet import Stylesheet
from textual.design import ColorSystem
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Input, Static

from tests.helpers.console import Console, console, drawn, forget_said
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import documented_contract
from xovac_tui.config import Display, Profile
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.dialogs.quit import QuitDialog
from xovac_tui.ui.frame.bars import KeyBar, LinkBar, TabBar
from xovac_tui.ui.frame.small_notice import NEEDS_ROOM, SmallNotice
from xovac_tui.ui.frame.trust_bar import GOES_ON, TrustBar
from xovac_tui.ui.widgets.message_line import MessageLine

HOSTILE = "\x1b[31m[red]evil[/red]\x1b]8;;http://x\x07\u202e"


def trust(c: Console) -> str:
    return c.app.screen_stack[0].query_one(TrustBar).plain


async def test_the_bars_follow_the_link_and_nothing_is_sent(tmp_path: Path) -> None:
    async with console(tmp_path, online=False) as c:
        # The trust bar follows the link.
        assert "OFFLINE" in trust(c)
        c.link.push(LinkWord.CONNECTING)
        await c.settle()
        assert "CONNECTING" in trust(c)
        await c.online()
        await c.readings(seconds=5)
        assert "● ONLINE  ■" in trust(c)
        await c.advance(60)
        assert "◌ STALE 1m00s" in trust(c)
        await c.lose()
        assert "✖ LOST" in trust(c)
        assert GOES_ON in trust(c)
        # Reconnect now.
        await c.press("r")
        assert c.link.reconnects == 1
        assert c.link.emitted == []
        # The reason stays on every tab as long as the link is down.
        await c.online()
        await c.readings()
        forget_said(c.app)
        bar = c.app.screen.query_one(LinkBar)
        assert not bar.display
        await c.lose("The connection was \x1b[31mreset.")
        for key in "2341":
            await c.press(key)
            assert bar.display
            assert "The connection was ␛[31mreset." in bar.plain
        await c.online()
        await c.readings()
        assert not bar.display
        # A lost link is reported with its reason and its return too.
        forget_said(c.app)
        await c.lose("The connection was reset.")
        assert any("connection was reset" in message and "continues" in message for message in c.messages)
        await c.online()
        assert any("Nothing was sent" in message for message in c.messages)
        assert c.link.emitted == []
        await c.press("q")
        assert c.app.return_code == 0


async def test_what_the_keys_of_every_tab_do(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # Tabs are mounted when first shown and only the shown one is updated.
        frame = c.app.screen_stack[0]
        assert not frame.query("#log")
        await c.press("4")
        assert c.frame.active_tab == "log"
        status = frame.query_one("#hero")
        before = status.plain  # type: ignore[attr-defined]
        await c.readings(part=99.0)
        assert status.plain == before  # type: ignore[attr-defined]
        await c.press("1")
        assert "+99.0 °C" in status.plain  # type: ignore[attr-defined]
        assert "1 Status" in frame.query_one(TabBar).plain
        # The footer shows stop first and fits.
        shown = c.app.screen.query_one(KeyBar).plain
        assert shown.strip().startswith("! ! STOP")
        assert len(shown) <= 80
        # Pause holds the picture and not the truth about the link.
        await c.press("p")
        before = status.plain  # type: ignore[attr-defined]
        await c.readings(part=55.0)
        assert status.plain == before  # type: ignore[attr-defined]
        assert "PAUSED" in trust(c)
        await c.lose()
        assert "LOST" in trust(c)
        await c.press("p")
        assert "+55.0 °C" in status.plain  # type: ignore[attr-defined]
        # Observe can be switched and is on the bar.
        assert "CONTROL" in trust(c)
        await c.press("o")
        assert "OBSERVE" in trust(c)
        assert c.station.observe
        await c.press("o")
        assert not c.station.observe
        # A note is a mark on the time axis.
        await c.press("n")
        await c.type("valve opened")
        await c.press("enter")
        marks = c.station.snapshot().marks
        assert [(mark.kind, mark.text) for mark in marks if mark.kind == "note"] == [("note", "valve opened")]
        await c.press("n")
        await c.press("escape")
        assert len([m for m in c.station.snapshot().marks if m.kind == "note"]) == 1
        # Keys that are typed into a field do nothing else.
        await c.press("n")
        await c.type("q1o")
        assert c.app.is_running
        assert c.app.screen.query_one(Input).value == "q1o"
        assert not c.station.observe
        # Help explains every tab.
        await c.press("escape")
        for key in "1234":
            await c.press(key, "?")
            assert isinstance(c.app.screen, HelpDialog)
            await c.press("escape")


async def test_a_console_that_only_observes_stays_so_and_says_why(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url="http://x:1", observe=True)) as c:
        await c.press("o")
        assert c.station.observe
        assert any("only observes" in message for message in c.messages)


async def test_quitting_asks_only_while_a_run_is_or_may_be_on(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # The question of leaving is about now when the picture is held.
        await c.press("p")
        await c.run_state("Bakeout")
        await c.press("q")
        assert isinstance(c.app.screen, QuitDialog)
        now = c.app.screen.query_one("#words", Static)
        assert 'runs "Bakeout"' in str(now.render())
        await c.lose()
        await c.until(lambda: "was last known as RUNNING" in str(now.render()))
        # Quitting asks when a run was on and the link is lost.
        await c.press("escape", "p")
        await c.online()
        await c.run_state()
        await c.lose()
        await c.press("q")
        assert isinstance(c.app.screen, QuitDialog)
        # Quitting asks only while a run is on.
        await c.press("escape")
        await c.online()
        await c.run_state()
        await c.press("q")
        assert isinstance(c.app.screen, QuitDialog)
        await c.press("enter")
        assert c.app.is_running
        await c.press("q", "y")
        assert c.app.return_code == 0
        assert c.link.emitted == []


async def test_the_answers_to_leaving_are_in_sight_in_a_small_terminal(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.run_state()
        await c.press("q")
        for size in ((80, 24), (60, 16), (40, 10), (30, 8)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
            buttons = list(c.app.screen.query(DialogButton))
            assert len(buttons) == 2
            for button in buttons:
                shown, _ = c.app.screen.get_widget_at(button.region.x, button.region.y)
                assert shown is button, size


async def test_quitting_asks_when_a_run_may_have_been_started_unreported(tmp_path: Path) -> None:
    async with console(tmp_path, contract=documented_contract()) as c:
        sending = c.app.run_worker(c.station.send("load_recipe", {"name": "B", "recipe": [[20, 60, 0]]}))
        await c.until(lambda: c.link.emitted)
        c.link.answer("load_recipe")
        await sending.wait()
        await c.settle()
        await c.press("q")
        await c.until(lambda: isinstance(c.app.screen, QuitDialog))


async def test_a_small_terminal_opens_no_tab_and_growing_brings_the_screens_back(tmp_path: Path) -> None:
    async with console(tmp_path, size=(40, 10)) as c:
        # No tab is opened behind the notice for small terminals.
        await c.press("3", "L")
        assert c.frame.active_tab == "status"
        assert len(c.app.screen_stack) == 1
        # Growing again brings the screens back.
        await c.pilot.resize_terminal(80, 24)
        await c.settle()
        assert not c.app.screen.query_one(SmallNotice).display
        await c.readings()
        assert "TEST PART" in c.app.screen.query_one("#hero").plain  # type: ignore[attr-defined]


async def test_a_theme_is_previewed_remembered_and_given_back(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press("t")
        assert isinstance(c.app.screen, ChooseDialog)
        before = "xovac-dark"
        await c.press("up")
        assert c.app.theme != before
        await c.press("escape")
        assert c.app.theme == before
        await c.press("t", "up", "enter")
        chosen = c.app.theme
        assert chosen != before
        assert chosen in (tmp_path / "state.toml").read_text()


@pytest.mark.slow
async def test_every_kind_of_theme_can_be_shown_and_dialogs_leave_what_is_around_them(tmp_path: Path) -> None:
    async with console(tmp_path, theme="ansi-dark") as c:
        for theme in ("ansi-dark", "ansi-light", "xovac-light", "xovac-contrast", "textual-dark", "nord"):
            c.app.theme = theme
            for key in "2341":
                await c.press(key)
            await c.press("n")
            await c.settle()
            assert any("ONLINE" in row for row in c.app.export_screenshot().splitlines()), theme
            await c.press("escape")
            assert c.app.theme == theme


async def test_a_small_terminal_shows_what_must_be_seen_and_stops(tmp_path: Path) -> None:
    async with console(tmp_path, size=(40, 10)) as c:
        for size in ((40, 10), (59, 24), (60, 15), (20, 5), (1, 1)):
            await c.pilot.resize_terminal(*size)
            await c.readings()
            shown = c.app.screen.query_one(SmallNotice)
            assert shown.display, size
            assert "ONLINE" in shown.plain, size
            assert "1.3e-04 mbar" in shown.plain, size
        for size in ((1, 1), (40, 10)):
            await c.pilot.resize_terminal(*size)
            await c.press_stop()
            c.link.answer("cancel_recipe")
            await c.advance(10)
        assert c.link.emitted == 2 * [("cancel_recipe", "")]


async def test_a_small_terminal_says_what_is_true_and_cuts_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, size=(59, 16), observe=True) as c:
        # A small terminal says of stop what is true.
        shown = c.app.screen.query_one(SmallNotice)
        assert "OBSERVE: nothing is sent, STOP included." in shown.plain
        await c.press("o")
        assert "! ! STOP works." in shown.plain
        await c.lose()
        assert "STOP cannot be sent without a link." in shown.plain
        # A small terminal cuts no sentence and no figure.
        await c.online()
        shown = c.app.screen.query_one(SmallNotice)
        await c.readings()
        await c.lose()
        assert all(cell_len(line) <= 59 for line in shown.plain.split("\n"))
        assert NEEDS_ROOM in shown.plain
        await c.pilot.resize_terminal(24, 16)
        await c.settle()
        assert all(cell_len(line) <= 24 for line in shown.plain.split("\n")[2:])
        assert "1.3e-04 mbar" in shown.plain


async def test_a_keymap_moves_a_key(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"observe": "f5"}) as c:
        await c.press("o")
        assert not c.station.observe
        await c.press("f5")
        assert c.station.observe


async def test_a_bad_keymap_is_reported_and_left_out(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"stop": "f5"}) as c:
        assert any("STOP always stays" in message for message in c.messages)
        await c.press_stop()
        assert c.link.emitted == [("cancel_recipe", "")]


async def test_text_of_the_server_is_shown_literally_everywhere(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        c.link.deliver("recipe_state", json.dumps({"name": HOSTILE, "step": 1, "steps": 2}))
        c.link.deliver(f"m{HOSTILE}", json.dumps({HOSTILE: HOSTILE}))
        await c.readings("running")
        for key in "1234":
            await c.press(key)
            rows = drawn(c.app.screen)
            assert all("\x1b" not in text and "\u202e" not in text and "\x07" not in text for text in rows)
        assert "[red]evil[/red]" in trust(c)


async def test_an_unknown_outcome_stays_until_it_is_dismissed(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press_stop()
        await c.advance(11)
        line = c.app.screen.query_one(MessageLine)
        assert "UNKNOWN" in line.plain
        await c.press("u")
        assert "UNKNOWN" not in line.plain
        assert "unknown" in line.plain


async def test_ascii_draws_only_ascii(tmp_path: Path) -> None:
    display = Display(ascii=True, time="utc")
    async with console(tmp_path, size=(120, 36), display=display) as c:
        await c.run_state()
        await c.readings("running", seconds=5)
        for key in "1234":
            await c.press(key)
            odd = [row for row in drawn(c.app.screen) if not row.isascii()]
            assert not odd, (key, odd)


async def test_stale_never_looks_live(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.go_stale()
        assert c.word is LinkWord.STALE
        readings = c.app.screen.query_one("#readings")
        styles = {style for line in readings.lines for _, style in line}  # type: ignore[attr-defined]
        assert "$good" not in styles
        assert "bold $foreground" not in styles


async def test_no_widget_is_styled_twice_before_the_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: Counter[Widget] = Counter()
    apply = Stylesheet.apply

    def counted(self: Stylesheet, node: DOMNode, **how: Any) -> None:
        if isinstance(node, Widget):
            styled[node] += 1
        apply(self, node, **how)

    monkeypatch.setattr(Stylesheet, "apply", counted)
    async with console(tmp_path, online=False) as c:
        often = {widget.id: count for widget, count in styled.items() if count > 1}
        # What gets the focus is styled for that, with what is around it.
        assert set(often) <= {"readings", "status", "top", "panes", "_default"}, often
        assert len(styled) > len(often)
        assert c.app.query_one("#trust") in styled


@pytest.mark.parametrize("theme", ["xovac-dark", "dracula"])
async def test_colours_are_worked_out_once_for_the_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    made: list[ColorSystem] = []
    generate = ColorSystem.generate

    def count(colours: ColorSystem) -> dict[str, str]:
        made.append(colours)
        return generate(colours)

    monkeypatch.setattr(ColorSystem, "generate", count)
    async with console(tmp_path, theme=theme) as c:
        assert len(made) == 1
        assert c.app.theme == theme
        assert c.app.screen.styles.background.hex == c.app.theme_variables["background"]


@pytest.mark.parametrize("size", [(60, 16), (80, 20), (80, 23)])
async def test_every_tab_and_help_can_be_used_in_a_short_terminal(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, size=size) as c:
        await c.run_state()
        assert not c.app.screen.query_one(SmallNotice).display
        for key in "1i23456":
            await c.press(key)
            pane = c.frame.pane
            assert pane is not None
            assert pane.region.height >= size[1] - 4
            rows = drawn(c.app.screen)
            assert "ONLINE" in rows[0]
            assert "! ! STOP" in rows[-1]
            assert all(f"{number} " in rows[1] for number in range(1, 7))
        await c.press("?")
        assert isinstance(c.app.screen, HelpDialog)
