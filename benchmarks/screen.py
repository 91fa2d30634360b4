"""Bytes to the terminal and processor time on Status, against a bare app that updates one label at 1 Hz."""

from __future__ import annotations

import tempfile
import time

from benchmarks.measure import Row, at_most, console_and_label, cpu_used, ratio, server
from tests.helpers.pty import PROGRAM, Pty

LARGE = (200, 60)

SETTLE_SECONDS = 6.0
"""The start, the first messages, and the chart's first look are over after that."""


def watch(channels: int, rate: float, seconds: float) -> tuple[float, float, float]:
    """Return bytes per second, and the processor time of console and bare app over the same seconds."""
    with console_and_label(channels, rate) as (ours, bare):
        time.sleep(SETTLE_SECONDS)
        written = ours.count
        mine, theirs = cpu_used((ours.process.pid, bare.process.pid), seconds)
        written = ours.count - written
        assert "c01" in ours.text(), f"no readings:\n{ours.text()}"
    return written / seconds, mine, theirs


def watch_zoomed(seconds: float) -> float:
    """Return bytes per second of the chart alone on a large terminal."""
    with (
        server() as source,
        tempfile.TemporaryDirectory() as home,
        Pty([*PROGRAM, "--url", source.url], home=home, size=LARGE) as ours,
    ):
        ours.wait_for("ONLINE")
        source.order(rate=1, channels=12)
        time.sleep(SETTLE_SECONDS)
        # From the readings to the chart, then the chart alone.
        ours.send("\t")
        ours.send("\x1b[21~")
        time.sleep(SETTLE_SECONDS / 2)
        written = ours.count
        time.sleep(seconds)
        written = ours.count - written
        shown = ours.text()
        assert "Readings" not in shown, f"the chart is not alone:\n{shown}"
        assert "Trend" in shown, f"no chart:\n{shown}"
    return written / seconds


def measure(quick: bool) -> list[Row]:
    """Watch the quiet and the busy chamber."""
    seconds = 8.0 if quick else 30.0
    rows = []
    for channels, rate, most_bytes, most_cpu in ((12, 1, 3_000, 4), (100, 20, 20_000, 12)):
        written, ours, theirs = watch(channels, rate, seconds)
        name = f"{channels} channels at {rate} Hz"
        rows.append(at_most(f"{name}: to the terminal", written, most_bytes, "B/s"))
        rows.append(
            ratio(
                f"{name}: CPU with recording, to one label",
                ours / seconds * 100,
                theirs / seconds * 100,
                "%",
                most=most_cpu,
            )
        )
    rows.append(at_most("the chart alone at 200x60: to the terminal", watch_zoomed(seconds), 3_000, "B/s"))
    return rows
