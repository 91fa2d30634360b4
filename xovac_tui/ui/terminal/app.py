"""An app that sends few bytes, never waits for its terminal, and survives defects of its screen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from rich.console import RenderableType
from textual import events
from textual._context import active_message_pump
from textual.app import App
from textual.errors import NoWidget
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import AwaitMount
from textual.worker import Worker, WorkerFailed, WorkerState

from xovac_tui.ui.terminal.mending import BuildAgain, CancelledWaitError, Mender, ReportDefect, is_stray
from xovac_tui.ui.terminal.modal import ACTS, MOST_SCREENS, Modal

log = logging.getLogger(__name__)


class _Stage(Enum):
    """Phase of the app's own loop."""

    BEFORE = "it has not begun"
    RUNNING = "it runs"
    AFTER = "it has ended"


@runtime_checkable
class TakesPictures(Protocol):
    """A driver that reports whether its terminal accepts pictures, and when one is written."""

    def has_room(self, again: Callable[[], None]) -> bool:
        """Return whether a picture may be written now; if not, call `again` once it may."""

    def picture(self, written: Callable[[], None] | None) -> AbstractContextManager[None]:
        """Treat what is written meanwhile as a picture; call `written` once it is on the terminal."""


class TerminalApp(App[int]):
    """An app that sends few bytes, never waits for its terminal, and survives defects of its screen."""

    def __init__(
        self, build_again: BuildAgain, report_failure: ReportDefect, css: Sequence[str] = ()
    ) -> None:
        """Take `css`, the names of style sheets beside the module of the app's class."""
        super().__init__(css_path=list(css))
        self.mender = Mender(self, time.monotonic, build_again, report_failure)
        self._stage = _Stage.BEFORE
        self._dispatching = 0

    # -- defects ------------------------------------------------------------------------------------

    async def _dispatch_message(self, message: Message) -> None:
        # A failing handler would end the app's own loop, and the console with it.
        self._dispatching += 1
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            self._handle_exception(error)
        except asyncio.CancelledError as cancelled:
            self._handle_stray(cancelled)
        finally:
            self._dispatching -= 1

    async def _flush_next_callbacks(self) -> None:
        # Here the app waits for all that Textual removes.
        try:
            await super()._flush_next_callbacks()
        except asyncio.CancelledError as cancelled:
            self._handle_stray(cancelled)

    async def _shutdown(self) -> None:
        try:
            await super()._shutdown()
        except asyncio.CancelledError as cancelled:
            if not is_stray(cancelled):
                raise
            log.warning("a part of the screen did not end in order", exc_info=cancelled)
            await self._close_messages()
        finally:
            # Always: the writer still has what gives the terminal back.
            if self._driver is not None:
                self._driver.close()

    def _handle_stray(self, cancelled: asyncio.CancelledError) -> None:
        if not is_stray(cancelled):
            raise cancelled
        error = CancelledWaitError("what the app waited for was cancelled")
        error.__cause__ = cancelled
        self._handle_exception(error)

    async def _process_messages_loop(self) -> None:
        self._stage = _Stage.RUNNING
        try:
            await super()._process_messages_loop()
        finally:
            self._stage = _Stage.AFTER

    def _handle_exception(self, error: Exception) -> None:
        ending = self._stage is _Stage.RUNNING and not self._running
        if self._exit or ending or self._stage is _Stage.AFTER:
            # Screens that are still being built at the end fail when they are removed.
            log.warning("something failed while the console ended", exc_info=error)
        elif self._can_mend():
            self.mender.take(error)
        else:
            self._end_for(error)

    def _can_mend(self) -> bool:
        """Return whether the app's own loop goes on, or will begin, after the failure."""
        if self._stage is _Stage.RUNNING or self._dispatching:
            return True
        return active_message_pump.get(None) is not self

    def _end_for(self, error: Exception) -> None:
        # Textual would print the traceback, with the values of local variables, on the terminal.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def put_lowest(self, frame: Screen[Any]) -> list[Screen[Any]]:
        """Replace all screens by a new lowest one; return the old ones, which the caller ends."""
        old, self._screen_stack[:] = list(self._screen_stack), [frame]
        self.capture_mouse(None)
        # Both screens exist for a moment, so the new one must not share the old one's name.
        self._register(self, frame)
        frame.post_message(events.ScreenResume())
        return old

    def reading_failed(self, error: BaseException) -> None:
        """Handle a defect in reading the terminal; the reading restarts on its own."""
        self.mender.take(WorkerFailed(error))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report the failure of a worker, which Textual ignores."""
        worker = event.worker
        if event.state is WorkerState.ERROR and not worker.exit_on_error and worker.error is not None:
            self.mender.take(WorkerFailed(worker.error))

    def panic(self, *renderables: RenderableType) -> None:
        """Handle a failure that Textual reports as a defect."""
        self._handle_exception(RuntimeError("Textual gave up"))

    @property
    def defect(self) -> BaseException | None:
        """The error that ended the app; None after a regular end."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    @property
    def backlog(self) -> int:
        """The number of events that wait in the queue for terminal input. Thread-safe."""
        waiting = self.message_queue_size
        for screen in self.screen_stack[-1:]:
            focused = screen.focused
            waiting += screen.message_queue_size + (focused.message_queue_size if focused else 0)
        return waiting

    # -- pictures -----------------------------------------------------------------------------------

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if renderable is None or not isinstance(driver, TakesPictures):
            super()._display(screen, renderable)
            if renderable is not None and not self._batch_count:
                self._seen(screen)
            return
        if self._batch_count:
            return
        if not driver.has_room(self._paint_later):
            # What is left out here is painted with everything else once the terminal accepts pictures again.
            self.post_display_hook()
            return
        with driver.picture(self._seer(screen)):
            super()._display(screen, renderable)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme by its name, or by the first known one of several between commas.

        Textual asks for it with every line that it renders, and copies the table of all themes each time.
        """
        return self._registered_themes.get(theme_name) or super().get_theme(theme_name)

    def _paint_later(self) -> None:
        """Request a full repaint; called from the writer's thread."""
        with suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.paint)

    def paint(self) -> None:
        """Paint the whole screen, regardless of the terminal's contents."""
        if self._exit or not self.screen_stack:
            return
        with self._context():
            screen = self.screen
            try:
                update = screen._compositor.render_update(full=True, screen_stack=self._background_screens)
            except Exception as error:
                self._handle_exception(error)
                return
            self._display(screen, update)

    # -- dialogs ------------------------------------------------------------------------------------

    dialog_follows = False
    """True while a dialog was closed and the next one is on its way: no key is for what is below."""

    def _seer(self, screen: Screen[object]) -> Callable[[], None] | None:
        """Return a callback that notes a dialog's first picture on the terminal; None if it is noted."""
        return (lambda: self._seen(screen)) if _shows_unseen(screen) else None

    def _seen(self, screen: Screen[object]) -> None:
        if isinstance(screen, Modal) and _shows_unseen(screen):
            screen.seen_at = time.monotonic()

    def is_too_early(self, event: events.Event) -> bool:
        """Return whether a key or click was meant for the screen below a dialog, or for one still to come."""
        if self.dialog_follows and isinstance(event, ACTS) and not isinstance(self.screen, Modal):
            return True
        if self.is_headless or not isinstance(event, events.InputEvent | events.Paste):
            return False  # without a terminal no event was read from one
        top = self.screen_stack[-1] if self.screen_stack else None
        # A forwarded event returns from the screen below, which did not use it.
        return isinstance(top, Modal) and top.too_early(event, typed=not event.is_forwarded)

    def is_for_nothing(self, event: events.Event) -> bool:
        """Return whether the clicked widget is gone and only its picture is still shown."""
        if not isinstance(event, events.MouseDown) or event.is_forwarded or not self.screen_stack:
            return False
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return not widget.is_attached

    def may_open(self, screen: Screen[object]) -> bool:
        """Return whether a screen may be opened above the others: one of a kind, and not too many."""
        stack = self.screen_stack
        return len(stack) < MOST_SCREENS and all(type(other) is not type(screen) for other in stack)

    def push_screen(
        self,
        screen: Any,
        callback: Any = None,
        wait_for_dismiss: bool = False,
        *,
        mode: str | None = None,
    ) -> Any:
        """Open a screen above the others if allowed; otherwise answer it with None."""
        if not isinstance(screen, Screen) or self.may_open(screen):
            return super().push_screen(screen, callback, wait_for_dismiss, mode=mode)  # type: ignore[call-overload]
        if not wait_for_dismiss:
            return AwaitMount(self.screen, [])
        unanswered = asyncio.get_running_loop().create_future()
        unanswered.set_result(None)
        return unanswered

    def write_beside(self, characters: str) -> None:
        """Write a sequence that is not part of the picture, such as a bell or a notification."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(characters)
            self._driver.flush()


def _shows_unseen(screen: Screen[object]) -> bool:
    """Return whether a picture of this screen is a dialog's first one; one without a layout shows nothing."""
    return isinstance(screen, Modal) and screen.seen_at is None and bool(screen._compositor.size)
