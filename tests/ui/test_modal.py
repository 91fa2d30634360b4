"""A dialog goes once, one of a kind is open at a time, and only what was read after it was seen answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from textual import events
from textual.geometry import Size

from tests.helpers.console import Console, console
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.dialogs.palette import PaletteDialog, PaletteRows
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.search import PaletteEntry
from xovac_tui.ui.terminal.modal import MOST_SCREENS, SEEN_SECONDS
from xovac_tui.ui.widgets.stopbar import StopBar


def at_once(c: Console, *keys: str) -> None:
    """Press keys as they come in one read: nothing is worked off between them."""
    for key in keys:
        c.app.post_message(events.Key(key, key if len(key) == 1 else None))


DIALOGS: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
    ("a note", ["n"], ["x", "enter", "enter"]),
    ("the themes", ["t"], ["enter", "enter", "enter"]),
    ("the palette", [":"], ["p", "a", "u", "down", "enter", "enter"]),
    ("the limits", ["5", "L"], ["enter", "enter"]),
    ("the templates", ["3", "N"], ["enter", "enter", "enter"]),
    ("the help", ["?"], ["escape", "escape", "escape"]),
)


async def test_two_answers_in_one_read_answer_once(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for name, keys, answer in DIALOGS:
            await c.press("1", *keys)
            await c.until(lambda: len(c.app.screen_stack) == 2)
            await c.settle()
            at_once(c, *answer)
            await c.settle()
            assert c.app.is_running, name
            assert c.app.defect is None, name
            assert c.link.emitted == [], name
            while len(c.app.screen_stack) > 1:
                await c.press("escape")
            await c.frame.show_over("recipes", None)


async def test_a_dialog_that_is_not_on_top_goes_with_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        below, above = AskDialog(c.app.workspace, "A", "a"), HelpDialog(c.app.workspace, "", "", ())
        c.app.push_screen(below)
        c.app.push_screen(above)
        await c.settle()
        below.dismiss("x")
        above.dismiss(None)
        above.dismiss(None)
        await c.settle()
        assert c.app.screen is below


async def test_a_key_pressed_four_times_in_one_read_opens_one_dialog(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for key in ("t", "n", "?", ":"):
            name = {"?": "question_mark", ":": "colon"}.get(key, key)
            for _ in range(4):
                c.app.post_message(events.Key(name, key))
            await c.until(lambda: len(c.app.screen_stack) > 1)
            await c.settle()
            assert len(c.app.screen_stack) == 2, key
            await c.press("escape")
            assert len(c.app.screen_stack) == 1, key


async def nothing() -> AsyncIterator[Sequence[PaletteEntry]]:
    """A palette without entries."""
    yield ()


async def test_screens_do_not_pile_up(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        kinds = (
            AskDialog(c.app.workspace, "A", "a"),
            HelpDialog(c.app.workspace, "", "", ()),
            ChooseDialog(c.app.workspace, "C", ["a"], "a"),
            PaletteDialog(c.app.workspace, nothing, lambda name: None),
        )
        for dialog in kinds:
            c.app.push_screen(dialog)
            await c.settle()
        assert len(c.app.screen_stack) == MOST_SCREENS
        assert not isinstance(c.app.screen, PaletteDialog)

        # One that may not open is not waited for.
        answers: list[object] = []
        asked: Any = AskDialog(c.app.workspace, "B", "b")

        async def ask() -> None:
            answers.append(await c.app.push_screen_wait(asked))

        c.app.run_worker(ask())
        await c.until(lambda: answers)
        assert answers == [None]


def key(name: str, read_at: float, character: str | None = None) -> events.Key:
    event = events.Key(name, character)
    event.time = read_at
    return event


async def test_what_was_read_before_the_first_picture_and_a_moment_does_not_answer(tmp_path: Path) -> None:
    """Text that was typed ahead goes into a field, where enter does not act."""
    async with console(tmp_path) as c:
        asks = QuestionDialog(c.app.workspace, "Leave?", "Sure?", [("stay", "Stay", ""), ("go", "Go", "y")])
        asks.seen_at = None
        assert asks.too_early(key("y", 1e9))
        asks.seen_at = 100.0
        for read_at, early in ((99.0, True), (100.0 + SEEN_SECONDS - 0.01, True), (100.3, False)):
            assert asks.too_early(key("y", read_at)) is early
            assert asks.too_early(key("enter", read_at)) is early
        await c.press("n")
        dialog = c.app.screen
        assert isinstance(dialog, AskDialog)
        dialog.seen_at = 100.0
        assert not dialog.too_early(key("p", 100.1, "p"))
        for name in ("enter", "escape", "tab"):
            assert dialog.too_early(key(name, 100.1))


async def test_a_picture_before_the_dialog_is_laid_out_does_not_count_as_its_first(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        asks = QuestionDialog(c.app.workspace, "Leave?", "Sure?", [("stay", "Stay", ""), ("go", "Go", "y")])
        c.app.push_screen(asks)
        c.app.paint()
        assert asks.seen_at is None
        await c.settle()
        c.app.paint()
        assert asks.seen_at is not None


async def test_two_sizes_at_once_do_not_take_turns_for_ever(tmp_path: Path) -> None:
    """Each would be laid out and sent again, no key would be read any more, STOP included."""
    async with console(tmp_path) as c:
        await c.press("question_mark")
        dialog, laid_out = c.app.screen, list[object]()

        def note(screen: object) -> None:
            laid_out.append(screen)
            assert len(laid_out) < 20
            dialog.call_later(lambda: None)

        dialog.screen_layout_refresh_signal.subscribe(dialog, note, immediate=True)
        for size in (Size(60, 16), c.app.size):
            dialog.post_message(events.Resize(size, size))
            dialog.call_later(lambda: None)
        await c.settle()
        assert dialog.size == c.app.size
        assert len(laid_out) < 5
        await c.press("escape")
        assert len(c.app.screen_stack) == 1


async def test_the_palette_leaves_the_strip_of_stop_in_sight(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press(":")
        await c.until(lambda: len(c.app.screen.query_one(PaletteRows).found) > 10)
        for size in ((80, 24), (80, 23), (60, 16), (40, 12)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
            (strip,) = c.app.screen.query(StopBar)
            assert strip.region.y == size[1] - 1, size
            shown, _ = c.app.screen.get_widget_at(3, size[1] - 1)
            assert shown is strip, size


async def test_a_dialog_that_is_left_while_it_is_being_built_goes_once_it_is(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for turns in range(12):
            dialog = HelpDialog(c.app.workspace, "", "", ())
            c.app.push_screen(dialog)
            for _ in range(turns):
                await asyncio.sleep(0)
            dialog.dismiss(None)
            await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
