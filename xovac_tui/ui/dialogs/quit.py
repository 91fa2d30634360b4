"""A dialog that asks before leaving during a run, or if a recording or a typed text would be lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.screen import Screen
from textual.widgets import Static

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import RunState, Snapshot
from xovac_tui.plural import counted
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.workspace import Workspace

_CHECK_SECONDS = 0.25


class QuitDialog(QuestionDialog):
    """The question before leaving; it states that leaving does not change the chamber."""

    DEFAULT_CSS = "QuitDialog > .dialog.-wide { width: 76; }"

    def __init__(self, workspace: Workspace) -> None:
        answers = (("stay", "Stay", ""), ("leave", "Leave", "y"))
        super().__init__(workspace, "Leave the console?", "", answers)

    def words(self) -> str:
        """Return what goes on when the console is left, as it is now."""
        station = self.station
        now = state_sentence(station.name, station.snapshot())
        said = [now, record_sentence(station.recorder, station.record.at_stake)]
        if lost := unsaved_sentence(unsaved_texts(self.workspace, self.app.screen_stack)):
            said.insert(0, self.workspace.glyphs.plain(lost))
        return "\n".join(said)

    def on_mount(self) -> None:
        """Start watching the chamber; unlike a held picture, the question is about now."""
        self.set_interval(_CHECK_SECONDS, self._say)

    def _say(self) -> None:
        # While the dialog is taken away its words are gone before it is.
        for shown in self.query("#words").results(Static):
            shown.update(self.words())


def unsaved_texts(workspace: Workspace, screens: Iterable[Screen[Any]]) -> list[str]:
    """Return the headings of forms whose text is not saved: of those that were left, then of open ones."""
    open_forms = [one.unsaved for one in screens if isinstance(one, Dialog) and one.unsaved]
    return list(dict.fromkeys([*workspace.drafts.headings, *open_forms]))


def unsaved_sentence(headings: Sequence[str]) -> str:
    """Return a sentence on texts that leaving loses; empty for none."""
    if not headings:
        return ""
    return f"Typed and not saved, so lost when you leave: {', '.join(headings)}."


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
        return f"{name} is idle."
    return f"It is unknown what {name} does. It goes on when you leave."
