"""Texts about a run, shared by panel, history and dialogs: end, range, drift and dwell clocks."""

from __future__ import annotations

from xovac_tui import runs
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Quality, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age, format_change, format_duration, format_roughly
from xovac_tui.ui.format import Times
from xovac_tui.units import to_mbar

_NOTHING = 1.0
"""Seconds that are neither a range nor a drift."""


def range_words(followed: runs.view.RunProgress) -> str:
    """Return the uncertainty of the end: `±25 min`; empty if no range is known."""
    ends, first, last = followed.ends_utc, followed.ends_earliest_utc, followed.ends_latest_utc
    if ends is None or first is None or last is None or last - first < _NOTHING:
        return ""
    return f"±{format_roughly(max(last - ends, ends - first))}"


def drift_words(drift: float | None) -> str:
    """Return the drift of the end since the start: `drift +12 min`, `no drift`; empty if unknown."""
    if drift is None:
        return ""
    if abs(drift) < _NOTHING:
        return "no drift"
    return f"drift {format_change(drift)}"


def basis_words(basis: str) -> str:
    """Return the basis of the ramps' times; empty if the recipe gives them all."""
    return f"ramp times {basis}" if basis else ""


def gap_words(gaps: int, seconds: float) -> str:
    """Return the number and total duration of a run's gaps in reception."""
    if not gaps:
        return "none"
    return f"{gaps}, {format_duration(seconds)}" + (" in all" if gaps > 1 else "")


def ended_words(followed: runs.view.RunProgress, times: Times) -> str:
    """Return the time of a run's end and its duration."""
    when = "" if followed.ends_utc is None else f"{times.day_and_time(followed.ends_utc)} "
    least = "at least " if followed.elapsed_is_least else ""
    drift = drift_words(followed.drift) if followed.result == "completed" else ""
    return f"{when}after {least}{format_duration(followed.elapsed or 0.0)}" + (f", {drift}" if drift else "")


def clock_words(dwell: runs.dwell.Dwell) -> tuple[tuple[str, str], ...]:
    """Return the three clocks of a dwell as (name, time)."""
    return (
        ("elapsed", format_age(max(dwell.elapsed, 0.0))),
        ("in tol.", format_age(dwell.in_tolerance)),
        ("counts", format_age(dwell.creditable)),
    )


def why_not(
    dwell: runs.dwell.Dwell,
    followed: runs.view.RunProgress,
    snapshot: Snapshot,
    units: DisplayUnits = AS_REPORTED,
) -> str:
    """Return why a dwell does not count now; empty if it counts."""
    word = snapshot.link.word
    if word not in (LinkWord.ONLINE, LinkWord.STALE):
        return "the link is down"
    controlled = snapshot.by_role(Role.CONTROLLED)
    if word is LinkWord.STALE or followed.silent is not None:
        return "the data are stale"
    if followed.actual is None or (controlled is not None and controlled.quality is Quality.BAD):
        return "no temperature is reported"
    off = abs(followed.actual - dwell.target) - dwell.tolerance
    if off > 0:
        return f"out of tolerance by {units.difference(max(off, 0.1), 'degC')}"
    if dwell.pressure is None:
        return ""
    limit = units.pressure_words(dwell.pressure)
    channel = snapshot.by_role(Role.PRESSURE)
    usable = channel is not None and channel.quality is Quality.GOOD
    pressure = to_mbar(channel.value, channel.unit) if channel is not None and usable else None
    if pressure is None:
        return "pressure unknown"
    return f"pressure above {limit}" if pressure > dwell.pressure else ""


def condition_words(dwell: runs.dwell.Dwell, units: DisplayUnits = AS_REPORTED) -> str:
    """Return the conditions under which a dwell counts."""
    words = f"within {units.tolerance_words(dwell.tolerance)}"
    return words if dwell.pressure is None else f"{words}, ≤ {units.pressure_words(dwell.pressure)}"
