"""Notes in a record which runs were exported, so that they may be deleted when their time has come."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from xovac_tui.recording.disk.lists import runs
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError, open_for_writing, trouble_of
from xovac_tui.recording.exports.parts import ExportPart


def whole_runs(record: Record, part: ExportPart) -> list[int]:
    """Return the runs that have ended and of which a part holds everything."""
    span = part.span
    if not part.whole:
        return []
    return [
        run.id
        for run in runs(record)
        if run.ended is not None
        and span.first <= run.first
        and run.after <= span.after
        and (span.session is None or span.session.id == run.session)
        and (span.run is None or span.run.id == run.id)
    ]


def note_exported(path: Path, numbers: list[int], utc: float) -> str:
    """Note that runs were exported at this moment; return why it could not be noted (else empty)."""
    if not numbers:
        return ""
    try:
        connection = open_for_writing(path)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "UPDATE runs SET exported = ? WHERE id = ?", [(utc, number) for number in numbers]
            )
            connection.execute("COMMIT")
        finally:
            connection.close()
    except (OSError, sqlite3.Error, RecordError) as error:
        said = ", ".join(f"r{number}" for number in numbers)
        return f"That {said} was exported could not be noted in the record: {trouble_of(error)}."
    return ""
