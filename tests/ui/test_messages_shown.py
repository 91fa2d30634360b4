"""The message line on every screen, and the history behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.helpers.console import Console, console, drawn
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.ui.dialogs.all_messages import HistoryDialog, MessageRows
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.message_history import MOST_MESSAGES
from xovac_tui.ui.widgets.message_line import MessageLine


def row_above_the_strip(c: Console) -> str:
    return drawn(c.app.screen)[-2]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_a_message_is_above_the_strip_on_every_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size=size) as c:
        c.app.workspace.say("It was said.", "warning", title="Title")
        for key, kind in (("?", HelpDialog), ("n", AskDialog), (":", PaletteDialog), ("M", HistoryDialog)):
            assert "Title: It was said." in row_above_the_strip(c), key
            await c.press(key)
            await c.until(lambda kind=kind: isinstance(c.app.screen, kind))  # type: ignore[misc]
            await c.settle()
            assert "Title: It was said." in row_above_the_strip(c), key
            assert "! !" in drawn(c.app.screen)[-1]
            # What is said while a dialog is open is seen at once, too.
            c.app.workspace.say(f"Said above {key}")
            await c.settle()
            assert f"Said above {key}" in row_above_the_strip(c)
            c.app.workspace.say("It was said.", "warning", title="Title")
            await c.press("escape")
            await c.settle()
            assert len(c.app.screen_stack) == 1


async def test_no_message_covers_a_field_or_a_button(tmp_path: Path) -> None:
    async with console(tmp_path, size=(60, 16)) as c:
        await c.run_state()
        for key in ("n", "q"):
            await c.press(key)
            for number in range(9):
                c.app.notify(f"Number {number} " * 40, title="Defect", timeout=60)
            await c.settle()
            screen = c.app.screen
            line = screen.query_one(MessageLine)
            assert line.region.height == 1
            for widget in [*screen.query(Input), *screen.query(DialogButton)]:
                shown, _ = c.app.get_widget_at(*widget.region.offset)
                assert shown is widget
            await c.press("escape")


async def test_sent_answered_and_confirmed_are_one_message_and_the_history_has_it(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        before = len(c.app.workspace.history.messages)
        sending = c.app.run_worker(c.station.send("start_recipe"))
        await c.until(lambda: c.link.emitted)
        await c.settle()
        assert "start_recipe sent ▸ waiting" in row_above_the_strip(c)
        c.link.answer("start_recipe")
        await sending.wait()
        await c.settle()
        assert "start_recipe sent ▸ success" in row_above_the_strip(c)
        assert len(c.app.workspace.history.messages) == before + 1
        await c.press("M")
        assert "start_recipe sent ▸ success" in c.app.screen.query_one(MessageRows).plain


async def test_an_unknown_outcome_stays_until_its_key(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.app.run_worker(c.station.send("start_recipe"))
        await c.until(lambda: c.link.emitted)
        await c.lose()
        c.link.push(LinkWord.ONLINE)
        await c.settle()
        assert c.ledger[-1].outcome is Outcome.UNKNOWN
        c.app.workspace.say("Noted.")
        await c.press("M", "escape")
        assert "UNKNOWN (u: seen)" in row_above_the_strip(c)
        await c.press("u")
        assert "UNKNOWN" not in row_above_the_strip(c)


async def test_the_history_copies_a_path_and_counts_what_it_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    async with console(tmp_path, size=(60, 16)) as c:
        monkeypatch.setattr(c.app, "copy_to_clipboard", copied.append)
        for number in range(MOST_MESSAGES + 5):
            c.app.workspace.say(f"Number {number}")
        path = "/a/long/way/" + 9 * "down/" + "to a file.csv"
        c.app.workspace.say("Saved", path=path)
        c.app.workspace.say("First line.\nSecond line.", "error")
        await c.press("M")
        rows = drawn(c.app.screen)
        assert f"{MOST_MESSAGES} messages, " in rows[0]
        assert any("Second line." in row for row in rows)
        assert "M: more" in rows[-2]
        await c.press("y", "down", "y")
        assert copied == ["First line.\nSecond line.", path]
        text = "".join(row.strip("│ ") for row in drawn(c.app.screen))
        assert path in text or path.replace(" ", "") in text.replace(" ", "")


async def test_a_click_on_the_line_opens_the_history(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.pilot.click(MessageLine)
        await c.until(lambda: isinstance(c.app.screen, HistoryDialog))


async def test_no_message_carries_control_characters_to_the_terminal(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.app.workspace.say("red \x1b[31m\x07", title="\x9b", path="/tmp/\x1b]0;x\x07")
        await c.press("M")
        for row in drawn(c.app.screen):
            assert row.isprintable()


async def test_the_history_is_searched_by_words(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.app.workspace.say("Saved", path="/somewhere/log.jsonl")
        c.app.workspace.say("Noted.")
        await c.press("M")
        dialog = c.app.screen
        assert isinstance(dialog, HistoryDialog)
        rows = dialog.query_one(MessageRows)
        assert "Noted." in rows.plain
        await c.press("slash")
        await c.type("LOG saved")
        assert "Noted." not in rows.plain
        assert "log.jsonl" in rows.plain
        await c.press("enter")
        assert rows.has_focus
        await c.press("escape")
        assert c.app.screen is dialog
        assert "Noted." in rows.plain
        await c.press("escape")
        assert len(c.app.screen_stack) == 1
