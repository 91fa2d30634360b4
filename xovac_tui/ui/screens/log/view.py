"""The list of events: draws the visible rows, and follows the newest event or holds its position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.payload import too_long
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.filters import LogRows
from xovac_tui.text import clean
from xovac_tui.ui.action import MOVING
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.log.changes import ChangedValues, RowValues
from xovac_tui.ui.screens.log.groups import EqualEvents, LogGroups
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import CHOSEN, Line, Span, clip, fit
from xovac_tui.ui.widgets.rows import ListWidget

_LONGEST_COPY = 20_000
"""Characters of a payload that are copied with its row at most."""
_LONGEST = 500
"""Characters of a payload used for a row at most."""


@dataclass(frozen=True, slots=True)
class LogColumns:
    """Widths in cells."""

    name: int
    payload: int
    dated: bool = False
    """Some events are not of today, so all are shown with their date."""
    close: bool = False
    """There is no room for the kind of an event, nor for parts of a second."""

    @classmethod
    def for_width(cls, width: int, longest_name: int, *, dated: bool = False) -> LogColumns:
        """Return the columns that fit; the name gets what it needs up to a third of the width."""
        close = width < _ROOMY
        room = max(0, width - _FIXED + (_CLOSER if close else 0) - (_DAY if dated else 0))
        name = min(max(8, longest_name), max(8, room * 2 // 5), 32)
        return cls(name, max(0, room - name - 1), dated, close)


_FIXED = 2 + 13 + 6 + 9
"""Mark of the chosen row, time, direction, kind."""
_CLOSER = 4 + 9
"""Of these, cells of the thousandths and of the kind."""
_ROOMY = 70
"""Width in cells from which both are shown."""
_DAY = 6
_KIND_STYLE = {
    EventKind.COMMAND: "bold $accent",
    EventKind.RESPONSE: "$good",
    EventKind.MESSAGE: "$foreground-muted",
}
_MANY = 2
"""Equal events in a row from which on their number is shown."""
_BETWEEN = "  "
"""Between two values of a message."""


def event_line(
    event: LoggedEvent,
    columns: LogColumns,
    *,
    glyphs: Glyphs,
    times: Times,
    chosen: bool,
    focus: bool,
    values: RowValues | None = None,
    count: int = 1,
    until: float | None = None,
) -> Line:
    """Return one event, or the first of `count` equal ones, as a row; all text from the server is literal.

    `values` are shown in place of the payload; `until` is when the last of the equal ones came.
    """
    out = event.direction is Direction.OUT
    # Few spans a line: over SSH a span costs more than its text.
    if chosen and focus:
        when = words = named = body = wrong_style = CHOSEN
    else:
        when, words, wrong_style = "$foreground-muted", _KIND_STYLE[event.kind], "bold $warning"
        named, body = ("bold $accent", "bold $accent") if out else ("$foreground", "$foreground-muted")
    sign = glyphs.arrow_out if out else glyphs.arrow_in
    name = row_name(event, count, glyphs, columns.name)
    what = "not read" if too_long(event.problem) else "malformed"
    wrong = f"{glyphs.warning} {what} " if event.problem else ""
    room = max(0, columns.payload - len(wrong))
    if until is not None:
        wrong, wrong_style = f"{wrong}{glyphs.ellipsis} {times.clock(until)}{_BETWEEN}", when
        room = max(0, columns.payload - len(wrong))
    if values is None:
        payload = glyphs.literal(event.line(min(_LONGEST, room + 1)))
        spans: Line = ((payload, body),)
    else:
        fresh = body if chosen and focus else "$foreground"
        spans = values_line(values, glyphs, fresh, body)
    shown = clip(spans, room, ellipsis=glyphs.ellipsis)
    if chosen and focus:
        width = sum(cell_len(text) for text, _ in shown)
        shown = (*shown, (" " * (room - width), body))
    day = f"{times.day(event.utc)} " if columns.dated else ""
    clock = times.clock(event.utc) if columns.close else times.clock_to_milli(event.utc)
    time = f"{glyphs.then if chosen else ' '} {day}{clock} "
    kind = f"{sign} {'OUT' if out else 'in '} {'' if columns.close else f'{event.kind.value:<9}'}"
    return _joined(
        (time, when),
        (kind, words),
        (fit(name, columns.name) + " ", named),
        (wrong, wrong_style),
        *shown,
    )


def row_name(event: LoggedEvent, count: int, glyphs: Glyphs, width: int = 80) -> str:
    """Return an event's name in at most `width` cells, with the number of equal ones, which is not cut."""
    name = glyphs.literal(clean(event.name, 64))
    number = "" if count < _MANY else f" {glyphs.plain('×')}{count}"
    room = max(1, width - cell_len(number))
    return fit(name, min(room, cell_len(name)), ellipsis=glyphs.ellipsis) + number


def values_line(values: RowValues, glyphs: Glyphs, changed: str, others: str) -> Line:
    """Return the values of a message in styles of those that changed and of the others."""
    spans: list[Span] = []
    for place, value in enumerate(values):
        text = glyphs.plain(value.text)
        spans.append((f"{_BETWEEN}{text}" if place else text, changed if value.changed else others))
    return _joined(*spans)


def _joined(*spans: Span) -> Line:
    """Return spans with neighbours of the same style joined."""
    line: list[Span] = []
    for text, style in spans:
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + text, style)
        elif text:
            line.append((text, style))
    return tuple(line)


class LogView(ListWidget):
    """A window on the log. Rows are keyed by the event's index, so new and dropped events do not move it."""

    DEFAULT_CSS = """
    LogView {
        height: 1fr; width: 1fr; padding: 0 1;
        border: round $border-blurred; border-title-color: $foreground;
        &:focus { border: round $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING[:4],
        Binding("home,g", "oldest", "oldest", show=False),
        Binding("end,G", "follow", "follow", show=False),
    ]

    class Moved(Message):
        """Another event was chosen, or following began or ended."""

    class Opened(Message):
        """A row was clicked twice."""

    def __init__(
        self,
        rows: LogRows,
        messages: ChangedValues,
        *,
        glyphs: Glyphs,
        times: Times,
        keys: Mapping[str, str],
        now: Callable[[], float],
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._now = now
        self._messages = messages
        self.collapsed = True
        """Equal events are in one row."""
        self._groups = LogGroups(rows, messages.sameness)
        self._glyphs, self._times, self._keys = glyphs, times, keys
        self.following = True
        self._top = 0
        """Index of the event in the first row."""
        self._chosen = 0
        self._seen = 0
        """Number of events in the log when following ended: later ones are new."""
        self._above = 0
        """Rows between the first one and the chosen event."""
        self._bottom = 0
        """Number of events up to the last row."""
        self._shown: tuple[EqualEvents, ...] = ()
        self._longest_name = 8

    @property
    def rows(self) -> LogRows:
        """The events that pass the filter."""
        return self._groups.rows

    @property
    def group(self) -> EqualEvents | None:
        """The chosen row; the newest one while following."""
        return self._groups.newest() if self.following else self._groups.group(self._chosen)

    @property
    def top(self) -> int:
        """Index of the event in the first visible row."""
        return self._top

    @property
    def chosen(self) -> LoggedEvent | None:
        """The event for detail, copy and save; the newest row's while following."""
        group, rows = self.group, self.rows
        if group is None:
            return None
        # Of equal events the same one stays chosen when rows are made anew.
        chosen = group.first if self.following else rows.index(min(rows.row(self._chosen), len(rows) - 1))
        return rows.log.get(chosen)

    @property
    def new_below(self) -> int:
        """The number of events that have arrived since following ended and are out of sight."""
        if self.following:
            return 0
        return max(0, len(self.rows) - max(self.rows.row(self._seen), self._bottom))

    def copied(self) -> Copied | None:
        """Return the chosen event in one line."""
        event = self.chosen
        if event is None:
            return None
        sign = "OUT" if event.direction is Direction.OUT else "in"
        words = f"{self._times.stamp(event.utc)} {sign} {event.kind.value} {clean(event.name, 64)}"
        return Copied("an event", f"{words} {event.line(_LONGEST_COPY)}".rstrip())

    def use(self, rows: LogRows) -> None:
        """Show other rows of the same log; keep the chosen event, or choose the nearest one."""
        self._above = self._rows_above()
        self._groups = LogGroups(rows, self._messages.sameness if self.collapsed else None)
        self.place()

    def use_messages(self, messages: ChangedValues) -> None:
        """Make the rows of messages anew: the contract in force has changed."""
        self._messages = messages
        self.use(self.rows)

    def collapse(self, collapsed: bool) -> None:
        """Show equal events in one row, or each in its own."""
        self.collapsed = collapsed
        self.use(self.rows)
        self._moved()

    def _rows_above(self) -> int:
        """Return how many rows are above the chosen one in the list."""
        chosen = self.group
        above = [place for place, group in enumerate(self._shown) if group == chosen]
        return above[0] if above else 0

    def renumbered(self, rows: LogRows, by: int) -> None:
        """Keep the same events in view after all indices have been shifted up."""
        self._chosen, self._top, self._seen = self._chosen + by, self._top + by, self._seen + by
        self._messages.forget()
        self._groups = LogGroups(rows, self._messages.sameness if self.collapsed else None)
        self.repaint()

    def place(self) -> None:
        """Scroll the chosen event to its former place, once all of the new rows are known."""
        if not self.following:
            self._set_top(self._groups.moved(self._chosen, -self._above), fill=True)
        self.repaint()

    def _set_top(self, group: EqualEvents | None, *, fill: bool = False) -> None:
        """Scroll to a row; with `fill`, without leaving room below the last one."""
        newest = self._groups.newest()
        if group is None or newest is None:
            self._top = 0
            return
        self._top = group.first
        if fill:
            last = self._groups.moved(newest.first, 1 - self.size.height)
            self._top = min(self._top, last.first if last is not None else 0)

    def _follow(self) -> None:
        """Show the newest row at the bottom of a full list."""
        newest = self._groups.newest()
        if newest is not None:
            top = self._groups.moved(newest.first, 1 - self.size.height)
            self._top = top.first if top is not None else 0

    def repaint(self) -> None:
        """Make the visible rows."""
        height, width = self.size.height, self.size.width
        if not height:
            return
        if self.following:
            self._follow()
        log, chosen = self.rows.log, self.group
        self._shown = tuple(self._groups.from_index(self._top, height))
        found = [(group, event) for group in self._shown if (event := log.get(group.first)) is not None]
        self._bottom = self.rows.row(self._shown[-1].first) + 1 if self._shown else 0
        names = [cell_len(row_name(event, group.count, self._glyphs)) for group, event in found]
        # The column never shrinks: a moving column cannot be read, and repaints everything.
        self._longest_name = max(self._longest_name, *names, 8)
        dated = len({self._times.day(event.utc) for _, event in found} | {self._today()}) > 1
        columns = LogColumns.for_width(width, self._longest_name, dated=dated)
        lines: list[Line] = []
        for group, event in found:
            newest = log.get(group.last) if group.count > 1 else None
            lines.append(
                event_line(
                    event,
                    columns,
                    glyphs=self._glyphs,
                    times=self._times,
                    chosen=group == chosen,
                    focus=self.has_focus,
                    values=self._messages.values(log, event),
                    count=group.count,
                    until=None if newest is None else newest.utc,
                )
            )
        if not lines:
            lines.append(((self._glyphs.plain(self._nothing()), "$foreground-muted"),))
        self.show_lines(lines + [()] * (height - len(lines)))

    def _today(self) -> str:
        return self._times.day(self._now())

    def _nothing(self) -> str:
        if self.rows.filter is None:
            return "Nothing has been sent or received yet."
        if not self.rows.done:
            return "No event passes this filter so far."
        return f"No event passes this filter ({self._keys['log-back']}: take it away)."

    def action_move(self, rows: int) -> None:
        """Choose another row; moving up ends following, and moving below the newest begins it."""
        chosen = self.group
        if chosen is None:
            return
        wanted = self._groups.moved(chosen.first, rows)
        if wanted is None or (rows > 0 and wanted == chosen):
            self.action_follow()
            return
        if self.following:
            if rows >= 0:
                return
            self.following, self._seen = False, self.rows.log.total
        self._choose(wanted)

    def _choose(self, wanted: EqualEvents) -> None:
        """Choose a row, and scroll no further than it takes to see it."""
        self._chosen = wanted.first
        top = self._groups.group(self._top)
        least = self._groups.moved(wanted.first, 1 - self.size.height)
        if top is None or wanted.first < top.first:
            self._set_top(wanted)
        elif least is not None and least.first > top.first:
            self._set_top(least)
        self._moved()

    def action_oldest(self) -> None:
        """Go to the oldest event in the log."""
        self.action_move(-len(self.rows))

    def action_follow(self) -> None:
        """Follow the newest event from now on."""
        self.following = True
        self._moved()

    def hold(self) -> None:
        """Stop following at the current position."""
        if self.following and (group := self.group) is not None:
            self.following, self._seen = False, self.rows.log.total
            self._chosen = group.first
        self._moved()

    def _moved(self) -> None:
        self.repaint()
        self.post_message(self.Moved())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_move(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel."""
        event.stop()
        self.action_move(3)

    def on_click(self, event: events.Click) -> None:
        """Choose the event under the pointer."""
        place = event.get_content_offset(self)
        if place is None or not 0 <= place.y < len(self._shown):
            return
        self.hold()
        self._choose(self._shown[place.y])
        if event.chain > 1:
            self.post_message(self.Opened())

    def on_resize(self) -> None:
        """Fill the new size, and keep the chosen event in sight."""
        chosen = self.group
        if not self.following and chosen is not None:
            top = self._groups.group(self._top)
            least = self._groups.moved(chosen.first, 1 - self.size.height)
            if top is not None and least is not None:
                wanted = min(max(top.first, least.first), chosen.first)
                self._set_top(self._groups.group(wanted), fill=True)
        self.repaint()
