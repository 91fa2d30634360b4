"""First useful paint of the demo against a bare Textual app with one label, both in a pty."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bare import READY
from benchmarks.measure import SIZE, Row, at_most, median, module, ratio
from benchmarks.week import DAY, week
from tests.helpers.pty import PROGRAM, ROOT, Pty


def until_shown(arguments: Sequence[str], words: Sequence[str], home: str) -> float:
    """Return seconds from the start of a program until it has drawn all these words."""
    with Pty(arguments, home=home, size=SIZE) as program:
        for word in words:
            program.wait_raw(word.encode())
        return time.monotonic() - program.started


def own_imports(times: int) -> float:
    """Return the milliseconds that our own modules take to be imported until the first paint.

    Each module's own time, without that of what it imports; the shortest of several starts.
    """
    best: dict[str, int] = {}
    command = [sys.executable, "-X", "importtime", "-c", "import xovac_tui.cli.console, xovac_tui.ui.app"]
    for _ in range(times):
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
        for own, name in re.findall(r"import time: +(\d+) \| +\d+ \| +(xovac_tui\S*)", done.stderr):
            best[name] = min(best.get(name, sys.maxsize), int(own))
    return sum(best.values()) / 1000


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
        ratio("first useful paint, to one label", empty, label, "s", most=1.25),
        ratio(f"  with a {made.seconds // DAY}-day record", full, label, "s", most=1.7),
        at_most("own modules' share of the imports until then", own_imports(3 if quick else 15), 70, "ms"),
    ]
