"""Work out a run as screens show it; what is not known is None."""

from __future__ import annotations

from typing import Literal

import msgspec

from xovac_tui import recipes
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState, RunView
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.runs.course import PlanCourse
from xovac_tui.runs.dwell import Dwell
from xovac_tui.runs.loaded import LoadedRecipe
from xovac_tui.runs.state import Leg, Result, RunSnapshot

_UPCOMING = 8


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one moment; None where a value is not known. Durations in seconds of the wall clock."""

    name: str = ""
    result: Result = Result.RUNNING
    reason: str = ""
    """How it ended, as a sentence."""
    planned: bool = False
    """A plan is known and fits what the chamber reports."""
    estimated: bool = False
    """Where it is follows from the plan and the temperature, since the device does not report it now."""
    label: str = ""
    """What the running step does, from the plan."""
    kind: Literal["ramp", "hold", ""] = ""
    cycle: tuple[int, int] | None = None
    step: int | None = None
    steps: int | None = None
    target: float | None = None
    """degC, as the device reports it."""
    actual: float | None = None
    """degC."""
    planned_temperature: float | None = None
    """degC, what the plan says for this moment."""
    elapsed: float | None = None
    """None only where no run goes on."""
    elapsed_is_least: bool = False
    """The start was not seen from here, so the run is at least this old."""
    step_elapsed: float | None = None
    step_total: float | None = None
    step_left: float | None = None
    total: float | None = None
    left: float | None = None
    left_shortest: float | None = None
    left_longest: float | None = None
    ends_utc: float | None = None
    """Predicted, and once it has ended: when it did."""
    ends_earliest_utc: float | None = None
    ends_latest_utc: float | None = None
    drift: float | None = None
    """Seconds by which the end predicted now is later than the one predicted first."""
    basis: str = ""
    """What times of ramps as fast as they go rest on: "assumed", "learned from 3 runs", or empty."""
    assumed: bool = False
    """Some of these times rest on the assumed rate."""
    gaps: int = 0
    """How often the link was gone, the data had stopped, or the run was not observed."""
    gap_seconds: float = 0.0
    silent: float | None = None
    """Seconds since the newest data; None while data come."""
    dwell: Dwell | None = None
    """The clocks of the hold that runs now."""
    legs: tuple[Leg, ...] = ()
    """The run as it went so far."""
    upcoming: tuple[tuple[str, float], ...] = ()
    """What comes next by the plan: (what, seconds from now)."""
    segment: recipes.plan.Segment | None = None
    """The running step in the plan."""
    coming: tuple[recipes.plan.Segment, ...] = ()
    """The steps of `upcoming` in the plan."""

    def label_in(self, units: DisplayUnits) -> str:
        """Return `label` in the units in which values are shown."""
        return self.label if self.segment is None else self.segment.label_in(units)

    def upcoming_in(self, units: DisplayUnits) -> tuple[tuple[str, float], ...]:
        """Return `upcoming` in the units in which values are shown."""
        if len(self.coming) != len(self.upcoming):
            return self.upcoming
        pairs = zip(self.coming, self.upcoming, strict=True)
        return tuple((one.label_in(units), seconds) for one, (_, seconds) in pairs)

    @property
    def where(self) -> str:
        """Which item runs, with its place in the recipe where that is another number."""
        return item_words(self.step, self.steps, self.segment)

    @property
    def over(self) -> bool:
        """True once the run has ended."""
        return self.result is not Result.RUNNING


def item_words(item: int | None, items: int | None, segment: recipes.plan.Segment | None = None) -> str:
    """Return which item of the device's list runs, and its step: "item 4/18, step 2.2"; empty: not known."""
    if not item:
        return ""
    words = f"item {item}/{items}" if items else f"item {item}"
    step = recipes.places.step_number(segment.path) if segment is not None else ""
    return f"{words}, step {step}" if step and step != str(item) else words


def position(state: RunSnapshot, course: PlanCourse) -> float:
    """Return how far the run is in its plan, in seconds of the recipe.

    A step that the device reports is not left before the device reports the next one, unless nothing comes.
    """
    now = max(0.0, state.t * state.speed - state.shift)
    segment = course.item(state.leg.step) if state.leg is not None else None
    if state.reports_steps and state.receiving and segment is not None:
        return min(now, segment.end)
    return min(now, course.plan.total)


def view(state: RunSnapshot, course: PlanCourse | None, seen: Observation | None = None) -> RunProgress:
    """Return the picture of a run; `seen` is its newest observation."""
    leg = state.leg
    legs = state.as_run if leg is None else (*state.as_run, leg)
    bare = RunProgress(
        name=state.name,
        result=state.result,
        reason=state.reason,
        step=leg.step if leg else None,
        steps=state.steps,
        target=seen.target if seen else None,
        actual=seen.actual if seen else None,
        elapsed=state.t,
        elapsed_is_least=not state.start_seen,
        step_elapsed=None if leg is None or leg.start is None else state.t - leg.start,
        ends_utc=state.ended_utc,
        gaps=state.gaps,
        gap_seconds=state.gap_seconds,
        silent=None if state.receiving else state.t - state.received_t,
        legs=legs,
    )
    if course is None or not state.fits or not course.items:
        return bare
    if state.result is not Result.RUNNING:
        return msgspec.structs.replace(
            bare, planned=True, steps=len(course.items), total=state.t, drift=_drift(state, state.t)
        )
    if leg is None and not state.start_seen:
        # Where it is, and so when it ends, is not known until the device reports a step.
        return bare
    return _followed(bare, state, course)


def at_a_glance(
    run: RunView, loaded: LoadedRecipe | None, *, utc: float, mono: float, speed: float = 1.0
) -> RunProgress:
    """Return the picture of a run that is not followed: the chamber's words, over the plan if it fits.

    `speed` is how many seconds of the recipe pass in one of the wall clock (more than 1 only in a simulator).
    """
    if run.state is not RunState.RUNNING or run.since_mono is None:
        return RunProgress()
    elapsed = max(0.0, mono - run.since_mono)
    step_elapsed = None if run.step_since_mono is None else max(0.0, mono - run.step_since_mono)
    bare = RunProgress(step_elapsed=step_elapsed, elapsed=elapsed, elapsed_is_least=not run.start_seen)
    if loaded is None or (run.recipe is not None and run.recipe != loaded.name):
        return bare
    course = PlanCourse(loaded.plan)
    segment = course.item(run.step) if run.step else None
    if segment is None and not run.start_seen:
        return bare
    state = RunSnapshot(
        speed=speed,
        start_seen=run.start_seen,
        utc=utc,
        mono=mono,
        t=elapsed,
        reports_steps=segment is not None,
    )
    if segment is not None and segment.index is not None:
        began = elapsed - (step_elapsed or 0.0)
        leg = Leg(step=segment.index, start=None if step_elapsed is None else began)
        state = msgspec.structs.replace(state, leg=leg, shift=began * speed - segment.start)
    return view(state, course)


def _followed(bare: RunProgress, state: RunSnapshot, course: PlanCourse) -> RunProgress:
    """Fill in what the plan says about a run that goes on."""
    now, speed, leg = position(state, course), state.speed, state.leg
    reports_steps = state.reports_steps and state.receiving
    segment = course.item(leg.step) if leg is not None else None
    if segment is None or (state.reports_steps and not state.receiving):
        segment = course.at(now)
    same = leg is not None and segment is not None and segment.index == leg.step
    step_elapsed, step_total = _in_step(state, segment, leg if same else None, now)
    shortest, planned, longest = (seconds / speed for seconds in course.left(now))
    later = [item for item in course.items if item.start > now and item is not segment]
    return msgspec.structs.replace(
        bare,
        planned=True,
        estimated=not reports_steps,
        label=segment.label if segment else "",
        kind=segment.kind if segment else "",
        cycle=segment.cycle if segment else None,
        step=segment.index if segment else None,
        steps=state.steps or len(course.items),
        planned_temperature=course.plan.temperature_at(now),
        step_elapsed=step_elapsed,
        step_total=step_total,
        step_left=None if step_total is None else max(0.0, step_total - (step_elapsed or 0.0)),
        total=state.t + planned,
        left=planned,
        left_shortest=shortest,
        left_longest=longest,
        ends_utc=state.utc + planned,
        ends_earliest_utc=state.utc + shortest,
        ends_latest_utc=state.utc + longest,
        drift=_drift(state, state.t + planned),
        basis=course.plan.basis,
        assumed=course.plan.assumed,
        dwell=leg.dwell if same and leg is not None else None,
        upcoming=tuple((item.label, (item.start - now) / speed) for item in later[:_UPCOMING]),
        segment=segment,
        coming=tuple(later[:_UPCOMING]),
    )


def _in_step(
    state: RunSnapshot, segment: recipes.plan.Segment | None, leg: Leg | None, now: float
) -> tuple[float | None, float | None]:
    """Return how long the step lasts by now, and how long it is to last."""
    if segment is None:
        return None, None
    if leg is None:
        return (now - segment.start) / state.speed, segment.duration / state.speed
    elapsed = None if leg.start is None else state.t - leg.start
    if leg.estimated and leg.start is not None:
        # It may have begun before its time: the temperature was reached early. It ends at its time.
        return elapsed, (segment.end + state.shift) / state.speed - leg.start
    return elapsed, segment.duration / state.speed


def _drift(state: RunSnapshot, total: float) -> float | None:
    return None if state.first_total is None else total - state.first_total
