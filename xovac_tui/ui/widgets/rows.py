"""A list that makes only its visible rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from xovac_tui.ui.action import MOVING
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import CHOSEN, Line, LinesWidget, Span, clip, entitle, fit

T = TypeVar("T")
_WHOLE = 10_000
"""Cells in which a copied row is not cut."""

MakeRow = Callable[[int, bool], Line]
"""Function from row number and whether it is chosen to the row's line."""
Fold = Callable[[int], Sequence[Line]]
"""Function from a width in cells to the lines that fit it."""


class EnterClicked(Message):
    """What the cursor is on was clicked a second time: what enter does there is wanted."""


class TwiceClicked:
    """Knows which clicks are the second one on the same thing, with no other in between."""

    def __init__(self) -> None:
        self._at: Hashable = None

    def is_second(self, at: Hashable) -> bool:
        """Note a click on a thing; return whether the click before was on it, too."""
        second, self._at = self._at == at, at
        if second:
            self._at = None
        return second

    def forget(self) -> None:
        """Count the next click as the first one."""
        self._at = None


class ListWidget(LinesWidget, can_focus=True):
    """A list that keys move through, and that looks another way while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = MOVING

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clicks = TwiceClicked()

    @property
    def rows_seen(self) -> int:
        """How many rows of the list are seen at once."""
        return self.size.height

    @abstractmethod
    def repaint(self) -> None:
        """Make the visible rows."""

    @abstractmethod
    def action_move(self, rows: int) -> None:
        """Go up or down."""

    def action_page(self, pages: int) -> None:
        """Scroll by a page."""
        self.action_move(pages * max(1, self.rows_seen - 1))

    def watch_has_focus(self, value: bool) -> None:
        """Show whether keys move the cursor, or go elsewhere."""
        super().watch_has_focus(value)
        if not value:
            self._clicks.forget()
        self.repaint()


class Rows(ListWidget):
    """Scrolls over any number of rows; with `choose` one row is chosen."""

    DEFAULT_CSS = """
    Rows {
        height: 1fr; width: 1fr; padding: 0 1;
        border: round $border-blurred;
        border-title-color: $foreground; border-subtitle-color: $foreground-muted;
        &:focus { border: round $border; }
    }
    """

    class Chosen(Message):
        """Another row was chosen."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            """The list that sent it."""
            return self.rows

    def __init__(self, title: str = "", *, choose: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._choose = choose
        self._count = 0
        self._make: MakeRow = lambda index, chosen: ()
        self._head: Callable[[], Line] | None = None
        self._refold: Callable[[], None] | None = None
        """Makes the rows for another width, if they depend on it."""
        self._folded_at = 0
        self._skip: Collection[int] = ()
        self.top = 0
        """Number of the first visible row."""
        self.chosen = 0

    @property
    def count(self) -> int:
        """The number of rows."""
        return self._count

    def show_rows(
        self,
        count: int | Callable[[int], int],
        make: MakeRow,
        *,
        head: Callable[[], Line] | None = None,
        skip: Collection[int] = (),
        chosen: int | None = None,
        rewind: bool = False,
    ) -> None:
        """Show these rows instead of the previous ones; `rewind` scrolls to the first.

        `count` may be a function of the width that makes the rows ready and returns how many there are; it is
        called now and after each change of the width. `head` stays above them; rows in `skip` cannot be
        chosen.
        """
        self._refold = None
        if not isinstance(count, int):
            fold = count
            self._refold = lambda: self._take(fold(self.size.width), make, head, skip, None, False)
            # A hidden list has no width: its rows are made once it gets one.
            count = fold(self.size.width) if self.size.width else 0
        self._folded_at = self.size.width
        self._take(count, make, head, skip, chosen, rewind)

    def show_folded(self, fold: Fold, *, rewind: bool = False) -> None:
        """Show lines made by a function of the width, now and after each change of it."""
        lines: Sequence[Line] = ()

        def made(width: int) -> int:
            nonlocal lines
            lines = fold(width)
            return len(lines)

        self.show_rows(made, lambda index, chosen: lines[index], rewind=rewind)

    def _take(
        self,
        count: int,
        make: MakeRow,
        head: Callable[[], Line] | None,
        skip: Collection[int],
        chosen: int | None,
        rewind: bool,
    ) -> None:
        self._count, self._make, self._head, self._skip = count, make, head, skip
        if rewind:
            self.top = 0
        self.chosen = min(max(0, self.chosen if chosen is None else chosen), max(0, count - 1))
        self._see_chosen()
        self.repaint()

    def repaint(self) -> None:
        """Make the visible rows."""
        height = self.rows_seen
        if height < 1:
            return
        self.top = min(max(0, self.top), max(0, self._count - height))
        last = min(self._count, self.top + height)
        lines = [self._make(row, self._choose and row == self.chosen) for row in range(self.top, last)]
        head = [] if self._head is None else [self._head()]
        self.show_lines([*head, *lines, *[()] * (height - len(lines))])
        entitle(self, below=f"{self.top + 1} to {last} of {self._count:,}" if self._count > height else "")

    @property
    def rows_seen(self) -> int:
        return self.size.height - (self._head is not None)

    def copied(self) -> Copied | None:
        """Return the chosen row as text; of a list that only scrolls, what is seen."""
        if self._choose and self._count:
            row = self._make(self.chosen, False)
            return Copied("a row", "".join(text for text, _ in row).strip())
        return Copied("what is seen", self.plain) if self._count else None

    def _see_chosen(self) -> None:
        if not self._choose or self.rows_seen < 1:
            return
        least = max(0, self.chosen - self.rows_seen + 1)
        self.top = min(max(self.top, least), self.chosen)
        while self.top > least and self.top - 1 in self._skip:
            # A heading belongs to the first row below it.
            self.top -= 1

    def action_move(self, rows: int) -> None:
        """Go up or down."""
        if not self._choose:
            self.top += rows
        else:
            before = self.chosen
            self.chosen = self._choosable(before + rows, 1 if rows > 0 else -1, before)
            self._see_chosen()
            if self.chosen != before:
                self.post_message(self.Chosen(self, self.chosen))
        self.repaint()

    def _choosable(self, row: int, way: int, before: int) -> int:
        """Return the next choosable row in this direction, else the last one before it."""
        row = min(max(0, row), max(0, self._count - 1))
        wanted = row
        while 0 <= row < self._count and row in self._skip:
            row += way
        if 0 <= row < self._count:
            return row
        row = wanted
        while 0 <= row < self._count and row in self._skip:
            row -= way
        return row if 0 <= row < self._count else before

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll without choosing."""
        event.stop()
        self.top -= 3
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without choosing."""
        event.stop()
        self.top += 3
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the pointer; a second click on it does what enter does."""
        place = event.get_content_offset(self)
        if not self._choose or place is None:
            return
        row = self.top + place.y - (self._head is not None)
        # A heading belongs to the row below it.
        row += row in self._skip
        if row < self.top or row >= self._count or row in self._skip:
            return
        chosen = row == self.chosen
        if not chosen:
            self.action_move(row - self.chosen)
        if self._clicks.is_second(row) and chosen:
            self.post_message(EnterClicked())

    def on_resize(self) -> None:
        """Fill the new size."""
        if self._refold is not None and self.size.width not in (0, self._folded_at):
            self._folded_at = self.size.width
            self._refold()
            return
        self._see_chosen()
        self.repaint()


class CursorRows(ListWidget, Generic[T]):
    """Rows with a cursor that stays on its item when rows change; arrows, hjkl, page keys and pointer."""

    EMPTY: ClassVar[str] = ""

    class Moved(Message):
        """The cursor moved to another item."""

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
        """Return the key that identifies an item."""

    @abstractmethod
    def spans_of(self, item: T, width: int) -> Sequence[Span]:
        """Return an item as one line of at most `width` cells."""

    @property
    def chosen(self) -> T | None:
        """The item under the cursor."""
        return self._items[self._at] if self._at < len(self._items) else None

    def show_items(self, items: Sequence[T]) -> None:
        """Show these items instead of the previous ones; a cursor at the top stays at the top."""
        before = self.chosen
        self._items = tuple(items)
        if before is not None and not (self._at == 0 and not self.has_focus):
            keys = [self.key_of(item) for item in self._items]
            key = self.key_of(before)
            at = keys.index(key) if key in keys else min(self._at, max(0, len(keys) - 1))
            self._top = max(0, self._top + at - self._at)
            self._at = at
        self.repaint()

    def copied(self) -> Copied | None:
        """Return the chosen item as text, whole."""
        one = self.chosen
        if one is None:
            return None
        return Copied("a row", "".join(text for text, _ in self.spans_of(one, _WHOLE)).strip())

    def choose(self, item: T) -> None:
        """Put the cursor on an item, if it is shown."""
        keys = [self.key_of(one) for one in self._items]
        if (key := self.key_of(item)) in keys:
            self.action_move(keys.index(key) - self._at)

    def action_move(self, rows: int) -> None:
        self._at = max(0, min(len(self._items) - 1, self._at + rows))
        self.repaint()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked item; open the item if the cursor is there already."""
        at = self._top + event.y
        if at >= len(self._items):
            return
        if at == self._at and event.chain == 1 and self.has_focus:
            self.post_message(self.Picked(self))
        else:
            self.action_move(at - self._at)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again."""
        self.repaint()

    def draw(self) -> None:
        self.repaint()

    def repaint(self) -> None:
        width, height = self.size.width, self.size.height
        if not width or not height:
            return
        if not self._items:
            self.show_lines([((f" {self.EMPTY}", "$no-data"),)])
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
        # One colour for the whole row: its signs and words still show outcome and hazard.
        text = "".join(part for part, _ in spans)
        return ((fit(text, width, ellipsis=self.glyphs.ellipsis), CHOSEN),)
