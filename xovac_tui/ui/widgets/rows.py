"""A list of which only the rows that can be seen are ever made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from xovac_tui.ui.widgets.lines import Line, LinesWidget

MakeRow = Callable[[int, bool], Line]
"""Row number, and whether it is the chosen one -> its line."""


class Rows(LinesWidget, can_focus=True):
    """Scrolls over any number of rows; with `choose` one of them is the chosen one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--chosen", "rows--quiet", "rows--strong", "rows--warn", "rows--bad", "rows--good", "rows--name",
    }  # fmt: skip
    DEFAULT_CSS = """
    Rows {
        height: 1fr; width: 1fr; padding: 0 1;
        border: round $border-blurred;
        border-title-color: $foreground; border-subtitle-color: $foreground-muted;
        &:focus { border: round $border; }
        & > .rows--chosen { color: $block-cursor-foreground; background: $block-cursor-background; }
        & > .rows--quiet { color: $foreground-muted; }
        & > .rows--strong { text-style: bold; }
        & > .rows--warn { color: $warning; }
        & > .rows--bad { color: $error; text-style: bold; }
        & > .rows--good { color: $good; }
        & > .rows--name { color: $foreground; }
    }
    .-ascii Rows { border: ascii $border-blurred; }
    .-ascii Rows:focus { border: ascii $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home,g", "move(-1000000)", "first", show=False),
        Binding("end,G", "move(1000000)", "last", show=False),
    ]

    class Chosen(Message):
        """Another row is the chosen one."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            """The list that sent it."""
            return self.rows

    def __init__(self, *, choose: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choose = choose
        self._count = 0
        self._make: MakeRow = lambda index, chosen: ()
        self.top = 0
        """Number of the first row that is seen."""
        self.chosen = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._count

    def show_rows(
        self, count: int, make: MakeRow, *, chosen: int | None = None, rewind: bool = False
    ) -> None:
        """Show these rows in place of the ones before, from the first one on where `rewind`."""
        self._count, self._make = count, make
        if rewind:
            self.top = 0
        self.chosen = min(max(0, self.chosen if chosen is None else chosen), max(0, count - 1))
        self._see_chosen()
        self.repaint()

    def repaint(self) -> None:
        """Make the rows that can be seen."""
        height = self.size.height
        if not height:
            return
        self.top = min(max(0, self.top), max(0, self._count - height))
        last = min(self._count, self.top + height)
        lines = [self._make(row, self._choose and row == self.chosen) for row in range(self.top, last)]
        self.show_lines(lines + [()] * (height - len(lines)))
        said = f"{self.top + 1} to {last} of {self._count:,}" if self._count > height else ""
        if (self.border_subtitle or "") != said:
            self.border_subtitle = said

    def _see_chosen(self) -> None:
        if not self._choose or not self.size.height:
            return
        self.top = min(max(self.top, self.chosen - self.size.height + 1), self.chosen)

    def action_move(self, rows: int) -> None:
        """Go up or down."""
        if not self._choose:
            self.top += rows
        else:
            before = self.chosen
            self.chosen = min(max(0, before + rows), max(0, self._count - 1))
            self._see_chosen()
            if self.chosen != before:
                self.post_message(self.Chosen(self, self.chosen))
        self.repaint()

    def action_page(self, pages: int) -> None:
        """Go up or down by what is seen at once."""
        self.action_move(pages * max(1, self.size.height - 1))

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
        """Choose the row under the pointer."""
        place = event.get_content_offset(self)
        if self._choose and place is not None and self.top + place.y < self._count:
            self.action_move(self.top + place.y - self.chosen)

    def on_resize(self) -> None:
        """Fill the new size."""
        self._see_chosen()
        self.repaint()

    def on_focus(self) -> None:
        """Show the chosen row as the one that keys move."""
        self.repaint()

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self.repaint()
