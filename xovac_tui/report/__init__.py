"""The report of a run: one page of HTML that a customer can read, print and check."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from xovac_tui import __version__
from xovac_tui.errors import XovacError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xovac_tui.api.contract import Contract
    from xovac_tui.recording.disk.pieces import Unread


class ReportError(XovacError):
    """A report that cannot be made: why, and what to do."""

    several_lines = False


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
) -> Unread | None:
    """Write the report of a run into a new file; return what of the run is damaged in the record.

    `zone` is that of the times in it, None this machine's; `now` in UTC seconds. Raises ReportError where
    Jinja2 or matplotlib is missing, RecordError where the run cannot be read or the file is there already.
    """
    need_libraries()
    from xovac_tui.recording.exports.newfile import new_file, not_written
    from xovac_tui.report.gather import gather
    from xovac_tui.report.page import page

    try:
        # First of all: that another name is needed is known before the long work.
        with new_file(path, force=force) as file:
            facts = gather(
                record,
                number,
                chamber=chamber,
                contract=contract,
                program=f"xovac-tui {__version__}",
                now=now,
                progress=progress,
            )
            file.write(page(facts, zone))
    except OSError as error:
        raise not_written(path, error) from error
    return facts.unread


def need_libraries() -> None:
    """Raise ReportError where a library that only reports need is not installed."""
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ReportError(
            f"A report needs Jinja2 and matplotlib, and {error.name} is not installed. Install both with "
            "`pip install 'xovac-tui[report]'`."
        ) from None
