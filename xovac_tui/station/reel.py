"""A tape in one running time: what happened, step by step, in the order in which it did.

Every recorded session has a monotonic clock of its own. The reel's time is that of the first session; later
ones are moved behind it by the wall clock between them. Within a session time goes on evenly, even where
somebody set the wall clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView, LinkWord, Mark, Outcome
from xovac_tui.recipes.plan import Plan
from xovac_tui.recording.eventlog import LoggedEvent, payload_of
from xovac_tui.recording.lists import (
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RecordedSession,
)
from xovac_tui.recording.record import Stretch
from xovac_tui.recording.tape import Tape

OWN_MARKS = frozenset({"lost", "online", "run", "idle", "step"})
"""Kinds of marks that the model makes by itself when it is fed again."""
_TIE = 1e-6
"""Seconds: what lies beside events is known in UTC, whose floats are that coarse."""
_LOADED = (Outcome.SUCCESS.value, Outcome.UNKNOWN.value)

Beside: TypeAlias = RecordedLink | RecordedCommand | RecordedMark | RecordedLoad
Happened: TypeAlias = Event | LinkView | LedgerEntry | Mark | RecordedLoad

_replace = msgspec.structs.replace


class Step(msgspec.Struct, frozen=True):
    """One thing that happened; its times are the reel's."""

    mono: float
    utc: float
    happened: Happened
    index: int | None = None
    """Of the event in the record; None for anything else."""


class Place(msgspec.Struct, frozen=True):
    """A place between two steps, from which a reel can go on."""

    index: int = 0
    """Events from here on are still to come."""
    told: int = 0
    """How many of the things that have a place among the events were given."""
    timed: int = 0
    """How many of those that have only a time were given."""
    session: int | None = None
    shift: float = 0.0
    """Record time minus the session's own monotonic time."""
    offset: float = 0.0
    """The reel's time minus the session's own monotonic time."""
    mono: float = 0.0
    """Of the newest step."""
    record_time: float = 0.0
    """Of the newest event."""

    def utc(self, mono: float) -> float:
        """Return the wall time at a moment of the reel after this place."""
        return mono - self.offset + self.shift


class Reel:
    """The steps of a tape, one after the other."""

    def __init__(self, tape: Tape, place: Place | None = None) -> None:
        self._tape = tape
        self._lives = {life.id: life for life in tape.head.sessions}
        self._ids = _entry_ids(tape.commands)
        recorded = {life.id for life in tape.head.sessions if life.recording}
        sides: list[Beside] = [*tape.links, *tape.commands, *tape.marks]
        # A console beside the recorder does not know where among the events it is: its time is all there is.
        self._told = sorted(
            (one for one in sides if one.session in recorded and not isinstance(one, RecordedLoad)),
            key=lambda one: (_position(one), one.t),
        )
        timed: list[Beside] = [one for one in sides if one.session not in recorded]
        self._timed = sorted([*timed, *tape.loads], key=lambda one: one.t)
        recorders = [life for life in tape.head.sessions if life.recording]
        self._even = not any(one.mark.kind == "clock" for one in tape.marks) and all(
            before.seen <= after.started for before, after in pairwise(recorders)
        )
        self.begin = self._first_place()
        self.place = place or self.begin
        self._events = self._from(self.place)
        self._event = next(self._events, None)
        self._next = self._make()

    @property
    def first_index(self) -> int:
        """Index of the first event of the tape."""
        return self.begin.index

    def peek(self) -> Step | None:
        """Return the step that comes next; None at the end."""
        return self._next[0] if self._next else None

    def take(self) -> Step | None:
        """Return the step that comes next, and go on behind it."""
        if self._next is None:
            return None
        step, self.place = self._next
        if step.index is not None:
            self._event = next(self._events, None)
        self._next = self._make()
        return step

    def mono_of(self, record_time: float, session: int | None = None) -> float:
        """Return the moment of the reel that a record time (of a session, where it is known) stands for."""
        life = self._lives.get(session) if session is not None else None
        if life is not None and life.id != self.begin.session and life.recording:
            return record_time - (life.started - life.mono) + self._offset(life)
        return record_time - self.begin.shift + self.begin.offset

    # -- inside -----------------------------------------------------------------------------------------

    def _first_place(self) -> Place:
        start = self._tape.head.start
        first = next(self._tape.stretches(start), None)
        lives = [life for life in self._tape.head.sessions if life.recording]
        session: int | None = None
        shift = 0.0
        if first is not None:
            session, shift = first.session, first.shift
        elif lives:
            session, shift = lives[0].id, lives[0].started - lives[0].mono
        index = 0 if first is None else first.block.first
        return Place(index=index, session=session, shift=shift, mono=start - shift, record_time=start)

    def _offset(self, life: RecordedSession) -> float:
        return (life.started - life.mono) - self.begin.shift + self.begin.offset

    def _from(self, place: Place) -> Iterator[tuple[Stretch, LoggedEvent]]:
        # Where the wall clock was set back, later events have earlier record times.
        begin = place.record_time - _TIE if self._even else self._tape.head.start
        for stretch in self._tape.stretches(begin):
            if stretch.block.first + stretch.block.count > place.index:
                for event in stretch.block.events():
                    if event.index >= place.index:
                        yield stretch, event

    def _make(self) -> tuple[Step, Place] | None:
        """Return the next step and the place behind it."""
        place, event = self.place, self._event
        told = self._told[place.told] if place.told < len(self._told) else None
        timed = self._timed[place.timed] if place.timed < len(self._timed) else None
        if event is not None:
            if told is not None and _position(told) > event[1].index:
                told = None
            if timed is not None and timed.t > event[1].mono + event[0].shift:
                timed = None
        if told is not None and (timed is None or told.t <= timed.t):
            if told.session != place.session:
                return self._turn(told.session, None)
            return self._beside(told, _replace(place, told=place.told + 1))
        if timed is not None:
            return self._beside(timed, _replace(place, timed=place.timed + 1))
        if event is None:
            return None
        if event[0].session != place.session:
            return self._turn(event[0].session, event[0].shift)
        return self._happened(*event)

    def _happened(self, stretch: Stretch, logged: LoggedEvent) -> tuple[Step, Place]:
        place = self.place
        own = logged.mono + place.offset
        payload = payload_of(logged.form, logged.raw, logged.problem)
        event = Event(logged.name, payload, logged.direction, logged.kind, logged.utc, own)
        mono = max(own, place.mono)
        return Step(mono, logged.utc, event, logged.index), _replace(
            place,
            index=logged.index + 1,
            shift=stretch.shift,
            mono=mono,
            record_time=logged.mono + stretch.shift,
        )

    def _beside(self, one: Beside, behind: Place) -> tuple[Step, Place]:
        place = self.place
        own = self._own_time(one)
        mono = max(own + place.offset - _TIE, place.mono)
        happened = self._moved(one, own)
        return Step(mono, one.t, happened), _replace(behind, mono=mono)

    def _own_time(self, one: Beside) -> float:
        """Return the session's monotonic time at which something happened beside the events."""
        place = self.place
        if isinstance(one, RecordedMark) and one.session == place.session:
            return one.mark.mono
        shifts = [place.shift]
        if self._event is not None and self._event[0].session == place.session:
            # The clock may have been set between the two events that it happened between.
            shifts.append(self._event[0].shift)
        last = place.mono - place.offset
        return min((one.t - shift for shift in shifts), key=lambda mono: abs(mono - last))

    def _moved(self, one: Beside, own: float) -> Happened:
        """Return what happened with its times in the reel's."""
        offset = self.place.offset
        match one:
            case RecordedLink(link=link):
                return _replace(link, since_mono=link.since_mono + offset) if offset else link
            case RecordedCommand(entry=entry):
                number = self._ids[one.session, entry.id]
                if one.session == self.place.session:
                    sent = entry.mono + offset
                else:
                    # Another machine's clock, or another process's: only its wall time is comparable.
                    sent = entry.utc - self.place.shift + offset
                return _replace(entry, id=number, mono=sent)
            case RecordedMark(mark=mark):
                return _replace(mark, mono=own + offset)
        return one

    def _turn(self, session: int, shift: float | None) -> tuple[Step, Place]:
        """Go over to another session: whoever recorded has ended, and until the next began nobody looked."""
        place = self.place
        life, before = self._lives.get(session), self._lives.get(place.session or 0)
        first = (life.started - life.mono) if life is not None else (shift or 0.0)
        ended = place.mono
        if before is not None:
            ended = max(ended, before.seen - place.shift + place.offset)
        offset = first - self.begin.shift + self.begin.offset
        began = (life.mono + offset) if life is not None else math.inf
        ended = max(place.mono, min(ended, began))
        utc = place.utc(ended)
        how = "ended" if before is None or before.closed else "was killed or lost power"
        why = f"Nothing was recorded from here on: the recorder {how}."
        nobody = LinkView(LinkWord.OFFLINE, utc, ended, why)
        if life is not None and began < ended:
            # The wall clock was set back meanwhile.
            offset += ended - began
        return Step(ended, utc, nobody), _replace(
            place, session=session, shift=first, offset=offset, mono=ended
        )


def _position(one: Any) -> int:
    position: int = one.position
    return position


def _entry_ids(commands: tuple[RecordedCommand, ...]) -> dict[tuple[int, int], int]:
    """Return a number for each command of each session: its own where there is only one session."""
    found: dict[tuple[int, int], int] = {}
    sessions = {one.session for one in commands}
    for one in commands:
        key = one.session, one.entry.id
        if key not in found:
            found[key] = one.entry.id if len(sessions) == 1 else len(found) + 1
    return found


def plan_of(load: RecordedLoad) -> Plan | None:
    """Return the plan of a recipe that was handed over; None where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode(load.plan, type=Plan) if load.plan else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def loaded(load: RecordedLoad) -> bool:
    """Return whether a recipe that was handed over may have arrived."""
    return load.outcome in _LOADED
