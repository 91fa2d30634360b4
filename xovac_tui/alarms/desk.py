"""Show the alarms of a chamber and act on them: one interface for live alarms and for a replay."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from xovac_tui.chamber.alarm import LONGEST_SHELF, AlarmEvent, AlarmsView, AlarmView, Ask
from xovac_tui.clock import Clock
from xovac_tui.durations import spell_duration


class AlarmDesk(ABC):
    """The alarms of one chamber, as screens and commands use them.

    Each action returns why it was refused, as a sentence; an empty one when it is done (or requested, where
    another process does it).
    """

    def __init__(self, clock: Clock, who: str) -> None:
        self._clock, self._who = clock, who

    @abstractmethod
    def view(self) -> AlarmsView:
        """Return all alarms at this moment."""

    @abstractmethod
    def unresolved(self) -> AlarmsView:
        """Return only those that want attention; cheap, however many rules there are."""

    @abstractmethod
    def use_set(self, name: str | None) -> str:
        """Choose the set of limits by hand; None: by the pressure again."""

    @abstractmethod
    def _do(self, asks: Sequence[Ask]) -> str:
        """Do what is asked of alarms, or have it done; return why not, empty where it is."""

    def acknowledge(self, seen: Iterable[AlarmView]) -> str:
        """Acknowledge alarms as they were seen; one raised after that stays unacknowledged."""
        waiting = [one for one in seen if one.waits]
        if not waiting:
            return "Nothing there waits to be acknowledged."
        return self._do(
            [self._ask(one.rule, AlarmEvent.ACKNOWLEDGED, raised_utc=one.raised_utc) for one in waiting]
        )

    def shelve(self, rule: str, seconds: float, reason: str) -> str:
        """Silence an alarm for a time, eight hours at the most."""
        if not reason.strip():
            return "Say why it is shelved: the next shift must know."
        if not 0 < seconds <= LONGEST_SHELF:
            return f"An alarm can be shelved for {spell_duration(LONGEST_SHELF)} at the most."
        until = self._clock.utc() + seconds
        return self._do([self._ask(rule, AlarmEvent.SHELVED, reason=reason.strip(), until=until)])

    def unshelve(self, rule: str) -> str:
        """Bring a shelved alarm back before its time."""
        return self._do([self._ask(rule, AlarmEvent.UNSHELVED)])

    def take_out(self, rule: str, reason: str) -> str:
        """Take an alarm out of service, until it is put back."""
        if not reason.strip():
            return "Say why it is out of service: the next shift must know."
        return self._do([self._ask(rule, AlarmEvent.OUT_OF_SERVICE, reason=reason.strip())])

    def put_back(self, rule: str) -> str:
        """Put an alarm back into service."""
        return self._do([self._ask(rule, AlarmEvent.IN_SERVICE)])

    def _ask(self, rule: str, event: AlarmEvent, **how: Any) -> Ask:
        return Ask(rule=rule, event=event, who=self._who, utc=self._clock.utc(), **how)


def senseless(ask: Ask) -> str:
    """Return why nothing came of what was asked, as a sentence."""
    words = {
        AlarmEvent.ACKNOWLEDGED: "It does not wait to be acknowledged (any more).",
        AlarmEvent.SHELVED: "It is out of service, so it cannot be shelved.",
        AlarmEvent.UNSHELVED: "It is not shelved (any more).",
        AlarmEvent.OUT_OF_SERVICE: "It is out of service already.",
        AlarmEvent.IN_SERVICE: "It is in service already.",
    }
    return words.get(ask.event, "That cannot be done to an alarm.")
