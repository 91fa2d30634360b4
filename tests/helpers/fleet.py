"""Chambers as a source of the fleet reports them, and a source that is set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xovac_tui.fleet.overview import FleetBoard, FleetRow
from xovac_tui.forwarding.reports import ChamberReport, FleetSourceView, Presence, SourceState
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary

UTC = 1_790_000_000.0


def plate(value: float | None = -20.1, **more: Any) -> ChannelSummary:
    about = {"full_name": "s.plate", "label": "plate", "unit": "degC", "quality": "good", "age": 0.5}
    return ChannelSummary(
        name="plate", value=value, **{"pinned": True, "role": "controlled", **about, **more}
    )


def pressure(value: float | None = 8.1e-6, **more: Any) -> ChannelSummary:
    about = {"full_name": "s.p", "label": "p", "unit": "mbar", "quality": "good", "age": 0.5, "pinned": True}
    return ChannelSummary(name="p", value=value, **{**about, **more})


def alarm(rule: str = "shroud hot", **more: Any) -> AlarmSummary:
    about = {"severity": "high", "state": "unacknowledged", "active": True, "since": UTC - 900.0}
    return AlarmSummary(rule=rule, **{"text": "shroud above 40 °C.", **about, **more})


def summary(name: str = "bench-1", **more: Any) -> ChamberSummary:
    about: dict[str, Any] = {
        "utc": UTC,
        "host": "lab-pc",
        "link": "ONLINE",
        "link_since": UTC - 600.0,
        "newest_age": 0.5,
        "run": "IDLE",
        "last_run": "IDLE",
        "alarms": (),
        "channels": (plate(), pressure()),
        "recorder": "on",
    }
    return ChamberSummary(chamber=name, **{**about, **more})


RUNNING = {
    "run": "RUNNING",
    "last_run": "RUNNING",
    "recipe": "Cycles B-17",
    "step": 5,
    "steps": 9,
    "label": "hold at −20 °C",
    "ends": UTC + 5_400.0,
    "target": -20.0,
    "target_unit": "degC",
}
"""What a summary says of a run that goes on."""


def report(
    name: str = "bench-1", *, arrived: float = 100.0, of: dict[str, Any] | None = None, **more: Any
) -> ChamberReport:
    """Return a report that came at a monotonic time, with `of` in its summary."""
    about: dict[str, Any] = {"presence": Presence.HERE, "summary": summary(name, **(of or {}))}
    return ChamberReport(chamber=name, **{"arrived": arrived, "heard": arrived, **about, **more})


def row(name: str = "bench-1", *, at: float = 100.0, lost: bool = False, **more: Any) -> FleetRow:
    """Return the row of one chamber at a monotonic time."""
    board = FleetBoard()
    board.take(0, [report(name, **more)])
    return board.view(at, [source_view(SourceState.LOST if lost else SourceState.ON)]).rows[0]


def source_view(state: SourceState = SourceState.ON, name: str = "lab-broker") -> FleetSourceView:
    return FleetSourceView(name=name, state=state, heard=98.0)


class HandSource:
    """A source that reports what a test gives it."""

    def __init__(self, *reports: ChamberReport) -> None:
        self.new = list(reports)
        self.view = source_view()
        self.stopped = False

    def start(self) -> None:
        pass

    def take(self) -> Sequence[ChamberReport]:
        found, self.new = self.new, []
        return found

    def stop(self) -> None:
        self.stopped = True
