"""Is a channel stable: named criteria, the time that it was so, and when it will be. Pure.

A criterion evaluates the past `over` seconds: the values stay within a band, or change slowly enough, its
uncertainty included; and this must have been so for `hold` seconds. Only what was measured counts: a gap of
up to a tenth of the window stops the clock, a longer one begins it anew.
"""

from __future__ import annotations

import math
from itertools import accumulate

import msgspec

from xovac_tui.analysis.fit import ColumnTrack, Doubt, FittedLine, line, robust_points, track
from xovac_tui.analysis.settings import CriterionSettings
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.units import DAY, HOUR

LONGEST = 7 * DAY
"""Seconds; what would take longer is not foreseen."""
_SHORTER = 2 * math.sqrt(2.0)
"""How much less is known of a slope from half of the time, when it is noise that hides it."""


class Approach(msgspec.Struct, frozen=True):
    """Where a value is going: from its level now by a slope that fades."""

    level: float
    """Value now, by the line of the newer half."""
    slope: float
    """Per second, now."""
    fade: float
    """By which the slope shrinks, 1/s; 0: it stays as it is."""
    noise: float
    """Highest minus lowest of what is not explained by it."""
    hidden: float
    """Expanded uncertainty of a slope over the whole window that noise alone explains, per second."""

    def drift(self, seconds: float) -> float:
        """Return how far the value will have moved in some seconds."""
        if self.fade <= 0:
            return self.slope * seconds
        return -self.slope * math.expm1(-self.fade * seconds) / self.fade


def approach(past: ColumnTrack) -> Approach | None:
    """Return where the value of a window is going; None where too little is known."""
    times, values = past.points()
    half = len(times) // 2
    doubt = past.doubt
    older = line(times[:half], values[:half], doubt)
    newer = line(times[half:], values[half:], doubt)
    if older is None or newer is None:
        return None
    # From the middle of one half to the middle of the other, and from there to now.
    apart = (times[half] + times[-1] - times[0] - times[half - 1]) / 2
    ago = -(times[half] + times[-1]) / 2
    length = times[-1] - times[half]
    fade = _fade(older, newer, apart)
    slope = newer.slope if abs(newer.slope) > newer.uncertainty else 0.0
    if fade > 0:
        slope = newer.slope * math.exp(-fade * ago) / _steeper(fade * length / 2)
    return Approach(newer.at_zero, slope, fade, _noise(past, newer), newer.uncertainty / _SHORTER)


def _fade(older: FittedLine, newer: FittedLine, apart: float) -> float:
    """Return by how much the slope shrinks, 1/s; 0 where that is not certain."""
    shrinks = older.slope * newer.slope > 0 and abs(newer.slope) < abs(older.slope)
    if not shrinks or abs(older.slope - newer.slope) <= math.hypot(older.uncertainty, newer.uncertainty):
        return 0.0
    return math.log(older.slope / newer.slope) / apart


def _steeper(half: float) -> float:
    """Return how much steeper the line through an exponential is than the curve in its middle.

    `half` is half of the line's length over the time constant.
    """
    if half < 0.05:
        return 1 + half * half / 10
    half = min(half, 300.0)
    return 3 * (half * math.cosh(half) - math.sinh(half)) / half**3


def _noise(past: ColumnTrack, newer: FittedLine) -> float:
    """Return highest minus lowest of the newer half's values around its line."""
    above, below = 0.0, 0.0
    count = len(past.lows)
    first = past.start + past.width / 2 - past.newest
    for column in range(count // 2, count):
        low, high = past.lows[column], past.highs[column]
        if low <= high:
            expected = newer.at_zero + newer.slope * (first + column * past.width)
            # What the slope does within a column is no noise.
            inside = abs(newer.slope) * past.width / 2
            above = max(above, high - expected - inside)
            below = max(below, expected - low - inside)
    return above + below


def until_slow(whole: FittedLine, going: Approach, limit: float) -> float | None:
    """Return the seconds until the slope of a window, uncertainty included, is at most `limit` per second."""
    hidden = min(whole.uncertainty, going.hidden)
    now = abs(whole.slope) + whole.uncertainty
    if now <= limit:
        return 0.0
    if going.fade <= 0 or hidden >= limit:
        return None
    return _foreseen(math.log((now - hidden) / (limit - hidden)) / going.fade)


def until_narrow(past: ColumnTrack, going: Approach, band: float, over: float) -> float | None:
    """Return the seconds until the values of `over` seconds stay within `band`, highest minus lowest.

    The past is taken as it was measured, the future as the approach has it.
    """
    width = past.width
    count = math.ceil(over / width) + 1
    past = past.last(count)
    missing = count - len(past.lows) + sum(1 for low in past.lows if low != low)
    # Of all columns from each one on.
    lows = (math.inf if low != low else low for low in reversed(past.lows))
    highs = (-math.inf if high != high else high for high in reversed(past.highs))
    lowest, highest = list(accumulate(lows, min))[::-1], list(accumulate(highs, max))[::-1]
    spread = going.noise / 2
    for ahead in range(missing, count + 1):
        end = going.level + going.drift(ahead * width)
        low, high = min(going.level, end) - spread, max(going.level, end) + spread
        kept = ahead - (count - len(past.lows))
        if kept < len(past.lows):
            low, high = min(low, lowest[kept]), max(high, highest[kept])
        if high - low <= band:
            return ahead * width
    room = band - going.noise
    if going.fade <= 0 or room <= 0:
        return None
    across = abs(going.drift(count * width))
    return _foreseen(count * width + math.log(across / room) / going.fade)


def _foreseen(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds <= LONGEST else None


_BRIDGED = 0.1
"""Part of a window that gaps may take."""
_SLACK = 5.0
"""Seconds between two evaluations; what happened in a longer pause is read from the channel's past."""
_BACK = 3
"""How many times the time that it needs a criterion looks back when it begins, to count resets."""
_STEPS = 60
"""Evaluations of that past."""
_PROGRESS = 0.25
"""Part of the time needed that is worth reporting when it is lost again."""
_LEFT = 0.25
"""Part of it that is left at most after a reset: noise makes a beginning come and go."""


class StabilityCriterion(msgspec.Struct, frozen=True):
    """When a channel is called stable. Degrees are those of the channel; K for temperatures."""

    name: str = ""
    within: float | None = None
    """Half width of the band in which all values of the window are: +-2 K is 2.0."""
    per_hour: float | None = None
    """Largest change per hour of the window, either way, its uncertainty included."""
    over: float = 600.0
    """Seconds of the window."""
    hold: float = 0.0
    """Seconds for which it must have been so."""

    @property
    def needed(self) -> float:
        """Seconds from which on it is called stable, at the soonest."""
        return self.over + self.hold

    def in_readings(self, degrees: float, speed: float = 1.0) -> StabilityCriterion:
        """Return it in degrees of a channel, so many to a K, and in seconds of the clock: `speed` to one."""
        return StabilityCriterion(
            self.name,
            None if self.within is None else self.within * degrees,
            None if self.per_hour is None else self.per_hour * degrees * speed,
            self.over / speed,
            self.hold / speed,
        )


def criterion_of(name: str, settings: CriterionSettings) -> StabilityCriterion:
    """Return a criterion as the settings have it, in K and seconds."""
    return StabilityCriterion(name, settings.within, settings.rate, settings.over, settings.hold)


class Stability(msgspec.Struct, frozen=True):
    """What a criterion says of a channel at one moment."""

    stable: bool | None = None
    """None: unknown, because the data are old, or too few."""
    held: float = 0.0
    """Seconds for which it has been so."""
    needed: float = 0.0
    """Seconds that it takes."""
    per_hour: float | None = None
    """Change per hour over the window, as far as there is one."""
    uncertainty: float | None = None
    """Of that change, expanded: about 95 %."""
    resets: int = 0
    """How often it was lost again, in the time that was evaluated."""
    forecast: float | None = None
    """Seconds until it is stable if it goes on as it does; None where that cannot be foreseen."""


def change_per_hour(curve: ChannelHistory, now: float, window: float) -> tuple[float, float] | None:
    """Return the change per hour over the past `window` seconds and its expanded uncertainty (about 95 %).

    A few bad readings are left out. None with too few values, or without one in that time.
    """
    past = track(curve, now, window, window)
    if past is None:
        return None
    doubt = past.doubt
    found = line(*robust_points(past, doubt), doubt)
    return None if found is None else (found.slope * HOUR, found.uncertainty * HOUR)


class _Judged(msgspec.Struct, frozen=True):
    """The evaluation of one window."""

    met: bool
    """All that was asked is fulfilled, over the whole window."""
    tail: float
    """Seconds of it, up to now, over which it is fulfilled already."""
    measured: float
    """Seconds of it that were measured."""
    inside: int
    """Columns up to now in which the values stay within the band."""
    known: bool
    """There are values enough to say something."""
    past: ColumnTrack
    window: ColumnTrack
    """What is measured of the past, for as long as the criterion asks."""
    whole: FittedLine | None
    """Through that window."""


class StabilityWatch:
    """One criterion kept for one channel; remembers how long it was met, and how often it was lost."""

    def __init__(self, criterion: StabilityCriterion) -> None:
        self.criterion = criterion
        self._forget()

    def _forget(self) -> None:
        self._seen: float | None = None
        """Time of the newest value that was evaluated."""
        self._met = False
        self._kept = 0.0
        self._best = 0.0
        self._held = 0.0
        self._resets = 0

    def look(self, curve: ChannelHistory, now: float, *, fresh: bool) -> Stability:
        """Return its state now; `fresh` says that the channel's newest value may be believed."""
        criterion = self.criterion
        past = track(curve, now, criterion.over, criterion.over * (1 + _BRIDGED)) if fresh else None
        if past is None or (criterion.within is None and criterion.per_hour is None):
            # The clock pauses; what comes after decides whether it goes on.
            return Stability(held=self._held, needed=criterion.needed, resets=self._resets)
        if self._seen is None or not 0 <= past.newest - self._seen <= max(_SLACK, 2 * past.width):
            self._catch_up(curve, past.newest)
        judged = self._step(past)
        whole = judged.whole
        return Stability(
            stable=self._met and self._kept >= criterion.hold if judged.known else None,
            held=self._held,
            needed=criterion.needed,
            per_hour=None if whole is None else whole.slope * HOUR,
            uncertainty=None if whole is None else whole.uncertainty * HOUR,
            resets=self._resets,
            forecast=self._forecast(judged),
        )

    def _catch_up(self, curve: ChannelHistory, newest: float) -> None:
        """Evaluate the channel since the last evaluation, or its past before the first one."""
        criterion = self.criterion
        back = _BACK * criterion.needed
        step = back / _STEPS
        if self._seen is not None and 0 <= newest - self._seen <= back:
            back = newest - self._seen
        else:
            self._forget()
        past = track(curve, newest, criterion.over, back + criterion.over * (1 + _BRIDGED))
        if past is None:
            return
        step = max(past.width, step)
        count = math.ceil(criterion.over * (1 + _BRIDGED) / past.width) + 1
        for ahead in range(math.ceil(back / step) - 1, 0, -1):
            then = past.until(newest - ahead * step).last(count)
            if then.lows and then.lows[-1] == then.lows[-1]:
                self._step(then, brief=True)
            else:
                # In a gap the clock pauses.
                self._seen = then.newest

    def _step(self, past: ColumnTrack, *, brief: bool = False) -> _Judged:
        """Let the clock go on to one more value; `brief`: only whether all is met, and progress in a band."""
        criterion = self.criterion
        judged = self._judge(past, brief=brief)
        passed = 0.0 if self._seen is None else past.newest - self._seen
        self._kept = self._kept + passed if judged.met and self._met else 0.0
        self._met, self._seen = judged.met, past.newest
        self._held = criterion.over + min(self._kept, criterion.hold) if judged.met else judged.tail
        best = self._best
        lost = best >= criterion.needed and self._held < criterion.needed
        if lost or (best >= _PROGRESS * criterion.needed and self._held < _LEFT * best):
            self._resets += 1
            self._best = self._held
        else:
            self._best = max(best, self._held)
        return judged

    def _judge(self, past: ColumnTrack, *, brief: bool) -> _Judged:
        """Evaluate the window that ends with the newest value."""
        criterion, over = self.criterion, self.criterion.over
        tails = _tails(past, criterion)
        window = past.last(tails.columns)
        whole, points, tail = None, 0, tails.inside
        # Most of a past was far from stable: there no line is needed.
        if not brief or (criterion.per_hour is not None and tail >= over):
            doubt = window.doubt
            times, values = robust_points(window, doubt)
            points = len(times)
            whole = line(times, values, doubt)
            if _slow_enough(whole, criterion.per_hour):
                slow = tails.measured
            else:
                slow = 0.0 if brief else self._slow(times, values, doubt, tails.measured)
            tail = min(tail, slow)
        elif criterion.per_hour is not None:
            tail = 0.0
        return _Judged(
            met=tail >= over,
            tail=min(tail, over),
            measured=min(tails.measured, over),
            inside=tails.inside_columns,
            known=whole is not None or (criterion.per_hour is None and points > 1),
            past=past,
            window=window,
            whole=whole,
        )

    def _slow(self, times: list[float], values: list[float], doubt: Doubt, measured: float) -> float:
        """Return the seconds up to now, in tenths of the window, over which the change is slow enough."""
        limit, count = self.criterion.per_hour, len(times)
        for tenths in range(9, 0, -1):
            first = count - count * tenths // 10
            if _slow_enough(line(times[first:], values[first:], doubt), limit):
                return min(measured, self.criterion.over) * tenths / 10
        return 0.0

    def _forecast(self, judged: _Judged) -> float | None:
        """Return the seconds until it is stable if it goes on as it does."""
        criterion = self.criterion
        if judged.met:
            return max(0.0, criterion.hold - self._kept)
        wait = criterion.over - judged.measured
        times: list[float | None] = [wait]
        if criterion.within is not None:
            # What was outside of the band is over: it says nothing about how the rest goes on.
            going = approach(judged.past.last(judged.inside))
            band = 2 * criterion.within
            times.append(until_narrow(judged.past, going, band, criterion.over) if going else None)
        if criterion.per_hour is not None and judged.tail < judged.measured:
            going, whole, limit = approach(judged.window), judged.whole, criterion.per_hour / HOUR
            times.append(until_slow(whole, going, limit) if going and whole else None)
        longest = max(math.inf if one is None else one for one in times)
        return longest + criterion.hold if math.isfinite(longest) else None


def _slow_enough(found: FittedLine | None, limit: float | None) -> bool:
    if limit is None:
        return True
    return found is not None and (abs(found.slope) + found.uncertainty) * HOUR <= limit


class _Tails(msgspec.Struct, frozen=True):
    """How far back from now a window reaches."""

    measured: float
    """Seconds that were measured, up to all that the criterion asks for."""
    columns: int
    """Columns that they take, gaps included."""
    inside: float
    """Seconds of these in which the values stay within the band."""
    inside_columns: int


def _tails(past: ColumnTrack, criterion: StabilityCriterion) -> _Tails:
    """Return how far back values reach, and those within the band.

    A column beside a gap counts for nothing: it may be filled in part only.
    """
    band = math.inf if criterion.within is None else 2 * criterion.within
    low, high = math.inf, -math.inf
    measured = inside = -past.unfilled
    missing, narrow, columns, inside_columns = 0.0, True, 0, 0
    newer = 0.0
    for column in range(len(past.lows) - 1, -1, -1):
        below = past.lows[column]
        if below != below:
            missing += past.width
            if missing > _BRIDGED * criterion.over:
                break
        else:
            low, high = min(low, below), max(high, past.highs[column])
            narrow = narrow and high - low <= band
            older = past.lows[column - 1] if column else 0.0
            if newer == newer and older == older:
                measured += past.width
                inside += past.width if narrow else 0.0
        newer = below
        columns += 1
        inside_columns += narrow
        if measured >= criterion.over:
            break
    return _Tails(max(0.0, measured), columns, max(0.0, inside), inside_columns)
