"""A part of a record with everything that belongs to it, wherever it is read from: for export and replay."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from xovac_tui.recording.disk import kinds
from xovac_tui.recording.disk.axis import EvenAxis
from xovac_tui.recording.disk.codec import block_of
from xovac_tui.recording.disk.lists import RecordSpan, links, load, placed, read, runs, sessions
from xovac_tui.recording.disk.record import Record, RecordedChannel, Stretch
from xovac_tui.recording.disk.table import Recorded, columns_of
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.exports.parts import ExportPart, ProgressCallback, inside, recorded_stretches
from xovac_tui.recording.log import Passes

T = TypeVar("T", bound=Recorded)
_LAST = 1e-3
"""Seconds: an end is exclusive, and what happened at that moment belongs to it."""


class SliceHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice holds."""

    label: str
    """What it was asked for by: `r12`, `s3`, `all`."""
    start: float
    """Even time: what the wall clock said there, if it begins with the run or session that was asked for."""
    end: float
    """Even time, exclusive."""
    session: int = 0
    """Recorder's session in which it begins."""
    mono: float = 0.0
    """Monotonic seconds of that session at the start."""
    sessions: tuple[kinds.RecordedSession, ...] = ()
    channels: tuple[RecordedChannel, ...] = ()


class RecordSlice(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a part in order, and what happened beside them."""

    head: SliceHead
    stretches: Callable[[int], Iterator[Stretch]]
    """Gives the blocks from an event (its index) on; only events of the slice are in them."""
    axis: EvenAxis
    """Gives the even time of anything in the slice."""
    get: Callable[[int], LoggedEvent | None]
    """Gives an event by its index; None where there is none."""
    scan: Callable[[int, Passes | None], Iterator[LoggedEvent]]
    """Gives the events from an index on, for any thread; see `Log.scan`."""
    beside: Mapping[type[Recorded], tuple[Recorded, ...]] = {}
    """Kind -> what of it happened, in order: the connection in force at the start first, every state of every
    command, recipes handed over in it and that of its run."""

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """Return what of a kind happened."""
        return cast("tuple[T, ...]", self.beside.get(kind, ()))


def slice_of(record: Record, part: ExportPart, progress: ProgressCallback | None = None) -> RecordSlice:
    """Return a part of a record as a slice; the record must stay open for as long as it is read.

    What is in it does not depend on what is recorded later, so that its transcript can be made again.
    """
    only = part.span.session.id if part.span.session else None
    lives = sessions(record, recording=False)
    axis = part.span.axis
    start, end = _reach(part, lives)
    within = axis.within(start, end)
    beside: dict[type[Recorded], Sequence[Any]] = {
        kind: placed(record, kind, within) for kind in kinds.KINDS if kind.word and "t" in columns_of(kind)
    }
    ran = [run for run in runs(record) if _overlaps(run, axis, start, end)]
    if part.span.run is not None:
        ran = [run for run in ran if run.id == part.span.run.id]
    numbers = {run.id for run in ran}
    recorders = [life for life in lives if life.recording and axis.even(life.id, life.mono) <= start]
    earlier = links(record, axis.within(-math.inf, start))
    before = [link for link in earlier if recorders and link.session == recorders[-1].id][-1:]
    during = [link for link in beside[kinds.RecordedLink] if only in (None, link.session)]
    # When it was exported is no part of what happened.
    beside[kinds.RecordedRun] = [msgspec.structs.replace(run, exported=None) for run in ran]
    beside[kinds.RecordedLink] = [*before, *during]
    beside[kinds.RecordedLoad] = _loads(record, beside[kinds.RecordedLoad], ran)
    beside[kinds.RecordedMark] = sorted(beside[kinds.RecordedMark], key=axis.of)
    beside[kinds.RecordedAlarm] = sorted(beside[kinds.RecordedAlarm], key=axis.of)
    used = {one.session for found in beside.values() for one in found}
    beside[kinds.RecordedRates] = [one for one in read(record, kinds.RecordedRates) if one.run in numbers]
    reported_sessions = [
        _until(life, part.span, end) for life in lives if life.id in used or _recorded(life, part, start, end)
    ]
    begin = _session_at(part, recorders, start)
    return RecordSlice(
        head=SliceHead(
            label=part.span.label,
            start=start,
            end=end,
            session=begin,
            mono=start - axis.offset(begin),
            sessions=tuple(reported_sessions),
            channels=_channels(record, reported_sessions),
        ),
        get=record.get,
        scan=lambda index, passes: _scan(record.path, index, passes),
        stretches=lambda index: _whole_stretches(record, part, progress, index),
        axis=axis,
        beside={kind: tuple(found) for kind, found in beside.items()},
    )


def _recorded(life: kinds.RecordedSession, part: ExportPart, start: float, end: float) -> bool:
    """Return whether a recorder was at work in a part.

    A console beside it is included only where it did something: when it was seen is noted only then, which
    may be long after the part.
    """
    only = part.span.session.id if part.span.session else None
    if not life.recording or only not in (None, life.id):
        return False
    axis = part.span.axis
    began = axis.even(life.id, life.mono)
    return began < end and began + life.seconds >= start


def _overlaps(run: kinds.RecordedRun, axis: EvenAxis, start: float, end: float) -> bool:
    if run.started_mono is None or not axis.knows(run.session):
        return False
    began = axis.even(run.session, run.started_mono)
    return began < end and (run.ended is None or began + run.seconds >= start)


def _session_at(part: ExportPart, recorders: list[kinds.RecordedSession], start: float) -> int:
    """Return the recorder's session that a part begins in."""
    pieces = part.span.axis.pieces
    first = next((piece for piece in pieces if part.touches(piece)), None)
    if first is not None and part.span.axis.even(first.session, first.low) <= start:
        return first.session
    if recorders:
        return recorders[-1].id
    return first.session if first is not None else 0


def _until(life: kinds.RecordedSession, span: RecordSpan, end: float) -> kinds.RecordedSession:
    """Return a session as it was at a moment: it went on then, if it was seen later (or may be)."""
    axis = span.axis
    began = axis.place(life.id, life.first, life.mono, life.started)
    # Events that came later are in no slice that ends here.
    life = msgspec.structs.replace(life, after=min(life.after, max(life.first, span.after)))
    if began + life.seconds <= end - _LAST / 2 and (life.closed or life.recording):
        return life
    lasted = max(0.0, end - began)
    mono = life.mono + lasted
    return msgspec.structs.replace(life, seen=life.started + lasted, seen_mono=mono, closed=False)


def _channels(record: Record, lives: list[kinds.RecordedSession]) -> tuple[RecordedChannel, ...]:
    """Return the channels that were named in some sessions, as they were called then."""
    named: dict[str, tuple[str, str]] = {}
    for life in lives:
        named.update(life.about.channels)
    return tuple(
        RecordedChannel(channel.id, channel.name, *named[channel.name])
        for channel in record.channels()
        if channel.name in named
    )


def _reach(part: ExportPart, lives: list[kinds.RecordedSession]) -> tuple[float, float]:
    """Return from when to when things belong to a part: a recorder lives before and after its events."""
    start, end = part.start, part.end
    axis = part.span.axis
    if part.span.run is None:
        session = part.span.session
        reached = [life for life in lives if life.recording and (session is None or life.id == session.id)]
        if reached and part.start <= part.span.start:
            start = min(start, axis.even(reached[0].id, reached[0].mono))
        if reached and part.end >= part.span.end:
            last = reached[-1]
            end = max(end, axis.even(last.id, last.mono) + last.seconds + _LAST)
    return start, end


def _whole_stretches(
    record: Record, part: ExportPart, progress: ProgressCallback | None, index: int
) -> Iterator[Stretch]:
    for stretch in recorded_stretches(record, part, progress):
        if stretch.block.first + stretch.block.count <= index:
            continue
        keep = inside(stretch, part)
        if keep is None:
            yield stretch
            continue
        # A block of another program's may not be in order of time, and leave more than one piece inside.
        for kept, pairs in groupby(zip(stretch.block.events(), keep, strict=True), key=lambda pair: pair[1]):
            if kept:
                block = block_of([event for event, _ in pairs])
                block.rules = stretch.block.rules
                yield Stretch(block, stretch.shift, stretch.session)


def _scan(path: Path, start: int, passes: Passes | None) -> Iterator[LoggedEvent]:
    # Its own reader: the one of the screen is no business of another thread.
    with Record(path) as own:
        yield from own.scan(start, passes=passes)


def _loads(
    record: Record, handed: Sequence[kinds.RecordedLoad], ran: list[kinds.RecordedRun]
) -> list[kinds.RecordedLoad]:
    found = {one.id: one for one in handed}
    for run in ran:
        if run.load is not None and (one := load(record, run.load)) is not None:
            found[one.id] = one
    return [found[number] for number in sorted(found)]
