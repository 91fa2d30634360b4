"""Works out where the rows of an older record lie among its events, and when by the monotonic clock.

Files of versions 1 and 2 knew of most rows only their time on the wall clock. Where that clock was set, such
a time can mean two moments; the events themselves, which are in order, decide.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.disk.codec import Block, unpack_tail
from xovac_tui.recording.disk.kinds import KINDS
from xovac_tui.recording.disk.table import adding, first_of, later_of

_ADDING = {kind.table.name: kind for kind in KINDS if later_of(kind)}
"""Table to which version 3 adds columns -> its kind."""
_LARGE = frozenset(["attachments"])
"""Tables that are not copied: nothing that is shown asks where among the events a file was attached."""
_UNREADABLE = (zlib.error, msgspec.MsgspecError, ValueError, LookupError, OverflowError)


def place_rows(db: sqlite3.Connection) -> None:
    """Fill in the columns of version 3; for within a transaction that has added them."""
    with _numbers():
        _Places(db).fill()


def place_copies(db: sqlite3.Connection) -> None:
    """Lay copies of the tables that version 3 changes over those of a file that is only read."""
    db.execute("PRAGMA temp_store = MEMORY")
    there = {name for (name,) in db.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'")}
    for table, kind in _ADDING.items():
        if table not in there:
            continue
        # A version that was set back has them.
        has = {name for _, name, *_ in db.execute(f"PRAGMA main.table_info({table})")}
        missing = [column for column in later_of(kind) if column not in has]
        if table in _LARGE:
            empty = ", ".join(["*", *(f"NULL AS {column}" for column in missing)])
            db.execute(f"CREATE TEMP VIEW {table} AS SELECT {empty} FROM main.{table}")
            continue
        db.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table}")
        for statement in adding(kind):
            if statement.split()[-2] in missing:
                db.execute(statement.replace(table, f"temp.{table}", 1))
    with _numbers():
        _Places(db, without=_LARGE).fill()


@contextlib.contextmanager
def _numbers() -> Iterator[None]:
    """Raise sqlite3.DataError where a file of strange hands has something else in place of a number."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        raise sqlite3.DataError(f"a row is not as it was written ({error})") from error


class _Places:
    """The events of one file, and what lies beside them."""

    def __init__(self, db: sqlite3.Connection, *, without: frozenset[str] = frozenset()) -> None:
        self._db = db
        self._there = {name for (name,) in db.execute("SELECT name FROM main.sqlite_schema")} - without
        self._pieces = _pieces(db)
        self._own = {
            session: list(pieces)
            for session, pieces in groupby(
                sorted(self._pieces, key=lambda one: (one.session, one.first)), key=lambda one: one.session
            )
        }
        self._began = {
            number: (mono, started - mono)
            for number, started, mono in db.execute("SELECT id, started, mono FROM sessions")
        }

    def fill(self) -> None:
        """Fill in what is not known yet."""
        self._sessions()
        for table, kind in _ADDING.items():
            first = first_of(kind)
            if table in self._there and "mono" in later_of(kind):
                self._rows(table, "t" if "t" in first else "seen", placed="position" in first)
        for run in self._db.execute(
            "SELECT id, session, started, ended, CAST(flight AS BLOB) FROM runs WHERE first_event IS NULL"
        ).fetchall():
            self._run(*run)

    def _sessions(self) -> None:
        made = []
        end = 0
        for number, seen in self._db.execute("SELECT id, seen FROM sessions ORDER BY id").fetchall():
            own = self._own.get(number, [])
            mono, shift = self._began[number]
            first = own[0].first if own else end
            end = max(end, own[-1].after if own else end)
            shift = own[-1].shift if own else shift
            newest = max([mono, seen - shift, *(piece.high for piece in own[-1:])])
            made.append((first, own[-1].after if own else first, newest, number))
        self._db.executemany(
            "UPDATE sessions SET first_event = ?, end_event = ?, seen_mono = ? WHERE id = ?", made
        )

    def _rows(self, table: str, time: str, *, placed: bool) -> None:
        """Fill in where the rows of a table lie; `time` is their column of record time."""
        rows = self._db.execute(
            f"SELECT id, session, {'position' if placed else 'NULL'}, {time} FROM {table} WHERE mono IS NULL"
        ).fetchall()
        made = [
            (*self._place(session, at, float(t)), number)[placed:]
            for number, session, at, t in rows
            if isinstance(t, int | float)
        ]
        places = "mono = ?" if placed else "position = ?, mono = ?"
        self._db.executemany(f"UPDATE {table} SET {places} WHERE id = ?", made)

    def _place(self, session: int, position: Any, t: float) -> tuple[int, float]:
        """Return the index of the event that came next, and the monotonic time, of a record time."""
        shift = self._began.get(session, (0.0, 0.0))[1]
        own = self._own.get(session, [])
        if isinstance(position, int):
            at = bisect_right(own, position, key=lambda one: one.first)
            near = own[max(0, at - 2) : at + 1]
            if near:
                shift = min((_off(t - one.shift, one), one.shift) for one in near)[1]
            return position, t - shift
        if own:
            piece = min(own, key=lambda one: _off(t - one.shift, one))
            return self._index(own, piece, t - piece.shift), t - piece.shift
        before = [one for one in self._pieces if one.low + one.shift <= t]
        if not before:
            return 0, t - shift
        return self._index(self._pieces, before[-1], t - before[-1].shift), t - shift

    def _index(self, pieces: list[Piece], piece: Piece, mono: float) -> int:
        """Return the index of the first event of a block (or the next one) that is not before a moment."""
        if mono <= piece.low:
            return piece.first
        if mono > piece.high:
            return piece.after
        return index_in_block(self._db, piece, mono)

    def _run(self, number: int, session: int, started: float, ended: float | None, flight: bytes) -> None:
        state = _state(flight)
        own = self._own.get(session, [])
        first, began = self._place(session, None, started)
        noted, lasted = state.get("mono"), state.get("t")
        alone = bool(own) and isinstance(noted, float) and own[0].low <= noted <= own[-1].high + 60.0
        if alone and isinstance(noted, float) and isinstance(lasted, float):
            # The run's state has its length by the monotonic clock; the wall clock may have been set since.
            by_state = noted - lasted
            if abs(by_state - began) > 30.0 and own[0].low - 60.0 <= by_state:
                began = by_state
                piece = next((one for one in reversed(own) if one.low <= began), own[0])
                first = self._index(own, piece, began)
        last_session, last = session, began
        end: int | None = None
        known = ended if ended is not None else state.get("utc")
        if isinstance(known, float):
            later = [one for one in self._pieces if one.after > first]
            near = [one for one in later if _off(known - one.shift, one) <= 60.0] or later
            if near:

                def off(one: Piece) -> tuple[float, float]:
                    at = known - one.shift
                    return _off(at, one), abs(at - noted) if isinstance(noted, float) else 0.0

                piece = min(near, key=off)
                last_session, last = piece.session, known - piece.shift
                end = self._index(self._pieces, piece, last)
        if last_session == session:
            last = max(began, last)
        self._db.execute(
            "UPDATE runs SET first_event = ?, end_event = ?, started_mono = ?, ended_mono = ?, "
            "end_session = ? WHERE id = ?",
            (first, first if end is None else max(first, end), began, last, last_session, number),
        )


def index_in_block(db: sqlite3.Connection, piece: Piece, mono: float) -> int:
    """Return the index of the first event of a block at a monotonic time or later; its first if damaged."""
    found = db.execute("SELECT data FROM blocks WHERE first = ?", (piece.first,)).fetchone()
    with contextlib.suppress(*_UNREADABLE):
        times = Block.unpack(found[0]).mono if found else _tail_times(db, piece)
        return piece.first + next((place for place, at in enumerate(times) if at >= mono), len(times))
    return piece.first


def _tail_times(db: sqlite3.Connection, piece: Piece) -> list[float]:
    rows = db.execute(
        "SELECT data FROM tail WHERE first >= ? AND first < ? ORDER BY first", (piece.first, piece.after)
    )
    return [event.mono for (data,) in rows for event in unpack_tail(data)]


def _pieces(db: sqlite3.Connection) -> list[Piece]:
    """Return the blocks of a file, and those of its tail, by index."""
    found = [
        Piece.of(*row)
        for row in db.execute("SELECT first, count, session, shift, t0, t1 FROM blocks ORDER BY first")
    ]
    for first, count, session, shift, data in db.execute(
        "SELECT first, count, session, shift, data FROM tail ORDER BY first"
    ):
        with contextlib.suppress(*_UNREADABLE):
            times = [event.mono for event in unpack_tail(data)]
            found.append(Piece(first, first + count, session, shift, min(times), max(times)))
    return found


def _off(mono: float, piece: Piece) -> float:
    return max(0.0, piece.low - mono, mono - piece.high)


def _state(flight: bytes) -> dict[str, Any]:
    try:
        found = json.loads(flight)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
