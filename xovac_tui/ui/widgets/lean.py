"""Texts and text fields that lay the screen out again only where their size may have changed.

Textual lays out the whole screen with every letter that is typed, and with every text that is set.
"""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Size
from textual.reactive import Reactive
from textual.visual import VisualType
from textual.widgets import Input, Static

_FIELD = """
SCOPE Input { background: $panel; }
SCOPE Input:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
SCOPE Input:focus > .input--cursor {
    background: $block-cursor-foreground; color: $block-cursor-background; text-style: none;
}
SCOPE Input:focus > .input--placeholder { color: $block-cursor-foreground; text-style: italic; }
"""


def field_css(scope: str) -> str:
    """Return the style of text fields below a selector: one with the focus has the colours of a cursor."""
    return _FIELD.replace("SCOPE", scope)


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

    @property
    def _value(self) -> Text:
        # Textual's own sign of a hidden letter is no ASCII.
        hidden = "*" * len(self.value) if self.password else ""
        return Text(hidden, no_wrap=True, overflow="ignore", end="") if hidden else super()._value
