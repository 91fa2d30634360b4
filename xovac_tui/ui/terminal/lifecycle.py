"""Run the console in a terminal and restore the terminal, however the console ends."""

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
from contextlib import suppress

from xovac_tui.signals import handled
from xovac_tui.ui import terminal
from xovac_tui.ui.terminal.app import TerminalApp

with suppress(ImportError):  # not there on Windows
    import termios

CHECK_SECONDS = 0.5
"""Seconds between two checks that the terminal is still there."""
START_SECONDS = 1.0
"""Seconds after which the first picture is on the screen."""
GRACE_SECONDS = 3.0
"""Seconds for an orderly end, network and simulator included; then the process is killed."""
HANGUP = 128 + 1
"""Exit code after the loss of the terminal, with or without SIGHUP."""

# Keyboard protocol, bracketed paste, mouse, focus, window size, line wrap, alternate screen, cursor.
_GIVE_BACK = (
    b"\x1b[<u\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[?1004l\x1b[?2048l\x1b[?7h\x1b[?1049l\x1b[?25h"
)
_STANDARD = (0, 1, 2)

log = logging.getLogger(__name__)


class UnaskedEndError(Exception):
    """The app ended by itself."""


def run_in_terminal(app: TerminalApp, *, last: bool = True) -> int:
    """Run the app in this terminal and return the exit code; 128 + n if signal n ended it.

    Restores the terminal, then raises the error that ended the app, if any. After the `last` app
    the process must end soon: it is killed `GRACE_SECONDS` later.
    """
    if os.environ.get("SSH_CONNECTION") and not os.environ.get("TEXTUAL_ANIMATIONS"):
        app.animation_level = "none"
    if sys.platform != "win32":
        terminal.driver.make_robust(app)
    life = _Life(app, last=last)
    asyncio.run(life.run())
    return life.signalled or exit_code(app)


def exit_code(app: TerminalApp) -> int:
    """Return the exit code of an app that has ended without a signal.

    Raises:
        BaseException: The defect that ended it.
        UnaskedEndError: Nothing had asked it to end: this must not look like a console that was left.
    """
    if app.defect is not None:
        raise app.defect
    if app.return_code is None:
        raise UnaskedEndError("the console ended, and was not asked to")
    return app.return_code


class _Life:
    """Watches signals and the terminal while the app runs, and the time that its end takes."""

    def __init__(self, app: TerminalApp, *, last: bool) -> None:
        self.app = app
        self._last = last
        self._over = False
        """The app has ended, and another one follows."""
        self.signalled = 0
        """Exit code for a signal or the loss of the terminal; 0: neither."""
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
            if self._last or self.signalled:
                self._leave_by = self._leave_by or time.monotonic() + GRACE_SECONDS
            else:
                self._over, self._leave_by = True, None
            self._give_back_settings()
            self._check_terminal()
            threading.excepthook = hook

    def _on_signal(self, number: int) -> None:
        self._leave(128 + number)

    def _leave(self, code: int) -> None:
        if not self.signalled:
            self.signalled = code
            self._leave_by = time.monotonic() + GRACE_SECONDS
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.app.exit)

    def _check_terminal(self) -> None:
        """End the app if the terminal is gone: reading it would spin, and writing would always fail."""
        if self._gone or all(os.isatty(number) for number in (0, 2)):
            return
        self._gone = True
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in _STANDARD:
            os.dup2(nowhere, number)
        log.info("the terminal is gone")
        self._leave(HANGUP)

    def _watch(self) -> None:
        # A thread instead of a timer: the loop may be blocked by the dead terminal.
        while not self._over:
            time.sleep(CHECK_SECONDS)
            if self._over:
                return
            self._check_terminal()
            if self._leave_by is not None and time.monotonic() > self._leave_by:
                self._cut_off()

    def _cut_off(self) -> None:
        log.warning("the orderly end took more than %g s", GRACE_SECONDS)
        if self._in_terminal and not self._gone:
            # Unless that would block, as it does when the terminal accepts no more output.
            with suppress(OSError):
                if select.select([], [2], [], 0)[1]:
                    os.write(2, _GIVE_BACK)
            self._give_back_settings()
        # The log is written, unless its disk hangs.
        logging.shutdown()
        code = self.app.return_code
        os._exit(self.signalled or (1 if self.app.defect or code is None else code))


def _settings_keeper() -> Callable[[], None]:
    """Return a function that restores the terminal's current settings."""
    if sys.platform == "win32":
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
    """Enable garbage collection, if the start disabled it; exempt the objects made so far."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    """Log a thread's error instead of printing it; ignore one caused by a dead terminal."""
    if isinstance(failed.exc_value, OSError):
        log.info("a thread ended: %s", failed.exc_value)
    elif failed.exc_value is not None:
        log.error("a thread ended", exc_info=failed.exc_value)
