"""What was not as planned, as sentences: late steps, excursions, gaps, other hands on the chamber."""

from __future__ import annotations

from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.digits import format_number
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_to_tenth
from xovac_tui.plural import counted
from xovac_tui.report.facts import ReportFacts
from xovac_tui.report.formatting import band, judged_in
from xovac_tui.report.judge import controlled_range, first_step_back
from xovac_tui.runs.dwell import Dwell
from xovac_tui.runs.state import Leg
from xovac_tui.text import clean

_REPORTED_MARKS = ("clock", "unrecorded", "asleep")
"""Kinds of marks that a reader must know of."""
_SHARE = 0.01
"""Of its planned time; a step that is off by no more than this, and one period, is as planned."""


def deviations(facts: ReportFacts) -> list[str]:
    """Return what was not as planned, in the order in which a reader asks."""
    return [
        *_recipe(facts),
        *_steps(facts),
        *_limits(facts),
        *_alarms(facts),
        *_commands(facts),
        *_missing(facts),
    ]


def _recipe(facts: ReportFacts) -> list[str]:
    past, state = facts.past, facts.past.state
    found = []
    if past.load is None:
        found.append("No recipe file was handed over for this run, so its text and plan are not known.")
    elif not facts.payload_is_whole:
        found.append("The list in the record does not have the hash that was noted when it was sent.")
    if not state.fits:
        found.append("The chamber reported another recipe or another number of steps than the plan has.")
    if facts.unreadable:
        found.append("The recipe's text in the record cannot be read, so its limits are not known.")
    if (back := first_step_back(facts)) is not None:
        found.append(f"The chamber went back from step {back[0]} to step {back[1]}.")
    if not state.start_seen:
        found.append("The run was on already when it was first seen: its beginning is not in the record.")
    return found


def _steps(facts: ReportFacts) -> list[str]:
    past = facts.past
    legs = past.view().legs
    found = []
    for leg in legs:
        if leg.start is None:
            found.append(f"Step {leg.step} went by while nothing was received.")
        elif (said := _took(leg, facts)) or leg.dwell is not None:
            found += [said] if said else []
            found += _dwell(leg.step, leg.dwell, facts) if leg.dwell is not None else []
    estimated = [leg for leg in legs if leg.estimated]
    if estimated:
        many = counted(len(estimated), "step") if len(estimated) > 1 else f"step {estimated[0].step}"
        found.append(
            f"The chamber did not report when {many} began; it follows from plan and temperature (marked ~)."
        )
    if past.plan is not None and past.state.fits and not past.running:
        done = {leg.step for leg in legs}
        left = [one.index for one in past.plan.segments if one.index is not None and one.index not in done]
        if left:
            which = f"Step {left[0]} was" if len(left) == 1 else f"Steps {left[0]} to {left[-1]} were"
            found.append(f"{which} not run.")
    return found


def _took(leg: Leg, facts: ReportFacts) -> str:
    """Return by how much a step took another time than planned; empty where it did not, or goes on."""
    if leg.planned is None or leg.start is None or leg.end is None or leg.estimated:
        return ""
    off = leg.end - leg.start - leg.planned
    if abs(off) <= facts.period + _SHARE * leg.planned:
        return ""
    took = f"Step {leg.step} took {format_to_tenth(leg.end - leg.start)}"
    more = "longer" if off > 0 else "less"
    return f"{took}, {format_to_tenth(abs(off))} {more} than planned."


def _dwell(step: int, dwell: Dwell, facts: ReportFacts) -> list[str]:
    found = []
    units = facts.units
    around = band(units, dwell.target, dwell.tolerance)
    if dwell.reached is None:
        found.append(f"Step {step}: {around} was never reached.")
    elif dwell.reached > facts.period:
        found.append(
            f"Step {step}: {around} was reached {format_to_tenth(dwell.reached)} after the dwell began."
        )
    if dwell.excursions:
        times = "once" if dwell.excursions == 1 else f"{dwell.excursions} times"
        found.append(f"Step {step}: the temperature left {around} {times}.")
    lost = dwell.in_tolerance - dwell.creditable
    if lost > facts.period:
        why = "the link was gone or the data were stale"
        if dwell.pressure is not None:
            why = f"the pressure was above {units.pressure_words(dwell.pressure)} or not known, or {why}"
        found.append(f"Step {step}: {format_to_tenth(lost)} within tolerance do not count: {why}.")
    return found


def _limits(facts: ReportFacts) -> list[str]:
    limits = None if facts.recipe is None else facts.recipe.limits
    measured = controlled_range(facts)
    if limits is None or measured is None:
        return []
    found = []
    if measured.low < limits.min:
        found.append(_beyond(facts.units, measured.low, limits.min, "below"))
    if measured.high > limits.max:
        found.append(_beyond(facts.units, measured.high, limits.max, "above"))
    return found


def _beyond(units: DisplayUnits, celsius: float, limit: float, side: str) -> str:
    name, bound = units.unit("degC"), format_number(units.value(limit, "degC"), 6)
    measured = judged_in(units, "degC", celsius, limit)
    return f"The part was at {measured} {name}, {side} its limit of {bound} {name}."


def _alarms(facts: ReportFacts) -> list[str]:
    if not facts.alarms:
        return []
    active = counted(len(facts.alarms), "alarm was", "alarms were") + " active during the run"
    waiting = sum(one.acknowledged is None for one in facts.alarms)
    return [f"{active}; {waiting} not acknowledged." if waiting else f"{active}, acknowledged."]


def _commands(facts: ReportFacts) -> list[str]:
    """Return what users other than the one who handed the recipe over did to the chamber."""
    past = facts.past
    owner = None if past.load is None else past.load.who
    sent = [
        one.entry
        for one in past.commands
        if one.t >= past.recorded.started and one.entry.outcome is not Outcome.REFUSED
    ]
    others = [entry for entry in sent if owner is not None and entry.who != owner]
    found = [
        f"{clean(entry.command, 60)} was sent by {clean(entry.who, 60)}, who did not hand the recipe over."
        for entry in others
    ]
    unknown = [entry for entry in sent if entry.outcome is Outcome.UNKNOWN]
    found += [
        f"The outcome of {clean(entry.command, 60)} by {clean(entry.who, 60)} is not known."
        for entry in unknown
    ]
    return found


def gap_words(count: int, seconds: float, *, controlled: bool) -> str:
    """Return the sentence about `count` gaps of so many seconds in all; `controlled`: in a temperature."""
    what = "no usable temperature of the part is in the record" if controlled else "no data came"
    return f"{counted(count, 'gap')}, {format_to_tenth(seconds)} in all, in which {what}."


def _missing(facts: ReportFacts) -> list[str]:
    past = facts.past
    found = []
    if facts.gaps:
        seconds = sum(gap.seconds for gap in facts.gaps)
        found.append(gap_words(len(facts.gaps), seconds, controlled=bool(facts.controlled)))
    found += [clean(one.mark.text, 400) for one in past.marks if one.mark.kind in _REPORTED_MARKS]
    if facts.unread is not None:
        found.append(
            f"{counted(facts.unread.events, 'event is', 'events are')} damaged in the record and missing in "
            "this report."
        )
    if past.left:
        found.append("The record ends before the run: whether it went on, and how it ended, is not known.")
    if not facts.events:
        found.append("No sample of the run is in the record (any more).")
    if not facts.controlled:
        found.append(
            "No message is known to report the temperature that the recipe drives (role controlled)."
        )
    return found
