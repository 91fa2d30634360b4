"""Sums up a chamber for what is published of it."""

from __future__ import annotations

import socket
from pathlib import Path

from xovac_tui import __version__
from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.forwarding.service import ForwardPlan
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary, SinkSummary
from xovac_tui.recording import disk
from xovac_tui.station.station import Station
from xovac_tui.text import clean

_TEXT = 200
"""Characters of a text of the chamber."""


def summary_of(station: Station, plan: ForwardPlan | None = None) -> ChamberSummary:
    """Return a chamber as it is now, in the contract's units; texts are cleaned."""
    snapshot = station.snapshot()
    progress, run, link = station.progress(snapshot), snapshot.run, snapshot.link
    state = "UNKNOWN" if run.stale else run.state.value
    running = state == "RUNNING"
    recorder = station.record.view
    return ChamberSummary(
        chamber=station.name,
        site=plan.settings.site if plan is not None else "",
        utc=snapshot.utc,
        host=socket.gethostname(),
        program=__version__,
        link=link.word.value,
        link_since=link.since_utc,
        newest_age=snapshot.newest_age,
        run=state,
        recipe=clean(run.recipe or "", _TEXT) if running else "",
        step=run.step if running else None,
        steps=run.steps if running else None,
        label=clean(progress.label, _TEXT) if running else "",
        ends=progress.ends_utc if running else None,
        remaining=progress.left if running else None,
        target=run.target if running else None,
        target_unit=run.temperature_unit,
        alarms=tuple(
            AlarmSummary(
                rule=clean(one.rule, _TEXT),
                severity=one.severity.value,
                state=one.state.value,
                text=clean(one.text, _TEXT),
                since=one.raised_utc,
                active=one.active,
            )
            for one in station.alarms.view().unresolved
        ),
        channels=tuple(_channel(one) for one in snapshot.channels if one.value is not None),
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


def _channel(one: ChannelView) -> ChannelSummary:
    usable = one.quality in (Quality.GOOD, Quality.STALE)
    return ChannelSummary(
        name=clean(one.name, _TEXT),
        full_name=clean(one.full_name, _TEXT),
        label=clean(one.label, _TEXT),
        unit=one.unit,
        value=one.value if usable else None,
        quality=one.quality.value,
        age=one.age,
        pinned=one.pinned,
    )
