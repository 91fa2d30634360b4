"""Keep the row in a record that names its recorder: read and written in the transactions that it guards.

A lock beside the file can be removed, or be another one for another path to the same file. This row
cannot: a second recorder reads it before it gives its first index, and the present one finds it still its
own at each commit, or stops.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import sqlite3
import sys
from pathlib import Path
from typing import NamedTuple, get_type_hints

from xovac_tui.recording.disk.files import Identity
from xovac_tui.recording.disk.table import TYPES

SILENT = 180.0
"""Seconds without a commit after which a recorder on another machine is taken for dead; an idle one commits
once a minute."""

_RESTART = 10.0
"""Seconds that a machine takes at the least to start anew."""


class ClaimedError(Exception):
    """Another process records in this record."""

    def __init__(self, pid: int, host: str) -> None:
        super().__init__(f"process {pid} on {host} records")
        self.pid, self.host = pid, host


class ClaimRow(NamedTuple):
    """What the row says."""

    token: str
    """Of this recorder alone."""
    session: int
    pid: int
    host: str
    machine: str
    """Distinguishes machines of one name."""
    boot: str
    """Of the machine, with its space of process numbers."""
    born: str
    """When the process was started, as its system counts."""
    inode: int
    """Of the file: in a copy of the file the row means nothing."""
    seen: float
    """UTC seconds of the newest commit."""
    beats: int
    """Commits."""


_DECLARED = ", ".join(
    f"{name} {TYPES[kind.__name__]} NOT NULL" for name, kind in get_type_hints(ClaimRow).items()
)
TABLE = f"CREATE TABLE recorder (id INTEGER PRIMARY KEY CHECK (id = 1), {_DECLARED});\n"
"""Makes the table with the one row."""
_COLUMNS = ", ".join(ClaimRow._fields)
_living: set[str] = set()
"""Tokens of this process's own recorders."""


def row_of(db: sqlite3.Connection) -> ClaimRow | None:
    """Return the row of a record; None where there is none."""
    found = db.execute(f"SELECT {_COLUMNS} FROM recorder WHERE id = 1").fetchone()
    return None if found is None else ClaimRow(*found)


def other_recorder(db: sqlite3.Connection, file: Identity | None, utc: float) -> ClaimRow | None:
    """Return the row of another recorder, if it lives by all that is known here; else None."""
    row = row_of(db)
    return row if row is not None and _is_alive(row, file, utc) else None


def claim(db: sqlite3.Connection, file: Identity | None, session: int, utc: float) -> str:
    """Make the row this recorder's, and return its token; ClaimedError where another one lives.

    For within a transaction that has the write lock.
    """
    if (other := other_recorder(db, file, utc)) is not None:
        raise ClaimedError(other.pid, other.host)
    token = secrets.token_hex(16)
    row = ClaimRow(
        token,
        session,
        os.getpid(),
        socket.gethostname(),
        _machine(),
        _boot_id(),
        _started_at(os.getpid()) or "",
        file[1] if file is not None else 0,
        utc,
        0,
    )
    places = ", ".join("?" * len(row))
    db.execute(f"INSERT OR REPLACE INTO recorder (id, {_COLUMNS}) VALUES (1, {places})", row)
    _living.add(token)
    return token


def confirm(db: sqlite3.Connection, token: str, utc: float) -> None:
    """Renew this recorder's row; ClaimedError where it is another's now. For the transaction of a commit."""
    if (
        db.execute("UPDATE recorder SET seen = ?, beats = beats + 1 WHERE token = ?", (utc, token)).rowcount
        != 1
    ):
        row = row_of(db)
        raise ClaimedError(row.pid if row else 0, row.host if row else "another machine")


def give_up(token: str) -> None:
    """Take note that a recorder of this process is no more, so that the next one here can have its row."""
    _living.discard(token)


def clear(db: sqlite3.Connection, token: str | None = None) -> None:
    """Delete the row, or only that of one recorder; nothing in a file of a version without the table."""
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'recorder'").fetchone():
        db.execute("DELETE FROM recorder WHERE ? IS NULL OR token = ?", (token, token))


def _is_alive(row: ClaimRow, file: Identity | None, utc: float) -> bool:
    if row.machine != _machine():
        return abs(utc - row.seen) < SILENT
    if file is not None and row.inode != file[1]:
        return False
    here, there = _boot_id().partition("/"), row.boot.partition("/")
    if here[0] != there[0]:
        # The machine was started anew since, which takes a while; or it is a clone of that one.
        return abs(utc - row.seen) < _RESTART
    if here != there or sys.platform == "win32":
        # A container has process numbers of its own.
        return abs(utc - row.seen) < SILENT
    if row.pid == os.getpid():
        return row.token in _living
    born = _started_at(row.pid)
    # Of processes of other users a system may report nothing else.
    return _exists(row.pid) if born is None else born == row.born


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _started_at(pid: int) -> str | None:
    """Return when a process was started, in ticks since the boot; empty if it has ended, None if unknown."""
    try:
        # proc(5): the name may hold anything, so what follows is counted from its end.
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if after_name[0] in "ZX" else after_name[19]


def _machine() -> str:
    """Return what identifies this machine. machine-id(5) must not be shown as it is."""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            if found := Path(place).read_text().strip():
                return hashlib.sha256(f"xovac-tui {found} {socket.gethostname()}".encode()).hexdigest()[:16]
    return socket.gethostname()


def _boot_id() -> str:
    """Return an id of this start of the machine, to which process numbers belong; empty where unknown."""
    found = ["", ""]
    with contextlib.suppress(OSError):
        found[0] = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with contextlib.suppress(OSError):
        found[1] = str(os.stat("/proc/self/ns/pid").st_ino)
    return "/".join(found)
