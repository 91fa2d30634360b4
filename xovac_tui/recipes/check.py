"""Check a recipe before it is sent, as an experienced colleague would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from xovac_tui.recipes import bounds
from xovac_tui.recipes.findings import Finding, FindingCode, Severity, finding
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.places import StepPath
from xovac_tui.recipes.plan import ASSUMED, Plan, PlanSettings, Segment, plan_recipe
from xovac_tui.units import DAY, MINUTE

_HAIR = 1.001
"""Ratio within which two rates are the same."""
_SCATTER = 1.1
"""The same for learned rates, which scatter."""


class Lag(msgspec.Struct, frozen=True):
    """One ramp whose duration is the author's, and what this chamber makes of it."""

    ramp: Segment
    rate: float
    """K/min that the ramp asks for."""
    managed: float
    """K/min that the chamber has managed on this way, or is assumed to reach."""
    learned: bool
    """`managed` was learned from its runs."""
    late: float
    """Seconds after the end of the ramp at which the chamber is there, at its usual rates."""
    hold: Segment | None
    """The hold that follows, and that the lag is taken from."""

    @property
    def too_fast(self) -> bool:
        """Whether the ramp asks for more than the chamber has managed or is assumed to reach."""
        return self.rate > self.managed * (_SCATTER if self.learned else _HAIR)


def lags(plan: Plan, settings: PlanSettings) -> Iterator[Lag]:
    """Yield what the chamber makes of each ramp that asks for a rate or a time."""
    segments = [segment for segment in plan.segments if segment.index is not None]
    for ramp, after in pairwise([*segments, None]):
        if ramp is None or ramp.kind != "ramp" or ramp.estimated or ramp.from_temp == ramp.to_temp:
            continue
        hold = after if after is not None and after.kind == "hold" else None
        yield _lag(ramp, hold, settings)


def _lag(ramp: Segment, hold: Segment | None, settings: PlanSettings) -> Lag:
    start, end = ramp.from_temp, ramp.to_temp
    rates = settings.rates
    managed = rates and rates.fastest(heating=end > start, low=min(start, end), high=max(start, end))
    crossing = rates and rates.time(start, end)
    late = abs(end - start) / settings.assumed_rate * MINUTE - ramp.duration
    if rates and crossing:
        # A setpoint that jumps is always ahead, one that moves holds the chamber back where it is fast.
        jumped = crossing[1] - ramp.duration
        late = jumped if settings.step_reading == "jump" else rates.lateness(start, end, ramp.duration) or 0.0
    return Lag(
        ramp=ramp,
        rate=abs(end - start) / ramp.duration * MINUTE,
        managed=managed or settings.assumed_rate,
        learned=bool(managed),
        late=max(0.0, late),
        hold=hold,
    )


_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}

ROOM = (15.0, 35.0)
"""degC at which a chamber is opened without dew and without burns: an assumption about labs."""
SHORT_HOLD = 300.0
"""Seconds; a part in vacuum rarely follows its surroundings faster."""
LONG_RUN = 7 * DAY
"""Seconds."""
TIGHT = 0.5
"""K around the target that a chamber of this kind is assumed to hold."""
HIGHEST_OF_ANY = 300.0
"""degC; what is above is refused where the chamber's own highest temperature is not known."""
USUAL = (-196.0, 150.0)
"""degC; liquid nitrogen, and what electronics stand: what is outside is probably a typing error."""
LOST = 0.1
"""Share of a hold that may be lost to a lag without a word."""


def check_recipe(
    recipe: Recipe, settings: PlanSettings, start_temperature: float = 20.0
) -> tuple[Finding, ...]:
    """Return all findings about a recipe, the worst first; `start_temperature` in degC."""
    found = bounds.recipe_problems(recipe)
    if problem := bounds.temperature_problem(start_temperature):
        found.append(problem.at(()))
    if found:
        return tuple(found)
    plan = plan_recipe(recipe, settings, start_temperature)
    found += _size(plan, settings)
    found += _temperatures(recipe, plan, settings)
    found += _bands(recipe, plan)
    found += _rates(plan, settings)
    found += _lost_holds(plan, settings)
    found += _dwells(recipe, plan, settings)
    found += _order(plan)
    found += _end(plan)
    found += _time(plan)
    # A step in a repeat says the same thing each round: once is enough.
    return tuple(sorted(dict.fromkeys(found), key=lambda one: _ORDER[one.severity]))


def _size(plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    items = sum(segment.index is not None for segment in plan.segments)
    if items == 0:
        yield finding(FindingCode.NOTHING_TO_DO, key="steps")
    if items > settings.max_items:
        yield finding(FindingCode.TOO_MANY_ITEMS, key="steps", items=items, most=settings.max_items)
    for segment in plan.segments:
        if segment.index is None:
            yield _at(segment, FindingCode.LEFT_OUT, to=segment.to_temp)


def _at(segment: Segment, code: FindingCode, **data: Any) -> Finding:
    return finding(code, segment.path, **data)


def _temperatures(recipe: Recipe, plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    part, low, high = recipe.limits, settings.chamber_min, settings.chamber_max
    ranges = [(low, high, FindingCode.BELOW_CHAMBER, FindingCode.ABOVE_CHAMBER)]
    if part is None:
        yield finding(FindingCode.NO_LIMITS, key="limits")
    else:
        ranges.insert(0, (part.min, part.max, FindingCode.BELOW_PART, FindingCode.ABOVE_PART))
        if not part.min <= plan.start_temperature <= part.max:
            yield finding(FindingCode.START_OUTSIDE_PART, key="limits", start=plan.start_temperature)
    if low is None and high is None:
        yield finding(FindingCode.NO_RANGE)
    for segment in _targets(plan):
        target = segment.to_temp
        for lowest, highest, below, above in ranges:
            if lowest is not None and target < lowest:
                yield _at(segment, below, target=target, limit=lowest)
            elif highest is not None and target > highest:
                yield _at(segment, above, target=target, limit=highest)
        yield from _unlikely(segment, recipe, settings)


def _unlikely(segment: Segment, recipe: Recipe, settings: PlanSettings) -> Iterator[Finding]:
    """Yield whether a target is probably a typing error; limits that someone gave vouch for it."""
    target, part = segment.to_temp, recipe.limits
    if settings.chamber_max is None and target > HIGHEST_OF_ANY:
        yield _at(segment, FindingCode.TOO_HOT_FOR_ANY, target=target, highest=HIGHEST_OF_ANY)
    elif target > USUAL[1] and settings.chamber_max is None and part is None:
        yield _at(segment, FindingCode.SUSPICIOUSLY_HOT, target=target, usual=USUAL[1])
    elif target < USUAL[0] and settings.chamber_min is None and part is None:
        yield _at(segment, FindingCode.SUSPICIOUSLY_COLD, target=target, usual=USUAL[0])


def _bands(recipe: Recipe, plan: Plan) -> Iterator[Finding]:
    """Yield holds that count also where the part is beyond its limits."""
    part, tolerance = recipe.limits, plan.tolerance
    if part is None:
        return
    for segment in plan.segments:
        target = segment.to_temp
        if segment.kind != "hold" or not part.min <= target <= part.max:
            continue
        low, high = round(target - tolerance, 9), round(target + tolerance, 9)
        for edge, limit, beyond in ((low, part.min, low < part.min), (high, part.max, high > part.max)):
            if beyond:
                data = {"target": target, "tolerance": tolerance, "edge": edge, "limit": limit}
                yield _at(segment, FindingCode.BAND_OUTSIDE_PART, **data)


def _targets(plan: Plan) -> Iterator[Segment]:
    """Yield the segments that choose a temperature: ramps, and holds before the first of them."""
    ramped = False
    for segment in plan.segments:
        ramped = ramped or segment.kind == "ramp"
        if segment.kind == "ramp" or not ramped:
            yield segment


def _rates(plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    ramps = [segment for segment in plan.segments if segment.kind == "ramp" and segment.index is not None]
    chosen = [segment for segment in ramps if not segment.estimated and segment.to_temp != segment.from_temp]
    fastest: dict[StepPath, Lag] = {}
    for lag in lags(plan, settings):
        if lag.too_fast and (lag.ramp.path not in fastest or lag.rate > fastest[lag.ramp.path].rate):
            fastest[lag.ramp.path] = lag
    for lag in fastest.values():
        data = {"to": lag.ramp.to_temp, "rate": lag.rate, "managed": lag.managed}
        if lag.learned:
            basis = settings.rates.words if settings.rates else ""
            yield _at(lag.ramp, FindingCode.FASTER_THAN_MANAGED, **data, basis=basis, late=lag.late)
        else:
            yield _at(lag.ramp, FindingCode.FASTER_THAN_ASSUMED, **data)
    if chosen and settings.step_reading == "jump":
        yield _at(chosen[0], FindingCode.RATES_NOT_KEPT, ramps=len({segment.path for segment in chosen}))
    elif chosen:
        yield finding(FindingCode.RATES_AS_DURATIONS)
    bases = {segment.basis for segment in ramps if segment.basis}
    if ASSUMED in bases:
        yield finding(FindingCode.RATE_ASSUMED, some=len(bases) > 1, rate=settings.assumed_rate)
    for basis in sorted(bases - {ASSUMED}):
        shortest, longest = round(plan.shortest), round(plan.longest)
        yield finding(FindingCode.TIMES_LEARNED, basis=basis, shortest=shortest, longest=longest)


def _lost_holds(plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    """Yield the holds that a lag before them takes much of."""
    worst: dict[StepPath, tuple[Lag, Segment]] = {}
    for lag in lags(plan, settings):
        if lag.hold is not None and lag.late > lag.hold.duration * LOST:
            before = worst.get(lag.hold.path)
            if before is None or lag.late > before[0].late:
                worst[lag.hold.path] = lag, lag.hold
    for lag, hold in worst.values():
        code = FindingCode.HOLD_LOST if lag.late >= hold.duration else FindingCode.HOLD_SHORTENED
        yield _at(hold, code, hold=hold.duration, target=hold.to_temp, late=lag.late, learned=lag.learned)


def _dwells(recipe: Recipe, plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    """Yield conditions under which no dwell, or little of one, would count."""
    if not any(segment.kind == "hold" for segment in plan.segments):
        return
    if plan.pressure is not None and settings.pressure_reported is False:
        key = "" if recipe.pressure is None else "pressure"
        yield finding(FindingCode.NO_PRESSURE, key=key, pressure=plan.pressure)
    if plan.tolerance < TIGHT:
        key = "" if recipe.tolerance is None else "tolerance"
        yield finding(FindingCode.TOLERANCE_TIGHT, key=key, tolerance=plan.tolerance, held=TIGHT)


def _order(plan: Plan) -> Iterator[Finding]:
    segments = [segment for segment in plan.segments if segment.index is not None]
    if segments and segments[0].kind == "hold":
        yield _at(segments[0], FindingCode.BEGINS_WITH_HOLD, start=segments[0].to_temp)
    for one, two in pairwise(segments):
        if one.kind == two.kind == "ramp":
            yield _at(two, FindingCode.TWO_RAMPS, target=one.to_temp)
    for segment in segments:
        if segment.kind == "hold" and segment.duration < SHORT_HOLD:
            yield _at(segment, FindingCode.SHORT_HOLD, hold=segment.duration, target=segment.to_temp)


def _end(plan: Plan) -> Iterator[Finding]:
    last = plan.segments[-1]
    if plan.final < ROOM[0]:
        yield _at(last, FindingCode.ENDS_COLD, end=plan.final)
    elif plan.final > ROOM[1]:
        yield _at(last, FindingCode.ENDS_HOT, end=plan.final)
    coldest = min(plan.segments, key=lambda segment: segment.to_temp)
    if coldest.to_temp < ROOM[0] <= plan.final:
        yield _at(coldest, FindingCode.COLD_ON_THE_WAY, coldest=coldest.to_temp)
    if last.kind == "ramp":
        yield _at(last, FindingCode.ENDS_WITH_RAMP, end=plan.final)


def _time(plan: Plan) -> Iterator[Finding]:
    if plan.total > LONG_RUN:
        yield finding(FindingCode.LONG_RUN, total=round(plan.total))
