"""The Status tab: readings with their quality, the run, and the trend."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from xovac_tui import analysis
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import ChannelView, Quality, Snapshot
from xovac_tui.config import state
from xovac_tui.ui.screens.channel_pane import ChannelPane
from xovac_tui.ui.screens.status import ACTIONS
from xovac_tui.ui.screens.status.hero import Hero, Look, leading, paced
from xovac_tui.ui.screens.status.reading_lines import LEAST_WIDTH, SPARK
from xovac_tui.ui.screens.status.readings import Readings
from xovac_tui.ui.screens.status.run_lines import RunPanel
from xovac_tui.ui.screens.status.run_moment import RunMoment, at_recipe_pace
from xovac_tui.ui.sizes import SizeStep
from xovac_tui.ui.widgets.band_words import BandAhead, band_ahead, band_courses
from xovac_tui.ui.widgets.heat import tint_of
from xovac_tui.ui.widgets.trend import TrendChart
from xovac_tui.ui.widgets.trend_model import WINDOWS, TrendModel, shown_series
from xovac_tui.units import unit_of

_WINDOW_NAMES = ("10min", "1h", "6h", "24h", "all")
_TREND_SECONDS = 600.0
_MOST_SERIES = 8
_UNPINNED_SERIES = 4
_LARGEST = 1e9
"""Number of channels drawn if none is pinned."""
_ROOM_FOR_REASON = 8
_FIRST_ADVICE = 5.0
"""Seconds before the first evaluation of advice: the first pictures do not wait for it."""
_FRAME_ROWS = 4
"""Rows of the window outside the tab: trust bar, tabs, ledger line and keys."""
_SERIES_COLOURS = 8
_TREND_ROWS = 12
"""Rows that the trend has at least, where it has any: nine of them for the lines."""
_AIRY = 26
"""Rows of the tab from which on there is a blank row below the hero."""


class Arrangement(msgspec.Struct, frozen=True):
    """Rows of the parts of the tab; the trend gets the rest."""

    hero: int
    readings: int
    """With the rule above them; 1: the pinned ones in one line, without a rule; 0: all the rest."""
    run: bool = False
    """The run is beside the readings."""
    trend: bool = True


def arrange(step: SizeStep, width: int, height: int, shown: int) -> Arrangement:
    """Return the rows of the parts for a step, the tab's size in cells and a number of shown channels.

    As there are less rows, the run beside the readings goes, then the sparklines of the hero, then the
    readings shrink to one line, then the trend goes.
    """
    if step < SizeStep.LOW:
        return Arrangement(2, 0, trend=False)
    if step < SizeStep.SHORT:
        return Arrangement(2, 1)
    # Without data yet, the room is for the reason.
    shown = shown or _ROOM_FOR_REASON
    if step >= SizeStep.FULL:
        return Arrangement(4, 1 + max(8, min(shown, height * 38 // 100)), run=True)
    rows = max(3, min(-(-shown // max(1, width // LEAST_WIDTH)), (height - _TREND_ROWS) // 2))
    hero = 2 if step < SizeStep.USUAL else 4 if height >= _AIRY else 3
    return Arrangement(hero, 1 + rows)


class StatusPane(ChannelPane):
    """Readings, run and trend."""

    HELP = (
        "At the top: the controlled temperature with its target, the pressure and where it goes, and the "
        "step that runs. Of a hold you see how long it lasts and how much of that counts, or why it does not "
        "count now: counted is what was in tolerance, with the pressure low, the link up and the data fresh. "
        "band: when the temperature will be within the tolerance of the hold that the step leads to, if it "
        "goes on as it has in this step; it is left out where that cannot be foreseen. "
        "tab goes to the step, and {zoom} shows everything about the run.\n"
        "Readings: the sign at the left shows the quality: good, stale "
        "(overdue; the age says how old), bad (the message held no number), no data. Behind the value stands "
        "its change per minute; in a demo that runs faster, per minute of the demo.\n"
        "Run: what the chamber reports, laid over the plan of the recipe that was loaded. Where the chamber "
        "does not report its step, it follows from plan and temperature, and is marked as estimated. The end "
        "has a range, from what the chamber has managed, and its drift since the start.\n"
        "Trend: the pinned channels; gaps are gaps; {cursor-left} and {cursor-right} move a cursor, "
        '"{pan-back}" and "{pan-on}" go back and on in time, as far as the record reaches.'
    )
    ACTIONS = ACTIONS
    KEYS_FIRST = False
    DEFAULT_CSS = """
    StatusPane #top { layout: horizontal; height: auto; }
    StatusPane #run { display: none; width: 42%; height: 100%; padding: 0 1; }
    StatusPane #run { border-top: solid $border-blurred; }
    StatusPane.-beside #run { display: block; }
    StatusPane.-beside #readings { width: 58%; }
    StatusPane.-no-trend #trend { display: none; }
    StatusPane.-full #hero, StatusPane.-full #run, StatusPane.-full #trend { display: none; }
    StatusPane.-full #readings { width: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """Build the panels in their final layout: a change would style them twice."""
        size = self.app.size
        yield Hero(id="hero")
        with Horizontal(id="top"):
            yield Readings(self.workspace.glyphs, self.keys, id="readings")
            yield RunPanel(id="run")
        yield TrendChart(ascii_only=self.workspace.glyphs.ascii, keys=self.keys, id="trend")
        self._arranged = arrange(
            self.workspace.step, size.width, size.height - _FRAME_ROWS, _count(self.workspace.snapshot)
        )

    def on_mount(self) -> None:
        """Restore the window and the pins of the last session."""
        wanted = self.workspace.start.window
        self._window = WINDOWS[_WINDOW_NAMES.index(wanted if wanted in _WINDOW_NAMES else "10min")]
        self._pins = self.workspace.memory.state.pinned.get(self.station.name)
        self._unpinned: tuple[str, ...] = ()
        """Channels drawn because none is pinned."""
        self._slots: dict[str, int] = {}
        self._known: dict[tuple[str, int], tuple[tuple[object, ...], Sequence[float]]] = {}
        """Newest values of channels in bins, with what they depend on."""
        self._opened: float | None = None
        self._fall: analysis.insight.VacuumView | None = None
        self._foreseen_in = self.workspace.units
        self._foreseen: list[tuple[float, float]] = []
        self._applied: Arrangement | None = None
        """What the panels have; None: something else."""
        self._apply(self._arranged)

    def take_focus(self) -> None:
        self.query_one(Readings).focus()

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot in all panels."""
        self._fit(snapshot)
        speed, replayed = self.station.speed, self.workspace.playback is not None
        snapshot = paced(snapshot, speed)
        channels = self._ordered(snapshot)
        newest, progress = self.station.runs.view(), self.station.progress(snapshot)
        moment = RunMoment(
            snapshot,
            at_recipe_pace(progress, speed),
            at_recipe_pace(newest, speed) if newest is not None else None,
            self.workspace.units,
            band_ahead(self.station, self.workspace.snapshot, progress, foresee=self._is_late(snapshot)),
        )
        glyphs, times = self.workspace.glyphs, self.workspace.times
        look = Look(glyphs, times, self.keys, self._newest, self._tint, self._state, replayed)
        trend = self._trend(snapshot, channels, moment.band)
        if not self.has_class("-full"):
            self.query_one(Hero).show(moment, channels, look)
            self.query_one(RunPanel).show(moment, glyphs=glyphs, times=times, keys=self.keys)
        readings = self.query_one(Readings)
        readings.show(
            channels if readings.full or self.has_class("-beside") else _below_hero(channels),
            self._newest,
            self._moment(channels),
            why=snapshot.link.why,
            left_out=snapshot.counters.left_out,
            colours={one.name: f"$series-{one.slot % _SERIES_COLOURS + 1}" for one in trend.series},
            advice=self._advice(snapshot),
            units=self.workspace.units,
        )
        chart = self.query_one(TrendChart)
        if chart.display:
            chart.show(trend)

    def on_resize(self) -> None:
        """Fit the new size at once: no snapshot is shown while the picture is held."""
        self._fit(self.workspace.snapshot)

    def _advice(self, snapshot: Snapshot) -> str:
        """Return the words for the rule above the readings if there is advice."""
        if self._opened is None:
            self._opened = snapshot.mono
        if 0 <= snapshot.mono - self._opened < _FIRST_ADVICE or not self.station.insight.advice(
            self.workspace.snapshot
        ):
            return ""
        return f"{self.workspace.glyphs.warning} advice ({self.keys['insight']})"

    def _tint(self, celsius: float) -> str:
        """Return the colour of a temperature; empty where colours do not allow it."""
        plain = self.app.no_color or self.app.current_theme.ansi
        return "" if plain else tint_of(celsius, self.app.theme_variables)

    def _newest(self, full_name: str, bins: int) -> Sequence[float]:
        history = self.station.history(full_name)
        if history is None:
            return ()
        state = (history, *self._state(full_name, bins))
        before, values = self._known.get((full_name, bins), (None, ()))
        if before != state:
            values = history.last(_TREND_SECONDS, self.workspace.snapshot.mono, bins)
            self._known[full_name, bins] = state, values
        return values

    def _state(self, full_name: str, bins: int) -> tuple[object, ...]:
        """Return what so many newest values depend on: the newest one, time and the known past."""
        history = self.station.history(full_name)
        moment = math.ceil(self.workspace.snapshot.mono * bins / _TREND_SECONDS)
        return moment, getattr(history, "last_time", None), getattr(history, "version", 0)

    def _moment(self, channels: Sequence[ChannelView]) -> tuple[int, ...]:
        """Return what the small trends depend on beside their channels: time and the known past."""
        histories = (self.station.history(channel.full_name) for channel in channels)
        moment = math.ceil(self.workspace.snapshot.mono * SPARK / _TREND_SECONDS)
        return moment, *(getattr(history, "version", 0) for history in histories)

    def _fit(self, snapshot: Snapshot) -> None:
        """Choose the arrangement for the size."""
        size = self.size
        if size.width and not self.has_class("-full") and self.zoomed is None:
            wanted = arrange(self.workspace.step, *size, _count(snapshot))
            if wanted != self._applied:
                self._apply(wanted)

    def _apply(self, arranged: Arrangement) -> None:
        """Give the panels their rows."""
        self._arranged = self._applied = arranged
        self.update_classes({"-beside": arranged.run, "-no-trend": not arranged.trend})
        readings = self.query_one(Readings)
        readings.set_class(arranged.readings == 1, "-line")
        for part, rows in (
            (self.query_one(Hero), arranged.hero),
            (self.query_one("#top"), arranged.readings),
        ):
            wanted: int | str = rows or "1fr"
            height = part.styles.height
            if height is None or not (height.cells == rows if rows else height.is_fraction):
                part.styles.height = wanted

    def _ordered(self, snapshot: Snapshot) -> tuple[ChannelView, ...]:
        """Return the channels to show, the operator's pins first."""
        shown = [channel for channel in snapshot.channels if not channel.hidden]
        if self._pins is None:
            return tuple(shown)
        rank = {name: number for number, name in enumerate(self._pins)}
        return tuple(sorted(shown, key=lambda channel: rank.get(channel.full_name, len(rank))))

    def _pinned(self, channels: Sequence[ChannelView]) -> list[ChannelView]:
        if self._pins is not None:
            chosen = [channel for channel in channels if channel.full_name in self._pins]
        else:
            chosen = [channel for channel in channels if channel.pinned]
        if not chosen:
            numeric = [c for c in channels if c.value is not None and not c.is_bool]
            # A clock in milliseconds would flatten all other curves.
            usual = [c for c in numeric if c.quality is Quality.GOOD and abs(c.value or 0.0) < _LARGEST]
            # A drawn channel stays when its data stop: its past is still known.
            names = dict.fromkeys([*self._unpinned, *(c.full_name for c in usual)])
            self._unpinned = tuple(names)[:_UNPINNED_SERIES]
            chosen = [c for c in channels if c.full_name in self._unpinned]
        return chosen[:_MOST_SERIES]

    def _trend(
        self, snapshot: Snapshot, channels: Sequence[ChannelView], band: BandAhead | None
    ) -> TrendModel:
        series = []
        for channel in self._pinned(channels):
            history = self.station.history(channel.full_name)
            if history is None:
                continue
            slot = self._slots.setdefault(channel.full_name, len(self._slots))
            series.append(
                shown_series(
                    self.workspace.units,
                    channel.full_name,
                    channel.label,
                    channel.unit,
                    channel.log,
                    history,
                    slot,
                )
            )
        controlled, pressure = (snapshot.by_role(role) for role in (Role.CONTROLLED, Role.PRESSURE))
        return TrendModel(
            now_mono=snapshot.mono,
            now_utc=snapshot.utc,
            series=tuple(series),
            planned=self.station.runs.planned_profile() or None,
            holds=tuple(self.station.runs.holds()),
            controlled=controlled.full_name if controlled is not None else "",
            pressure=pressure.full_name if pressure is not None else "",
            forecasts=(*band_courses(band, controlled, self.workspace.units), *self._forecasts(snapshot)),
            marks=self.station.marks(snapshot),
            window=self._window,
            utc=self.workspace.times.mode == "utc",
            units=self.workspace.units,
        )

    def _is_late(self, snapshot: Snapshot) -> bool:
        """Return whether the first pictures are over, which wait for no forecast."""
        return self._opened is not None and snapshot.mono - self._opened >= _FIRST_ADVICE

    def _forecasts(self, snapshot: Snapshot) -> tuple[tuple[str, Sequence[tuple[float, float]]], ...]:
        """Return where the pressure is foreseen to go, as the Insight tab says it."""
        fall = self.station.insight.fall(self.workspace.snapshot) if self._is_late(snapshot) else None
        if fall is None or fall.mbar is None or not fall.falls or fall.channel.value is None:
            return ()
        speed, factor = self.station.speed, unit_of(fall.channel.unit).factor
        units = self.workspace.units
        if fall is not self._fall or units != self._foreseen_in:
            # Until the next forecast the drawn one stays where it is.
            shown, unit = units.value, fall.channel.unit
            self._foreseen_in = units
            self._fall, self._foreseen = fall, [(snapshot.mono, shown(fall.channel.value, unit))]
            for one in fall.thresholds:
                if one.forecast is None:
                    break
                at = snapshot.mono + one.forecast.likely / speed
                self._foreseen.append((at, shown(one.mbar / factor, unit)))
        return ((fall.channel.full_name, self._foreseen),) if len(self._foreseen) > 1 else ()

    def on_zoom(self, panel: Widget | None) -> None:
        self._applied = None
        readings = self.query_one(Readings)
        readings.full = panel is not None and readings in panel.walk_children(with_self=True)
        readings.set_class(self._arranged.readings == 1 and not readings.full, "-line")

    async def open_named(self, name: str) -> bool:
        """Put the cursor on a channel by its full name."""
        readings = self.query_one(Readings)
        readings.focus()
        return readings.choose(name)

    @property
    def chosen_channel(self) -> str | None:
        chosen = self.query_one(Readings).chosen
        return None if chosen is None else chosen.full_name

    # -- actions ------------------------------------------------------------------------------------

    async def action_chart(self, action: str) -> None:
        """Pass a key's action to the trend; `live` leaves the enlarged readings first."""
        if action == "live" and self.has_class("-full"):
            self.action_all_channels()
        elif not await self.app.run_action(action, self.query_one(TrendChart)):
            raise SkipAction

    def on_trend_chart_window_changed(self, message: TrendChart.WindowChanged) -> None:
        """Remember the window."""
        self._window = message.seconds
        if message.seconds in WINDOWS:
            name = _WINDOW_NAMES[WINDOWS.index(message.seconds)]
            configured = self.workspace.start.display.window
            self.workspace.remember(window=state.Remembered(name, configured))

    def action_all_channels(self) -> None:
        """Enlarge the readings to the whole tab, or show all panels again."""
        full = not self.has_class("-full")
        self.set_class(full, "-full")
        readings = self.query_one(Readings)
        readings.full = full
        readings.remove_class("-line")
        self._applied = None
        if full:
            self.query_one("#top").styles.height = "1fr"
        readings.focus()
        self.call_after_refresh(lambda: self.show(self.workspace.snapshot))

    async def action_insight(self) -> None:
        """Show the Insight tab in place of this one."""
        await self.workspace.show_over("status", "insight")

    def action_pin(self) -> None:
        """Pin or unpin the chosen channel."""
        chosen = self.query_one(Readings).chosen
        if chosen is None:
            return
        if self._pins is None:
            pins = [c.full_name for c in self.workspace.snapshot.channels if c.pinned]
        else:
            pins = list(self._pins)
        if chosen.full_name in pins:
            pins.remove(chosen.full_name)
        else:
            pins.append(chosen.full_name)
        self._pins = tuple(pins)
        remembered = {**self.workspace.memory.state.pinned, self.station.name: self._pins}
        self.workspace.remember(pinned=remembered)
        self.show(self.workspace.snapshot)


def _count(snapshot: Snapshot) -> int:
    return sum(not channel.hidden for channel in snapshot.channels)


def _below_hero(channels: tuple[ChannelView, ...]) -> tuple[ChannelView, ...]:
    """Return the channels with those of the hero last: they are seen already."""
    seen = leading(channels)
    return tuple(sorted(channels, key=lambda one: one in seen))
