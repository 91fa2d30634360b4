"""The Log tab: all events in and out, to read, filter, copy and save."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input

from xovac_tui import paths
from xovac_tui.api.link import LinkWord
from xovac_tui.api.outline import Outline
from xovac_tui.chamber.news import ContractChanged, RecordOpened
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.plural import counted
from xovac_tui.recording.apart import can_be_read_apart, read_apart
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.exports.events import export_file, save_events
from xovac_tui.recording.filters import SYNTAX, Filter, FilterError, LogRows, parse_filter
from xovac_tui.station.news import News, ReplayMoved
from xovac_tui.text import clean
from xovac_tui.ui import dialogs
from xovac_tui.ui.screens.log import ACTIONS
from xovac_tui.ui.screens.log.changes import ChangedValues
from xovac_tui.ui.screens.log.detail import SHOWN, detail_lines, detail_text, shown_in_part
from xovac_tui.ui.screens.log.groups import EqualEvents
from xovac_tui.ui.screens.log.view import LogView
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span
from xovac_tui.ui.widgets.rows import Rows

_SLICE = 0.008
"""Seconds of filtering in one slice, so that no key waits long."""
_RESTING = 0.3
"""Seconds that an event is chosen before another process decodes its bulky payload."""


class LogPane(Pane):
    """The list of events, the filter line, and one event in full."""

    HELP = (
        "Every event in and out; OUT is what this console sent. Of a message, the values that changed since "
        "the one before come first, in the units of the screen; {log-detail} shows all of it as it came. "
        "Equal messages are one row with their number (×12) and the time of the newest; only the device's "
        "clock may differ in them. {log-each} shows each.\n"
        "The list follows the newest event until you go up or press {log-detail}; then nothing moves, and "
        "new events are counted below. End follows again.\n"
        f"Filter: {SYNTAX}. All of them must be true.\n"
        "{edit-event} opens the form of a channel that the chosen event makes, or of the command "
        "that was sent.\n"
        "Save writes exactly what came, as lines of JSON, into the folder exports beside the state file."
    )
    ACTIONS = ACTIONS
    DEFAULT_CSS = """
    LogPane #log-detail { height: 40%; min-height: 7; display: none; }
    LogPane.-detail #log-detail { display: block; }
    LogPane #log-status { height: 1; width: 1fr; color: $foreground-muted; }
    """

    def compose(self) -> ComposeResult:
        """Build list, detail, filter line and status line."""
        workspace = self.workspace
        rows = LogRows(self.station.log)
        clock = self.station.clock
        view = LogView(
            rows,
            self._messages(),
            glyphs=workspace.glyphs,
            times=workspace.times,
            keys=self.keys,
            now=clock.utc,
            id="log-view",
        )
        view.border_title = "Log"
        yield view
        yield Rows("Event", id="log-detail")
        yield FindField(
            'words, kind:message, name:state, dir:out, is:malformed, -not, "in quotes"',
            lambda: self.view,
            id="log-filter",
        )
        yield LinesWidget(id="log-status")

    def _messages(self) -> ChangedValues:
        return ChangedValues(self.station.contract, self.workspace.units)

    def on_mount(self) -> None:
        """Begin without a filter and without detail."""
        self._filter_problem = ""
        self._link = self.station.snapshot().link.word
        self._detail_of = (-1, 0)
        self._apart: tuple[int, Outline] | None = None

    @property
    def view(self) -> LogView:
        """The list."""
        return self.query_one("#log-view", LogView)

    @property
    def field(self) -> FindField:
        """The filter line."""
        return self.query_one("#log-filter", FindField)

    @property
    def detail(self) -> Rows:
        """The widget with the chosen event in full."""
        return self.query_one("#log-detail", Rows)

    def take_focus(self) -> None:
        """Focus the list."""
        self.view.focus()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the events since the last call; at most at the flush rate."""
        self._link = snapshot.link.word
        rows = self.view.rows
        if not rows.work(_SLICE):
            self._sift()
        self._draw()

    def on_news(self, news: News) -> None:
        """Read the log again after a jump of a replay, or when events of a record were put before it."""
        if isinstance(news, ReplayMoved):
            self.view.use(LogRows(self.station.log, self.view.rows.filter))
            self._sift()
        elif isinstance(news, ContractChanged):
            self.view.use_messages(self._messages())
        elif isinstance(news, RecordOpened) and news.moved:
            self._detail_of = (-1, 0)
            rows = LogRows(self.station.log, self.view.rows.filter)
            self.view.renumbered(rows, news.moved)
            if not rows.done:
                self._sift()
            self.workers.cancel_group(self, "log-apart")
            self._apart = None

    def _draw(self) -> None:
        self.view.repaint()
        self._show_detail()
        self._show_status()

    def on_log_view_moved(self) -> None:
        """Show the chosen event."""
        self._show_detail()
        self._show_status()

    def on_log_view_opened(self) -> None:
        """Open the detail of the row that was clicked twice."""
        if not self.has_class("-detail"):
            self.action_log_detail()

    # -- status -------------------------------------------------------------------------------------

    def _show_status(self) -> None:
        self.query_one("#log-status", LinesWidget).show_lines([self._status()])

    def _status(self) -> Line:
        view, log, glyphs = self.view, self.station.log, self.workspace.glyphs
        if self._filter_problem:
            return ((f" {glyphs.cross} {glyphs.plain(self._filter_problem)}", "bold $error"),)
        spans: list[Span] = []
        if view.following:
            word = self._link
            live = word is LinkWord.ONLINE
            said = "following" if live else f"following, but the link is {word.value}"
            spans.append(
                (
                    f" {glyphs.play if live else glyphs.link(word)} {said}",
                    "bold $good" if live else "bold $stale",
                )
            )
        else:
            new = view.new_below
            more = f", {new:,} new below (end)" if new else ""
            spans.append((f" {glyphs.idle} held{more}", "bold $stale"))
        rows = view.rows
        if rows.filter is None:
            spans.append((f"   {counted(len(log), 'event')}", ""))
        else:
            busy = "" if rows.done else f" so far, {rows.part_done:.0%} read"
            spans.append((f"   {len(rows):,} of {len(log):,} match{busy}", ""))
            typed = clean(self.field.value.strip(), 80)
            spans.append((f"   {glyphs.then} {glyphs.literal(typed)}", ""))
        if log.problem:
            spans.append((f"   {log.dropped:,} older ones cannot be read", "bold $error"))
        elif log.dropped:
            keeps = f"the newest {log.keep:,}" if len(log) >= log.keep else "what fits its memory"
            spans.append((f"   oldest {log.dropped:,} dropped: the log keeps {keeps}", ""))
        return tuple(spans)

    # -- detail -------------------------------------------------------------------------------------

    def _show_detail(self) -> None:
        detail, event, group = self.detail, self.view.chosen, self.view.group
        key = (event.index, group.count) if event is not None and group is not None else (-1, 0)
        if not detail.display or key == self._detail_of:
            return
        same = key[0] == self._detail_of[0]
        self._detail_of = key
        self.workers.cancel_group(self, "log-apart")
        glyphs, times = self.workspace.glyphs, self.workspace.times
        if event is None:
            detail.show_rows(0, lambda index, chosen: ())
            return
        equal = self._equal(group) if group is not None and group.count > 1 else ""
        # While following, keep the scroll position from event to event.
        detail.show_folded(
            lambda width: detail_lines(
                event, width, glyphs=glyphs, times=times, apart=self._outline_of(event), equal=equal
            ),
            rewind=not self.view.following and not same,
        )
        if can_be_read_apart(event) and self._outline_of(event) is None:
            self._read_apart(event)

    def _equal(self, group: EqualEvents) -> str:
        """Return what the row of an event is about, where equal ones followed."""
        newest = self.station.log.get(group.last)
        until = "" if newest is None else f" until {self.workspace.times.clock_to_milli(newest.utc)}"
        return f"The first of {group.count} equal ones{until}; {self.keys['log-each']} shows each."

    def _outline_of(self, event: LoggedEvent) -> Outline | None:
        """Return the payload decoded by another process; None if not requested or not finished."""
        return self._apart[1] if self._apart is not None and self._apart[0] == event.index else None

    @work(group="log-apart", exclusive=True)
    async def _read_apart(self, event: LoggedEvent) -> None:
        """Have a bulky payload decoded after a pause; choosing another event cancels it."""
        await asyncio.sleep(_RESTING)
        whole = await asyncio.to_thread(self.station.log.whole, event)
        found = await read_apart(whole, SHOWN)
        chosen = self.view.chosen
        if chosen is not None and chosen.index == event.index:
            self._apart = (event.index, found)
            self._detail_of = (-1, 0)
            self._show_detail()

    # -- filter -------------------------------------------------------------------------------------

    def action_log_filter(self) -> None:
        """Open the filter line."""
        self.field.open()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the filter as typed; one that cannot be parsed yet leaves the list unchanged."""
        event.stop()
        try:
            wanted = parse_filter(event.value)
        except FilterError as error:
            self._filter_problem, self.field.wrong = str(error), True
            self._show_status()
            return
        self._filter_problem, self.field.wrong = "", False
        self._use(wanted)

    def _use(self, wanted: Filter) -> None:
        current = self.view.rows.filter or Filter()
        if wanted != current:
            rows = LogRows(self.station.log, wanted)
            rows.work(_SLICE)
            self.view.use(rows)
            if not rows.done:
                self._sift()
        self._draw()

    @work(group="log-sift", exclusive=True)
    async def _sift(self) -> None:
        """Filter the whole log in slices, with pauses for keys and the flush."""
        rows = self.view.rows
        while self.view.rows is rows:
            if rows.work(_SLICE):
                break
            await asyncio.sleep(0.002)
        if self.view.rows is rows:
            self.view.place()
            self._draw()

    def action_log_back(self) -> None:
        """Close filter line, detail or filter, one at a time."""
        if self.detail.has_focus:
            self.view.focus()
        elif not self.field.back():
            self.remove_class("-detail")

    # -- actions ------------------------------------------------------------------------------------

    def action_log_detail(self) -> None:
        """Hold the chosen event and open it in full; close it if it is held and open already."""
        if self.detail.has_focus:
            self.view.focus()
        if self.view.following:
            self.view.hold()
            self.add_class("-detail")
        else:
            self.toggle_class("-detail")
        self._detail_of = (-1, 0)
        self.call_after_refresh(self._draw)

    def action_log_hold(self) -> None:
        """Stop following the newest event, or follow again."""
        if self.view.following:
            self.view.hold()
        else:
            self.view.action_follow()

    def action_log_each(self) -> None:
        """Show each event in a row of its own, or equal ones in one."""
        self.view.collapse(not self.view.collapsed)

    @work(group="contract", exclusive=True)
    async def action_edit_event(self) -> None:
        """Show the form of a channel of the chosen event."""
        event = self.view.chosen
        if event is None:
            self.workspace.say("No event is chosen.", "warning")
        else:
            await dialogs.contract.of_event.edit_event(self.workspace, event)

    @work(group="contract")
    async def action_undo_contract(self) -> None:
        """Take the last change of the contract back."""
        await dialogs.contract.undo.undo_contract(self.workspace)

    def action_log_copy(self) -> None:
        """Copy the chosen event as shown."""
        event = self.view.chosen
        if event is None:
            self.workspace.say("There is no event to copy.", "warning")
            return
        text = detail_text(event, self._outline_of(event))
        self.app.copy_to_clipboard(text)
        what = "what is shown of it, " if shown_in_part(event) else ""
        self.workspace.say(
            f"Copied {what}{counted(len(text), 'character')}, if this terminal lets programs copy. "
            f"{self.keys['log-save']} saves it to a file."
        )

    def action_log_save(self) -> None:
        """Save the chosen event."""
        event = self.view.chosen
        if event is None:
            self.workspace.say("There is no event to save.", "warning")
            return
        self._save(map(self.station.log.whole, [event]), f"event-{event.index + 1}-{clean(event.name, 40)}")

    def action_log_save_all(self) -> None:
        """Save all events that the filter shows."""
        rows = self.view.rows
        if not rows.done:
            self.workspace.say("The filter is still at work. Save again when it is done.", "warning")
        elif not len(rows):
            self.workspace.say("There is no event to save.", "warning")
        else:
            wanted = rows.filter or Filter()
            events = self.station.log.scan(whole=True)
            self._save((event for event in events if wanted.matches(event)), f"log-{self.station.name}")

    @work(group="log-save")
    async def _save(self, events: Iterable[LoggedEvent], words: str) -> None:
        folder = paths.state_folder() / "exports"
        utc = self.station.clock.utc()
        try:
            path, count = await asyncio.to_thread(_write, events, folder, words, utc)
        except OSError as why:
            reason = why.strerror or str(why)
            self.workspace.say(
                f"Nothing was saved: {reason}. Set {paths.HOME_VARIABLE} to a folder that can be written, "
                "or make room in",
                "error",
                path=paths.shown(folder),
            )
            return
        self.workspace.say(f"Saved {counted(count, 'event')} in", path=paths.shown(path))


def _write(events: Iterable[LoggedEvent], folder: Path, words: str, utc: float) -> tuple[Path, int]:
    path = export_file(folder, words, utc)
    return path, save_events(events, path)
