"""A whole chart: lines, two value axes, the time axis with its marks, a cursor and a legend, as cells."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xovac_tui.plot.cells import CellCanvas, Picture, Tone
from xovac_tui.plot.raster import Raster, Stroke
from xovac_tui.plot.scale import Scale
from xovac_tui.plot.ticks import Tick

MARKS = {
    "alarm": ("◈", "A", Tone.ALARM),
    "note": ("▲", "^", Tone.NOTE),
    "lost": ("◆", "#", Tone.LOST),
    "online": ("◇", "=", Tone.LOST),
    "step": ("▏", "!", Tone.STEP),
    "run": ("▶", "R", Tone.STEP),
    "idle": ("■", "I", Tone.STEP),
    "command": ("▸", ">", Tone.COMMAND),
}
"""Mark -> glyph, glyph in ASCII, tone; in this order of importance, except that a loss beats everything."""
_BESIDE = ((0, 0), (1, 0), (0, -1), (0, 1), (1, -1), (1, 1))
"""Where the number of a line may be, from the cell after its end: to the right, down."""
_IMPORTANCE = ("lost", "alarm", "note", "run", "idle", "step", "online", "command")

Text = tuple[str, int]
"""Some text and its tone."""


class ValueAxis(msgspec.Struct, frozen=True):
    """A value axis: its scale, its labels, and its unit as it is shown."""

    scale: Scale
    ticks: tuple[Tick, ...]
    unit: str = ""


class ChartLine(msgspec.Struct, frozen=True):
    """One series: lowest and highest value per dot column, on the right or the left axis."""

    lows: Sequence[float]
    highs: Sequence[float]
    number: int
    """0 is the first colour; the label on the chart is one more."""
    right: bool = False


class Shade(msgspec.Struct, frozen=True):
    """A cell column of a hold: the values within its tolerance, and whether the time counts."""

    column: int
    low: float
    high: float
    counted: bool = False


class Heat(msgspec.Struct, frozen=True):
    """A line whose colour says its temperature."""

    number: int
    """Of its series."""
    steps: Sequence[int]
    """Of each row of the plot, 0 (cold) to 15."""


class Layout(msgspec.Struct, frozen=True):
    """Where things are; a row is None where there is no room for it."""

    width: int
    height: int
    plot_x: int
    plot_width: int
    plot_height: int
    left: bool
    right: bool
    axis_row: int | None
    label_row: int | None


class Frame(msgspec.Struct, frozen=True):
    """All numbers and texts of one chart; columns are cells of the plot from its left edge."""

    layout: Layout
    lines: tuple[ChartLine, ...] = ()
    """The first is drawn on top."""
    left: ValueAxis | None = None
    right: ValueAxis | None = None
    planned: Sequence[float] = ()
    """Planned values per dot column, on the left axis."""
    phase: int = 0
    """Number of the first dot column since the beginning of time: keeps dots in their places."""
    times: tuple[tuple[int, str], ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    cursor: int | None = None
    forecasts: tuple[tuple[int, bool, Sequence[float]], ...] = ()
    """Number of a series, whether it is on the right axis, and what is foreseen per dot column."""
    shades: tuple[Shade, ...] = ()
    """On the left axis."""
    heat: Heat | None = None
    fill: bool = False
    """Draw shades with signs too, for screens whose background may have no colours."""
    notice: str = ""
    ascii_only: bool = False
    inline: bool = False
    """Write the series' numbers into the lines, for screens without colour."""


def rows_for(height: int) -> tuple[int, int | None, int | None]:
    """Return the plot's height, and the rows of time axis and time labels, for a height in cells."""
    if height >= 5:
        return height - 2, height - 2, height - 1
    if height >= 3:
        return height - 1, height - 1, None
    return max(height, 1), None, None


def lay_out(width: int, height: int, left: ValueAxis | None, right: ValueAxis | None) -> Layout:
    """Return where things go; a narrow chart loses its right axis first, then the left one."""
    plot_height, axis_row, label_row = rows_for(height)
    left_width = _gutter(left)
    right_width = _gutter(right)
    if width - left_width - right_width < 24:
        right_width = 0
    if width - left_width < 16:
        left_width = 0
    return Layout(
        width=width,
        height=height,
        plot_x=left_width,
        plot_width=max(width - left_width - right_width, 1),
        plot_height=plot_height,
        left=left_width > 0,
        right=right_width > 0,
        axis_row=axis_row,
        label_row=label_row,
    )


def _gutter(axis: ValueAxis | None) -> int:
    """Return the width of an axis: at least five cells for its labels, so that it seldom changes."""
    if axis is None:
        return 1
    return max(5, len(axis.unit), *(len(tick.label) for tick in axis.ticks), 0) + 2


def compose(frame: Frame) -> Picture:
    """Return the cells of a chart."""
    layout = frame.layout
    canvas = CellCanvas(layout.width, layout.height)
    _draw_axis(canvas, frame, frame.left, layout.left, right=False)
    _draw_axis(canvas, frame, frame.right, layout.right, right=True)
    _draw_lines(canvas, frame)
    _draw_times(canvas, frame)
    _draw_cursor(canvas, frame)
    _draw_shades(canvas, frame)
    if frame.notice:
        x = layout.plot_x + max(0, (layout.plot_width - len(frame.notice)) // 2)
        canvas.put(x, (layout.plot_height - 1) // 2, frame.notice[: layout.plot_width], Tone.HINT)
    return canvas.picture()


def write(canvas: CellCanvas, x: int, y: int, end: int, texts: Sequence[Text], ascii_only: bool) -> None:
    """Write texts one after the other up to `end`; what does not fit is cut, and the cut is shown."""
    for text, tone in texts:
        canvas.put(x, y, text[: max(end - x, 0)], tone)
        x += len(text)
    if x > end:
        canvas.put(end - 1, y, "~" if ascii_only else "…", Tone.HINT)


def _draw_axis(canvas: CellCanvas, frame: Frame, axis: ValueAxis | None, shown: bool, *, right: bool) -> None:
    """Draw one value axis with its labels; its unit is in the corner below."""
    if not shown:
        return
    layout = frame.layout
    x = layout.plot_x + layout.plot_width if right else layout.plot_x - 1
    rule, tick_char = ("|", "+") if frame.ascii_only else ("│", "├" if right else "┤")
    for y in range(layout.plot_height):
        canvas.put(x, y, rule, Tone.AXIS)
    if layout.axis_row is not None:
        corner = "+" if frame.ascii_only else ("┘" if right else "└")
        canvas.put(x, layout.axis_row, corner, Tone.AXIS)
    if axis is None:
        return
    taken = -2
    for tick in axis.ticks:
        y = axis.scale.row(tick.value, layout.plot_height * 4) // 4
        if y <= taken + (1 if layout.plot_height > 4 else 0):
            continue
        taken = y
        canvas.put(x, y, tick_char, Tone.AXIS)
        _draw_label(canvas, x, y, tick.label, right)
    if layout.axis_row is not None:
        _draw_label(canvas, x, layout.axis_row, axis.unit, right)


def _draw_label(canvas: CellCanvas, x: int, y: int, label: str, right: bool) -> None:
    canvas.put(x + 2 if right else x - 1 - len(label), y, label, Tone.LABEL)


def _draw_lines(canvas: CellCanvas, frame: Frame) -> None:
    """Draw the planned profile and the series, the first one on top, each with its number at its end."""
    layout = frame.layout
    raster = Raster(layout.plot_width, layout.plot_height, frame.ascii_only)
    if frame.left is not None and len(frame.planned):
        raster.dotted(frame.planned, frame.left.scale, frame.phase)
    for number, right, values in frame.forecasts:
        axis = frame.right if right else frame.left
        if axis is not None:
            raster.dotted(values, axis.scale, frame.phase, number, 253)
    drawn: list[tuple[ChartLine, list[Stroke | None]]] = []
    for rank, line in enumerate(frame.lines):
        axis = frame.right if line.right else frame.left
        if axis is not None:
            drawn.append((line, raster.line(line.lows, line.highs, axis.scale, line.number, rank)))
    raster.paste(canvas, layout.plot_x, 0)
    if frame.heat is not None:
        own = Tone.SERIES + frame.heat.number
        for y, step in enumerate(frame.heat.steps[: layout.plot_height]):
            for x in range(layout.plot_x, layout.plot_x + layout.plot_width):
                if canvas.tone(x, y) == own:
                    canvas.dye(x, y, Tone.HEAT + step)
    if len(drawn) > 1 and not frame.ascii_only:
        taken: set[tuple[int, int]] = set()
        for line, columns in drawn:
            _draw_number(canvas, frame, raster, line, columns, taken)


def _draw_number(
    canvas: CellCanvas,
    frame: Frame,
    raster: Raster,
    line: ChartLine,
    columns: list[Stroke | None],
    taken: set[tuple[int, int]],
) -> None:
    """Write the number of a series behind its newest value, beside those that are there already."""
    layout = frame.layout
    label, tone = str(line.number + 1), Tone.SERIES + line.number
    last = next((index for index in range(len(columns) - 1, -1, -1) if columns[index] is not None), None)
    if last is None:
        return
    stroke = columns[last]
    assert stroke is not None
    cell, row = last // raster.across + 1, (stroke[0] + stroke[1]) // 2 // raster.down
    if frame.heat is not None and frame.heat.number == line.number and row < len(frame.heat.steps):
        tone = Tone.HEAT + frame.heat.steps[row]
    for right, down in _BESIDE:
        place = (cell + right, row + down)
        inside = place[0] < layout.plot_width and 0 <= place[1] < layout.plot_height
        if inside and place not in taken and canvas.at(layout.plot_x + place[0], place[1]) == " ":
            taken.add(place)
            canvas.put(layout.plot_x + place[0], place[1], label, tone)
            break
    if not frame.inline:
        return
    every = 24
    first_cell = frame.phase // raster.across
    for cell in range(layout.plot_width):
        if (first_cell + cell) % every != line.number * 4:
            continue
        here = columns[cell * raster.across]
        if here is not None:
            canvas.put(layout.plot_x + cell, (here[0] + here[1]) // 2 // raster.down, label, tone)


def shade_signs(ascii_only: bool) -> tuple[str, str]:
    """Return the signs of a tolerance and of time that counts where no colour shades; quieter than a line."""
    return ("'", ":") if ascii_only else ("░", "▒")


def _draw_shades(canvas: CellCanvas, frame: Frame) -> None:
    """Shade the tolerance of holds, and the time that counts, behind what is drawn."""
    layout, axis = frame.layout, frame.left
    if axis is None:
        return
    bottom, top = axis.scale.low, axis.scale.high
    signs = shade_signs(frame.ascii_only)
    for shade in frame.shades:
        if not 0 <= shade.column < layout.plot_width:
            continue
        x = layout.plot_x + shade.column
        rows: range = range(0)
        if shade.low <= top and shade.high >= bottom:
            first, last = (
                axis.scale.row(value, layout.plot_height * 4) // 4 for value in (shade.high, shade.low)
            )
            rows = range(first, last + 1)
        for y in range(layout.plot_height) if shade.counted and not frame.fill else rows:
            tone = canvas.tone(x, y)
            if canvas.at(x, y) == " ":
                tone = Tone.BLANK
                if frame.fill:
                    canvas.put(x, y, signs[shade.counted], tone := Tone.AXIS)
            # Also behind what is drawn: a band may be one row, with the line in it.
            canvas.dye(x, y, tone | (Tone.BAND if y in rows else 0) | (Tone.COUNTED if shade.counted else 0))


def _draw_times(canvas: CellCanvas, frame: Frame) -> None:
    """Draw the time axis, its labels, and the marks upon it."""
    layout = frame.layout
    if layout.axis_row is None:
        return
    rule, tick_char = ("-", "+") if frame.ascii_only else ("─", "┬")
    canvas.put(layout.plot_x, layout.axis_row, rule * layout.plot_width, Tone.AXIS)
    free = 0
    for column, label in frame.times:
        if not 0 <= column < layout.plot_width:
            continue
        canvas.put(layout.plot_x + column, layout.axis_row, tick_char, Tone.AXIS)
        x = layout.plot_x + column - len(label) // 2
        if layout.label_row is not None and x >= free and x + len(label) <= layout.width:
            canvas.put(x, layout.label_row, label, Tone.LABEL)
            free = x + len(label) + 1
    for kind in reversed(_IMPORTANCE):
        glyph, plain, tone = MARKS[kind]
        for column, its_kind in frame.marks:
            if its_kind == kind and 0 <= column < layout.plot_width:
                canvas.put(
                    layout.plot_x + column, layout.axis_row, plain if frame.ascii_only else glyph, tone
                )


def _draw_cursor(canvas: CellCanvas, frame: Frame) -> None:
    """Draw the cursor through the free cells of its column."""
    layout = frame.layout
    if frame.cursor is None or not 0 <= frame.cursor < layout.plot_width:
        return
    x = layout.plot_x + frame.cursor
    for y in range(layout.plot_height):
        if canvas.at(x, y) == " ":
            canvas.put(x, y, "|" if frame.ascii_only else "│", Tone.CURSOR)
    if layout.axis_row is not None and canvas.at(x, layout.axis_row) in "─┬-+":
        canvas.put(x, layout.axis_row, "+" if frame.ascii_only else "┼", Tone.CURSOR)
