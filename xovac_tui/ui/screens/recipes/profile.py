"""The planned profile of a recipe: temperature over the time since its start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.plot.cells import Picture, Tone
from xovac_tui.plot.chart import ChartLine, Frame, ValueAxis, compose, lay_out, rows_for
from xovac_tui.plot.raster import dots_per_cell
from xovac_tui.plot.scale import steady
from xovac_tui.plot.ticks import columns_of, even_cell, since_ticks, value_ticks
from xovac_tui.recipes.plan import Plan
from xovac_tui.ui.widgets.lines import Line as Cells
from xovac_tui.ui.widgets.lines import LinesWidget

_LEAST_SPAN = 5.0
"""Smallest span of the temperature axis, K, so that small changes look small."""


class ProfileChart(LinesWidget):
    """Draws a plan; it changes only with the recipe."""

    DEFAULT_CSS = """
    ProfileChart {
        height: 1fr; width: 1fr; border: round $border-blurred; border-title-color: $foreground;
    }
    .-ascii ProfileChart { border: ascii $border-blurred; }
    """

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Planned profile"
        self._ascii = ascii_only
        self._plan: Plan | None = None
        self._units = AS_REPORTED

    def show(self, plan: Plan | None, units: DisplayUnits = AS_REPORTED) -> None:
        """Draw a plan; None: show that there is none."""
        self._plan, self._units = plan, units
        self._draw()

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
        picture = profile_picture(self._plan, width, height, ascii_only=self._ascii, units=self._units)
        self.show_lines(_cells(picture))


def profile_picture(
    plan: Plan, width: int, height: int, *, ascii_only: bool, units: DisplayUnits = AS_REPORTED
) -> Picture:
    """Return the cells of the chart for a size in cells."""
    rows = rows_for(height)[0]
    low, high = (units.value(celsius, "degC") for celsius in (plan.minimum, plan.maximum))
    least = units.change(_LEAST_SPAN, "degC")
    scale = steady(None, low, high, log=False, rows=rows, least=least)
    name = units.unit("degC")
    axis = ValueAxis(scale, value_ticks(scale, ascii_only), name.lstrip("°") if ascii_only else name)
    layout = lay_out(width, height, axis, None)
    across = dots_per_cell(ascii_only)[0]
    cell = even_cell(plan.total / layout.plot_width, since=True) if plan.total > 0 else 0.0
    points = [(t, units.value(celsius, "degC")) for t, celsius in plan.points()]
    lows, highs = columns(points, cell * layout.plot_width, layout.plot_width * across)
    return compose(
        Frame(
            layout=layout,
            lines=(ChartLine(lows, highs, 0),),
            left=axis,
            times=time_labels(cell, layout.plot_width),
            ascii_only=ascii_only,
        )
    )


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


def _cells(picture: Picture) -> list[Cells]:
    lines: list[Cells] = []
    for text, tones in picture:
        spans = []
        start = 0
        for x in range(1, len(text) + 1):
            if x == len(text) or tones[x] != tones[start]:
                tone = tones[start]
                style = "$series-1" if tone >= Tone.SERIES else _STYLES.get(Tone(tone), "")
                spans.append((text[start:x], style))
                start = x
        lines.append(tuple(spans))
    return lines
