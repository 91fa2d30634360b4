"""The log file's handler, which costs nothing until there is something to log."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from pathlib import Path

from xovac_tui.createfile import open_or_create

_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
_MOST_BYTES = 1_000_000
_OLDER_FILES = 3


class LogFile(logging.Handler):
    """A rotating file that is opened with the first record: its module is slow to import."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if self._file is None:
            try:
                self._file = _rotating(self._path)
            except OSError:
                self._file = logging.NullHandler()
            self._file.setFormatter(logging.Formatter(_FORMAT))
        self._file.handle(record)

    def close(self) -> None:
        """Close the file, if it was ever opened."""
        if self._file is not None:
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
