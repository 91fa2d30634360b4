"""Screens above the tabs: answered once, and only by keys read after they were visible."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from textual import events
from textual._context import visible_screen_stack
from textual.await_complete import AwaitComplete
from textual.geometry import Region
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from xovac_tui.ui.terminal.cropped import CroppedCompositor
from xovac_tui.ui.terminal.mending import CancelledWaitError, is_stray
from xovac_tui.ui.terminal.shade import ShadedScreen

T = TypeVar("T")

SEEN_SECONDS = 0.25
"""Seconds after a dialog's first picture is on the terminal during which no event answers it."""
MOST_SCREENS = 4
"""Largest number of screens above each other, the tabs included."""

ACTS = (events.Key, events.Paste, events.MouseDown, events.MouseUp, events.MouseScrollDown)
"""Events that may act."""


class LeanScreen(Screen[T]):
    """A screen that is not styled a second time when first shown, and renders only what has changed.

    Textual applies the style sheet to every widget twice before the first picture, paints the whole screen
    when the focus moves, and below a dialog everything that has changed since it was opened, again and again.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """The widget with the focus, which paints itself; None for none."""
    _shown = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._compositor = CroppedCompositor()

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        # Runs before Textual's own handler, which is called as well.
        if not self._shown:
            self._shown, event.refresh_styles = True, False

    async def _on_resize(self, event: events.Resize) -> None:
        # Runs before Textual's own handler. A screen that is laid out for a size sends itself that size once
        # more: two sizes in its queue, with anything between them, would take turns for ever.
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()

    def render(self) -> Any:
        """Return what is behind the widgets: the screen below, shaded, or the background."""
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else 0
        shade = self.styles.background
        if place and shade.a < 1:
            return ShadedScreen(stack[place - 1], shade)
        visible_screen_stack.set([])
        return super().render()

    def _compositor_refresh(self) -> None:
        top = self.app.screen
        if top is self or not isinstance(top, LeanScreen) or self not in self.app._background_screens:
            super()._compositor_refresh()
            return
        if changed := self._compositor._dirty_regions:
            top.repaint_below(changed)
            changed.clear()
        self._dirty_widgets.clear()

    def repaint_below(self, regions: Iterable[Region]) -> None:
        """Paint again what is seen of the screens below, in these regions."""
        self._set_dirty(*regions)
        self._dirty_widgets.add(self)
        self.check_idle()

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except asyncio.CancelledError as cancelled:
            if not is_stray(cancelled):
                raise
            # A defect, after which the screen is built again: its loop would end without a word.
            raise CancelledWaitError("what the screen waited for was cancelled") from cancelled


class Modal(LeanScreen[T]):
    """A screen above the tabs. It closes only by `dismiss`, and only once.

    Name it behind a class of Textual's: styles are taken from the first base alone.
    """

    TYPE_AHEAD: ClassVar[bool] = False
    """Text typed before the first picture goes into the dialog's field, where only enter acts."""

    _dismissed = False
    _early: tuple[T | None] | None = None
    """Result with which to close once it is built; None: not to close."""
    seen_at: float | None = None
    """Monotonic time at which the first picture was on the terminal; None before."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close with a result; does nothing if closed already or below another screen.

        Textual's own removes the top screen, whichever it is, and fails on one that is gone.
        """
        if self._dismissed or self.app.screen is not self:
            return AwaitComplete()
        if not self._is_mounted:
            # Removed while being built, it would not find its own parts.
            self._early = (result,)
            return AwaitComplete()
        self._dismissed = True
        gone: AwaitComplete = super().dismiss(result)
        return gone

    def foresee(self, event: events.Key) -> None:
        """Note a key before it is handled."""

    async def _pre_process(self) -> bool:
        built = await super()._pre_process()
        if self._early is not None:
            self.dismiss(*self._early)
        return built

    def too_early(self, event: events.InputEvent | events.Paste, *, typed: bool = True) -> bool:
        """Return whether an event was read before this screen could have been seen.

        `typed` is False for an event that another screen had before.
        """
        if not isinstance(event, ACTS) or isinstance(event, events.MouseMove):
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
