"""Writes logs from a thread, so that a disk or a terminal that hangs holds nothing up."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from xovac_tui.createfile import open_or_create
from xovac_tui.outlet import Outlet, StreamOutlet
from xovac_tui.plural import counted

_MOST_BYTES = 1_000_000
_OLDER_FILES = 3
_HELD = 1_000_000
"""Characters that wait while the disk takes nothing."""
_LAST = 1.0
"""Seconds without progress after which the end of the program no longer waits for the disk."""


class OutletHandler(logging.Handler):
    """Writes records to a stream that may stall, from a thread; begins it with the first record."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self._stream = stream
        self._outlet: StreamOutlet | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        if self._outlet is None:
            self._outlet = StreamOutlet(self._stream)
        self._outlet.line(self.format(record))

    def flush(self) -> None:
        """Wait until all is written, but not for a reader that has stalled."""
        if self._outlet is not None:
            self._outlet.close(_LAST)


class LogWriter(Outlet):
    """Writes lines into a rotating file."""

    def __init__(self, path: Path) -> None:
        super().__init__(self._to_file, most=_HELD, dropped=_dropped, name="log")
        self._path = path
        self._file: logging.Handler | None = None

    def _to_file(self, text: str) -> None:
        if self._file is None:
            try:
                self._file = _Rotating(
                    self._path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8"
                )
            except OSError:
                self._file = logging.NullHandler()
        # What cannot be written is dropped by the handler itself: a full disk must stop nothing.
        self._file.handle(logging.LogRecord("", logging.INFO, "", 0, text.removesuffix("\n"), None, None))

    def wait(self) -> None:
        """Wait until all is written, but not for a disk that hangs."""
        self.close(_LAST)

    def end(self) -> None:
        """Write what waits, and close the file."""
        self.wait()
        # A file in which a write hangs cannot be closed without waiting for it.
        if self._file is not None and not self.left:
            self._file.close()


class _Rotating(RotatingFileHandler):
    """Opens its file where that is no link, and takes any text."""

    def _open(self) -> TextIOWrapper:
        descriptor = open_or_create(Path(self.baseFilename), append=True)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def _dropped(count: int) -> str:
    return f"{counted(count, 'entry', 'entries')} dropped from this log: the disk took no more."
