"""How far a run is at a glance: the chamber's own words laid over the plan of the recipe loaded from here.

Where a run is followed by a flight this is read from it; else it is worked out in the same way from one look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from xovac_tui.chamber.snapshot import RunState, RunView

if TYPE_CHECKING:
    from xovac_tui.recipes.plan import Plan
    from xovac_tui.runs.view import FlightView


class LoadedRecipe(msgspec.Struct, frozen=True):
    """A recipe that this console handed to the chamber."""

    name: str
    plan: Plan
    mono: float
    """Monotonic time of sending, seconds."""
    hash: str = ""
    """SHA-256 of the payload as it was sent, hex."""


class Progress(msgspec.Struct, frozen=True):
    """A run at one moment; None stands for what nobody told. Durations in seconds of the wall clock."""

    label: str = ""
    """What the running step does, from the plan."""
    cycle: tuple[int, int] | None = None
    step_elapsed: float | None = None
    step_total: float | None = None
    elapsed: float | None = None
    elapsed_is_least: bool = False
    """The start was not seen from here, so the run is at least this old."""
    total: float | None = None
    left: float | None = None
    ends_utc: float | None = None
    estimated: bool = False
    """The plan rests on an assumed ramp rate, or on assumed steps."""
    upcoming: tuple[tuple[str, float], ...] = ()
    """What comes next by the plan: (what, seconds from now)."""
    planned: bool = False
    """A plan is known and fits what the chamber reports."""


def progress(
    run: RunView, loaded: LoadedRecipe | None, *, utc: float, mono: float, speed: float = 1.0
) -> Progress:
    """Lay the run over the plan, if there is one that fits.

    `speed` is how many seconds of the recipe pass in one of the wall clock (more than 1 only in a simulator).
    """
    if run.state is not RunState.RUNNING or run.since_mono is None:
        return Progress()
    elapsed = max(0.0, mono - run.since_mono)
    step_elapsed = None if run.step_since_mono is None else max(0.0, mono - run.step_since_mono)
    bare = Progress(step_elapsed=step_elapsed, elapsed=elapsed, elapsed_is_least=not run.start_seen)
    if loaded is None or (run.recipe is not None and run.recipe != loaded.name):
        return bare
    # Only where a recipe is flown; the first picture does without.
    from xovac_tui.runs.course import Course
    from xovac_tui.runs.state import FlightState, Leg
    from xovac_tui.runs.view import view

    course = Course(loaded.plan)
    segment = course.item(run.step) if run.step else None
    if segment is None and not run.start_seen:
        return bare
    state = FlightState(
        speed=speed, start_seen=run.start_seen, utc=utc, mono=mono, t=elapsed, told=segment is not None
    )
    if segment is not None and segment.index is not None:
        began = elapsed - (step_elapsed or 0.0)
        leg = Leg(step=segment.index, start=None if step_elapsed is None else began)
        state = msgspec.structs.replace(state, leg=leg, shift=began * speed - segment.start)
    return of_flight(view(state, course), estimated=loaded.plan.estimated)


def of_flight(flight: FlightView, *, estimated: bool) -> Progress:
    """Return the progress of a run that is followed; `estimated`: its plan rests on rates in part."""
    return Progress(
        label=flight.label,
        cycle=flight.cycle,
        step_elapsed=flight.step_elapsed,
        step_total=flight.step_total,
        elapsed=flight.elapsed,
        elapsed_is_least=flight.elapsed_is_least,
        total=flight.total,
        left=flight.left,
        ends_utc=flight.ends_utc,
        estimated=estimated,
        upcoming=flight.upcoming,
        planned=flight.planned,
    )
