"""Stretches of a record: where its shift changes, and what of it cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.eventlog import LoggedEvent


class Shift(msgspec.Struct, frozen=True):
    """From when on record time is by how much ahead of monotonic time."""

    first: int
    """Index of the first event with it."""
    mono: float
    seconds: float


class Unread(msgspec.Struct, frozen=True):
    """Events of a stretch of a record that cannot be read any more. Record time."""

    blocks: int
    events: int
    start: float
    stop: float


def piece_of(session: int, shift: float, events: Sequence[LoggedEvent]) -> Piece:
    """Return where events that follow each other begin and end."""
    times = [event.mono for event in events]
    return Piece(events[0].index, events[-1].index + 1, session, shift, min(times), max(times))


def unread(pieces: Sequence[Piece]) -> Unread | None:
    """Return what is in blocks that cannot be read; None where there is no such block."""
    if not pieces:
        return None
    return Unread(
        blocks=len(pieces),
        events=sum(piece.after - piece.first for piece in pieces),
        start=min(piece.low + piece.shift for piece in pieces),
        stop=max(piece.high + piece.shift for piece in pieces),
    )
