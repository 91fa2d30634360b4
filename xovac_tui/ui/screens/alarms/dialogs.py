"""Dialogs about alarms: acknowledge the listed ones, or shelve one for a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Label, Static

from xovac_tui.chamber.alarm import AlarmChange, AlarmView
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.plural import counted
from xovac_tui.station.news import News
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.screens.alarms.board import change_head, change_line
from xovac_tui.ui.screens.alarms.lines import change_lines, question_line
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic
from xovac_tui.ui.widgets.lines import Line, LinesWidget, entitle
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.selector import Selector
from xovac_tui.ui.workspace import Workspace

TIMES = {
    "15 min": 900.0,
    "30 min": 1_800.0,
    "1 h": 3_600.0,
    "2 h": 7_200.0,
    "4 h": 14_400.0,
    "8 h": 28_800.0,
}
"""Offered durations of shelving -> seconds."""
_USUAL = "1 h"
T = TypeVar("T")


class AlarmQuestion(Dialog[T]):
    """Asks about alarms, and shows them as they are by now."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.draw()

    def on_news(self, news: News) -> None:
        if isinstance(news, AlarmsChanged):
            self.draw()

    def draw(self) -> None:
        """Show the alarms as they are by now."""


class AcknowledgeDialog(AlarmQuestion[tuple[AlarmView, ...]]):
    """Asks whether to acknowledge the listed alarms; returns those that still wait for it.

    Alarms raised after the question was asked are not among them, even of a listed rule.
    """

    DEFAULT_CSS = """
    AcknowledgeDialog > .dialog.-wide { width: 100%; max-width: 100; }
    AcknowledgeDialog Static { height: auto; width: 1fr; }
    AcknowledgeDialog #asked { width: 1fr; }
    AcknowledgeDialog VerticalScroll { margin: 1 0; }
    AcknowledgeDialog .buttons { margin: 0 0 1 0; }
    """
    AUTO_FOCUS = "#leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "take", "acknowledge"),
        # No priority: it would overtake a tab key typed just before it.
        Binding("enter", "choose", "choose"),
        Binding("left,h", "app.focus_previous", "before", show=False),
        Binding("right,l", "app.focus_next", "next", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
        Binding("down,j", "scroll(1)", "down", show=False),
    ]

    def __init__(self, workspace: Workspace, waiting: Sequence[AlarmView]) -> None:
        title = f"Acknowledge {counted(len(waiting), 'alarm', 'alarms')}?"
        super().__init__(workspace, workspace.titled(title))
        self._asked = tuple(waiting)
        self._left = self._asked

    def contents(self) -> ComposeResult:
        """Build the question."""
        yield LeanStatic("Acknowledging means: I have seen it. Nothing is sent to the chamber.", markup=False)
        with VerticalScroll(can_focus=False):
            yield LinesWidget(id="asked")
        with Horizontal(classes="buttons"):
            yield DialogButton("Cancel", id="leave")
            yield DialogButton("Acknowledge (y)", id="take")

    def on_mount(self) -> None:
        """Show the alarms."""
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal."""
        self.query_one(VerticalScroll).styles.max_height = max(2, self.rows - 8)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        if not self.is_mounted:
            return
        now = {one.rule: one for one in self.station.alarms.view().alarms}
        utc, glyphs = self.station.snapshot().utc, self.workspace.glyphs
        lines = self.query_one("#asked", LinesWidget)
        width = max(20, lines.size.width)
        left: list[AlarmView] = []
        drawn = []
        for asked in self._asked:
            one = now.get(asked.rule)
            note = ""
            if one is None:
                note = "not watched any more"
            elif not one.waits:
                note = f"{one.state} by now"
            elif one.raised_utc != asked.raised_utc:
                note = "raised again: not this one"
            else:
                left.append(asked)
            drawn.append(question_line(one or asked, width, utc, note, glyphs))
        lines.show_lines(drawn)
        self._left = tuple(left)
        if not left:
            self.workspace.say("None of them waits any more.", seconds=4)
            self._leave(())

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Choose the clicked answer."""
        self._leave(self._left if message.button.id == "take" else ())

    def action_choose(self) -> None:
        """Choose the focused answer."""
        self._leave(self._left if self.focused is not None and self.focused.id == "take" else ())

    def action_take(self) -> None:
        """Acknowledge them."""
        self._leave(self._left)

    def action_scroll(self, rows: int) -> None:
        """Scroll the list."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def _leave(self, seen: tuple[AlarmView, ...]) -> None:
        # Textual's dismiss removes the top screen, which may be another dialog.
        if self.app.screen is self:
            self.dismiss(seen)


class ShelveDialog(AlarmQuestion[tuple[float, str]]):
    """Asks for how long an alarm is to be shelved and why; returns seconds and reason."""

    DEFAULT_CSS = """
    ShelveDialog Static { height: auto; width: 1fr; }
    ShelveDialog #asked { width: 1fr; margin: 1 0; }
    ShelveDialog Horizontal { height: 1; }
    ShelveDialog Label { width: 8; text-style: bold; }
    ShelveDialog Input { width: 1fr; }
    ShelveDialog #wrong { height: auto; width: 1fr; color: $bad; text-style: bold; }
    ShelveDialog .hint { margin-top: 1; color: $no-data; }
    """
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "shelve"),
        Binding("up", "app.focus_previous", "before", show=False),
        Binding("down", "app.focus_next", "next", show=False),
    ]

    def __init__(self, workspace: Workspace, alarm: AlarmView) -> None:
        heading = f"Shelve {workspace.glyphs.shown(alarm.rule, 50)}"
        super().__init__(workspace, workspace.titled(heading), "enter: shelve   esc: back")
        self._alarm = alarm

    def contents(self) -> ComposeResult:
        """Build the two fields."""
        glyphs = self.workspace.glyphs
        yield LeanStatic(
            "It is silent until the time is over; then it is as it is by then. Who, how long and why "
            "go into the record.",
            markup=False,
        )
        yield LinesWidget(id="asked")
        with Horizontal():
            yield Label("For")
            yield Selector(tuple(TIMES), _USUAL, glyphs)
        with Horizontal():
            yield Label("Why")
            yield LeanInput(max_length=200, compact=True, placeholder="wanted")
        yield LeanStatic("", id="wrong", markup=False)
        yield LeanStatic("up, down: the other field; left, right: another time", classes="hint", markup=False)

    @property
    def unsaved(self) -> str:
        """The heading where a reason was typed; else empty."""
        return self.heading if any(one.value.strip() for one in self.query(Input)) else ""

    def on_mount(self) -> None:
        """Show the alarm."""
        self.query_one("#wrong").display = False
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        if not self.is_mounted:
            return
        alarms = self.station.alarms.view().alarms
        self._alarm = next((one for one in alarms if one.rule == self._alarm.rule), self._alarm)
        lines = self.query_one("#asked", LinesWidget)
        utc, width = self.station.snapshot().utc, max(20, lines.size.width)
        lines.show_lines([question_line(self._alarm, width, utc, "", self.workspace.glyphs)])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Submit both fields."""
        self.action_take()

    def action_take(self) -> None:
        """Return time and reason, if there is a reason."""
        reason = self.query_one(Input).value.strip()
        if not reason:
            wrong = self.query_one("#wrong", Static)
            wrong.update("Write why, so that the next operator can judge it.")
            wrong.display = True
            self.query_one(Input).focus()
            return
        self.dismiss((TIMES[self.query_one(Selector).value], reason))


class AlarmHistoryDialog(AlarmQuestion[None]):
    """What happened to alarms, newest first, and the whole of the chosen change below."""

    DEFAULT_CSS = """
    AlarmHistoryDialog > .dialog.-wide { width: 100%; max-width: 120; padding: 0; }
    AlarmHistoryDialog Rows { height: 1fr; }
    AlarmHistoryDialog #change { height: 8; }
    AlarmHistoryDialog.-below-usual #change { height: 6; }
    AlarmHistoryDialog.-below-low #change { height: 4; }
    """
    AUTO_FOCUS = "#changes"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "History of alarms", "tab: scroll the text   esc: back")
        self._changes: tuple[AlarmChange, ...] = ()

    def contents(self) -> ComposeResult:
        """Build the list and the text."""
        yield Rows(choose=True, id="changes")
        yield Rows(id="change")

    def on_mount(self) -> None:
        """Show what happened."""
        super().on_mount()
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self.query_one(".dialog").styles.height = max(6, self.rows)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        if not self.is_mounted:
            return
        rows, before = self.query_one("#changes", Rows), self._changes
        self._changes = tuple(reversed(self.station.alarms.history()))
        glyphs, times, utc = self.workspace.glyphs, self.workspace.times, self.station.snapshot().utc
        count = len(self._changes)
        entitle(rows, counted(count, "change", "changes") + ", the newest on top")
        if not count:
            rows.show_folded(lambda width: [(("Nothing has happened to any alarm.", "$no-data"),)])
            self.query_one("#change").display = False
            return
        dated = any(times.stamp(one.utc)[:10] != times.stamp(utc)[:10] for one in self._changes)

        def line(index: int, chosen: bool) -> Line:
            return change_line(
                self._changes[index],
                rows.size.width,
                utc,
                glyphs=glyphs,
                times=times,
                chosen=chosen,
                focus=rows.has_focus,
            )

        # The cursor stays on its change when newer ones come.
        at = rows.chosen
        if before and at and before[at] in self._changes:
            at = self._changes.index(before[at])
        rows.show_rows(count, line, head=lambda: change_head(rows.size.width, dated=dated), chosen=at)
        self._show_chosen()

    def on_rows_chosen(self) -> None:
        """Show the change under the cursor."""
        self._show_chosen(rewind=True)

    def _show_chosen(self, *, rewind: bool = False) -> None:
        at, detail = self.query_one("#changes", Rows).chosen, self.query_one("#change", Rows)
        detail.display = at < len(self._changes)
        if at < len(self._changes):
            change, glyphs, times = self._changes[at], self.workspace.glyphs, self.workspace.times
            detail.show_folded(
                lambda width: change_lines(change, width, glyphs=glyphs, times=times), rewind=rewind
            )
