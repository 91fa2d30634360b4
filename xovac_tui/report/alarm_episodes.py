"""Alarms as they came and went, put together from the changes in the record."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent
from xovac_tui.recording.disk.kinds import RecordedAlarm
from xovac_tui.report.facts import Occurrence

_HANDLED = (
    AlarmEvent.SHELVED,
    AlarmEvent.UNSHELVED,
    AlarmEvent.OUT_OF_SERVICE,
    AlarmEvent.IN_SERVICE,
    AlarmEvent.REMOVED,
)

_BACK = (AlarmEvent.UNSHELVED, AlarmEvent.IN_SERVICE)


def occurrences(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[Occurrence, ...]:
    """Return the alarms that stood in a stretch of record time, in the order in which they were raised.

    One that was raised before counts where it had not returned; what became of one later is told as well.
    """
    found: list[Occurrence] = []
    unresolved: dict[str, list[int]] = {}
    """Rule -> its occurrences that nobody has acknowledged, and the newest."""
    for one in changes:
        change, places = one.change, unresolved.setdefault(one.change.rule, [])
        if change.event is AlarmEvent.RAISED:
            if places:
                found[places[-1]] = _gone(found[places[-1]], one.t)
            if one.t >= until:
                # What is told of it from now on is about another time.
                places.clear()
                continue
            places[:] = [place for place in places if found[place].acknowledged is None]
            places.append(len(found))
            found.append(Occurrence(change, earlier=one.t < start))
        elif places:
            found[places[-1]] = _after(found[places[-1]], one)
            if change.event is AlarmEvent.ACKNOWLEDGED:
                for place in places:
                    found[place] = _acknowledged(found[place], change)
    return tuple(one for one in found if not one.earlier or one.gone is None or one.gone >= start)


def _after(one: Occurrence, told: RecordedAlarm) -> Occurrence:
    change = told.change
    if change.event is AlarmEvent.RETURNED:
        one = msgspec.structs.replace(one, returned=one.returned or change.utc)
    # On the shelf and out of service it goes in silence.
    silent = change.event in _BACK and not change.active
    ended = change.event in (AlarmEvent.RETURNED, AlarmEvent.REMOVED) or silent
    return _gone(one, told.t) if ended else one


def _gone(one: Occurrence, t: float) -> Occurrence:
    return one if one.gone is not None else msgspec.structs.replace(one, gone=t)


def _acknowledged(one: Occurrence, change: AlarmChange) -> Occurrence:
    """Return an occurrence that somebody has seen: who acknowledges an alarm has seen all that it did."""
    if one.acknowledged is not None:
        return one
    return msgspec.structs.replace(one, acknowledged=change.utc, acknowledged_by=change.who)


def handled(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[AlarmChange, ...]:
    """Return what was done to alarms in a stretch of record time beside acknowledging them."""
    return tuple(one.change for one in changes if start <= one.t < until and one.change.event in _HANDLED)
