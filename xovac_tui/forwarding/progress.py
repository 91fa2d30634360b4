"""How far stores are by the record itself, for a program that does not forward."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import LOG_PARTS, Part, received
from xovac_tui.forwarding.sinksettings import Sink
from xovac_tui.recording.disk import cursors, lists
from xovac_tui.recording.disk.record import Record


class SinkProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one store is."""

    name: str
    kind: str
    where: str
    """Where data go; no secret is in it."""
    history: bool
    """False: it gets the newest state alone, of which the record knows nothing."""
    behind: float | None = None
    """Age in seconds of the oldest event that waits; 0: none does; None: not known."""
    events: int | None = None
    """Events that wait."""
    entries: int | None = None
    """Alarms, commands, marks and runs that wait."""
    missed: int | None = None
    """Events that were deleted before it received them, and that it has not passed yet."""
    forgetting: bool = False
    """It was asked that everything is sent again, and no recorder has taken that up yet."""


def unknown_progress(sinks: Sequence[Sink]) -> tuple[SinkProgress, ...]:
    """Return what is known of stores without a record."""
    return tuple(
        SinkProgress(name=one.name, kind=one.kind, where=one.where, history=one.takes_history)
        for one in sinks
    )


def read_progress(path: Path, sinks: Sequence[Sink], utc: float) -> tuple[SinkProgress, ...]:
    """Return how far each store is by a record, at a moment in UTC seconds; raises RecordError."""
    with Record(path) as record:
        known = lists.cursors(record)
    rows = ForwardedRows(path)
    try:
        found = []
        for bare, one in zip(unknown_progress(sinks), sinks, strict=True):
            if not one.takes_history:
                found.append(bare)
                continue
            asked = (one.name, cursors.ASKED) in known
            at = {part: 0 if asked else received(known, one.name, part.value) for part in Part}
            oldest = rows.waiting_utc(at[Part.EVENTS])
            waiting = {part: max(0, rows.after(part) - max(at[part], rows.first(part))) for part in Part}
            found.append(
                msgspec.structs.replace(
                    bare,
                    behind=0.0 if oldest is None else max(0.0, utc - oldest),
                    events=waiting[Part.EVENTS],
                    missed=max(0, rows.first(Part.EVENTS) - at[Part.EVENTS]) if at[Part.EVENTS] else 0,
                    entries=sum(waiting[part] for part in LOG_PARTS),
                    forgetting=asked,
                )
            )
        return tuple(found)
    finally:
        rows.close()
