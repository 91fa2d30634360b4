"""One writer a record: a lock that the operating system takes away when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from xovac_tui.createfile import open_or_create


class WriterLock:
    """Lock beside a record; it is held for as long as the process lives or until it is released."""

    def __init__(self, record: Path) -> None:
        self._path = record.with_name(record.name + ".lock")
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """True while this object holds it."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock; False where another process (or another station of this one) has it.

        Raises OSError where the folder cannot be written, or its file system knows no locks.
        """
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # What it writes there must not go through a link into any other file.
        file = open_or_create(self._path)
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        # On a full disk nobody can be told who holds it, but it is held.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def holder(self) -> int | None:
        """Return the process that wrote itself into the lock last; None where nobody knows."""
        try:
            return int(self._path.read_text(encoding="ascii").strip() or 0) or None
        except (OSError, ValueError):
            return None


def record_files(record: Path) -> list[Path]:
    """Return a record and the files that belong to it, whether they exist or not."""
    return [record.with_name(record.name + ending) for ending in ("", "-wal", "-shm", ".lock")]


def is_recorded(record: Path) -> bool:
    """Tell whether a process holds the lock of a record now; nothing is made or changed by looking."""
    lock = record.with_name(record.name + ".lock")
    try:
        file = os.open(lock, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:
        return False
    try:
        # Held for an instant: a recorder that begins just then tries again a little later.
        _look(file)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


if sys.platform == "win32":

    def _lock(file: int) -> None:
        import msvcrt

        # Far behind what is written there, which must stay readable.
        os.lseek(file, 4096, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

    _look = _lock

else:

    def _lock(file: int) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _look(file: int) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
