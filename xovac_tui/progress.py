"""How far a run is: the chamber's own words laid over the plan of the recipe that was loaded from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from xovac_tui.chamber.snapshot import RunState, RunView

if TYPE_CHECKING:
    from xovac_tui.recipes.plan import Plan

_UPCOMING = 8


class LoadedRecipe(msgspec.Struct, frozen=True):
    """A recipe that this console handed to the chamber."""

    name: str
    plan: Plan
    mono: float
    """Monotonic time of sending, seconds."""


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
    plan = loaded.plan
    segment = plan.item(run.step) if run.step else None
    if segment is None and not run.start_seen:
        return bare
    if segment is None:
        segment = plan.segment_at(min(plan.total, elapsed * speed))
        position = elapsed * speed
        step_elapsed = (position - segment.start) / speed if segment else None
    else:
        position = segment.start + min(segment.duration, (step_elapsed or 0.0) * speed)
    left = max(0.0, plan.total - position) / speed
    later = [s for s in plan.segments if s.index is not None and s.start > position]
    return Progress(
        label=segment.label if segment else "",
        cycle=segment.cycle if segment else None,
        step_elapsed=step_elapsed,
        step_total=segment.duration / speed if segment else None,
        elapsed=elapsed,
        elapsed_is_least=not run.start_seen,
        total=elapsed + left,
        left=left,
        ends_utc=utc + left,
        estimated=plan.estimated,
        upcoming=tuple((s.label, (s.start - position) / speed) for s in later[:_UPCOMING]),
        planned=True,
    )
