"""The Status tab: readings with their quality, the run, and the trend."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual import work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Horizontal

from xovac_tui.chamber.snapshot import ChannelView, Quality, Snapshot
from xovac_tui.config import state
from xovac_tui.ui import dialogs
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.screens.status import ACTIONS
from xovac_tui.ui.screens.status.readings import SPARK, Readings
from xovac_tui.ui.screens.status.run_lines import RunPanel
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets.fitting import SizeStep
from xovac_tui.ui.widgets.lines import entitle
from xovac_tui.ui.widgets.trend import TrendChart
from xovac_tui.ui.widgets.trend_model import WINDOWS, TrendModel, shown_series

_WINDOW_NAMES = ("10min", "1h", "6h", "24h", "all")
_TREND_SECONDS = 600.0
_MOST_SERIES = 8
_UNPINNED_SERIES = 4
_LARGEST = 1e9
"""Number of channels drawn if none is pinned."""
_ROOM_FOR_REASON = 8
WIDE = 100
"""Width in cells from which the run is beside the readings."""
_FIRST_ADVICE = 5.0
"""Seconds before the first evaluation of advice: the first pictures do not wait for it."""
_FRAME_ROWS = 4
"""Rows of the window outside the tab: trust bar, tabs, ledger line and keys."""


def _top_rows(snapshot: Snapshot, height: int, step: SizeStep, *, wide: bool) -> int:
    """Return the rows for readings and run; the trend gets the rest, if there is room for one."""
    if step < SizeStep.LOW:
        return height
    # Without data yet, the room is for the reason.
    shown = sum(not channel.hidden for channel in snapshot.channels) or _ROOM_FOR_REASON
    if wide:
        return max(8, min(shown + 2, height // 2))
    return 4 + max(3, min(-(-shown // 2) + 2, height * 35 // 100))


class StatusPane(Pane):
    """Readings, run and trend."""

    HELP = (
        "Readings: one line a channel. The sign at the left shows its quality: good, stale "
        "(overdue; the age says how old), bad (the message held no number), no data. Behind the value stands "
        "its change per minute.\n"
        "Run: what the chamber reports, laid over the plan of the recipe that was loaded. Where the chamber "
        "does not report its step, it follows from plan and temperature, and is marked as estimated. The end "
        "has a range, from what the chamber has managed, and its drift since the start. A dwell has three "
        "clocks: elapsed, in tolerance, and what counts of that: pressure low, link up, data fresh.\n"
        "Trend: the pinned channels; gaps are gaps; {cursor-left} and {cursor-right} move a cursor, "
        '"{pan-back}" and "{pan-on}" go back and on in time, as far as the record reaches.'
    )
    ACTIONS = ACTIONS
    KEYS_FIRST = False
    DEFAULT_CSS = """
    StatusPane #top { height: auto; layout: horizontal; }
    StatusPane #readings { border: round $border-blurred; border-title-color: $foreground; padding: 0 1; }
    StatusPane #readings:focus { border: round $border; }
    StatusPane #run { border: round $border-blurred; border-title-color: $foreground; padding: 0 1; }
    StatusPane.-narrow #top { layout: vertical; }
    StatusPane.-narrow #run { height: 4; width: 1fr; }
    StatusPane.-wide #readings { width: 56%; }
    StatusPane.-wide #run { width: 44%; height: 100%; }
    StatusPane.-full #top { height: 1fr; }
    StatusPane.-full #readings { height: 1fr; width: 1fr; }
    StatusPane.-full #run { display: none; }
    StatusPane.-full #trend { display: none; }
    """

    def compose(self) -> ComposeResult:
        """Build the three panels in their final layout: a change would style them twice."""
        size = self.app.size
        wide = size.width >= WIDE
        self.update_classes({"-wide": wide, "-narrow": not wide}, update=False)
        with Horizontal(id="top") as top:
            top.styles.height = _top_rows(
                self.workspace.snapshot, size.height - _FRAME_ROWS, self.workspace.step, wide=wide
            )
            readings = Readings(self.workspace.glyphs, self.keys, id="readings")
            readings.border_title = "Readings"
            readings.border_subtitle = "value   change per minute   age if overdue"
            yield readings
            run = RunPanel(id="run")
            run.border_title = "Run"
            yield run
        yield TrendChart(ascii_only=self.workspace.glyphs.ascii, keys=self.keys, id="trend")

    def on_mount(self) -> None:
        """Restore the window and the pins of the last session."""
        wanted = self.workspace.start.window
        self._window = WINDOWS[_WINDOW_NAMES.index(wanted if wanted in _WINDOW_NAMES else "10min")]
        self._pins = self.workspace.memory.state.pinned.get(self.station.name)
        self._unpinned: tuple[str, ...] = ()
        """Channels drawn because none is pinned."""
        self._slots: dict[str, int] = {}
        self._opened: float | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot in all three panels."""
        self._fit(snapshot)
        channels = self._ordered(snapshot)
        self.query_one(Readings).show(
            channels,
            self._newest,
            self._moment(channels),
            why=snapshot.link.why,
            left_out=snapshot.counters.left_out,
            units=self.workspace.units,
        )
        self._say_advice(snapshot)
        moment = RunMoment(
            snapshot, self.station.progress(snapshot), self.station.runs.view(), self.workspace.units
        )
        glyphs, times = self.workspace.glyphs, self.workspace.times
        self.query_one(RunPanel).show(moment, glyphs=glyphs, times=times, keys=self.keys)
        if not self.has_class("-full"):
            self.query_one(TrendChart).show(self._trend(snapshot, channels))

    def on_resize(self) -> None:
        """Fit the new size at once: no snapshot is shown while the picture is held."""
        self._fit(self.workspace.snapshot)

    def _say_advice(self, snapshot: Snapshot) -> None:
        """Show in the frame of the readings that there is advice."""
        if self._opened is None:
            self._opened = snapshot.mono
        if not 0 <= snapshot.mono - self._opened < _FIRST_ADVICE:
            advice = self.station.insight.advice(snapshot)
            said = f"  {self.workspace.glyphs.warning} advice ({self.keys['insight']})" if advice else ""
            title = f"Readings{said}"
            entitle(self.query_one(Readings), title)

    def _newest(self, full_name: str, bins: int) -> Sequence[float]:
        history = self.station.history(full_name)
        return history.last(_TREND_SECONDS, self.workspace.snapshot.mono, bins) if history else ()

    def _moment(self, channels: Sequence[ChannelView]) -> tuple[int, ...]:
        """Return what the small trends depend on beside their channels: time and the known past."""
        histories = (self.station.history(channel.full_name) for channel in channels)
        moment = math.ceil(self.workspace.snapshot.mono * SPARK / _TREND_SECONDS)
        return moment, *(getattr(history, "version", 0) for history in histories)

    def _fit(self, snapshot: Snapshot) -> None:
        """Choose the layout for the size: the trend gets the rows that the readings leave."""
        width, height = self.size.width, self.size.height
        if not width:
            return
        wide = width >= WIDE
        self.update_classes({"-wide": wide, "-narrow": not wide})
        if self.has_class("-full"):
            return
        rows = _top_rows(snapshot, height, self.workspace.step, wide=wide)
        top = self.query_one("#top")
        if top.styles.height is None or top.styles.height.value != rows:
            top.styles.height = rows

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

    def _trend(self, snapshot: Snapshot, channels: Sequence[ChannelView]) -> TrendModel:
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
        return TrendModel(
            now_mono=snapshot.mono,
            now_utc=snapshot.utc,
            series=tuple(series),
            planned=self.station.runs.planned_profile() or None,
            marks=self.station.marks(snapshot),
            window=self._window,
            utc=self.workspace.times.mode == "utc",
            units=self.workspace.units,
        )

    async def open_named(self, name: str) -> bool:
        """Put the cursor on a channel by its full name."""
        readings = self.query_one(Readings)
        readings.focus()
        return readings.choose(name)

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
        top = self.query_one("#top")
        top.styles.height = "1fr" if full else None
        readings.focus()
        self.call_after_refresh(lambda: self.show(self.workspace.snapshot))

    async def action_insight(self) -> None:
        """Show the Insight tab in place of this one."""
        await self.workspace.show_over("status", "insight")

    @work(group="contract", exclusive=True)
    async def action_edit_channel(self) -> None:
        """Show the form of the chosen channel."""
        chosen = self.query_one(Readings).chosen
        if chosen is not None:
            await dialogs.contract.channel_form.edit_channel(self.workspace, chosen.full_name)

    @work(group="contract")
    async def action_undo_contract(self) -> None:
        """Take the last change of the contract back."""
        await dialogs.contract.undo.undo_contract(self.workspace)

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
