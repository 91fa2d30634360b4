"""The help dialog: explains the shown tab and its keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from xovac_tui.ui.action import KeyTables
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.workspace import Workspace

_KEYS_WIDTH = 13


class HelpDialog(Dialog[bool]):
    """Purpose and keys of the tab, and the keys that work everywhere."""

    DEFAULT_CSS = """
    HelpDialog > .dialog { width: 76; max-width: 100%; max-height: 100%; padding: 0 2; }
    HelpDialog VerticalScroll { height: auto; }
    HelpDialog Static { height: auto; }
    HelpDialog FactsView { margin-bottom: 1; }
    """

    def __init__(self, workspace: Workspace, screen: str, text: str, tables: KeyTables) -> None:
        """Explain a tab; `screen` and `text` are empty if none is shown."""
        super().__init__(workspace)
        self._screen, self._text, self._tables = screen, text, tables

    def compose(self) -> ComposeResult:
        """Build the text."""
        plain = self.workspace.glyphs.plain
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = f"Help: {self._screen}" if self._screen else "Help"
            box.border_subtitle = "arrows: scroll   esc: back"
            with VerticalScroll():
                if self._text:
                    yield Static(Content(plain(self._text) + "\n"))
                for title, table in self._tables:
                    yield Static(Content.styled(title, "bold"))
                    keys = FactsView(label_width=_KEYS_WIDTH, label_style="bold $footer-key-foreground")
                    keys.show([Fact(f"  {shown}", plain(words)) for shown, words in table])
                    yield keys

    def on_mount(self) -> None:
        """Focus the text, so that the arrows scroll; remove toasts that would cover it."""
        self.app.clear_notifications()
        self.query_one(VerticalScroll).focus()
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal."""
        self.query_one(VerticalScroll).styles.max_height = max(2, self.rows - 4)
