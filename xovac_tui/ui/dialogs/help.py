"""Explains the screen one is on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from xovac_tui.ui.commands import Action, actions
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.pane import Pane


class HelpDialog(Dialog[bool]):
    """What the tab is for, its keys, and the keys that work everywhere."""

    DEFAULT_CSS = """
    HelpDialog > .dialog { width: 76; }
    HelpDialog VerticalScroll { height: auto; max-height: 18; }
    HelpDialog Static { height: auto; }
    """

    def __init__(self, pane: Pane | None) -> None:
        super().__init__()
        self._pane = pane

    def compose(self) -> ComposeResult:
        """Build the text."""
        pane = self._pane
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = f"Help: {pane.SCOPE.title()}" if pane else "Help"
            box.border_subtitle = "esc: back"
            with VerticalScroll():
                if pane is not None:
                    yield Static(Content(self.console.glyphs.plain(pane.HELP) + "\n"))
                    yield Static(self._keys(f"Keys of {pane.SCOPE.title()}", actions(pane.SCOPE)))
                yield Static(self._keys("Keys everywhere", actions("app")))

    def on_mount(self) -> None:
        """Let the arrows scroll at once."""
        self.query_one(VerticalScroll).focus()

    def _keys(self, title: str, table: tuple[Action, ...]) -> Content:
        keymap = self.console.launch.settings.keys
        lines: list[Content] = [Content.styled(title, "bold")]
        for action in table:
            keys = keymap.get(action.id, action.keys).replace(",", " ")
            lines.append(Content.assemble((f"  {keys:<12}", "bold $footer-key-foreground"), action.help))
        return Content("\n").join([*lines, Content("")])
