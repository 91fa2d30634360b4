"""Finds indices of a record that were given to two events each, which only two recorders at once can do."""

from __future__ import annotations

import sqlite3


def given_twice(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return stretches of indices that occur more than once, as (first, index behind the last)."""
    rows = db.execute(
        "SELECT first, first + count FROM blocks UNION ALL SELECT first, first + count FROM tail "
        "ORDER BY 1, 2"
    )
    found: list[tuple[int, int]] = []
    end = 0
    for first, after in rows:
        if first < end:
            stretch = first, min(after, end)
            if found and stretch[0] <= found[-1][1]:
                stretch = found[-1][0], max(stretch[1], found.pop()[1])
            found.append(stretch)
        end = max(end, after)
    return found


def duplicate_words(first: int, after: int) -> str:
    """Return what is wrong with a stretch of indices, without the full stop."""
    which = f"Index {first:,}" if after == first + 1 else f"Each index from {first:,} to {after - 1:,}"
    return f"{which} was given to two events: two programs recorded at once"
