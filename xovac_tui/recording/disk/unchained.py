"""What the chain of hashes in a record does not cover: counted, so that an audit can name it."""

from __future__ import annotations

import sqlite3

from xovac_tui.recording.disk.foreign_bounds import MOST_EVENTS
from xovac_tui.recording.disk.kinds import AUDITED, KINDS
from xovac_tui.recording.disk.table import columns_of

_OWN = frozenset({"chain", "head", "tail", "bins", "recorder"})
"""Tables of the chain, of events that are counted with the blocks, and of what is worked out again."""
_WORDS = {"blocks": "events", "channels": "names of channels"}
_WORDS |= {kind.table.name: kind.table.rows for kind in KINDS}
"""Table -> what its rows are called; any other table goes by its name."""
YOUNGER = frozenset({"chain", "head", *(kind.table.name for kind in KINDS if kind.table.version > 1)})
"""Tables that a file of the time before the chain does not have."""
_NEEDED = {"chain": ("place", "row", "hash"), "head": ("count", "hash")}
_NEEDED |= {place: columns_of(kind) for place, kind in AUDITED.items()}
"""Table without which a record is not as it was written -> its columns behind the id."""


def tables(db: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the tables of a record."""
    found = db.execute("SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table'")
    return frozenset(bytes(name).decode("utf-8", "backslashreplace") for (name,) in found)


def replace_missing_tables(db: sqlite3.Connection) -> list[str]:
    """Put an empty table, of this connection only, where one was removed; return the names of those.

    So that what else is wrong can still be found. Nothing is written to the record.
    """
    there = tables(db)
    missing = [table for table in _NEEDED if table not in there]
    for table in missing:
        db.execute(f"CREATE TEMP TABLE {table} (id INTEGER PRIMARY KEY, {', '.join(_NEEDED[table])})")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    return [name for name in missing if name not in AUDITED or AUDITED[name].table.version <= version]


_COUNTED = "WHERE typeof(count) = 'integer' AND count BETWEEN 0 AND ?"
"""What a recorder can have counted; of anything else the record is damaged, which is said elsewhere."""


def unchained(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many there are of each kind of thing that nothing covers, by what it is called."""
    found: dict[str, int] = {}
    there = tables(db)
    audited = {name: kind.table.audited for name, kind in AUDITED.items()}
    for table in sorted(there - _OWN - {name for name, rows in audited.items() if rows == "1"}):
        if table.startswith("sqlite_"):
            continue
        quoted = table.replace('"', '""')
        where = f" WHERE NOT ({audited[table]})" if table in audited else ""
        if table == "blocks":
            counts = [
                db.execute(
                    f"SELECT coalesce(sum(count), 0) FROM {one} {_COUNTED}", (MOST_EVENTS,)
                ).fetchone()[0]
                for one in ("blocks", "tail")
                if one in there
            ]
            number = sum(counts)
        else:
            number = int(db.execute(f'SELECT count(*) FROM "{quoted}"{where}').fetchone()[0])
        if number:
            found[_WORDS.get(table, f"rows of {table}")] = number
    return found
