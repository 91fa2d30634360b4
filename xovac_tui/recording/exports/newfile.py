"""Writes a file whole or not at all, and never over one that is there."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from xovac_tui.createfile import whole_file
from xovac_tui.recording.disk.files import begins_as_database
from xovac_tui.recording.disk.schema import RecordError

_DEVICES = ("/dev", "/proc")
"""Folders of the system in which a link to a pipe is its own: `/dev/stdout`, `/dev/fd/63`."""


@contextlib.contextmanager
def new_file(
    path: Path, *, force: bool = False, binary: bool = False, derived: bool = False
) -> Iterator[IO[Any]]:
    """Give a file to write into, which takes its name when all is written.

    Only its owner may read it. A link is never followed: it is a name that is taken, which `force` replaces.
    A pipe or a device is written into as it is, unless the name is `derived`: made here, or by a record, and
    not typed by the user. Raises RecordError where there is a file already and not `force`, and OSError where
    the place cannot be written.
    """
    target = Path(os.path.realpath(path.parent)) / path.name
    if not derived and (special := _open_special(target)) is not None:
        text: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
        with os.fdopen(special, "wb" if binary else "w", **({} if binary else text)) as file:
            yield file
        return
    _refuse(path, target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole_file(target, replace=force, binary=binary) as file:
            yield file
            _refuse(path, target, force)
    except FileExistsError:
        raise _is_there(path) from None


def not_written(path: Path, error: OSError) -> RecordError:
    """Return why a file could not be written, as a sentence."""
    return RecordError(
        f"{path} cannot be written: {error.strerror or error}. Make room there, or name another place."
    )


def _open_special(target: Path) -> int | None:
    """Open what is not a regular file for writing, and return its descriptor; None where it is none."""
    flags = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
    if not str(target).startswith(tuple(f"{folder}/" for folder in _DEVICES)):
        flags |= getattr(os, "O_NOFOLLOW", 0)
    follow = not flags & getattr(os, "O_NOFOLLOW", 0)
    try:
        mode = os.stat(target, follow_symlinks=follow).st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return None
    return os.open(target, flags)


def _refuse(path: Path, target: Path, force: bool) -> None:
    if target.is_dir():
        raise RecordError(f"{path} is a folder. Name a file in it.")
    if os.path.lexists(target) and not force:
        raise _is_there(path)
    if begins_as_database(target):
        raise RecordError(
            f"{path} is a database, such as a record, and is never written over. Name another file."
        )


def _is_there(path: Path) -> RecordError:
    return RecordError(f"{path} is there and is not written over. Name another file, or add --force.")
