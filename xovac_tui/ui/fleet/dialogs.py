"""The dialogs of the fleet: its help, and the question before a command runs in this terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from xovac_tui.ui.action import Action, printed
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.terminal.modal import Modal
from xovac_tui.ui.widgets.lines import Line, paragraph
from xovac_tui.ui.widgets.rows import Rows

_KEYS = 10
"""Cells of the column of keys; in a terminal with less than three times as many each key has its own line."""


class FleetDialog(ModalScreen[bool | None], Modal[bool | None]):
    """A text above the fleet; enter answers True, escape None."""

    DEFAULT_CSS = """
    FleetDialog { align: center middle; background: $background 60%; }
    FleetDialog > #box {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $border; background: $surface; border-title-style: bold;
        border-title-color: $foreground; border-subtitle-color: $foreground-muted;
    }
    FleetDialog Rows, FleetDialog Rows:focus { border: none; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back"),
        Binding("enter", "dismiss(True)", "yes"),
    ]

    def __init__(self, heading: str, lines: Sequence[tuple[str, str]], below: str, glyphs: Glyphs) -> None:
        """Take lines of (key, text): a text without a key has the whole width."""
        super().__init__()
        self._heading, self._texts, self._below, self._glyphs = heading, tuple(lines), below, glyphs

    def compose(self) -> ComposeResult:
        """Build the frame and the text, which scrolls."""
        with Vertical(id="box") as box:
            box.border_title = Content(self._glyphs.plain(self._heading))
            box.border_subtitle = Content(self._glyphs.plain(self._below))
            yield Rows(id="words")

    def on_mount(self) -> None:
        """Show the text and scroll by its keys."""
        rows = self.query_one("#words", Rows)
        rows.show_folded(self._folded)
        rows.focus()
        self.on_resize()

    def on_resize(self) -> None:
        """Take as many rows as the text has, if there is room."""
        width = max(20, min(76, self.app.size.width) - 4)
        count = len(self._folded(width - 2))
        self.query_one("#words", Rows).styles.height = min(count, max(1, self.app.size.height - 2))

    def _folded(self, width: int) -> list[Line]:
        plain = self._glyphs.plain
        made: list[Line] = []
        column = _KEYS if width >= 3 * _KEYS else 0
        for key, text in self._texts:
            cells = column if key else 0
            if key and not column:
                made.append(((plain(key), "$footer-key-foreground"),))
            for number, line in enumerate(paragraph(plain(text), max(1, width - cells))):
                head = plain(key).ljust(cells) if cells and not number else " " * cells
                made.append(((head, "$footer-key-foreground"), *line))
        return made


def key_lines(actions: Sequence[Action]) -> list[tuple[str, str]]:
    """Return actions as lines of the help."""
    return [(" ".join(printed(key) for key in one.keys.split(",")), one.help) for one in actions]
