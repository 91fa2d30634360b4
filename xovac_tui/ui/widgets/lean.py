"""Texts and text fields that lay the screen out again only where their size may have changed.

Textual lays out the whole screen with every letter that is typed, and with every text that is set.
"""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.visual import VisualType
from textual.widgets import Input, Static


class LeanStatic(Static):
    """A text; setting the text that it has costs nothing."""

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show a text in place of the one before."""
        if content != self.content:
            super().update(content, layout=layout and self.styles.auto_dimensions)


class LeanInput(Input):
    """A text field of a fixed height and a width that does not depend on the text."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """The size of the text, which scrolls inside the field."""
