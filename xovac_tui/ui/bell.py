"""Rings in this console's terminal when alarms want attention, whatever process evaluates them."""

from __future__ import annotations

import os
from collections.abc import Callable

from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.station.news import News
from xovac_tui.ui.workspace import Workspace

LOOK_SECONDS = 1.0
"""Between two looks at whether a reminder is due."""


def ring_for_alarms(workspace: Workspace) -> Callable[[], None] | None:
    """Let the terminal ring from now on; None where the settings do not want that.

    Returns what looks whether a reminder is due, to be called every `LOOK_SECONDS`.
    """
    settings = workspace.start.bell
    if not settings.in_terminal:
        return None
    from xovac_tui.notify.terminal import TerminalNotices

    station, plain = workspace.station, workspace.glyphs.plain
    notices = TerminalNotices(settings, station.name, environ=os.environ)

    def look() -> None:
        clock = station.clock
        if due := notices.due(station.alarms.unresolved(), clock.mono(), clock.utc(), plain=plain):
            workspace.window.write_beside(due)

    def listen(news: News) -> None:
        if isinstance(news, AlarmsChanged):
            notices.take(news.changes, station.clock.mono())
            look()

    station.subscribe(listen)
    return look
