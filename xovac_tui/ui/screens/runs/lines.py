"""Lines of the Runs tab: the list, and one run with its steps, readings and events."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age, format_change, format_duration
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.quantities import quantity
from xovac_tui.recipes.plan import Plan
from xovac_tui.recording.digest import Extreme
from xovac_tui.recording.disk.kinds import RecordedRun
from xovac_tui.report.glance import COLUMNS, RunGlance
from xovac_tui.report.judge import RunVerdict
from xovac_tui.runs.past import PastRun
from xovac_tui.runs.state import Leg, Result
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, Span, clip, fit, fit_label, folded, paragraph
from xovac_tui.ui.widgets.run_words import drift_words, gap_words

_RESULT_STYLES = {
    Result.COMPLETED: "$good",
    Result.RUNNING: "bold",
    Result.CANCELLED: "$warning",
    Result.ENDED_EARLY: "$warning",
    Result.UNKNOWN: "$warning",
}
_VERDICTS = {
    RunVerdict.PASS: ("PASS", "$good"),
    RunVerdict.FAIL: ("FAIL", "$error"),
    RunVerdict.NOT_JUDGED: ("open", "$warning"),
}
_BADGE = 6
"""Cells of a verdict in the list: sign and word."""
_WITH_THUMBNAIL, _WITH_LONG_THUMBNAIL = 36, 56
"""Width in cells from which the list has the shape of each run, and from which a longer one."""
_LEAST_SPAN = 5.0
"""K that the bars of a shape span at least, so that noise does not look like a change."""
_ROOMY = 70
"""Width in cells from which the tables have all their columns."""
_HASH = 12
"""Shown characters of a hash, enough to distinguish two recipes."""


def result_of(word: str) -> Result:
    """Return a run's result from its word in the record; None for an unknown word."""
    return Result(word) if word in set(Result) else Result.UNKNOWN


# -- the list -----------------------------------------------------------------------------------------------


def list_line(
    run: RecordedRun, second: bool, width: int, *, chosen: bool, focus: bool, marked: bool,
    glyphs: Glyphs, times: Times, glance: RunGlance | None = None,
) -> Line:  # fmt: skip
    """Return the first or second of the two rows of a run in the list.

    `glance` is its verdict and shape; None: not known yet.
    """
    if not second:
        style = CHOSEN if chosen and focus else "bold" if chosen or marked else ""
        sign = glyphs.then if chosen else "+" if marked else " "
        name = glyphs.shown(run.name, 80) or "without a name"
        badge, colour = _badge(run, glance, glyphs)
        bars = _thumbnail(glance, width, glyphs)
        tail = f" {bars}{' ' if bars and badge else ''}{badge}".rstrip() if bars or badge else ""
        head = fit(f"{sign} {run.label} {name}", max(0, width - cell_len(tail)), ellipsis=glyphs.ellipsis)
        if chosen and focus:
            return ((head + tail, CHOSEN),)
        return ((head, style), (tail[: len(tail) - len(badge.rstrip())], ""), (badge.rstrip(), colour))
    result = result_of(run.result)
    word = f"    {glyphs.result(result)} {result.value}"
    lasted = format_duration(run.seconds)
    began = f"{times.day(run.started)} {times.short(run.started)}"
    tail = f"{began}  {lasted:>7}" if width >= 36 else f"{lasted:>7}"
    room = max(0, width - cell_len(tail))
    if chosen and focus:
        return ((fit(fit(word, room) + tail, width), CHOSEN),)
    return ((fit(word, room), _RESULT_STYLES[result]), (tail, "$foreground-muted"))


def _badge(run: RecordedRun, glance: RunGlance | None, glyphs: Glyphs) -> tuple[str, str]:
    """Return a run's verdict with its style; a run that goes on has none yet."""
    if result_of(run.result) is Result.RUNNING:
        return "", ""
    if glance is None or glance.verdict is None:
        return glyphs.plain(f"{'·':<{_BADGE}}"), "$foreground-muted"
    word, style = _VERDICTS[glance.verdict]
    return f"{glyphs.verdict(glance.verdict.value)} {word}", style


def _thumbnail(glance: RunGlance | None, width: int, glyphs: Glyphs) -> str:
    """Return the course of the controlled temperature; blank while unknown, empty where there is no room."""
    if width < _WITH_THUMBNAIL:
        return ""
    cells = COLUMNS if width >= _WITH_LONG_THUMBNAIL else COLUMNS // 2
    shape = () if glance is None else glance.shape
    if len(shape) > cells:
        shape = tuple(_middle(shape[at : at + 2]) for at in range(0, len(shape), 2))
    if not any(one == one for one in shape):
        return " " * cells
    return fit(sparkline(shape, len(shape), glyphs.ascii, least=_LEAST_SPAN), cells)


def _middle(values: Sequence[float]) -> float:
    known = [one for one in values if one == one]
    return sum(known) / len(known) if known else math.nan


# -- facts --------------------------------------------------------------------------------------------------


def fact_lines(
    past: PastRun,
    width: int,
    height: int,
    *,
    glyphs: Glyphs,
    times: Times,
    units: DisplayUnits = AS_REPORTED,
) -> list[Line]:
    """Return the facts about a run, with its reason in the remaining rows."""
    run, state, view = past.recorded, past.state, past.view()
    name = glyphs.shown(run.name, 80) or "without a name"
    result: Span = (f"{glyphs.result(state.result)} {state.result.value}", _RESULT_STYLES[state.result])
    head: Line = (
        (f"{run.label} ", "$foreground-muted"),
        (fit(name, min(cell_len(name), max(8, width - 20)), ellipsis=glyphs.ellipsis), "bold"),
        ("  ", ""),
        result,
    )
    part = glyphs.shown(past.description, 400) or "no description in the recipe"
    lines: list[Line] = [
        (("Part    ", "$foreground-muted"), (part, "" if past.description else "$foreground-muted")),
        _when(past, times),
        _took(past, view.drift),
        _loaded(past, times),
        (
            ("Gaps    ", "$foreground-muted"),
            (gap_words(state.gaps, state.gap_seconds), "$warning" if state.gaps else ""),
        ),
    ]
    lines = [tuple((glyphs.plain(text), style) for text, style in line) for line in lines]
    where = view.where if view.steps else ""
    if view.label:
        where += f", {view.label_in(units)}" + (" (estimated)" if view.estimated else "")
    said = state.reason if not past.running else where or "It goes on."
    room = max(1, height - 1 - len(lines))
    reason = list(folded(glyphs.shown(said, 400), width))
    if len(reason) > room:
        reason = [*reason[: room - 1], fit(reason[room - 1] + " " * width, width, ellipsis=glyphs.ellipsis)]
    reasons: list[Line] = [((line, ""),) for line in reason]
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in (head, *reasons, *lines)][:height]


def _when(past: PastRun, times: Times) -> Line:
    run = past.recorded
    least = "" if past.state.start_seen else "before "
    began = f"{least}{times.day(run.started)} {times.short(run.started)}"
    spans: list[Span] = [("Began   ", "$foreground-muted"), (began, "")]
    ends = run.ended if run.ended is not None else past.view().ends_utc
    if ends is not None:
        # The day of the begin is not said again.
        day = "" if times.day(ends) == times.day(run.started) else f"{times.day(ends)} "
        word = "ends" if run.ended is None else "ended"
        spans += [(f"  {word} ", "$foreground-muted"), (f"{day}{times.short_with_zone(ends)}", "")]
    return tuple(spans)


def _took(past: PastRun, drift: float | None) -> Line:
    least = "" if past.state.start_seen else "at least "
    spans: list[Span] = [
        ("Lasts   " if past.running else "Took    ", "$foreground-muted"),
        (least + format_duration(past.seconds), "bold"),
    ]
    if past.planned_seconds is None:
        return (*spans, ("  no plan of it is known", "$foreground-muted"))
    spans.append((f" of {format_duration(past.planned_seconds)} planned", ""))
    if past.state.result is Result.COMPLETED and past.state.start_seen:
        late = past.seconds - past.planned_seconds
        spans.append((f", {format_change(late)}", "$foreground-muted"))
    elif past.running and drift is not None:
        spans.append((f", {drift_words(drift)}", "$foreground-muted"))
    return tuple(spans)


def _loaded(past: PastRun, times: Times) -> Line:
    load = past.load
    if load is None:
        return (("Loaded  ", "$foreground-muted"), ("not by a program on this record", "$foreground-muted"))
    when = f"{times.day(load.t)} {times.short(load.t)}"
    return (
        ("Loaded  ", "$foreground-muted"),
        (f"{when} by {clean(load.who, 30)}", ""),
        (f"  sha256 {clean(load.hash[:_HASH], _HASH)}", "$foreground-muted"),
    )


# -- steps --------------------------------------------------------------------------------------------------

_ROOMY_STEPS = (4, 5, 0, 9, 7, 7, 7, 6, 6)
_CLOSE_STEPS = (4, 0, 0, 0, 7, 7, 0, 6, 6)
_STEP_NAMES = ("step", "cycle", "what", "began", "took", "planned", "elapsed", "in tol", "counts")


def step_head(width: int) -> Line:
    """Return the names of the columns of the steps."""
    return ((_step_row(_STEP_NAMES, width, "~"), HEAD),)


def short_label(leg: Leg, plan: Plan | None, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a step's action without duration and rate, which have columns; empty if unknown."""
    segment = plan.item(leg.step) if plan is not None and leg.label else None
    return clean(leg.label, 80) or leg.kind if segment is None else segment.goal_in(units)


def step_line(
    leg: Leg,
    now: float,
    width: int,
    *,
    plan: Plan | None,
    glyphs: Glyphs,
    times: Times,
    units: DisplayUnits = AS_REPORTED,
) -> Line:
    """Return one step as run; `now` in seconds since the run's start, for a step that goes on."""
    began = "" if leg.start_utc is None else times.day_and_time(leg.start_utc)
    took = "unseen"
    if leg.start is not None:
        seconds = (now if leg.end is None else leg.end) - leg.start
        took = ("~" if leg.estimated else "") + format_duration(seconds)
    dwell = leg.dwell
    clocks = ("", "", "") if dwell is None else (dwell.elapsed, dwell.in_tolerance, dwell.creditable)
    cells = (
        str(leg.step),
        "" if leg.cycle is None else f"{leg.cycle[0]}/{leg.cycle[1]}",
        short_label(leg, plan, units) or glyphs.dash,
        began,
        took,
        "" if leg.planned is None else format_duration(leg.planned),
        *(clock if isinstance(clock, str) else format_age(clock) for clock in clocks),
    )
    text = glyphs.plain(_step_row(cells, width, glyphs.ellipsis))
    return ((text, "$foreground" if leg.kind == "hold" else "$foreground-muted"),)


def _step_row(cells: Sequence[str], width: int, ellipsis: str) -> str:
    """Return one row; the action gets the width that the other columns leave, or is left out."""
    rooms = _ROOMY_STEPS if width >= _ROOMY else _CLOSE_STEPS
    rest = width - sum(room + 1 for room in rooms if room)
    parts = []
    for place, (cell, room) in enumerate(zip(cells, rooms, strict=True)):
        if place == 2:
            parts.append(fit(cell, max(0, rest), ellipsis=ellipsis))
        elif room:
            parts.append(fit(cell, room, right=place != 1, ellipsis=ellipsis))
    return " ".join(parts)


# -- readings -----------------------------------------------------------------------------------------------


def reading_head(width: int) -> Line:
    """Return the names of the columns of the readings."""
    return (
        (
            _reading_row("channel", ("lowest", "highest", "mean"), "", width, "~"),
            HEAD,
        ),
    )


def reading_line(extreme: Extreme, width: int, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED) -> Line:
    """Return lowest, highest and mean value of one channel."""
    found = extreme.summary
    values = [
        units.number(value, extreme.unit, log=extreme.log) for value in (found.low, found.high, found.mean)
    ]
    name = clean(units.unit(extreme.unit), 12)
    row = _reading_row(clean(extreme.label, 60), values, name, width, glyphs.ellipsis)
    return ((glyphs.plain(row), ""),)


def _reading_row(label: str, values: Sequence[str], name: str, width: int, ellipsis: str) -> str:
    """Return one row; without room for all three values, the mean is left out."""
    shown = values if width >= _ROOMY else values[:2]
    room = max(8, min(30, width - 10 * len(shown) - 6))
    numbers = (fit(value, 9, right=True) for value in shown)
    return " ".join([fit_label(label, room, ellipsis=ellipsis), *numbers, fit(name, 5)])


# -- what happened ------------------------------------------------------------------------------------------


def happened_lines(
    past: PastRun, width: int, *, glyphs: Glyphs, times: Times, units: DisplayUnits = AS_REPORTED
) -> list[Line]:
    """Return how a run ended, then commands, notes, attachments and gaps by time, folded."""
    found: list[tuple[float, str, str]] = []
    for command in past.commands:
        found.append((command.entry.utc, _command(command.entry), "$foreground"))
    for one in past.marks:
        if one.mark.kind == "note":
            found.append((one.t, f"note by {clean(one.who, 40)}: {clean(one.mark.text, 400)}", ""))
        elif one.mark.kind == "alarm":
            found.append((one.t, f"alarm: {clean(one.mark.text_in(units), 400)}", "$warning"))
        elif one.mark.kind in ("clock", "unrecorded", "asleep", "unsent"):
            found.append((one.t, clean(one.mark.text, 400), "$warning"))
    for file in past.attachments:
        caption = f" ({clean(file.text, 200)})" if file.text else ""
        found.append((file.t, f"attached by {clean(file.who, 40)}: {clean(file.name, 80)}{caption}", ""))
    for gap in past.gaps:
        what = "no link or no data" if gap.recorded else "nothing was recorded"
        found.append((gap.start, f"{what} for {format_duration(gap.seconds)}", "$warning"))
    lines: list[Line] = []
    if past.state.reason:
        said = f"{past.state.result.value}: {past.state.reason}"
        style = _RESULT_STYLES[past.state.result]
        lines = [*paragraph(glyphs.shown(said, 600), width, style), ()]
    for utc, words, style in sorted(found):
        head = f"{times.day_and_time(utc)}  "
        for place, line in enumerate(folded(glyphs.shown(words, 600), max(10, width - len(head)))):
            lines.append(((head if not place else " " * len(head), "$foreground-muted"), (line, style)))
    if not found:
        said = "No command, no note, no alarm and no gap."
        lines += paragraph(said, width, "$foreground-muted")
    return lines


def _command(entry: LedgerEntry) -> str:
    said = f"{clean(entry.command, 60)} by {clean(entry.who, 40)}: {entry.outcome.shown}"
    if entry.stop:
        said = f"STOP {said}"
    if entry.confirmed is not None:
        said += f", confirmed after {quantity(entry.confirmed, 's')}"
    return said + (f" ({clean(entry.reason or entry.message, 200)})" if entry.reason or entry.message else "")
