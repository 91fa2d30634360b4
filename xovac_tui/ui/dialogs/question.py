"""A question with a few answers that sends nothing: about files, and about what would be lost."""

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
"""What is returned, the words on its button, and its key (empty: none)."""


class QuestionDialog(Dialog[str]):
    """The first answer is the harmless one and has the focus; escape answers nothing."""

    DEFAULT_CSS = """
    QuestionDialog > .dialog { width: 70; max-width: 100%; max-height: 100%; padding: 0 2; }
    QuestionDialog VerticalScroll { height: auto; }
    QuestionDialog Static { height: auto; width: 1fr; }
    QuestionDialog .buttons { margin: 1 0; width: 1fr; align-horizontal: center; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # No priority: it would overtake a tab that was typed just before it.
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
        """Stand on the harmless answer; no toast may lie over what is asked."""
        self.app.clear_notifications()
        self.query(DialogButton).first().focus()

    def on_resize(self) -> None:
        """Keep the answers in sight."""
        self.fit_words()

    def on_key(self, event: events.Key) -> None:
        """Take an answer by its key."""
        for answer, _, key in self._answers:
            if key and event.key == key:
                event.stop()
                self.dismiss(answer)
                return

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Take the answer that was clicked."""
        self.dismiss(message.button.id)

    def action_choose(self) -> None:
        """Take the answer that has the focus."""
        if isinstance(self.focused, DialogButton):
            self.dismiss(self.focused.id)
