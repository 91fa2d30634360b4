"""The base of all dialogs: frame, escape key, STOP strip and news of the chamber."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.layout import Layout, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import Static

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui.terminal.modal import Modal
from xovac_tui.ui.widgets.fitting import fit_step
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.message_line import MessageLine
from xovac_tui.ui.widgets.rows import ListWidget
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.workspace import Workspace

T = TypeVar("T")

_ANSWER_ROWS = 5
"""Rows of a question beside its text: the frame, and the answers with their margins."""


_LEAST_SCROLLING = 3
"""Rows that scrolling text keeps as long as there are blank rows to give."""


class GivingWay(VerticalLayout):
    """Stacks the parts of a dialog; where rows are short, its text gives way, never fields and buttons.

    First to shrink is what scrolls, then the blank rows, then the texts from the last one on.
    """

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> list[WidgetPlacement]:
        placed = list(super().arrange(parent, children, size, greedy))
        # Without a height Textual asks how many rows the parts want.
        if size.height > 0 and placed and placed[-1].region.bottom + placed[-1].margin.bottom > size.height:
            return _squeezed(placed, size.height)
        return placed


def _squeezed(placed: Sequence[WidgetPlacement], rows: int) -> list[WidgetPlacement]:
    """Return the placements within so many rows, as far as what may shrink suffices."""
    heights = [one.region.height for one in placed]
    bottoms = [0, *(one.region.bottom for one in placed)]
    gaps = [one.region.y - above for one, above in zip(placed, bottoms, strict=False)]
    gaps.append(placed[-1].margin.bottom)
    scrolling = [n for n, one in enumerate(placed) if _scrolls(one.widget)]
    texts = [n for n, one in reversed(list(enumerate(placed))) if _is_text(one.widget)]

    def give(lengths: list[int], places: Sequence[int], least: int) -> None:
        for place in places:
            over = sum(heights) + sum(gaps) - rows
            lengths[place] -= max(0, min(over, lengths[place] - least))

    give(heights, scrolling, _LEAST_SCROLLING)
    give(gaps, range(len(gaps) - 1, -1, -1), 0)
    give(heights, scrolling, 1)
    give(heights, texts, 0)
    fitted, y = [], 0
    for one, height, gap in zip(placed, heights, gaps, strict=False):
        y += gap
        region = one.region
        fitted.append(one._replace(region=region._replace(y=y, height=height)))
        y += height
    return fitted


def _scrolls(widget: Widget) -> bool:
    return isinstance(widget, ScrollableContainer | ScrollView | ListWidget)


def _is_text(widget: Widget) -> bool:
    return isinstance(widget, Static | LinesWidget) and not widget.can_focus and not _scrolls(widget)


class _Frame(Vertical):
    """The frame of a dialog."""

    _giving_way: Layout | None = None

    @property
    def layout(self) -> Layout:
        """How its parts are stacked; Textual takes a layout of a style sheet by its name only."""
        if self._giving_way is None:
            self._giving_way = GivingWay()
        return self._giving_way


class Dialog(ModalScreen[T | None], Modal[T | None], Generic[T]):
    """A question above the tabs; escape returns None. STOP works above it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .dialog {
        width: auto; max-width: 90%; min-width: 40; height: auto; max-height: 90%;
        padding: 1 2; border: round $border; background: $surface; border-title-color: $foreground;
        border-title-style: bold; border-subtitle-color: $foreground-muted;
    }
    Dialog > .dialog.-wide { width: 76; max-width: 100%; max-height: 100%; padding: 0 2; }
    Dialog VerticalScroll { height: auto; }
    Dialog .buttons { margin: 1 0; width: 1fr; align-horizontal: center; }
    """
    WIDE: ClassVar[bool] = True
    """The dialog may take the whole width and height of a small terminal."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back", show=True)]

    def __init__(self, workspace: Workspace, heading: str = "", below: str = "") -> None:
        """`heading` and `below` stand in the frame, over and under the contents."""
        super().__init__()
        self.workspace = workspace
        self.heading, self.below = heading, below
        self.fit_step()

    def compose(self) -> ComposeResult:
        """Build the message line, the strip that shows how to stop the recipe, and the frame."""
        yield MessageLine()
        yield StopBar()
        with _Frame(classes="dialog") as box:
            box.set_class(self.WIDE, "-wide")
            box.border_title, box.border_subtitle = Content(self.heading), Content(self.below)
            yield from self.contents()

    def contents(self) -> ComposeResult:
        """Build what stands in the frame."""
        yield from ()

    @property
    def station(self) -> Station:
        """The chamber's station."""
        return self.workspace.station

    def on_mount(self) -> None:
        """Show how to stop the recipe: the first picture must have it."""
        self.workspace.window.show_stop()
        self.workspace.window.show_messages()

    @property
    def unsaved(self) -> str:
        """What was typed here and would be lost with the console, as its heading; empty for nothing."""
        return ""

    @property
    def rows(self) -> int:
        """Rows available to the dialog: all but those of message line and strip."""
        return self.app.size.height - 2

    def on_resize(self) -> None:
        """Take the classes of the terminal's size."""
        self.fit_step()

    def fit_step(self) -> None:
        """Take the classes of the step of the terminal's size."""
        fit_step(self, self.workspace.step)

    def fit_words(self) -> None:
        """Make the text of a question scroll if it leaves no row for the answers."""
        for words in self.query(VerticalScroll):
            words.styles.max_height = max(1, self.rows - _ANSWER_ROWS)

    def on_unmount(self) -> None:
        """Show the keys of the screen below again."""
        if self.app.is_running:
            self.app.call_after_refresh(self.workspace.window.show_keys)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; called at the flush rate."""

    def on_news(self, news: News) -> None:
        """Handle news that cannot wait for the flush."""


class Entries(VerticalScroll, inherit_bindings=False):
    """Fields that scroll with the focus: keys that would scroll them go from field to field."""


class ReadingDialog(Dialog[bool]):
    """A text to read: arrows scroll it."""

    def contents(self) -> ComposeResult:
        """Build the text, which scrolls where it does not fit."""
        with VerticalScroll():
            yield from self.text()

    def text(self) -> ComposeResult:
        """Build the text."""
        yield from ()

    def on_mount(self) -> None:
        """Focus the text."""
        self.query_one(VerticalScroll).focus()
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal."""
        self.query_one(VerticalScroll).styles.max_height = max(2, self.rows - 4)
