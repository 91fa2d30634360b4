"""Read runs back from a record: the list, and one run with all that is known of it.

Everything here opens the record for itself and may take a moment: it is for a thread.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import msgspec

from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.chamber.names import shown_names
from xovac_tui.chamber.ring import Bins
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import Plan
from xovac_tui.recording.attachments import attachments
from xovac_tui.recording.digest import Extreme
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.axis import EvenAxis
from xovac_tui.recording.disk.evenwindows import EvenWindows
from xovac_tui.recording.disk.kinds import (
    Attachment,
    RecordedCommand,
    RecordedLoad,
    RecordedMark,
    RecordedRun,
)
from xovac_tui.recording.disk.lists import RecordSpan
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.disk.worded_marks import worded_marks
from xovac_tui.recording.gaps import Gap, gaps
from xovac_tui.runs.course import PlanCourse
from xovac_tui.runs.loaded import plan_of
from xovac_tui.runs.state import Leg, Result, RunSnapshot
from xovac_tui.runs.view import RunProgress, view
from xovac_tui.units import to_celsius, to_mbar

FINEST = 1.0
MOST = 6_000
"""A run's curves have a column a second, and so many at most."""
_BEFORE = 60.0
_AFTER = 5.0
"""Seconds around a run whose commands belong to it: they started or cancelled it."""
_BEAT = 120.0
"""Seconds after which a recorder has written something at the latest."""
_REPORTED_EARLIER = 1.0
"""Seconds that the chamber's own word of the beginning may be older than its observation."""

TrackedChannel = tuple[str, str, str, bool]
"""A channel to read: (full name, label, unit, logarithmic)."""


class RunTrack(msgspec.Struct, frozen=True):
    """What one channel did in a run; `bins` in even time, in degC or mbar."""

    label: str
    unit: str
    bins: Bins


class PastRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run, and all that the record knows of it. Times are even, from the wall time of its start on."""

    recorded: RecordedRun
    state: RunSnapshot
    until: float
    """When it ended, or up to when it was read."""
    plan: Plan | None = None
    load: RecordedLoad | None = None
    """The recipe as it was handed over; None where it was not handed over from here."""
    description: str = ""
    """What the recipe's file says about the part."""
    extremes: tuple[Extreme, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """When there was no link, no data or no recorder; see `recording.gaps`."""
    commands: tuple[RecordedCommand, ...] = ()
    marks: tuple[RecordedMark, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    temperature: RunTrack | None = None
    """The temperature that the recipe drives; None where no message is known to report it."""
    pressure: RunTrack | None = None

    left: bool = False
    """Its recorder is gone, so it is not known whether it goes on."""

    @property
    def running(self) -> bool:
        """True while it goes on, as far as the record knows."""
        return self.recorded.ended is None and self.state.result is Result.RUNNING and not self.left

    @property
    def seconds(self) -> float:
        """Seconds that it took, or lasts by now."""
        return max(0.0, self.until - self.recorded.started)

    @property
    def planned_seconds(self) -> float | None:
        """Seconds of the wall clock that it was to take by its plan."""
        fits = self.plan is not None and self.state.fits
        return self.plan.total / self.state.speed if fits and self.plan is not None else None

    def view(self) -> RunProgress:
        """Return the run as every screen shows it."""
        return view(self.state, None if self.plan is None else PlanCourse(self.plan))

    def label_in(self, leg: Leg, units: DisplayUnits) -> str:
        """Return what a step does, in the shown units; empty where no plan of it is known."""
        # The label was made of this plan, whether or not what the chamber reported fits it.
        segment = self.plan.item(leg.step) if self.plan is not None and leg.label else None
        return leg.label if segment is None else segment.label_in(units)

    def planned_points(self) -> list[tuple[float, float]]:
        """Return the plan as (seconds since the run began, degC); empty where none is known or fits.

        It is laid from the beginning, so that a run that fell behind shows it; where the beginning was not
        seen, from where the device's steps say that it was.
        """
        plan, state = self.plan, self.state
        if plan is None or not state.fits:
            return []
        shift = 0.0 if state.start_seen else state.shift
        return [((t + shift) / state.speed, celsius) for t, celsius in plan.points()]


def read_runs(path: Path) -> tuple[RecordedRun, ...]:
    """Return the runs of a record, newest first, without how they went; raises RecordError."""
    with Record(path) as record:
        return tuple(reversed(lists.runs(record, states=False)))


def read_run(
    path: Path, number: int, *, contract: Contract, channels: Sequence[TrackedChannel], now: float
) -> PastRun | None:
    """Return a run, None where the record does not hold it (any more); raises RecordError.

    `channels` come first, then all others that are in the record; `now` in UTC seconds.
    """
    with Record(path) as record:
        record.judge_by(contract)
        recorded = lists.run(record, number)
        if recorded is None:
            return None
        state = _state(recorded)
        span = lists.span_of(lists.axis_of(record), recorded)
        axis, start = span.axis, span.start
        until = span.end if recorded.ended is not None else max(start, span.end, _until(axis, record, now))
        load = None if recorded.load is None else lists.load(record, recorded.load)
        windows = EvenWindows(record, axis, span.first, span.after)
        around = axis.within(_from(record, span), until + _AFTER)
        noted = axis.within(start - _REPORTED_EARLIER, until + _AFTER)
        recorded_channels = {one.name: one for one in record.channels()}
        given = {name: one.label for name, one in recorded_channels.items()}
        called = shown_names(given | {name: label for name, label, *_ in channels})
        named = {name for name, *_ in channels}
        listed = [
            *((name, called[name], unit, log) for name, _, unit, log in channels),
            *(
                (one.name, called[one.name], one.unit, False)
                for one in recorded_channels.values()
                if one.name not in named
            ),
        ]
        found = ((one, windows.summary(one[0], start, until)) for one in listed)
        controlled = contract.by_role(Role.CONTROLLED)
        return PastRun(
            recorded=recorded,
            state=state,
            until=until,
            plan=_plan(load),
            load=load,
            description=_description(load),
            extremes=tuple(Extreme(*one, summary) for one, summary in found if summary is not None),
            gaps=gaps(record, start, until, axis, channel="" if controlled is None else controlled[0]),
            commands=tuple(around.timed(lists.commands(record, around))),
            marks=tuple(noted.timed(worded_marks(lists.marks(record, noted), lists.alarms(record, noted)))),
            attachments=tuple(attachments(record, number)),
            temperature=_track(windows, contract, Role.CONTROLLED, start, until),
            pressure=_track(windows, contract, Role.PRESSURE, start, until),
        )


def read_outline(record: Record, recorded: RecordedRun) -> PastRun:
    """Return an ended run with how it went and what it was to do, without its values."""
    load = None if recorded.load is None else lists.load(record, recorded.load)
    until = lists.span_of(lists.axis_of(record), recorded).end
    state, plan = _state(recorded), _plan(load)
    return PastRun(recorded=recorded, state=state, until=until, plan=plan, load=load)


def _until(axis: EvenAxis, record: Record, now: float) -> float:
    """Return how far a run that goes on has come by `now` (UTC), in even time.

    The recorder's wall clock is this program's where both run on the same machine; where it was set since the
    newest commit, that commit is the last that is known.
    """
    lives = lists.sessions(record)
    if not lives:
        return axis.now()
    newest = lives[-1]
    seen = axis.even(newest.id, newest.mono) + newest.seconds
    since = now - newest.seen
    return seen + since if abs(since) <= _BEAT else seen


def _from(record: Record, span: RecordSpan) -> float:
    """Return the even time from which on commands belong to a run: not those of the run before it."""
    earlier = [one for one in lists.runs(record, states=False) if span.run and one.id < span.run.id]
    ends = [
        span.axis.even(one.session, one.started_mono) + one.seconds
        for one in earlier
        if one.ended is not None and one.started_mono is not None and span.axis.knows(one.session)
    ]
    return max([span.start - _BEFORE, *ends])


def with_state(past: PastRun, state: RunSnapshot) -> PastRun:
    """Return a run as it is followed at this moment, which the record learns only now and then."""
    return msgspec.structs.replace(past, state=state, until=past.recorded.started + state.t)


def _state(recorded: RecordedRun) -> RunSnapshot:
    """Return how a run went; only its result where that cannot be read."""
    try:
        return msgspec.json.decode(recorded.flight, type=RunSnapshot)
    except (msgspec.MsgspecError, UnicodeError):
        known = recorded.result in set(Result)
        return RunSnapshot(
            name=recorded.name,
            result=Result(recorded.result) if known else Result.UNKNOWN,
            reason=recorded.reason,
            began_utc=recorded.started,
            ended_utc=recorded.ended,
        )


def _plan(load: RecordedLoad | None) -> Plan | None:
    return None if load is None else plan_of(load)


def _description(load: RecordedLoad | None) -> str:
    """Return the description in the recipe's text as it was when it was handed over."""
    if load is None or not load.source:
        return ""
    try:
        return parse_recipe(load.source, "the recipe in the record").description
    except RecipeError:
        return ""


def _track(windows: Windows, contract: Contract, role: Role, start: float, until: float) -> RunTrack | None:
    """Return what the channel with a role did; None where no message is known to report it."""
    found = contract.by_role(role)
    if found is None or until <= start:
        return None
    return track(windows, *found, start, until, pressure=role is Role.PRESSURE)


def track(
    windows: Windows,
    name: str,
    leaf: LeafSpec,
    start: float,
    until: float,
    *,
    pressure: bool = False,
    most: int = MOST,
) -> RunTrack:
    """Return what a temperature (in degC) or a `pressure` (in mbar) did in a stretch of even time."""
    columns = max(1, min(most, math.ceil((until - start) / FINEST)))
    bins = windows.window([name], start, until, columns)[name]

    def converted(value: float) -> float:
        known = to_mbar(value, leaf.unit) if pressure else to_celsius(value, leaf.unit)
        return math.nan if known is None else known

    lows, highs = (array("d", map(converted, values)) for values in (bins.lows, bins.highs))
    shown = "mbar" if pressure else "degC"
    return RunTrack(leaf.label or leaf.channel or name, shown, Bins(start, bins.seconds, lows, highs))
