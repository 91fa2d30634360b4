"""A field that chooses one of a few words."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import FOCUSED, LinesWidget


class Selector(LinesWidget, can_focus=True):
    """One of a few words, changed by left and right (or space)."""

    DEFAULT_CSS = """
    Selector { width: 1fr; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "turn(-1)", "before", show=False),
        Binding("right,l,space", "turn(1)", "next", show=False),
    ]

    class Changed(Message):
        """Another word was chosen."""

    def __init__(self, words: tuple[str, ...], value: str, glyphs: Glyphs) -> None:
        super().__init__()
        self.words, self.value, self._glyphs = words, value, glyphs
        self._draw()

    def action_turn(self, by: int) -> None:
        """Choose the next word, or the one before."""
        self.value = self.words[(self.words.index(self.value) + by) % len(self.words)]
        self._draw()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Choose the next word."""
        self.action_turn(1)

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the cursor."""
        super().watch_has_focus(value)
        self._draw()

    def _draw(self) -> None:
        left, right = ("<", ">") if self._glyphs.ascii else ("◂", "▸")
        style = FOCUSED if self.has_focus else ""
        where = f"  {self.words.index(self.value) + 1} of {len(self.words)}" if len(self.words) > 2 else ""
        self.show_lines([((f"{left} {self.value} {right}", style), (where, "$no-data"))])
