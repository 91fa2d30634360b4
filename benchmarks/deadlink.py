"""From the moment a peer stops dead, with its socket open, until the console says STALE, and LOST."""

from __future__ import annotations

import tempfile
import time

from benchmarks.measure import SIZE, Row, at_most
from tests.helpers.pty import PROGRAM, Pty
from tests.helpers.simulator import simulator_process
from xovac_tui.config import Profile

LOST_AFTER = Profile().lost_after
"""Seconds of the setting, by default."""
GRACE = 2.0
"""Seconds over it for the evaluation of the silence, the next picture and the terminal."""


def until_stale_and_lost() -> tuple[float, float]:
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
        program.wait_for("STALE", 30)
        stale = time.monotonic() - stopped
        program.wait_for("LOST", 60)
        return stale, time.monotonic() - stopped


def measure(quick: bool) -> list[Row]:
    """Return the worst of a few."""
    stale, lost = zip(*(until_stale_and_lost() for _ in range(1 if quick else 3)), strict=True)
    return [
        at_most("dead link to STALE", max(stale), 5, "s"),
        at_most(f"dead link to LOST (lost_after = {LOST_AFTER:g})", max(lost), LOST_AFTER + GRACE, "s"),
    ]
