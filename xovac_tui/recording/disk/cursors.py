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


ASKED = "forget"
"""In place of a table: somebody asked that everything is sent again. The recorder does it."""


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


class ForgetAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A user asks that a sink gets everything again; any process may ask, the recorder does it."""

    sink: str
    recorder_only: ClassVar = False

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statement that writes it."""
        yield RecordedRow(
            "INSERT INTO cursors (sink, rows_of, upto) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
            (writable(self.sink), ASKED),
        )


class ForgetItem(msgspec.Struct, frozen=True, kw_only=True):
    """A sink gets everything again: it has no cursors any more."""

    sink: str
    recorder_only: ClassVar = True

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statement that writes it."""
        yield RecordedRow("DELETE FROM cursors WHERE sink = ?", (writable(self.sink),))
