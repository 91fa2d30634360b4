"""The strip at the bottom of every screen that says how to stop the recipe, and what the next key does."""

from __future__ import annotations

import math
import textwrap
from typing import ClassVar

from rich.cells import cell_len

from xovac_tui.ui.widgets.lines import Line, LinesWidget, fit

STOP_CSS = """
    {name} .stop--key {{ color: $bad; text-style: bold; }}
    {name} .stop--off {{ color: $no-data; text-style: strike; }}
    {name} .stop--how {{ color: $footer-key-foreground; }}
"""
STOP_CLASSES = {"stop--key", "stop--off", "stop--how"}
_SHORTEST_NAME = 8
"""Cells of a chamber's name below which it says nothing."""


class StopBar(LinesWidget):
    """How to stop the recipe; in place of it what the next key does, as long as there is something to say.

    Above a dialog it lies in no shade. On the tabs the footer says the former, and this line is hidden.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = STOP_CLASSES
    DEFAULT_CSS = """
    StopBar { dock: bottom; height: auto; width: 1fr; background: $footer-background; }
    StopBar.-armed { background: $error; color: $background; text-style: bold; }
    StopBar#stop { display: none; }
    StopBar#stop.-armed { display: block; }
    """ + STOP_CSS.format(name="StopBar")

    _words = ""

    def show(self, words: str, resting: Line) -> None:
        """Show the words, or how to stop the recipe when they are empty."""
        self._words = words
        self.set_class(bool(words), "-armed")
        if not words:
            self.show_lines([((" ", ""), *resting)])
            return
        width = max(10, self.app.size.width - 2)
        self.show_lines([((f" {row}", ""),) for row in textwrap.wrap(words, width)])


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
