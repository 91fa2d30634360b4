"""Whether a database holds only what a recorder makes: plain tables, its columns declared as its own.

A view in place of a table may never end, a trigger deletes what is written beside it, and a generated column
makes a gigabyte of nothing (sqlite.org/security.html): nothing of the kind is read from, or written to.
"""

from __future__ import annotations

import contextlib
import sqlite3
from functools import cache

from xovac_tui.recording.disk.files import in_memory
from xovac_tui.text import clean

_OTHER = """
SELECT type, CAST(name AS BLOB) FROM main.sqlite_schema
WHERE sql NOT NULL AND sql NOT LIKE 'CREATE TABLE %' AND sql NOT LIKE 'CREATE INDEX %'
    AND sql NOT LIKE 'CREATE UNIQUE INDEX %'
"""
_COLUMNS = """
SELECT CAST(m.name AS BLOB), CAST(c.name AS BLOB), CAST(upper(c.type) AS BLOB), c."notnull", c.pk, c.hidden
FROM main.sqlite_schema AS m, pragma_table_xinfo(m.name, 'main') AS c WHERE m.type = 'table'
"""

_KINDS: dict[object, tuple[type, ...]] = {
    b"INTEGER": (int,),
    b"REAL": (float, int),
    b"TEXT": (str,),
    b"BLOB": (bytes,),
}
"""SQLite lets any column but a key hold anything, whatever it was declared."""

_Column = tuple[bytes, bytes]
"""Names of a table and of a column of it."""


def foreign_part(db: sqlite3.Connection, statements: tuple[str, ...]) -> str:
    """Return what in a database no recorder makes, as the rest of a sentence; empty where there is nothing.

    `statements` make the tables of a recorder. Tables and columns may be missing, and other tables be there.
    """
    other = db.execute(_OTHER).fetchone()
    if other is not None:
        return f"a {_text(other[0])} ({_text(other[1])})"
    ours = _declared(statements)
    for table, column, *declared in db.execute(_COLUMNS):
        meant = ours.get((table, column))
        if (meant is not None and meant != tuple(declared)) or declared[-1]:
            return f"the column {_text(column)} of {_text(table)}, which is declared in another way"
    return ""


@cache
def _declared(statements: tuple[str, ...]) -> dict[_Column, tuple[object, ...]]:
    """Return how a recorder declares its columns: type, not null, place in the key, hidden."""
    with contextlib.closing(in_memory()) as made:
        for statement in statements:
            made.execute(statement)
        return {(table, column): tuple(rest) for table, column, *rest in made.execute(_COLUMNS)}


@cache
def column_kinds(statements: tuple[str, ...]) -> dict[str, tuple[type, ...]]:
    """Return what the columns of a recorder's tables can hold, by name; one name may be in several tables."""
    kinds: dict[str, set[type]] = {}
    for (_, column), (declared, filled, key, _) in _declared(statements).items():
        held = kinds.setdefault(column.decode(), set())
        held.update(_KINDS[declared])
        if not filled and not key:
            held.add(type(None))
    return {name: tuple(held) for name, held in kinds.items()}


def _text(name: str | bytes) -> str:
    return clean(name if isinstance(name, str) else name.decode("utf-8", "replace"), 40)
