"""The model of a trend chart: series with their histories, marks, a planned profile and the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from xovac_tui import quantities as figures
from xovac_tui.chamber.history import Curve
from xovac_tui.chamber.ring import Bins
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.digits import MINUS, digits, figure
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.plot.cells import narrow
from xovac_tui.plot.ticks import Clock
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.ui.glyphs import ASCII
from xovac_tui.units import DAY, HOUR, MINUTE, is_temperature, unit_of

WINDOWS: tuple[float | None, ...] = (10 * MINUTE, HOUR, 6 * HOUR, DAY, None)
"""Windows in seconds, in the order of the key; None is everything."""
ZOOMS = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 20, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY for days in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365, 730)),
)
"""Windows in seconds, in the order of the zoom keys."""


class TrendSeries(msgspec.Struct, frozen=True):
    """One channel on the chart."""

    name: str
    label: str
    unit: str
    """The unit of the values, in which they are drawn: `degC`, `mbar`."""
    log: bool
    history: Curve
    slot: int
    """Number of its colour, from 0; kept when other series come and go."""

    @property
    def of_the_data(self) -> tuple[Curve, str]:
        """Its curve and unit as in the data."""
        return self.history.of_the_data if isinstance(self.history, ShownCurve) else (self.history, self.unit)


class ShownCurve:
    """A curve in the unit in which its values are shown."""

    def __init__(self, curve: Curve, unit: str, units: DisplayUnits) -> None:
        self._curve, self._unit, self._units = curve, unit, units

    @property
    def of_the_data(self) -> tuple[Curve, str]:
        """The curve and its unit as in the data."""
        return self._curve, self._unit

    @property
    def oldest(self) -> float | None:
        """Time from which on values are kept; None when there are none."""
        return self._curve.oldest

    @property
    def last_time(self) -> float | None:
        """Time of the newest value; None when there is none."""
        return self._curve.last_time

    @property
    def version(self) -> int:
        """What changes when a thread has read more of the past."""
        return int(getattr(self._curve, "version", 0))

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return lowest and highest values per column of `start` to `end` (exclusive)."""
        bins = self._curve.window(start, end, columns)
        lows, highs = (self._units.values(some, self._unit) for some in (bins.lows, bins.highs))
        return Bins(bins.start, bins.seconds, lows, highs)


def shown_series(
    units: DisplayUnits, name: str, label: str, unit: str, log: bool, history: Curve, slot: int
) -> TrendSeries:
    """Return the series of a channel with values in some unit, in the unit in which they are shown."""
    shown = units.shown_unit(unit)
    same = unit_of(shown) == unit_of(unit)
    return TrendSeries(
        name,
        label,
        unit if same else shown,
        log,
        history if same else ShownCurve(history, unit, units),
        slot,
    )


class TrendModel(msgspec.Struct, frozen=True):
    """Everything that a chart shows at one moment."""

    now_mono: float
    now_utc: float
    series: tuple[TrendSeries, ...] = ()
    """In order of importance: the first is drawn on top."""
    planned: Sequence[tuple[float, float]] | None = None
    """Planned profile as list of (monotonic seconds, degC), in order of time."""
    holds: tuple[PlacedHold, ...] = ()
    controlled: str = ""
    """Name of the series that the plan is for, whose colour says its temperature."""
    pressure: str = ""
    """Name of the series that says whether a dwell counts."""
    forecasts: tuple[tuple[str, Sequence[tuple[float, float]]], ...] = ()
    """Name of a series, and what is foreseen as (monotonic seconds, value), in order of time."""
    marks: tuple[Mark, ...] = ()
    window: float | None = 600.0
    """Window in seconds; None for all. The chart applies it when it differs from the previous model's."""
    title: str = "Trend"
    utc: bool = False
    """Label the time axis in UTC."""
    whole: bool = False
    """The data are complete: "all" is exactly their range, and nothing is live."""
    since: bool = False
    """Label the time axis with the time since 0 instead of the time of day."""
    units: DisplayUnits = AS_REPORTED
    """How values are written; the series are in these units already."""

    @property
    def ahead(self) -> float:
        """Seconds from now on of which something is planned or foreseen; 0 for complete data."""
        ends = [points[-1][0] for points in (self.planned, *(one for _, one in self.forecasts)) if points]
        return 0.0 if self.whole else max(0.0, max(ends, default=0.0) - self.now_mono)

    def clock(self) -> Clock:
        """Return the function that converts UTC seconds to the shown time of day."""
        return utc_clock if self.utc else local_clock


def local_clock(utc: float) -> datetime:
    """Return a time in UTC seconds as this machine's local time, with its zone."""
    return datetime.fromtimestamp(utc).astimezone()


def utc_clock(utc: float) -> datetime:
    """Return a time in UTC seconds as a time in UTC."""
    return datetime.fromtimestamp(utc, UTC)


def shown_unit(unit: str, ascii_only: bool = False) -> str:
    """Return a unit as written on the screen."""
    unit = narrow(unit)
    if ascii_only:
        return ASCII.plain(unit)
    return figures.unit(unit)


def shown_value(
    value: float, unit: str, log: bool, ascii_only: bool = False, units: DisplayUnits = AS_REPORTED
) -> str:
    """Return a value without unit: temperatures with the decimals of their unit, log channels as 1.3e-04."""
    if log:
        text = units.number(value, unit, log=True)
        return text.replace(MINUS, "-") if ascii_only else text
    if is_temperature(unit):
        text = figures.number(value, unit)
        return text.replace(MINUS, "-") if ascii_only else text
    return digits(value, ".4g") if ascii_only else figure(value, ".4g")
