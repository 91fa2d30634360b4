"""Trend models of runs: one over its plan, or two from their starts."""

from __future__ import annotations

import math
from array import array

from xovac_tui.chamber.history import Curve
from xovac_tui.chamber.ring import Bins
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.plot.chart import MARKS
from xovac_tui.runs.past import PastRun, RunTrack
from xovac_tui.text import clean
from xovac_tui.ui.widgets.trend_model import TrendModel, TrendSeries, shown_series

NAN = math.nan
_UNREPORTED = "temperature not reported (role controlled)"


class RunCurve:
    """A channel's values during a run, in memory; times in seconds, `before` less than the record's."""

    def __init__(self, start: float, bins: Bins | None = None, before: float = 0.0) -> None:
        self._start = start - before
        bins = bins or Bins(start, 1.0, (), ())
        self._offset = bins.start - before
        self._seconds = bins.seconds
        self._lows = array("d", (math.inf if low != low else low for low in bins.lows))
        self._highs = array("d", (-math.inf if high != high else high for high in bins.highs))
        held = [place for place, low in enumerate(self._lows) if low != math.inf]
        self._last = self._offset + (held[-1] + 0.5) * self._seconds if held else None

    @property
    def oldest(self) -> float | None:
        """Time of the run's start, even without values from then."""
        return self._start

    @property
    def last_time(self) -> float | None:
        """Time of the newest value; None when there is none."""
        return self._last

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return lowest and highest value of each column; a bin that two columns share counts for both."""
        width = (end - start) / max(1, columns)
        lows, highs = array("d"), array("d")
        for column in range(columns):
            at = (start + column * width - self._offset) / self._seconds
            first, after = max(0, math.floor(at)), max(0, math.ceil(at + width / self._seconds))
            low = min(self._lows[first:after], default=math.inf)
            lows.append(NAN if low == math.inf else low)
            highs.append(NAN if low == math.inf else max(self._highs[first:after]))
        return Bins(start, width, lows, highs)


def run_model(past: PastRun, *, utc: bool, units: DisplayUnits = AS_REPORTED) -> TrendModel:
    """Return one run over its plan, by time of day; the plan of a run that goes on is shown to its end."""
    start, end = past.recorded.started, past.until
    if past.running and past.planned_seconds is not None:
        end = max(end, start + past.planned_seconds)
    series = [_series(past, past.temperature, "", 0, units)]
    if past.pressure is not None:
        series.append(_series(past, past.pressure, "", 1, units, log=True))
    return TrendModel(
        now_mono=end,
        now_utc=end,
        series=tuple(series),
        planned=[(start + t, celsius) for t, celsius in past.planned_points()] or None,
        marks=tuple(
            Mark(max(start, one.t), one.mark.utc, one.mark.kind, clean(one.mark.text_in(units), 80))
            for one in past.marks
            if one.mark.kind in MARKS and one.t <= end
        ),
        window=None,
        title=f"{past.recorded.label} over its plan" if past.planned_points() else past.recorded.label,
        utc=utc,
        whole=True,
        units=units,
    )


def pair_model(one: PastRun, other: PastRun, units: DisplayUnits = AS_REPORTED) -> TrendModel:
    """Return the temperatures of two runs from their starts, and the plan of the first that has one."""
    planned = next((run for run in (one, other) if run.planned_points()), None)
    label = next((clean(run.temperature.label, 40) for run in (one, other) if run.temperature), _UNREPORTED)
    title = f"{label} of {one.recorded.label} and {other.recorded.label}"
    longest = max(one.seconds, other.seconds)
    return TrendModel(
        now_mono=longest,
        now_utc=longest,
        series=tuple(
            _series(run, run.temperature, run.recorded.label, slot, units, before=run.recorded.started)
            for slot, run in enumerate((one, other))
        ),
        planned=planned.planned_points() if planned is not None else None,
        window=None,
        title=title + (f", plan of {planned.recorded.label}" if planned is not None else ""),
        whole=True,
        since=True,
        units=units,
    )


class DifferenceCurve:
    """How much a curve is above another one at the same time, from the middles of their columns."""

    def __init__(self, one: Curve, other: Curve, factor: float) -> None:
        self._one, self._other, self._factor = one, other, factor

    @property
    def oldest(self) -> float | None:
        """Time from which on there is a difference."""
        both = (self._one.oldest, self._other.oldest)
        return None if both[0] is None or both[1] is None else max(both[0], both[1])

    @property
    def last_time(self) -> float | None:
        """Time up to which both have values; None when one has none."""
        both = (self._one.last_time, self._other.last_time)
        return None if both[0] is None or both[1] is None else min(both[0], both[1])

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return the difference of each column; no value where one of the two has none."""
        one, other = self._one.window(start, end, columns), self._other.window(start, end, columns)
        middles = array(
            "d",
            (
                self._factor * (high + low - above - below) / 2
                for low, high, below, above in zip(one.lows, one.highs, other.lows, other.highs, strict=True)
            ),
        )
        return Bins(start, (end - start) / max(1, columns), middles, middles)


def delta_model(one: PastRun, other: PastRun, units: DisplayUnits = AS_REPORTED) -> TrendModel:
    """Return how much the second run was above the first one at the same time since their starts."""
    curves = [
        RunCurve(
            run.recorded.started,
            None if run.temperature is None else run.temperature.bins,
            run.recorded.started,
        )
        for run in (one, other)
    ]
    unit = units.difference_unit("degC")
    series = TrendSeries(
        "delta",
        f"{other.recorded.label} - {one.recorded.label}",
        unit,
        False,
        DifferenceCurve(curves[1], curves[0], units.change(1.0, "degC")),
        2,
    )
    longest = max(one.seconds, other.seconds)
    return TrendModel(
        now_mono=longest,
        now_utc=longest,
        series=(series,),
        window=None,
        title=f"{other.recorded.label} minus {one.recorded.label}",
        whole=True,
        since=True,
        units=units,
    )


def _series(
    past: PastRun,
    track: RunTrack | None,
    name: str,
    slot: int,
    units: DisplayUnits,
    *,
    log: bool = False,
    before: float = 0.0,
) -> TrendSeries:
    """Return one series of a chart; `name` defaults to the channel's label."""
    curve = RunCurve(past.recorded.started, track.bins if track is not None else None, before)
    label = name or (clean(track.label, 40) if track is not None else _UNREPORTED)
    unit = track.unit if track is not None else "degC"
    return shown_series(units, f"{past.recorded.id}.{slot}", label, unit, log, curve, slot)
