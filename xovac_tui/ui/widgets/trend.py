"""The trend chart: a widget that repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from xovac_tui.plot.cells import SHADES, CellRow, Picture, Tone, changes
from xovac_tui.ui.action import bindings
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.heat import heat_style
from xovac_tui.ui.widgets.lines import SizedWidget, styled
from xovac_tui.ui.widgets.trend_keys import ACTIONS, KEYS
from xovac_tui.ui.widgets.trend_model import TrendModel
from xovac_tui.ui.widgets.trend_view import TimeCells, View

COLOURS = 8
"""Number of series colours in a theme."""
_STYLES = {
    Tone.AXIS: "$axis",
    Tone.LABEL: "$foreground-muted",
    Tone.HINT: "italic $foreground-muted",
    Tone.CURSOR: "bold $cursor",
    Tone.PLANNED: "$planned",
    Tone.NOTE: "bold $mark",
    Tone.LOST: "bold $error",
    Tone.STEP: "$foreground",
    Tone.COMMAND: "$mark",
    Tone.ALARM: "bold $alarm-critical",
    Tone.TITLE: "$foreground",
}
_SLOWEST = 3.0
"""Seconds between updates of a chart with dots that are minutes wide."""
_EDGE = 26
"""Least width in cells of the right end's own widget, if the chart is at least twice as wide."""
_BEFORE, _STEP = 20, 16
"""Cells before the newest value from which on the right end is; its width is a multiple of the other."""
_GROUNDS = {
    Tone.BAND: ("$planned", 0.22),
    Tone.COUNTED: ("$good", 0.10),
    Tone.BAND | Tone.COUNTED: ("$good", 0.30),
}
"""Colour of a shade, and how much of it is laid over the background."""


class TrendEdge(Widget):
    """The right end of a chart, with the newest values.

    Textual sends a changed line from the left end of its widget: this widget begins near the change.
    """

    DEFAULT_CSS = f"TrendEdge {{ dock: right; width: {_EDGE}; height: 1fr; }}"

    def __init__(self, chart: TrendChart) -> None:
        super().__init__()
        self._chart = chart

    def render_line(self, y: int) -> Strip:
        """Return the right end of the chart's line."""
        return self._chart.cells(y, self._chart.size.width - self.size.width, self.size.width)


class TrendChart(SizedWidget, can_focus=True):
    """Lines of several channels over time; temperatures at the left, a log axis at the right."""

    DEFAULT_CSS = """
    TrendChart {
        height: 1fr;
        min-height: 4;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ACTIONS),
        Binding("home", "end(False)", "Cursor to the oldest", show=False),
        Binding("end", "end(True)", "Cursor to the newest", show=False),
    ]

    class WindowChanged(Message):
        """The operator chose another window; `seconds` is None for all."""

        def __init__(self, chart: TrendChart, seconds: float | None) -> None:
            super().__init__()
            self.chart = chart
            self.seconds = seconds

        @property
        def control(self) -> TrendChart:
            """The chart that sent it."""
            return self.chart

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        keys: Mapping[str, str] | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.view = View(ascii_only=ascii_only, keys=KEYS if keys is None else keys)
        self.model: TrendModel | None = None
        self.picture: Picture = ()
        """The drawn cells, one row a line."""
        self._styles_of_tones: dict[int, Style] = {}
        self._drawn_key: tuple[object, ...] = ()
        self._drawn_at = 0.0
        self._edge: TrendEdge | None = None
        self._edge_width = 0
        self.set_class(ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Build the right end."""
        self._edge = TrendEdge(self)
        self._edge.display = False
        yield self._edge

    def show(self, model: TrendModel) -> None:
        """Show the newest model; repaint only the cells that change."""
        self.model = model
        self.view.take(model)
        if not self.display or not self.is_mounted or not self.size:
            return
        layout, span = self.view.layout, self.view.span
        if layout is not None and self._key(model) == self._drawn_key:
            pace = min(max(span.cell / 4, 0.9), _SLOWEST)
            if 0 <= model.now_mono - self._drawn_at < pace:
                return
        self._draw()

    def forget(self) -> None:
        """Show the next model from scratch: own bounds, full window, no cursor."""
        self.view = View(ascii_only=self.view.ascii_only, keys=self.view.keys)

    def _key(self, model: TrendModel) -> tuple[object, ...]:
        """Return everything that can change cells other than the newest."""
        view = self.view
        live: TimeCells | None = (
            None if view.layout is None else view.live_span(model, view.layout.plot_width)
        )
        return (
            self.size,
            live,
            view.cursor,
            view.held,
            model.marks,
            view.placed(model),
            model.title,
            model.utc,
            *((one.name, one.label, one.slot, one.unit, one.log) for one in model.series),
            *(one.history.last_time is None for one in model.series),
            # A thread reads the past, so older values may have arrived.
            *(getattr(one.history, "version", 0) for one in model.series),
        )

    def _draw(self) -> None:
        """Draw the picture again, and refresh the cells that differ from the screen."""
        model, size = self.model, self.size
        if model is None or not size:
            return
        self.view.inline = self.app.no_color
        self.view.fill = self.app.no_color or self.app.current_theme.ansi
        picture = self.view.picture(model, size.width, size.height)
        self._drawn_key = self._key(model)
        self._drawn_at = model.now_mono
        before, self.picture = self.picture, picture
        moved = self._place_edge(model, size.width)
        if moved or len(before) != len(picture) or (before and len(before[0].text) != size.width):
            self.refresh()
            if self._edge is not None:
                self._edge.refresh()
            return
        border = size.width - self._edge_width
        ours, edges = [], []
        for y, start, end in changes(before, picture):
            if start < border:
                ours.append(Region(start, y, min(end, border) - start, 1))
            if end > border:
                edges.append(Region(max(start, border) - border, y, end - max(start, border), 1))
        if ours:
            self.refresh(*ours)
        if edges and self._edge is not None:
            self._edge.refresh(*edges)

    def _place_edge(self, model: TrendModel, width: int) -> bool:
        """Let the right end begin a little before the newest value; return whether it has moved."""
        layout = self.view.layout
        if self._edge is None or layout is None:
            return False
        wanted = 0
        if width >= 2 * _EDGE:
            newest = layout.plot_x + self.view.live_span(model, layout.plot_width).column(model.now_mono)
            wanted = max(_EDGE, -(-(width - newest + _BEFORE) // _STEP) * _STEP)
            wanted = wanted if wanted < width else 0
        # Each move repaints everything: a little too wide costs less.
        if wanted == self._edge_width or 0 < wanted <= self._edge_width <= wanted + 2 * _STEP:
            return False
        self._edge_width = wanted
        self._edge.display = wanted > 0
        self._edge.styles.width = max(1, wanted)
        return True

    @property
    def head(self) -> str:
        """The rule above the picture, as text."""
        return self.picture[0].text if self.picture else ""

    def watch_has_focus(self, value: bool) -> None:
        """Show in the rule whether keys go to the chart."""
        super().watch_has_focus(value)
        self._styles_of_tones.pop(Tone.RULE, None)
        if self.size:
            self.refresh(Region(0, 0, self.size.width, 1))
            if self._edge is not None:
                self._edge.refresh(Region(0, 0, max(1, self._edge_width), 1))

    def render_line(self, y: int) -> Strip:
        """Return one line of cells."""
        return self.cells(y, 0, self.size.width)

    def cells(self, y: int, x: int, width: int) -> Strip:
        """Return `count` cells of a line from `x` on."""
        if y >= len(self.picture) or len(self.picture[y].text) != self.size.width:
            return Strip.blank(width, self.rich_style)
        text, tones = self.picture[y]
        return Strip(self._segments(CellRow(text[x : x + width], tones[x : x + width])), width)

    def _segments(self, row: CellRow) -> list[Segment]:
        """Return the runs of one tone; blank cells join the run before them."""
        text, tones = row
        segments = []
        start, tone = 0, Tone.BLANK.value
        for x, own in enumerate(tones):
            if own != tone and (text[x] != " " or (own ^ tone) & SHADES):
                if x > start:
                    segments.append(Segment(text[start:x], self._style(tone)))
                start, tone = x, own
        segments.append(Segment(text[start:], self._style(tone)))
        return segments

    def _style(self, tone: int) -> Style:
        """Return the theme's style for a tone."""
        style = self._styles_of_tones.get(tone)
        if style is None:
            bare, shade = tone & ~SHADES, tone & SHADES
            if bare == Tone.BLANK:
                style = self.rich_style
            elif bare == Tone.RULE:
                style = styled(self, "$border" if self.has_focus else "$border-blurred")
            elif bare >= Tone.HEAT:
                style = styled(self, heat_style(bare - Tone.HEAT, self.app.theme_variables))
            elif bare >= Tone.SERIES:
                style = styled(self, f"$series-{(bare - Tone.SERIES) % COLOURS + 1}")
            else:
                style = styled(self, _STYLES[Tone(bare)])
            if shade:
                style += self._ground(shade, bare)
            self._styles_of_tones[tone] = style
        return style

    def _ground(self, shade: int, bare: int) -> Style:
        """Return what a shade adds to a cell of a bare tone: a background, where colours can be mixed.

        The terminal's own colours cannot: there lines in the shade are underlined between its signs.
        """
        if self.app.current_theme.ansi:
            return Style(underline=bare not in (Tone.BLANK, Tone.AXIS))
        colour, part = _GROUNDS[shade]
        over = Color.parse(self.app.theme_variables[colour[1:]])
        return Style(bgcolor=self.background_colors[1].blend(over, part).rich_color)

    def notify_style_update(self) -> None:
        """Drop the cached colours of the previous theme."""
        super().notify_style_update()
        self._styles_of_tones.clear()

    @property
    def is_away(self) -> bool:
        """A cursor is shown, or the past."""
        return self.view.cursor is not None or self.view.held is not None

    def copied(self) -> Copied | None:
        """Return what the picture shows as CSV, in the units of the data."""
        if self.model is None or self.view.layout is None:
            return None
        return Copied(self.model.title, self.view.table(self.model), ".csv")

    def draw(self) -> None:
        """Draw for the new size."""
        self._draw()

    def on_show(self) -> None:
        """Draw the model that arrived while hidden."""
        self._draw()

    def action_walk(self, direction: int) -> None:
        """Choose the next or previous window."""
        self.view.walk(direction)
        self._window_changed()

    def action_zoom(self, direction: int) -> None:
        """Choose a shorter (1) or longer (-1) window."""
        if self.model is not None:
            self.view.zoom(self.model, direction)
            self._window_changed()

    def _window_changed(self) -> None:
        self._draw()
        self.post_message(self.WindowChanged(self, self.view.window))

    def action_cursor(self, cells: int) -> None:
        """Move the cursor, or show it at the newest value."""
        if self.model is not None:
            self.view.move(self.model, cells)
            self._draw()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the pointer."""
        if self.model is not None:
            self.view.point(self.model, event.screen_x - self.content_region.x)
            self._draw()

    def action_pan(self, direction: int) -> None:
        """Move half a window back or forward in time."""
        if self.model is not None:
            self.view.pan(self.model, direction)
            self._draw()

    def action_end(self, newest: bool) -> None:
        """Move the cursor to the oldest or newest value in the picture."""
        if self.model is not None:
            self.view.jump(self.model, newest=newest)
            self._draw()

    def action_live(self) -> None:
        """Remove the cursor and return to now; without either, leave escape to others."""
        if self.view.cursor is None and self.view.held is None:
            raise SkipAction
        self.view.cursor = self.view.held = None
        self._draw()
