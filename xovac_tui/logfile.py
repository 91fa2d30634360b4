"""The log file's handler, which costs nothing until there is something to log, and never waits for a disk."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xovac_tui.errors import SettingsError
from xovac_tui.paths import APP, log_file

if TYPE_CHECKING:
    from xovac_tui.logwriter import LogWriter

from xovac_tui.createfile import open_or_create

_FORMAT = "%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(name)s: %(message)s"


class LogFile(logging.Handler):
    """A rotating file that is opened with the first record, and written by a thread: a disk may hang."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._writer: LogWriter | None = None
        lines = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
        # In UTC: local time comes twice when clocks are set back.
        lines.converter = time.gmtime
        self.setFormatter(lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        if self._writer is None:
            # Late: most commands log nothing, and what writes the file takes 60 ms to import.
            from xovac_tui.logwriter import LogWriter

            self._writer = LogWriter(self._path)
        try:
            # Now, and not in the thread: what it names may be another thing by then.
            text = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self._writer.put(text)

    def flush(self) -> None:
        """Wait until all is written, but not for a disk that hangs."""
        if self._writer is not None:
            self._writer.wait()

    def close(self) -> None:
        """Close the file, if it was ever opened."""
        if self._writer is not None:
            self._writer.end()
        super().close()


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
