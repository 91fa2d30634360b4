"""Alarms as they came and went, put together from the changes in the record."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from xovac_tui.chamber.alarmview import AlarmChange, AlarmEvent
from xovac_tui.recording.lists import RecordedAlarm
from xovac_tui.report.facts import Occurrence

_HANDLED = (
    AlarmEvent.SHELVED,
    AlarmEvent.UNSHELVED,
    AlarmEvent.OUT_OF_SERVICE,
    AlarmEvent.IN_SERVICE,
    AlarmEvent.REMOVED,
)


def occurrences(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[Occurrence, ...]:
    """Return the alarms that stood in a stretch of record time, in the order in which they were raised.

    One that was raised before counts where it had not returned; what became of one later is told as well.
    """
    found: list[Occurrence] = []
    standing: dict[str, int] = {}
    for one in changes:
        change = one.change
        if change.event is AlarmEvent.RAISED:
            if one.t >= until:
                standing.pop(change.rule, None)
                continue
            standing[change.rule] = len(found)
            found.append(Occurrence(change, earlier=one.t < start))
        elif (place := standing.get(change.rule)) is not None:
            found[place] = _after(found[place], change)
    return tuple(one for one in found if not one.earlier or one.returned is None or one.returned >= start)


def _after(one: Occurrence, change: AlarmChange) -> Occurrence:
    if change.event is AlarmEvent.RETURNED:
        return msgspec.structs.replace(one, returned=one.returned or change.utc)
    if change.event is AlarmEvent.ACKNOWLEDGED and one.acknowledged is None:
        return msgspec.structs.replace(one, acknowledged=change.utc, acknowledged_by=change.who)
    return one


def handled(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[AlarmChange, ...]:
    """Return what was done to alarms in a stretch of record time beside acknowledging them."""
    return tuple(one.change for one in changes if start <= one.t < until and one.change.event in _HANDLED)
