"""The Insight tab, in place of Status: stability, course of the pressure, and advice."""

from __future__ import annotations

import math

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size

from xovac_tui.analysis.advice import LABEL
from xovac_tui.analysis.insight import InsightView, Judged
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.text import clean
from xovac_tui.ui.screens.channel_pane import ChannelPane
from xovac_tui.ui.screens.insight import ACTIONS
from xovac_tui.ui.screens.insight.lines import (
    InsightRow,
    advice_lines,
    channel_lines,
    marked,
    pressure_lines,
    rows_of,
    table_head,
    table_line,
    table_notes,
)
from xovac_tui.ui.sizes import SizeStep
from xovac_tui.ui.widgets.band_words import BandAhead, band_ahead, band_courses, band_words
from xovac_tui.ui.widgets.lines import Line, RunFacts, entitle
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.trend import TrendChart
from xovac_tui.ui.widgets.trend_model import TrendModel, TrendSeries, shown_series
from xovac_tui.units import HOUR, unit_of

_WINDOW = HOUR
_LEAST_CHART = 7
"""Rows of the pressure at least, frame included."""
_LEAST_FACTS = 3
"""Rows of its facts at least, where there is no chart."""
_FORESEEN_EVERY = 10.0
"""Seconds for which a drawn forecast stays where it is."""


class InsightPane(ChannelPane):
    """Stability, the pressure with its forecast, and advice, in panels that do not jump."""

    HELP = (
        "Up and down choose a row; chart and facts below are of its channel, and {edit-channel} names it.\n"
        "Stable: each channel by each criterion of the settings ([stability]). The change per hour is a "
        "straight line through the criterion's window, with its uncertainty (about 95 %); the bar shows for "
        "how long it has been stable of how long it must be. ±2 K in 10 min: all values of 10 min lie in a "
        "band of 4 K. A steady ramp of 23.8 K/h meets it, so ask for a rate where the rate matters. Resets "
        "count how often stability was lost again. The forecast takes the temperature to go on as an "
        "exponential approach; it is not foreseen where it does not slow down.\n"
        "Pressure: when it will be down to the next round values, by how it fell of late; the chart draws "
        "that dotted. With the pump off: rate of rise, and the most that can be a leak, if the profile gives "
        "the volume.\n"
        "Advisory only: nothing here interlocks or acts on the chamber. The advice's figures are "
        "assumed until the settings change them ([advice]). Tab goes to the chart, with the trend keys."
    )
    ACTIONS = ACTIONS
    KEYS_FIRST = False
    DEFAULT_CSS = """
    InsightPane #insight-stable { height: 1fr; }
    InsightPane #insight-vacuum { height: 1fr; }
    InsightPane #insight-chart { width: 1fr; height: 1fr; }
    InsightPane #insight-facts { width: 34; height: 1fr; padding: 1 1 0 1; }
    InsightPane #insight-advice { height: 1fr; }
    InsightPane.-least #insight-chart { display: none; }
    InsightPane.-least #insight-facts { width: 1fr; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        """Build the three parts."""
        yield Rows("Stable", choose=True, id="insight-stable")
        with Horizontal(id="insight-vacuum"):
            yield TrendChart(ascii_only=self.workspace.glyphs.ascii, keys=self.keys, id="insight-chart")
            yield RunFacts(id="insight-facts")
        yield Rows(LABEL, id="insight-advice")

    def on_mount(self) -> None:
        """Show that nothing is evaluated yet."""
        self._window: float | None = _WINDOW
        self._fitted, self._grown = Size(), (3, 3)
        """Size for which the panels were fitted, and the most rows that table and advice needed since."""
        self._foreseen: tuple[float, tuple[tuple[float, float], ...]] = (-math.inf, ())
        """When it was foreseen how the pressure goes on, and how: (monotonic seconds, shown value)."""
        self._rows: list[InsightRow] = []
        self._key: tuple[str, str] | None = None
        """Row with the cursor; None: the first one."""

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        pins = self.workspace.memory.state.pinned.get(self.station.name)
        view = self.station.insight.view(snapshot, pins, self.workspace.units)
        self._rows = rows_of(view)
        self._fit(view)
        self._show_stable(view)
        self._show_detail(snapshot, view)
        glyphs = self.workspace.glyphs
        self.query_one("#insight-advice", Rows).show_folded(lambda width: advice_lines(view, width, glyphs))

    @property
    def _chosen(self) -> InsightRow | None:
        at = self._chosen_at()
        return self._rows[at] if at < len(self._rows) else None

    def _chosen_at(self) -> int:
        """Return the row of the cursor: the first one until another was chosen, and where that has gone."""
        places = [at for at, row in enumerate(self._rows) if not row.heading]
        return next((at for at in places if self._rows[at].key == self._key), places[0] if places else 0)

    @property
    def chosen_channel(self) -> str | None:
        row = self._chosen
        if row is not None and row.judged is not None:
            return row.judged.channel.full_name
        pressure = self.workspace.snapshot.by_role(Role.PRESSURE)
        return None if pressure is None else pressure.full_name

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Show the detail of the row with the cursor."""
        if message.rows.id == "insight-stable" and message.index < len(self._rows):
            self._key = self._rows[message.index].key
            self.show(self.workspace.snapshot)

    def _show_detail(self, snapshot: Snapshot, view: InsightView) -> None:
        """Show chart and facts of the channel under the cursor."""
        row, band = self._chosen, None
        judged = None if row is None else row.judged
        glyphs, times, units = self.workspace.glyphs, self.workspace.times, self.workspace.units
        if judged is not None and judged.channel.role is Role.CONTROLLED:
            band = band_ahead(self.station, snapshot, self.station.progress(snapshot))

        def facts(width: int, height: int) -> list[Line]:
            if judged is None:
                return pressure_lines(view, width, height, glyphs=glyphs, times=times, units=units)
            said = band_words(band, snapshot, times, units) if band is not None else ""
            return channel_lines(
                judged, view, width, height, glyphs=glyphs, times=times, units=units, band=said
            )

        self.query_one("#insight-facts", RunFacts).show(facts)
        trend = self._trend(snapshot, view) if judged is None else self._channel_trend(snapshot, judged, band)
        self.query_one("#insight-chart", TrendChart).show(trend)

    def _fit(self, view: InsightView) -> None:
        """Give all panels one height; where rows are short, table and advice what they needed most so far.

        They only grow until the size changes: panels that come and go by a row cannot be read.
        """
        height = self.size.height
        if not height:
            return
        if self._fitted != self.size:
            self._fitted, self._grown = self.size, (3, 3)
        stable, advice = self.query_one("#insight-stable", Rows), self.query_one("#insight-advice", Rows)
        width = max(20, self.size.width - 4)
        glyphs = self.workspace.glyphs
        needed = len(advice_lines(view, width, glyphs)) + 2
        listed = len(self._rows) + len(table_notes(view, width, glyphs, self.keys)) + 2 + bool(self._rows)
        least = self.workspace.step < SizeStep.LOW
        self.set_class(least, "-least")
        room = height - (_LEAST_FACTS if least else _LEAST_CHART)
        advised = min(needed, max(3, room - min(listed, room // 2)))
        tallest = self.workspace.step >= SizeStep.FULL
        wanted_rows = (max(3, min(listed, room - advised)), advised)
        self._grown = max(self._grown[0], wanted_rows[0]), max(self._grown[1], wanted_rows[1])
        # What both once needed may together be more than there is: the pressure keeps its rows.
        grown = max(3, min(self._grown[0], room - self._grown[1]))
        for rows, wanted in ((stable, grown), (advice, self._grown[1])):
            if tallest:
                rows.styles.clear_rule("height")
            elif rows.styles.height is None or rows.styles.height.value != wanted:
                rows.styles.height = wanted

    def _show_stable(self, view: InsightView) -> None:
        table, glyphs, times = (
            self.query_one("#insight-stable", Rows),
            self.workspace.glyphs,
            self.workspace.times,
        )
        rows, units = self._rows, self.workspace.units
        title = "Stable"
        if view.speed != 1:
            title += glyphs.plain(f"  windows and rates of the simulated chamber, ×{view.speed:g}")
        entitle(table, title)
        width = table.size.width
        notes = table_notes(view, width, glyphs, self.keys) if width else []

        def line(index: int, chosen: bool) -> Line:
            if index >= len(rows):
                return notes[index - len(rows)]
            made = table_line(rows[index], view, table.size.width, glyphs=glyphs, times=times, units=units)
            return marked(made, table.size.width, glyphs, focus=table.has_focus) if chosen else made

        def head() -> Line:
            return table_head(table.size.width, glyphs, units)

        skip = {at for at, row in enumerate(rows) if row.heading} | {
            len(rows) + at for at in range(len(notes))
        }
        table.show_rows(
            len(rows) + len(notes),
            line,
            head=head if rows else None,
            skip=skip,
            chosen=self._chosen_at() if rows else None,
        )

    def _channel_trend(self, snapshot: Snapshot, judged: Judged, band: BandAhead | None) -> TrendModel:
        """Return the chart of a temperature; of the controlled one with the plan and what is foreseen."""
        channel, units = judged.channel, self.workspace.units
        history = self.station.history(channel.full_name)
        controlled = channel.role is Role.CONTROLLED
        series: tuple[TrendSeries, ...] = ()
        if history is not None:
            name, label = channel.full_name, channel.label
            series = (shown_series(units, name, label, channel.unit, channel.log, history, 0),)
        return TrendModel(
            now_mono=snapshot.mono,
            now_utc=snapshot.utc,
            series=series,
            planned=(self.station.runs.planned_profile() or None) if controlled else None,
            holds=tuple(self.station.runs.holds()) if controlled else (),
            controlled=channel.full_name if controlled else "",
            forecasts=band_courses(band, channel, units),
            marks=self.station.marks(snapshot),
            window=self._window,
            title=clean(channel.label, 40),
            utc=self.workspace.times.mode == "utc",
            units=units,
        )

    def _trend(self, snapshot: Snapshot, view: InsightView) -> TrendModel:
        series: tuple[TrendSeries, ...] = ()
        channel = view.vacuum.channel if view.vacuum is not None else None
        history = self.station.history(channel.full_name) if channel is not None else None
        if channel is not None and history is not None:
            series = (
                shown_series(
                    self.workspace.units,
                    channel.full_name,
                    channel.label,
                    channel.unit,
                    True,
                    history,
                    0,
                ),
            )
        return TrendModel(
            now_mono=snapshot.mono,
            now_utc=snapshot.utc,
            series=series,
            forecasts=((channel.full_name, self._forecast(snapshot, view)),) if channel is not None else (),
            marks=self.station.marks(snapshot),
            window=self._window,
            title="Pressure",
            utc=self.workspace.times.mode == "utc",
            units=self.workspace.units,
        )

    def _forecast(self, snapshot: Snapshot, view: InsightView) -> tuple[tuple[float, float], ...]:
        """Return how the pressure is foreseen to go on; nothing where it does not surely fall."""
        vacuum, units = view.vacuum, self.workspace.units
        if vacuum is None or vacuum.mbar is None or not vacuum.falls or vacuum.channel.value is None:
            self._foreseen = (-math.inf, ())
        elif not 0 <= snapshot.mono - self._foreseen[0] < _FORESEEN_EVERY:
            unit = vacuum.channel.unit
            points = [(snapshot.mono, units.value(vacuum.channel.value, unit))]
            for one in vacuum.thresholds:
                if one.forecast is None:
                    break
                at = snapshot.mono + one.forecast.likely / view.speed
                points.append((at, units.value(one.mbar / unit_of(unit).factor, unit)))
            self._foreseen = (snapshot.mono, tuple(points) if len(points) > 1 else ())
        return self._foreseen[1]

    def on_trend_chart_window_changed(self, message: TrendChart.WindowChanged) -> None:
        """Remember the window of the chart."""
        message.stop()
        self._window = message.seconds

    async def action_insight_back(self) -> None:
        """Go back to Status."""
        await self.workspace.show_over("status", None)
