"""Reads small files of the user whatever they are: a pipe or a device may never give or never end."""

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


def read_at_most(path: Path, most: int, patience: float = PATIENCE) -> bytes:
    """Return the first `most` bytes of a file; raises OSError, and ValueError for an unusable name.

    Opening a pipe that nothing writes into would block, and with it every signal of the process.
    """
    if os.name != "posix":
        with path.open("rb") as file:
            return file.read(most)
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        got = bytearray()
        until = time.monotonic() + patience
        while len(got) < most:
            if not stat.S_ISREG(mode):
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
