"""The history of messages: every message with its time, and the whole of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.plural import counted
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.message_history import SaidMessage
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.lines import Span, entitle
from xovac_tui.ui.widgets.message_line import SEVERITY_STYLE, ledger_spans, severity_sign
from xovac_tui.ui.widgets.rows import CursorRows
from xovac_tui.ui.workspace import Workspace

_LONGEST = 2_000
"""Characters of a payload or path that are shown."""
_LEAST_DETAIL = 5
"""Rows of the chosen message at least."""


class MessageRows(CursorRows[SaidMessage]):
    """The messages, newest first."""

    DEFAULT_CSS = "MessageRows { width: 1fr; }"
    EMPTY = "Nothing was said yet."

    def __init__(self, glyphs: Glyphs, times: Times, now: Callable[[], float]) -> None:
        super().__init__(glyphs)
        self._times, self._now = times, now

    def key_of(self, item: SaidMessage) -> Hashable:
        return item.number

    def spans_of(self, item: SaidMessage, width: int) -> Sequence[Span]:
        style = SEVERITY_STYLE[item.severity]
        if item.entry is not None:
            sent = ledger_spans(
                item.entry, glyphs=self.glyphs, times=self._times, now=self._now(), payload=False
            )
            return [sent[0], (f"{severity_sign(item.severity, self.glyphs)} ", style), *sent[1:]]
        first, _, rest = item.whole.partition("\n")
        spans: list[Span] = [
            (f"{self._times.clock(item.utc)} ", "$no-data"),
            (f"{severity_sign(item.severity, self.glyphs)} ", style),
            (first + (f" {self.glyphs.ellipsis}" if rest else ""), style),
        ]
        if item.path and item.path not in first:
            spans.append((f" {self.glyphs.literal(clean(item.path, _LONGEST))}", style))
        if item.times > 1:
            spans.append((self.glyphs.plain(f" (×{item.times})"), "$no-data"))
        return spans


class HistoryDialog(Dialog[None]):
    """The messages as a list, and below it the whole of the chosen one with its path on a line of its own."""

    DEFAULT_CSS = """
    HistoryDialog > .dialog.-wide { width: 100%; max-width: 120; }
    HistoryDialog VerticalScroll { border-top: solid $border-blurred; }
    HistoryDialog VerticalScroll:focus { border-top: solid $border; }
    """
    AUTO_FOCUS = "MessageRows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy"),
        Binding("slash", "find", "find"),
        Binding("escape", "leave", "back"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "Messages", "/: find   tab: scroll the text   esc: back")
        self._drawn = -1
        """Version of the history that is shown."""

    def contents(self) -> ComposeResult:
        """Build the list and the text."""
        yield FindField("words of a message", lambda: self.query_one(MessageRows))
        yield MessageRows(self.workspace.glyphs, self.workspace.times, self.station.clock.mono)
        with VerticalScroll():
            yield FactsView()

    def on_mount(self) -> None:
        """Show the messages."""
        self.on_resize()
        self.draw()

    def on_resize(self) -> None:
        """Share the rows between list and text."""
        rows = self.rows - 2 - self.field.is_open
        detail = max(_LEAST_DETAIL, rows // 3)
        self.query_one(MessageRows).styles.height = max(1, rows - detail)
        self.query_one(VerticalScroll).styles.height = detail

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what was said meanwhile."""
        if self.is_mounted and self._drawn != self.workspace.history.version:
            self.draw()

    @property
    def field(self) -> FindField:
        """The field with the words that shown messages have."""
        return self.query_one(FindField)

    def draw(self) -> None:
        """Show the messages and the chosen one."""
        history = self.workspace.history
        self._drawn = history.version
        words = self.field.value.lower().split()
        found = [one for one in history.messages[::-1] if all(word in searched(one) for word in words)]
        self.query_one(MessageRows).show_items(found)
        gone = f", {counted(history.dropped, 'older one', 'older ones')} dropped" if history.dropped else ""
        kept = f"{len(found)} of " * bool(words) + counted(len(history.messages), "message", "messages")
        entitle(self.query_one(".dialog"), f"Messages: {kept}{gone}")
        self._show_chosen()

    def on_cursor_rows_moved(self) -> None:
        """Show the message under the cursor."""
        self._show_chosen()

    def _show_chosen(self) -> None:
        message = self.query_one(MessageRows).chosen
        facts = [] if message is None else message_facts(message, self.workspace.glyphs, self.workspace.times)
        self.query_one(FactsView).show(facts)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_find(self) -> None:
        """Open the field for the words of a message."""
        self.field.open()

    def on_find_field_toggled(self) -> None:
        """Share the rows again."""
        self.on_resize()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only messages that have these words."""
        event.stop()
        self.draw()

    def action_leave(self) -> None:
        """Show all messages again, else close."""
        if not self.field.back():
            self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the path of the chosen message, else its text."""
        message = self.query_one(MessageRows).chosen
        if message is not None:
            self.app.copy_to_clipboard(message.path or message.whole)
            what = "path" if message.path else "message"
            self.workspace.say(f"Copied the {what}, if this terminal lets programs copy.", seconds=4)


def searched(message: SaidMessage) -> str:
    """Return what the words of a search are looked for in, in small letters."""
    sent = "" if message.entry is None else f"{message.entry.command} {message.entry.payload}"
    return f"{message.whole} {message.path} {message.severity} {sent}".lower()


def message_facts(message: SaidMessage, glyphs: Glyphs, times: Times) -> list[Fact]:
    """Return the whole of a message: its time and severity, its text, and its path on a line of its own."""
    often = glyphs.plain(f", said {message.times} times") if message.times > 1 else ""
    facts: list[Fact] = []
    label = "Says"
    for line in [*([message.title] if message.title else []), *message.text.split("\n")]:
        facts.append(Fact(label, line, SEVERITY_STYLE[message.severity]))
        label = ""
    if message.path:
        facts.append(
            Fact("Path", glyphs.literal(clean(message.path, _LONGEST)), "bold $accent", literal=True)
        )
    if message.entry is not None and message.entry.payload:
        facts.append(Fact("Sends", glyphs.literal(clean(message.entry.payload, _LONGEST)), literal=True))
    facts.append(Fact("At", f"{times.stamp(message.utc)}  {message.severity}{often}", "$no-data"))
    return facts
