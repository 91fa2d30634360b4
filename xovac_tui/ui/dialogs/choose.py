"""A dialog that chooses from a list, with a preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList

from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.workspace import Workspace


class ChooseDialog(Dialog[str]):
    """A list: arrows preview, enter chooses, escape restores the previous choice."""

    WIDE = False
    DEFAULT_CSS = "ChooseDialog OptionList { height: auto; max-height: 14; width: 36; }"

    def __init__(
        self,
        workspace: Workspace,
        title: str,
        names: Sequence[str],
        current: str,
        preview: Callable[[str], None] | None = None,
        *,
        width: int = 36,
    ) -> None:
        super().__init__(workspace, title, workspace.glyphs.plain("↑↓ move   enter: choose   esc: back"))
        self._names, self._current, self._preview = list(names), current, preview
        self._width = width
        """Cells of the list."""

    def contents(self) -> ComposeResult:
        """Build the list."""
        yield OptionList(*(Content(name) for name in self._names), compact=True)

    def on_mount(self) -> None:
        """Put the cursor on the current choice."""
        options = self.query_one(OptionList)
        options.styles.width = self._width
        if self._current in self._names:
            options.highlighted = self._names.index(self._current)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Preview the entry under the cursor."""
        if self._preview is not None:
            self._preview(self._names[event.option_index])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose the entry."""
        self.dismiss(self._names[event.option_index])
