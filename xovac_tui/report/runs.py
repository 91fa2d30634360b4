"""Which run a report is asked for."""

from __future__ import annotations

from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError


def run_number(record: Record, wanted: str) -> int:
    """Return the number of the run that an id names (`r12`, `12`, `last`); RecordError where none is."""
    found = lists.runs(record, states=False)
    if not found:
        raise RecordError(
            f"No run is in {record.path} yet, so there is nothing to report. A run is recorded while a "
            "recipe runs."
        )
    word = wanted.strip().lower()
    if word == "last":
        return found[-1].id
    chosen = next((run for run in found if word in (run.label, str(run.id))), None)
    if chosen is None:
        there = ", ".join(run.label for run in found[-5:])
        raise RecordError(
            f'No run "{wanted}" is in {record.path}: a report is of one run. There are {there} and `last`; '
            "`xovac-tui runs` lists them."
        )
    return chosen.id
