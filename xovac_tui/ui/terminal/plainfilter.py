"""The last step of drawing on an ASCII terminal: whatever else is left is replaced, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LINES = dict.fromkeys("─━╌┄┈═▁▔╴╶╸╺", "-") | dict.fromkeys("│┃┆┊║▏▕▎▊", "|")
_CORNERS = dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝┏┓┗┛", "+")
_STAND_INS = _LINES | _CORNERS | dict.fromkeys("▀▄█▌▐", "#")
_UNKNOWN = "?"


class PlainFilter(LineFilter):
    """Leaves nothing but ASCII: texts that Textual itself shortens or frames, and what a widget missed.

    `plain` gives the signs of ASCII for a text; where they are not as wide, a sign that is takes their place.
    """

    def __init__(self, plain: Callable[[str], str]) -> None:
        super().__init__()

        @lru_cache(512)
        def replaced(text: str) -> str:
            return "".join(char if char.isascii() else _stand_in(char, plain) for char in text)

        self._replaced = replaced

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII, as wide as they were."""
        if all(text.isascii() for text, _, _ in segments):
            return segments
        return [Segment(self._replaced(text), style, control) for text, style, control in segments]


def _stand_in(char: str, plain: Callable[[str], str]) -> str:
    width = cell_len(char)
    shown = _STAND_INS.get(char) or plain(char)
    return shown if len(shown) == width and shown.isascii() else _UNKNOWN * width
