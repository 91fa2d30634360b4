"""Explains the screen one is on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.widgets import Static

from xovac_tui.ui.actions import Action, actions
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.workspace import Workspace

_KEYS_WIDTH = 13


class HelpDialog(Dialog[bool]):
    """What the tab is for, its keys, and the keys that work everywhere."""

    DEFAULT_CSS = """
    HelpDialog > .dialog { width: 76; max-width: 100%; max-height: 100%; padding: 0 2; }
    HelpDialog VerticalScroll { height: auto; }
    HelpDialog Static { height: auto; }
    HelpDialog FactsView { margin-bottom: 1; }
    HelpDialog FactsView .fact--label { color: $footer-key-foreground; text-style: bold; }
    """

    def __init__(self, workspace: Workspace, pane: Pane | None) -> None:
        super().__init__(workspace)
        self._pane = pane

    def compose(self) -> ComposeResult:
        """Build the text."""
        pane = self._pane
        tables = [("Keys everywhere", actions("app"))]
        if self.workspace.playback is not None:
            tables.insert(0, ("Keys of the replay", actions("replay")))
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = f"Help: {pane.SCOPE.title()}" if pane else "Help"
            box.border_subtitle = "arrows: scroll   esc: back"
            with VerticalScroll():
                if pane is not None:
                    yield Static(Content(self.workspace.glyphs.plain(pane.HELP) + "\n"))
                    tables.insert(0, (f"Keys of {pane.SCOPE.title()}", actions(pane.SCOPE)))
                for title, table in tables:
                    yield Static(Content.styled(title, "bold"))
                    keys = FactsView(label_width=_KEYS_WIDTH)
                    keys.show([self._fact(action) for action in table])
                    yield keys

    def on_mount(self) -> None:
        """Let the arrows scroll at once; no toast may lie over what is read."""
        self.app.clear_notifications()
        self.query_one(VerticalScroll).focus()
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal."""
        self.query_one(VerticalScroll).styles.max_height = max(2, self.rows - 4)

    def _fact(self, action: Action) -> Fact:
        keys = self.workspace.start.settings.keys.get(action.id, action.keys)
        shown = " ".join(_NAMES.get(key, format_key(key)) for key in map(str.strip, keys.split(",")) if key)
        return Fact(f"  {shown}", self.workspace.glyphs.plain(action.help))


_NAMES = {"enter": "enter", "left": "left", "right": "right", "up": "up", "down": "down"}
"""Keys whose usual picture says less than their name does."""
