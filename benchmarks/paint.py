"""First useful paint of the demo against a bare Textual app with one label, both in a pty."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bare import READY
from benchmarks.measure import SIZE, Row, median, module, ratio
from benchmarks.week import DAY, week
from tests.helpers.pty import PROGRAM, Pty


def until_shown(arguments: Sequence[str], words: Sequence[str], home: str) -> float:
    """Return seconds from the start of a program until it has drawn all these words."""
    with Pty(arguments, home=home, size=SIZE) as program:
        for word in words:
            program.wait_raw(word.encode())
        return time.monotonic() - program.started


def measure(quick: bool) -> list[Row]:
    """Start all in turns, and compare the middle ones; the first of each, which compiles, is left out."""
    made = week(quick)
    # Trust bar, readings, chart and keys: the whole frame, before anything has been received.
    demo, frame = [*PROGRAM, "--demo"], ["OFFLINE", "Readings", "Trend", "STOP"]
    bare, first, later = [], [], []
    with tempfile.TemporaryDirectory() as old:
        record = Path(old) / "records" / "demo.xovac.sqlite3"
        record.parent.mkdir()
        shutil.copy(made.path, record)
        for _ in range(4 if quick else 12):
            with tempfile.TemporaryDirectory() as new:
                bare.append(until_shown(module("bare", "label"), [READY], new))
                first.append(until_shown(demo, frame, new))
                later.append(until_shown(demo, frame, old))
    label, empty, full = (median(times[1:]) for times in (bare, first, later))
    return [
        ratio("first useful paint, to one label", empty, label, "s", most=1.5),
        ratio(f"  with a {made.seconds // DAY}-day record", full, label, "s", most=1.7),
    ]
