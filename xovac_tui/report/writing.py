"""Finds the run that a report is asked for, and writes its report into a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from importlib import import_module
from pathlib import Path

from xovac_tui import __version__, report
from xovac_tui.api.contract import Contract
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.errors import XovacError
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.pieces import Unread
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.newfile import new_file, not_written


class ReportError(XovacError):
    """A report that cannot be made: why, and what to do."""

    several_lines = False


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


def write_report(
    record: Path,
    number: int,
    path: Path,
    *,
    chamber: str,
    contract: Contract,
    zone: tzinfo | None,
    now: float,
    force: bool = False,
    progress: Callable[[float], None] | None = None,
    units: DisplayUnits = AS_REPORTED,
) -> Unread | None:
    """Write the report of a run into a new file; return what of the run is damaged in the record.

    `zone` is that of the times in it, None this machine's; `units` are those of its values; `now` in UTC
    seconds. Raises ReportError where Jinja2 or matplotlib is missing, RecordError where the run cannot be
    read or the file is there already.
    """
    need_libraries()
    try:
        # First of all: that another name is needed is known before the long work.
        with new_file(path, force=force) as file:
            facts = report.gather.gather(
                record,
                number,
                chamber=chamber,
                contract=contract,
                program=f"xovac-tui {__version__}",
                now=now,
                progress=progress,
                units=units,
            )
            file.write(report.page.page(facts, zone))
    except OSError as error:
        raise not_written(path, error) from error
    return facts.unread


def need_libraries() -> None:
    """Raise ReportError where a library that only reports need is not installed."""
    try:
        for name in ("jinja2", "matplotlib"):
            import_module(name)
    except ImportError as error:
        raise ReportError(
            f"A report needs Jinja2 and matplotlib, and {error.name} is not installed. Install both with "
            "`pip install 'xovac-tui[report]'`."
        ) from None
