"""Sums up a chamber for what is published of it."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from xovac_tui.forwarding.service import ForwardPlan
from xovac_tui.forwarding.summary import ChamberSummary, SinkSummary
from xovac_tui.forwarding.summing import SummedRun, summed_up
from xovac_tui.recording import disk
from xovac_tui.station.station import Station


def summary_of(station: Station, plan: ForwardPlan | None = None) -> ChamberSummary:
    """Return a chamber as it is now, in the contract's units; texts are cleaned."""
    snapshot = station.snapshot()
    progress, recorder = station.progress(snapshot), station.record.view
    summary = summed_up(
        snapshot,
        SummedRun(label=progress.label, ends_utc=progress.ends_utc, left=progress.left),
        station.alarms.view().unresolved,
        chamber=station.name,
        site=plan.settings.site if plan is not None else "",
        host=socket.gethostname(),
    )
    return msgspec.structs.replace(
        summary,
        recorder=recorder.state.value,
        lost=recorder.lost,
        record_bytes=disk.files.size(Path(recorder.path)) if recorder.path else None,
        sinks=tuple(
            SinkSummary(
                name=one.name, state=one.state.value, behind=one.behind, rows=one.rows, skipped=one.skipped
            )
            for one in station.forward.sinks
        ),
    )
