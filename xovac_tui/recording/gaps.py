"""When nothing was measured: no link, no data, or no recorder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import msgspec

from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.link import LinkWord
from xovac_tui.recording.disk import kinds, lists
from xovac_tui.recording.disk.axis import EvenAxis, Piece
from xovac_tui.recording.disk.record import Record

SILENCE = 5.0
"""Seconds between two recorders from which they are reported as a gap."""
_SHORTEST = 1.0
"""Seconds from which a gap is reported."""
_NOTED = 0.5
"""Seconds after which the record shows at the latest that data came again: how often the link is checked."""


class Gap(msgspec.Struct, frozen=True):
    """A stretch of time without data, in even time, from the newest value before it to the first after it."""

    start: float
    end: float
    recorded: bool
    """The recorder went on, but had no link or no data; False: for some of it nothing was recorded."""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.end - self.start


def gaps(
    record: Record, since: float, until: float, axis: EvenAxis | None = None, *, channel: str = ""
) -> tuple[Gap, ...]:
    """Return when there was no link, no data or no recorder, in a stretch of even time.

    `axis` gives the even time, by default the record's. A gap goes from the newest usable value of `channel`
    (its full name; empty: from the newest message) before it to the first one after it, and those that share
    a moment are one.
    """
    axis = axis or lists.axis_of(record)
    values = _Values(record, axis, channel)
    noted = [one for one in _noted(record, axis, until) if one.end > since and one.start < until]
    whole = (values.around(one, since, until) for one in noted)
    cut = (Gap(max(one.start, since), min(one.end, until), one.recorded) for one in whole)
    return tuple(one for one in _joined(cut) if one.seconds >= _SHORTEST)


def _joined(found: Iterable[Gap]) -> Iterator[Gap]:
    """Yield gaps by time, each moment once."""
    before: Gap | None = None
    for one in sorted(found, key=lambda gap: gap.start):
        if before is not None and one.start < before.end:
            before = Gap(before.start, max(before.end, one.end), before.recorded and one.recorded)
            continue
        if before is not None:
            yield before
        before = one
    if before is not None:
        yield before


class _Values:
    """When values of a channel, or messages of any, were recorded."""

    def __init__(self, record: Record, axis: EvenAxis, channel: str) -> None:
        self._record, self._axis, self._channel = record, axis, channel

    def around(self, gap: Gap, since: float, until: float) -> Gap:
        """Return a gap from the newest value before it was noticed to the first one after that."""
        start, end = gap.start, gap.end
        back = max(start, end - _NOTED)
        for piece in reversed(self._axis.pieces):
            first, last = self._axis.bounds(piece)
            if last < since:
                break
            if first <= start and (times := [at for at in self._times(piece) if at <= start]):
                start = max(times)
                break
        for piece in self._axis.pieces:
            first, last = self._axis.bounds(piece)
            if first >= until:
                break
            if last > back and (times := [at for at in self._times(piece) if at > back]):
                end = min(times)
                break
        return Gap(start, end, gap.recorded)

    def _times(self, piece: Piece) -> Sequence[float]:
        """Return the even times of the usable values, or messages, in a block."""
        offset = self._axis.offset(piece.session)
        for stretch in self._record.blocks_of(lambda one: one.first == piece.first):
            block = stretch.block
            if not self._channel:
                events = block.events()
                return [
                    one.mono + offset
                    for one in events
                    if one.direction is Direction.IN and one.kind is EventKind.MESSAGE
                ]
            series = block.samples(frozenset([self._channel])).get(self._channel)
            if series is not None:
                pairs = zip(series.places, series.values, strict=True)
                return [block.mono[place] + offset for place, value in pairs if value == value]
        return ()


def _noted(record: Record, axis: EvenAxis, until: float) -> list[Gap]:
    """Return the gaps as they were noticed, by the changes of the link and the lives of recorders."""
    found: list[Gap] = []
    lives = lists.sessions(record)
    changes = lists.links(record)
    for life, after in zip_longest(lives, lives[1:]):
        began = axis.even(life.id, life.mono)
        seen = began + life.seconds
        own = [(axis.of(change), change.link.word) for change in changes if change.session == life.id]
        down = None if _began_online(axis, life, own) else began
        for t, word in own:
            if word is LinkWord.ONLINE:
                if down is not None:
                    found.append(Gap(down, t, recorded=True))
                down = None
            elif down is None:
                down = t
        end = axis.even(after.id, after.mono) if after is not None else until
        if down is not None:
            found.append(Gap(down, min(seen, end), recorded=True))
        if after is not None and end - seen > SILENCE:
            found.append(Gap(seen, end, recorded=False))
    return found + _suspensions(record, axis)


def _suspensions(record: Record, axis: EvenAxis) -> list[Gap]:
    """Return when a recorder's machine was suspended, or the recorder itself was held."""
    found: list[Gap] = []
    begun: dict[int, float] = {}
    marks = "SELECT session, kind, mono FROM marks WHERE kind IN ('asleep', 'awake') ORDER BY id"
    for session, kind, mono in record.rows(marks):
        if kind == "asleep":
            begun[session] = mono
        elif session in begun and axis.knows(session):
            start = axis.even(session, begun.pop(session))
            found.append(Gap(start, axis.even(session, mono), recorded=False))
    return found


def _began_online(
    axis: EvenAxis, life: kinds.RecordedSession, changes: Sequence[tuple[float, LinkWord]]
) -> bool:
    """Return whether a recorder had a link when it began: it took over from another one, or a new file."""
    if changes:
        return changes[0][1] in (LinkWord.LOST, LinkWord.STALE)
    return any(piece.session == life.id for piece in axis.pieces)
