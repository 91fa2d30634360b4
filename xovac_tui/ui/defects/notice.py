"""What is shown in place of the screens once they have failed too often: the few things that must be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.widgets.stopbar import StopBar

if TYPE_CHECKING:
    from xovac_tui.ui.app import XovacApp

_NOT_NOW = "The full screen is not available."


class NoticeScreen(Screen[None]):
    """Link, run, alarms and pressure, and the keys that work: STOP, quit and another try."""

    DEFAULT_CSS = """
    NoticeScreen SmallNotice { display: block; height: auto; }
    NoticeScreen Static { height: auto; width: 1fr; margin-top: 1; }
    """

    def __init__(self, *, words_only: bool) -> None:
        super().__init__(classes="-small")
        self._words_only = words_only
        """Show no readings: showing them has failed, too."""

    def compose(self) -> ComposeResult:
        """Build the notice."""
        app = cast("XovacApp", self.app)
        yield StopBar()
        if not self._words_only:
            yield SmallNotice(id="small")
        again, leave = app.keys["redraw"], app.keys["quit"]
        yield Static(
            "The screen failed several times, so only this is shown. Link, recording, alarms and STOP go on. "
            f"{again} tries the full screen again, {leave} leaves. {app.where_logged()}",
            id="why",
            markup=False,
        )

    def show_now(self) -> None:
        """Show this moment."""
        app = cast("XovacApp", self.app)
        for notice in self.query(SmallNotice):
            notice.show(
                app.workspace.station.snapshot(),
                app.workspace.station.alarms.unresolved(),
                name=app.workspace.station.name,
                glyphs=app.workspace.glyphs,
                mode=app.workspace.mode,
                otherwise=_NOT_NOW,
            )
