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
from contextlib import suppress

from xovac_tui.signals import handled
from xovac_tui.ui.terminal.app import TerminalApp

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
