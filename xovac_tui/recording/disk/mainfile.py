"""Check the main file of a record past its `-wal` for what only another program can have done to it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from xovac_tui.recording.disk import claim, files
from xovac_tui.recording.disk.schema import TornRecordError


class MainFile:
    """The main file of a record that is written. `token` is its recorder's, empty beside one."""

    def __init__(self, path: Path, token: str) -> None:
        self._path, self._token = path, token
        self._beats: int | None = None
        """Commits of this recorder, as the main file had them when it was checked last."""

    def check(self) -> None:
        """Raise TornRecordError where another program has overwritten it.

        Beside a `-wal` it may lack any page, or have an old one, which is no damage. But its beginning never
        changes, and its row of the present recorder only ever gets newer.
        """
        try:
            found = self._read() if files.size(self._path) else None
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
                said = f"{self._path} is damaged: something has overwritten its beginning."
                raise TornRecordError(said) from None
            return
        mine = found is not None and found.token == self._token
        if self._beats is not None and (found is None or not mine or found.beats < self._beats):
            raise TornRecordError(
                f"{self._path} was overwritten with another file while it was written. "
                "To restore a copy, end the recorder first."
            )
        if found is not None and mine:
            self._beats = found.beats

    def _read(self) -> claim.ClaimRow | None:
        # Through SQLite, whose locks an ordinary `open` would drop.
        with contextlib.closing(files.connect(self._path, mode="ro", immutable=True)) as main:
            # Of another program's database the first statement says so too.
            if not main.execute("SELECT 1 FROM sqlite_schema WHERE name = 'recorder'").fetchone():
                return None
            return claim.row_of(main)
