"""How much memory the console takes after a minute, against a bare Textual app."""

from __future__ import annotations

import time

from benchmarks.measure import Row, console_and_label, ratio, resident_bytes

CHANNELS = 12


def measure(quick: bool) -> list[Row]:
    """Show and record 12 channels at 1 Hz."""
    with console_and_label(CHANNELS, rate=1) as programs:
        time.sleep(10 if quick else 60)
        ours, bare = (resident_bytes(one.process.pid) / 1e6 for one in programs)
    return [ratio("resident memory after a minute, to one label", ours, bare, "MB", most=1.7)]
