"""Bytes that a sample takes on disk in all, beside the same as CSV."""

from __future__ import annotations

from benchmarks.measure import Row
from benchmarks.week import DAY, week

MOST = 12.0


def measure(quick: bool) -> list[Row]:
    """Weigh the week."""
    made = week(quick)
    ours, theirs = made.size / made.samples, made.csv_size / made.samples
    return [
        Row(
            f"{made.seconds // DAY}-day record of 16 channels: on disk",
            f"{ours:.2f} B a sample  (as CSV {theirs:.2f} B, {ours / theirs:.2f}x)",
            f"<= {MOST:g} B",
            ours <= MOST,
        )
    ]
