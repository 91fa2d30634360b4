"""The list of events: draws the visible rows, and follows the newest event or holds its position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

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
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import CHOSEN, Line, Span, fit
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

    @classmethod
    def for_width(cls, width: int, longest_name: int, *, dated: bool = False) -> LogColumns:
        """Return the columns that fit; the name gets what it needs up to a third of the width."""
        room = max(0, width - _FIXED - (_DAY if dated else 0))
        name = min(max(8, longest_name), max(8, room * 2 // 5), 32)
        return cls(name, max(0, room - name - 1), dated)


_FIXED = 2 + 13 + 6 + 9
"""Mark of the chosen row, time, direction, kind."""
_DAY = 6
_KIND_STYLE = {
    EventKind.COMMAND: "bold $accent",
    EventKind.RESPONSE: "$good",
    EventKind.MESSAGE: "$foreground-muted",
}
_LEAP = 3
"""Divisor of the list's height that gives the rows left free after a leap."""


def event_line(
    event: LoggedEvent, columns: LogColumns, *, glyphs: Glyphs, times: Times, chosen: bool, focus: bool
) -> Line:
    """Return one event as a row; all text from the server is literal."""
    out = event.direction is Direction.OUT
    # Few spans a line: over SSH a span costs more than its text.
    if chosen and focus:
        when = words = named = body = wrong_style = CHOSEN
    else:
        when, words, wrong_style = "$foreground-muted", _KIND_STYLE[event.kind], "bold $warning"
        named, body = ("bold $accent", "bold $accent") if out else ("$foreground", "$foreground-muted")
    sign = glyphs.arrow_out if out else glyphs.arrow_in
    name = glyphs.literal(clean(event.name, 64))
    payload = glyphs.literal(event.line(min(_LONGEST, columns.payload + 1)))
    what = "not read" if too_long(event.problem) else "malformed"
    wrong = f"{glyphs.warning} {what} " if event.problem else ""
    shown = fit(payload, max(0, columns.payload - len(wrong)), ellipsis=glyphs.ellipsis)
    day = f"{times.day(event.utc)} " if columns.dated else ""
    time = f"{glyphs.then if chosen else ' '} {day}{times.clock_to_milli(event.utc)} "
    kind = f"{sign} {'OUT' if out else 'in '} {event.kind.value:<9}"
    return _joined(
        (time, when),
        (kind, words),
        (fit(name, columns.name, ellipsis=glyphs.ellipsis) + " ", named),
        (wrong, wrong_style),
        (shown if chosen else shown.rstrip(), body),
    )


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
    .-ascii LogView { border: ascii $border-blurred; }
    .-ascii LogView:focus { border: ascii $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING[:4],
        Binding("home,g", "oldest", "oldest", show=False),
        Binding("end,G", "follow", "follow", show=False),
    ]

    class Moved(Message):
        """Another event was chosen, or following began or ended."""

    def __init__(
        self,
        rows: LogRows,
        *,
        glyphs: Glyphs,
        times: Times,
        keys: Mapping[str, str],
        now: Callable[[], float],
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._now = now
        self.rows = rows
        self._glyphs, self._times, self._keys = glyphs, times, keys
        self.following = True
        self._top = 0
        """Index of the event in the first row."""
        self._align = True
        """While following: fill the list to its last row at the next repaint."""
        self._chosen = 0
        self._seen = 0
        """Number of events in the log when following ended: later ones are new."""
        self._above = 0
        """Rows between the first one and the chosen event."""
        self._longest_name = 8

    @property
    def chosen(self) -> LoggedEvent | None:
        """The event for detail, copy and save; the newest one while following."""
        row = self._chosen_row()
        return None if row is None else self.rows.log.get(self.rows.index(row))

    @property
    def new_below(self) -> int:
        """The number of rows that have arrived since following ended and are out of sight."""
        if self.following:
            return 0
        return max(0, len(self.rows) - max(self.rows.row(self._seen), self.top_row() + self.size.height))

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
        above = self.rows.row(self._chosen) - self.top_row()
        self._above = min(max(0, above), max(0, self.size.height - 1))
        self.rows = rows
        self.place()

    def renumbered(self, rows: LogRows, by: int) -> None:
        """Keep the same events in view after all indices have been shifted up."""
        self._chosen, self._top, self._seen = self._chosen + by, self._top + by, self._seen + by
        self.rows = rows
        self.repaint()

    def place(self) -> None:
        """Scroll the chosen event to its former place, once all of the new rows are known."""
        if not self.following:
            self._set_top(self.rows.row(self._chosen) - self._above, fill=True)
        self._align = True
        self.repaint()

    def _chosen_row(self) -> int | None:
        count = len(self.rows)
        if not count:
            return None
        return count - 1 if self.following else min(self.rows.row(self._chosen), count - 1)

    def _set_top(self, row: int, *, fill: bool = False) -> None:
        """Scroll to a row; with `fill`, without leaving room below the last one."""
        count = len(self.rows)
        row = min(max(0, row), max(0, count - (self.size.height if fill else 1)))
        self._top = self.rows.index(row) if count else 0

    def top_row(self) -> int:
        """Return the number of the first visible row."""
        return min(self.rows.row(self._top), max(0, len(self.rows) - 1))

    def _follow(self) -> None:
        """Scroll the newest row into sight in leaps.

        A list that scrolls with every event cannot be read, and repaints every line: 7 KB/s at 1 event/s.
        """
        count, height = len(self.rows), self.size.height
        if self._align:
            self._set_top(count - height)
        elif count - self.top_row() > height:
            self._set_top(count - height + height // _LEAP)
        self._align = False

    def repaint(self) -> None:
        """Make the visible rows."""
        height, width = self.size.height, self.size.width
        if not height:
            return
        if self.following:
            self._follow()
        count, top = len(self.rows), self.top_row()
        found = [self.rows.log.get(self.rows.index(row)) for row in range(top, min(count, top + height))]
        names = [len(event.name) for event in found if event is not None]
        # The column never shrinks: a moving column cannot be read, and repaints everything.
        self._longest_name = max(self._longest_name, *names, 8)
        dated = (
            len({self._times.day(event.utc) for event in found if event is not None} | {self._today()}) > 1
        )
        columns = LogColumns.for_width(width, self._longest_name, dated=dated)
        chosen = self._chosen_row()
        lines: list[Line] = [
            event_line(
                event,
                columns,
                glyphs=self._glyphs,
                times=self._times,
                chosen=top + number == chosen,
                focus=self.has_focus,
            )
            for number, event in enumerate(found)
            if event is not None
        ]
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
        """Choose another event; moving up ends following, and moving below the newest begins it."""
        row = self._chosen_row()
        if row is None:
            return
        count, height = len(self.rows), self.size.height
        if row + rows >= count:
            self.action_follow()
            return
        if self.following:
            if rows >= 0:
                return
            self.following, self._seen = False, self.rows.log.total
        wanted = max(0, row + rows)
        self._chosen = self.rows.index(wanted)
        self._set_top(min(max(self.top_row(), wanted - height + 1), wanted))
        self._moved()

    def action_oldest(self) -> None:
        """Go to the oldest event in the log."""
        self.action_move(-len(self.rows))

    def action_follow(self) -> None:
        """Follow the newest event from now on."""
        self.following = self._align = True
        self._moved()

    def hold(self) -> None:
        """Stop following at the current position."""
        if self.following and (row := self._chosen_row()) is not None:
            self.following, self._seen = False, self.rows.log.total
            self._chosen = self.rows.index(row)
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
        place, row = event.get_content_offset(self), self._chosen_row()
        if place is None or row is None:
            return
        wanted = self.top_row() + place.y
        if wanted < len(self.rows):
            self.hold()
            self._chosen = self.rows.index(wanted)
            self._moved()

    def on_resize(self) -> None:
        """Fill the new size, and keep the chosen event in sight."""
        row = self._chosen_row()
        if not self.following and row is not None:
            self._set_top(min(max(self.top_row(), row - self.size.height + 1), row), fill=True)
        self._align = True
        self.repaint()
