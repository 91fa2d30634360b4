"""What every dialog has in common: a frame, a way out, and eyes on the chamber."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui.terminal.modal import Modal
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.workspace import Workspace

T = TypeVar("T")

_ANSWER_ROWS = 5
"""Rows of a question that are not its words: the frame, and the answers with air around them."""


class Dialog(ModalScreen[T | None], Modal[T | None], Generic[T]):
    """A question above the tabs; escape leaves it with None. STOP works above it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .dialog {
        width: auto; max-width: 90%; min-width: 40; height: auto; max-height: 90%;
        padding: 1 2; border: round $border; background: $surface; border-title-color: $foreground;
        border-title-style: bold;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back", show=True)]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    @property
    def station(self) -> Station:
        """The chamber's station."""
        return self.workspace.station

    def on_mount(self) -> None:
        """Say at once how to stop the recipe: the first picture must not lack it."""
        self.workspace.window.show_stop()

    def stop_bar(self) -> StopBar:
        """Return the strip that says how to stop the recipe; every dialog yields one."""
        return StopBar()

    @property
    def rows(self) -> int:
        """Rows of the terminal that the dialog may take: all but the strip's."""
        return self.app.size.height - 1

    def fit_words(self) -> None:
        """Let the words of a question scroll where its answers would have no row."""
        for words in self.query(VerticalScroll):
            words.styles.max_height = max(1, self.rows - _ANSWER_ROWS)

    def on_unmount(self) -> None:
        """Show the keys of what lies under it again."""
        if self.app.is_running:
            self.app.call_after_refresh(self.workspace.window.show_keys)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; called at the flush rate."""

    def on_news(self, news: News) -> None:
        """Take news that cannot wait."""
