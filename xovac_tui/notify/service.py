"""Notifies people of alarms while this station evaluates them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

from xovac_tui import notify
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmsView, as_shown
from xovac_tui.chamber.news import AlarmsChanged, LinkChanged
from xovac_tui.clock import Clock
from xovac_tui.notify.settings import NotifySettings

_LOOK = 1.0
"""Seconds between checks of what time alone makes due: reminders, what was held back, the heartbeat."""


class Alarms(Protocol):
    """What notifications need to know of the alarms."""

    @property
    def evaluates(self) -> bool:
        """True while this process is the one that evaluates them."""

    @property
    def receiver_rules(self) -> Sequence[str]:
        """Names of the rules that watch whether receivers can be reached."""

    def unresolved(self) -> AlarmsView:
        """Return those that want attention."""

    def will_notify(self, receivers: Iterable[str]) -> None:
        """Take note of who receives notifications."""

    def notified(self, receiver: str, why: str) -> None:
        """Take note of why a receiver could not be reached, as a sentence; empty: it was."""


class NotifyService:
    """Sends notifications of alarms; what sends them is made only where something is set up.

    A program beside the one that evaluates sends nothing, so that each is sent once.
    """

    def __init__(self, settings: NotifySettings | None, chamber: str, alarms: Alarms, clock: Clock) -> None:
        """Take `settings` with their addresses read; None: no notification is sent."""
        wanted = settings is not None and (settings.remote or settings.beats)
        self._settings = settings if wanted else None
        self._chamber, self._alarms, self._clock = chamber, alarms, clock
        if self._settings is not None:
            alarms.will_notify(receiver.name for receiver in self._settings.remote)
        self._made: notify.notifier.Notifier | None = None
        self._checked = -math.inf
        self._online = False

    def on_event(self, event: Event) -> None:
        """Do nothing."""

    def on_status(self, link: LinkView) -> None:
        """Do nothing: what is shown of the link comes as news."""

    def on_news(self, news: object) -> None:
        """Send what happened to alarms."""
        if isinstance(news, LinkChanged):
            self._online = news.link.word is LinkWord.ONLINE
        if not isinstance(news, AlarmsChanged) or news.mirrored:
            return
        if self._settings is not None and self._alarms.evaluates:
            view = self._alarms.unresolved()
            self._notifier(self._settings).take(as_shown(news.changes, view), view)

    def tick(self) -> None:
        """Send what is due by now: reminders, what was held back, the heartbeat."""
        if self._settings is None or not self._alarms.evaluates:
            return
        mono = self._clock.mono()
        if mono - self._checked >= _LOOK:
            self._checked = mono
            self._notifier(self._settings).tick(self._alarms.unresolved(), online=self._online)

    async def close(self) -> None:
        """Let what is on its way arrive, for a moment."""
        if self._made is not None:
            await self._made.close()

    def _notifier(self, settings: NotifySettings) -> notify.notifier.Notifier:
        if self._made is None:
            self._made = notify.notifier.Notifier(
                settings,
                self._chamber,
                self._clock,
                self._alarms.notified,
                own_rules=self._alarms.receiver_rules,
            )
        return self._made
