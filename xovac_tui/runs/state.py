"""What is known of a run: all that is needed to go on following it, and to read it back later."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from xovac_tui.runs.dwell import Dwell


class Result(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ENDED_EARLY = "ended early"
    """The chamber stopped before the planned end, and not on a command that was seen here."""
    UNKNOWN = "unknown"
    """Its end was not observed."""


class Leg(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One step as it went; times in seconds of the wall clock since the run began."""

    step: int
    """Number of its item in the device's list, the first is 1."""
    label: str = ""
    """What it does, from the plan; empty where no plan is known."""
    kind: Literal["ramp", "hold", ""] = ""
    cycle: tuple[int, int] | None = None
    planned: float | None = None
    """Seconds of the wall clock that it was to take."""
    start: float | None = None
    """None: it went by while nothing was received."""
    end: float | None = None
    """None: it goes on, or its end was not observed."""
    start_utc: float | None = None
    end_utc: float | None = None
    estimated: bool = False
    """The device did not report it; it follows from the plan and the temperature."""
    dwell: Dwell | None = None
    """The clocks of a hold, which count from the beginning of the run."""


class RunSnapshot(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run at its newest observation. JSON of it is enough to go on, together with the plan."""

    name: str = ""
    speed: float = 1.0
    """Seconds of the recipe in one of the wall clock: more than 1 only in a simulator."""
    start_seen: bool = True
    """False: it ran already when it was first seen, so it is at least as old as it seems."""
    began_utc: float | None = None
    """None before the first observation."""
    utc: float = 0.0
    mono: float = 0.0
    t: float = 0.0
    """Seconds since the run began, or was first seen."""
    shift: float = 0.0
    """Seconds of the recipe that the run is behind its plan (negative: ahead), by the device's steps."""
    steps: int | None = None
    """How many steps the device reports; None: it does not."""
    reports_steps: bool = msgspec.field(default=False, name="told")
    """The device reports its steps."""
    running_t: float | None = None
    """When the device last reported that a recipe runs; None: it never did."""
    named: bool = False
    """The device has reported this recipe's name."""
    other_recipe: bool = msgspec.field(default=False, name="stranger")
    """The device's newest report has another recipe's name."""
    fits: bool = True
    """What the device reports agrees with the plan."""
    receiving: bool = msgspec.field(default=True, name="heard")
    """The link was up and the data fresh at the newest observation."""
    received_t: float = msgspec.field(default=0.0, name="heard_t")
    """When the newest message with the controlled temperature came."""
    gaps: int = 0
    """How often the link was gone, the data had stopped, or the run was not observed."""
    gap_seconds: float = 0.0
    """From the newest value before each gap to the first one after it."""
    first_total: float | None = None
    """Seconds in all, as they were predicted first."""
    cancel_t: float | None = None
    cancel_who: str = ""
    result: Result = Result.RUNNING
    reason: str = ""
    """How it ended, as a sentence."""
    ended_utc: float | None = None
    leg: Leg | None = None
    """The step that runs now."""
    as_run: tuple[Leg, ...] = msgspec.field(default=(), name="flown")
    """The steps before it, in order of time."""
