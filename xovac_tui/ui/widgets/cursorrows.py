"""A list of lines with a cursor, of which only what fits is laid out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from xovac_tui.ui.action import MOVING
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, clip, fit

T = TypeVar("T")


class CursorRows(LinesWidget, Generic[T], can_focus=True):
    """Rows with a cursor that stays on its item when others come; arrows, hjkl, page keys and pointer."""

    BINDINGS: ClassVar[list[BindingType]] = MOVING
    EMPTY: ClassVar[str] = ""

    class Moved(Message):
        """The cursor stands on another item."""

    class Picked(Message):
        """The item under the cursor was clicked again."""

        def __init__(self, rows: LinesWidget) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self._items: tuple[T, ...] = ()
        self._at = 0
        self._top = 0

    @abstractmethod
    def key_of(self, item: T) -> Hashable:
        """Return what an item is known by."""

    @abstractmethod
    def spans_of(self, item: T, width: int) -> Sequence[Span]:
        """Return an item as one line of at most `width` cells."""

    @property
    def chosen(self) -> T | None:
        """The item under the cursor."""
        return self._items[self._at] if self._at < len(self._items) else None

    def show_items(self, items: Sequence[T]) -> None:
        """Show these items in place of the ones before; a cursor at the top stays there."""
        before = self.chosen
        self._items = tuple(items)
        if before is not None and not (self._at == 0 and not self.has_focus):
            keys = [self.key_of(item) for item in self._items]
            key = self.key_of(before)
            at = keys.index(key) if key in keys else min(self._at, max(0, len(keys) - 1))
            self._top = max(0, self._top + at - self._at)
            self._at = at
        self.draw()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._at = max(0, min(len(self._items) - 1, self._at + by))
        self.draw()
        self.post_message(self.Moved())

    def action_page(self, by: int) -> None:
        """Move the cursor by what is shown at once."""
        self.action_move(by * max(1, self.size.height - 1))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; open the item when it stood there already."""
        at = self._top + event.y
        if at >= len(self._items):
            return
        if at == self._at and event.chain == 1 and self.has_focus:
            self.post_message(self.Picked(self))
        else:
            self.action_move(at - self._at)

    def watch_has_focus(self, value: bool) -> None:
        """Show the cursor, or a paler one."""
        super().watch_has_focus(value)
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again."""
        self.draw()

    def draw(self) -> None:
        """Lay out what fits."""
        width, height = self.size.width, self.size.height
        if not width or not height:
            return
        if not self._items:
            self.show_lines([((f" {self.EMPTY}", "rows--quiet"),)])
            return
        self._top = max(0, min(self._top, self._at, len(self._items) - height))
        self._top = max(self._top, self._at - height + 1)
        shown = self._items[self._top : self._top + height]
        self.show_lines([self._row(item, width, item is self.chosen) for item in shown])

    def _row(self, item: T, width: int, chosen: bool) -> Line:
        mark = self.glyphs.then if chosen else " "
        spans = [(f"{mark} ", ""), *self.spans_of(item, width - 2)]
        if not (chosen and self.has_focus):
            return clip(tuple(spans), width, ellipsis=self.glyphs.ellipsis)
        # One colour for the whole row: signs and words in it still tell outcome and hazard.
        text = "".join(part for part, _ in spans)
        return ((fit(text, width, ellipsis=self.glyphs.ellipsis), "rows--cursor"),)
