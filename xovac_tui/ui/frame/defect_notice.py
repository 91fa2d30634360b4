"""The notice that replaces the screens after repeated failures: only the essential state."""

from __future__ import annotations

from textual.app import ComposeResult

from xovac_tui.ui.format import where_logged
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.terminal.modal import LeanScreen
from xovac_tui.ui.widgets.lean import LeanStatic
from xovac_tui.ui.widgets.message_line import MessageLine
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.workspace import Workspace

_NOT_NOW = "The full screen is not available."


class NoticeScreen(LeanScreen[None]):
    """Link, run, alarms and pressure, and the keys that work: STOP, quit and retry."""

    DEFAULT_CSS = """
    NoticeScreen SmallNotice { display: block; height: auto; }
    NoticeScreen Static { height: auto; width: 1fr; margin-top: 1; }
    """

    def __init__(self, workspace: Workspace, *, words_only: bool) -> None:
        super().__init__(classes="-small")
        self.workspace = workspace
        self._words_only = words_only
        """True if readings are left out because showing them has failed, too."""

    def compose(self) -> ComposeResult:
        """Build the notice."""
        keys, log_file = self.workspace.keys, self.workspace.window.log_file
        yield MessageLine()
        yield StopBar()
        if not self._words_only:
            yield SmallNotice(id="small")
        yield LeanStatic(
            "The screen failed several times, so only this is shown. Link, recording, alarms and STOP go on. "
            f"{keys['redraw']} tries the full screen again, {keys['quit']} leaves. "
            f"{where_logged(log_file)} {log_file}".rstrip(),
            id="why",
            markup=False,
        )

    def flush(self) -> None:
        """Show the current state."""
        workspace = self.workspace
        snapshot = workspace.take_snapshot()
        for notice in self.query(SmallNotice):
            notice.show(workspace, snapshot, _NOT_NOW)
        workspace.window.show_stop()
