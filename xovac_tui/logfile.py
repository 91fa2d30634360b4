"""The log file's handler, which costs nothing until there is something to log."""

from __future__ import annotations

import logging
from pathlib import Path

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
            from logging.handlers import RotatingFileHandler

            try:
                self._file = RotatingFileHandler(
                    self._path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8"
                )
            except OSError:
                self._file = logging.NullHandler()
            self._file.setFormatter(logging.Formatter(_FORMAT))
        self._file.handle(record)

    def close(self) -> None:
        """Close the file, if it was ever opened."""
        if self._file is not None:
            self._file.close()
        super().close()
