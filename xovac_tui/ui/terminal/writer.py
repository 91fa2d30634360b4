"""Writes to the terminal off the loop: a terminal that takes nothing holds nothing up."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

MOST_BYTES = 64_000
"""Bytes that may wait for the terminal before pictures are left out."""
MOST_PICTURES = 64
"""Pictures that may wait for the terminal before more of them are left out."""
MOST_OTHER = 1_000_000
"""Bytes of all kinds that may wait; what is more is lost."""
END_SECONDS = 1.0
"""Seconds for which the end waits for the terminal to take what gives it back."""
_PIECE = 1024

Written = Callable[[], None]
"""Called from the writer's thread once what it goes with has been written."""

log = logging.getLogger(__name__)


class TerminalWriter(threading.Thread):
    """Takes text at once and writes it when the terminal takes it. Bounded: pictures are left out.

    It has the methods of Textual's own writer, whose queue blocks the loop when it is full.
    """

    def __init__(self, file: TextIO) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._file = file
        self._fileno = file.fileno()
        self._encoding = file.encoding or "utf-8"
        self._news = threading.Condition()
        self._waiting: deque[tuple[bytes, bool, Written | None]] = deque()
        self._bytes = 0
        """Of what waits, with what is being written."""
        self._pictures = 0
        self._ended = False
        self._owed: Written | None = None
        """Asks for a whole picture, as soon as all has been written: at least one was left out."""

    # -- from the loop ------------------------------------------------------------------------------

    def write(self, text: str, *, picture: bool = False, written: Written | None = None) -> None:
        """Have some text written; returns at once."""
        data = text.encode(self._encoding, "replace")
        with self._news:
            if self._bytes + len(data) > MOST_OTHER and not picture:
                return
            self._waiting.append((data, picture, written))
            self._bytes += len(data)
            self._pictures += picture
            self._news.notify()

    def has_room(self, again: Written) -> bool:
        """Return whether a picture may be written now.

        If not, `again` is called (from the writer's thread) once everything is written: what is on the
        terminal lacks a picture then, and all of it must be painted anew.
        """
        with self._news:
            if self._owed is None and self._bytes <= MOST_BYTES and self._pictures <= MOST_PICTURES:
                return True
            self._owed = again
            return False

    def flush(self) -> None:
        """Do nothing: what is written is not held back."""

    def isatty(self) -> bool:
        """Return True: it writes to a terminal."""
        return True

    def fileno(self) -> int:
        """Return the terminal's file number."""
        return self._fileno

    def stop(self) -> None:
        """End after what gives the terminal back; pictures that wait are not worth waiting for."""
        with self._news:
            self._waiting = deque(one for one in self._waiting if not one[1])
            self._owed = None
            self._ended = True
            self._news.notify()
        self.join(END_SECONDS)
        if self.is_alive():
            log.info("the terminal takes no more output: what was left for it is lost")

    # -- the thread ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Write what comes until the end, or until the terminal is gone."""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                data, picture, written = self._waiting.popleft()
            self._write(data)
            if written is not None:
                written()
            owed: Written | None = None
            with self._news:
                self._bytes -= len(data)
                self._pictures -= picture
                if not self._waiting:
                    self._bytes = self._pictures = 0
                    owed, self._owed = self._owed, None
            if owed is not None:
                owed()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fileno, view[:_PIECE]) :]
