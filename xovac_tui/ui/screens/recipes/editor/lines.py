"""Lines of the editor: its first line, and the table of steps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xovac_tui.digits import format_number
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import spell_duration, spell_shortly
from xovac_tui.recipes.draft import DraftRow
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.places import StepPath, step_number
from xovac_tui.recipes.study import Study
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.lines import SEVERITY, severity_sign
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, Span, clip, fit


def state_words(editing: Editing, changed_on_disk: bool) -> tuple[str, str]:
    """Return the text on whether the recipe is saved, and its style."""
    if changed_on_disk:
        return "changed on disk", "bold $error"
    if editing.origin is not None:
        return "copy of an example", "$warning" if editing.draft.dirty else "$foreground-muted"
    if editing.opened is None:
        return "new, not saved", "$warning"
    return ("changed, not saved", "$warning") if editing.draft.dirty else ("saved", "$foreground-muted")


_BESIDE_END = 30
"""Cells of the first line for blanks, a cut name of the file and the counts of findings."""


def head_line(
    editing: Editing,
    study: Study | None,
    width: int,
    *,
    changed_on_disk: bool,
    utc: float,
    speed: float,
    glyphs: Glyphs,
    times: Times,
) -> Line:
    """Return the first line; without room the planned end goes, and the file's name is shortened."""
    said, style = state_words(editing, changed_on_disk)
    right: list[Span] = []
    if study is not None:
        if study.plan is None:
            right.append(("no time line  ", "$warning"))
        else:
            about = "about " if study.plan.estimated else ""
            ends = times.day_and_time(utc + study.plan.total / speed)
            takes = f"{about}{spell_shortly(study.plan.total)}"
            right += [("takes ", "$foreground-muted"), (takes, "bold")]
            end: list[Span] = [(", ends ", "$foreground-muted"), (ends, "bold")]
            # What the check found is not cut for the end, which the list of recipes has too.
            if width >= len(said) + sum(len(text) for text, _ in (*right, *end)) + _BESIDE_END:
                right += end
            right.append(("  ", ""))
        for severity, (_, severity_style) in SEVERITY.items():
            if count := study.count(severity):
                right.append((f"{severity_sign(severity, glyphs)} {count} ", severity_style))
    file = editing.opened or editing.origin
    path = file.path.name if file else "new recipe"
    room = width - sum(len(text) for text, _ in right) - len(said) - 4
    name = glyphs.literal(clean(path, max(8, room)))
    left: Line = ((f" {name}  ", "bold"), (f"{said}  ", style))
    gap = max(0, width - sum(len(text) for text, _ in (*left, *right)))
    line: Line = (*left, (" " * gap, ""), *right)
    return clip(tuple((glyphs.plain(text), used) for text, used in line), width, ellipsis=glyphs.ellipsis)


_HEADS = ("step", "what", "to", "rate/over", "hold")
_WIDTHS = (8, 11, 9, 11, 9)
_RIGHT = ("to", "rate/over", "hold")
_LEAST_NOTE = 6


def table_head(width: int) -> Line:
    """Return the names of the columns."""
    return ((_laid_out(_HEADS, "note", width, "…"), HEAD),)


def recipe_line(
    recipe: Recipe,
    width: int,
    glyphs: Glyphs,
    *,
    chosen: bool,
    focus: bool,
    units: DisplayUnits = AS_REPORTED,
) -> Line:
    """Return the line of the recipe's head: its name and the limits of the part."""
    name = clean(recipe.name, 64) or "(no name yet)"
    limits = recipe.limits
    limited = f"{glyphs.dash} no limits of the part"
    if limits is not None:
        low = units.value(limits.min, "degC")
        limited = f"{glyphs.dash} part {format_number(low)} to {units.temperature_words(limits.max)}"
    if recipe.tolerance is not None:
        limited += f", ±{units.tolerance_words(recipe.tolerance)}"
    if recipe.pressure is not None:
        limited += f", ≤{units.pressure_words(recipe.pressure)}"
    text = glyphs.plain(f"{name}  {limited}")
    style = CHOSEN if chosen and focus else "bold"
    sign = glyphs.then if chosen else " "
    return ((fit(f"{sign} {text}", width, ellipsis=glyphs.ellipsis), style),)


def row_line(
    row: DraftRow,
    width: int,
    glyphs: Glyphs,
    *,
    chosen: bool,
    focus: bool,
    marked: bool,
    wrong: Collection[StepPath],
    units: DisplayUnits = AS_REPORTED,
    side: str = "",
) -> Line:
    """Return the line of one step; `marked` steps would be repeated, `wrong` ones have an error.

    `side` has the brackets of the repeats around it, and of its own.
    """
    step = row.step
    what = side + {Ramp: "ramp", Hold: "hold", Repeat: "repeat"}[type(step)]
    to = way = hold = ""
    if isinstance(step, Ramp):
        to = units.temperature_words(step.to)
        if step.rate is not None:
            way = units.rate_words(step.rate)
        else:
            way = spell_duration(step.over) if step.over is not None else "fastest"
    elif isinstance(step, Hold):
        hold = spell_duration(step.duration)
    else:
        what += f" ×{step.count}"
        hold = "" if step.steps else "empty"
    sign = glyphs.cross if row.path in wrong else "*" if marked else " "
    cells = (f"{glyphs.then if chosen else ' '}{sign}{step_number(row.path)}", what, to, way, hold)
    note = glyphs.plain(clean(" ".join(step.note.split()), 200))
    text = _laid_out(tuple(glyphs.plain(cell) for cell in cells), note, width, glyphs.ellipsis)
    style = "bold $error" if row.path in wrong else "bold" if chosen else ""
    return ((text, CHOSEN if chosen and focus else style),)


def draft_sides(rows: Sequence[DraftRow], glyphs: Glyphs) -> list[str]:
    """Return for each row the brackets before what it does: two cells a repeat around it, and its own."""
    begin, middle, end = glyphs.side
    depths = [row.depth for row in rows]
    found = []
    for number, row in enumerate(rows):
        below = depths[number + 1] if number + 1 < len(rows) else 0
        inside = [middle if _goes_on(depths, number, level) else end for level in range(row.depth)]
        own = [begin] if isinstance(row.step, Repeat) and below > row.depth else []
        found.append("".join(f"{sign} " for sign in (*inside, *own)))
    return found


def _goes_on(depths: Sequence[int], number: int, level: int) -> bool:
    """Return whether the next row is in the same repeat at a level, too."""
    return number + 1 < len(depths) and depths[number + 1] > level


def _laid_out(cells: tuple[str, ...], note: str, width: int, ellipsis: str) -> str:
    text = ""
    for head, cell, room in zip(_HEADS, cells, _WIDTHS, strict=True):
        text += fit(cell, room, right=head in _RIGHT, ellipsis=ellipsis) + " "
    left = width - len(text) - 1
    # A note of only a few letters is useless.
    whole = text if left < _LEAST_NOTE else f"{text} {fit(note, left, ellipsis=ellipsis)}"
    return fit(whole, width, ellipsis=ellipsis)
