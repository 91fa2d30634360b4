"""Draw what is below a dialog, shaded."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

_PLAIN = RichStyle()


class ShadedScreen(Visual):
    """The picture of a screen with a colour laid over it.

    Textual's own computes the colours of each of its pieces anew: with a dialog open that was two thirds of
    the work of a picture.
    """

    def __init__(self, below: Screen[object], shade: Color) -> None:
        self._below, self._shade = below, shade

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return the lines of the screen, without links."""
        shade = self._shade
        return [
            Strip([Segment(text, shaded(look or _PLAIN, shade)) for text, look, _ in strip])
            for strip in self._below._compositor.render_strips()
        ]

    def get_optimal_width(self, rules: object, container_width: int) -> int:
        """Return the width of the screen."""
        return self._below.size.width

    def get_height(self, rules: object, width: int) -> int:
        """Return the height of the screen."""
        return self._below.size.height


@lru_cache(4096)
def shaded(style: RichStyle, shade: Color) -> RichStyle:
    """Return a style under a colour that is partly transparent, without links and actions."""
    style = style.clear_meta_and_links()
    if shade.a == 0:
        return style

    front = None if style.color is None else (Color.from_rich_color(style.color) + shade).rich_color
    back = None if style.bgcolor is None else (Color.from_rich_color(style.bgcolor) + shade).rich_color
    return style + RichStyle.from_color(front, back)
