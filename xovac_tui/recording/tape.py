"""A part of a record with everything that belongs to it, wherever it is read from: for export and replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from xovac_tui.recording.codec import block_of
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.lists import (
    RecordedAlarm,
    RecordedChange,
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RecordedRun,
    RecordedSession,
    alarms,
    changes,
    commands,
    links,
    load,
    marks,
    rates,
    runs,
    sessions,
)
from xovac_tui.recording.log import Passes
from xovac_tui.recording.parts import Part, Told, inside, stretches
from xovac_tui.recording.record import Record, RecordedChannel, Stretch

_ALL = 10**9
_LAST = 1e-3
"""Seconds: an end is exclusive, and what happened at that moment belongs to it."""


class TapeHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a tape holds."""

    label: str
    """What it was asked for by: `r12`, `s3`, `all`."""
    start: float
    """Record time."""
    end: float
    """Record time, exclusive."""
    sessions: tuple[RecordedSession, ...] = ()
    channels: tuple[RecordedChannel, ...] = ()


class Tape(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a part in order, and what happened beside them."""

    head: TapeHead
    stretches: Callable[[float], Iterator[Stretch]]
    """Gives the blocks from a record time on; only events of the tape are in them."""
    get: Callable[[int], LoggedEvent | None]
    """Gives an event by its index; None where there is none."""
    scan: Callable[[int, Passes | None], Iterator[LoggedEvent]]
    """Gives the events from an index on, for any thread; see `Log.scan`."""
    links: tuple[RecordedLink, ...] = ()
    """The one in force at the start comes first."""
    commands: tuple[RecordedCommand, ...] = ()
    """Every state of every command."""
    marks: tuple[RecordedMark, ...] = ()
    loads: tuple[RecordedLoad, ...] = ()
    """Recipes that were handed over in it, and the one that its run flies."""
    runs: tuple[RecordedRun, ...] = ()
    rates: tuple[tuple[int, str], ...] = ()
    """What the chamber managed in its runs: (run, JSON)."""
    alarms: tuple[RecordedAlarm, ...] = ()
    changes: tuple[RecordedChange, ...] = ()
    """Settings, limits, contracts and decisions of trust that became others."""


def tape_of(record: Record, part: Part, told: Told | None = None) -> Tape:
    """Return a part of a record as a tape; the record must stay open for as long as it is read.

    What is in it does not depend on what is recorded later, so that its transcript can be made again.
    """
    only = part.span.session.id if part.span.session else None
    lives = sessions(record, recording=False)
    start, end = _reach(part, lives)
    flown = [run for run in runs(record) if run.started < end and (run.ended is None or run.ended >= start)]
    if part.span.run is not None:
        flown = [run for run in flown if run.id == part.span.run.id]
    numbers = {run.id for run in flown}
    recorders = [life.id for life in lives if life.recording and life.started <= start]
    before = [link for link in links(record, 0.0, start) if link.session in recorders[-1:]][-1:]
    during = [link for link in links(record, start, end) if only in (None, link.session)]
    entries = commands(record, start, end, newest_only=False)
    noted = marks(record, start, end, _ALL)
    used = {link.session for link in (*before, *during)} | {entry.session for entry in entries}
    used |= {mark.session for mark in noted} | {run.session for run in flown}
    handed, changed = _loads(record, start, end, flown), changes(record, start, end)
    alarmed = alarms(record, start, end)
    used |= {one.session for one in handed} | {one.session for one in changed}
    used |= {one.session for one in alarmed}
    told_of = [_until(life, end) for life in lives if life.id in used or _recorded(life, part, start, end)]
    return Tape(
        head=TapeHead(
            label=part.span.label,
            start=start,
            end=end,
            sessions=tuple(told_of),
            channels=_channels(record, told_of),
        ),
        get=record.get,
        scan=lambda index, passes: _scan(record.path, index, passes),
        stretches=lambda begin: _whole_stretches(
            record, msgspec.structs.replace(part, start=max(part.start, begin)), told
        ),
        links=(*before, *during),
        commands=tuple(entries),
        marks=tuple(noted),
        loads=handed,
        # When it was exported is no part of what happened.
        runs=tuple(msgspec.structs.replace(run, exported=None) for run in flown),
        rates=tuple((number, data) for number, data in rates(record) if number in numbers),
        alarms=tuple(alarmed),
        changes=tuple(changed),
    )


def _recorded(life: RecordedSession, part: Part, start: float, end: float) -> bool:
    """Return whether a recorder was at work in a part.

    A console beside it is told of only where it did something: when it was seen is noted only then, which
    may be long after the part.
    """
    only = part.span.session.id if part.span.session else None
    return life.recording and only in (None, life.id) and life.started < end and life.seen >= start


def _until(life: RecordedSession, end: float) -> RecordedSession:
    """Return a session as it was at a record time: it went on then, if it was seen later (or may be)."""
    if life.seen <= end and (life.closed or life.recording):
        return life
    return msgspec.structs.replace(life, seen=max(life.started, end), closed=False)


def _channels(record: Record, lives: list[RecordedSession]) -> tuple[RecordedChannel, ...]:
    """Return the channels that were named in some sessions, as they were called then."""
    named: dict[str, tuple[str, str]] = {}
    for life in lives:
        named.update(life.about.channels)
    return tuple(
        RecordedChannel(channel.id, channel.name, *named[channel.name])
        for channel in record.channels()
        if channel.name in named
    )


def _reach(part: Part, lives: list[RecordedSession]) -> tuple[float, float]:
    """Return from when to when things belong to a part: a recorder lives before and after its events."""
    start, end = part.start, part.end
    if part.span.run is None:
        session = part.span.session
        reached = [life for life in lives if life.recording and (session is None or life.id == session.id)]
        if reached and part.start <= part.span.start:
            start = min(start, reached[0].started)
        if reached and part.end >= part.span.end:
            end = max(end, reached[-1].seen + _LAST)
    return start, end


def _whole_stretches(record: Record, part: Part, told: Told | None) -> Iterator[Stretch]:
    for stretch in stretches(record, part, told):
        keep = inside(stretch, part)
        if keep is None:
            yield stretch
            continue
        # A clock that was set among them can leave more than one piece of a block inside.
        for kept, pairs in groupby(zip(stretch.block.events(), keep, strict=True), key=lambda pair: pair[1]):
            if kept:
                yield Stretch(block_of([event for event, _ in pairs]), stretch.shift, stretch.session)


def _scan(path: Path, start: int, passes: Passes | None) -> Iterator[LoggedEvent]:
    # Its own reader: the one of the screen is no business of another thread.
    with Record(path) as own:
        yield from own.scan(start, passes=passes)


def _loads(record: Record, start: float, end: float, flown: list[RecordedRun]) -> tuple[RecordedLoad, ...]:
    found = record.rows("SELECT id FROM loads WHERE t >= ? AND t < ?", (start, end))
    wanted = {int(number) for (number,) in found} | {run.load for run in flown if run.load is not None}
    loads = (load(record, number) for number in sorted(wanted))
    return tuple(one for one in loads if one is not None)
