"""First useful paint of the demo against a bare Textual app with one label, both in a pty."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence

from benchmarks.bare import READY
from benchmarks.measure import SIZE, Row, median, module, ratio
from tests.helpers.pty import PROGRAM, Pty


def until_shown(arguments: Sequence[str], words: Sequence[str]) -> float:
    """Return seconds from the start of a program until it has drawn all these words."""
    with tempfile.TemporaryDirectory() as home, Pty(arguments, home=home, size=SIZE) as program:
        for word in words:
            program.wait_raw(word.encode())
        return time.monotonic() - program.started


def measure(quick: bool) -> list[Row]:
    """Start both in turns, and compare the middle ones; the first of each, which compiles, is left out."""
    ours, theirs = [], []
    for _ in range(4 if quick else 12):
        theirs.append(until_shown(module("bare", "label"), [READY]))
        # Trust bar, readings, chart and keys: the whole frame, before anything has been received.
        ours.append(until_shown([*PROGRAM, "--demo"], ["OFFLINE", "Readings", "Trend", "STOP"]))
    ours, theirs = ours[1:], theirs[1:]
    return [ratio("first useful paint, to one label", median(ours), median(theirs), "s", most=1.5)]
