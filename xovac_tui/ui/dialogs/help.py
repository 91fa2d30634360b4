"""The help dialog: explains the shown tab and its keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from xovac_tui.ui.action import KeyTables
from xovac_tui.ui.dialogs.base import ReadingDialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.workspace import Workspace

_KEYS_WIDTH = 13


class HelpDialog(ReadingDialog):
    """Purpose and keys of the tab, and the keys that work everywhere."""

    DEFAULT_CSS = """
    HelpDialog Static { height: auto; }
    HelpDialog FactsView { margin-bottom: 1; }
    """

    def __init__(self, workspace: Workspace, screen: str, text: str, tables: KeyTables) -> None:
        """Explain a tab; `screen` and `text` are empty if none is shown."""
        super().__init__(workspace, f"Help: {screen}" if screen else "Help", "arrows: scroll   esc: back")
        self._text, self._tables = text, tables

    def text(self) -> ComposeResult:
        """Build the text."""
        plain = self.workspace.glyphs.plain
        if self._text:
            yield Static(Content(plain(self._text) + "\n"))
        for title, table in self._tables:
            yield Static(Content.styled(title, "bold"))
            keys = FactsView(label_width=_KEYS_WIDTH, label_style="bold $footer-key-foreground")
            keys.show([Fact(f"  {shown}", plain(words)) for shown, words in table])
            yield keys
