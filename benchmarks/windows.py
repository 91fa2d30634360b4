"""Windows of the trend over a recorded week: every channel, as lowest and highest value per column.

No window is asked for twice, and each begins elsewhere, so that nothing that was kept of one serves the next.
"""

from __future__ import annotations

import time

from benchmarks.measure import Row, at_most, median
from benchmarks.week import CHANNELS, DAY, week
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows

COLUMNS = 200
MOST = 50.0
"""Milliseconds."""
_MINUTE = 60.0
_STEP = 1_277.0
"""Seconds from one window to the next; no bin and no block is as wide."""


def measure(quick: bool) -> list[Row]:
    """Look at the week in all the ways that a person does."""
    made = week(quick)
    whole = float(made.seconds)
    back = min(2.0 * DAY, whole / 2)
    kinds = (
        (f"all of a {made.seconds // DAY}-day record", whole, 0.0),
        ("24 hours, two days back", min(float(DAY), whole / 3), back),
        # The longest that is made of samples, and the shortest there is.
        ("26 minutes, two days back", 26 * _MINUTE, back),
        ("10 minutes, two days back", 10 * _MINUTE, back),
    )
    rows = []
    with Record(made.path) as record:
        windows = Windows(record)
        for what, seconds, before in kinds:
            taken = []
            for number in range(8 if quick else 32):
                end = made.end - before - number * _STEP
                began = time.perf_counter()
                found = windows.window(CHANNELS, end - seconds, end, COLUMNS)
                taken.append((time.perf_counter() - began) * 1000)
                assert all(low == low for bins in found.values() for low in bins.lows[-COLUMNS // 2 :])
            what = f"16 channels in {COLUMNS} columns: {what}"
            rows.append(at_most(what, median(taken), MOST, "ms"))
    return rows
