"""Messages for news, the bell for alarms, and a digest after an absence of the operator."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from xovac_tui import notify
from xovac_tui.chamber.alarm import as_shown
from xovac_tui.chamber.news import (
    AlarmsChanged,
    ContractChanged,
    ContractProblemChanged,
    LedgerChanged,
    LinkChanged,
    ModeChanged,
    RecordOpened,
)
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.errors import XovacError
from xovac_tui.forwarding.view import ForwardChanged
from xovac_tui.recording.status import RecorderChanged
from xovac_tui.station.news import News, ServiceFailed
from xovac_tui.ui import dialogs, message_words
from xovac_tui.ui.workspace import Workspace

AWAY = 1800.0
"""Seconds without a key after which the operator counts as away."""


class Messages:
    """Puts news into the history of messages, and shows a digest when the operator returns."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._touched = workspace.station.clock.mono()
        """Monotonic time of the newest key."""
        self._unreadable = ""
        """The last message about a record that cannot be read."""
        self._digest_due = False
        """A digest waits until the chamber is shown."""

    def on_news(self, news: News) -> None:
        """Say what news need to be said."""
        if isinstance(news, LinkChanged):
            self._say(message_words.link_words(news))
        elif isinstance(news, LedgerChanged):
            self._say(message_words.outcome_words(news.entry, self._workspace.keys), news.entry)
        elif isinstance(news, RecorderChanged):
            self._say(message_words.recorder_words(news))
        elif isinstance(news, ForwardChanged):
            self._say(message_words.forward_words(news))
        elif isinstance(news, AlarmsChanged):
            alarms = self._workspace.station.alarms
            self._say(message_words.alarm_words(as_shown(news.changes, alarms.unresolved())))
            if not alarms.view().waiting:
                self._workspace.history.see_all(outcomes=False)
        elif isinstance(news, RecordOpened):
            self._welcome()
        elif isinstance(news, ModeChanged):
            self._say(message_words.mode_words(news))
        elif isinstance(news, ContractChanged):
            self._say(message_words.contract_words(news))
        elif isinstance(news, ContractProblemChanged):
            self._say(message_words.contract_problem_words(news))
        elif isinstance(news, ServiceFailed):
            self._say(message_words.service_words(news, self._workspace.window.log_file))

    def report_unreadable(self) -> None:
        """Report once that the record cannot be read, so that the past shown is incomplete."""
        said, before = self._workspace.station.unreadable, self._unreadable
        self._unreadable = said
        if said and not before:
            self._say(message_words.unreadable_words(said))

    def key_pressed(self) -> None:
        """Note a key as a sign of the operator; show the digest after `AWAY` seconds without one."""
        station = self._workspace.station
        mono = station.clock.mono()
        away, self._touched = mono - self._touched, mono
        if away >= AWAY and (len(self._workspace.window.screen_stack) == 1 or not self._workspace.is_shown):
            station.record.note_return(away)
            self._welcome()

    def _say(self, words: message_words.MessageText | None, entry: LedgerEntry | None = None) -> None:
        if words is not None:
            self._workspace.say(
                words.said,
                words.severity,
                title=words.title,
                seconds=words.seconds,
                path=words.path,
                stays=words.stays,
                entry=entry,
            )

    def shown(self) -> None:
        """Show what had to wait until the chamber is shown."""
        if self._digest_due:
            self._welcome()

    def _welcome(self) -> None:
        self._digest_due = not self._workspace.is_shown
        if self._digest_due:
            return
        self._workspace.window.run_worker(self._show_digest(), group="dialog")

    async def _show_digest(self) -> None:
        workspace, station = self._workspace, self._workspace.station
        if station.record.away_since is None:
            return
        channels = station.snapshot().channels
        pins = workspace.memory.state.pinned.get(station.name)
        try:
            digest = await asyncio.to_thread(station.record.digest, channels, pins)
        except (XovacError, OSError) as error:
            self._say(message_words.unreadable_words(str(error)))
            return
        if not workspace.is_shown:
            self._digest_due = True
        elif digest is not None and digest.events:
            await workspace.ask(dialogs.digest.DigestDialog(workspace, digest, station.runs.running))


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
            shown = as_shown(news.changes, station.alarms.unresolved())
            notices.take(shown, station.clock.mono())
            ring_if_due()

    station.subscribe(listen)
    return ring_if_due
