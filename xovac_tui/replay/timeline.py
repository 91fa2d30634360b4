"""Read a slice in one running time: everything recorded, step by step, in order.

Every recorded session has a monotonic clock of its own. The timeline's time is that of the first session;
later ones are moved behind it as the slice's even time says. Time goes on evenly, also where the wall clock
was set.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Mark
from xovac_tui.recording.disk.axis import Placed
from xovac_tui.recording.disk.kinds import (
    RecordedAlarm,
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
)
from xovac_tui.recording.disk.record import Stretch
from xovac_tui.recording.disk.worded_marks import worded_marks
from xovac_tui.recording.eventlog import LoggedEvent, payload_of
from xovac_tui.recording.exports.slice import RecordSlice

OWN_MARKS = frozenset({"lost", "online", "run", "idle", "step"})
"""Kinds of marks that the model makes by itself when it is fed again."""
RECORDERS_MARKS = frozenset({"asleep", "awake"})
"""Kinds of marks that the recorder makes, and that no screen showed then."""
_TIE = 1e-6
"""Seconds: of some of what lies beside events only the UTC is known, whose floats are that coarse."""

PlacedRow: TypeAlias = RecordedLink | RecordedCommand | RecordedMark
"""What may have a place among the events."""
SideRow: TypeAlias = PlacedRow | RecordedLoad
ReplayedItem: TypeAlias = Event | LinkView | LedgerEntry | Mark | RecordedLoad

_replace = msgspec.structs.replace


class TimelineStep(msgspec.Struct, frozen=True):
    """One recorded item; its times are those of the timeline."""

    mono: float
    utc: float
    item: ReplayedItem
    index: int | None = None
    """Of the event in the record; None for anything else."""


class TimelineCursor(msgspec.Struct, frozen=True):
    """A place between two steps, from which a timeline can go on."""

    index: int = 0
    """Events from here on are still to come."""
    placed: int = 0
    """How many of the things that have a place among the events were given."""
    timed: int = 0
    """How many of those that have only a time were given."""
    session: int | None = None
    shift: float = 0.0
    """Record time minus the session's own monotonic time."""
    offset: float = 0.0
    """Time of the timeline minus the session's own monotonic time, in seconds."""
    mono: float = 0.0
    """Of the newest step."""

    def utc(self, mono: float) -> float:
        """Return the wall time (UTC seconds) at a moment of the timeline after this place."""
        return mono - self.offset + self.shift


def not_recorded(*, closed: bool) -> LinkReason:
    """Return why the link is OFFLINE after the recorder's end; not `closed`: it was cut short."""
    how = "ended" if closed else "was killed or lost power"
    return LinkReason(LinkCode.NOT_RECORDED, f"Nothing was recorded from here on: the recorder {how}.")


class Timeline:
    """The steps of a slice, one after the other."""

    def __init__(self, sliced: RecordSlice, place: TimelineCursor | None = None) -> None:
        self._sliced = sliced
        self._is_alive = {life.id: life for life in sliced.head.sessions}
        self._ids = _entry_ids(sliced.of(RecordedCommand))
        recorded = {life.id for life in sliced.head.sessions if life.recording}
        sides: list[PlacedRow] = [
            *sliced.of(RecordedLink),
            *sliced.of(RecordedCommand),
            *worded_marks(sliced.of(RecordedMark), sliced.of(RecordedAlarm)),
        ]
        # A console beside the recorder does not know where among the events it is: its time is all there is.
        placed = [one for one in sides if one.session in recorded]
        timed: list[SideRow] = [one for one in sides if one.session not in recorded]
        self._base = sliced.head.start - sliced.head.mono
        self._placed = sorted(
            ((self.mono_at(one), one) for one in placed), key=lambda pair: (pair[1].position, pair[0])
        )
        self._timed = sorted(
            ((self.mono_at(one), one) for one in [*timed, *sliced.of(RecordedLoad)]), key=lambda pair: pair[0]
        )
        self.begin = self._first_place()
        self.place = place or self.begin
        self._events = self._from(self.place)
        self._event = next(self._events, None)
        self._next = self._make()

    @property
    def first_index(self) -> int:
        """Index of the first event of the slice."""
        return self.begin.index

    def peek(self) -> TimelineStep | None:
        """Return the step that comes next; None at the end."""
        return self._next[0] if self._next else None

    def take(self) -> TimelineStep | None:
        """Return the step that comes next, and go on behind it."""
        if self._next is None:
            return None
        step, self.place = self._next
        if step.index is not None:
            self._event = next(self._events, None)
        self._next = self._make()
        return step

    def mono_of(self, even: float) -> float:
        """Return the time on the timeline, in seconds, of an even time of the slice."""
        return even - self._base

    def mono_at(self, one: Placed) -> float:
        """Return the time on the timeline, in seconds, of an item beside the events."""
        if one.mono is not None and self._sliced.axis.knows(one.session):
            return one.mono + self.offset(one.session)
        return self.mono_of(self._sliced.axis.of(one))

    def offset(self, session: int) -> float:
        """Return the timeline's time minus the monotonic time of a recorder's session, in seconds."""
        if session == self._sliced.head.session:
            return 0.0
        return self._sliced.axis.offset(session) - self._base

    # -- inside -----------------------------------------------------------------------------------------

    def _first_place(self) -> TimelineCursor:
        head = self._sliced.head
        first = next(self._sliced.stretches(0), None)
        shift = self._base
        if first is not None and first.session == head.session:
            shift = first.shift
        elif (life := self._is_alive.get(head.session)) is not None:
            shift = life.started - life.mono
        index = 0 if first is None else first.block.first
        return TimelineCursor(index=index, session=head.session or None, shift=shift, mono=head.mono)

    def _from(self, place: TimelineCursor) -> Iterator[tuple[Stretch, LoggedEvent]]:
        for stretch in self._sliced.stretches(place.index):
            if stretch.block.first + stretch.block.count > place.index:
                for event in stretch.block.events():
                    if event.index >= place.index:
                        yield stretch, event

    def _make(self) -> tuple[TimelineStep, TimelineCursor] | None:
        """Return the next step and the place behind it."""
        place, event = self.place, self._event
        placed = self._placed[place.placed] if place.placed < len(self._placed) else None
        timed = self._timed[place.timed] if place.timed < len(self._timed) else None
        if event is not None:
            if placed is not None and placed[1].position > event[1].index:
                placed = None
            if timed is not None and timed[0] > event[1].mono + self.offset(event[0].session):
                timed = None
        if placed is not None and (timed is None or placed[0] <= timed[0]):
            if placed[1].session != place.session:
                return self._turn(placed[1].session, None)
            return self._beside(*placed, _replace(place, placed=place.placed + 1))
        if timed is not None:
            return self._beside(*timed, _replace(place, timed=place.timed + 1))
        if event is None:
            return None
        if event[0].session != place.session:
            return self._turn(event[0].session, event[0].shift)
        return self._happened(*event)

    def _happened(self, stretch: Stretch, logged: LoggedEvent) -> tuple[TimelineStep, TimelineCursor]:
        place = self.place
        own = logged.mono + place.offset
        payload = payload_of(logged.form, logged.raw, logged.problem)
        event = Event(logged.name, payload, logged.direction, logged.kind, logged.utc, own)
        mono = max(own, place.mono)
        return TimelineStep(mono, logged.utc, event, logged.index), _replace(
            place,
            index=logged.index + 1,
            shift=stretch.shift,
            mono=mono,
        )

    def _beside(self, at: float, one: SideRow, behind: TimelineCursor) -> tuple[TimelineStep, TimelineCursor]:
        mono = max(at - _TIE, self.place.mono)
        return TimelineStep(mono, one.t, self._moved(at, one)), _replace(behind, mono=mono)

    def _moved(self, at: float, one: SideRow) -> ReplayedItem:
        """Return an item with its times moved to those of the timeline."""
        offset = self.place.offset
        match one:
            case RecordedLink(link=link):
                return _replace(link, since_mono=link.since_mono + offset) if offset else link
            case RecordedCommand(entry=entry, mono=mono):
                number = self._ids[one.session, entry.id]
                if one.session == self.place.session:
                    sent = entry.mono + offset
                else:
                    # Another process has a clock of its own: how long it took to its outcome is known.
                    sent = at - (entry_age(one) if mono is None else mono - entry.mono)
                return _replace(entry, id=number, mono=sent)
            case RecordedMark(mark=mark):
                return _replace(mark, mono=at)
        return one

    def _turn(self, session: int, shift: float | None) -> tuple[TimelineStep, TimelineCursor]:
        """Go over to another session: between the two recorders nothing was recorded."""
        place = self.place
        life, before = self._is_alive.get(session), self._is_alive.get(place.session or 0)
        first = (life.started - life.mono) if life is not None else (shift or 0.0)
        ended = place.mono
        if before is not None:
            ended = max(ended, before.mono + before.seconds + place.offset)
        offset = self.offset(session)
        began = (life.mono + offset) if life is not None else math.inf
        ended = max(place.mono, min(ended, began))
        utc = place.utc(ended)
        why = not_recorded(closed=before is None or before.closed)
        offline = LinkView(LinkWord.OFFLINE, utc, ended, why.sentence, code=why.code.value)
        return TimelineStep(ended, utc, offline), _replace(
            place, session=session, shift=first, offset=offset, mono=ended
        )


def entry_age(command: RecordedCommand) -> float:
    """Return the seconds from sending a command to its row, by the wall clock."""
    return max(0.0, command.t - command.entry.utc)


def _entry_ids(commands: tuple[RecordedCommand, ...]) -> dict[tuple[int, int], int]:
    """Return a number for each command of each session: its own where there is only one session."""
    found: dict[tuple[int, int], int] = {}
    sessions = {one.session for one in commands}
    for one in commands:
        key = one.session, one.entry.id
        if key not in found:
            found[key] = one.entry.id if len(sessions) == 1 else len(found) + 1
    return found
