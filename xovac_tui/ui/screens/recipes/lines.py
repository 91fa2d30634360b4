"""Lines of the Recipes tab: list, facts, steps and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import spell_shortly
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.plural import counted
from xovac_tui.quantities import unit
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.findings import Finding, Severity
from xovac_tui.recipes.places import step_number
from xovac_tui.recipes.plan import PlanSettings, Segment
from xovac_tui.recipes.spans import RepeatSpan, outline, usual_total
from xovac_tui.recipes.study import Library, Study
from xovac_tui.station.loading import LoadStart
from xovac_tui.station.refusal import Refusal
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.search import FuzzyQuery
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, Span, clip, fit, folded, line_width, paragraph

SEVERITY: dict[Severity, tuple[str, str]] = {
    "error": ("error", "bold $error"),
    "warning": ("warning", "$warning"),
    "info": ("note", "$foreground-muted"),
}
"""Word and style of each severity."""


def severity_sign(severity: Severity, glyphs: Glyphs) -> str:
    """Return the sign of a finding's severity."""
    return {"error": glyphs.cross, "warning": glyphs.warning, "info": glyphs.dot}[severity]


class RecipeListRow(msgspec.Struct, frozen=True):
    """One row of the list: a recipe file, or a heading."""

    file: RecipeFile | None
    words: str = ""
    example: bool = False
    style: str = "$foreground-muted"


def list_entries(library: Library, folder: str, width: int, words: str = "") -> list[RecipeListRow]:
    """Return the rows of the list: the user's files, then the examples; only those with some words."""
    if words.strip():
        return _found(library, FuzzyQuery(words))
    entries = [RecipeListRow(None, "Yours", style=HEAD)]
    if library.problem:
        entries += [
            RecipeListRow(None, line, style="bold $error")
            for line in folded(library.problem, max(8, width - 2))
        ]
    elif not library.own:
        said = f"No recipe files yet: put .toml files into {folder}" if folder else "No folder is set."
        entries += [RecipeListRow(None, line) for line in folded(said, max(8, width - 2))]
    entries += [RecipeListRow(file) for file in library.own]
    entries += [RecipeListRow(None), RecipeListRow(None, "Examples", style=HEAD)]
    return entries + [RecipeListRow(file, example=True) for file in library.examples]


def _found(library: Library, query: FuzzyQuery) -> list[RecipeListRow]:
    """Return the rows of a list of what was looked for."""
    entries: list[RecipeListRow] = []
    for heading, files, example in (("Yours", library.own, False), ("Examples", library.examples, True)):
        fitting = [RecipeListRow(file, example=example) for file in files if _matches(file, query)]
        if fitting:
            entries += [RecipeListRow(None, heading, style=HEAD), *fitting]
    return entries or [RecipeListRow(None, "No recipe has that.")]


def _matches(file: RecipeFile, query: FuzzyQuery) -> bool:
    description = file.recipe.description if file.recipe is not None else ""
    beside = f"{file.path.name} {description}".lower()
    return query.cost(file.name.lower(), beside) is not None


_THUMBNAIL, _WITH_THUMBNAIL = 8, 34
"""Cells of a thumbnail, and of a row from which it has one."""
_WIDE_THUMBNAIL, _WITH_FILE = 14, 60
"""The same for rows with the file's name and the time that the recipe takes."""
_FILE_CELLS, _TOTAL_CELLS = 20, 9
_LEAST_SPAN = 5.0
"""Smallest span of a thumbnail, K, so that small changes look small."""


def entry_line(entry: RecipeListRow, width: int, glyphs: Glyphs, *, chosen: bool, focus: bool) -> Line:
    """Return one row of the list: its name, with room for it a thumbnail, with more its file and its time."""
    file = entry.file
    if file is None:
        indent = "" if entry.style == HEAD else "  "
        return ((indent + glyphs.literal(clean(entry.words, 400)), entry.style),)
    style = CHOSEN if chosen and focus else "bold" if chosen else ""
    beside = _beside(file, width, glyphs)
    if style == CHOSEN:
        beside = [(text, CHOSEN) for text, _ in beside]
    left = width - 2 - sum(len(text) for text, _ in beside)
    name = glyphs.plain(clean(file.name, 80))
    return (
        (f"{glyphs.then if chosen else ' '} ", style),
        (fit(name, max(0, left), ellipsis=glyphs.ellipsis), style),
        *beside,
    )


def _beside(file: RecipeFile, width: int, glyphs: Glyphs) -> list[Span]:
    """Return what follows the name of a recipe in a row of this width."""
    spans: list[Span] = []
    if width >= _WITH_FILE:
        named = fit(glyphs.literal(clean(file.path.name, 80)), _FILE_CELLS, ellipsis=glyphs.ellipsis)
        spans.append((f" {named}", "$foreground-muted"))
    recipe = file.recipe
    if recipe is None:
        return [*spans, (f" {glyphs.cross} bad", "bold $error")]
    if width >= _WITH_FILE:
        total = usual_total(recipe)
        takes = "" if total is None else spell_shortly(total)
        spans.append((f" {takes:>{_TOTAL_CELLS}}", "$foreground-muted"))
    cells = _WIDE_THUMBNAIL if width >= _WITH_FILE else _THUMBNAIL if width >= _WITH_THUMBNAIL else 0
    if cells:
        shape = outline(recipe, cells)
        drawn = sparkline(shape, cells, glyphs.ascii, least=_LEAST_SPAN) if shape else " " * cells
        spans.append((f" {drawn}", "$series-1"))
    return spans


def fact_lines(
    study: Study,
    start: LoadStart,
    settings: PlanSettings,
    *,
    width: int,
    height: int,
    utc: float,
    speed: float,
    blocked: Refusal | None,
    example: bool,
    glyphs: Glyphs,
    times: Times,
    keys: Mapping[str, str],
    units: DisplayUnits = AS_REPORTED,
) -> list[Line]:
    """Return the facts about a recipe, with the description in the remaining rows."""
    name = glyphs.plain(clean(study.file.name, 80))
    recipe = study.file.recipe
    if recipe is None:
        said = glyphs.literal("\n".join(clean(line, 2000) for line in study.file.problem.split("\n")))
        bad: Line = ((name, "bold"), (f"  {glyphs.cross} cannot be read", "bold $error"))
        return [bad, *paragraph(said, width)][:height]
    last = [
        _total(study, utc, speed, width, times),
        (
            ("From ", "$foreground-muted"),
            (units.quantity(start.celsius, "degC"), "bold"),
            (f" {start.words(units)}", "$foreground-muted" if start.measured else "$warning"),
        ),
        ((f"Assumed: {_reading(settings, units)}", "$foreground-muted"),),
        _verdict(study, blocked, width, glyphs, keys),
    ]
    last = [
        clip(tuple((glyphs.plain(text), style) for text, style in line), width, ellipsis=glyphs.ellipsis)
        for line in last
    ]
    description = clean(" ".join(recipe.description.split()), 2000)
    words = list(folded(glyphs.plain(description), width))
    room = max(0, height - 1 - len(last))
    described = words[:room]
    if described and len(words) > room:
        described[-1] = fit(f"{described[-1]} {glyphs.ellipsis}", width, ellipsis=glyphs.ellipsis).rstrip()
    file = glyphs.literal(clean(study.file.path.name, 80))
    mark: Span = (f"  {file}{', an example' if example else ''}", "$foreground-muted")
    first = clip(((name, "bold"), mark), width, ellipsis=glyphs.ellipsis)
    return [first, *(((line, ""),) for line in described), *last][:height]


def _total(study: Study, utc: float, speed: float, width: int, times: Times) -> Line:
    if study.plan is None:
        return (("No time line: see the check", "$warning"),)
    plan = study.plan
    about = "about " if plan.estimated else ""
    demo = "" if speed == 1 else f" (simulated: {spell_shortly(plan.total / speed)})"
    ends = times.day_and_time_with_zone(utc + plan.total / speed)
    takes = f"{about}{spell_shortly(plan.total)}"
    room = width - len(f"Takes {takes}{demo}  ends {ends}")
    if room < 0:
        # The end matters more than the speed of a simulator.
        demo, room = "", room + len(demo)
    if room < 0:
        return ((takes, "bold"), (", ends ", "$foreground-muted"), (ends, "bold"))
    tail = next((words for words in (" if started now", " if now") if len(words) <= room), "")
    return (
        ("Takes ", "$foreground-muted"),
        (takes, "bold"),
        (demo, "$foreground-muted"),
        ("  ends ", "$foreground-muted"),
        (ends, "bold"),
        (tail, "$foreground-muted"),
    )


def _reading(settings: PlanSettings, units: DisplayUnits) -> str:
    way = "ramp" if settings.step_reading == "ramp" else "jump, then hold"
    rate = units.rate_words(settings.assumed_rate)
    return f"sent in {unit(settings.temperature_unit)} and {settings.duration_unit}, items {way}, {rate}"


def _verdict(
    study: Study, blocked: Refusal | None, width: int, glyphs: Glyphs, keys: Mapping[str, str]
) -> Line:
    """Return what the check found and what that means for loading; without room the counts have no words."""
    if study.compiled is None:
        means: Span = ("cannot be loaded", "bold $error")
    elif blocked:
        means = (f"not now: {blocked.cause}", "$warning")
    else:
        means = (f"{keys['load-recipe']} loads {counted(len(study.compiled.items), 'item')}", "$good")
    found = [(one, study.count(one), word, style) for one, (word, style) in SEVERITY.items()]
    line: Line = ()
    for worded in (True, False):
        spans: list[Span] = [("Check ", "$foreground-muted")]
        for severity, count, word, style in found:
            if count:
                said = counted(count, word) if worded else f"{count}"
                spans.append((f"{severity_sign(severity, glyphs)} {said}  ", style))
        if len(spans) == 1:
            spans.append((f"{glyphs.dot} nothing to say  ", "$good"))
        line = (*spans, means)
        if line_width(line) <= width:
            break
    return line


def finding_lines(
    findings: Sequence[Finding], width: int, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED
) -> list[Line]:
    """Return the findings, folded; each begins with sign and word of its severity."""
    lines: list[Line] = []
    for finding in findings:
        word, style = SEVERITY[finding.severity]
        head = f"{severity_sign(finding.severity, glyphs)} {word:<8}"
        said = glyphs.plain(clean(finding.sentence_in(units), 1000))
        for count, line in enumerate(folded(said, max(10, width - len(head)))):
            lines.append((((head if count == 0 else " " * len(head)), style), (line, "")))
    return lines


STEP_HEAD = ("item", "step", "what", "from", "to", "takes", "starts", "round")
_STEP_WIDTHS = (4, 4, 4, 6, 6, 9, 9, 8)
_LEFT = (1, 2)
"""Columns of the steps with cells aligned left."""


def step_head(width: int, number_width: int = 4, side: int = 0) -> Line:
    """Return the names of the columns of the steps.

    `number_width` is that of the longest step's number, `side` that of the brackets of repeats.
    """
    return ((_step_row(STEP_HEAD, width, number_width, side), HEAD),)


def step_line(
    segment: Segment,
    width: int,
    glyphs: Glyphs,
    number_width: int = 4,
    units: DisplayUnits = AS_REPORTED,
    *,
    side: str = "",
    chosen: bool = False,
) -> Line:
    """Return one ramp or hold: its number in the device's list, its place in the recipe, and its action.

    A step for which nothing is sent has a dash in place of the number. `side` has the brackets of repeats.
    """
    about = "~" if segment.estimated else ""
    ramp = segment.kind == "ramp"
    cells = (
        glyphs.dash if segment.index is None else str(segment.index),
        step_number(segment.path),
        f"{side} {segment.kind}" if side else segment.kind,
        units.number(segment.from_temp, "degC") if ramp else "",
        units.number(segment.to_temp, "degC"),
        about + spell_shortly(segment.duration),
        spell_shortly(segment.start),
        "" if segment.cycle is None else f"{segment.cycle[0]} of {segment.cycle[1]}",
    )
    row = glyphs.plain(_step_row(cells, width, number_width, len(side)))
    return ((fit(row, width), CHOSEN),) if chosen else ((row, "" if ramp else "$foreground"),)


def side_signs(spans: Sequence[RepeatSpan], count: int, glyphs: Glyphs) -> list[str]:
    """Return for each of `count` segments the brackets before it: a cell for each depth of repeats."""
    deep = 1 + max((span.depth for span in spans), default=-1)
    signs = [[" "] * deep for _ in range(count)]
    begin, middle, end = glyphs.side
    for span in spans:
        for at in range(span.first, span.last + 1):
            one = begin if at == span.first else end if at == span.last else middle
            signs[at][span.depth] = one if span.first < span.last else glyphs.then
    return ["".join(one) for one in signs]


def number_width(segments: Sequence[Segment]) -> int:
    """Return the width of the number column in cells: the longest number, or the column's name."""
    return max((len(step_number(segment.path)) for segment in segments), default=0)


def _step_row(cells: Sequence[str], width: int, number_room: int, side: int) -> str:
    row = ""
    for column, (cell, room) in enumerate(zip(cells, _STEP_WIDTHS, strict=True)):
        room = max(room, number_room) if column == 1 else room
        room += side + 1 if side and column == 2 else 0
        if len(row) + room > width:
            break
        row += fit(cell, room, right=column not in _LEFT) + " "
    return row
