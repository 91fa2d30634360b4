"""Powers of time with a floor through a falling pressure: all that explain it. Pure; mbar.

p(t) = A (t - t0)^-n + p0. For each exponent n and origin t0 the amplitude and the floor are linear, and
follow from weighted least squares of the relative residuals. All laws whose error exceeds the least one by no
more than noise explains are as good (profile likelihood, k = 2: Wilks, Ann. Math. Statist. 9, 1938, 60).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import msgspec

COVERAGE = 2.0
"""Coverage factor k of the laws that the residuals allow: about 95 %."""
LEAST, MOST = 0.45, 1.35
"""Exponents of gas from surfaces, 0.5 to 1.3, and what noise adds to them."""
_TRIED = 0.3, 1.7
"""Exponents that are tried: what differs from all of these is another law."""
_LINEAR = 1e-3
"""Relative error of a group that no averaging takes away: a gauge is not more linear than that. Assumed."""
_FOLLOWING = 0.5
"""Correlation of residuals with the next ones from which on a law does not explain the fall ..."""
_SOUND = 3e-3
"""... unless their root mean square is less than this (relative): a gauge of few digits makes steps."""
_SLICES = 9
"""Exponents of the laws that span a forecast."""


class PressureLaw(msgspec.Struct, frozen=True):
    """One law by which the pressure falls."""

    above: float
    """mbar above the floor at the newest value."""
    floor: float
    """mbar"""
    power: float
    """Exponent of the time since the origin."""
    origin: float
    """Monotonic seconds."""
    newest: float
    """Time of the newest value, monotonic seconds."""

    def reached(self, threshold: float) -> float:
        """Return the monotonic time at which it is at a pressure in mbar; infinite if never."""
        left = threshold - self.floor
        if left <= 0:
            return math.inf
        exponent = math.log(self.above / left) / self.power
        return self.origin + (self.newest - self.origin) * math.exp(exponent) if exponent < 60 else math.inf


class ColumnGroup(msgspec.Struct, frozen=True):
    """Some columns of the pump-down, averaged."""

    after: float
    """Seconds after the beginning."""
    pressure: float
    """mbar"""
    weight: float
    """Seconds that were measured."""


class _Solved(msgspec.Struct, frozen=True):
    """Amplitude and floor that fit best for one exponent and origin."""

    bare: float
    """Error (sum of the weighted squares of relative residuals) without a floor ..."""
    free: float
    """... and with the one that fits best."""
    floor: float
    """Fits best, whatever its sign."""
    spread: float
    """Square of how far the floor is off, for each unit of error."""
    at_zero: float
    """Amplitude with a floor of 0 ..."""
    per_floor: float
    """... and by how much it is less for each unit of the floor."""


class PowerFit:
    """Powers of the time since an origin, and a floor, through the groups; in the newest group's pressure."""

    def __init__(self, groups: Sequence[ColumnGroup], first: float, origins: tuple[float, float]) -> None:
        """`origins` are seconds from the origin to `first`, which is after the beginning: least and most."""
        self._groups, self._first = groups, first
        self._unit = groups[-1].pressure
        self._inverse = [self._unit / group.pressure for group in groups]
        heaviest = max(group.weight for group in groups)
        self._weights = [group.weight / heaviest for group in groups]
        self._near, self._far = (math.log(seconds) for seconds in origins)
        low, high = _TRIED
        step = (high - low) / 10
        power = min((low + n * step for n in range(11)), key=self._least)
        self._power = _lowest(self._least, max(low, power - step), min(high, power + step), 12)
        self._origin = self._best_origin(self._power)
        self._judge()

    def _shape(self, power: float, origin: float) -> list[float]:
        """Return the power of time at each group; 1 at the newest. `origin` is a logarithm."""
        shift = math.exp(origin) - self._first
        end = math.log(self._groups[-1].after + shift)
        return [math.exp(power * (end - math.log(group.after + shift))) for group in self._groups]

    def _solve(self, power: float, origin: float) -> _Solved:
        """Return amplitude and floor by weighted linear least squares of the relative residuals."""
        gg = gh = hh = g1 = h1 = total = 0.0
        shape = self._shape(power, origin)
        for one, inverse, weight in zip(shape, self._inverse, self._weights, strict=True):
            g = one * inverse
            wg, wh = weight * g, weight * inverse
            total += weight
            gg += wg * g
            gh += wg * inverse
            hh += wh * inverse
            g1 += wg
            h1 += wh
        determinant = max(gg * hh - gh * gh, 1e-12 * gg * hh)
        floor = (gg * h1 - gh * g1) / determinant
        bare = max(0.0, total - g1 * g1 / gg)
        free = max(0.0, bare - floor * floor * determinant / gg)
        return _Solved(bare, free, floor, gg / determinant, g1 / gg, gh / gg)

    def _error(self, power: float, origin: float, floored: bool = True) -> float:
        """Return the error of an exponent and an origin, with a floor or without one."""
        solved = self._solve(power, origin)
        return solved.free if floored and solved.floor >= 0 else solved.bare

    def _best_origin(self, power: float, floored: bool = True) -> float:
        error = partial(self._error, power, floored=floored)
        step = (self._far - self._near) / 5
        best = min((self._near + n * step for n in range(6)), key=error)
        return _lowest(error, max(self._near, best - step), min(self._far, best + step), 10)

    def _least(self, power: float) -> float:
        """Return the error of an exponent with the origin that fits best."""
        return self._error(power, self._best_origin(power))

    def _judge(self) -> None:
        """Work out from the residuals whether the law explains the fall, and which errors are as good."""
        solved = self._solve(self._power, self._origin)
        floor = max(0.0, solved.floor)
        above = solved.at_zero - solved.per_floor * floor
        shape = self._shape(self._power, self._origin)
        left = [
            math.sqrt(weight) * (1 - (above * one + floor) * inverse)
            for one, inverse, weight in zip(shape, self._inverse, self._weights, strict=True)
        ]
        square = sum(one * one for one in left)
        following = sum(one * other for one, other in pairwise(left)) / square if square > 0 else 0.0
        # What wants to begin later still is not counted from pump-on.
        begins = self._origin > self._near + 0.005 * (self._far - self._near)
        self.explains = begins and (following < _FOLLOWING or square < len(left) * _SOUND**2)
        # Groups that err to the same side carry less information than independent ones, as in `fit.line`.
        alike = min(0.9, max(0.0, following))
        variance = square / (len(left) - 4) + _LINEAR**2
        self._limit = self._error(self._power, self._origin) + COVERAGE**2 * variance * (1 + alike) / (
            1 - alike
        )

    def courses(self, begin: float, newest: float) -> Iterator[PressureLaw]:
        """Yield laws that span all that are as good, the best first; none with an exponent of no surface."""
        least, most = (_edge(self._least, self._power, end, self._limit) for end in _TRIED)
        if not LEAST <= self._power <= MOST or least <= _TRIED[0] or most >= _TRIED[1]:
            return
        for floored in (True, False):
            # Without a floor the exponent is known much better: that strip is too narrow for the first look.
            for power, origin, allowed in self._edges(floored):
                zero = begin + self._first - math.exp(origin)
                now = ((self._groups[-1].after + begin - zero) / (newest - zero)) ** power
                for above, floor in _floors(self._solve(power, origin), allowed, floored):
                    yield PressureLaw(above * now * self._unit, floor * self._unit, power, zero, newest)

    def _edges(self, floored: bool) -> Iterator[tuple[float, float, float]]:
        """Yield exponents and origins around all that are as good, the best first, and the error of each."""

        def error(power: float) -> float:
            return self._error(power, self._best_origin(power, floored), floored)

        low, high = _TRIED
        best = self._power if floored else _lowest(error, low, high, 16)
        if error(best) > self._limit:
            return
        least, most = (_edge(error, best, end, self._limit) for end in _TRIED)
        for power in (best, *(least + n * (most - least) / (_SLICES - 1) for n in range(_SLICES))):
            at = self._best_origin(power, floored)
            # An edge is found up to a step only, and may be just outside.
            allowed = max(self._limit, self._error(power, at, floored))
            yield power, at, allowed
            for end in (self._near, self._far):
                yield power, _edge(partial(self._error, power, floored=floored), at, end, allowed), allowed


def _floors(solved: _Solved, limit: float, floored: bool) -> Iterator[tuple[float, float]]:
    """Yield amplitude and floor: the best, and at both ends of what an error of `limit` allows."""
    room = math.sqrt(max(0.0, limit - solved.free) * solved.spread)
    floors = [max(0.0, solved.floor + off) for off in (0.0, -room, room)] if floored else [0.0]
    for floor in dict.fromkeys(floors):
        above = solved.at_zero - solved.per_floor * floor
        if above > 0:
            yield above, floor


_GOLDEN = (math.sqrt(5.0) - 1) / 2


def _lowest(error: Callable[[float], float], low: float, high: float, steps: int) -> float:
    """Return where a function is lowest between two places (golden section search)."""
    one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_one, at_other = error(one), error(other)
    for _ in range(steps):
        if at_one < at_other:
            high, other, at_other = other, one, at_one
            one = high - _GOLDEN * (high - low)
            at_one = error(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + _GOLDEN * (high - low)
            at_other = error(other)
    return (low + high) / 2


def _edge(error: Callable[[float], float], best: float, end: float, limit: float) -> float:
    """Return how far from the best place towards an end the error stays within a limit (bisection)."""
    if error(end) <= limit:
        return end
    inside, outside = best, end
    for _ in range(10):
        middle = (inside + outside) / 2
        if error(middle) <= limit:
            inside = middle
        else:
            outside = middle
    # A range may rather be too wide than too narrow.
    return outside
