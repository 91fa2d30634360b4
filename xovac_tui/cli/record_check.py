"""`xovac-tui record check`: check a record, also while it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.common import echo_result
from xovac_tui.cli.output import echo
from xovac_tui.cli.records import RecordSource, find_record, record_options
from xovac_tui.errors import Exit
from xovac_tui.plural import counted
from xovac_tui.recording.checking import RecordCheck
from xovac_tui.recording.checking import check as look
from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.schema import TornRecordError


@click.command()
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_options
@click.pass_context
def check(ctx: click.Context, /, file: Path | None, as_json: bool, **_: Any) -> None:
    """Read everything in a record; print what it holds and whether all of it is intact.

    Checks the database, every event and its index, the chain of hashes, and for a part that waits in the
    -wal file. Exit code 4: something is wrong.
    """
    if file is not None and ctx.params["record"] is not None:
        raise click.UsageError("Name the record once: FILE, or --record FILE.")
    try:
        source = find_record(ctx, file)
        found = look(source.path)
    except TornRecordError as error:
        echo(str(error), err=True)
        ctx.exit(int(Exit.ERROR))
    echo_result(as_json, _data(source, found), _lines(source, found))
    ctx.exit(int(Exit.OK if found.well else Exit.ERROR))


def _lines(source: RecordSource, found: RecordCheck) -> list[str]:
    """Return the result of the check as lines of text."""
    lines = [
        f"{source.path}: {counted(found.events, 'event')}, {counted(found.sessions, 'session')}, "
        f"{counted(found.runs, 'run')} in {size_words(found.size + found.wal)} (version {found.version})."
    ]
    if found.wal:
        lines.append(
            f"{size_words(found.wal)} of that are in {source.path.name}-wal beside it: a copy of that file "
            "alone may lack them. `xovac-tui record copy` makes a whole one."
        )
    if found.note:
        lines.append(found.note)
    said = [*found.faults]
    if found.audit is None:
        lines.append("It was written before there was an audit, so no hash covers its entries.")
    else:
        said += [fault.sentence(source.say) for fault in found.audit.faults[:20]]
    lines += dict.fromkeys(said)
    lines.append("All is well." if found.well else "Something is wrong with it.")
    return lines


def _data(source: RecordSource, found: RecordCheck) -> dict[str, Any]:
    audit = found.audit
    faults = [] if audit is None else [fault.sentence(source.say) for fault in audit.faults]
    return {
        "record": str(source.path),
        "well": found.well,
        "version": found.version,
        "bytes": found.size,
        "wal_bytes": found.wal,
        "events": found.events,
        "sessions": found.sessions,
        "runs": found.runs,
        "audited": None if audit is None else audit.head.count,
        "faults": list(dict.fromkeys([*found.faults, *faults])),
        "note": found.note,
    }
