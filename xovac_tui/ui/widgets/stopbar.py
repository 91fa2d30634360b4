"""The strip at the bottom of every screen that says how to stop the recipe, and what the next key does."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len

from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, fit

Keys = Sequence[tuple[str, str]]
"""Keys of the moment, each with what it does; the most important first."""
STOP_CSS = """
    {name} .keybar--key {{ color: $footer-key-foreground; text-style: bold; }}
    {name} .stop--key {{ color: $bad; text-style: bold; }}
    {name} .stop--off {{ color: $no-data; text-style: strike; }}
    {name} .stop--how {{ color: $footer-key-foreground; }}
"""
STOP_CLASSES = {"keybar--key", "stop--key", "stop--off", "stop--how"}
_SHORTEST_NAME = 8
"""Cells of a chamber's name below which it says nothing."""


class StopBar(LinesWidget):
    """How to stop the recipe; in place of it what the next key does, as long as there is something to say.

    Above a dialog it lies in no shade. On the tabs the footer says the former, and this line is hidden.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = STOP_CLASSES
    DEFAULT_CSS = """
    StopBar {
        dock: bottom; height: auto; width: 1fr;
        background: $footer-background; color: $footer-description-foreground;
    }
    StopBar.-armed { background: $error; color: $background; text-style: bold; }
    StopBar#stop { display: none; }
    StopBar#stop.-armed { display: block; }
    """ + STOP_CSS.format(name="StopBar")

    _words = ""
    _resting: Line = ()
    _keys: Keys = ()

    def show(self, words: str, resting: Line) -> None:
        """Show the words, or how to stop the recipe when they are empty."""
        self._words, self._resting = words, resting
        self.set_class(bool(words), "-armed")
        self.draw()

    def show_keys(self, keys: Keys) -> None:
        """Show the keys of a dialog beside how to stop the recipe, as far as there is room."""
        self._keys = tuple(keys)
        self.draw()

    def draw(self) -> None:
        """Lay out again."""
        width = self.app.size.width
        if self._words:
            rows = textwrap.wrap(self._words, max(10, width - 2))
            self.show_lines([((f" {row}", ""),) for row in rows])
        else:
            self.show_lines([strip_line(self._resting, self._keys, width)])


def strip_line(stop: Line, keys: Keys, width: int) -> Line:
    """Return how to stop the recipe, which is never cut, and those keys that still fit."""
    spans: list[Span] = [(" ", ""), *stop]
    used = sum(cell_len(text) for text, _ in spans)
    for key, words in keys:
        needed = cell_len(key) + cell_len(words) + 3
        if used + needed - 1 > width:
            continue
        spans += [(" ", ""), (key, "keybar--key"), (f" {words} ", "")]
        used += needed
    return tuple(spans)


def armed_words(seconds: float, command: str, name: str, width: int, *, ellipsis: str = "…") -> str:
    """Say what the next key does in at most `width` cells; only the name of the chamber is ever cut."""
    armed = f"STOP armed {math.ceil(seconds)} s: "
    for words in (
        f"press ! again to send {command} to {name}; any other key drops it",
        f"! sends {command} to {name}, other keys drop it",
    ):
        if cell_len(armed + words) <= width:
            return armed + words
    words = f"! sends {command} to "
    room = width - cell_len(armed + words)
    if room >= min(_SHORTEST_NAME, cell_len(name)):
        return armed + words + fit(name, min(room, cell_len(name)), ellipsis=ellipsis)
    return armed + "press ! again"
