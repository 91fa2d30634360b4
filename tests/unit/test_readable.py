"""Every theme that is offered is readable on our layers, whoever made it."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from xovac_tui.config.themes import variable_defaults
from xovac_tui.ui.readable import LEAST_CONTRAST, contrast, readable

OTHERS = [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi]
LAYERS = ("background", "surface", "panel", "footer-background", "panel-lighten-1")
TEXT = (
    "foreground",
    "foreground-muted",
    "text-disabled",
    "accent",
    "good",
    "stale",
    "bad",
    "no-data",
    "border",
)
KEYS = ("footer-key-foreground", "footer-description-foreground", "alarm-high", "series-3", "planned", "axis")


@pytest.mark.parametrize("name", OTHERS)
def test_text_is_readable_in_themes_of_others(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    mended = readable({**variable_defaults(theme.dark), **theme.to_color_system().generate()})
    for key in (*TEXT, *KEYS):
        worst = min(contrast(Color.parse(mended[key]), Color.parse(mended[layer])) for layer in LAYERS)
        assert worst >= LEAST_CONTRAST, key
    cursor = Color.parse(mended["block-cursor-background"])
    assert contrast(Color.parse(mended["block-cursor-foreground"]), cursor) >= LEAST_CONTRAST


def test_what_is_readable_stays_as_it_is_and_the_hue_of_the_rest() -> None:
    theme = BUILTIN_THEMES["solarized-light"]
    before = {**variable_defaults(False), **theme.to_color_system().generate()}
    mended = readable(before)
    assert mended["background"] == before["background"]
    dim, strong = Color.parse(before["warning"]), Color.parse(mended["warning"])
    assert strong != dim
    assert strong.r > strong.g > strong.b
    assert readable(mended)["warning"] == mended["warning"]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)
