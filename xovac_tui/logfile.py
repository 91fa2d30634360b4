"""The log file's handler, which costs nothing until there is something to log, and never waits for a disk."""

from __future__ import annotations

import logging
import os
import time
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING

from xovac_tui.errors import SettingsError
from xovac_tui.paths import APP, log_file

if TYPE_CHECKING:
    from xovac_tui.outlet import Outlet

from xovac_tui.createfile import open_or_create
from xovac_tui.plural import counted

_FORMAT = "%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(name)s: %(message)s"
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
        self._outlet: Outlet | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        if self._outlet is None:
            from xovac_tui.outlet import StreamOutlet

            self._outlet = StreamOutlet(self._stream)
        self._outlet.line(self.format(record))

    def flush(self) -> None:
        """Wait until all is written, but not for a reader that has stalled."""
        if self._outlet is not None:
            self._outlet.close(_LAST)


class LogFile(logging.Handler):
    """A rotating file that is opened with the first record, and written by a thread: a disk may hang."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: logging.Handler | None = None
        self._outlet: Outlet | None = None
        lines = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
        # In UTC: local time comes twice when clocks are set back.
        lines.converter = time.gmtime
        self.setFormatter(lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        if self._outlet is None:
            from xovac_tui.outlet import Outlet

            self._outlet = Outlet(self._write, most=_HELD, dropped=_dropped, name="log")
        try:
            # Now, and not in the thread: what it names may be another thing by then.
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self._outlet.put(text)

    def _write(self, text: str) -> None:
        if self._file is None:
            try:
                self._file = _rotating(self._path)
            except OSError:
                self._file = logging.NullHandler()
        # What cannot be written is dropped by the handler itself: a full disk must stop nothing.
        self._file.handle(logging.LogRecord("", logging.INFO, "", 0, text.removesuffix("\n"), None, None))

    def flush(self) -> None:
        """Wait until all is written, but not for a disk that hangs."""
        if self._outlet is not None:
            self._outlet.close(_LAST)

    def close(self) -> None:
        """Close the file, if it was ever opened."""
        self.flush()
        # A file in which a write hangs cannot be closed without waiting for it.
        if self._file is not None and self._outlet is not None and not self._outlet.left:
            self._file.close()
        super().close()


def _rotating(path: Path) -> logging.Handler:
    """Return a handler that writes into a file and puts it aside when it is full."""
    from logging.handlers import RotatingFileHandler

    class Rotating(RotatingFileHandler):
        """Opens its file where that is no link, and takes any text."""

        def _open(self) -> TextIOWrapper:
            descriptor = open_or_create(Path(self.baseFilename), append=True)
            return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    return Rotating(path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8")


def _dropped(count: int) -> str:
    return f"{counted(count, 'entry', 'entries')} dropped from this log: the disk took no more."


def setup_logging() -> Path | None:
    """Send all log records to the rotating log file and none to the terminal.

    Returns the file, or None where it cannot be written (then nothing is logged).
    """
    logging.raiseExceptions = False
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if handler.name == APP]:
        root.removeHandler(old)
        old.close()
    handler: logging.Handler = logging.NullHandler()
    path: Path | None = None
    written = True
    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(open_or_create(path, append=True))
        handler = LogFile(path)
    except (OSError, SettingsError):
        written = False
    handler.name = APP
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("xovac_tui").setLevel(logging.INFO)
    return path if written else None
