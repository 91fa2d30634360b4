"""Creates files: the only place that does, so that no file is ever made, or written, through a link.

A name that another user has planted (a link to a file of ours, a pipe) is a name that is taken. What replaces
a file is written beside it first and takes its name whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

with contextlib.suppress(ImportError):  # Windows has no locks of this kind
    import fcntl

PRIVATE = 0o600
"""Mode of a new file: only its owner may read and write it."""
SAVING = 5.0
"""Seconds for which another program's save is waited for."""
_POLL = 0.01
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def create(path: Path, mode: int = PRIVATE) -> int:
    """Create an empty file and return its descriptor, for reading and writing.

    Raises FileExistsError where anything has that name, a link included, and OSError where the folder cannot
    be written.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, mode)


def open_or_create(path: Path, *, append: bool = False) -> int:
    """Open a file of this program's own, created where there is none, and return its descriptor.

    With `append` only its end is written. Raises OSError where the name is a link: it may lead to any file.
    """
    access = os.O_WRONLY | os.O_APPEND if append else os.O_RDWR
    return os.open(path, access | os.O_CREAT | _NO_LINK, PRIVATE)


@contextlib.contextmanager
def whole_file(
    target: Path, *, replace: bool, mode: int = PRIVATE, binary: bool = False
) -> Iterator[IO[Any]]:
    """Give a new file to write into, which takes the name `target` when all of it is on the disk.

    With `replace` it takes the place of what has that name (of a link, not of the file that the link leads
    to); without, FileExistsError. Nothing is left behind where the writing fails. Text is UTF-8, in which
    half a character pair becomes its escape. Raises OSError where the folder cannot be written.
    """
    part = target.with_name(f".xovac-{os.urandom(8).hex()}.part")
    descriptor = create(part, mode)
    text: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
    try:
        with os.fdopen(descriptor, "wb" if binary else "w", **({} if binary else text)) as file:
            if mode != PRIVATE:
                # The mode that was asked for, whatever the umask.
                os.chmod(part, mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(part, target)
        else:
            _take_name(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def only_saver(target: Path, patience: float = SAVING) -> Iterator[None]:
    """Keep other saves of this program's kind out of the folder of a file, in any process, meanwhile.

    What is compared within it is still there when it is replaced. The lock is on the folder itself
    (flock(2)), so that no file is left behind and the end of a process ends it. Where the system has no such
    lock (Windows, some network shares) nothing is kept out. Raises TimeoutError where another save lasts for
    `patience` seconds. It must not be nested.
    """
    folder = next(one for one in target.parents if one.is_dir())
    held = _lock_of(folder, patience)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _lock_of(folder: Path, patience: float) -> int | None:
    """Return the descriptor that holds the lock of a folder; None where it has no lock."""
    try:
        number = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(number)
                said = "another program is saving a file in its folder, and has not finished"
                raise TimeoutError(errno.ETIMEDOUT, said, str(folder)) from None
            time.sleep(_POLL)
        except (OSError, NameError):
            os.close(number)
            return None


def _take_name(part: Path, target: Path) -> None:
    """Give a file its name, or raise FileExistsError where that is taken."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # This file system knows no second names.
        os.close(create(target))
        os.replace(part, target)
    else:
        part.unlink()
