"""Reads small files of the user: regular ones, and pipes of the shell. Anything else is refused at once."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from pathlib import Path

PATIENCE = 10.0
"""Seconds for which a pipe may give nothing before it is given up."""
_PIECE = 65_536
_HANDED_OVER = ("/dev/", "/proc/")
"""Beginnings of the names under which a system lists what a process has open: `/dev/stdin`, `/dev/fd/63`."""
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotRegularError(OSError):
    """What has this name is a named pipe, a device or a socket: `kind` says which of them."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}, not a regular file", str(path))
        self.kind = kind


def need_regular(path: Path) -> os.stat_result:
    """Return the status of a file that can be read to its end, without opening it.

    That is a regular file, a pipe that the shell hands over (`<(...)`, `/dev/stdin`), or the null device,
    which is empty. Opening anything else may wait for ever, never end, or do something to a device. Raises
    NotRegularError for those, IsADirectoryError, and OSError where there is no such file.
    """
    found = os.stat(path)
    _check(path, found)
    return found


def _check(path: Path, found: os.stat_result) -> None:
    mode = found.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    kind = next((name for is_one, name in _KINDS if is_one(mode)), "")
    handed_over = stat.S_ISFIFO(mode) and str(path).startswith(_HANDED_OVER)
    if kind and not handed_over and not _is_null(found):
        raise NotRegularError(path, kind)


def _is_null(found: os.stat_result) -> bool:
    if not stat.S_ISCHR(found.st_mode):
        return False
    return found.st_rdev == os.stat(os.devnull).st_rdev


def read_at_most(path: Path, most: int, patience: float = PATIENCE) -> bytes:
    """Return the first `most` bytes of a file; raises as `need_regular`, and ValueError for an unusable name.

    A pipe that gives nothing for `patience` seconds is given up.
    """
    need_regular(path)
    if os.name != "posix":
        with path.open("rb") as file:
            return file.read(most)
    # Not blocking: something else may have taken the name since.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        found = os.fstat(number)
        _check(path, found)
        got = bytearray()
        until = time.monotonic() + patience
        while len(got) < most:
            if not stat.S_ISREG(found.st_mode):
                ready, _, _ = select.select([number], [], [], max(0.0, until - time.monotonic()))
                if not ready:
                    said = f"it is not a regular file, and gave nothing for {patience:g} s"
                    raise TimeoutError(errno.ETIMEDOUT, said, str(path))
            piece = os.read(number, min(_PIECE, most - len(got)))
            if not piece:
                break
            got += piece
            until = time.monotonic() + patience
        return bytes(got)
    finally:
        os.close(number)
