"""A question with a few answers that sends nothing, for example about files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from xovac_tui.ui.action import BETWEEN
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.workspace import Workspace

Answer = tuple[str, str, str]
"""Return value, label of the button, and key (empty: none)."""


class QuestionDialog(Dialog[str]):
    """A question; its first answer is the harmless one and has the focus; escape returns None."""

    DEFAULT_CSS = """
    QuestionDialog > .dialog { width: 70; max-width: 100%; max-height: 100%; padding: 0 2; }
    QuestionDialog VerticalScroll { height: auto; }
    QuestionDialog Static { height: auto; width: 1fr; }
    QuestionDialog .buttons { margin: 1 0; width: 1fr; align-horizontal: center; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # No priority: it would overtake a tab key typed just before it.
        Binding("enter", "choose", "choose"),
        *BETWEEN,
    ]

    def __init__(self, workspace: Workspace, title: str, words: str, answers: Sequence[Answer]) -> None:
        super().__init__(workspace)
        self._title, self._words, self._answers = title, words, tuple(answers)

    def compose(self) -> ComposeResult:
        """Build the question."""
        glyphs = self.workspace.glyphs
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = Content(glyphs.plain(self._title))
            with VerticalScroll(can_focus=False):
                yield Static(glyphs.plain(self._words), markup=False)
            with Horizontal(classes="buttons"):
                for answer, label, key in self._answers:
                    yield DialogButton(f"{label} ({key})" if key else label, id=answer)

    def on_mount(self) -> None:
        """Focus the harmless answer; remove toasts that would cover the question."""
        self.app.clear_notifications()
        self.query(DialogButton).first().focus()

    def on_resize(self) -> None:
        """Keep the answers in sight."""
        self.fit_words()

    def on_key(self, event: events.Key) -> None:
        """Choose an answer by its key."""
        for answer, _, key in self._answers:
            if key and event.key == key:
                event.stop()
                self.dismiss(answer)
                return

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Choose the clicked answer."""
        self.dismiss(message.button.id)

    def action_choose(self) -> None:
        """Choose the focused answer."""
        if isinstance(self.focused, DialogButton):
            self.dismiss(self.focused.id)
