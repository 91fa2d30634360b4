"""Alarms as they came and went, and the gaps in the data, put together from what the record holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent
from xovac_tui.recording.disk.kinds import RecordedAlarm
from xovac_tui.recording.gaps import Gap
from xovac_tui.report.facts import AlarmEpisode, DataGap, Span

_HANDLED = (
    AlarmEvent.SHELVED,
    AlarmEvent.UNSHELVED,
    AlarmEvent.OUT_OF_SERVICE,
    AlarmEvent.IN_SERVICE,
    AlarmEvent.REMOVED,
)

_BACK = (AlarmEvent.UNSHELVED, AlarmEvent.IN_SERVICE)


def alarm_episodes(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[AlarmEpisode, ...]:
    """Return the alarms that were active in a stretch of record time, in the order in which they were raised.

    One that was raised before counts where it had not returned; what happened to it later is included.
    """
    found: list[AlarmEpisode] = []
    unresolved: dict[str, list[int]] = {}
    """Rule -> its unacknowledged episodes, and the newest."""
    for one in changes:
        change, places = one.change, unresolved.setdefault(one.change.rule, [])
        if change.event is AlarmEvent.RAISED:
            if places:
                found[places[-1]] = _gone(found[places[-1]], one.t)
            if one.t >= until:
                # Later changes are about another episode.
                places.clear()
                continue
            places[:] = [place for place in places if found[place].acknowledged is None]
            places.append(len(found))
            found.append(AlarmEpisode(change, earlier=one.t < start))
        elif places:
            found[places[-1]] = _after(found[places[-1]], one)
            if change.event is AlarmEvent.ACKNOWLEDGED:
                for place in places:
                    found[place] = _acknowledged(found[place], change)
    return tuple(one for one in found if not one.earlier or one.gone is None or one.gone >= start)


def _after(one: AlarmEpisode, recorded: RecordedAlarm) -> AlarmEpisode:
    change = recorded.change
    if change.event is AlarmEvent.RETURNED:
        one = msgspec.structs.replace(one, returned=one.returned or change.utc)
    # On the shelf and out of service it goes in silence.
    silent = change.event in _BACK and not change.active
    ended = change.event in (AlarmEvent.RETURNED, AlarmEvent.REMOVED) or silent
    return _gone(one, recorded.t) if ended else one


def _gone(one: AlarmEpisode, t: float) -> AlarmEpisode:
    return one if one.gone is not None else msgspec.structs.replace(one, gone=t)


def _acknowledged(one: AlarmEpisode, change: AlarmChange) -> AlarmEpisode:
    """Return an acknowledged episode; an acknowledgement covers all that the alarm did before."""
    if one.acknowledged is not None:
        return one
    return msgspec.structs.replace(one, acknowledged=change.utc, acknowledged_by=change.who)


def handled(changes: Iterable[RecordedAlarm], start: float, until: float) -> tuple[AlarmChange, ...]:
    """Return what was done to alarms in a stretch of record time beside acknowledging them."""
    return tuple(one.change for one in changes if start <= one.t < until and one.change.event in _HANDLED)


_NO_DATA, _NO_RECORDER = "no link or no data", "nothing was recorded"
_NO_VALUE = "no usable value came, or it was deleted since"


def missing(gaps: Sequence[Gap], holes: Sequence[Span]) -> tuple[DataGap, ...]:
    """Return the gaps of a run, by time.

    `gaps` is when there was no link, no data or no recorder, `holes` when the record holds no usable value of
    the controlled temperature for longer than usual. Those that share a moment are one gap.
    """
    found = [DataGap(one.start, one.end, _NO_DATA if one.recorded else _NO_RECORDER) for one in gaps]
    found += [DataGap(start, end, "") for start, end in holes]
    made: list[DataGap] = []
    for one in sorted(found, key=lambda gap: gap.start):
        if made and one.start < made[-1].end:
            before = made.pop()
            reasons = dict.fromkeys(why for why in (before.why, one.why) if why)
            one = DataGap(before.start, max(before.end, one.end), "; ".join(reasons))
        made.append(one)
    return tuple(DataGap(one.start, one.end, one.why or _NO_VALUE) for one in made)
