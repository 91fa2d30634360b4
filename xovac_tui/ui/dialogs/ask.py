"""A dialog that asks for one line of text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input, Label

from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.widgets.lean import LeanInput
from xovac_tui.ui.workspace import Workspace


class AskDialog(Dialog[str]):
    """One text field; enter returns its text, escape None."""

    TYPE_AHEAD = True
    WIDE = False

    DEFAULT_CSS = """
    AskDialog > .dialog { width: 66; max-height: 100%; }
    AskDialog Label { width: 1fr; height: auto; }
    AskDialog Input { width: 1fr; }
    AskDialog .problem { color: $bad; text-style: bold; margin-top: 1; }
    """

    def __init__(
        self,
        workspace: Workspace,
        title: str,
        words: str,
        value: str = "",
        *,
        longest: int = 200,
        problem: str = "",
    ) -> None:
        super().__init__(workspace, title, "enter: take   esc: back")
        self._words, self._value, self._longest = words, value, longest
        self._problem = problem
        """Why the previous answer was not accepted."""

    def contents(self) -> ComposeResult:
        """Build the question and the field."""
        yield Label(self._words, markup=False)
        yield LeanInput(self._value, max_length=self._longest, compact=True, select_on_focus=False)
        if self._problem:
            glyphs = self.workspace.glyphs
            said = glyphs.plain(self._problem)
            yield Label(f"{glyphs.cross} {said}", classes="problem", markup=False)

    @property
    def unsaved(self) -> str:
        """The heading where something was typed; else empty."""
        typed = next((one.value.strip() for one in self.query(Input)), "")
        return self.heading if typed and typed != self._value.strip() else ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the text."""
        self.dismiss(event.value.strip())
