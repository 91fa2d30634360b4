"""Conclude how a run ended from what the chamber reported last; what cannot be concluded is unknown."""

from __future__ import annotations

from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.durations import format_duration
from xovac_tui.runs.course import PlanCourse
from xovac_tui.runs.dwell import NEAR_PERIODS
from xovac_tui.runs.state import Result, RunSnapshot
from xovac_tui.runs.view import position
from xovac_tui.text import clean

OBEYED = 120.0
"""Seconds after a cancel within which a stop of the chamber is taken as its effect."""
EARLY = 10.0
"""Seconds before the planned end at which an end still counts as that one: messages take their time."""
_SAME = 5.0
"""Seconds by which the two clocks may disagree about the time between two observations."""


def away(state: RunSnapshot, seen: Observation) -> float:
    """Return the seconds between a state that was written down and the next observation.

    The monotonic clock gives them exactly, unless the computer was started again in between: then the wall
    clock has to. It counts from that start, so of a pause that is shorter by the wall clock it is the one to
    believe: the wall clock was set back.
    """
    wall, steady = max(0.0, seen.utc - state.utc), seen.mono - state.mono
    return steady if steady >= 0 and wall - steady <= _SAME else wall


def ending(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> tuple[Result, str] | None:
    """Return how the run has ended by what the chamber says now, or None while it goes on."""
    if state.named and seen.recipe is not None and seen.recipe != state.name:
        other = clean(seen.recipe, 40)
        return (
            Result.UNKNOWN,
            f'The chamber now has another recipe, "{other}". How this run ended was not seen.',
        )
    if seen.state is not RunState.IDLE or state.running_t is None:
        return None
    unseen = state.t - state.running_t
    if state.cancel_t is not None and state.running_t - state.cancel_t <= OBEYED:
        return (
            Result.CANCELLED,
            f"cancel_recipe was sent by {_who(state)}, and the chamber reports that it is idle.",
        )
    if unseen > max(EARLY, NEAR_PERIODS * (seen.period or 0.0)):
        return Result.UNKNOWN, _not_seen(state, course, unseen)
    return _seen(state, course, seen)


def time_is_up(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> tuple[Result, str] | None:
    """Return how a run that the chamber never reports has ended by its plan, else None."""
    silent = state.running_t is None and not state.reports_steps and seen.state is RunState.UNKNOWN
    if not silent or not state.receiving or course is None or not state.start_seen:
        return None
    over = state.t - (course.plan.total + state.shift) / state.speed
    if over < 0:
        return None
    if over > max(EARLY, NEAR_PERIODS * (seen.period or 0.0)):
        return Result.UNKNOWN, "The plan's time was up while nothing was received from the chamber."
    return (
        Result.COMPLETED,
        "The plan's time is up. The chamber does not report when a run ends, so this is estimated.",
    )


def cancelled_blind(state: RunSnapshot) -> str:
    """Return why a cancel_recipe ends a run that the chamber never reports; empty where it reports runs."""
    if state.running_t is not None:
        return ""
    return f"cancel_recipe was sent by {_who(state)}. The chamber does not report whether it stopped."


def _who(state: RunSnapshot) -> str:
    return clean(state.cancel_who, 60)


def _not_seen(state: RunSnapshot, course: PlanCourse | None, unseen: float) -> str:
    silence = format_duration(unseen)
    sentence = f"The chamber had reported no state for {silence} before it ended, so how is not known."
    if course is not None and state.t * state.speed - state.shift >= course.plan.total:
        return f"{sentence} By the plan it was over by now."
    return sentence


def _seen(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> tuple[Result, str]:
    """Return how a run ended whose end was seen."""
    step = state.leg.step if state.leg else None
    if course is None:
        where = f" in step {step}" + (f" of {state.steps}" if state.steps else "") if step else ""
        return (
            Result.UNKNOWN,
            f"The chamber reports that it is idle{where}. No plan of the run is known, so neither is whether "
            "that was all.",
        )
    left = (course.plan.total - position(state, course)) / state.speed
    last = step == len(course.items) or not state.reports_steps
    if last and left <= max(EARLY, NEAR_PERIODS * (seen.period or 0.0)):
        after = " after the last step" if state.reports_steps else ", and the plan's time is up"
        return Result.COMPLETED, f"The chamber reports that it is idle{after}."
    where = f" in step {step} of {len(course.items)}" if step and state.reports_steps else ""
    return (
        Result.ENDED_EARLY,
        f"The chamber reports that it is idle{where}, {format_duration(left)} before the planned end, "
        "and no cancel_recipe was sent from here.",
    )
