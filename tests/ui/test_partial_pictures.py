"""What is left on the terminal by many partial pictures is what a whole picture would show."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyte
import pytest
from textual._compositor import CompositorUpdate

from tests.helpers.console import Console, console
from xovac_tui.api.link import LinkWord
from xovac_tui.ui.terminal.cropped import CroppedCompositor

KEYS = (
    *("1", "2", "3", "4", "5", "6", "i", "v", "a", "w", "plus", "left", "tab", "enter", "down", "up", "G"),
    *("question_mark", "t", "e", "n", "p", "slash", "escape", "escape", "escape"),
)
SIZES = ((80, 24), (100, 30), (60, 16))
STEPS = 36


class Seen:
    """A terminal that gets every picture, partial or whole."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)

    def take(self, update: CompositorUpdate, c: Console) -> None:
        columns, lines = c.app.size
        if (self.screen.columns, self.screen.lines) != (columns, lines):
            self.screen.resize(lines, columns)
        self._stream.feed(update.render_segments(c.app.console))

    def cells(self) -> list[list[tuple[str, ...]]]:
        """Return letter and colours of each cell; of a blank only the background is seen."""
        screen = self.screen
        rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
        return [[(c.data, c.data.strip() and c.fg, c.bg) for c in row] for row in rows]


async def step(c: Console, dice: random.Random) -> str:
    """Do something at random; return what it was."""
    what = dice.choice(("key", "key", "readings", "readings", "size", "link", "message"))
    if what == "key":
        what = dice.choice(KEYS)
        await c.press(what)
    elif what == "readings":
        part, pressure = dice.uniform(-60, 90), 10 ** dice.uniform(-7, 3)
        await c.readings(dice.choice(("idle", "running")), part=part, vacuum={"p": pressure}, 温度="温" * 3)
    elif what == "size":
        await c.pilot.resize_terminal(*dice.choice(SIZES))
    elif what == "link":
        c.link.push(dice.choice((LinkWord.LOST, LinkWord.ONLINE)), "The connection was reset.")
    else:
        c.app.workspace.say("温度 " * dice.randrange(1, 20))
    await c.settle()
    return what


async def test_partial_pictures_leave_no_remnants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[CompositorUpdate] = []
    for name in ("render_partial_update", "render_full_update"):
        honest = getattr(CroppedCompositor, name)

        def noted(self: CroppedCompositor, honest: Any = honest, **how: Any) -> Any:
            update = honest(self, **how)
            if update is not None:
                made.append(update)
            return update

        monkeypatch.setattr(CroppedCompositor, name, noted)
    monkeypatch.setenv("COLORTERM", "truecolor")
    dice = random.Random(11)
    async with console(tmp_path) as c:
        seen, done = Seen(c.app.size), list[str]()
        partial = 0
        for _ in range(STEPS):
            done.append(await step(c, dice))
            partial += len(made)
            for update in made:
                seen.take(update, c)
            made.clear()
            whole = Seen(c.app.size)
            screen = c.app.screen
            with c.app._context():
                picture = screen._compositor.render_update(full=True, screen_stack=c.app._background_screens)
            assert isinstance(picture, CompositorUpdate)
            whole.take(picture, c)
            made.clear()
            assert seen.cells() == whole.cells(), done[-6:]
        assert partial > STEPS // 2


async def test_a_tab_on_which_nothing_changes_is_not_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    honest = CroppedCompositor.render_partial_update
    async with console(tmp_path) as c:

        def noted(self: CroppedCompositor) -> Any:
            update = honest(self)
            if update is not None:
                sent.append(update.render_segments(c.app.console))
            return update

        monkeypatch.setattr(CroppedCompositor, "render_partial_update", noted)
        for tab in ("controls", "recipes", "alarms", "runs"):
            await c.frame.show_tab(tab)
            await c.readings()
            sent.clear()
            await c.readings()
            # The clock in the first line, and perhaps the age.
            assert sum(map(len, sent)) < 500, tab


async def test_with_a_question_open_only_what_changes_is_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole picture has 10 kB: it came with each step of the focus and each change below the question."""
    sent: list[int] = []
    async with console(tmp_path) as c:
        for name in ("render_partial_update", "render_full_update"):
            honest = getattr(CroppedCompositor, name)

            def noted(self: CroppedCompositor, honest: Any = honest, **how: Any) -> Any:
                update = honest(self, **how)
                if isinstance(update, CompositorUpdate):
                    sent.append(len(update.render_segments(c.app.console)))
                return update

            monkeypatch.setattr(CroppedCompositor, name, noted)
        await c.run_state()
        await c.press("q")
        await c.readings("running")
        sent.clear()
        await c.press("tab")
        assert 0 < sum(sent) < 1_000
        sent.clear()
        await c.readings("running", part=41.5)
        assert 0 < sum(sent) < 2_500
        sent.clear()
        await c.readings("running", part=41.5)
        assert sum(sent) < 1_000
