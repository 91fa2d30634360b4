"""The planned profile of a recipe: temperature over the time since its start."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise

from textual import events
from textual.message import Message

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import spell_shortly
from xovac_tui.plot.cells import Tone
from xovac_tui.plot.chart import ChartLine, Frame, ValueAxis, compose, lay_out, rows_for
from xovac_tui.plot.raster import dots_per_cell
from xovac_tui.plot.scale import steady
from xovac_tui.plot.ticks import columns_of, even_cell, since_ticks, value_ticks
from xovac_tui.recipes.plan import Plan, Segment
from xovac_tui.recipes.spans import RepeatSpan, repeat_spans
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import Line as Cells
from xovac_tui.ui.widgets.lines import LinesWidget, entitle

_LEAST_SPAN = 5.0
"""Smallest span of the temperature axis, K, so that small changes look small."""


class ProfileChart(LinesWidget, can_focus=True):
    """Draws a plan; it changes only with the recipe, and with the step that is chosen."""

    class Clicked(Message):
        """A segment of the plan was clicked."""

        def __init__(self, number: int, segment: Segment) -> None:
            super().__init__()
            self.number = number
            self.segment = segment

    DEFAULT_CSS = """
    ProfileChart {
        height: 1fr; width: 1fr; border: round $border-blurred; border-title-color: $foreground;
        border-subtitle-color: $foreground-muted;
        &:focus { border: round $border; }
    }
    """

    def __init__(self, *, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Planned profile"
        self._glyphs = glyphs
        self._plan: Plan | None = None
        self._units = AS_REPORTED
        self._spans: tuple[RepeatSpan, ...] = ()
        self._bright: Collection[int] = ()

    def show(
        self,
        plan: Plan | None,
        units: DisplayUnits = AS_REPORTED,
        *,
        bright: Collection[int] = (),
        speed: float = 1.0,
    ) -> None:
        """Draw a plan; None: show that there is none. `bright` has the numbers of segments that stand out."""
        if plan is not self._plan:
            self._spans = repeat_spans(plan.segments) if plan is not None else ()
        self._plan, self._units, self._bright = plan, units, bright
        entitle(self, below=duration_words(plan, speed, self._glyphs))
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Choose the step at the time that was clicked."""
        place = event.get_content_offset(self)
        if place is None or self._plan is None:
            return
        width, height = self.size
        number = segment_at(
            self._plan, place.x, width, height - bracket_rows(self._spans, height), self._glyphs, self._units
        )
        if number is not None:
            self.post_message(self.Clicked(number, self._plan.segments[number]))

    def copied(self) -> Copied | None:
        """Return the corners of the profile, in the recipe's own units."""
        if self._plan is None:
            return None
        rows = [f"{seconds:.10g},{celsius:.10g}" for seconds, celsius in self._plan.points()]
        return Copied("profile", "\n".join(["seconds,degC", *rows, ""]), ".csv")

    def on_resize(self) -> None:
        """Fill the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size.width, self.size.height
        if not width or not height:
            return
        if self._plan is None:
            self.show_lines([((" There is no profile to draw.", "$foreground-muted"),), *[()] * (height - 1)])
            return
        plain = self.app.no_color or self.app.current_theme.ansi
        self.show_lines(
            profile_lines(
                self._plan,
                self._spans,
                width,
                height,
                glyphs=self._glyphs,
                units=self._units,
                bright=self._bright,
                plain=plain,
            )
        )


def duration_words(plan: Plan | None, speed: float, glyphs: Glyphs) -> str:
    """Return how long a plan takes, and how long a simulator that runs faster takes for it."""
    if plan is None:
        return ""
    about = "about " if plan.estimated else ""
    real = f"{about}{spell_shortly(plan.total)}"
    return real if speed == 1 else f"{real}, simulated in {spell_shortly(plan.total / speed)}"


class ProfileCells:
    """The cells of a profile: what the chart draws, with holds, plateaus and repeats upon it."""

    def __init__(self, plan: Plan, width: int, height: int, *, ascii_only: bool, units: DisplayUnits) -> None:
        rows = rows_for(height)[0]
        low, high = (units.value(celsius, "degC") for celsius in (plan.minimum, plan.maximum))
        least = units.change(_LEAST_SPAN, "degC")
        self.scale = steady(None, low, high, log=False, rows=rows, least=least)
        name = units.unit("degC")
        axis = ValueAxis(
            self.scale, value_ticks(self.scale, ascii_only), name.lstrip("°") if ascii_only else name
        )
        self.layout = lay_out(width, height, axis, None)
        across = dots_per_cell(ascii_only)[0]
        wide = self.layout.plot_width
        self.cell = even_cell(plan.total / wide, since=True) if plan.total > 0 else 0.0
        """Seconds of a cell."""
        points = [(t, units.value(celsius, "degC")) for t, celsius in plan.points()]
        lows, highs = columns(points, self.cell * wide, wide * across)
        picture = compose(
            Frame(
                layout=self.layout,
                lines=(ChartLine(lows, highs, 0),),
                left=axis,
                times=time_labels(self.cell, wide),
                ascii_only=ascii_only,
            )
        )
        self.text = [list(row.text) for row in picture]
        self.styles = [[_style_of(tone) for tone in row.tones] for row in picture]
        self.grounds = [[""] * len(row.text) for row in picture]

    def columns_of(self, start: float, end: float) -> range:
        """Return the columns of the picture that more than half belong to a span in seconds."""
        if not self.cell:
            return range(0)
        x, most = self.layout.plot_x, self.layout.plot_width
        first, last = round(start / self.cell), round(end / self.cell)
        return range(x + min(first, most), x + min(last, most))

    def row_of(self, value: float) -> int:
        """Return the row in which a value is drawn."""
        return self.scale.row(value, self.layout.plot_height * 4) // 4

    def free(self, y: int, x: int, length: int) -> bool:
        """Return whether nothing is drawn in these cells, which must be in the plot."""
        left, right = self.layout.plot_x, self.layout.plot_x + self.layout.plot_width
        inside = 0 <= y < self.layout.plot_height and left <= x and x + length <= right
        return inside and all(one in _EMPTY for one in self.text[y][x : x + length])

    def put(self, y: int, x: int, text: str, style: str) -> None:
        """Write a text that fits."""
        self.text[y][x : x + len(text)] = text
        self.styles[y][x : x + len(text)] = [style] * len(text)

    def lines(self) -> list[Cells]:
        """Return the cells as lines of spans."""
        return [
            _spans(
                "".join(text), [" ".join(filter(None, pair)) for pair in zip(styles, grounds, strict=True)]
            )
            for text, styles, grounds in zip(self.text, self.styles, self.grounds, strict=True)
        ]


def profile_lines(
    plan: Plan,
    spans: Sequence[RepeatSpan],
    width: int,
    height: int,
    *,
    glyphs: Glyphs,
    units: DisplayUnits = AS_REPORTED,
    bright: Collection[int] = (),
    plain: bool = False,
) -> list[Cells]:
    """Return the chart for a size in cells: holds shaded, plateaus labelled, repeats in brackets above.

    `bright` has the numbers of segments that stand out; `plain` is for screens whose background has no
    colours.
    """
    rows = bracket_rows(spans, height)
    cells = ProfileCells(plan, width, height - rows, ascii_only=glyphs.ascii, units=units)
    _shade(cells, plan, units, bright, glyphs, signs=plain or glyphs.ascii)
    _brighten(cells, plan, bright, glyphs)
    _label(cells, plan, units, glyphs)
    return [*_brackets(cells, plan, spans, rows, width, glyphs), *cells.lines()]


def segment_at(
    plan: Plan, x: int, width: int, height: int, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED
) -> int | None:
    """Return the number of the segment that is drawn at a column of the chart, None where there is none."""
    cells = ProfileCells(plan, width, height, ascii_only=glyphs.ascii, units=units)
    column = x - cells.layout.plot_x
    if not 0 <= column < cells.layout.plot_width or not cells.cell:
        return None
    at = (column + 0.5) * cells.cell
    return next((n for n, one in enumerate(plan.segments) if one.start <= at < one.end), None)


def bracket_rows(spans: Sequence[RepeatSpan], height: int) -> int:
    """Return how many rows above the chart are for brackets: one a depth, as far as there is room."""
    deep = 1 + max((span.depth for span in spans), default=-1)
    return min(deep, max(0, (height - _LEAST_PLOT) // 3))


def _shade(
    cells: ProfileCells,
    plan: Plan,
    units: DisplayUnits,
    bright: Collection[int],
    glyphs: Glyphs,
    *,
    signs: bool,
) -> None:
    """Shade what is below the plateaus."""
    for number, segment in enumerate(plan.segments):
        if segment.kind != "hold":
            continue
        top = cells.row_of(units.value(segment.to_temp, "degC"))
        for x in cells.columns_of(segment.start, segment.end):
            for y in range(top, cells.layout.plot_height):
                if not signs:
                    cells.grounds[y][x] = _CHOSEN_GROUND if number in bright else _GROUND
                elif y > top and cells.text[y][x] == " ":
                    chosen = number in bright
                    cells.put(y, x, glyphs.shade_chosen if chosen else glyphs.shade, "$axis")


def _brighten(cells: ProfileCells, plan: Plan, bright: Collection[int], glyphs: Glyphs) -> None:
    """Draw the chosen segments in their own colour, and a heavy rule on the time axis below them."""
    left, most = cells.layout.plot_x, cells.layout.plot_width
    for number in bright:
        if number >= len(plan.segments):
            continue
        segment = plan.segments[number]
        columns_here = cells.columns_of(segment.start, segment.end)
        if not columns_here and cells.cell and segment.duration > 0:
            # However short the step, it is seen.
            first = min(most - 1, int(segment.start / cells.cell))
            columns_here = range(left + first, left + first + 1)
        for x in columns_here:
            for y in range(cells.layout.plot_height):
                if cells.text[y][x] not in _EMPTY:
                    cells.styles[y][x] = _BRIGHT
            if (row := cells.layout.axis_row) is not None:
                cells.put(row, x, glyphs.heavy_rule, _BRIGHT)


def _label(cells: ProfileCells, plan: Plan, units: DisplayUnits, glyphs: Glyphs) -> None:
    """Write temperature and duration at the plateaus, as far as there is room; the longest first."""
    holds = [segment for segment in plan.segments if segment.kind == "hold"]
    # A cell is the least that a label takes, so no more of them can be shown.
    for segment in sorted(holds, key=lambda hold: -hold.duration)[: cells.layout.plot_width]:
        span = cells.columns_of(segment.start, segment.end)
        at = cells.row_of(units.value(segment.to_temp, "degC"))
        temperature = glyphs.plain(units.temperature_words(segment.to_temp))
        whole = f"{temperature} {spell_shortly(segment.duration)}"
        for text in (whole, temperature):
            x = span.start + (len(span) - len(text)) // 2
            x = min(x, cells.layout.plot_x + cells.layout.plot_width - len(text))
            rows = (at + 1, at - 1) if len(text) <= len(span) else (at - 1, at + 1)
            fitting = len(text) <= len(span) + _OVERHANG
            y = next((y for y in rows if fitting and cells.free(y, x - 1, len(text) + 2)), None)
            if y is not None:
                cells.put(y, x, text, "$foreground")
                break


def _brackets(
    cells: ProfileCells, plan: Plan, spans: Sequence[RepeatSpan], rows: int, width: int, glyphs: Glyphs
) -> list[Cells]:
    """Return the rows above the chart with a bracket for each repeat, and how often it repeats."""
    made = [[" "] * width for _ in range(rows)]
    for span in spans:
        if span.depth >= rows:
            continue
        over = cells.columns_of(plan.segments[span.first].start, plan.segments[span.last].end)
        row = made[span.depth]
        if len(over) < 2:
            continue
        row[over.start : over.stop] = bracket(
            len(over), glyphs.plain(f"×{span.rounds}") if span.rounds else "", glyphs
        )
    return [(("".join(row), "$foreground-muted"),) for row in made]


def bracket(width: int, text: str, glyphs: Glyphs) -> str:
    """Return a bracket that is open below, with a text in it where that has room: `╭── ×4 ──╮`."""
    inner = f" {text} " if text and len(text) + 4 <= width else text if len(text) + 2 <= width else ""
    left, rule, right = glyphs.bracket
    return left + inner.center(width - 2, rule) + right


def columns(
    points: Sequence[tuple[float, float]], total: float, count: int
) -> tuple[list[float], list[float]]:
    """Return lowest and highest planned value of each column over `total` seconds; NaN after the end."""
    lows, highs = [math.inf] * count, [-math.inf] * count
    if not count or not points:
        return lows, highs
    wide = total / count if total > 0 else 0.0

    def put(column: int, value: float) -> None:
        lows[column] = min(lows[column], value)
        highs[column] = max(highs[column], value)

    def place(t: float) -> int:
        return min(count - 1, max(0, int(t / wide))) if wide else 0

    put(0, points[0][1])
    for (before, low), (after, high) in pairwise(points):
        first, last = place(before), place(after)
        put(first, low)
        put(last, high)
        for column in range(first + 1, last + 1):
            # The point between two columns belongs to both.
            value = low + (high - low) * min(1.0, (column * wide - before) / (after - before))
            put(column - 1, value)
            put(column, value)
    end = place(points[-1][0])
    for column in range(count):
        if column > end:
            lows[column] = highs[column] = math.nan
        elif lows[column] is math.inf:
            lows[column], highs[column] = lows[column - 1], highs[column - 1]
    return lows, highs


def time_labels(cell: float, cells: int) -> tuple[tuple[int, str], ...]:
    """Return cells and labels of round times since the start, for the duration of a cell in seconds."""
    if cell <= 0 or cells < 1:
        return ()
    return columns_of(since_ticks(0.0, cell * cells, cells), 0.0, cell)


_STYLES = {Tone.AXIS: "$axis", Tone.LABEL: "$foreground-muted"}
_GROUND = "on $series-1 20%"
_CHOSEN_GROUND = "on $series-1 45%"
_BRIGHT = "bold $foreground"
_EMPTY = " ░▒:="
"""Cells in which no line is drawn."""
_LEAST_PLOT = 6
"""Rows that the chart keeps before there are brackets above it."""
_OVERHANG = 4
"""Cells by which a label may be longer than its plateau."""


def _style_of(tone: int) -> str:
    return "$series-1" if tone >= Tone.SERIES else _STYLES.get(Tone(tone), "")


def _spans(text: str, styles: Sequence[str]) -> Cells:
    spans = []
    start = 0
    for x in range(1, len(text) + 1):
        if x == len(text) or styles[x] != styles[start]:
            spans.append((text[start:x], styles[start]))
            start = x
    return tuple(spans)
