"""A dialog that asks before leaving during a run, or if a recording would end."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import RunState, Snapshot
from xovac_tui.plural import counted
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.action import BETWEEN
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton

_CHECK_SECONDS = 0.25


class QuitDialog(Dialog[bool]):
    """The question before leaving; it states that leaving does not change the chamber."""

    DEFAULT_CSS = """
    QuitDialog > .dialog { width: 76; max-width: 100%; max-height: 100%; padding: 0 2; }
    QuitDialog VerticalScroll { height: auto; }
    QuitDialog Static { height: auto; width: 1fr; }
    QuitDialog .buttons { margin: 1 0; width: 1fr; align-horizontal: center; }
    """
    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "leave"),
        # No priority: it would overtake a tab key typed just before it.
        Binding("enter", "choose", "choose"),
        *BETWEEN,
    ]

    def compose(self) -> ComposeResult:
        """Build the question."""
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = "Leave the console?"
            with VerticalScroll(can_focus=False):
                yield Static(self._chamber_words(), id="now", markup=False)
                yield Static(self._record_words(), id="record", markup=False)
            with Horizontal(classes="buttons"):
                yield DialogButton("Stay", id="stay")
                yield DialogButton("Leave (y)", id="leave")

    def on_mount(self) -> None:
        """Start watching the chamber; unlike a held picture, the question is about now."""
        self.set_interval(_CHECK_SECONDS, self._recheck)

    def on_resize(self) -> None:
        """Keep the answers in sight."""
        self.fit_words()

    def _recheck(self) -> None:
        self.query_one("#now", Static).update(self._chamber_words())
        self.query_one("#record", Static).update(self._record_words())

    def _chamber_words(self) -> str:
        return state_sentence(self.station.name, self.station.snapshot())

    def _record_words(self) -> str:
        return record_sentence(self.station.recorder, self.station.record.at_stake)

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Return the clicked answer."""
        self.dismiss(message.button.id == "leave")

    def action_choose(self) -> None:
        """Return the focused answer."""
        self.dismiss(self.focused is not None and self.focused.id == "leave")

    def action_answer(self, leave: bool) -> None:
        """Return an answer."""
        self.dismiss(leave)


def record_sentence(view: RecorderView, at_stake: int) -> str:
    """Return a sentence on the record after leaving; `at_stake` is the number of events not yet written."""
    if at_stake:
        events = counted(at_stake, "event is", "events are")
        reason = f" ({view.reason})" if view.reason else ""
        return f"Nothing can be recorded{reason}: {events} held in memory, and lost when you leave now."
    if view.state in (RecorderState.STARTING, RecorderState.ON, RecorderState.FAILING):
        return (
            "Leaving sends nothing. The recording ends with this console; start `xovac-tui record` to "
            "record without a screen."
        )
    if view.state is RecorderState.BESIDE:
        who = f"process {view.pid}" if view.pid else "another process"
        return f"Leaving sends nothing, and {who} goes on with the recording."
    return "Leaving sends nothing, and this console keeps nothing more."


def state_sentence(name: str, snapshot: Snapshot) -> str:
    """Return a sentence on the chamber's state, as certain as it is known."""
    run = snapshot.run
    recipe = f' "{run.recipe}"' if run.recipe else ""
    if run.stale or snapshot.link.word not in (LinkWord.ONLINE, LinkWord.STALE):
        return f"{name} was last known as {run.state}{recipe}. What it does goes on when you leave."
    if run.state is RunState.RUNNING:
        return f"{name} runs{recipe}, and goes on with it when you leave."
    if run.state is RunState.IDLE:
        return f"{name} is idle by now."
    return f"It is unknown what {name} does. It goes on when you leave."
