"""Turn a trend model into cells: window, bounds and layout. Without Textual."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from xovac_tui import plot
from xovac_tui.durations import format_duration, format_whole
from xovac_tui.plot.cells import CellCanvas, Picture, Tone, narrow
from xovac_tui.plot.chart import (
    MARKS,
    ChartLine,
    Frame,
    Heat,
    Layout,
    Shade,
    Text,
    ValueAxis,
    compose,
    lay_out,
    rows_for,
    write,
)
from xovac_tui.plot.raster import dots_per_cell
from xovac_tui.plot.scale import Scale, steady
from xovac_tui.plot.ticks import columns_of, even_cell, since_ticks, time_ticks, value_ticks
from xovac_tui.ui.widgets.trend_keys import KEYS
from xovac_tui.ui.widgets.trend_legend import legend, readout
from xovac_tui.ui.widgets.trend_model import WINDOWS, ZOOMS, TrendModel, TrendSeries, shown_unit, utc_clock
from xovac_tui.units import from_celsius, is_temperature, to_celsius, to_mbar
from xovac_tui.zones import occurs_twice

NAN = math.nan
_ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓", "-": "−"}
"""Keys with a sign that is shorter or clearer than their name."""
SHIFT_SECONDS = 20.0
"""Shortest time between two moves of the picture, which repaint every line."""
AHEAD = 0.3
"""Part of the picture that shows what is planned or foreseen."""
COLDEST, HOTTEST, STEPS = -40.0, 80.0, 16
"""degC of the coldest and the hottest of so many colours."""
LABEL_ROOM = 2
"""Free cells after the newest value."""
_LONGER = 1.1
"""Largest relative lengthening of cells with labels at least ten apart."""
_LEAST_BODY = 3
"""Rows below the rule, which goes first."""
CLOCK_SLACK = 1.0
"""Drift between the two clocks above which labels are moved, seconds."""


class Axes(msgspec.Struct, frozen=True):
    """The series on each axis; those of a third unit are on none."""

    left: tuple[TrendSeries, ...] = ()
    right: tuple[TrendSeries, ...] = ()
    none: tuple[TrendSeries, ...] = ()


class TimeCells(msgspec.Struct, frozen=True):
    """The cells of the time axis; `first` is the leftmost one's number, counted from the clock's origin."""

    first: int
    cell: float
    """Seconds per cell."""

    @property
    def start(self) -> float:
        """Monotonic time of the left edge."""
        return self.first * self.cell

    def column(self, mono: float) -> int:
        """Return the cell of a monotonic time in seconds, counted from the left edge."""
        return math.floor(mono / self.cell) - self.first


class View(msgspec.Struct):
    """The operator's view: window, cursor, and bounds so far."""

    window: float | None = 600.0
    cursor: float | None = None
    """Monotonic time under the cursor."""
    held: float | None = None
    """Monotonic time of the right edge when it shows the past; None: live."""
    ascii_only: bool = False
    inline: bool = False
    fill: bool = False
    """Shade with signs too, and draw no temperature in colours."""
    keys: Mapping[str, str] = KEYS
    """Key of each of `ACTIONS`, as printed."""
    span: TimeCells = TimeCells(0, 1.0)
    layout: Layout | None = None
    _model_window: float | None = 600.0
    _scales: dict[str, tuple[tuple[object, ...], Scale]] = {}
    _offset: float | None = None

    def take(self, model: TrendModel) -> None:
        """Apply the model's window if it differs from the previous model's."""
        if model.window != self._model_window:
            self._model_window = self.window = model.window
            self.held = None

    def seconds(self, model: TrendModel) -> float:
        """Return the window's length in seconds; for `all` the next round one that holds all data."""
        if self.window is not None:
            return self.window
        begins = [oldest for series in model.series if (oldest := series.history.oldest) is not None]
        needed = model.now_mono - min(begins, default=model.now_mono)
        needed += min(model.ahead, needed * AHEAD / (1 - AHEAD))
        if model.whole:
            return max(needed, 1.0)
        return next((zoom for zoom in ZOOMS[3:] if zoom >= needed), ZOOMS[-1])

    def live_span(self, model: TrendModel, width: int) -> TimeCells:
        """Return the cells of a window that ends now, with room for the series' numbers after the newest."""
        seconds = self.seconds(model)
        if model.whole and self.window is None:
            # The first value is at the left edge, and the series' numbers have room after the last one.
            cell = even_cell(seconds / max(1, width - LABEL_ROOM - 1), since=model.since)
            return TimeCells(math.floor((model.now_mono - seconds) / cell), cell)
        cell = even_cell(seconds / width, since=model.since)
        jump = max(1, min(math.ceil(SHIFT_SECONDS / cell), width // 10))
        last = (math.floor(model.now_mono / cell / jump) + 1) * jump
        # To the end of what is known of the future, which stands still: so does a picture that shows it.
        known = math.ceil((model.now_mono + model.ahead) / cell) - last
        room = min(max(LABEL_ROOM, known), max(LABEL_ROOM, int(width * AHEAD)))
        return TimeCells(last + room - width, cell)

    def _place(self, model: TrendModel, width: int) -> TimeCells:
        """Return the cells to show; the picture stops moving if it would leave the cursor behind."""
        live = self.live_span(model, width)
        if self.held is None and self.cursor is not None and live.column(self.cursor) < 0:
            self.held = self.cursor + live.cell * (width - 1)
        if self.held is None:
            return live
        first = math.floor(self.held / live.cell) + 1 - width
        if first >= live.first:
            self.held = None
            return live
        return TimeCells(first, live.cell)

    def placed(self, model: TrendModel) -> tuple[object, ...]:
        """Return the dots in which plan, holds and forecasts are drawn.

        A plan is placed anew with every message, by less than a dot mostly.
        """
        dot = self.span.cell / dots_per_cell(self.ascii_only)[0]
        return (
            [(round(mono / dot), celsius) for mono, celsius in model.planned or ()],
            [
                (round(one.start / dot), round(one.end / dot), one.target, one.tolerance, one.planned)
                for one in model.holds
            ],
            [
                (name, [(round(mono / dot), value) for mono, value in points])
                for name, points in model.forecasts
            ],
        )

    def move(self, model: TrendModel, cells: int) -> None:
        """Move the cursor by cells; at an edge, move the picture by a quarter of the window."""
        layout = self.layout
        if layout is None or not any(series.history.oldest is not None for series in model.series):
            return
        width, span = layout.plot_width, self._place(model, layout.plot_width)
        newest = max(series.history.last_time or 0.0 for series in model.series)
        here = newest if self.cursor is None else self.cursor
        if self.cursor is not None:
            here = (math.floor(here / span.cell) + cells + 0.5) * span.cell
        oldest = min(begin for series in model.series if (begin := series.history.oldest) is not None)
        self.cursor = min(max(here, oldest), newest)
        column = span.column(self.cursor)
        edge = (span.first + width - 1) * span.cell
        if column < 0:
            self.held = max(edge - span.cell * max(1, width // 4), oldest + span.cell * (width - 1))
            if span.first > math.floor(self.cursor / span.cell):
                self.held = min(self.held, self.cursor + span.cell * (width - 1))
        elif column >= width:
            self.held = max(edge, self.cursor) + span.cell * max(1, width // 4)

    def point(self, model: TrendModel, x: int) -> None:
        """Put the cursor on the cell `x` of the picture, if it is within the lines."""
        layout = self.layout
        begins = [begin for one in model.series if (begin := one.history.oldest) is not None]
        if layout is None or not begins or not 0 <= x - layout.plot_x < layout.plot_width:
            return
        span = self._place(model, layout.plot_width)
        newest = max(one.history.last_time or 0.0 for one in model.series)
        there = (span.first + x - layout.plot_x + 0.5) * span.cell
        self.cursor = min(max(there, min(begins)), newest)

    def jump(self, model: TrendModel, *, newest: bool) -> None:
        """Move the cursor to the oldest or newest value in the picture."""
        layout = self.layout
        if layout is None:
            return
        if newest:
            self.cursor = self.held = None
            self.move(model, 0)
        else:
            self.cursor = self._place(model, layout.plot_width).start + 1e-9
            self.move(model, 0)

    def pan(self, model: TrendModel, direction: int) -> None:
        """Move half a window back (-1) or forward (1) within the data; the newest end is live."""
        layout = self.layout
        begins = [begin for series in model.series if (begin := series.history.oldest) is not None]
        if layout is None or not begins:
            return
        width, seconds = layout.plot_width, self.seconds(model)
        span = self._place(model, width)
        edge = (span.first + width - 1) * span.cell + direction * seconds / 2
        self.held = max(edge, min(begins) + seconds / 2)
        if direction > 0:
            self._place(model, width)
        if self.cursor is not None:
            # The cursor moves along, or it would pull the picture back.
            self.cursor = self._place(model, width).start + seconds / 2
            self.move(model, 0)

    def walk(self, direction: int) -> None:
        """Choose the next (1) or previous (-1) of the named windows."""
        if self.window in WINDOWS:
            index = (WINDOWS.index(self.window) + direction) % len(WINDOWS)
        else:
            longer = [n for n, window in enumerate(WINDOWS) if window is None or window > (self.window or 0)]
            index = longer[0] if direction > 0 else max(longer[0] - 1, 0)
        self.window = WINDOWS[index]
        self.held = None

    def zoom(self, model: TrendModel, direction: int) -> None:
        """Choose the next shorter (1) or longer (-1) window, around the cursor if there is one."""
        now = self.seconds(model)
        if direction > 0:
            self.window = max((zoom for zoom in ZOOMS if zoom < now), default=ZOOMS[0])
        else:
            self.window = min((zoom for zoom in ZOOMS if zoom > now), default=ZOOMS[-1])
        self.held = None if self.cursor is None else self.cursor + self.window / 2

    def title(self, model: TrendModel) -> str:
        """Return the title: the window, and whether it shows the past."""
        if self.window is not None:
            name = format_whole(self.window)
        else:
            name = "all" if model.whole else f"all ({format_whole(self.seconds(model))})"
        dash = "-" if self.ascii_only else "—"
        back = (
            f" {dash} {self.keys['live']}: to its end"
            if model.whole
            else f" {dash} the past, {self.keys['live']}: back to now"
        )
        return f"{model.title} {name}{back if self.held is not None else ''}"

    def hints(self) -> str:
        """Return the hint for the frame at the keys that move the picture."""
        left, right, back, on, zoom_in, zoom_out, window = (
            self.keys[name] if self.ascii_only else _ARROWS.get(self.keys[name], self.keys[name])
            for name in (
                "cursor-left", "cursor-right", "pan-back", "pan-on", "zoom-in", "zoom-out", "window",
            )
        )  # fmt: skip
        between, slash = ("  ", "/") if self.ascii_only else ("   ", " ")
        shown = [f"{left}{slash}{right} cursor", f"{back} {on} pan", f"{zoom_in} {zoom_out} zoom"]
        return between.join([*shown, f"{window} window"])

    def picture(self, model: TrendModel, width: int, height: int) -> Picture:
        """Return the cells of the chart for a size in cells, with a rule above where there is room."""
        if height < _LEAST_BODY + 1:
            return self._body(model, width, height)[0]
        body, drawn = self._body(model, width, height - 1)
        canvas = CellCanvas(width, 1)
        canvas.put(0, 0, ("-" if self.ascii_only else "─") * width, Tone.RULE)
        title = narrow(self.title(model))
        words = self._words(model, drawn, width - len(title) - 6)
        title_tone = Tone.CURSOR if self.held is not None else Tone.TITLE
        head: tuple[Text, ...] = ((f" {title} ", title_tone),)
        if words:
            rule = "-" if self.ascii_only else "─"
            head += ((rule, Tone.RULE), (" ", Tone.BLANK), *words, (" ", Tone.BLANK))
        write(canvas, 1, 0, width - 1, head, self.ascii_only)
        used = 1 + sum(len(text) for text, _ in head)
        hints = self.hints()
        if self.cursor is None and used + len(hints) + 6 <= width:
            canvas.put(width - len(hints) - 3, 0, f" {hints} ", Tone.LABEL)
        return (*canvas.picture(), *body)

    def _body(self, model: TrendModel, width: int, height: int) -> tuple[Picture, Drawn]:
        """Return the cells below the rule, and what was drawn."""
        axes = assign(model.series)
        empty = all(series.history.oldest is None for series in model.series)
        rows = rows_for(height)[0]
        end = model.now_mono if self.held is None else self.held
        # A cell is a little longer than the window needs if labels would not have equal distances.
        seconds = self.seconds(model) * _LONGER
        start = end - seconds
        if self.held is None:
            end += min(model.ahead, AHEAD * seconds)
        planned = _on_axis(model.planned or (), axes.left)
        left = self._axis("left", axes.left, start, end, rows, _extent(planned, start, end))
        right = self._axis("right", axes.right, start, end, rows, [])
        layout = self.layout = lay_out(width, height, left, right)
        span = self.span = self._place(model, layout.plot_width)
        across = dots_per_cell(self.ascii_only)[0]
        columns = layout.plot_width * across
        stop = span.start + span.cell * layout.plot_width
        drawn: list[tuple[TrendSeries, ChartLine]] = []
        for series in model.series:
            if series not in axes.none:
                bins = series.history.window(span.start, stop, columns)
                drawn.append((series, ChartLine(bins.lows, bins.highs, series.slot, series in axes.right)))
        shades = self._shades(model, axes, drawn, across)
        heat = None if self.fill else _heat(model, axes, left, layout.plot_height)
        picture = compose(
            Frame(
                layout=layout,
                lines=tuple(line for _, line in drawn),
                left=left,
                right=right,
                planned=profile(planned, span.start, span.cell / across, columns) if planned else (),
                forecasts=tuple(self._forecasts(model, drawn, across, columns)),
                shades=shades,
                heat=heat,
                fill=self.fill or self.ascii_only,
                phase=span.first * across,
                times=self._times(model, span, layout.plot_width),
                marks=self._marks(model, span, layout.plot_width),
                cursor=None if self.cursor is None else span.column(self.cursor),
                notice="No data yet" if empty else "",
                ascii_only=self.ascii_only,
                inline=self.inline,
            )
        )
        return picture, Drawn(axes, tuple(drawn), across, shades, heat)

    def table(self, model: TrendModel) -> str:
        """Return lowest and highest values of each shown cell of time as CSV, in the units of the data."""
        layout, span = self.layout, self.span
        if layout is None:
            return ""
        stop = span.start + span.cell * layout.plot_width
        offset = model.now_utc - model.now_mono
        data = [one.of_the_data for one in model.series]
        names = [
            f"{one.label} [{unit}]" if unit else one.label
            for one, (_, unit) in zip(model.series, data, strict=True)
        ]
        ends = [f"{name} {end}" for name in names for end in ("min", "max")]
        rows = []
        bins = [curve.window(span.start, stop, layout.plot_width) for curve, _ in data]
        for column in range(layout.plot_width):
            mono = span.start + column * span.cell
            if not model.whole and mono > model.now_mono:
                break
            when = f"{mono:g}" if model.since else utc_clock(mono + offset).isoformat(timespec="milliseconds")
            values = [end[column] for one in bins for end in (one.lows, one.highs)]
            rows.append([when, *("" if value != value else f"{value:.9g}" for value in values)])
        return plot.table.csv_text(["seconds" if model.since else "time", *ends], rows)

    def _shades(
        self,
        model: TrendModel,
        axes: Axes,
        drawn: Sequence[tuple[TrendSeries, ChartLine]],
        across: int,
    ) -> tuple[Shade, ...]:
        """Return the cells of the holds in the window: their tolerance, and where their time counts.

        Time counts where every value of the controlled channel in the cell is within the tolerance, and every
        one of the pressure low enough.
        """
        span, layout = self.span, self.layout
        assert layout is not None
        controlled = next((both for both in drawn if both[0].name == model.controlled), None)
        if controlled is None or controlled[0] not in axes.left:
            return ()
        unit, line = controlled[0].unit, controlled[1]
        pressure = next((both for both in drawn if both[0].name == model.pressure), None)
        found = []
        for hold in model.holds:
            first, last = span.column(hold.start), span.column(hold.end)
            low, high = (from_celsius(hold.target + off, unit) for off in (-hold.tolerance, hold.tolerance))
            for column in range(max(0, first), min(layout.plot_width - 1, last) + 1):
                cells = range(column * across, (column + 1) * across)
                known = [n for n in cells if line.lows[n] == line.lows[n]]
                counted = (
                    not hold.planned
                    and bool(known)
                    and span.start + column * span.cell <= model.now_mono
                    and all(low <= line.lows[n] and line.highs[n] <= high for n in known)
                    and _is_low(hold.pressure, pressure, cells)
                )
                found.append(Shade(column, low, high, counted))
        return tuple(found)

    def _forecasts(
        self,
        model: TrendModel,
        drawn: Sequence[tuple[TrendSeries, ChartLine]],
        across: int,
        columns: int,
    ) -> Iterator[tuple[int, bool, Sequence[float]]]:
        """Yield what is foreseen of series that are drawn, per dot column."""
        span = self.span
        for name, points in model.forecasts:
            for series, line in drawn:
                if series.name == name and points:
                    logs = [
                        (at, math.log10(value) if series.log else value)
                        for at, value in points
                        if value > 0 or not series.log
                    ]
                    values = profile(logs, span.start, span.cell / across, columns)
                    if series.log:
                        values = [10.0**value if value == value else value for value in values]
                    yield line.number, line.right, values

    def _axis(
        self,
        side: str,
        series: Sequence[TrendSeries],
        start: float,
        end: float,
        rows: int,
        planned: Sequence[float],
    ) -> ValueAxis | None:
        """Return an axis with bounds around the values in the window; None without values."""
        if not series:
            return None
        log, unit = series[0].log, series[0].unit
        lows, highs = [*planned], [*planned]
        for one in series:
            bins = one.history.window(start, end + 1.0, 1)
            low, high = bins.lows[0], bins.highs[0]
            if low == low and (high > 0 or not log):
                lows.append(low if low > 0 or not log else high)
                highs.append(high)
        if not lows:
            return None
        low, high = min(lows), max(highs)
        key = (log, unit, rows, self.window)
        before_key, before = self._scales.get(side, (None, None))
        least = 2.0 if is_temperature(unit) else 0.02 * max(abs(low), abs(high))
        scale = steady(before if before_key == key else None, low, high, log=log, rows=rows, least=least)
        self._scales[side] = (key, scale)
        return ValueAxis(scale, value_ticks(scale, self.ascii_only), shown_unit(unit, self.ascii_only)[:9])

    def _times(self, model: TrendModel, span: TimeCells, width: int) -> tuple[tuple[int, str], ...]:
        """Return cells and labels of round clock times."""
        offset = model.now_utc - model.now_mono
        if self._offset is None or abs(offset - self._offset) > CLOCK_SLACK:
            self._offset = offset
        start = span.start + self._offset
        if model.since:
            return columns_of(
                since_ticks(span.start, span.start + span.cell * width, width), span.start, span.cell
            )
        ticks = time_ticks(start, start + span.cell * width, width, model.clock())
        return columns_of(ticks, start, span.cell)

    def _marks(self, model: TrendModel, span: TimeCells, width: int) -> tuple[tuple[int, str], ...]:
        """Return cells and kinds of the marks in the window."""
        placed = ((span.column(mark.mono), mark.kind) for mark in model.marks)
        return tuple(
            (column, kind if kind in MARKS else "note") for column, kind in placed if 0 <= column < width
        )

    def _words(self, model: TrendModel, shown: Drawn, width: int) -> tuple[Text, ...]:
        """Return the legend, or instead the values under the cursor."""
        layout, span = self.layout, self.span
        assert layout is not None
        if self.cursor is None:
            kinds = [kind for _, kind in self._marks(model, span, layout.plot_width)]
            tolerances = [hold.tolerance for hold in model.holds] if shown.shades else []
            return legend(
                shown.lines,
                shown.axes.none,
                planned=bool(model.planned),
                kinds=kinds,
                width=width,
                ascii_only=self.ascii_only,
                tolerance=model.units.tolerance_words(max(tolerances)) if tolerances else "",
                counted=any(shade.counted for shade in shown.shades),
                fill=self.fill or self.ascii_only,
                heat=shown.newest_heat,
            )
        column = span.column(self.cursor)
        here = [mark for mark in model.marks if span.column(mark.mono) == column]
        when = self._when(model, (span.first + column) * span.cell)
        return readout(shown.lines, column, shown.across, when, here, width, self.ascii_only, model.units)

    def _when(self, model: TrendModel, mono: float) -> str:
        """Return the time of day under the cursor, with the date if it is not today's."""
        if model.since:
            return f"after {format_duration(max(0.0, mono))}"
        clock = model.clock()
        when, now = clock(mono + (self._offset or 0.0)), clock(model.now_utc)
        form = "%H:%M:%S" if self.span.cell < 60 else "%H:%M"
        if not model.utc and occurs_twice(mono + (self._offset or 0.0)):
            form += " %Z"
        return when.strftime(form if when.date() == now.date() else f"%a %d {form}")


class Drawn(msgspec.Struct, frozen=True):
    """What a picture shows: its axes, lines and shades."""

    axes: Axes
    lines: tuple[tuple[TrendSeries, ChartLine], ...]
    across: int
    """Dot columns of a cell."""
    shades: tuple[Shade, ...] = ()
    heat: Heat | None = None

    @property
    def newest_heat(self) -> tuple[int, int] | None:
        """Number of the series whose colour says its temperature, and the tone of its newest value."""
        if self.heat is None:
            return None
        for series, line in self.lines:
            if series.slot == self.heat.number:
                newest = next((low for low in reversed(line.lows) if low == low), None)
                celsius = to_celsius(newest, series.unit) if newest is not None else None
                return None if celsius is None else (series.slot, Tone.HEAT + heat_step(celsius))
        return None


def heat_step(celsius: float) -> int:
    """Return the number of a temperature's colour, 0 (cold) to 15."""
    part = (celsius - COLDEST) / (HOTTEST - COLDEST)
    return min(STEPS - 1, max(0, int(part * STEPS)))


def _heat(model: TrendModel, axes: Axes, left: ValueAxis | None, rows: int) -> Heat | None:
    """Return the colours of the controlled line by the rows of the plot."""
    series = next((one for one in axes.left if one.name == model.controlled), None)
    if series is None or left is None or not is_temperature(series.unit) or rows < 1:
        return None
    low, high = left.scale.ends()
    steps = []
    for row in range(rows):
        celsius = to_celsius(high - (high - low) * (row + 0.5) / rows, series.unit)
        steps.append(heat_step(celsius if celsius is not None else 0.0))
    return Heat(series.slot, tuple(steps))


def _is_low(mbar: float | None, pressure: tuple[TrendSeries, ChartLine] | None, cells: Sequence[int]) -> bool:
    """Return whether the pressure was measured in these dot columns, at or below a limit in all of them."""
    if mbar is None:
        return True
    if pressure is None:
        return False
    highs = [pressure[1].highs[n] for n in cells if pressure[1].lows[n] == pressure[1].lows[n]]
    values = [to_mbar(high, pressure[0].unit) for high in highs]
    return bool(values) and all(value is not None and value <= mbar for value in values)


def assign(series: Sequence[TrendSeries]) -> Axes:
    """Return the axes: the first linear unit at the left, the first log or second linear one at the right."""
    linear = list(dict.fromkeys(one.unit for one in series if not one.log))
    logs = list(dict.fromkeys(one.unit for one in series if one.log))
    left = ("", False) if not linear else (linear[0], False)
    right = (logs[0], True) if logs else (linear[1], False) if len(linear) > 1 else ("", True)
    sides: dict[tuple[str, bool], list[TrendSeries]] = {left: [], right: []}
    none: list[TrendSeries] = []
    for one in series:
        sides.get((one.unit, one.log), none).append(one)
    return Axes(tuple(sides[left]), tuple(sides[right]), tuple(none))


def _on_axis(
    planned: Sequence[tuple[float, float]], series: Sequence[TrendSeries]
) -> Sequence[tuple[float, float]]:
    """Return a plan in degC converted to the unit of an axis; empty if that is not a temperature."""
    unit = series[0].unit if series else ""
    if unit and not is_temperature(unit):
        return ()
    return [(mono, from_celsius(celsius, unit)) for mono, celsius in planned]


def _extent(points: Sequence[tuple[float, float]], start: float, end: float) -> list[float]:
    """Return the planned values at the corners inside a window, and at its edges."""
    inside = [value for mono, value in points if start <= mono <= end]
    edges = [value for mono in (start, end) for value in profile(points, mono, 0.0, 1)] if points else []
    return [*inside, *(value for value in edges if value == value)]


def profile(points: Sequence[tuple[float, float]], start: float, seconds: float, columns: int) -> list[float]:
    """Return the planned values in the middle of each column; NaN before the first and after the last."""
    times = [point[0] for point in points]
    values = []
    for column in range(columns):
        mono = start + (column + 0.5) * seconds
        index = bisect_right(times, mono)
        if index == 0 or mono > times[-1]:
            values.append(NAN)
            continue
        (before, low), (after, high) = points[index - 1], points[min(index, len(points) - 1)]
        part = (mono - before) / (after - before) if after > before else 0.0
        values.append(low + (high - low) * part)
    return values
