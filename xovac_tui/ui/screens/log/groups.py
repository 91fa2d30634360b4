"""Rows of the Log: events, with equal ones of a short stretch in one row. Made only where they are shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

import msgspec

from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.filters import LogRows

STRETCH = 128
"""Events of the log that are compared with each other, from a multiple of this index on: a row of a million
events is found without reading any other stretch, and stays the same however one gets there."""
_KEPT = 32
"""Stretches that are kept for a reader who scrolls."""

Sameness = Callable[[LoggedEvent], Hashable | None]
"""Function from an event to what equal ones have in common; None: it has a row of its own."""


class EqualEvents(msgspec.Struct, frozen=True):
    """The first of several equal events, each of which is the next one of its name."""

    first: int
    """Index of the event."""
    count: int = 1
    last: int = -1
    """Index of the newest one; -1: the first is the only one."""


class _Stretch(NamedTuple):
    key: tuple[int, int]
    """Index of its first event and number of its events: with these the same it is still the same."""
    groups: tuple[EqualEvents, ...]
    of: dict[int, int]
    """Index of an event -> number of its group."""

    def place(self, index: int) -> int:
        """Return the number of an event's group; 0 where the log has lost the event since."""
        return self.of.get(index, 0)


class LogGroups:
    """The rows of a log, by the index of their first event."""

    def __init__(self, rows: LogRows, sameness: Sameness | None) -> None:
        """Without `sameness` each event has a row of its own."""
        self.rows = rows
        self._sameness = sameness
        self._kept: OrderedDict[int, _Stretch] = OrderedDict()

    def group(self, index: int) -> EqualEvents | None:
        """Return the row that an event is in, or the next row, else the last one; None without events."""
        count = len(self.rows)
        if not count:
            return None
        index = self.rows.index(min(self.rows.row(index), count - 1))
        stretch = self._stretch(index)
        return stretch.groups[stretch.place(index)] if stretch.groups else None

    def newest(self) -> EqualEvents | None:
        """Return the last row; None without events."""
        count = len(self.rows)
        groups = self._stretch(self.rows.index(count - 1)).groups if count else ()
        return groups[-1] if groups else None

    def from_index(self, index: int, most: int) -> list[EqualEvents]:
        """Return the row of an event and the next ones, at most so many."""
        at = self.group(index)
        found: list[EqualEvents] = []
        while at is not None and len(found) < most:
            stretch = self._stretch(at.first)
            found += stretch.groups[stretch.place(at.first) :]
            after = self.rows.row((at.first // STRETCH + 1) * STRETCH)
            following = self.group(self.rows.index(after)) if after < len(self.rows) else None
            at = following if following is not None and following.first > at.first else None
        return found[:most]

    def moved(self, index: int, by: int) -> EqualEvents | None:
        """Return the row that is `by` rows below an event's (negative: above), else the last one that way."""
        count = len(self.rows)
        if not count:
            return None
        if by <= -count:
            return self.group(self.rows.index(0))
        if by >= count:
            return self.newest()
        if by >= 0:
            below = self.from_index(index, by + 1)
            return below[-1] if below else None
        at = self.group(index)
        while at is not None:
            stretch = self._stretch(at.first)
            place = stretch.place(at.first) + by
            if place >= 0 and stretch.groups:
                return stretch.groups[min(place, len(stretch.groups) - 1)]
            before = self.rows.row(at.first // STRETCH * STRETCH) - 1
            above = self._stretch(self.rows.index(before)).groups if before >= 0 else ()
            if not above or above[-1].first >= at.first:
                return stretch.groups[0] if stretch.groups else at
            by, at = place + 1, above[-1]
        return None

    def _stretch(self, index: int) -> _Stretch:
        """Return the groups of the stretch that an event which passes the filter is in."""
        number = index // STRETCH
        first, after = self.rows.row(number * STRETCH), self.rows.row((number + 1) * STRETCH)
        key = (self.rows.index(first), after - first)
        known = self._kept.get(number)
        if known is not None and known.key == key:
            self._kept.move_to_end(number)
            return known
        made = self._compared(key, [self.rows.index(row) for row in range(first, after)])
        self._kept[number] = made
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return made

    def _compared(self, key: tuple[int, int], indices: list[int]) -> _Stretch:
        if self._sameness is None:
            groups = tuple(EqualEvents(index) for index in indices)
            return _Stretch(key, groups, {index: place for place, index in enumerate(indices)})
        made: list[EqualEvents] = []
        of: dict[int, int] = {}
        newest: dict[Hashable, tuple[Hashable, int]] = {}
        """Direction and name -> what the newest event of it is, and the number of its group."""
        for index in indices:
            event = self.rows.log.get(index)
            same = None if event is None else self._sameness(event)
            who = None if event is None else (event.direction, event.name)
            before = newest.get(who) if same is not None else None
            if before is not None and before[0] == same:
                group = made[before[1]]
                made[before[1]] = EqualEvents(group.first, group.count + 1, index)
                of[index] = before[1]
                continue
            of[index] = len(made)
            newest[who] = (same, len(made))
            made.append(EqualEvents(index))
        return _Stretch(key, tuple(made), of)
