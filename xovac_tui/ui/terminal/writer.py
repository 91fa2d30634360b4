"""Write to the terminal from a thread, so that a stalled terminal does not block the loop."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

MOST_BYTES = 64_000
"""Waiting bytes above which pictures are dropped."""
MOST_PICTURES = 64
"""Waiting pictures above which more are dropped."""
MOST_OTHER = 1_000_000
"""Waiting bytes of all kinds above which output is lost."""
END_SECONDS = 1.0
"""Seconds without progress after which the end no longer waits for what restores the terminal."""
_PIECE = 1024

Written = Callable[[], None]
"""Callback from the writer's thread once its text has been written."""

log = logging.getLogger(__name__)


class TerminalWriter(threading.Thread):
    """Accepts text at once and writes it when the terminal accepts it. Bounded: drops pictures.

    Has the methods of Textual's own writer, whose full queue blocks the loop.
    """

    def __init__(self, file: TextIO) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._file = file
        self._fileno = file.fileno()
        self._encoding = file.encoding or "utf-8"
        self._news = threading.Condition()
        self._waiting: deque[tuple[bytes, bool, Written | None]] = deque()
        self._bytes = 0
        """Waiting bytes, including those being written."""
        self._pictures = 0
        self._ended = False
        self._written = 0
        """Bytes that the terminal has accepted."""
        self._owed: Written | None = None
        """Callback that requests a full picture once all is written; set if a picture was dropped."""

    # -- from the loop ------------------------------------------------------------------------------

    def write(self, text: str, *, picture: bool = False, written: Written | None = None) -> None:
        """Queue text for writing; returns at once."""
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

        If not, calls `again` (from the writer's thread) once everything is written: the picture on the
        terminal is incomplete then and must be repainted.
        """
        with self._news:
            if self._owed is None and self._bytes <= MOST_BYTES and self._pictures <= MOST_PICTURES:
                return True
            self._owed = again
            return False

    def flush(self) -> None:
        """Do nothing: writes are not buffered here."""

    def isatty(self) -> bool:
        """Return True: the output is a terminal."""
        return True

    def fileno(self) -> int:
        """Return the terminal's file number."""
        return self._fileno

    def stop(self) -> None:
        """End after writing what restores the terminal; drop waiting pictures."""
        with self._news:
            self._waiting = deque(one for one in self._waiting if not one[1])
            self._owed = None
            self._ended = True
            self._news.notify()
        before = -1
        while self.is_alive() and self._written != before:
            before = self._written
            self.join(END_SECONDS)
        if self.is_alive():
            log.info("the terminal takes no more output: what was left for it is lost")

    # -- the thread ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Write the queued text until the end, or until the terminal is gone."""
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
            accepted = os.write(self._fileno, view[:_PIECE])
            view = view[accepted:]
            self._written += accepted
