"""Passed or failed, by the recipe's own criteria: nothing counts that was not measured."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

import msgspec

from xovac_tui.digits import format_number
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_to_tenth
from xovac_tui.plural import counted
from xovac_tui.recipes.plan import Segment
from xovac_tui.report.facts import Figures, ReportFacts
from xovac_tui.report.formatting import judged_in
from xovac_tui.runs.state import Leg, Result
from xovac_tui.units import to_celsius

_DECIMALS = 6
_ALLOWED = 0.1
"""Of its planned time; a dwell may never be short of more."""


class CriterionOutcome(StrEnum):
    """Whether one criterion is met."""

    MET = "met"
    NOT_MET = "not met"
    OPEN = "not known"
    """It cannot be decided, or not yet."""


class RunVerdict(StrEnum):
    """What all criteria come to."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_JUDGED = "NOT JUDGED"


class JudgedCriterion(msgspec.Struct, frozen=True):
    """One thing that the recipe asks for, and whether it was met."""

    asks: str
    outcome: CriterionOutcome
    found: str
    """What was measured, as a sentence."""
    step: int | None = None
    """Number of the step that it is about; None: the whole run."""


class Judgement(msgspec.Struct, frozen=True):
    """All criteria, and what they come to."""

    verdict: RunVerdict
    why: str
    criteria: tuple[JudgedCriterion, ...]

    def of_step(self, step: int) -> JudgedCriterion | None:
        """Return the criterion of a dwell."""
        return next((one for one in self.criteria if one.step == step), None)


def judge(facts: ReportFacts) -> Judgement:
    """Judge a run: completed, each dwell counted for long enough, the part's limits kept."""
    plan = facts.past.plan
    if plan is None or not facts.payload_is_whole:
        completed = _completed(facts)
        if completed.outcome is CriterionOutcome.NOT_MET:
            why = "The run did not reach its end. It is not known what else its recipe asks for."
            return Judgement(RunVerdict.FAIL, why, (completed,))
        why = "It is not known what the recipe asks for, so there is nothing to judge the run by."
        if plan is not None:
            why = "The list in the record is not the one that was sent, so nothing is known to judge by."
        return Judgement(RunVerdict.NOT_JUDGED, why, (completed,))
    holds = [one for one in plan.segments if one.kind == "hold" and one.index is not None]
    criteria = (_completed(facts), *(_dwell(facts, one) for one in holds), *_limits(facts))
    return Judgement(*_verdict(facts, criteria), criteria)


def _verdict(facts: ReportFacts, criteria: tuple[JudgedCriterion, ...]) -> tuple[RunVerdict, str]:
    missed = sum(one.outcome is CriterionOutcome.NOT_MET for one in criteria)
    unknown = sum(one.outcome is CriterionOutcome.OPEN for one in criteria)
    count = counted(len(criteria), "criterion", "criteria")
    if missed:
        return RunVerdict.FAIL, f"{missed} of {count} {'is' if missed == 1 else 'are'} not met."
    if facts.past.running:
        return RunVerdict.NOT_JUDGED, "The run goes on: this is an interim report."
    if unknown:
        what = "whether it is met" if unknown == 1 else "whether they are met"
        return RunVerdict.NOT_JUDGED, f"Of {unknown} of {count} it is not known {what}."
    return RunVerdict.PASS, f"All {count} are met." if len(criteria) > 1 else "The only criterion is met."


def _completed(facts: ReportFacts) -> JudgedCriterion:
    state = facts.past.state
    outcome = {
        Result.COMPLETED: CriterionOutcome.MET,
        Result.RUNNING: CriterionOutcome.OPEN,
        Result.UNKNOWN: CriterionOutcome.OPEN,
    }.get(state.result, CriterionOutcome.NOT_MET)
    back = first_step_back(facts)
    if facts.past.running:
        said = "The run goes on."
    elif state.result is Result.RUNNING:
        said = "Its end is not in the record."
    elif back is not None and outcome is CriterionOutcome.MET:
        outcome = CriterionOutcome.OPEN
        where = f"from step {back[0]} to step {back[1]}"
        said = f"The chamber went back {where}: these are pieces of more than one run."
    else:
        said = f"{state.result.value.capitalize()}. {state.reason}".strip()
    return JudgedCriterion("The recipe runs to its end", outcome, said)


def first_step_back(facts: ReportFacts) -> tuple[int, int] | None:
    """Return from which step to which the chamber went back first; None where it never did."""
    steps = [leg.step for leg in facts.past.view().legs]
    return next(((before, after) for before, after in pairwise(steps) if after <= before), None)


def _dwell(facts: ReportFacts, hold: Segment) -> JudgedCriterion:
    """Judge one hold of the plan by the time of it that counts."""
    past = facts.past
    planned = hold.duration / past.state.speed
    target = facts.units.temperature_words(hold.to_temp)
    asks = f"Step {hold.index}: dwell at {target} counts for {format_to_tenth(planned)}"
    legs = [one for one in past.view().legs if one.step == hold.index]
    leg = legs[0] if legs else None
    if len(legs) > 1:
        return JudgedCriterion(asks, CriterionOutcome.OPEN, f"It was begun {len(legs)} times.", hold.index)
    if leg is None or not past.state.fits:
        return JudgedCriterion(asks, *_not_run(facts, leg), hold.index)
    dwell = leg.dwell
    if dwell is None or leg.start is None:
        return JudgedCriterion(
            asks, CriterionOutcome.OPEN, "It went by while nothing was received.", hold.index
        )
    found = f"{format_to_tenth(dwell.creditable)} count, of {format_to_tenth(dwell.elapsed)} elapsed."
    goes_on = leg.end is None and past.state.result is Result.RUNNING
    # The beginning and the end of a step are known no finer than the chamber reports.
    allowed = 0.0 if goes_on else min(facts.period, _ALLOWED * planned)
    if dwell.creditable >= planned - allowed:
        return JudgedCriterion(asks, CriterionOutcome.MET, found, hold.index)
    if goes_on:
        said = "It goes on." if past.running else "Its end is not in the record."
        return JudgedCriterion(asks, CriterionOutcome.OPEN, f"{found} {said}", hold.index)
    short = planned - dwell.creditable
    return JudgedCriterion(
        asks, CriterionOutcome.NOT_MET, f"{found} {format_to_tenth(short)} are missing.", hold.index
    )


def _not_run(facts: ReportFacts, leg: Leg | None) -> tuple[CriterionOutcome, str]:
    """Return outcome and sentence for a hold without known clocks."""
    state = facts.past.state
    if not state.fits:
        return CriterionOutcome.OPEN, "What the chamber reported of its recipe does not agree with the plan."
    if facts.past.running:
        return CriterionOutcome.OPEN, "It is still to come."
    if state.result in (Result.CANCELLED, Result.ENDED_EARLY):
        return CriterionOutcome.NOT_MET, "It was not run."
    return CriterionOutcome.OPEN, "It is not known whether it was run."


def _limits(facts: ReportFacts) -> list[JudgedCriterion]:
    """Judge the limits of the part by every measured value of the controlled temperature."""
    if facts.unreadable:
        said = "The recipe's text in the record cannot be read, so neither can the limits that it may have."
        return [JudgedCriterion("Part limits, where the recipe has some", CriterionOutcome.OPEN, said)]
    limits = None if facts.recipe is None else facts.recipe.limits
    if limits is None:
        return []
    bounds = (limits.min, limits.max)
    units = facts.units
    asks = f"Part limits: from {_limit(units, limits.min)} to {_limit(units, limits.max)}"
    measured = controlled_range(facts)
    if measured is None:
        said = "No temperature of the part is in the record."
        return [JudgedCriterion(asks, CriterionOutcome.OPEN, said)]
    low, high = (
        f"{judged_in(units, 'degC', one, *bounds)} {units.unit('degC')}"
        for one in (measured.low, measured.high)
    )
    span = f"{low} to {high}"
    found = f"{measured.count:,} measured values, {span}."
    if facts.gaps:
        unseen = sum(gap.seconds for gap in facts.gaps)
        found += f" For {format_to_tenth(unseen)} of the run there is none in the record."
    kept = limits.min <= measured.low and measured.high <= limits.max
    return [JudgedCriterion(asks, CriterionOutcome.MET if kept else CriterionOutcome.NOT_MET, found)]


def _limit(units: DisplayUnits, celsius: float) -> str:
    """Return a limit with all its decimals."""
    return f"{format_number(units.value(celsius, 'degC'), _DECIMALS)} {units.unit('degC')}"


def controlled_range(facts: ReportFacts) -> Figures | None:
    """Return what the controlled temperature did in the whole run, in degC; None where nothing reports it."""
    channel = facts.channel(facts.controlled)
    figures = channel.figures[0] if channel is not None else None
    if channel is None or figures is None:
        return None
    values = [to_celsius(one, channel.unit) for one in (figures.low, figures.high, figures.mean)]
    low, high, mean = values
    if low is None or high is None or mean is None:
        return None
    return msgspec.structs.replace(figures, low=low, high=high, mean=mean)
