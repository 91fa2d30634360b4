"""Read from the record what happened while a user was away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from xovac_tui.chamber.alarm import UNRESOLVED, AlarmChange, AlarmEvent
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.recording.disk import kinds, lists
from xovac_tui.recording.disk.axis import EvenAxis, Piece
from xovac_tui.recording.disk.evenwindows import EvenWindows
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Summary
from xovac_tui.recording.gaps import Gap, gaps

AWAY = 1800.0
"""Seconds of absence after which there is a digest."""
_SOME = 8
"""Channels that are included where none are named."""


class Extreme(msgspec.Struct, frozen=True):
    """A channel over the time away."""

    name: str
    label: str
    unit: str
    log: bool
    summary: Summary


class Digest(msgspec.Struct, frozen=True):
    """What happened from `since` to `until`, in even time."""

    since: float
    until: float
    runs: tuple[kinds.RecordedRun, ...]
    """Runs that began, ended or went on meanwhile."""
    steps: int
    """Steps that the chamber began."""
    gaps: tuple[Gap, ...]
    commands: tuple[LedgerEntry, ...]
    """What was sent meanwhile, as it ended up: by others, or from another console."""
    alarms: tuple[AlarmChange, ...]
    """As they were raised."""
    unresolved: frozenset[str]
    """Rules whose alarms want attention now."""
    notes: tuple[str, ...]
    extremes: tuple[Extreme, ...]
    events: int


def axis_to_now(record: Record, now: float, session: int = 0, mono: float = 0.0) -> EvenAxis:
    """Return the even time that ends now (UTC): at `mono` of a session, where this program records itself."""
    axis = lists.axis_of(record)
    if axis.knows(session):
        return axis.anchored(session, mono, now)
    lives = lists.sessions(record)
    if not lives:
        return axis
    newest = lives[-1]
    return axis.anchored(newest.id, newest.mono + newest.seconds, newest.seen)


def away_since(record: Record, who: str, now: float, axis: EvenAxis | None = None) -> float | None:
    """Return when the user last watched (even time); None where that is not long ago, or never was."""
    seen = lists.visits(record, who)
    if not seen:
        return None
    since = (axis or lists.axis_of(record)).of(seen[-1])
    return since if now - since >= AWAY else None


def digest(
    record: Record,
    since: float,
    until: float,
    *,
    channels: Sequence[tuple[str, str, str, bool]],
    axis: EvenAxis | None = None,
) -> Digest:
    """Return what happened; `channels` are the ones to include: (full name, label, unit, logarithmic).

    `since` and `until` are even time: of `axis`, or of the record. Where no channel is named, the first few
    that were recorded are included.
    """
    axis = axis or lists.axis_of(record)
    within = axis.within(since, until)
    windows = EvenWindows(record, axis)
    marks = within.timed(lists.marks(record, within))
    called = record.names()
    included = channels or [(one.name, called[one.name], one.unit, False) for one in record.channels()]
    found = ((channel, windows.summary(channel[0], since, until)) for channel in included)
    extremes = (Extreme(*channel, summary) for channel, summary in found if summary is not None)
    return Digest(
        since=since,
        until=until,
        runs=tuple(run for run in lists.runs(record) if _is_in_span(run, axis, since, until)),
        steps=sum(one.mark.kind == "step" for one in marks),
        gaps=gaps(record, since, until, axis),
        commands=tuple(command.entry for command in lists.commands(record, within)),
        alarms=tuple(
            one.change for one in lists.alarms(record, within) if one.change.event is AlarmEvent.RAISED
        ),
        unresolved=frozenset(
            one.change.rule
            for one in lists.newest_alarms(record)
            if one.change.state in UNRESOLVED and one.change.event is not AlarmEvent.REMOVED
        ),
        notes=tuple(one.mark.text for one in marks if one.mark.kind == "note"),
        extremes=tuple(extremes if channels else islice(extremes, _SOME)),
        events=sum(piece.after - piece.first for piece in axis.pieces if _touches(axis, piece, since, until)),
    )


def _is_in_span(run: kinds.RecordedRun, axis: EvenAxis, since: float, until: float) -> bool:
    """Return whether a run began, ended or went on in a stretch of even time."""
    if run.started_mono is None or not axis.knows(run.session):
        return False
    began = axis.even(run.session, run.started_mono)
    return began < until and (run.ended is None or began + run.seconds >= since)


def _touches(axis: EvenAxis, piece: Piece, since: float, until: float) -> bool:
    first, last = axis.bounds(piece)
    return last >= since and first < until
