"""The base of dialogs about a command: watches the chamber and ignores accidental keys."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from xovac_tui.chamber.news import ContractChanged, LedgerChanged
from xovac_tui.chamber.snapshot import Outcome, RunState, Snapshot
from xovac_tui.station.news import News
from xovac_tui.text import clean
from xovac_tui.ui.action import BETWEEN
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.strokes import SETTLE_SECONDS, Strokes
from xovac_tui.ui.widgets.lean import LeanStatic, field_css
from xovac_tui.ui.widgets.lines import FOCUSED, LinesWidget
from xovac_tui.ui.workspace import Workspace

T = TypeVar("T")

_CHECK_SECONDS = 0.25
_CLICK_AFTER = 0.4
"""Seconds that a dialog must be open before a click counts: a double click may have opened it."""
_SEVERAL = "Several keys came at once: nothing was answered. Press the one you mean."
_TEXT = "Letters came just before it, as in a text: nothing was answered. Wait a second, then press it again."
_TEXT_SECONDS = 1.0
"""Seconds after a letter outside a field during which no key answers.

A key of the dialog counts as a letter only within a text.
"""
_WIDEST = 92
_ROOMY = 22
"""Height in rows from which the dialog has margins."""


class DialogButton(LinesWidget, can_focus=True):
    """A button; brackets show the focus, so that it is visible without colour."""

    DEFAULT_CSS = """
    DialogButton { width: auto; height: 1; margin-right: 2; }
    """

    class Clicked(Message):
        """The button was clicked."""

        def __init__(self, button: DialogButton) -> None:
            super().__init__()
            self.button = button

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(id=id)
        self.label = label
        self._draw()

    def relabel(self, label: str) -> None:
        """Show another label."""
        if label != self.label:
            self.label = label
            self._draw()
            self.refresh(layout=True)

    def _draw(self) -> None:
        if self.has_focus:
            self.show_lines([((f"[ {self.label} ]", FOCUSED),)])
        else:
            self.show_lines([((f"  {self.label}  ", ""),)])

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the brackets."""
        super().watch_has_focus(value)
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Report the click."""
        event.stop()
        self.post_message(self.Clicked(self))


class CommandDialog(Dialog[T]):
    """A question about one command; closes when the chamber has changed so that it no longer applies."""

    DEFAULT_CSS = (
        field_css("CommandDialog")
        + """
    CommandDialog { align: center top; }
    CommandDialog > .dialog { padding: 0 2; min-width: 30; max-width: 100%; max-height: 100%; }
    CommandDialog.-roomy > .dialog { padding: 1 2 0 2; margin-top: 2; }
    CommandDialog .said { height: auto; color: $bad; text-style: bold; }
    CommandDialog .hint { height: auto; color: $no-data; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "stroke('enter')", "choose", priority=True),
        *BETWEEN,
        Binding("pageup", "scroll(-6)", "scroll up", show=False),
        Binding("pagedown", "scroll(6)", "scroll down", show=False),
    ]
    WIDE = False
    OVERHEAD: ClassVar[int] = 7
    """Rows that the dialog needs beside its scrolling body."""

    def __init__(self, workspace: Workspace, event: str, title: str) -> None:
        super().__init__(workspace, clean(workspace.titled(title), 66))
        self.event_name = event
        self.question = title
        self._strokes = Strokes()
        self._settling: tuple[Timer, str] | None = None
        self._read_at = 0.0
        """Monotonic time of the newest key; keys of one read share it."""
        self._crowded = False
        """The newest read had another key before this one."""
        self._letter_at = self._letter_before = float("-inf")
        """Monotonic times of the newest key with a character, and of the newest one before this key."""
        self._done = False
        self._gone = False
        self._opened_state: RunState | None = None
        self._opened_at = 0.0

    # -- watching -----------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Start watching the chamber; unlike a held picture, a question is always about now."""
        snapshot = self.station.snapshot()
        self._opened_state = snapshot.run.state
        self._opened_at = self.station.clock.mono()
        self.set_interval(_CHECK_SECONDS, self.recheck)
        self._size_body()
        self.recheck()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Check against the chamber as it is now, not a held picture."""
        self.recheck()

    def on_news(self, news: News) -> None:
        """Close at once if STOP is sent, or link or mode no longer allow the command."""
        if isinstance(news, LedgerChanged) and news.entry.stop and news.entry.outcome is not Outcome.REFUSED:
            self.close_because("STOP was sent, so this question was dropped: nothing else was sent.")
            return
        if isinstance(news, ContractChanged) and self._means_something_else(news):
            self.close_because(
                f"The contract says something else of {self.event_name} now, so it was not sent. Ask again."
            )
            return
        self.recheck()

    def _means_something_else(self, news: ContractChanged) -> bool:
        """Return whether another contract changes what the question is about."""
        name, before, now = self.event_name, news.before, news.contract
        starts = (before.start == name) != (now.start == name)
        return starts or before.commands.get(name) != now.commands.get(name)

    def recheck(self) -> bool:
        """Return True if the question still applies, else close with the reason."""
        if self._done or not self.is_mounted:
            return False
        snapshot = self.station.snapshot()
        state = snapshot.run.state
        if refusal := self.station.blocked(self.event_name):
            self.close_because(refusal.sentence)
            return False
        if self._opened_state is not None and state is not self._opened_state:
            self.close_because(
                f"The chamber went from {self._opened_state} to {state} meanwhile, so "
                f"{self.event_name} was not sent. Look at it, then ask again."
            )
            return False
        self.show_now(snapshot)
        return True

    def show_now(self, snapshot: Snapshot) -> None:
        """Show the current facts of the question."""

    def close_because(self, reason: str) -> None:
        """Close with a message that gives the reason; nothing is sent."""
        if not self._done:
            said = f"{reason} The question was: {self.question}"
            # The reason first: the line of messages may have no room for more.
            self.workspace.say(said, "warning", title="Closed", seconds=10)
        self.leave(None)

    def leave(self, result: T | None) -> None:
        """Return the answer once; below another dialog, as soon as that one is closed."""
        if self._done and result is not None:
            return
        self._done = True
        self._go(result)

    def action_dismiss(self, result: T | None = None) -> None:  # type: ignore[override]
        """Leave without an answer."""
        self.leave(None)

    def on_screen_resume(self) -> None:
        """Close if the reason to close came while another dialog was above."""
        if self._done:
            self._go(None)

    def _go(self, result: T | None) -> None:
        # Textual's dismiss removes the top screen, which may be another dialog.
        if self.on_top and not self._gone:
            self._gone = True
            self.dismiss(result)

    @property
    def on_top(self) -> bool:
        """True if no other screen is above this one."""
        return self.app.screen is self

    # -- answering ----------------------------------------------------------------------------------

    def foresee(self, event: events.Key) -> None:
        """Cancel an answer that another key follows at once: it was part of a text or of a burst."""
        self._crowded, self._read_at = event.time == self._read_at, event.time
        self._letter_before = self._letter_at
        in_text = event.time - self._letter_at < _TEXT_SECONDS
        is_key = event.key in self._bindings.key_to_bindings and not in_text
        if event.is_printable and not is_key and not isinstance(self.focused, Input):
            self._letter_at = event.time
        if self._settling is not None:
            self._stop_settling()
            self.say(_SEVERAL)

    def action_stroke(self, key: str) -> None:
        """Handle an answering key: it counts once it is known to be neither held nor one of several."""
        self._stop_settling()
        if self._strokes.held(key, self.station.clock.mono()):
            self.say("The key is held down: let go, then press it once more.")
            return
        if self._crowded and not isinstance(self.focused, Input):
            self.say(_SEVERAL)
            return
        at_an_answer = self.focused is None or isinstance(self.focused, DialogButton)
        if at_an_answer and self._read_at - self._letter_before < _TEXT_SECONDS:
            self.say(_TEXT)
            return

        def settle() -> None:
            # After the keys that wait already: one may show that this one is held, or one of several.
            self.app.call_later(self._settle, timer, key)

        timer = self.set_timer(SETTLE_SECONDS, settle)
        self._settling = timer, key

    @property
    def settling(self) -> str:
        """The key that will answer unless it proves to be held or one of several; empty for none."""
        return self._settling[1] if self._settling is not None else ""

    def _stop_settling(self) -> None:
        if self._settling is not None:
            self._settling[0].stop()
            self._settling = None

    def _settle(self, timer: Timer, key: str) -> None:
        if self._settling == (timer, key):
            self._settling = None
            self._answer(key)

    def _answer(self, key: str) -> None:
        if not self._done and self.on_top and self.recheck():
            self.answered(key)

    def answered(self, key: str) -> None:
        """Handle an answer by `enter` (of the focused button) or another key."""

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Handle a click on an answer."""
        if self.station.clock.mono() - self._opened_at < _CLICK_AFTER or self._done:
            return
        message.button.focus()
        self.call_after_refresh(lambda: self._answer("enter"))

    def say(self, text: str) -> None:
        """Show a message about the answer in the dialog."""
        for said in self.query(".said").results(Static):
            said.update(text)
            said.display = bool(text)

    def said(self) -> Static:
        """Return the widget that shows `say`'s message; a dialog yields it once."""
        place = LeanStatic("", classes="said", markup=False)
        place.display = False
        return place

    # -- size ---------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Fit the terminal."""
        self._size_body()

    def action_scroll(self, rows: int) -> None:
        """Scroll the body."""
        for body in self.query("VerticalScroll"):
            body.scroll_relative(y=rows, animate=False)

    def _size_body(self) -> None:
        width, height = self.app.size.width, self.rows
        for box in self.query(".dialog").results(Vertical):
            box.styles.width = max(20, min(_WIDEST, width - 4))
        for body in self.query("VerticalScroll"):
            body.styles.max_height = max(2, height - self.OVERHEAD - 4 * (height >= _ROOMY))
        self.set_class(height >= _ROOMY, "-roomy")
