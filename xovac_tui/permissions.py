"""Which files of ours other users of this machine can read or write: reported, never changed by itself."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

with suppress(ImportError):  # not there on Windows, where nothing asks for them
    import grp
    import pwd

_GROUP_READ, _GROUP_WRITE = stat.S_IRGRP, stat.S_IWGRP
_OTHERS_READ, _OTHERS_WRITE = stat.S_IROTH, stat.S_IWOTH


def exposed(what: str, files: Iterable[Path], *, readable: bool = True) -> str:
    """Return a sentence where other users can write one of some files; empty where none can.

    With `readable` also where they can read one. `what` names the files, as in `the record`. Files that do
    not exist are left out; only their modes are read, nothing is opened. Always empty on Windows.
    """
    if os.name != "posix":
        return ""
    found = [(path, mode) for path in files if (mode := _others(path, readable=readable))]
    if not found:
        return ""
    path, _ = found[0]
    both = 0
    for _, mode in found:
        both |= mode
    can = [
        word
        for word, bits in (("read", _GROUP_READ | _OTHERS_READ), ("write", _GROUP_WRITE | _OTHERS_WRITE))
        if both & bits
    ]
    modes = stat.S_IMODE(path.stat().st_mode)
    names = " ".join(shlex.quote(str(one)) for one, _ in found)
    return (
        f"Other users of this machine can {' and '.join(can)} {what} {path} (its mode is {modes:04o}). "
        f"If they should not, run: chmod 600 {names}"
    )


def _others(path: Path, *, readable: bool) -> int:
    """Return the bits of a file's mode that let other users at it; 0 where there are none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0
    wanted = _GROUP_WRITE | _OTHERS_WRITE
    if readable:
        wanted |= _GROUP_READ | _OTHERS_READ
    if found.st_mode & (_GROUP_READ | _GROUP_WRITE) and _is_private(found.st_uid, found.st_gid):
        wanted &= ~(_GROUP_READ | _GROUP_WRITE)
    return found.st_mode & wanted


def _is_private(uid: int, gid: int) -> bool:
    """Return whether a group is the owner's alone, as many systems give each user one of the same name."""
    try:
        owner, group = pwd.getpwuid(uid), grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}
