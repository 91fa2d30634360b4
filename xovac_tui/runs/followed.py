"""Follow one run: a reducer that turns observations of the chamber into the state of the run."""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui import recipes
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.runs.course import PlanCourse
from xovac_tui.runs.dwell import NEAR_PERIODS, Dwell, near
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.state import Leg, Result, RunSnapshot
from xovac_tui.runs.view import RunProgress, position, view

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


def ending(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> RunEnding | None:
    """Return how the run has ended by what the chamber says now, or None while it goes on."""
    if state.named and seen.recipe is not None and seen.recipe != state.name:
        return RunEnding(EndCode.OTHER_RECIPE, recipe=seen.recipe)
    if seen.state is not RunState.IDLE or state.running_t is None:
        return None
    unseen = state.t - state.running_t
    if state.cancel_t is not None and state.running_t - state.cancel_t <= OBEYED:
        return RunEnding(EndCode.CANCELLED, who=state.cancel_who)
    if unseen > max(EARLY, NEAR_PERIODS * (seen.period or 0.0)):
        over = course is not None and state.t * state.speed - state.shift >= course.plan.total
        return RunEnding(EndCode.NOT_SEEN_PLAN_OVER if over else EndCode.NOT_SEEN, seconds=unseen)
    return _seen(state, course, seen)


def time_is_up(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> RunEnding | None:
    """Return how a run that the chamber never reports has ended by its plan, else None."""
    silent = state.running_t is None and not state.reports_steps and seen.state is RunState.UNKNOWN
    if not silent or not state.receiving or course is None or not state.start_seen:
        return None
    over = state.t - (course.plan.total + state.shift) / state.speed
    if over < 0:
        return None
    late = over > max(EARLY, NEAR_PERIODS * (seen.period or 0.0))
    return RunEnding(EndCode.PLAN_OVER_UNSEEN if late else EndCode.PLAN_OVER)


def _seen(state: RunSnapshot, course: PlanCourse | None, seen: Observation) -> RunEnding:
    """Return how a run ended whose end was seen."""
    step = state.leg.step if state.leg else None
    if course is None:
        return RunEnding(EndCode.NO_PLAN, step=step, steps=state.steps)
    left = (course.plan.total - position(state, course)) / state.speed
    last = step == len(course.items) or not state.reports_steps
    if last and left <= max(EARLY, NEAR_PERIODS * (seen.period or 0.0)):
        return RunEnding(EndCode.LAST_STEP if state.reports_steps else EndCode.ON_TIME)
    return RunEnding(
        EndCode.EARLY, step=step if state.reports_steps else None, steps=len(course.items), seconds=left
    )


UNWATCHED = 10.0
"""Seconds between two observations (or three periods of the data) after which the run was not observed."""

_replace = msgspec.structs.replace


class Run:
    """One run, followed against its plan where one is known. Pure: it reads no clock and does no I/O."""

    def __init__(
        self,
        plan: recipes.plan.Plan | None,
        *,
        name: str = "",
        speed: float = 1.0,
        start_seen: bool = True,
        resume: RunSnapshot | None = None,
    ) -> None:
        """Begin with a run that the first observation sees begin, or go on with one from its state.

        `start_seen` is False where it ran before. The time between a state and the next observation counts
        as a gap, like any time without observations.
        """
        self.course = None if plan is None else PlanCourse(plan)
        self._state = resume or RunSnapshot(
            name=name or (plan.recipe_name if plan else ""), speed=speed, start_seen=start_seen
        )
        self._resuming = resume is not None
        self._origin = 0.0
        """Monotonic time at which the run's own clock was 0."""
        self._seen: Observation | None = None
        self._viewed: tuple[tuple[object, ...], RunProgress | None] = ((), None)
        """What screens were shown last, and what it was made from: several ask for the same moment."""
        self.ending: RunEnding | None = None
        """How it ended; None while it goes on, and where it was resumed after its end."""

    def state(self) -> RunSnapshot:
        """Return all that is needed, beside the plan, to go on."""
        return self._state

    def view(self) -> RunProgress:
        """Return the run as screens show it."""
        made_from = (self._state, self.course, self._seen)
        before, shown = self._viewed
        if shown is None or any(was is not now for was, now in zip(before, made_from, strict=True)):
            shown = view(self._state, self.course, self._seen)
            self._viewed = made_from, shown
        return shown

    @property
    def over(self) -> bool:
        """True once the run has ended; nothing changes after that."""
        return self._state.result is not Result.RUNNING

    def quick_ramps(self) -> tuple[tuple[float, float, float], ...]:
        """Return the past ramps "as fast as it goes" as `recipes.rates.learn` takes them.

        They are (from, to, target), in seconds of the recipe since the run began, and degC.
        """
        course, speed = self._fitting, self._state.speed
        found = []
        for leg in self._state.as_run:
            segment = course.item(leg.step) if course else None
            if segment and segment.estimated and leg.start is not None and leg.end is not None:
                found.append((leg.start * speed, leg.end * speed, segment.to_temp))
        return tuple(found)

    def observe(self, seen: Observation) -> bool:
        """Take one observation of the chamber; return whether a step began or the run ended."""
        if self.over:
            return False
        before = self._state.leg.step if self._state.leg else None
        self._pass_time(seen)
        found = ending(self._state, self._fitting, seen)
        if found is None:
            self._take_report(seen)
            self._follow(seen)
            found = time_is_up(self._state, self._fitting, seen)
        self._seen = seen
        if found is not None:
            self._end(found, seen)
            return True
        self._predict()
        return (self._state.leg.step if self._state.leg else None) != before

    def cancel(self, who: str, *, sure: bool = True) -> bool:
        """Note that a cancel_recipe may have reached the chamber; return whether that ends the run.

        It does where the chamber does not report its state and it is `sure` that the command arrived; else it
        ends with the chamber's next report, or with the plan.
        """
        if self.over:
            return False
        self._set(cancel_t=self._state.t, cancel_who=who)
        if sure and self._state.running_t is None:
            self._end(RunEnding(EndCode.CANCELLED_BLIND, who=who), self._seen)
        return self.over

    def give_up(self, found: RunEnding) -> None:
        """End the run without having seen its end: another one has begun, or nothing runs any more."""
        if not self.over:
            self._end(found, self._seen)

    def amend(self, found: RunEnding) -> None:
        """Correct how a run has ended: a command that stopped it was read from the record only later."""
        if self.over:
            self._note_ending(found)

    # -- inside -----------------------------------------------------------------------------------------

    @property
    def _fitting(self) -> PlanCourse | None:
        """The course, as long as what the device reports agrees with it."""
        return self.course if self._state.fits and self.course and self.course.items else None

    def _set(self, **changes: Any) -> None:
        self._state = _replace(self._state, **changes)

    def _pass_time(self, seen: Observation) -> None:
        """Advance to an observation, and count the time without data as a gap."""
        state = self._state
        receiving = seen.linked and seen.fresh
        if state.began_utc is None:
            self._resuming = False
            self._origin = seen.mono
            self._set(
                began_utc=seen.utc,
                utc=seen.utc,
                mono=seen.mono,
                receiving=receiving,
                gaps=0 if receiving else 1,
            )
            return
        resumed, self._resuming = self._resuming, False
        if resumed:
            self._origin = seen.mono - (state.t + away(state, seen))
        # From the origin, not by adding up: a week of observations would add up their rounding.
        t = seen.mono - self._origin
        if t < state.t and not resumed:
            t, seen = state.t, _replace(seen, mono=state.mono, utc=state.utc)
        unwatched = t - state.t > max(UNWATCHED, NEAR_PERIODS * (seen.period or 0.0))
        newest = min(t, self._value_t(seen))
        missed = 0.0
        if unwatched or not receiving or not state.receiving:
            # A gap goes from the newest value before it to the first one after it.
            begin = state.received_t if state.receiving else state.t
            missed = (newest if receiving and newest > begin else t) - begin
        self._set(
            t=t,
            utc=seen.utc,
            mono=seen.mono,
            receiving=receiving,
            received_t=max(state.received_t, newest) if receiving else state.received_t,
            gaps=state.gaps + (state.receiving and (unwatched or not receiving)),
            gap_seconds=state.gap_seconds + missed,
        )
        leg = state.leg
        if (unwatched or resumed) and leg is not None and leg.dwell is not None:
            # Cut where it was seen last: what the gap holds may belong to later steps.
            self._set(leg=_replace(leg, dwell=leg.dwell.observe(Observation(mono=state.t))))

    def _take_report(self, seen: Observation) -> None:
        """Take what the device reports about its run."""
        if seen.speed is not None and seen.speed != self._state.speed:
            self._go_at(seen.speed)
        state = self._state
        if seen.state is RunState.RUNNING:
            self._set(running_t=state.t)
        steps = state.steps if seen.steps is None else seen.steps
        name = state.name or seen.recipe or ""
        other_recipe = state.other_recipe if seen.recipe is None else seen.recipe != name
        count = len(self.course.items) if self.course else steps
        self._set(
            name=name,
            steps=steps,
            other_recipe=other_recipe,
            named=state.named or (seen.recipe is not None and not other_recipe),
            fits=not other_recipe and steps in (None, count),
        )
        if self._state.fits and not state.fits and state.leg is not None and state.leg.start is not None:
            # The device reported another recipe's name until now: lay its step over the plan after all.
            self._begin(state.leg.step, state.leg.start, seen)

    def _go_at(self, speed: float) -> None:
        """Continue at the reported speed: the first report of a simulator came after the run began."""
        state, leg = self._state, self._state.leg
        segment = self._fitting.item(leg.step) if leg is not None and self._fitting is not None else None
        self._set(speed=speed, first_total=None)
        if leg is None or segment is None:
            return
        self._set(leg=_replace(leg, planned=segment.duration / speed))
        if state.reports_steps and leg.start is not None:
            self._set(shift=leg.start * speed - segment.start)

    def _follow(self, seen: Observation) -> None:
        """Find the step that the run is in, and let the clocks of its dwell go on."""
        state = self._state
        if seen.step and (self._fitting is None or self._fitting.item(seen.step) is not None):
            if state.leg is None or state.leg.step != seen.step:
                self._step_reported(seen.step, seen)
            elif state.leg.estimated and _confirms(state, state.leg, seen):
                self._set(leg=_replace(state.leg, estimated=False))
            self._set(reports_steps=True)
        elif not state.reports_steps and self._fitting is not None:
            self._estimate(seen, self._fitting)
        leg = self._state.leg
        if leg is not None and leg.dwell is not None:
            self._set(leg=_replace(leg, dwell=leg.dwell.observe(self._at(seen, self._state.t))))

    def _step_reported(self, step: int, seen: Observation) -> None:
        """Begin the step that the device reports, and note those that went by unseen."""
        state = self._state
        last = state.leg.step if state.leg else step - 1
        self._close(seen, state.t)
        missed = tuple(self._leg(number, None, seen) for number in range(last + 1, step))
        self._set(as_run=self._state.as_run + missed)
        self._begin(step, state.t, seen)

    def _begin(self, step: int, start: float, seen: Observation) -> None:
        """Begin a step that the device has reported, which says where in the plan the run is."""
        segment = self._fitting.item(step) if self._fitting else None
        self._set(leg=self._leg(step, start, seen))
        if segment is not None:
            self._set(shift=start * self._state.speed - segment.start)

    def _estimate(self, seen: Observation, course: PlanCourse) -> None:
        """Follow the plan by its time; a ramp as fast as it goes is left when the temperature is reached.

        The device goes through its list by time, so such a ramp does not move what follows the hold after it.
        """
        if self._state.leg is None:
            if not self._state.start_seen:
                return
            self._set(leg=self._leg(1, 0.0, seen, estimated=True))
        while (leg := self._state.leg) is not None and leg.step < len(course.items):
            segment = course.item(leg.step)
            if segment is None:
                return
            due = (segment.end + self._state.shift) / self._state.speed
            if self._state.t >= due:
                at = max(due, leg.start or 0.0)
            elif segment.estimated and _reached(segment, seen, course.plan.tolerance):
                at = self._state.t
            else:
                return
            self._close(seen, at)
            self._set(leg=self._leg(leg.step + 1, at, seen, estimated=True))

    def _leg(self, step: int, start: float | None, seen: Observation, *, estimated: bool = False) -> Leg:
        """Return a new leg; `start` None for one that went by unseen."""
        course, state = self._fitting, self._state
        segment = course.item(step) if course else None
        at_utc = None if start is None else seen.utc - (state.t - start)
        if course is None or segment is None:
            return Leg(step=step, start=start, start_utc=at_utc, estimated=estimated)
        dwell = None
        if segment.kind == "hold" and start is not None:
            dwell = Dwell(start, segment.to_temp, course.plan.tolerance, course.plan.pressure)
            if self._seen is not None and self._value_t(self._seen) < start:
                # What came last before the hold holds at its beginning.
                dwell = dwell.observe(self._at(self._seen, start))
        return Leg(
            step=step,
            label=segment.label,
            kind=segment.kind,
            cycle=segment.cycle,
            planned=segment.duration / state.speed,
            start=start,
            start_utc=at_utc,
            estimated=estimated,
            dwell=dwell,
        )

    def _close(self, seen: Observation | None, at: float) -> None:
        """Add the running leg, if there is one, to the steps that have run."""
        state, leg = self._state, self._state.leg
        if leg is None:
            return
        dwell = leg.dwell
        if dwell is not None and seen is not None:
            # A message belongs to the step that it reports: what comes at the end is no part of what ends.
            own = self._value_t(seen) < at and (dwell.anchor is None or self._value_t(seen) > dwell.anchor)
            if own or not (seen.linked and seen.fresh):
                dwell = dwell.observe(self._at(seen, at))
            dwell = dwell.close(at, seen.period)
        utc = state.utc - (state.t - at)
        self._set(as_run=(*state.as_run, _replace(leg, end=at, end_utc=utc, dwell=dwell)), leg=None)

    def _value_t(self, seen: Observation) -> float:
        """Return when the newest value of an observation came, on the run's own clock."""
        return (seen.mono if seen.seen is None else min(seen.mono, seen.seen)) - self._origin

    def _at(self, seen: Observation, t: float) -> Observation:
        """Return an observation on the run's own clock, as a dwell takes it at a moment of that."""
        return _replace(seen, mono=t, seen=self._value_t(seen))

    def _predict(self) -> None:
        """Keep the first prediction of the end, which later ones are compared with."""
        state, course = self._state, self._fitting
        if state.first_total is None and course is not None and state.leg is not None:
            left = course.left(position(state, course))[1] / state.speed
            self._set(first_total=state.t + left)

    def _end(self, found: RunEnding, seen: Observation | None) -> None:
        self._close(seen, self._state.t)
        self._note_ending(found)
        self._set(ended_utc=self._state.utc)

    def _note_ending(self, found: RunEnding) -> None:
        self.ending = found
        self._set(result=found.result, reason=found.sentence)


def _confirms(state: RunSnapshot, leg: Leg, seen: Observation) -> bool:
    """Return whether a report of a step that was estimated also confirms when it began.

    One that comes long after does not; the first step began with the run.
    """
    return leg.step == 1 or leg.start is None or state.t - leg.start <= near(seen.period)


def _reached(segment: recipes.plan.Segment, seen: Observation, tolerance: float) -> bool:
    measured = seen.linked and seen.fresh and seen.actual is not None
    return measured and abs((seen.actual or 0.0) - segment.to_temp) <= tolerance
