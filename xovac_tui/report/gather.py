"""Gather the facts of a report from the record; may take seconds, so run it in a thread."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.chamber.names import shown_names
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recording.attachments import attachment_data
from xovac_tui.recording.disk import kinds, lists
from xovac_tui.recording.disk.axis import EvenAxis
from xovac_tui.recording.disk.evenwindows import EvenWindows
from xovac_tui.recording.disk.kinds import RecordedLoad, RecordedRun, RecordedSession
from xovac_tui.recording.disk.lists import find_span, payload_hash
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import CHAINED, RecordError
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.exports.parts import ExportPart, ProgressCallback, open_still, part_of, unread
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.transcript import transcript_hash
from xovac_tui.report.alarm_episodes import alarm_episodes, handled, missing
from xovac_tui.report.facts import ChannelFigures, Paper, Phase, ReportFacts, Span
from xovac_tui.report.figures import Tally
from xovac_tui.report.formatting import DWELLS, dwell_word
from xovac_tui.runs.past import PastRun, RunTrack, TrackedChannel, read_outline, read_run, track
from xovac_tui.units import is_temperature

_OTHERS = 4
"""Other temperatures that the chart has room for."""
_ZOOMS = 24
"""Dwells that are drawn by themselves at the most."""
_ZOOM_COLUMNS = 400
_COLUMNS = 1_500
_AUDITED = ("settings", "contract", "limits", "limit set", "trust")
_READING, _HASHING = 0.5, 1.0
"""How far the work is after each of its two passes over the record."""


def gather(
    path: Path,
    number: int,
    *,
    chamber: str,
    contract: Contract,
    program: str,
    now: float,
    progress: ProgressCallback | None = None,
    units: DisplayUnits = AS_REPORTED,
) -> ReportFacts:
    """Read all that is known of a run; RecordError where it is not in the record, or that is damaged."""
    past = read_run(path, number, contract=contract, channels=_tracked(contract), now=now)
    if past is None:
        raise RecordError(f"Run r{number} is not in {path} any more.")
    recorded = is_recorded(path)
    with open_still(path) as record:
        record.judge_by(contract)
        if past.running and not recorded:
            past = _left(past, record)
        span = find_span(record, past.recorded.label)
        part, axis = part_of(span, None, None, None), span.axis
        within = axis.within(part.start, part.end)
        windows = EvenWindows(record, axis, span.first, span.after)
        controlled, pressure = _role(contract, Role.CONTROLLED), _role(contract, Role.PRESSURE)
        phases = _phases(past, part, units)
        tally = Tally(phases, {controlled, pressure, _role(contract, Role.STEP)} - {""})
        tally.read(record, part, _share(progress, 0.0, _READING))
        # What happened to an alarm after the run is reported as well.
        always = axis.within(-math.inf, math.inf)
        changes = always.timed(lists.alarms(record, always))
        lives = lists.sessions(record)
        start, until = part.start, part.end
        load = past.load
        recipe = _recipe(load)
        return ReportFacts(
            past=past,
            chamber=chamber,
            record=path.name,
            program=program,
            made=now,
            sessions=tuple(life for life in lives if _at_work(life, axis, start, until)),
            recipe=recipe,
            unreadable=recipe is None and load is not None and bool(load.source),
            settings=_settings(load),
            items=_items(load),
            payload_is_whole=load is None or payload_hash(load.payload) == load.hash,
            controlled=controlled,
            pressure=pressure,
            phases=phases,
            channels=_channels(record, contract, tally),
            gaps=missing(past.gaps, tally.holes(controlled, start, until) if controlled else ()),
            period=_period(tally, controlled, _role(contract, Role.STEP), past),
            others=_others(windows, contract, controlled, part),
            zooms=_zooms(windows, contract, past, part),
            alarms=alarm_episodes(changes, start, until),
            handled=handled(changes, start, until),
            in_force=_in_force(record, axis, start),
            changes=tuple(within.timed(lists.changes(record, within))),
            attachments=tuple(Paper(one, attachment_data(record, one.id)) for one in past.attachments),
            events=tally.messages,
            data_hash=transcript_hash(slice_of(record, part, _share(progress, _READING, _HASHING))),
            unread=unread(record, part),
            audit=_audit(record),
            units=units,
        )


def gather_criteria(record: Record, recorded: RecordedRun, contract: Contract) -> ReportFacts:
    """Read just what an ended run is judged by, in one pass over two of its channels.

    The record has to be one of `open_still`, with its values judged by the contract.
    """
    past = read_outline(record, recorded)
    part = part_of(lists.span_of(lists.axis_of(record), recorded), None, None, None)
    controlled, step = _role(contract, Role.CONTROLLED), _role(contract, Role.STEP)
    whole = (Phase("Whole run", ((part.start, part.end),)),)
    wanted = frozenset({controlled, step} - {""})
    tally = Tally(whole, wanted, wanted)
    tally.read(record, part)
    load, recipe = past.load, _recipe(past.load)
    return ReportFacts(
        past=past,
        chamber="",
        record="",
        program="",
        made=0.0,
        recipe=recipe,
        unreadable=recipe is None and load is not None and bool(load.source),
        payload_is_whole=load is None or payload_hash(load.payload) == load.hash,
        controlled=controlled,
        phases=whole,
        channels=_channels(record, contract, tally),
        period=_period(tally, controlled, step, past),
    )


def _left(past: PastRun, record: Record) -> PastRun:
    """Return a run of which the record ends before the run did."""
    axis = lists.span_of(lists.axis_of(record), past.recorded).axis
    seen = max((axis.even(life.id, life.mono) + life.seconds for life in lists.sessions(record)), default=0.0)
    return msgspec.structs.replace(past, left=True, until=max(past.recorded.started, min(past.until, seen)))


def _at_work(life: RecordedSession, axis: EvenAxis, start: float, until: float) -> bool:
    """Return whether a recorder was at work in a stretch of even time."""
    began = axis.even(life.id, life.mono)
    return began < until and began + life.seconds >= start


def _tracked(contract: Contract) -> list[TrackedChannel]:
    """Return the channels that the contract names, pinned ones first."""
    leaves = [leaf for leaf in _leaves(contract) if not leaf[1].hide]
    leaves.sort(key=lambda one: not one[1].pin)
    called = shown_names({name: leaf.label or leaf.channel for name, leaf in leaves})
    return [(name, called[name], leaf.unit, leaf.log) for name, leaf in leaves]


def _leaves(contract: Contract) -> list[tuple[str, LeafSpec]]:
    return [
        (message.full_name(leaf), leaf) for message in contract.messages.values() for leaf in message.leaves
    ]


def _role(contract: Contract, role: Role) -> str:
    found = contract.by_role(role)
    return "" if found is None else found[0]


def _share(progress: ProgressCallback | None, begin: float, end: float) -> ProgressCallback | None:
    """Return a callback that reports the progress of a part of the work as that of the whole."""
    return None if progress is None else lambda done: progress(begin + (end - begin) * done)


# -- recipe ---------------------------------------------------------------------------------------------


def _recipe(load: RecordedLoad | None) -> Recipe | None:
    if load is None or not load.source:
        return None
    try:
        return parse_recipe(load.source, "the recipe in the record")
    except RecipeError:
        return None


def _settings(load: RecordedLoad | None) -> PlanSettings | None:
    try:
        return None if load is None else msgspec.json.decode(load.settings, type=PlanSettings)
    except (msgspec.MsgspecError, UnicodeError, RecipeError):
        return None


def _items(load: RecordedLoad | None) -> tuple[tuple[float, ...], ...]:
    """Return the list that was sent; empty where it is none."""
    if load is None:
        return ()
    try:
        found: Any = json.loads(load.payload)["recipe"]
        return msgspec.convert(found, tuple[tuple[float, ...], ...])
    except (ValueError, KeyError, TypeError, RecursionError, msgspec.ValidationError):
        return ()


# -- figures --------------------------------------------------------------------------------------------


def _phases(past: PastRun, part: ExportPart, units: DisplayUnits) -> tuple[Phase, ...]:
    """Return the whole run, its dwells by their temperature, and each step."""
    state = past.state
    legs = state.as_run if state.leg is None else (*state.as_run, state.leg)
    steps: list[Phase] = []
    dwells: dict[float, list[Span]] = {}
    for leg in legs:
        if leg.start is None:
            continue
        begin = part.start + leg.start
        end = part.end if leg.end is None else min(part.end, part.start + leg.end)
        if begin >= end:
            continue
        said = past.label_in(leg, units)
        steps.append(Phase(said or f"step {leg.step}", ((begin, end),), leg.step))
        if leg.dwell is not None:
            dwells.setdefault(leg.dwell.target, []).append((begin, end))
    kinds = [
        Phase(_dwell_name(target, len(spans), units), tuple(spans))
        for target, spans in sorted(dwells.items(), reverse=True)
    ]
    return (Phase("Whole run", ((part.start, part.end),)), *kinds, *steps)


def _dwell_name(target: float, count: int, units: DisplayUnits) -> str:
    """Return `Hot dwell at 60 °C`, `2 cold dwells at −20 °C`."""
    many = f"{count} {dwell_word(target)}s" if count > 1 else DWELLS[dwell_word(target)]
    return f"{many} at {units.temperature_words(target)}"


def _period(tally: Tally, controlled: str, step: str, past: PastRun) -> float:
    """Return the seconds between two reports of the temperature or of the step, whichever are longer.

    A step that is reported only when it changes is known as soon as that: its pauses are its length.
    """
    step_figures = tally.figures(step)[0] if step else None
    again = step_figures is not None and step_figures.count > 2 * len(past.view().legs)
    return max(tally.period(name) or 0.0 for name in (controlled, step if again else controlled))


def _channels(record: Record, contract: Contract, tally: Tally) -> tuple[ChannelFigures, ...]:
    """Return the figures of all channels that have a sample, those of the contract first."""
    leaves = dict(_leaves(contract))
    named = {one[0]: one for one in _tracked(contract)}
    hidden = {name for name, leaf in leaves.items() if leaf.hide}
    learned = {one.name: one for one in record.channels()}
    given = {name: one.label for name, one in learned.items()}
    called = shown_names(given | {name: leaf.label or leaf.channel for name, leaf in leaves.items()})
    seen = tally.names
    order = [name for name in named if name in set(seen)]
    order += [name for name in seen if name not in named and name not in hidden]
    return tuple(
        ChannelFigures(
            name,
            called.get(name, name),
            *(named[name][2:] if name in named else (learned[name].unit if name in learned else "", False)),
            named=name in named,
            figures=tally.figures(name),
        )
        for name in order
    )


# -- curves ---------------------------------------------------------------------------------------------


def _others(windows: Windows, contract: Contract, controlled: str, part: ExportPart) -> tuple[RunTrack, ...]:
    """Return the other temperatures that the contract names, pinned ones first, as far as there is room."""
    shown = [
        (name, leaf)
        for name, leaf in _leaves(contract)
        if leaf.role is None and not leaf.hide and name != controlled and is_temperature(leaf.unit)
    ]
    shown.sort(key=lambda one: not one[1].pin)
    made = (track(windows, name, leaf, part.start, part.end, most=_COLUMNS) for name, leaf in shown[:_OTHERS])
    return tuple(one for one in made if any(low == low for low in one.bins.lows))


def _zooms(
    windows: Windows, contract: Contract, past: PastRun, part: ExportPart
) -> tuple[tuple[int, RunTrack], ...]:
    """Return the temperature of each dwell by itself."""
    found = contract.by_role(Role.CONTROLLED)
    if found is None:
        return ()
    made: list[tuple[int, RunTrack]] = []
    for leg in past.view().legs:
        if leg.dwell is not None and leg.start is not None and len(made) < _ZOOMS:
            end = part.end if leg.end is None else min(part.end, part.start + leg.end)
            if part.start + leg.start < end:
                one = track(windows, *found, part.start + leg.start, end, most=_ZOOM_COLUMNS)
                made.append((leg.step, one))
    return tuple(made)


# -- beside ---------------------------------------------------------------------------------------------


def _in_force(record: Record, axis: EvenAxis, start: float) -> tuple[kinds.RecordedChange, ...]:
    earlier = axis.within(-math.inf, math.nextafter(start, math.inf))
    newest = {change.kind: change for change in earlier.timed(lists.changes(record, earlier))}
    return tuple(newest[kind] for kind in _AUDITED if kind in newest)


def _audit(record: Record) -> str:
    """Return the newest entry of the chain that covers the record; empty where there is none."""
    found = record.has(CHAINED) and record.rows("SELECT id, hash FROM chain ORDER BY id DESC LIMIT 1")
    return f"entry {found[0][0]:,}, {found[0][1]}" if found else ""
