"""From the moment a peer stops dead, with its socket open, until the console says LOST."""

from __future__ import annotations

import tempfile
import time

from benchmarks.measure import SIZE, Row, at_most
from tests.helpers.pty import PROGRAM, Pty
from tests.helpers.simulator import simulator_process


def until_lost() -> float:
    """Return seconds."""
    with (
        simulator_process() as peer,
        tempfile.TemporaryDirectory() as home,
        Pty([*PROGRAM, "--url", peer.url], home=home, size=SIZE) as program,
    ):
        program.wait_for("ONLINE")
        time.sleep(1.5)
        peer.pause()
        stopped = time.monotonic()
        program.wait_for("LOST", 60)
        return time.monotonic() - stopped


def measure(quick: bool) -> list[Row]:
    """Return the worst of a few."""
    return [at_most("dead link to LOST", max(until_lost() for _ in range(1 if quick else 3)), 6, "s")]
