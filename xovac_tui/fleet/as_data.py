"""The fleet for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from xovac_tui.fleet.overview import FleetRow

_MOMENTS = frozenset({"utc", "link_since", "ends", "since"})
"""Fields of a summary that are UTC seconds."""
_AGES = frozenset({"newest_age", "remaining", "age", "behind"})
"""Fields of a summary that are durations in seconds."""


def data(row: FleetRow, moment: Callable[[float | None], str | None]) -> dict[str, Any]:
    """Return a chamber as data for JSON; null is unknown. `moment` writes UTC seconds."""
    report = row.report
    return {
        "site": row.site or None,
        "chamber": row.chamber,
        "state": row.state.value,
        "state_age": _rounded(row.age),
        "live": row.live,
        "data_age": _rounded(row.data_age),
        "presence": report.presence.value,
        "recorded_here": report.local,
        "fault": None if report.fault is None else report.fault.value,
        "clock_ahead": _rounded(report.clock_ahead),
        "unacknowledged": row.waiting,
        "summary": None if report.summary is None else _whole(report.summary, moment),
    }


def _whole(one: Any, moment: Callable[[float | None], str | None]) -> Any:
    """Return a struct with all its fields, the unknown ones as null, moments as text."""
    if isinstance(one, tuple):
        return [_whole(each, moment) for each in one]
    if not isinstance(one, msgspec.Struct):
        return one
    return {name: _field(name, value, moment) for name, value in msgspec.structs.asdict(one).items()}


def _field(name: str, value: Any, moment: Callable[[float | None], str | None]) -> Any:
    if name in _MOMENTS:
        return moment(value)
    return _rounded(value) if name in _AGES else _whole(value, moment)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
