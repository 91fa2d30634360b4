"""What differs between recipes, on the screen: the earlier versions of a file, and a text to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from xovac_tui.recipes.differing import NO_DIFFERENCE, DiffLine, written_lines
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import Dialog, ReadingDialog
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lean import LeanStatic
from xovac_tui.ui.workspace import Workspace

_STYLES = {"-": "$bad", "+": "$good", " ": "$foreground-muted", "~": "$foreground-muted"}
_LONGEST = 300
"""Characters of a line that are shown."""


def diff_content(lines: Sequence[DiffLine], glyphs: Glyphs, *, same: str) -> Content:
    """Return differences as a text; `same` where there are none."""
    if not lines:
        return Content(glyphs.plain(same))
    shown = [line._replace(words=clean(line.words, _LONGEST)) for line in lines]
    texts = zip(written_lines(shown, glyphs.ellipsis), lines, strict=True)
    return Content.assemble(
        *((f"{glyphs.plain(text)}\n", _STYLES[line.sign]) for text, line in texts)
    ).rstrip()


class DiffDialog(ReadingDialog):
    """What differs between two recipes."""

    def __init__(self, workspace: Workspace, title: str, lines: Sequence[DiffLine]) -> None:
        super().__init__(workspace, title, "- before   + now   esc: back")
        self._lines = lines

    def text(self) -> ComposeResult:
        """Build the text."""
        yield LeanStatic(diff_content(self._lines, self.workspace.glyphs, same=NO_DIFFERENCE))


class VersionChoice(msgspec.Struct, frozen=True):
    """An earlier version that can be chosen."""

    words: str
    """When it was replaced, and what it is."""
    changes: tuple[DiffLine, ...]
    """From it to the file as it is now."""
    same: str = ""
    """What is said where no step and no value differs."""


class VersionsDialog(Dialog[int]):
    """The earlier versions of a recipe, and below them what has changed since the one under the cursor."""

    DEFAULT_CSS = """
    VersionsDialog OptionList { height: auto; max-height: 10; width: 1fr; }
    VersionsDialog VerticalScroll { border-top: solid $border-blurred; height: auto; }
    VersionsDialog VerticalScroll:focus { border-top: solid $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back", show=True)]

    def __init__(self, workspace: Workspace, title: str, versions: Sequence[VersionChoice]) -> None:
        super().__init__(workspace, title, "enter: go back to it   tab: scroll the changes   esc: back")
        self._versions = versions

    def contents(self) -> ComposeResult:
        """Build the list, and the changes since the chosen version."""
        yield OptionList(
            *(Content(self.workspace.glyphs.plain(one.words)) for one in self._versions), compact=True
        )
        with VerticalScroll():
            yield LeanStatic()

    def on_mount(self) -> None:
        """Choose the newest version."""
        self.query_one(OptionList).highlighted = 0
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show what has changed since this version."""
        one = self._versions[event.option_index]
        words = Content("- this version   + the file now\n", [])
        content = diff_content(one.changes, self.workspace.glyphs, same=one.same)
        self.query_one(Static).update(words + content if one.changes else content)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose the version."""
        self.dismiss(event.option_index)
