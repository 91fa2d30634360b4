"""Ring in this console's terminal when alarms want attention, whichever process evaluates them."""

from __future__ import annotations

import os
from collections.abc import Callable

from xovac_tui import notify
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.station.news import News
from xovac_tui.ui.workspace import Workspace

CHECK_SECONDS = 1.0
"""Seconds between two checks for a due reminder."""


def ring_for_alarms(workspace: Workspace) -> Callable[[], None] | None:
    """Ring for the alarms of a workspace from now on; return None if the settings do not want that.

    Else returns the function that rings for due reminders, to be called every `CHECK_SECONDS`.
    """
    settings = workspace.start.bell
    if not settings.in_terminal:
        return None
    station, plain = workspace.station, workspace.glyphs.plain
    notices = notify.terminal.TerminalNotices(settings, station.name, environ=os.environ)

    def ring_if_due() -> None:
        clock = station.clock
        if due := notices.due(station.alarms.unresolved(), clock.mono(), clock.utc(), plain=plain):
            workspace.window.write_beside(due)

    def listen(news: News) -> None:
        if isinstance(news, AlarmsChanged):
            notices.take(news.changes, station.clock.mono())
            ring_if_due()

    station.subscribe(listen)
    return ring_if_due
