"""What the console tells by itself: toasts for news, and what happened while somebody was away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from xovac_tui.chamber.news import AlarmsChanged, LedgerChanged, LinkChanged, ModeChanged, RecordOpened
from xovac_tui.errors import XovacError
from xovac_tui.recording.status import RecorderChanged
from xovac_tui.station.news import News
from xovac_tui.ui.frame.alarm_strip import AlarmStrip
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.toasts import (
    Words,
    alarm_words,
    link_words,
    mode_words,
    outcome_words,
    recorder_words,
    unreadable_words,
)

if TYPE_CHECKING:
    from xovac_tui.ui.app import XovacApp

AWAY = 1800.0
"""Seconds without a key after which whoever presses one has been away."""
_BARS, _TOAST_ROWS = 6, 6
"""Rows of the bars that no toast may cover, and of a usual toast with its distance."""


class Telling:
    """Hands news to the screens, and says the ones that somebody must hear of wherever he is."""

    def __init__(self, app: XovacApp) -> None:
        self._app = app
        self._touched = app.workspace.station.clock.mono()
        """Monotonic time of the newest key."""
        self._unreadable = ""
        """What was told last of a record that cannot be read."""

    def on_news(self, news: News) -> None:
        """Show at once what cannot wait for the flush."""
        app = self._app
        if not app.is_running or not app.screen_stack:
            return
        if isinstance(news, LinkChanged):
            self.toast(link_words(news))
        elif isinstance(news, LedgerChanged):
            self.toast(outcome_words(news.entry))
        elif isinstance(news, RecorderChanged):
            self.toast(recorder_words(news))
        elif isinstance(news, AlarmsChanged):
            self.toast(alarm_words(news.changes))
        elif isinstance(news, RecordOpened):
            self.welcome()
        elif isinstance(news, ModeChanged):
            self.toast(mode_words(news))
        for pane in app.screen_stack[0].query(Pane):
            # A tab that is being made has nothing yet to show it with.
            if pane.is_mounted:
                pane.on_news(news)
        for screen in app.screen_stack[1:]:
            if screen.is_mounted and hasattr(screen, "on_news"):
                screen.on_news(news)
        app.flush()

    def toast(self, words: Words | None) -> None:
        """Say something in a corner of the screen, if there is something to say."""
        if words is not None:
            self._app.notify(
                words.said, title=words.title, severity=words.severity, timeout=words.seconds, markup=False
            )

    def make_room(self) -> None:
        """Take the oldest toasts away before a new one comes: so many would cover the trust bar."""
        app = self._app
        # Something may still be said while the app ends, when no screen is there any more.
        strips = [strip for frame in app.screen_stack[:1] for strip in frame.query(AlarmStrip)]
        bars = _BARS + sum(strip.display for strip in strips)
        most = max(1, (app.size.height - bars) // _TOAST_ROWS)
        shown = list(app._notifications)
        for old in shown[: max(0, len(shown) + 1 - most)]:
            app._unnotify(old)

    def look_at_record(self) -> None:
        """Say once that the record cannot be read: what is shown of the past is not all there was."""
        said, before = self._app.workspace.station.unreadable, self._unreadable
        self._unreadable = said
        if said and not before:
            self.toast(unreadable_words(said))

    # -- somebody who was away ------------------------------------------------------------------------

    def see_somebody(self) -> None:
        """Take a key for somebody who looks; after a long time without one he has come back."""
        app, station = self._app, self._app.workspace.station
        mono = station.clock.mono()
        away, self._touched = mono - self._touched, mono
        if away >= AWAY and len(app.screen_stack) == 1:
            station.record.came_back(away)
            self.welcome()

    def welcome(self) -> None:
        """Tell somebody who was away for long what happened meanwhile."""
        self._app.run_worker(self._tell_digest(), group="dialog")

    async def _tell_digest(self) -> None:
        app = self._app
        record = app.workspace.station.record
        if record.away_since is None:
            return
        from xovac_tui.ui.dialogs.digest import DigestDialog

        channels = app.workspace.station.snapshot().channels
        pins = app.workspace.memory.state.pinned.get(app.workspace.station.name)
        try:
            digest = await asyncio.to_thread(record.digest, channels, pins)
        except (XovacError, OSError) as error:
            self.toast(unreadable_words(str(error)))
            return
        if digest is not None and digest.events:
            await app.workspace.ask(DigestDialog(app.workspace, digest, app.workspace.station.flights.flying))
