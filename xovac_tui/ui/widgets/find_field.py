"""The field that `/` opens beside a list: while words are typed, the list shows only what has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from xovac_tui.ui.widgets.lean import LeanInput

_LONGEST = 200
"""Characters that can be typed."""


class FindField(LeanInput):
    """Hidden until it is opened; enter, escape and down go back to the list and keep the words.

    An empty field closes then. In the list, the key that goes back takes the words away (`back`).
    """

    DEFAULT_CSS = """
    FindField, FindField:focus {
        display: none; height: 1; width: 1fr; border: none; padding: 0 1; background: $panel;
    }
    FindField.-open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "list"),
        Binding("escape", "back", "back"),
        Binding("down", "back", "list", show=False),
    ]

    class Toggled(Message):
        """It was shown or hidden."""

    def __init__(self, placeholder: str, found: Callable[[], Widget], *, id: str | None = None) -> None:
        """`found` returns the list that shows what has the words."""
        super().__init__(placeholder=placeholder, max_length=_LONGEST, compact=True, id=id)
        self._found = found
        self.wrong = False
        """What is typed cannot be understood: enter stays, and leaving takes it away."""

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show it, and type there from now on."""
        self._show(True)
        self.focus()

    def close(self) -> None:
        """Take the words away and hide it."""
        self.value = ""
        self._show(False)

    def back(self) -> bool:
        """Go from the field to the list, or in the list take the words away.

        Returns whether there was anything to do.
        """
        if self.has_focus and self.value.strip() and not self.wrong:
            self._found().focus()
            return True
        was_open = self.is_open
        if self.has_focus:
            self._found().focus()
        self.close()
        return was_open

    def _show(self, shown: bool) -> None:
        if shown != self.is_open:
            self.set_class(shown, "-open")
            self.post_message(self.Toggled())

    def action_back(self) -> None:
        """Go to the list."""
        self.back()

    async def action_submit(self) -> None:
        if not self.wrong:
            self.back()
