"""The Runs tab: recorded runs, one in full, and the comparison of two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from datetime import UTC
from pathlib import Path

from msgspec import structs
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from xovac_tui import paths
from xovac_tui.api.contract import Contract
from xovac_tui.chamber.news import RecordOpened
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.errors import XovacError
from xovac_tui.plural import counted
from xovac_tui.recording.disk.kinds import RecordedRun
from xovac_tui.recording.exports.events import export_file
from xovac_tui.recording.status import RecorderState
from xovac_tui.report.glance import RunGlance, glance
from xovac_tui.report.writing import write_report
from xovac_tui.runs.past import PastRun, TrackedChannel, read_run, read_runs, with_state
from xovac_tui.runs.state import RunSnapshot
from xovac_tui.station.news import News
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.screens.runs import ACTIONS
from xovac_tui.ui.screens.runs.attaching import attach_to_run
from xovac_tui.ui.screens.runs.compare import pair_head, pair_lines
from xovac_tui.ui.screens.runs.lines import (
    fact_lines,
    happened_lines,
    list_line,
    reading_head,
    reading_line,
    step_head,
    step_line,
)
from xovac_tui.ui.screens.runs.trend import delta_model, pair_model, run_model
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.fitting import SPACIOUS, TALL, WIDE
from xovac_tui.ui.widgets.lines import Line, RunFacts, paragraph
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.trend import TrendChart
from xovac_tui.ui.widgets.trend_model import TrendModel

_LIST_EVERY = 2.0
"""Seconds between two readings of the list of runs."""
_RUN_EVERY = 5.0
"""Seconds between two readings of a run that goes on ..."""
_REST = 20
"""... and at least this factor times the duration of the last reading."""
_SHAPE_EVERY = 60.0
"""Seconds by which a run that goes on has grown when its shape is read again."""
_VIEWS = ("chart", "steps", "readings", "happened")


class RunsPane(Pane):
    """The runs of the record left, the chosen one right; or two compared."""

    HELP = (
        "Left: the runs in the record of this chamber, the newest first. Right: the chosen one, its steps as "
        "they were run, and what happened. Times with ~ are estimated: the chamber did not report the step. "
        "Of a hold you see how long it was in tolerance, and how much of that counts.\n"
        "The chart lays the plan over what was measured; tab goes to it, and its keys are the trend's.\n"
        "In the list: PASS or FAIL as the report has it, open where that is not known, · before it is read. "
        "Where there is room, the course of the temperature.\n"
        "Compare: {runs-compare} marks a run, {runs-compare} on another shows both from their beginnings, "
        "with what differs; {runs-view} shows the second minus the first, where there is no room for "
        "both charts.\n"
        "{runs-find} finds runs by their words; {runs-attach} attaches a file to the chosen one.\n"
        "{runs-report} writes a report of the chosen run, a page of HTML, into the folder exports beside the "
        "state file."
    )
    ACTIONS = ACTIONS
    DEFAULT_CSS = """
    RunsPane { layout: horizontal; }
    RunsPane #run-right { width: 1fr; height: 1fr; }
    RunsPane #run-chart { height: 1fr; }
    RunsPane.-tall #run-chart { height: 5fr; min-height: 10; }
    RunsPane.-tall #run-steps { height: 4fr; }
    RunsPane.-tall #run-readings, RunsPane.-tall #run-happened { height: 3fr; }
    RunsPane #run-compare { width: 1fr; height: 1fr; display: none; }
    RunsPane #pair-facts { height: 3; }
    RunsPane #pair-chart, RunsPane #pair-delta, RunsPane #pair-rows { height: 1fr; }
    RunsPane.-tall #pair-chart { height: 5fr; }
    RunsPane.-tall #pair-delta { height: 3fr; }
    RunsPane.-tall #pair-rows { height: 5fr; }
    RunsPane #run-left { width: 27; height: 1fr; }
    RunsPane.-wide #run-left { width: 42; }
    RunsPane.-spacious #run-left { width: 64; }
    RunsPane.-compare #run-compare { display: block; }
    RunsPane.-compare #run-left, RunsPane.-compare #run-right { display: none; }
    """

    def compose(self) -> ComposeResult:
        """Build the list, the parts of one run, and those of a comparison."""
        ascii_only = self.workspace.glyphs.ascii
        with Vertical(id="run-left"):
            yield Rows("Runs", choose=True, id="run-list")
            yield FindField("words of a run", lambda: self.runs, id="run-find")
        with Vertical(id="run-right"):
            yield RunFacts(id="run-facts")
            yield TrendChart(ascii_only=ascii_only, keys=self.keys, id="run-chart")
            for name, title in zip(_VIEWS[1:], ("Steps as run", "Readings", "What happened"), strict=True):
                yield Rows(title, id=f"run-{name}")
        with Vertical(id="run-compare"):
            yield RunFacts(id="pair-facts")
            yield TrendChart(ascii_only=ascii_only, keys=self.keys, id="pair-chart")
            yield TrendChart(ascii_only=ascii_only, keys=self.keys, id="pair-delta")
            yield Rows("What differs", id="pair-rows")

    def on_mount(self) -> None:
        """Start reading; nothing is read yet."""
        self._runs: tuple[RecordedRun, ...] = ()
        """Those that are listed."""
        self._all: tuple[RecordedRun, ...] = ()
        self._read_once = False
        self._problem = ""
        self._chosen: int | None = None
        self._at_newest = True
        """The cursor stands at the top, and stays there when another run begins."""
        self._past: PastRun | None = None
        self._model: TrendModel | None = None
        self._units = self.workspace.units
        self._marked: int | None = None
        self._pair: tuple[PastRun, PastRun] | None = None
        self._view = 0
        self._delta = False
        """Of a comparison, the difference is shown where there is no room for both charts."""
        self._listed_at = self._read_at = self._rest = 0.0
        self._reading = self._reporting = self._glancing = False
        self._glances: dict[int, tuple[Hashable, RunGlance | None]] = {}
        """Verdict and shape by run, with the state that they are of; None: they could not be read."""
        self._glanced_by: tuple[Path | None, Contract | None] = (None, None)
        self._fit()

    # -- what is shown ------------------------------------------------------------------------------

    @property
    def runs(self) -> Rows:
        """The list: two rows a run, the second of which can be chosen."""
        return self.query_one("#run-list", Rows)

    @property
    def field(self) -> FindField:
        """The field with the words that listed runs have."""
        return self.query_one("#run-find", FindField)

    @property
    def past(self) -> PastRun | None:
        """The chosen run as read from the record; None until it is read."""
        return self._past

    @property
    def pair(self) -> tuple[PastRun, PastRun] | None:
        """The two runs that are compared."""
        return self._pair

    def take_focus(self) -> None:
        """Focus the list or the comparison, and read the record again."""
        (self.query_one("#pair-rows", Rows) if self._pair is not None else self.runs).focus()
        self._read_list()

    async def open_named(self, name: str) -> bool:
        """Show a run by its number."""
        if self._pair is not None:
            self.action_runs_back()
        self.field.close()
        self._at_newest = False
        self._choose(int(name))
        self._draw_list()
        return True

    def on_resize(self) -> None:
        """Choose the layout for the size."""
        self._fit()
        self.call_after_refresh(self._draw)

    def _fit(self) -> None:
        wide, tall = self.size.width >= WIDE, self.size.height >= TALL
        self.set_class(wide, "-wide")
        self.set_class(tall, "-tall")
        self.set_class(self.size.width >= SPACIOUS, "-spacious")
        shown = {_VIEWS[self._view]}
        if tall:
            shown = {"chart", "steps", "happened" if self._view == 3 else "readings"}
        for name in _VIEWS:
            self.query_one(f"#run-{name}").display = name in shown
        self.query_one("#pair-chart").display = tall or not self._delta
        self.query_one("#pair-delta").display = tall or self._delta

    def show(self, snapshot: Snapshot) -> None:
        """Update the list, and a run that goes on."""
        mono = self.station.clock.mono()
        if mono - self._listed_at >= _LIST_EVERY:
            self._read_list()
        if self._units != self.workspace.units:
            self._units = self.workspace.units
            self._model = None if self._past is None else self._trend(self._past)
            self._draw()
        if any(self._live(run.id) is not None for run in self._runs):
            # Draw again, with the cursor unmoved.
            self.runs.repaint()
        if self._glanced_by[1] is not self.station.contract:
            # What counts may be another now.
            self._glances.clear()
        if not self._glancing and self._unseen() is not None:
            self._read_glances()
        past = self._past
        if past is None or self._chosen is None or self._pair is not None:
            return
        recorded = next((run for run in self._runs if run.id == self._chosen), None)
        ended = recorded is not None and recorded.ended != past.recorded.ended
        rested = mono - self._read_at >= max(_RUN_EVERY, self._rest)
        if past.running or ended:
            if (rested or ended) and not self._reading:
                self._read_run()
            self._draw_run()

    def on_news(self, news: News) -> None:
        """Read the list at once when the record has been opened."""
        if isinstance(news, RecordOpened):
            self._read_list()

    def _live(self, run: int) -> RunSnapshot | None:
        """Return the current state of a run if this program follows it, else None."""
        runs = self.station.runs
        return runs.newest.state() if runs.newest is not None and runs.number == run else None

    def _listed(self, run: RecordedRun) -> RecordedRun:
        """Return a listed run with its current state, which the record gets only now and then."""
        live = self._live(run.id)
        return run if live is None else structs.replace(run, result=live.result.value, seconds=live.t)

    # -- reading ------------------------------------------------------------------------------------

    @work(group="runs-list", exclusive=True)
    async def _read_list(self) -> None:
        """Read the list in a thread."""
        self._listed_at = self.station.clock.mono()
        record = self.station.record.record
        if record is None:
            self._all, self._runs, self._problem = (), (), self._no_record()
        else:
            try:
                runs = await asyncio.to_thread(read_runs, record.path)
            except XovacError as error:
                self._problem = str(error)
            else:
                self._apply_cursor()
                self._all, self._problem = runs, ""
                self._runs = self._found()
        self._read_once = True
        if self._runs and (self._at_newest or self._chosen not in {run.id for run in self._runs}):
            self._choose(self._runs[0].id)
        self._draw_list()
        if not self._runs:
            self._past = None
            self._draw()

    def _apply_cursor(self) -> None:
        """Use the cursor's current row before the rows change: its message may still be queued."""
        place = self.runs.chosen // 2
        if self.runs.count == 2 * len(self._runs) and place < len(self._runs):
            run = self._runs[place].id
            if self._chosen is not None and run != self._chosen:
                self._at_newest = place == 0
                self._choose(run)

    def _choose(self, run: int) -> None:
        if run != self._chosen:
            self._chosen = run
            # The cursor moves at once; the run is read before it is shown.
            self._draw_list()
            self._read_run()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Read the run under the cursor."""
        if message.rows is self.runs and message.index // 2 < len(self._runs):
            self._at_newest = message.index < 2
            self._choose(self._runs[message.index // 2].id)

    @work(group="runs-read", exclusive=True)
    async def _read_run(self) -> None:
        """Read the chosen run in a thread."""
        wanted = self._chosen
        if wanted is None:
            return
        self._reading = True
        try:
            began = time.perf_counter()
            past = await self._fetch(wanted)
            self._rest = _REST * (time.perf_counter() - began)
        finally:
            self._reading = False
        if past is None or wanted != self._chosen:
            return
        other = self._past is None or self._past.recorded.id != wanted
        self._past, self._read_at = past, self.station.clock.mono()
        self._model = self._trend(past)
        if other:
            self.query_one("#run-chart", TrendChart).forget()
        self._draw(rewind=other)

    def _trend(self, past: PastRun) -> TrendModel:
        """Return the chart of a run, in the units in which values are shown."""
        return run_model(past, utc=self.workspace.times.mode == "utc", units=self.workspace.units)

    async def _fetch(self, run: int) -> PastRun | None:
        """Return a run from the record; None, with a message, if it cannot be read."""
        record, station = self.station.record.record, self.station
        if record is None:
            return None
        channels = [c for c in station.snapshot().channels if not c.hidden and not c.is_bool]
        listed: list[TrackedChannel] = [(c.full_name, c.label, c.unit, c.log) for c in channels]
        try:
            return await asyncio.to_thread(
                read_run,
                record.path,
                run,
                contract=station.contract,
                channels=listed,
                now=station.clock.utc(),
            )
        except XovacError as error:
            self._problem = str(error)
            self._draw_list()
            return None

    def _glance_of(self, run: int) -> RunGlance | None:
        """Return verdict and shape of a run, as far as they are read."""
        return self._glances.get(run, (None, None))[1]

    def _unseen(self) -> tuple[RecordedRun, Hashable] | None:
        """Return the first run on the screen of which verdict and shape are not read, with its state."""
        rows = self.runs
        if self._problem or rows.count != 2 * len(self._runs):
            return None
        for run in self._runs[rows.top // 2 : (rows.top + rows.rows_seen + 1) // 2]:
            state = (run.result, run.ended, None if run.ended is not None else run.seconds // _SHAPE_EVERY)
            if self._glances.get(run.id, (None, None))[0] != state:
                return run, state
        return None

    @work(group="runs-glance")
    async def _read_glances(self) -> None:
        """Read verdict and shape of the runs on the screen, one by one in a thread."""
        if self._glancing:
            return
        self._glancing = True
        try:
            while (wanted := self._unseen()) is not None:
                run, state = wanted
                record, contract = self.station.record.record, self.station.contract
                if record is None:
                    return
                if self._glanced_by[0] != record.path or self._glanced_by[1] is not contract:
                    self._glances.clear()
                    self._glanced_by = record.path, contract
                try:
                    found = await asyncio.to_thread(glance, record.path, run.id, contract=contract)
                except XovacError:
                    # Why is said where the run itself is read.
                    found = None
                if self.station.contract is contract:
                    self._glances[run.id] = state, found
                self.runs.repaint()
        finally:
            self._glancing = False

    def _no_record(self) -> str:
        """Show why there are no runs, and what to do."""
        recorder = self.station.recorder
        if self.workspace.playback is not None:
            return "This replay is of a file, which holds no list of runs."
        if recorder.state is RecorderState.OFF:
            return (
                "Nothing is recorded, so no run is kept: the profile says record = false, or --no-record was "
                "given. Start the console with --record."
            )
        return recorder.why or "The record is being opened."

    # -- drawing ------------------------------------------------------------------------------------

    def _draw(self, *, rewind: bool = False) -> None:
        self._draw_list()
        self._draw_run(rewind=rewind)
        self._draw_pair()

    def _draw_list(self) -> None:
        rows, glyphs, times = self.runs, self.workspace.glyphs, self.workspace.times
        if self._problem or not self._runs:
            said = self._problem or self._why_none()
            rows.show_folded(lambda width: paragraph(glyphs.plain(said), max(8, width), "$foreground-muted"))
            return
        at = next((place for place, run in enumerate(self._runs) if run.id == self._chosen), 0)

        def line(index: int, chosen: bool) -> Line:
            run = self._listed(self._runs[index // 2])
            return list_line(
                run,
                bool(index % 2),
                rows.size.width,
                chosen=run.id == self._chosen,
                focus=rows.has_focus,
                marked=run.id == self._marked,
                glyphs=glyphs,
                times=times,
                glance=self._glance_of(run.id),
            )

        # The second of its two rows is the chosen one: the first stays in sight as its heading.
        count = 2 * len(self._runs)
        rows.show_rows(count, line, skip=range(0, count, 2), chosen=2 * at + 1)

    def _why_none(self) -> str:
        """Return why no run is listed, and what to do; nothing before the record was read."""
        if self._all:
            return f"No run has these words ({self.keys['runs-back']}: all runs)."
        recipes = self.keys["tab-recipes"]
        said = f"No run is in the record yet. Press {recipes}: load a recipe and start it."
        return said if self._read_once else ""

    def _draw_run(self, *, rewind: bool = False) -> None:
        past, glyphs, times = self._past, self.workspace.glyphs, self.workspace.times
        units = self.workspace.units
        right = self.query_one("#run-right")
        right.visible = past is not None
        if past is None:
            return
        if past.running and (live := self._live(past.recorded.id)) is not None:
            past = with_state(past, live)
        self.query_one("#run-facts", RunFacts).show(
            lambda width, height: fact_lines(past, width, height, glyphs=glyphs, times=times, units=units)
        )
        if self._model is not None:
            self.query_one("#run-chart", TrendChart).show(self._model)
        steps = self.query_one("#run-steps", Rows)
        state = past.state
        legs = state.as_run if state.leg is None else (*state.as_run, state.leg)
        at_end = steps.top + steps.size.height > steps.count
        if past.running and (rewind or at_end):
            # The current step stays in sight.
            steps.top = len(legs)

        def step(index: int, chosen: bool) -> Line:
            return step_line(
                legs[index],
                state.t,
                steps.size.width,
                plan=past.plan,
                glyphs=glyphs,
                times=times,
                units=units,
            )

        steps.show_rows(
            len(legs), step, head=lambda: step_head(steps.size.width), rewind=rewind and not past.running
        )
        readings, extremes = self.query_one("#run-readings", Rows), past.extremes

        def reading(index: int, chosen: bool) -> Line:
            return reading_line(extremes[index], readings.size.width, glyphs, self.workspace.units)

        readings.show_rows(
            len(extremes), reading, head=lambda: reading_head(readings.size.width), rewind=rewind
        )
        self.query_one("#run-happened", Rows).show_folded(
            lambda width: happened_lines(past, width, glyphs=glyphs, times=times, units=self.workspace.units),
            rewind=rewind,
        )

    def _draw_pair(self, *, rewind: bool = False) -> None:
        if self._pair is None:
            return
        one, other = self._pair
        glyphs, times = self.workspace.glyphs, self.workspace.times
        self.query_one("#pair-facts", RunFacts).show(
            lambda width, height: pair_head((one, other), width, glyphs=glyphs, times=times)
        )
        self.query_one("#pair-chart", TrendChart).show(pair_model(one, other, self.workspace.units))
        self.query_one("#pair-delta", TrendChart).show(delta_model(one, other, self.workspace.units))
        self.query_one("#pair-rows", Rows).show_folded(
            lambda width: pair_lines(one, other, width, glyphs, self.workspace.units), rewind=rewind
        )

    # -- actions ------------------------------------------------------------------------------------

    def action_runs_view(self) -> None:
        """Show the next part of the run that does not fit beside the others."""
        if self._pair is not None:
            self._delta = not self._delta
            self._fit()
            self.call_after_refresh(self._draw)
            return
        self._view = 3 if self.has_class("-tall") and self._view != 3 else (self._view + 1) % len(_VIEWS)
        self._fit()
        self.call_after_refresh(self._draw)

    @work(group="runs-compare", exclusive=True)
    async def action_runs_compare(self) -> None:
        """Mark the chosen run, or compare the marked one with it."""
        chosen = self._chosen
        if chosen is None or self._pair is not None:
            return
        if self._marked in (None, chosen):
            self._marked = None if self._marked == chosen else chosen
            if self._marked is not None:
                name = self.workspace.glyphs.shown(f"r{chosen}", 10)
                key = self.keys["runs-compare"]
                self.workspace.say(
                    f"{name} is marked. Press {key} on another run to compare them.", seconds=4
                )
            self._draw_list()
            return
        one, other = await self._fetch(self._marked or 0), await self._fetch(chosen)
        if one is None or other is None:
            return
        self._pair = (one, other)
        self.add_class("-compare")
        for name in ("#pair-chart", "#pair-delta"):
            self.query_one(name, TrendChart).forget()
        self.query_one("#pair-rows", Rows).focus()
        self.call_after_refresh(lambda: self._draw_pair(rewind=True))

    def action_runs_find(self) -> None:
        """Open the field for words of a run."""
        if self._pair is None:
            self.field.open()

    def on_input_changed(self, event: Input.Changed) -> None:
        """List the runs with these words."""
        event.stop()
        self._runs = self._found()
        if self._runs and self._chosen not in {run.id for run in self._runs}:
            self._choose(self._runs[0].id)
        self._draw_list()

    def _found(self) -> tuple[RecordedRun, ...]:
        """Return the runs with all typed words in number, name, result or day."""
        words = self.field.value.lower().split()
        day = self.workspace.times.day
        return tuple(
            run
            for run in self._all
            if all(
                word in f"{run.label} {run.name} {run.result} {day(run.started)}".lower() for word in words
            )
        )

    @work(group="runs-attach", exclusive=True)
    async def action_runs_attach(self) -> None:
        """Ask for a file and its caption, and attach it to the chosen run."""
        chosen, record = self._chosen, self.station.record.record
        if chosen is None or record is None or self.workspace.playback is not None:
            self.workspace.say("There is no run here that a file can be attached to.", "warning")
            return
        if await attach_to_run(self.workspace, record.path, chosen):
            self._read_run()

    @work(group="runs-report")
    async def action_runs_report(self) -> None:
        """Write the report of the chosen run into a new file, in a thread."""
        chosen, record, station = self._chosen, self.station.record.record, self.station
        if chosen is None or record is None or self._pair is not None:
            return
        if self._reporting:
            self.workspace.say("A report is being written already.", seconds=4)
            return

        self._reporting = True
        try:
            folder = paths.state_folder() / "exports"
            path = export_file(folder, f"{station.name}-r{chosen}", station.clock.utc(), ".html")
            self.workspace.say(f"The report of r{chosen} is being written.", seconds=4)
            lost = await asyncio.to_thread(
                write_report,
                record.path,
                chosen,
                path,
                chamber=station.name,
                contract=station.contract,
                zone=UTC if self.workspace.times.mode == "utc" else None,
                now=station.clock.utc(),
                units=self.workspace.units,
            )
        except XovacError as error:
            self.workspace.say(str(error), "error", title="No report was written", seconds=12)
            return
        finally:
            self._reporting = False
        said = (
            ""
            if lost is None
            else f" {counted(lost.events, 'event is', 'events are')} damaged in the record and missing in it."
        )
        self.workspace.say(f"The report of r{chosen} is written.{said}", path=paths.shown(path))

    def action_runs_back(self) -> None:
        """Leave the comparison, else remove the words, else the mark."""
        if self._pair is not None:
            self._pair = None
            self.remove_class("-compare")
            self.runs.focus()
            self.call_after_refresh(self._draw)
        elif not self.field.back() and self._marked is not None:
            self._marked = None
            self._draw_list()
