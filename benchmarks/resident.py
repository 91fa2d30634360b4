"""How much memory the console takes, against a bare Textual app: after a minute, and after an hour."""

from __future__ import annotations

import tempfile
import time

from benchmarks.bare import READY
from benchmarks.measure import SIZE, Row, module, ratio, resident_bytes, server
from tests.helpers.pty import PROGRAM, Pty

CHANNELS = 12


def measure(quick: bool, *, hour: bool = False) -> list[Row]:
    """Show and record 12 channels at 1 Hz for a minute; for an hour only where that is asked for."""
    with (
        server() as source,
        tempfile.TemporaryDirectory() as home,
        Pty(module("bare", "ticking"), home=home, size=SIZE) as bare,
        Pty([*PROGRAM, "--url", source.url], home=home, size=SIZE) as ours,
    ):
        bare.wait_raw(READY.encode())
        ours.wait_for("ONLINE")
        source.order(rate=1, channels=CHANNELS)
        rows = []
        spans = [(10 if quick else 60, "a minute", 1.7), (3_540, "an hour", 1.9)]
        for seconds, name, most in spans if hour else spans[:1]:
            time.sleep(seconds)
            held, bare_held = (resident_bytes(one.process.pid) / 1e6 for one in (ours, bare))
            rows.append(
                ratio(f"resident memory after {name}, to one label", held, bare_held, "MB", most=most)
            )
    return rows
