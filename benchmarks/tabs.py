"""From the key of a tab to the changed screen: tabs that are opened for the first time, and open ones."""

from __future__ import annotations

import tempfile
import time

from benchmarks.measure import SIZE, Row, at_most, median
from tests.helpers.pty import PROGRAM, Pty

PLACES = {"2": "Commands", "3": "Yours", "4": "message", "5": "Limits: ", "6": "No run is", "1": "Readings"}
"""Key of each tab -> what is drawn on it, and not on the one before."""
PAUSE = 0.7
"""Seconds between two keys, for what a tab reads in the background."""


def walk(program: Pty) -> list[float]:
    """Go through the tabs once; return the milliseconds from each key to its changed screen."""
    times = []
    for key, words in PLACES.items():
        before, typed = program.count, time.monotonic()
        program.send(key)
        program.wait_raw(words.encode(), start=before)
        times.append((time.monotonic() - typed) * 1000)
        time.sleep(PAUSE)
    return times


def measure(quick: bool) -> list[Row]:
    """Open every tab of the demo while it is paused, then go through them again and again."""
    with tempfile.TemporaryDirectory() as home, Pty([*PROGRAM, "--demo"], home=home, size=SIZE) as program:
        program.wait_for("ONLINE")
        time.sleep(6)  # by then the panes are imported
        program.send("p")  # nothing else is drawn
        time.sleep(1.5)
        first = walk(program)[:-1]
        again = [taken for _ in range(2 if quick else 6) for taken in walk(program)]
    return [
        at_most("key to changed screen: tab already open, middle", median(again), 50, "ms"),
        at_most("key to changed screen: tab opened for the first time, middle", median(first), 100, "ms"),
    ]
