"""Writes a file whole or not at all, and never over one that is there."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from xovac_tui.recording.files import begins_as_database
from xovac_tui.recording.schema import RecordError


@contextlib.contextmanager
def new_file(path: Path, *, force: bool = False, binary: bool = False) -> Iterator[IO[Any]]:
    """Give a file to write into, which takes its name when all is written.

    Only its owner may read it. What is no plain file (a pipe, a device) is written into as it is. Raises
    RecordError where there is a file already and not `force`, and OSError where the place cannot be written.
    """
    target = Path(os.path.realpath(path))
    mode: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if _special(target):
        with target.open(**mode) as file:
            yield file
        return
    _refuse(path, target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        # What a record holds is nobody else's business.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, **mode) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse(path, target, force)
        os.replace(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def not_written(path: Path, error: OSError) -> RecordError:
    """Return why a file could not be written, as a sentence."""
    return RecordError(
        f"{path} cannot be written: {error.strerror or error}. Make room there, or name another place."
    )


def _special(target: Path) -> bool:
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _refuse(path: Path, target: Path, force: bool) -> None:
    if target.is_dir():
        raise RecordError(f"{path} is a folder. Name a file in it.")
    if target.exists() and not force:
        raise RecordError(f"{path} is there and is not written over. Name another file, or add --force.")
    if begins_as_database(target):
        raise RecordError(
            f"{path} is a database, such as a record, and is never written over. Name another file."
        )
