"""Builds stations that replay a record."""

from __future__ import annotations

from xovac_tui.clock import Clock, SystemClock
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import described
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.slice import RecordSlice
from xovac_tui.replay.model import Replay
from xovac_tui.replay.station import ReplayStation


def build_replay(
    setup: ChamberSetup,
    sliced: RecordSlice,
    *,
    record: Record | None = None,
    origin: float | None = None,
    speed: float = 1.0,
    clock: Clock | None = None,
) -> ReplayStation:
    """Return a station that replays a slice of a record.

    `record` is the slice's source, for charts that reach back before it; None for a file. `origin` is the
    even time at which the slice begins, with the lead-in of a run. `speed`: recorded seconds a second.
    """
    replay = Replay(sliced, setup.contract, stale_after=setup.profile.stale_after, origin=origin)
    return ReplayStation(described(setup, clock or SystemClock()), replay, record, speed=speed)
