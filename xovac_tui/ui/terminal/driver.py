"""The terminal's driver on POSIX: Textual's own, made robust."""

from __future__ import annotations

import logging
import os
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from xovac_tui.signals import ignored_stay_ignored, on_resize
from xovac_tui.ui.terminal.app import TerminalApp
from xovac_tui.ui.terminal.keyboard import MOST_COLUMNS, MOST_ROWS, Keyboard
from xovac_tui.ui.terminal.writer import TerminalWriter, Written

# The queue of Textual's own writer blocks the loop while the terminal accepts no output.
linux_driver.WriterThread = TerminalWriter  # type: ignore[attr-defined,assignment]

_READ = 4096
_CHECK_SECONDS = 0.1
"""Seconds between two checks for events that time alone makes, and before reading what had no data."""
MOST_BACKLOG = 200
"""Events that may wait before reading pauses: STOP would be queued behind them."""
_BACKLOG_SECONDS = 0.005
_AGAIN_SECONDS = 0.5
"""Seconds after a defect before reading goes on."""

log = logging.getLogger(__name__)

_JOB_CONTROL = ("SIGTSTP", "SIGCONT", "SIGTTIN", "SIGTTOU")
"""Signals for which Textual's driver sets handlers."""


class PosixDriver(LinuxDriver):
    """Restores the terminal, survives its loss, and never waits for it."""

    _app: TerminalApp
    _writer_thread: TerminalWriter | None  # type: ignore[assignment]
    _ours = False
    """The terminal is taken and not given back yet."""
    _suspended = False
    _drawing = False
    """The current writes are part of a picture."""
    _drew = False
    _waking: tuple[int, int] | None = None
    """Ends of a pipe by which the reading is woken for its end; None while nothing is read."""

    # -- writing ------------------------------------------------------------------------------------

    def __init__(self, *arguments: Any, **options: Any) -> None:
        with ignored_stay_ignored(_JOB_CONTROL):
            super().__init__(*arguments, **options)

    def write(self, data: str) -> None:
        """Write, except after the terminal was given back or its writer has ended.

        Textual would send the mouse pointer's shape to the shell, or wait forever for the ended writer.
        """
        if self._ours and self._writer_thread is not None and self._writer_thread.is_alive():
            self._writer_thread.write(data, picture=self._drawing)
            self._drew = True

    @contextmanager
    def picture(self, written: Written | None) -> Iterator[None]:
        """Treat what is written meanwhile as a picture; call `written` once it is on the terminal."""
        self._drawing, self._drew = True, False
        try:
            yield
        finally:
            self._drawing = False
            if self._drew and written is not None and self._writer_thread is not None:
                self._writer_thread.write("", picture=True, written=written)

    def has_room(self, again: Written) -> bool:
        """Return whether the terminal accepts pictures now; if not, call `again` once it does."""
        writer = self._writer_thread
        return writer is None or not writer.is_alive() or writer.has_room(again)

    # -- taking and giving back ---------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._ours = True
        self._waking = os.pipe()
        with ignored_stay_ignored(_JOB_CONTROL):
            super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            # Textual ignores the signal once a terminal, or noise on the line, announced size reports.
            on_resize(self._on_resized)

    def _on_resized(self) -> None:
        size = Size(*self._get_terminal_size())
        if size != self._app.size:
            self.send_message(events.Resize(size, size))

    def stop_application_mode(self) -> None:
        """Give the terminal back, including the mouse in pixels, which Textual leaves on."""
        # First of all: events read meanwhile might switch on more modes.
        self.disable_input()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
        super().stop_application_mode()
        self._ours = False

    def disable_input(self) -> None:
        """End the reading."""
        if self._waking is not None:
            os.write(self._waking[1], b".")
        super().disable_input()
        for number in self._waking or ():
            os.close(number)
        self._waking = None

    def suspend_application_mode(self) -> None:
        """Give the terminal back until the process is continued."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again; does nothing after SIGSTOP and SIGCONT, which leave it as it was."""
        if self._suspended:
            self._suspended = False
            super().resume_application_mode()
        else:
            self._app.call_later(self._app.refresh, layout=True)

    def _get_terminal_size(self) -> tuple[int, int]:
        width, height = super()._get_terminal_size()
        return min(width, MOST_COLUMNS), min(height, MOST_ROWS)

    # -- reading ------------------------------------------------------------------------------------

    def _run_input_thread(self) -> None:
        while not self.exit_event.is_set():
            try:
                self.run_input_thread()
            except OSError as why:
                # The terminal is gone; the life cycle notices that and ends the console.
                log.info("the terminal cannot be read: %s", why)
                self.exit_event.wait(_AGAIN_SECONDS)
            except Exception as error:
                self._loop.call_soon_threadsafe(self._app.reading_failed, error)
                self.exit_event.wait(_AGAIN_SECONDS)

    def run_input_thread(self) -> None:
        """Read the terminal until the console ends, whatever it sends."""
        keyboard = Keyboard()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            if self._waking is not None:
                selector.register(self._waking[0], selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if self._app.backlog > MOST_BACKLOG:
                    # Unread input waits in the terminal, whose buffer is bounded.
                    self.exit_event.wait(_BACKLOG_SECONDS)
                    continue
                ready = selector.select(_CHECK_SECONDS if keyboard.is_waiting else None)
                if any(key.fd == self.fileno for key, _ in ready):
                    data = os.read(self.fileno, _READ)
                    if not data:
                        self.exit_event.wait(_CHECK_SECONDS)
                    for message in keyboard.feed(data, time.monotonic()):
                        if not self._is_noise(message):
                            self.process_message(message)
                for message in keyboard.tick(time.monotonic()):
                    self.process_message(message)

    def _is_noise(self, message: Message) -> bool:
        """Return whether a size report is noise: the system has another size."""
        return isinstance(message, events.Resize) and tuple(message.size) != self._get_terminal_size()


def make_robust(app: TerminalApp) -> None:
    """Have an app that would use Textual's own driver for this terminal use this one."""
    if app.driver_class is LinuxDriver:
        app.driver_class = PosixDriver
