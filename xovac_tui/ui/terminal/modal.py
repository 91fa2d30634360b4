"""What lies above the tabs: it is answered once, and only by keys that were read after it could be seen."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandInput, CommandList, CommandPalette, SearchIcon
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, LoadingIndicator

T = TypeVar("T")

SEEN_SECONDS = 0.25
"""Seconds after its first picture was written to the terminal during which nothing answers a dialog."""
_PALETTE_ROWS = 8
"""Rows of the palette that are not its list's: above it, the field, and the strip of STOP below."""
MOST_SCREENS = 4
"""Screens that lie above each other at most, the tabs being the lowest; others are not opened."""

_ACTS = (events.Key, events.Paste, events.MouseDown, events.MouseUp, events.MouseScrollDown)


class StyledOnce(Screen[T]):
    """A screen that is not styled again when it is shown for the first time: all of it has just been styled.

    Textual's own applies the style sheet to every widget twice before the first picture.
    """

    _shown = False

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Runs before Textual's own, which comes by itself.
        if not self._shown:
            self._shown, event.refresh_styles = True, False


class Modal(StyledOnce[T]):
    """A screen above the tabs. The only road by which one goes is `dismiss`, and it goes once.

    Name it behind a class of Textual's: styles are taken from the first base alone.
    """

    TYPE_AHEAD: ClassVar[bool] = False
    """Text that was typed before the first picture goes into its field: nothing but enter acts there."""

    _dismissed = False
    _early: tuple[T | None] | None = None
    """With what it is to go once it is built; None where it is not to."""
    seen_at: float | None = None
    """Monotonic time at which its first picture had been written to the terminal; None before."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Go with a result; nothing happens if it has gone already, or another screen lies above it.

        Textual's own takes away whatever lies on top, and fails on a screen that has gone.
        """
        if self._dismissed or self.app.screen is not self:
            return AwaitComplete()
        if not self._is_mounted:
            # Taken apart while it is being built, it would not find its own parts.
            self._early = (result,)
            return AwaitComplete()
        self._dismissed = True
        gone: AwaitComplete = super().dismiss(result)
        return gone

    def foresee(self, event: events.Key) -> None:
        """Take note of a key before anything is done with it."""

    async def _pre_process(self) -> bool:
        built = await super()._pre_process()
        if self._early is not None:
            self.dismiss(*self._early)
        return built

    def too_early(self, event: events.InputEvent | events.Paste, *, typed: bool = True) -> bool:
        """Return whether an event was read before a person could have seen this screen.

        `typed` is False for one that another screen had before.
        """
        if not isinstance(event, _ACTS) or isinstance(event, events.MouseMove):
            return False
        if self.seen_at is not None and event.time >= self.seen_at + SEEN_SECONDS:
            return False
        return not (typed and self.TYPE_AHEAD and self._is_text(event))

    def _is_text(self, event: events.Event) -> bool:
        if not isinstance(self.focused, Input):
            return False
        return isinstance(event, events.Paste) or (
            isinstance(event, events.Key) and (event.is_printable or event.key == "backspace")
        )


class PaletteList(CommandList):
    """Textual's list of commands, which changes while one of them is being clicked."""

    async def _on_click(self, event: events.Click) -> None:
        clicked = event.style.meta.get("option")
        if clicked is not None and clicked >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette, Modal[None]):
    """Textual's palette, which goes once."""

    TYPE_AHEAD = True

    def compose(self) -> ComposeResult:
        """Build it as Textual does, with a list that may be clicked at any time."""
        with Vertical(id="--container"):
            with Horizontal(id="--input"):
                yield SearchIcon()
                yield CommandInput(placeholder=self._placeholder, select_on_focus=False)
            with Vertical(id="--results"):
                yield PaletteList()
                yield LoadingIndicator()

    def on_resize(self) -> None:
        """Leave the last row to the strip of STOP, which the list would lie over."""
        rows = self.app.size.height - _PALETTE_ROWS
        for commands in self.query(PaletteList):
            commands.styles.max_height = max(2, min(rows, round(0.7 * self.app.size.height)))
