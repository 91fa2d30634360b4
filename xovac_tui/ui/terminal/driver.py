"""The terminal's driver on POSIX: Textual's own, with its ends tied up."""

from __future__ import annotations

import logging
import os
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from xovac_tui.signals import ignored_stay_ignored, on_resize
from xovac_tui.ui.terminal.keyboard import MOST_COLUMNS, MOST_ROWS, Keyboard
from xovac_tui.ui.terminal.writer import TerminalWriter, Written

if TYPE_CHECKING:
    from xovac_tui.ui.terminal.app import TerminalApp

# Textual's own writer has a queue that blocks the loop while the terminal takes nothing.
linux_driver.WriterThread = TerminalWriter  # type: ignore[attr-defined,assignment]

_READ = 4096
_LOOK_SECONDS = 0.1
"""Between two looks at whether the reading is to end, and at what time alone makes an event."""
MOST_BACKLOG = 200
"""Events that may wait to be worked off before no more are read: STOP is behind them."""
_BACKLOG_SECONDS = 0.005
_AGAIN_SECONDS = 0.5
"""After a defect in reading, before it goes on."""

log = logging.getLogger(__name__)

_JOB_CONTROL = ("SIGTSTP", "SIGCONT", "SIGTTIN", "SIGTTOU")
"""Signals of which Textual's driver takes hold."""


class PosixDriver(LinuxDriver):
    """Gives back everything it takes, outlives a terminal that is gone, and is held up by none."""

    _app: TerminalApp
    _writer_thread: TerminalWriter | None  # type: ignore[assignment]
    _ours = False
    """The terminal is taken, and not given back yet."""
    _suspended = False
    _drawing = False
    """What is written now is a part of a picture."""
    _drew = False

    # -- writing ------------------------------------------------------------------------------------

    def __init__(self, *arguments: Any, **options: Any) -> None:
        with ignored_stay_ignored(_JOB_CONTROL):
            super().__init__(*arguments, **options)

    def write(self, data: str) -> None:
        """Write, but neither after giving back nor for a writer that ended with the terminal.

        Textual would send the mouse pointer's shape to the shell, or wait for the dead writer for ever.
        """
        if self._ours and self._writer_thread is not None and self._writer_thread.is_alive():
            self._writer_thread.write(data, picture=self._drawing)
            self._drew = True

    @contextmanager
    def picture(self, written: Written | None) -> Iterator[None]:
        """Take what is written meanwhile for a picture; `written` is called once it is on the terminal."""
        self._drawing, self._drew = True, False
        try:
            yield
        finally:
            self._drawing = False
            if self._drew and written is not None and self._writer_thread is not None:
                self._writer_thread.write("", picture=True, written=written)

    def has_room(self, again: Written) -> bool:
        """Return whether the terminal takes pictures; `again` is called once it does, if it does not."""
        writer = self._writer_thread
        return writer is None or not writer.is_alive() or writer.has_room(again)

    # -- taking and giving back ---------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._ours = True
        with ignored_stay_ignored(_JOB_CONTROL):
            super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            # Textual's own is deaf once a terminal, or noise on the line, announced reports of its size.
            on_resize(self._on_resized)

    def _on_resized(self) -> None:
        size = Size(*self._get_terminal_size())
        if size != self._app.size:
            self.send_message(events.Resize(size, size))

    def stop_application_mode(self) -> None:
        """Give the terminal back; Textual forgets that it asked for the mouse in pixels."""
        # First, for what is read meanwhile might take more of the terminal.
        self.disable_input()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
        super().stop_application_mode()
        self._ours = False

    def suspend_application_mode(self) -> None:
        """Give the terminal back until we are continued."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again; not after a mere SIGSTOP and SIGCONT, which took nothing from us."""
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
                # The terminal is gone; who watches it ends the console.
                log.info("the terminal cannot be read: %s", why)
                self.exit_event.wait(_AGAIN_SECONDS)
            except Exception as error:
                self._loop.call_soon_threadsafe(self._app.reading_failed, error)
                self.exit_event.wait(_AGAIN_SECONDS)

    def run_input_thread(self) -> None:
        """Read the terminal until the end, whatever it sends."""
        keyboard = Keyboard()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if self._app.backlog > MOST_BACKLOG:
                    # What is not read waits in the terminal, which lets nobody send more than it holds.
                    self.exit_event.wait(_BACKLOG_SECONDS)
                    continue
                if selector.select(_LOOK_SECONDS):
                    data = os.read(self.fileno, _READ)
                    if not data:
                        self.exit_event.wait(_LOOK_SECONDS)
                    for message in keyboard.feed(data, time.monotonic()):
                        if not self._is_noise(message):
                            self.process_message(message)
                for message in keyboard.tick(time.monotonic()):
                    self.process_message(message)

    def _is_noise(self, message: Message) -> bool:
        """Return whether a report of the terminal's size is none: the system knows another size."""
        return isinstance(message, events.Resize) and tuple(message.size) != self._get_terminal_size()
