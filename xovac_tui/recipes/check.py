"""What an experienced colleague would say about a recipe before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from xovac_tui.digits import format_number
from xovac_tui.durations import format_duration, spell_duration
from xovac_tui.plural import counted
from xovac_tui.quantities import format_temperature
from xovac_tui.recipes import bounds
from xovac_tui.recipes.lag import Lag, lags
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import ASSUMED, Plan, PlanSettings, Segment, plan_recipe

Severity: TypeAlias = Literal["error", "warning", "info"]
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}

ROOM = (15.0, 35.0)
"""degC at which a chamber is opened without dew and without burns: an assumption about labs."""
SHORT_HOLD = 300.0
"""Seconds; a part in vacuum rarely follows its surroundings faster."""
LONG_RUN = 7 * 86400.0
"""Seconds."""
TIGHT = 0.5
"""K around the target that a chamber of this kind is assumed to hold."""
LOST = 0.1
"""Share of a hold that may be lost to a lag without a word."""


class Finding(msgspec.Struct, frozen=True):
    """One remark about a recipe."""

    severity: Severity
    """`error`: must not be sent; `warning`: will not go as written, or wants a thought; `info`: good to know.
    """
    where: str
    """Place in the recipe (`step 4.1`, `limits`), or `recipe` for the whole."""
    message: str
    """A sentence."""

    @property
    def sentence(self) -> str:
        """The remark with its place before it, where that is not the whole recipe: "step 4.1: ..."."""
        told = self.where == "recipe" or self.message.startswith(self.where)
        return self.message if told else f"{self.where}: {self.message}"


def check_recipe(
    recipe: Recipe, settings: PlanSettings, start_temperature: float = 20.0
) -> tuple[Finding, ...]:
    """Return all there is to say about a recipe, the worst first; `start_temperature` in degC."""
    found = [Finding("error", one.where, one.message) for one in bounds.recipe_problems(recipe)]
    if problem := bounds.temperature_problem(start_temperature):
        found.append(Finding("error", "recipe", f"The temperature at the start {problem}."))
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
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: _ORDER[finding.severity]))


def _size(plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    items = sum(segment.index is not None for segment in plan.segments)
    if items == 0:
        yield Finding("error", "steps", "There is nothing to do: every ramp ends where it starts.")
    if items > settings.max_items:
        yield Finding(
            "error",
            "steps",
            f"Unrolled, this is a list of {counted(items, 'item')}; at most {settings.max_items} are sent: "
            "repeat less, or raise max_items in the profile if your device takes more.",
        )
    for segment in plan.segments:
        if segment.index is None:
            message = (
                f"The ramp to {format_temperature(segment.to_temp)} starts there already and is left out."
            )
            yield Finding("info", segment.where, message)


def _temperatures(recipe: Recipe, plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    part, low, high = recipe.limits, settings.chamber_min, settings.chamber_max
    ranges = [("this chamber's range", low, high)]
    if part is not None:
        ranges.insert(0, ("the part's limits", part.min, part.max))
        if not part.min <= plan.start_temperature <= part.max:
            message = (
                f"{format_temperature(plan.start_temperature)} at the start is outside the part's limits."
            )
            yield Finding("warning", "limits", message)
    else:
        yield Finding(
            "info", "limits", "No limits of the part are given, so no temperature was checked for it."
        )
    if low is None and high is None:
        message = "This chamber's range is not documented and not in the settings, so it was not checked."
        yield Finding("info", "recipe", message)
    for segment in _targets(plan):
        for name, lowest, highest in ranges:
            below = lowest is not None and segment.to_temp < lowest
            above = highest is not None and segment.to_temp > highest
            if below or above:
                limit = format_temperature(lowest if below and lowest is not None else highest or 0.0)
                target = format_temperature(segment.to_temp)
                message = f"{target} is {'below' if below else 'above'} {name} ({limit})."
                yield Finding("error", segment.where, message)


def _bands(recipe: Recipe, plan: Plan) -> Iterator[Finding]:
    """Tell holds that count also where the part is beyond its limits."""
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
                message = (
                    f"A dwell at {format_temperature(target)} counts within ± {format_number(tolerance)} K, "
                    f"to {format_temperature(edge)}, but the part's limit is {format_temperature(limit)}, "
                    "and every measured value is judged by it. Move the target, or tighten the tolerance."
                )
                yield Finding("warning", segment.where, message)


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
    fastest: dict[str, Lag] = {}
    for lag in lags(plan, settings):
        if lag.too_fast and (lag.ramp.where not in fastest or lag.rate > fastest[lag.ramp.where].rate):
            fastest[lag.ramp.where] = lag
    for where, lag in fastest.items():
        yield Finding("warning", where, _too_fast(lag, settings))
    if settings.step_reading == "jump":
        places = tuple(dict.fromkeys(segment.where for segment in chosen))
        if places:
            which = (
                "The rate of this ramp"
                if len(places) == 1
                else f"The rates of {len(places)} ramps from here on"
            )
            message = (
                f"{which} cannot be kept: the device is set to jump, so the chamber moves as fast as it can "
                "and waits at the target for the rest of the time."
            )
            yield Finding("warning", places[0], message)
    elif chosen:
        message = (
            "Rates are sent as durations: the device ignores a gradient and fills it in (documented); that "
            "it moves linearly over the duration is assumed."
        )
        yield Finding("info", "recipe", message)
    bases = {segment.basis for segment in ramps if segment.basis}
    if ASSUMED in bases:
        which = "Some ramps" if len(bases) > 1 else "Ramps"
        message = (
            f"{which} as fast as they go are estimated with {_per_minute(settings.assumed_rate)}, an "
            "assumption about this chamber."
        )
        yield Finding("info", "recipe", message)
    for basis in sorted(bases - {ASSUMED}):
        shortest, longest = spell_duration(round(plan.shortest)), spell_duration(round(plan.longest))
        message = (
            f"Times of ramps as fast as they go are {basis} of this chamber: {shortest} to {longest} in all."
        )
        yield Finding("info", "recipe", message)


def _per_minute(rate: float) -> str:
    return f"{format_number(rate, 3)} K/min"


def _too_fast(lag: Lag, settings: PlanSettings) -> str:
    asked = (
        f"The ramp to {format_temperature(lag.ramp.to_temp)} needs {format_number(lag.rate)} K/min, but this"
    )
    if not lag.learned:
        return (
            f"{asked} chamber is assumed to reach {_per_minute(lag.managed)}: it may lag, and what follows "
            "is shorter than written."
        )
    learned = settings.rates.words if settings.rates else ""
    late = f" by about {format_duration(lag.late)}" if lag.late >= 1 else ""
    return (
        f"{asked} chamber has hardly ever managed more than {format_number(lag.managed)} K/min all the way "
        f"({learned}): it will lag{late}, and what follows is shorter than written."
    )


def _lost_holds(plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    """Tell the holds that a lag before them takes much of."""
    worst: dict[str, Lag] = {}
    for lag in lags(plan, settings):
        if lag.hold is not None and lag.late > lag.hold.duration * LOST:
            before = worst.get(lag.hold.where)
            if before is None or lag.late > before.late:
                worst[lag.hold.where] = lag
    for where, lag in worst.items():
        if lag.hold is None:
            continue
        hold = f"the hold of {spell_duration(lag.hold.duration)} at {format_temperature(lag.hold.to_temp)}"
        sure = "" if lag.learned else " if the assumed rate is right"
        if lag.late >= lag.hold.duration:
            message = (
                f"T{hold[1:]} is over before the chamber is there{sure}: the ramp before it is about "
                f"{format_duration(lag.late)} too short."
            )
        else:
            message = (
                f"About {format_duration(lag.late)} of {hold} are lost{sure}: the ramp before it is so much "
                "too short."
            )
        yield Finding("warning", where, message)


def _dwells(recipe: Recipe, plan: Plan, settings: PlanSettings) -> Iterator[Finding]:
    """Tell conditions under which no dwell, or little of one, would count."""
    if not any(segment.kind == "hold" for segment in plan.segments):
        return
    if plan.pressure is not None and settings.pressure_told is False:
        message = (
            f"Dwells count only at or below {plan.pressure:.1e} mbar, but no message is known to tell the "
            "pressure, so none would count. Give its channel the role pressure in a contract file."
        )
        yield Finding("warning", "recipe" if recipe.pressure is None else "pressure", message)
    if plan.tolerance < TIGHT:
        message = (
            f"A tolerance of {format_number(plan.tolerance)} K is tighter than a chamber of this kind is "
            f"assumed to hold ({format_number(TIGHT)} K), so little of a dwell may count."
        )
        yield Finding("warning", "recipe" if recipe.tolerance is None else "tolerance", message)


def _order(plan: Plan) -> Iterator[Finding]:
    segments = [segment for segment in plan.segments if segment.index is not None]
    if segments and segments[0].kind == "hold":
        message = (
            f"It holds before the first ramp: {format_temperature(segments[0].to_temp)}, the temperature "
            "taken for the start, is sent as target. Begin with a ramp to say which is meant."
        )
        yield Finding("warning", segments[0].where, message)
    for one, two in pairwise(segments):
        if one.kind == two.kind == "ramp":
            target = format_temperature(one.to_temp)
            yield Finding("info", two.where, f"Two ramps follow each other without a hold at {target}.")
    for segment in segments:
        if segment.kind == "hold" and segment.duration < SHORT_HOLD:
            message = (
                f"{spell_duration(segment.duration)} at {format_temperature(segment.to_temp)} is a short "
                "hold: a part in vacuum may not get there in that time."
            )
            yield Finding("info", segment.where, message)


def _end(plan: Plan) -> Iterator[Finding]:
    last = plan.segments[-1]
    end = format_temperature(plan.final)
    if plan.final < ROOM[0]:
        message = (
            f"It ends cold, at {end}: venting lets moisture condense on the part. End with a ramp to room "
            "temperature and a hold."
        )
        yield Finding("warning", last.where, message)
    elif plan.final > ROOM[1]:
        message = (
            f"It ends hot, at {end}: end with a ramp to room temperature and a hold before it is opened."
        )
        yield Finding("warning", last.where, message)
    coldest = min(plan.segments, key=lambda segment: segment.to_temp)
    if coldest.to_temp < ROOM[0] <= plan.final:
        message = (
            f"It goes down to {format_temperature(coldest.to_temp)}: cancelled there it leaves the part "
            "cold, so warm it up before venting."
        )
        yield Finding("info", coldest.where, message)
    if last.kind == "ramp":
        message = f"It ends with a ramp: what the device does after it reached {end} is not documented."
        yield Finding("info", last.where, message)


def _time(plan: Plan) -> Iterator[Finding]:
    if plan.total > LONG_RUN:
        message = (
            f"It takes {spell_duration(round(plan.total))}, more than a week: check durations and repeats."
        )
        yield Finding("info", "recipe", message)
