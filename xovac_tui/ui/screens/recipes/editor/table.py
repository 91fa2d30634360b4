"""Lines of the table of steps: the recipe's head, then one line a step, repeats indented. Pure."""

from __future__ import annotations

from collections.abc import Collection

from xovac_tui.digits import format_number
from xovac_tui.durations import spell_duration
from xovac_tui.quantities import format_rate, format_temperature, quantity
from xovac_tui.recipes.draft import DraftRow
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.places import StepPath, step_number
from xovac_tui.text import clean
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, fit

_HEADS = ("step", "what", "to", "rate/over", "hold")
_WIDTHS = (8, 10, 9, 11, 9)
_RIGHT = ("to", "rate/over", "hold")
_LEAST_NOTE = 6


def table_head(width: int) -> Line:
    """Return the names of the columns."""
    return ((_laid_out(_HEADS, "note", width, "…"), HEAD),)


def recipe_line(recipe: Recipe, width: int, glyphs: Glyphs, *, chosen: bool, focus: bool) -> Line:
    """Return the line of the recipe's head: its name and the limits of the part."""
    name = clean(recipe.name, 64) or "(no name yet)"
    limits = recipe.limits
    limited = f"{glyphs.dash} no limits of the part"
    if limits is not None:
        limited = f"{glyphs.dash} part {format_number(limits.min)} to {format_number(limits.max)} °C"
    if recipe.tolerance is not None:
        limited += f", ±{format_number(recipe.tolerance)} K"
    if recipe.pressure is not None:
        limited += f", ≤{quantity(recipe.pressure, 'mbar', log=True)}"
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
) -> Line:
    """Return the line of one step; `marked` steps would be repeated, `wrong` ones have an error."""
    step = row.step
    what = "  " * row.depth + {Ramp: "ramp", Hold: "hold", Repeat: "repeat"}[type(step)]
    to = way = hold = ""
    if isinstance(step, Ramp):
        to = format_temperature(step.to)
        if step.rate is not None:
            way = format_rate(step.rate)
        else:
            way = spell_duration(step.over) if step.over is not None else "fastest"
    elif isinstance(step, Hold):
        hold = spell_duration(step.duration)
    else:
        hold = glyphs.plain(f"×{step.count}") + ("" if step.steps else " empty")
    sign = glyphs.cross if row.path in wrong else "*" if marked else " "
    cells = (f"{glyphs.then if chosen else ' '}{sign}{step_number(row.path)}", what, to, way, hold)
    note = glyphs.plain(clean(" ".join(step.note.split()), 200))
    text = _laid_out(tuple(glyphs.plain(cell) for cell in cells), note, width, glyphs.ellipsis)
    style = "bold $error" if row.path in wrong else "bold" if chosen else ""
    return ((text, CHOSEN if chosen and focus else style),)


def _laid_out(cells: tuple[str, ...], note: str, width: int, ellipsis: str) -> str:
    text = ""
    for head, cell, room in zip(_HEADS, cells, _WIDTHS, strict=True):
        text += fit(cell, room, right=head in _RIGHT, ellipsis=ellipsis) + " "
    left = width - len(text) - 1
    # A note of only a few letters is useless.
    whole = text if left < _LEAST_NOTE else f"{text} {fit(note, left, ellipsis=ellipsis)}"
    return fit(whole, width, ellipsis=ellipsis)
