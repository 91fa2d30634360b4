"""Show the alarms of a chamber and act on them: one interface for live alarms and for a replay."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from xovac_tui.chamber.alarm import LONGEST_SHELF, AlarmChange, AlarmEvent, AlarmsView, AlarmView, Ask
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode
from xovac_tui.clock import Clock
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits


class AlarmDesk(ABC):
    """The alarms of one chamber, as screens and commands use them.

    Each action returns why it was refused; None when it is done (or requested, where another process does
    it).
    """

    def __init__(self, clock: Clock, who: str) -> None:
        self._clock, self._who = clock, who
        self._units = AS_REPORTED

    @abstractmethod
    def _picture(self, *, unresolved: bool) -> AlarmsView:
        """Return the alarms at this moment, all or only those that want attention."""

    def show_in(self, units: DisplayUnits) -> None:
        """Show values in these units from now on; what is recorded keeps those of the contract."""
        self._units = units

    def view(self) -> AlarmsView:
        """Return all alarms at this moment."""
        return self._picture(unresolved=False)

    def unresolved(self) -> AlarmsView:
        """Return only those that want attention; cheap, however many rules there are."""
        return self._picture(unresolved=True)

    @abstractmethod
    def _happened(self) -> Iterable[AlarmChange]:
        """Return what happened to alarms until now, with values in the units of the contract."""

    def history(self) -> Sequence[AlarmChange]:
        """Return what happened to alarms until now, oldest first; of much only the newest."""
        return tuple(change.shown_in(self._units) for change in self._happened())

    @abstractmethod
    def use_set(self, name: str | None) -> AlarmRefusal | None:
        """Choose the set of limits by hand; None: by the pressure again."""

    @abstractmethod
    def _do(self, asks: Sequence[Ask]) -> AlarmRefusal | None:
        """Do what is asked of alarms, or have it done; return why not, None where it is."""

    def acknowledge(self, seen: Iterable[AlarmView]) -> AlarmRefusal | None:
        """Acknowledge alarms as they were seen; one raised after that stays unacknowledged."""
        waiting = [one for one in seen if one.waits]
        if not waiting:
            return AlarmRefusal(AlarmRefusalCode.NONE_WAITS)
        return self._do(
            [self._ask(one.rule, AlarmEvent.ACKNOWLEDGED, raised_utc=one.raised_utc) for one in waiting]
        )

    def shelve(self, rule: str, seconds: float, reason: str) -> AlarmRefusal | None:
        """Silence an alarm for a time, eight hours at the most."""
        if not reason.strip():
            return AlarmRefusal(AlarmRefusalCode.SHELVED_WITHOUT_REASON)
        if not 0 < seconds <= LONGEST_SHELF:
            return AlarmRefusal(AlarmRefusalCode.SHELVED_TOO_LONG, rule, seconds=LONGEST_SHELF)
        until = self._clock.utc() + seconds
        return self._do([self._ask(rule, AlarmEvent.SHELVED, reason=reason.strip(), until=until)])

    def unshelve(self, rule: str) -> AlarmRefusal | None:
        """Bring a shelved alarm back before its time."""
        return self._do([self._ask(rule, AlarmEvent.UNSHELVED)])

    def take_out(self, rule: str, reason: str) -> AlarmRefusal | None:
        """Take an alarm out of service, until it is put back."""
        if not reason.strip():
            return AlarmRefusal(AlarmRefusalCode.OUT_WITHOUT_REASON)
        return self._do([self._ask(rule, AlarmEvent.OUT_OF_SERVICE, reason=reason.strip())])

    def put_back(self, rule: str) -> AlarmRefusal | None:
        """Put an alarm back into service."""
        return self._do([self._ask(rule, AlarmEvent.IN_SERVICE)])

    def _ask(self, rule: str, event: AlarmEvent, **how: Any) -> Ask:
        return Ask(rule=rule, event=event, who=self._who, utc=self._clock.utc(), **how)
