"""How far each sink is that the record is forwarded to: one row a sink and table, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from xovac_tui.recording.disk.table import RecordedRow, RowPlace, writable

FORWARDED = 4
"""Version of a record from which on it has the table."""
TABLE = """
CREATE TABLE cursors (              -- what is before it is stored there
    sink TEXT NOT NULL, rows_of TEXT NOT NULL,          -- name of the sink; of the table that is forwarded
    upto INTEGER NOT NULL,                              -- index or number of the next row
    PRIMARY KEY (sink, rows_of)
)"""


class CursorItem(msgspec.Struct, frozen=True, kw_only=True):
    """A sink has confirmed what is before a row."""

    sink: str
    table: str
    cursor: int
    recorder_only: ClassVar = True

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statement that writes it."""
        yield RecordedRow(
            "INSERT INTO cursors (sink, rows_of, upto) VALUES (?, ?, ?) "
            "ON CONFLICT (sink, rows_of) DO UPDATE SET upto = excluded.upto",
            (writable(self.sink), self.table, self.cursor),
        )
