"""Rings in this console's terminal when alarms want attention, whoever evaluates them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.station.news import News

if TYPE_CHECKING:
    from xovac_tui.ui.app import XovacApp

_LOOK = 1.0
"""Seconds between looks at whether a reminder is due."""


def ring_for_alarms(app: XovacApp) -> None:
    """Let the terminal ring from now on, where the settings want that."""
    settings = app.workspace.start.bell
    if not settings.in_terminal:
        return
    from xovac_tui.notify.terminal import TerminalNotices

    station = app.workspace.station
    notices = TerminalNotices(settings, station.name, environ=os.environ)

    def look() -> None:
        clock = station.clock
        if told := notices.due(
            station.alarms.unresolved(), clock.mono(), clock.utc(), plain=app.workspace.glyphs.plain
        ):
            app.write_beside(told)

    def listen(news: News) -> None:
        if isinstance(news, AlarmsChanged):
            notices.take(news.changes, station.clock.mono())
            look()

    station.subscribe(listen)
    app.set_interval(_LOOK, look)
