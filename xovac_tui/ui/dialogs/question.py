"""A question with a few answers that sends nothing, for example about files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll

from xovac_tui.ui.action import BETWEEN
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.widgets.lean import LeanStatic
from xovac_tui.ui.workspace import Workspace

Answer = tuple[str, str, str]
"""Return value, label of the button, and key (empty: none)."""


class QuestionDialog(Dialog[str]):
    """A question; its first answer is the harmless one and has the focus; escape returns None."""

    DEFAULT_CSS = """
    QuestionDialog > .dialog.-wide { width: 70; }
    QuestionDialog Static { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # No priority: it would overtake a tab key typed just before it.
        Binding("enter", "choose", "choose"),
        *BETWEEN,
    ]

    def __init__(self, workspace: Workspace, title: str, words: str, answers: Sequence[Answer]) -> None:
        super().__init__(workspace, workspace.glyphs.plain(title))
        self._words, self._answers = words, tuple(answers)

    def contents(self) -> ComposeResult:
        """Build the question."""
        with VerticalScroll(can_focus=False):
            yield LeanStatic(self.words(), id="words", markup=False)
        with Horizontal(classes="buttons"):
            for answer, label, key in self._answers:
                yield DialogButton(f"{label} ({key})" if key else label, id=answer)

    def words(self) -> str:
        """Return what is asked."""
        return self.workspace.glyphs.plain(self._words)

    def on_mount(self) -> None:
        """Focus the harmless answer."""
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
