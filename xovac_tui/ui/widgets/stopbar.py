"""The strip at the bottom of every screen: how to stop the recipe, or the effect of the next key."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, fit_label

Keys = Sequence[tuple[str, str]]
"""The current keys, each with its effect; the most important first."""
_SHORTEST_NAME = 8
"""Cells below which a cut name of a chamber is useless."""


class KeyClicked(Message):
    """An entry of a strip was clicked: an action by its title, STOP for an empty one."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title


def clicked(line: Line, stop: int, x: int) -> str | None:
    """Return the title of a strip's entry at a cell, empty for STOP, None where there is none.

    `stop` is the number of spans that show how to stop the recipe.
    """
    end = 0
    for at, (text, _) in enumerate(line):
        end += cell_len(text)
        if x < end:
            if at <= stop:
                return ""
            # Each entry has three spans: a gap, the key, its effect.
            last = at + 2 - (at - stop - 1) % 3
            return line[last][0].strip() if last < len(line) else None
    return None


class StopBar(LinesWidget):
    """Shows how to stop the recipe, or instead the effect of the next key while there is one.

    A dialog does not shade it. On the tabs the footer shows the former, and this line is hidden.
    """

    DEFAULT_CSS = """
    StopBar {
        dock: bottom; height: auto; width: 1fr;
        background: $footer-background; color: $footer-description-foreground;
    }
    StopBar.-armed { background: $error; color: $background; text-style: bold; }
    StopBar#stop { display: none; }
    StopBar#stop.-armed { display: block; }
    """

    _words = ""
    _resting: Line = ()
    _keys: Keys = ()

    def show(self, words: str, resting: Line) -> None:
        """Show a text; how to stop the recipe if it is empty."""
        if (words, resting) != (self._words, self._resting):
            self._words, self._resting = words, resting
            self.set_class(bool(words), "-armed")
            self.draw()

    def show_keys(self, keys: Keys) -> None:
        """Show the keys of a dialog after how to stop the recipe, as far as there is room."""
        self._keys = tuple(keys)
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Run the entry under the pointer; while STOP is armed only its key counts."""
        title = None if self._words else clicked(self.lines[0], len(self._resting), event.x)
        if title is not None:
            self.post_message(KeyClicked(title))

    def draw(self) -> None:
        """Lay out again."""
        width = self.app.size.width
        if self._words:
            rows = textwrap.wrap(self._words, max(10, width - 2))
            self.show_lines([((f" {row}", ""),) for row in rows])
        else:
            self.show_lines([strip_line(self._resting, self._keys, width)])


def strip_line(stop: Line, keys: Keys, width: int) -> Line:
    """Return how to stop the recipe, which is never cut, and the keys that still fit."""
    spans: list[Span] = [(" ", ""), *stop]
    used = sum(cell_len(text) for text, _ in spans)
    for key, words in keys:
        needed = cell_len(key) + cell_len(words) + 3
        if used + needed - 1 > width:
            continue
        spans += [(" ", ""), (key, "bold $footer-key-foreground"), (f" {words} ", "")]
        used += needed
    return tuple(spans)


def armed_words(seconds: float, command: str, name: str, width: int, *, ellipsis: str = "…") -> str:
    """Return the effect of the next key in at most `width` cells; cuts only the chamber's name."""
    armed = f"STOP armed {math.ceil(seconds)} s: "
    for words in (
        f"press ! again to send {command} to {name}; any other key drops it",
        f"! sends {command} to {name}, other keys drop it",
    ):
        if cell_len(armed + words) <= width:
            return armed + words
    for words in (f"{armed}! sends {command} to ", f"{armed}! stops ", "! stops "):
        room = width - cell_len(words)
        if room >= min(_SHORTEST_NAME, cell_len(name)):
            # Cut in its middle: the names of two chambers may differ at either end.
            return words + fit_label(name, min(room, cell_len(name)), ellipsis=ellipsis)
    return armed + "press ! again"
