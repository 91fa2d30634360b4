"""Summaries of chambers for tests of what publishes and shows them."""

from __future__ import annotations

from typing import Any

from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary

UTC = 1_790_000_000.0


def channel(name: str, value: float | None = 21.5, **more: Any) -> ChannelSummary:
    """Return a channel in degC whose newest message came a second ago."""
    told = {"full_name": f"sensor_data.{name}", "label": name, "unit": "degC", "quality": "good", "age": 1.0}
    return ChannelSummary(name=name, value=value, **{**told, **more})


def alarm(rule: str, **more: Any) -> AlarmSummary:
    """Return an alarm that is active and not acknowledged."""
    told = {"severity": "high", "state": "unacknowledged", "active": True, "since": UTC, "text": "too hot"}
    return AlarmSummary(rule=rule, **{**told, **more})


def summary(at: float = 0.0, **more: Any) -> ChamberSummary:
    """Return a chamber that is online and idle, so many seconds after `UTC`."""
    told: dict[str, Any] = {
        "chamber": "bench-1",
        "site": "lab",
        "utc": UTC + at,
        "host": "pc1",
        "program": "1.0",
        "link": "ONLINE",
        "run": "IDLE",
        "alarms": (),
        "channels": (channel("plate", pinned=True), channel("wall")),
        "recorder": "on",
    }
    return ChamberSummary(**{**told, **more})
