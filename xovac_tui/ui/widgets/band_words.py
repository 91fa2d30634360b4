"""When the controlled temperature enters the tolerance that the running step leads to, as text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xovac_tui import analysis, runs
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import ChannelView, Quality, Snapshot
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_rough_span, format_roughly
from xovac_tui.runs.hold import PlacedHold, next_hold
from xovac_tui.station.station import Station
from xovac_tui.ui.format import Times
from xovac_tui.units import to_celsius

_NOTHING = 5.0
"""Seconds of range that are not worth showing."""


class BandAhead(msgspec.Struct, frozen=True):
    """The tolerance of a hold, and when the controlled temperature is in it."""

    hold: PlacedHold
    inside: bool
    forecast: analysis.reaching.BandForecast | None = None
    """None: it is in it, or it is not foreseen when it will be."""


def band_ahead(
    station: Station, snapshot: Snapshot, progress: runs.view.RunProgress, *, foresee: bool = True
) -> BandAhead | None:
    """Return the band that the running step leads to; None without one, or where the temperature is old.

    `progress` has the run's times by the clock on the wall. Without `foresee` nothing is worked out.
    """
    channel = snapshot.by_role(Role.CONTROLLED)
    old = channel is None or channel.quality is not Quality.GOOD or progress.silent is not None
    if channel is None or old or progress.over:
        return None
    hold = next_hold(station.runs.holds(), progress.segment, snapshot.mono)
    value = to_celsius(channel.value, channel.unit) if channel.value is not None else None
    if hold is None or value is None:
        return None
    if abs(value - hold.target) <= hold.tolerance:
        return BandAhead(hold, inside=True)
    forecast = None
    if foresee and progress.step_elapsed is not None:
        began = snapshot.mono - progress.step_elapsed
        forecast = station.insight.enters(snapshot, hold.target, hold.tolerance, began)
    return BandAhead(hold, inside=False, forecast=forecast)


def band_courses(
    ahead: BandAhead | None, controlled: ChannelView | None, units: DisplayUnits
) -> tuple[tuple[str, Sequence[tuple[float, float]]], ...]:
    """Return the course that is foreseen, in shown values, as a chart takes forecasts."""
    if controlled is None or ahead is None or ahead.forecast is None:
        return ()
    course = [(mono, units.value(value, controlled.unit)) for mono, value in ahead.forecast.course]
    return ((controlled.full_name, course),)


def when_in_band(ahead: BandAhead | None, snapshot: Snapshot, times: Times) -> str:
    """Return when it is in the band, in few words: `band 11:12 ±2min`; empty where that is not foreseen."""
    if ahead is None or ahead.forecast is None:
        return ""
    found = ahead.forecast
    off = max(found.latest - found.likely, found.likely - found.soonest)
    spread = f" ±{format_roughly(off).replace(' ', '')}" if off >= _NOTHING else ""
    return f"band {times.short(snapshot.utc + found.likely - snapshot.mono)}{spread}"


def band_words(ahead: BandAhead | None, snapshot: Snapshot, times: Times, units: DisplayUnits) -> str:
    """Return the same in a sentence's part with the band itself, or that it is not foreseen."""
    if ahead is None:
        return "no hold follows, or none is known"
    hold = ahead.hold
    band = f"±{units.tolerance_words(hold.tolerance)} of {units.temperature_words(hold.target)}"
    if ahead.inside:
        return f"in it now, {band}"
    found = ahead.forecast
    if found is None:
        return f"{band}: not foreseen"
    now = snapshot.mono
    clock = times.short(snapshot.utc + found.likely - now)
    span = format_rough_span(max(0.0, found.soonest - now), max(0.0, found.latest - now))
    return f"{band} at {clock}, in {span}"
