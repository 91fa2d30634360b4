"""Text as it is drawn: its contrast with its background in each of our themes, on tabs and in dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.color import Color
from textual.screen import ModalScreen

from tests.helpers.console import console, strips
from xovac_tui.config.themes import DEFAULT_THEME, shipped_themes
from xovac_tui.ui.readable import LEAST_CONTRAST, contrast

WANTED = {spec.name: 7.0 if spec.name == "xovac-contrast" else LEAST_CONTRAST for spec in shipped_themes()}
"""Name of a theme -> least contrast of its text."""
SCREENS = (
    "1", "enter g e", "i", "escape 2", "2 enter", "2 end enter enter b e", "3", "3 L", "3 N", "3 e",
    "4", "4 enter", "5", "6", "1 n", "1 t", "1 question_mark", "1 colon", "1 q",
    "1 exclamation_mark",
)  # fmt: skip
"""Keys that lead to a screen, one after the other."""
FRAMES = " ─│╭╮╰╯┤├└┘┬┴┼▏▔▁━┄┊▕▎▊▉▌▂▃▄▅▆▇█░▒▓"
"""Cells that are no text."""


def too_faint(app: App[int], wanted: float) -> set[str]:
    """Return texts with less than the wanted contrast; what a dialog shades does not count."""
    screen, found = app.screen, set[str]()
    for y, strip in enumerate(strips(screen)):
        x = 0
        for segment in strip:
            style, text = segment.style, segment.text.strip(FRAMES)
            if text and style is not None and style.color is not None and style.bgcolor is not None:
                shaded = screen.get_widget_at(x, y)[0] is screen and isinstance(screen, ModalScreen)
                front, behind = (Color.from_rich_color(one) for one in (style.color, style.bgcolor))
                ratio = contrast(front, behind)
                if not shaded and ratio < wanted:
                    found.add(f"{text!r} {front.hex} on {behind.hex}: {ratio:.2f}")
            x += segment.cell_length
    return found


@pytest.mark.parametrize(
    "theme",
    [one if one == DEFAULT_THEME else pytest.param(one, marks=pytest.mark.slow) for one in WANTED],
)
async def test_every_text_of_our_themes_is_readable(tmp_path: Path, theme: str) -> None:
    async with console(tmp_path, size=(100, 30), theme=theme) as c:
        assert c.app.theme == theme
        await c.readings("running")
        for keys in SCREENS:
            await c.press(*keys.split())
            assert too_faint(c.app, WANTED[theme]) == set(), keys
            while len(c.app.screen_stack) > 1:
                await c.press("escape")
