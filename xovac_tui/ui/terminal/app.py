"""The console's life in a terminal: however it ends, the terminal is given back as it was taken."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate
from textual._context import active_message_pump
from textual.app import App
from textual.errors import NoWidget
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.worker import Worker, WorkerFailed, WorkerState

from xovac_tui.signals import handled
from xovac_tui.ui.defects.mending import Mender, Remedy
from xovac_tui.ui.terminal.cropped import CroppedUpdate
from xovac_tui.ui.terminal.modal import MOST_SCREENS, Modal, Palette

LOOK_SECONDS = 0.5
"""Between two looks at whether the terminal is still there."""
START_SECONDS = 1.0
"""After that the first picture is on the screen."""
GRACE_SECONDS = 3.0
"""For an orderly end, network and simulator included; after that the process is ended where it is."""
HANGUP = 128 + 1
"""Exit code when the terminal went away, whether or not somebody sent SIGHUP."""

# Keyboard protocol, bracketed paste, mouse, focus, window size, line wrap, alternate screen, cursor.
_GIVE_BACK = (
    b"\x1b[<u\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[?1004l\x1b[?2048l\x1b[?7h\x1b[?1049l\x1b[?25h"
)
_STANDARD = (0, 1, 2)

log = logging.getLogger(__name__)


class _Stage(Enum):
    """Where the app's own loop is in its life."""

    BEFORE = "it has not begun"
    RUNNING = "it runs"
    AFTER = "it has ended"


@runtime_checkable
class TakesPictures(Protocol):
    """A driver that says whether its terminal takes pictures, and when one has been written."""

    def has_room(self, again: Callable[[], None]) -> bool:
        """Return whether a picture may be written; `again` is called once it may, if it may not now."""

    def picture(self, written: Callable[[], None] | None) -> AbstractContextManager[None]:
        """Take what is written meanwhile for a picture; `written` is called once it is on the terminal."""


class TerminalApp(App[int]):
    """An app that is sparing with bytes, is held up by no terminal, and outlives defects of its screen."""

    def __init__(self) -> None:
        super().__init__()
        self.mender = Mender(self, time.monotonic)
        self._stage = _Stage.BEFORE
        self._dispatching = 0

    # -- defects ------------------------------------------------------------------------------------

    async def _dispatch_message(self, message: Message) -> None:
        # A handler that fails would end the app's own loop, and with it everything.
        self._dispatching += 1
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            self._handle_exception(error)
        finally:
            self._dispatching -= 1

    async def _process_messages_loop(self) -> None:
        self._stage = _Stage.RUNNING
        try:
            await super()._process_messages_loop()
        finally:
            self._stage = _Stage.AFTER

    def _handle_exception(self, error: Exception) -> None:
        ending = self._stage is _Stage.RUNNING and not self._running
        if self._exit or ending or self._stage is _Stage.AFTER:
            # Screens that are being built when it ends find themselves taken apart.
            log.warning("something failed while the console ended", exc_info=error)
        elif self._can_mend():
            self.mender.take(error)
        else:
            self._end_for(error)

    def _can_mend(self) -> bool:
        """Return whether the app's own loop goes on, or will begin, after what failed."""
        if self._stage is _Stage.RUNNING or self._dispatching:
            return True
        return active_message_pump.get(None) is not self

    def _end_for(self, error: Exception) -> None:
        # Textual's own would print the traceback, with the values of local variables, on the terminal.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    async def build_again(self, remedy: Remedy) -> None:
        """Build the screen anew, as a remedy after a defect."""
        raise NotImplementedError

    def say_defect(self, error: BaseException, *, rebuilt: bool) -> None:
        """Say that something failed, and what was not touched by it."""
        raise NotImplementedError

    def reading_failed(self, error: BaseException) -> None:
        """Take a defect in reading the terminal, which is begun again by itself."""
        self.mender.take(WorkerFailed(error))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say that a worker failed whose end Textual passes over."""
        worker = event.worker
        if event.state is WorkerState.ERROR and not worker.exit_on_error and worker.error is not None:
            self.mender.take(WorkerFailed(worker.error))

    def panic(self, *renderables: RenderableType) -> None:
        """Take what only Textual knows for a defect."""
        self._handle_exception(RuntimeError("Textual gave up"))

    @property
    def defect(self) -> BaseException | None:
        """What ended the app, unless it was left as it should be."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    @property
    def backlog(self) -> int:
        """How many events wait to be worked off where those of the terminal go; for any thread."""
        waiting = self.message_queue_size
        for screen in self.screen_stack[-1:]:
            focused = screen.focused
            waiting += screen.message_queue_size + (focused.message_queue_size if focused else 0)
        return waiting

    # -- pictures -----------------------------------------------------------------------------------

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if renderable is None or not isinstance(driver, TakesPictures):
            super()._display(screen, self._sparing(renderable))
            if renderable is not None and not self._batch_count:
                self._seen(screen)
            return
        if self._batch_count:
            return
        if not driver.has_room(self._paint_later):
            # What is left out here is painted, with all else, once the terminal takes pictures again.
            self.post_display_hook()
            return
        with driver.picture(self._seer(screen)):
            super()._display(screen, self._sparing(renderable))

    def _sparing(self, renderable: RenderableType | None) -> RenderableType | None:
        return CroppedUpdate(renderable) if isinstance(renderable, ChopsUpdate) else renderable  # type: ignore[return-value]

    def _paint_later(self) -> None:
        """Have all painted; called from the writer's thread."""
        with suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.paint)

    def paint(self) -> None:
        """Paint the whole screen, whatever is on the terminal."""
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

    def _seer(self, screen: Screen[object]) -> Callable[[], None] | None:
        """Return what notes that a dialog's first picture is on the terminal; None where that is known."""
        if not isinstance(screen, Modal) or screen.seen_at is not None:
            return None
        return lambda: self._seen(screen)

    def _seen(self, screen: Screen[object]) -> None:
        if isinstance(screen, Modal) and screen.seen_at is None:
            screen.seen_at = time.monotonic()

    def is_too_early(self, event: events.Event) -> bool:
        """Return whether something typed or clicked was meant for what was there before a dialog."""
        if self.is_headless or not isinstance(event, events.InputEvent | events.Paste):
            return False  # without a terminal nothing was read from one
        top = self.screen_stack[-1] if self.screen_stack else None
        # One that was forwarded comes back from the screen below, which had no use for it.
        return isinstance(top, Modal) and top.too_early(event, typed=not event.is_forwarded)

    def is_for_nothing(self, event: events.Event) -> bool:
        """Return whether something was clicked that is gone, and only its picture is still there."""
        if not isinstance(event, events.MouseDown) or event.is_forwarded or not self.screen_stack:
            return False
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return not widget.is_attached

    def may_open(self, screen: Screen[object]) -> bool:
        """Return whether a screen may be put above the others: one of a kind, and not too many."""
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
        """Put a screen above the others, if it may be opened; one that may not is answered with None."""
        if not isinstance(screen, Screen) or self.may_open(screen):
            return super().push_screen(screen, callback, wait_for_dismiss, mode=mode)  # type: ignore[call-overload]
        if not wait_for_dismiss:
            return AwaitMount(self.screen, [])
        unanswered = asyncio.get_running_loop().create_future()
        unanswered.set_result(None)
        return unanswered

    def action_command_palette(self) -> None:
        """Open the palette."""
        if self.use_command_palette:
            self.push_screen(Palette())

    def write_beside(self, characters: str) -> None:
        """Write to the terminal what is no part of the picture: a bell, a notification."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(characters)
            self._driver.flush()


def run_in_terminal(app: TerminalApp) -> int:
    """Run the app in this terminal and return the exit code, 128 + n when signal n ended it.

    Raises whatever ended the app when that was no signal and no key, after the terminal was given back. The
    process is expected to end soon after: what still runs `GRACE_SECONDS` later is cut off.
    """
    if os.environ.get("SSH_CONNECTION") and not os.environ.get("TEXTUAL_ANIMATIONS"):
        app.animation_level = "none"
    if sys.platform != "win32":
        from textual.drivers.linux_driver import LinuxDriver

        from xovac_tui.ui.terminal.driver import PosixDriver

        if app.driver_class is LinuxDriver:
            app.driver_class = PosixDriver
    life = _Life(app)
    asyncio.run(life.run())
    if life.signalled:
        return life.signalled
    if app.defect is not None:
        raise app.defect
    return app.return_code or 0


class _Life:
    """Watches signals and the terminal while the app runs, and the clock when it is to end."""

    def __init__(self, app: TerminalApp) -> None:
        self.app = app
        self.signalled = 0
        """Exit code owed to a signal or to the terminal's end; 0: neither."""
        self._leave_by: float | None = None
        self._in_terminal = False
        self._gone = False
        self._give_back_settings = _settings_keeper()

    async def run(self) -> None:
        """Run the app to its end."""
        self._loop = asyncio.get_running_loop()
        hook, threading.excepthook = threading.excepthook, _log_thread
        threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()
        self._loop.call_later(START_SECONDS, _collect_garbage)
        try:
            with handled(self._on_signal):
                self._in_terminal = True
                await self.app.run_async()
                self._in_terminal = False
        finally:
            self._leave_by = self._leave_by or time.monotonic() + GRACE_SECONDS
            self._give_back_settings()
            self._look()
            threading.excepthook = hook

    def _on_signal(self, number: int) -> None:
        self._leave(128 + number)

    def _leave(self, code: int) -> None:
        if not self.signalled:
            self.signalled = code
            self._leave_by = time.monotonic() + GRACE_SECONDS
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.app.exit)

    def _look(self) -> None:
        """Let a terminal that is gone go: reading it would spin, writing to it would fail for ever."""
        if self._gone or all(os.isatty(number) for number in (0, 2)):
            return
        self._gone = True
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in _STANDARD:
            os.dup2(nowhere, number)
        log.info("the terminal is gone")
        self._leave(HANGUP)

    def _watch(self) -> None:
        # A thread, and not a timer of the loop's: the loop itself may be held up by the dead terminal.
        while True:
            time.sleep(LOOK_SECONDS)
            self._look()
            if self._leave_by is not None and time.monotonic() > self._leave_by:
                self._cut_off()

    def _cut_off(self) -> None:
        log.warning("the orderly end took more than %g s", GRACE_SECONDS)
        if self._in_terminal and not self._gone:
            # Not if that would block, as it does when the terminal takes no more output.
            with suppress(OSError):
                if select.select([], [2], [], 0)[1]:
                    os.write(2, _GIVE_BACK)
            self._give_back_settings()
        # What is to be logged still is, unless its disk hangs.
        logging.shutdown()
        os._exit(self.signalled or (1 if self.app.defect else self.app.return_code or 0))


def _settings_keeper() -> Callable[[], None]:
    """Keep the terminal's settings as they are now; return what sets them back."""
    try:
        import termios
    except ImportError:
        return lambda: None
    try:
        settings = termios.tcgetattr(0)
    except termios.error:
        return lambda: None

    def give_back() -> None:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, settings)

    return give_back


def _collect_garbage() -> None:
    """Begin to look for garbage, if that was put off for the start; what was made until now is none."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    """Keep the traceback of a thread's end away from the terminal; a dead terminal is no defect."""
    if isinstance(failed.exc_value, OSError):
        log.info("a thread ended: %s", failed.exc_value)
    elif failed.exc_value is not None:
        log.error("a thread ended", exc_info=failed.exc_value)
