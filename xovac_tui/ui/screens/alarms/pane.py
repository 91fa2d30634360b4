"""The Alarms tab: active alarms, what to do about them, and silenced ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import work
from textual.app import ComposeResult

from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.chamber.alarm import LIMIT_SETS, AlarmState, AlarmsView, AlarmView
from xovac_tui.chamber.alarm_reasons import AlarmRefusal
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.screens.alarms import ACTIONS
from xovac_tui.ui.screens.alarms.board import (
    board_head,
    board_line,
    is_quiet,
    last_raised,
    on_board,
    raised_lines,
)
from xovac_tui.ui.screens.alarms.dialogs import AcknowledgeDialog, AlarmHistoryDialog, ShelveDialog
from xovac_tui.ui.screens.alarms.lines import (
    VIEWS,
    chosen_among,
    detail_lines,
    empty_words,
    head_lines,
    list_head,
    list_line,
    list_title,
    listed,
    value_width,
)
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.strokes import Strokes
from xovac_tui.ui.widgets.alarm_words import state_word
from xovac_tui.ui.widgets.fitting import fit, fit_step
from xovac_tui.ui.widgets.lines import Line, LinesWidget, entitle, paragraph
from xovac_tui.ui.widgets.rows import Rows

_IGNORE_SECONDS = 1.0
"""Seconds after the chosen alarm has left the list during which no key applies to the next one."""
_BY_PRESSURE = "by the pressure"


class AlarmsPane(Pane):
    """The alarms above, the chosen one below."""

    HELP = (
        "Above: the active alarms, the worst first, unacknowledged ones reversed; "
        "{alarm-view} shows all that is watched, or what is shelved. Below: the chosen one, with what to do "
        "about it. {alarm-history}: everything that happened to alarms.\n"
        "While none is active: a board of the rules that watch, each with its value and a bar that is full "
        "at the limit and empty far from it: 100 K, three decades of a logarithmic value, else as far as "
        "the limit is from 0. A value that is old or not known has no bar. Below: the last alarms of the "
        "run. {alarm-detail} shows the chosen rule.\n"
        "UNACK: active and not acknowledged. ACKED: active and acknowledged. "
        "RETURNED: no longer active, but not acknowledged. SHELVED: silent until a time. "
        "OUT OF SERVICE: silent until it is put back. OFF: not evaluated, for the reason given.\n"
        "To acknowledge an alarm, to shelve it or to choose other limits sends nothing to the chamber, so it "
        "works in OBSERVE too. It goes into the record, with who did it. A held picture ({pause}) holds the "
        "values here, but no alarm back."
    )
    ACTIONS = ACTIONS
    DEFAULT_CSS = """
    AlarmsPane #alarm-head { width: 1fr; padding: 0 1; }
    AlarmsPane #alarm-list { height: 1fr; }
    AlarmsPane #alarm-detail { height: 9; }
    AlarmsPane.-below-usual #alarm-detail { height: 7; }
    AlarmsPane.-below-low #alarm-detail { height: 4; }
    AlarmsPane.-tall #alarm-detail { height: 15; }
    AlarmsPane.-full #alarm-list { display: none; }
    AlarmsPane.-full #alarm-detail { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """Build head, list and detail."""
        yield LinesWidget(id="alarm-head")
        yield Rows(choose=True, id="alarm-list")
        yield Rows(id="alarm-detail")

    def on_mount(self) -> None:
        """Begin at the top of the active alarms."""
        self._which = VIEWS[0]
        self._view = AlarmsView()
        self._listed: list[AlarmView] = []
        self._fell_at = float("-inf")
        """Monotonic time at which the cursor was moved to another alarm."""
        self._utc = self.workspace.snapshot.utc
        self._strokes = Strokes()
        self._asking = False
        fit(self)

    # -- what is shown ------------------------------------------------------------------------------

    @property
    def desk(self) -> AlarmDesk:
        """The desk that lists and acknowledges alarms."""
        return self.station.alarms

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#alarm-list", Rows)

    @property
    def chosen(self) -> AlarmView | None:
        """The alarm under the cursor."""
        # From the list itself: the message about the cursor can come after the next key.
        place = self.rows.chosen
        return self._listed[place] if place < len(self._listed) else None

    def take_focus(self) -> None:
        """Focus the list, or the detail shown in its place."""
        (self.query_one("#alarm-detail") if self.has_class("-full") else self.rows).focus()

    async def open_named(self, name: str) -> bool:
        """Put the cursor on the alarm of a rule, in the first view that lists it."""
        self._view = self.desk.view()
        for which in (self._which, *VIEWS):
            self._which = which
            self._listed = self._now_listed()
            place = chosen_among(self._listed, name)
            if place is not None:
                self.remove_class("-full")
                self._fell_at = float("-inf")
                self._draw_list(place)
                self._draw_detail(rewind=True)
                self.take_focus()
                return True
        return False

    def on_resize(self) -> None:
        """Choose the layout for the size."""
        fit(self)
        fit_step(self, self.workspace.step)
        self.call_after_refresh(self._draw)

    def show(self, snapshot: Snapshot) -> None:
        """Show this moment."""
        self._utc = snapshot.utc
        self._draw()

    def on_news(self, news: News) -> None:
        """Show a change of an alarm at once, even while the picture is held."""
        if isinstance(news, AlarmsChanged) and self.display:
            self._utc = self.station.snapshot().utc
            self._draw()

    def _draw(self) -> None:
        self._view = self.desk.view()
        place = self._follow(self._now_listed())
        self._draw_head()
        self._draw_list(place)
        self._draw_detail()

    @property
    def _board(self) -> bool:
        """The board is shown: no alarm is active, and some rule watches."""
        return self._which == VIEWS[0] and is_quiet(self._view) and bool(self._listed)

    def _now_listed(self) -> list[AlarmView]:
        if self._which == VIEWS[0] and is_quiet(self._view):
            return on_board(self._view)
        return listed(self._view, self._which)

    def _follow(self, now: list[AlarmView]) -> int:
        """Show another list; return the index of the chosen alarm, or of the next if that has left."""
        before = self.chosen
        self._listed = now
        if before is None:
            return 0
        place = chosen_among(now, before.rule)
        if place is None:
            self._fell_at = self.station.clock.mono()
            place = min(self.rows.chosen, max(0, len(now) - 1))
        return place

    def _draw_head(self) -> None:
        head, glyphs = self.query_one("#alarm-head", LinesWidget), self.workspace.glyphs
        if head.size.width:
            head.show_lines(
                head_lines(self._view, head.size.width, self.station.recorder, glyphs=glyphs, keys=self.keys)
            )

    def _draw_list(self, place: int) -> None:
        rows, glyphs = self.rows, self.workspace.glyphs
        board = self._board
        entitle(rows, "No active alarms" if board else list_title(self._view, self._which))
        if not self._listed:
            said = glyphs.shown(empty_words(self._view, self._which, self.keys))
            rows.show_folded(lambda width: paragraph(said, max(8, width), "$foreground-muted"))
            return

        units, value = self.workspace.units, value_width(self._listed, glyphs)

        def line(index: int, chosen: bool) -> Line:
            alarm, width, focus = self._listed[index], rows.size.width, rows.has_focus
            if board:
                return board_line(alarm, width, chosen=chosen, focus=focus, glyphs=glyphs, units=units)
            return list_line(alarm, width, self._utc, chosen=chosen, focus=focus, glyphs=glyphs, value=value)

        rows.show_rows(
            len(self._listed),
            line,
            head=lambda: board_head(rows.size.width) if board else list_head(rows.size.width, value),
            chosen=place,
        )

    def _draw_detail(self, *, rewind: bool = False) -> None:
        detail, alarm = self.query_one("#alarm-detail", Rows), self.chosen
        glyphs, times = self.workspace.glyphs, self.workspace.times
        detail.display = alarm is not None
        if alarm is None:
            self.remove_class("-full")
            return
        if self._board and not self.has_class("-full"):
            self._draw_last(detail)
            return
        entitle(detail, glyphs.shown(alarm.rule, 60))
        detail.show_folded(
            lambda width: detail_lines(alarm, self._view, width, self._utc, glyphs=glyphs, times=times),
            rewind=rewind,
        )

    def _draw_last(self, detail: Rows) -> None:
        """Show the last alarms of the run below the board; between runs, the last ones of all."""
        glyphs, times = self.workspace.glyphs, self.workspace.times
        run = self.station.runs.running
        since = None if run is None else run.state().began_utc
        raised = last_raised(self.desk.history(), since)
        title = "Last alarms of this run" if run is not None else "Last alarms"
        entitle(detail, f"{title}   {self.keys['alarm-history']}: history")
        detail.show_folded(
            lambda width: raised_lines(
                raised, width, self._utc, in_run=run is not None, glyphs=glyphs, times=times
            )
        )

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Show the alarm under the cursor."""
        if message.rows is self.rows:
            self._fell_at = float("-inf")
            self._draw_detail(rewind=True)

    # -- views --------------------------------------------------------------------------------------

    def action_alarm_view(self) -> None:
        """Show the active alarms, all rules, or the silenced ones."""
        chosen, self._which = self.chosen, VIEWS[(VIEWS.index(self._which) + 1) % len(VIEWS)]
        if chosen is not None and chosen_among(self._now_listed(), chosen.rule) is None:
            # Not in this view at all: the list begins at its top.
            self._listed = []
        self._fell_at = float("-inf")
        self._draw()

    def action_alarm_detail(self) -> None:
        """Enlarge the detail to the whole tab, or show the list again."""
        if self.chosen is None:
            return
        self.toggle_class("-full")
        self.take_focus()
        self.call_after_refresh(self._draw)

    def action_alarm_back(self) -> None:
        """Go back to the list, then to the active alarms."""
        if self.has_class("-full"):
            self.action_alarm_detail()
        elif self._which != VIEWS[0]:
            self._which = VIEWS[-1]
            self.action_alarm_view()

    # -- actions ------------------------------------------------------------------------------------

    def action_alarm_ack(self) -> None:
        """Acknowledge the chosen alarm."""
        alarm = self._target("a")
        if alarm is None:
            return
        if not alarm.waits:
            self._say(f'"{alarm.rule}" is {state_word(alarm)}: there is nothing to acknowledge.')
            return
        self._report(self.desk.acknowledge([alarm]), "")

    def action_alarm_ack_all(self) -> None:
        """Acknowledge all listed alarms, after a question."""
        waiting = [one for one in self._listed if one.waits]
        if not waiting:
            self._say("Nothing in this list waits to be acknowledged.")
            return
        self._ask(lambda: self._acknowledge(waiting))

    def action_alarm_shelve(self) -> None:
        """Shelve the chosen alarm, after asking for how long and why."""
        alarm = self._target("s")
        if alarm is not None:
            self._ask(lambda: self._shelve(alarm))

    def action_alarm_unshelve(self) -> None:
        """Unshelve the chosen alarm."""
        alarm = self._target("U")
        if alarm is None:
            return
        if alarm.state is not AlarmState.SHELVED:
            self._say(f'"{alarm.rule}" is not shelved.')
            return
        self._report(self.desk.unshelve(alarm.rule), f'"{alarm.rule}" is watched again.')

    def action_alarm_service(self) -> None:
        """Take the chosen alarm out of service, or return it to service."""
        alarm = self._target("x")
        if alarm is None:
            return
        if alarm.state is AlarmState.OUT_OF_SERVICE:
            self._report(self.desk.put_back(alarm.rule), f'"{alarm.rule}" is in service again.')
            return
        self._ask(lambda: self._take_out(alarm))

    def action_alarm_history(self) -> None:
        """Show what happened to alarms."""
        self._show_history()

    @work(group="dialog")
    async def _show_history(self) -> None:
        await self.workspace.ask(AlarmHistoryDialog(self.workspace))

    def action_alarm_limits(self) -> None:
        """Ask for the set of limits to use from now on."""
        self._ask(self._limits)

    def _target(self, key: str) -> AlarmView | None:
        """Return the alarm that a key applies to; None if there is none or it has just left the list."""
        mono = self.station.clock.mono()
        if self._strokes.held(key, mono):
            return None
        if self.chosen is not None and mono - self._fell_at < _IGNORE_SECONDS:
            self._say("The list has just changed: check it, then press the key again.")
            return None
        return self.chosen

    def _ask(self, what: Callable[[], Awaitable[None]]) -> None:
        """Open one question at a time; none in a replay, where the desk gives the reason."""
        if self.workspace.playback is not None:
            self._report(self.desk.acknowledge(()), "")
        elif not self._asking:
            self._asking = True
            self._asked(what)

    @work(group="dialog")
    async def _asked(self, what: Callable[[], Awaitable[None]]) -> None:
        try:
            await what()
        finally:
            self._asking = False

    async def _acknowledge(self, waiting: list[AlarmView]) -> None:
        seen = await self.workspace.ask(AcknowledgeDialog(self.workspace, waiting))
        if seen:
            self._report(self.desk.acknowledge(seen), "")

    async def _shelve(self, alarm: AlarmView) -> None:
        answer = await self.workspace.ask(ShelveDialog(self.workspace, alarm))
        if answer is not None:
            seconds, reason = answer
            self._report(self.desk.shelve(alarm.rule, seconds, reason), "")

    async def _take_out(self, alarm: AlarmView) -> None:
        words = (
            f'"{self.workspace.glyphs.shown(alarm.rule, 60)}" is silent then until you put it back: '
            "nothing brings it back by itself. Why?"
        )
        reason: str | None = ""
        problem = ""
        while not reason:
            reason = await self.workspace.ask(
                AskDialog(
                    self.workspace, self.workspace.titled("Take out of service"), words, problem=problem
                )
            )
            if reason is None:
                return
            problem = "Write why, so that the next operator can judge it."
        self._report(self.desk.take_out(alarm.rule, reason), "")

    async def _limits(self) -> None:
        view = self.desk.view()
        current = view.limit_set if view.by_hand else _BY_PRESSURE
        names = [_BY_PRESSURE, *LIMIT_SETS]
        chosen = await self.workspace.ask(ChooseDialog(self.workspace, "Set of limits", names, current))
        if chosen is not None:
            self._report(self.desk.use_set(None if chosen == _BY_PRESSURE else chosen), f"Limits: {chosen}.")

    def _report(self, refused: AlarmRefusal | None, done: str) -> None:
        """Report why the desk refused, or what was done if the list does not show it; then update it."""
        if refused:
            self._say(refused.sentence)
        elif self._view.mirrored:
            self._say("Asked of the process that evaluates the alarms; the list follows.", warn=False)
        elif done:
            self._say(done, warn=False)
        self._draw()

    def _say(self, words: str, *, warn: bool = True) -> None:
        said = self.workspace.glyphs.shown(words)
        self.workspace.say(said, "warning" if warn else "information", seconds=6 if warn else 3)
