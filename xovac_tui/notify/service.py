"""Notifies people of alarms while this station evaluates them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xovac_tui.alarms.service import AlarmService
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.clock import Clock
from xovac_tui.notify.settings import NotifySettings

if TYPE_CHECKING:
    from xovac_tui.notify.notifier import Notifier

_LOOK = 1.0
"""Seconds between looks at what time alone makes due: reminders, what was held back, the heartbeat."""


class Notifying:
    """The station's hand on the notifier, which is made only where something is set up.

    A program beside the one that evaluates sends nothing, so that no one is notified twice.
    """

    def __init__(
        self, settings: NotifySettings | None, chamber: str, alarms: AlarmService, clock: Clock
    ) -> None:
        """Take `settings` with their addresses read; None: no notification is sent."""
        wanted = settings is not None and (settings.remote or settings.beats)
        self._settings = settings if wanted else None
        self._chamber, self._alarms, self._clock = chamber, alarms, clock
        if self._settings is not None:
            alarms.surroundings.will_notify(receiver.name for receiver in self._settings.remote)
        self._made: Notifier | None = None
        self._looked = -math.inf

    def take(self, news: AlarmsChanged) -> None:
        """Tell what happened to alarms."""
        if self._settings is not None and self._alarms.evaluates and not news.mirrored:
            self._notifier(self._settings).take(news.changes, self._alarms.standing())

    def tick(self, *, online: bool) -> None:
        """Tell what is due by now; `online`: the link to the chamber is there."""
        if self._settings is None or not self._alarms.evaluates:
            return
        mono = self._clock.mono()
        if mono - self._looked >= _LOOK:
            self._looked = mono
            self._notifier(self._settings).tick(self._alarms.standing(), online=online)

    async def close(self) -> None:
        """Let what is on its way arrive, for a moment."""
        if self._made is not None:
            await self._made.close()

    def _notifier(self, settings: NotifySettings) -> Notifier:
        if self._made is None:
            from xovac_tui.notify.notifier import Notifier

            rules = self._alarms.watchlist.rules
            self._made = Notifier(
                settings,
                self._chamber,
                self._clock,
                self._alarms.surroundings.notified,
                own_rules=[rule.name for rule in rules if rule.kind == "notification"],
            )
        return self._made
