"""When a temperature enters a band, by how it went since the step began: an approach with a range. Pure.

The value is taken to go on as v + s (1 - exp(-k t)) / k: from its level now by a slope that fades, which is a
straight line for k = 0. A forecast is the span of all these courses that explain the past, each with the
uncertainty of its slope. Where they do not agree the oldest part is left out: a part lags behind at first.
Nothing is foreseen where one of them never enters the band, where the span is too wide, or where it lies far
beyond the time that was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from xovac_tui.analysis.fit import Doubt, FittedLine, independent, line, robust_points, student, track
from xovac_tui.chamber.history import ChannelHistory

EVERY = 10.0
"""Seconds for which a forecast stays as it is."""
LOOK_BACK = 1800.0
"""Seconds of the past that a course is fitted to at most."""
SHORTEST = 60.0
"""Seconds since the step began below which nothing is foreseen: at first a part lags behind."""
WIDEST = 4.0
"""Latest over soonest from which on nothing is foreseen ..."""
NARROW = 300.0
"""... where they are more than so many seconds of the chamber apart."""
FARTHEST = 2.0
"""How many times longer than what was measured the forecast may reach."""
_PARTS = (1.0, 0.6, 0.36, 0.2)
"""Newest parts of the past that are tried, the longest first: how a step begins is over soonest."""
_FEWEST = 12
"""Points that a course is fitted to at least."""
_FADES = (-0.4, -0.1, 0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""How much a slope fades over the time that was measured, as an exponent; negative where a part that
lags behind still gets faster."""
_HALVINGS = 10
_NO_LINE = FittedLine(0.0, math.inf, 0.0)
_POINTS = 24
"""Points of a course that is drawn."""


class BandForecast(msgspec.Struct, frozen=True):
    """When a value enters a band, in monotonic seconds, and how it goes until then."""

    soonest: float
    likely: float
    latest: float
    course: tuple[tuple[float, float], ...] = ()
    """The likely one as (monotonic seconds, value)."""


class BandWatch:
    """Forecasts when a channel enters a band, and keeps each of them for some seconds."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._at = math.inf
        self._found: BandForecast | None = None

    def look(
        self,
        name: str,
        curve: ChannelHistory,
        now: float,
        band: tuple[float, float],
        *,
        since: float,
        speed: float,
    ) -> BandForecast | None:
        """Return the forecast for the channel `name`, see `band_forecast`, at most `EVERY` seconds old."""
        asked = (name, band, round(since / EVERY), speed)
        if asked != self._asked or not 0 <= now - self._at < EVERY:
            self._asked, self._at = asked, now
            self._found = band_forecast(curve, now, band, since=since, speed=speed)
        return self._found


class _Course(msgspec.Struct, frozen=True):
    """One course that may explain the past."""

    fade: float
    """1/s."""
    found: FittedLine
    left: tuple[float, ...]
    """What it leaves of each point."""
    error: float
    """Sum of their squares."""

    def until(self, edge: float, slope: float) -> float:
        """Return the seconds until a value is reached by some slope; infinite for never."""
        left = edge - self.found.at_zero
        if not slope * left > 0:
            # Also where values are too large or too small for their product to be a number.
            return math.inf
        if not self.fade:
            return left / slope
        part = self.fade * left / slope
        return math.inf if part >= 1 else -math.log1p(-part) / self.fade

    def at(self, seconds: float) -> float:
        """Return the value so many seconds from now."""
        return self.found.at_zero + self.found.slope * _faded(self.fade, seconds)


def _faded(fade: float, seconds: float) -> float:
    """Return the seconds for which a slope that fades has its full effect."""
    return -math.expm1(-fade * seconds) / fade if fade else seconds


def band_forecast(
    curve: ChannelHistory, now: float, band: tuple[float, float], *, since: float, speed: float = 1.0
) -> BandForecast | None:
    """Return when a value outside of a band (lowest, highest) enters it; None: inside, or not foreseen.

    `now` and `since`, when the step began, are monotonic seconds; `speed` is the seconds of the chamber in
    one of these.
    """
    window = min(now - since, LOOK_BACK / speed)
    past = track(curve, now, window, window) if window >= SHORTEST / speed else None
    if past is None:
        return None
    times, values = robust_points(past, past.doubt)
    for part in _PARTS:
        first = len(times) - math.floor(len(times) * part)
        if len(times) - first < _FEWEST or -times[first] * speed < SHORTEST / 2:
            break
        found = _forecast(_Fits(times[first:], values[first:], past.doubt), past.newest, band, speed)
        if found is not None:
            return found
    return None


def _forecast(fits: _Fits, newest: float, band: tuple[float, float], speed: float) -> BandForecast | None:
    """Return the forecast of the courses that explain some points; None where they do not agree on one."""
    courses = fits.explaining()
    best = courses[0]
    if band[0] <= best.found.at_zero <= band[1]:
        return None
    edge = band[0] if best.found.at_zero < band[0] else band[1]
    likely = best.until(edge, best.found.slope)

    def span(missed: float) -> tuple[float, float] | None:
        times = [
            one.until(edge, one.found.slope + sign * max(one.found.uncertainty, missed))
            for one in courses
            for sign in (-1, 1)
        ]
        soonest, latest = min(times), max(times)
        far = latest > FARTHEST * fits.length
        return None if far or latest > max(WIDEST * soonest, soonest + NARROW / speed) else (soonest, latest)

    # What the courses themselves leave open costs less to know.
    if span(0.0) is None or (found := span(fits.missed(best))) is None:
        return None
    soonest, latest = found
    ahead = (likely * step / (_POINTS - 1) for step in range(_POINTS))
    return BandForecast(
        newest + soonest,
        newest + likely,
        newest + latest,
        tuple((newest + seconds, best.at(seconds)) for seconds in ahead),
    )


class _Fits:
    """The best course through some points for each fade."""

    def __init__(self, times: Sequence[float], values: Sequence[float], doubt: Doubt) -> None:
        self._times, self._values, self._doubt = times, values, doubt
        self.length = times[-1] - times[0]
        """Seconds that were measured."""

    def __call__(self, exponent: float) -> _Course:
        """Return it for a fade that makes the slope smaller by exp(-`exponent`) over the measured time."""
        fade = exponent / self.length
        across = [_faded(fade, time) for time in self._times]
        found = line(across, self._values, self._doubt) or _NO_LINE
        left = tuple(
            value - found.at_zero - found.slope * time
            for time, value in zip(across, self._values, strict=True)
        )
        return _Course(fade, found, left, sum(one * one for one in left))

    def likeliest(self) -> _Course:
        """Return the course that leaves least."""
        coarse = [self(exponent) for exponent in _FADES]
        at = min(range(len(coarse)), key=lambda place: coarse[place].error)
        low, high = (_FADES[min(max(0, at + off), len(_FADES) - 1)] for off in (-1, 1))
        for _ in range(_HALVINGS):
            third = (high - low) / 3
            if self(low + third).error < self(high - third).error:
                high -= third
            else:
                low += third
        return min(coarse[at], self((low + high) / 2), key=lambda one: one.error)

    def explaining(self) -> list[_Course]:
        """Return the likeliest course, and those of least and most fade that explain the points (F test)."""
        best = self.likeliest()
        exponent = best.fade * self.length
        free = independent(best.left) - 3
        # What rounding alone explains tells no course from another.
        floor = len(self._times) * (self._doubt.step * self._doubt.left) ** 2 / 12
        most = max(best.error, floor) * (1 + student(free) ** 2 / max(1.0, free))
        ends = (self._edge(exponent, end, most) for end in (_FADES[0], _FADES[-1]))
        return [best, *ends]

    def missed(self, best: _Course) -> float:
        """Return by which slope the likeliest course through the older half missed the newest value."""
        half = len(self._times) // 2
        end = self._times[half - 1]
        older = _Fits([time - end for time in self._times[:half]], self._values[:half], self._doubt)
        return abs(older.likeliest().at(-end) - best.found.at_zero) / -end

    def _edge(self, inside: float, outside: float, most: float) -> _Course:
        """Return the course farthest from one that explains the points that still does."""
        if (farthest := self(outside)).error <= most:
            return farthest
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            if self(middle).error <= most:
                inside = middle
            else:
                outside = middle
        return self(outside)
