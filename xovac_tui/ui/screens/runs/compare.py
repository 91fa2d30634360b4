"""Lines of a comparison of two runs: what they are, and their differences by step and by channel."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from xovac_tui import quantities
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age, format_change, format_duration
from xovac_tui.recording.digest import Extreme
from xovac_tui.runs.past import PastRun
from xovac_tui.runs.state import Leg
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.runs.lines import short_label
from xovac_tui.ui.widgets.lines import HEAD, Line, clip, fit, fit_label
from xovac_tui.units import is_temperature

_STEP = 4
_CELL = 8
_SAME = 0.5
"""Largest difference in seconds of two durations that count as the same."""


def pair_head(runs: Sequence[PastRun], width: int, *, glyphs: Glyphs, times: Times) -> list[Line]:
    """Return a line for each run, and one more if their recipes differ."""
    lines: list[Line] = []
    for run in runs:
        recorded = run.recorded
        began = f"{times.day(recorded.started)} {times.short(recorded.started)}"
        tail = f"  {glyphs.result(run.state.result)} {run.state.result.value}  {began}"
        tail += f"  {'lasts' if run.running else 'took'} {format_duration(run.seconds)}"
        name = f"{recorded.label} {glyphs.shown(recorded.name, 80)}"
        room = max(8, min(cell_len(name), width - cell_len(tail)))
        lines.append(((fit(name, room, ellipsis=glyphs.ellipsis), "bold"), (tail, "")))
    loads = [run.load.hash if run.load is not None else None for run in runs]
    if runs[0].recorded.name != runs[1].recorded.name:
        said = "These are different recipes: steps are compared by their numbers."
    elif None in loads:
        said = "Of one of them it is not known what was loaded."
    elif loads[0] != loads[1]:
        said = "The same name, but not the same list of steps was sent."
    else:
        said = "The same list of steps was sent."
    lines.append(((said, "$foreground-muted" if loads[0] == loads[1] else "$warning"),))
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in lines]


def pair_lines(
    one: PastRun, other: PastRun, width: int, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED
) -> list[Line]:
    """Return the differences, first by step, then by channel."""
    names = (one.recorded.label, other.recorded.label)
    lines = _heads("step", "what", ("took", "counts"), names, width)
    first, second = ({leg.step: leg for leg in run.state.as_run} for run in (one, other))
    steps = sorted(first.keys() | second.keys())
    for step in steps:
        legs = first.get(step), second.get(step)
        pairs = zip(legs, (one.plan, other.plan), strict=True)
        label = next(
            (short_label(leg, plan, units) for leg, plan in pairs if leg is not None and leg.label), ""
        )
        lines.append(_step_line(step, label, *legs, width, glyphs))
    if not steps:
        lines.append((("Of neither run a step is known.", "$foreground-muted"),))
    lines += [(), *_heads("", "channel", ("lowest", "highest"), names, width)]
    theirs = {extreme.name: extreme for extreme in other.extremes}
    for extreme in one.extremes:
        if (match := theirs.get(extreme.name)) is not None:
            lines.append(_channel_line(extreme, match, width, glyphs, units))
    return lines


def _heads(step: str, what: str, groups: Sequence[str], names: Sequence[str], width: int) -> list[Line]:
    """Return two rows of headings: the quantities, and under each the two runs and the difference."""
    above = [cell for group in groups for cell in (group, "", "")]
    below = [cell for _ in groups for cell in (*names, "change")]
    return [
        ((_row("", "", above, width, "~"), "$foreground-muted"),),
        ((_row(step, what, below, width, "~"), HEAD),),
    ]


def _step_line(step: int, label: str, one: Leg | None, other: Leg | None, width: int, glyphs: Glyphs) -> Line:
    took = [_took(leg) for leg in (one, other)]
    dwells = [leg.dwell if leg is not None else None for leg in (one, other)]
    counts = [dwell.creditable if dwell is not None else None for dwell in dwells]
    cells = [
        *("" if value is None else format_duration(value) for value in took),
        _later(took),
        *("" if value is None else format_age(value) for value in counts),
        _later(counts),
    ]
    missing = one is None or other is None
    text = _row(str(step), glyphs.shown(label, 80), cells, width, glyphs.ellipsis)
    return ((glyphs.plain(text), "$foreground-muted" if missing else ""),)


def _took(leg: Leg | None) -> float | None:
    return leg.end - leg.start if leg is not None and leg.start is not None and leg.end is not None else None


def _later(values: Sequence[float | None]) -> str:
    """Return how much longer the second is; empty if one is unknown, `same` if they are alike."""
    first, second = values
    if first is None or second is None:
        return ""
    change = second - first
    return "same" if abs(change) < _SAME else format_change(change)


def _channel_line(one: Extreme, other: Extreme, width: int, glyphs: Glyphs, units: DisplayUnits) -> Line:
    cells: list[str] = []
    for first, second in (
        (one.summary.low, other.summary.low),
        (one.summary.high, other.summary.high),
    ):
        cells += [units.number(value, one.unit, log=one.log) for value in (first, second)]
        cells.append(_change(first, second, one, units))
    label = glyphs.shown(one.label, 60)
    shown = f"{label} {units.unit(one.unit)}".rstrip() if len(one.unit) <= 6 else label
    return ((glyphs.plain(_row("", shown, cells, width, glyphs.ellipsis)), ""),)


def _change(first: float, second: float, extreme: Extreme, units: DisplayUnits) -> str:
    if extreme.log:
        return f"×{second / first:.2g}" if first > 0 and second > 0 else ""
    change = second - first
    if is_temperature(extreme.unit):
        return units.difference(change, extreme.unit, signed=True, bare=True)
    return quantities.number(units.change(change, extreme.unit), units.shown_unit(extreme.unit))


def _row(step: str, what: str, cells: Sequence[str], width: int, ellipsis: str) -> str:
    room = max(8, min(40, width - _STEP - 1 - len(cells) * (_CELL + 1)))
    shown = fit_label(what, room, ellipsis=ellipsis)
    return " ".join([fit(step, _STEP, right=True), shown, *(fit(cell, _CELL, right=True) for cell in cells)])
