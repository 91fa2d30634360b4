"""The base of all dialogs: frame, escape key, STOP strip and news of the chamber."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui.terminal.modal import Modal
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.workspace import Workspace

T = TypeVar("T")

_ANSWER_ROWS = 5
"""Rows of a question beside its text: the frame, and the answers with their margins."""


class Dialog(ModalScreen[T | None], Modal[T | None], Generic[T]):
    """A question above the tabs; escape returns None. STOP works above it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .dialog {
        width: auto; max-width: 90%; min-width: 40; height: auto; max-height: 90%;
        padding: 1 2; border: round $border; background: $surface; border-title-color: $foreground;
        border-title-style: bold;
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

    def compose(self) -> ComposeResult:
        """Build the strip that shows how to stop the recipe, and the frame with the contents."""
        yield StopBar()
        with Vertical(classes="dialog") as box:
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

    @property
    def rows(self) -> int:
        """Rows available to the dialog: all but the strip's."""
        return self.app.size.height - 1

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
