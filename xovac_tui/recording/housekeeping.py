"""How large a record gets, and what may be deleted from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.recording.bins import CHUNK, FINEST
from xovac_tui.recording.record import Record

DAY = 86400.0
_CHUNK = FINEST * CHUNK
"""Seconds of one row of the finest bins."""
_AT_ONCE = 200
"""Blocks deleted at a time, so that recording never waits long."""
_LEARNED_FROM = 600.0
"""Seconds of a record from which on its own growth is believed."""
USUAL_GROWTH = 100.0
"""Bytes a second assumed for a record that is younger: 16 channels at 1 Hz."""
SCARCE = 200_000_000
"""Bytes that a disk should have left at the end of a run."""

Execute = Callable[[str, Sequence[Any]], list[Any]]
"""Runs one statement and returns its rows."""


def tidy(execute: Execute, utc: float, keep_days: float, *, delete_unexported: bool) -> int:
    """Delete old events, a bounded number of blocks at a time; return how many blocks went.

    A run that was never exported keeps its events unless `delete_unexported`, and so does one that goes on.
    The newest block stays in any case: indices go on from it.
    Bins of a minute and more are kept for good: the trend still reaches back, in less detail.
    """
    if keep_days <= 0:
        return 0
    limit = utc - keep_days * DAY
    kept = [
        (start, end)
        for start, end in execute(
            "SELECT started, coalesce(ended, 1e18) FROM runs "
            "WHERE ended IS NULL OR (exported IS NULL AND NOT ?)",
            (delete_unexported,),
        )
    ]
    old = execute(
        "SELECT id, t0, t1 FROM blocks WHERE t1 < ? AND id < (SELECT max(id) FROM blocks) ORDER BY id",
        (limit,),
    )
    gone, stay = [], kept[:]
    for block in old:
        if any(block[1] <= end and block[2] >= start for start, end in kept):
            stay.append(block[1:])
        else:
            gone.append(block)
    for number, start, stop in gone[:_AT_ONCE]:
        execute("DELETE FROM blocks WHERE id = ?", (number,))
        for first, after in _without(start // _CHUNK, stop // _CHUNK, stay):
            execute("DELETE FROM bins WHERE level = ? AND chunk >= ? AND chunk < ?", (FINEST, first, after))
    if gone:
        execute("PRAGMA incremental_vacuum(2000)", ())
    return len(gone[:_AT_ONCE])


def _without(
    first: float, after: float, stay: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """Yield the parts of a row of chunks that share no time with what stays."""
    for start, end in sorted(stay):
        if start // _CHUNK >= after:
            break
        if end // _CHUNK >= first:
            if start // _CHUNK > first:
                yield first, start // _CHUNK
            first = end // _CHUNK + 1
    if first < after:
        yield first, after


class Forecast(msgspec.Struct, frozen=True):
    """What recording for some time will take, and what there is. Bytes."""

    needs: float
    free: float
    learned: bool
    """The growth is this record's own; else it is assumed."""

    @property
    def enough(self) -> bool:
        """True when the disk will not be nearly full at the end."""
        return self.free - self.needs > SCARCE


def forecast(record: Record | None, folder: Path, seconds: float) -> Forecast | None:
    """Return what recording for so long will take; None where nobody can tell how much room there is."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    growth = None if record is None else _growth(record)
    return Forecast(seconds * (growth or USUAL_GROWTH), float(free), growth is not None)


def _growth(record: Record) -> float | None:
    """Return the bytes a second by which a record grew in its newest blocks; None if it is too young."""
    rows = record.rows(
        "SELECT min(t0), max(t1), sum(length(data) + length(about)) FROM "
        "(SELECT t0, t1, data, about FROM blocks ORDER BY id DESC LIMIT 50)"
    )
    start, stop, size = rows[0]
    if start is None or stop - start < _LEARNED_FROM:
        return None
    # Bins and pages take about as much again.
    return 2.0 * float(size) / float(stop - start)


def size_words(size: float) -> str:
    """Return a number of bytes as people write it: `12 MB`, `1.4 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            value = size / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{size:.0f} bytes"
