"""`xovac-tui audit`: list the audited entries of a record and verify that they are unchanged."""

from __future__ import annotations

import time
from typing import Any

import click

from xovac_tui.cli.common import echo_result, iso, json_line, table
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.records import RecordSource, find_record, record_options
from xovac_tui.errors import Exit
from xovac_tui.plural import counted
from xovac_tui.recording.audit import SHORTEST, Audit, entries, head_of
from xovac_tui.recording.audit import verify as verify_chain
from xovac_tui.recording.audit_faults import AuditedRow, AuditFault
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError, TornRecordError
from xovac_tui.recording.moments import moment

_SHOWN = 20
"""Faults listed in words; --json lists all of them."""


@click.command()
@click.option("--expect", metavar="HASH", default="", help="A head noted earlier: it must be there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_options
@click.pass_context
def verify(ctx: click.Context, /, expect: str, as_json: bool, **_: Any) -> None:
    """Verify every entry of the chain; list those that were changed, removed, added or moved.

    Anyone who can write the file can rebuild the chain. To detect that, keep a copy of the head elsewhere
    (from `xovac-tui audit head` or a report) and give it with --expect. Exit code 4: an entry is not
    as it was written.
    """
    if expect and (len(expect.strip()) < SHORTEST or set(expect.strip().lower()) - set("0123456789abcdef")):
        raise click.UsageError(
            f"--expect wants a hash as `audit head` prints it, or its first {SHORTEST} digits."
        )
    try:
        source = find_record(ctx)
        found = verify_chain(source.path, expect)
    except TornRecordError as error:
        echo_lines(str(error).splitlines(), err=True)
        ctx.exit(int(Exit.ERROR))
    echo_result(as_json, _audit_data(source, found), _said(source, found))
    ctx.exit(int(Exit.OK if found.well else Exit.ERROR))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@record_options
@click.pass_context
def head(ctx: click.Context, /, as_json: bool, **_: Any) -> None:
    """Print the newest hash of the chain and the number of entries that it covers.

    Keep it where it cannot be changed together with the record (on paper, in a mail), for `audit verify
    --expect HASH` later. This command does not verify the entries.
    """
    source = find_record(ctx)
    found = head_of(source.path)
    if found is None:
        raise RecordError(f"The chain in {source.path} has no head. `xovac-tui audit verify` says more.")
    data = {"record": str(source.path), "entries": found.count, "hash": found.hash}
    echo_result(as_json, data, [f"{found.hash}  {_entries(found.count)}"])


@click.command("list")
@click.option("--since", metavar="TIME", help="2026-11-23T14:05Z, 14:05, or 2h30 after the record's start.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
@record_options
@click.pass_context
def list_(ctx: click.Context, /, since: str | None, as_json: bool, **_: Any) -> None:
    """List the audited entries, oldest first: time, user, content. Does not verify them."""
    source = find_record(ctx)
    found = list(entries(source.path, 0.0 if since is None else _moment(source, since)))
    if as_json:
        for entry in found:
            echo_data(json_line(_entry_data(entry)))
        return
    if not found:
        echo("Nothing that is audited has happened yet." if since is None else "Nothing since then.")
        return
    rows = [
        (
            str(entry.number),
            source.say(entry.t) if entry.t is not None else "",
            entry.word,
            entry.who[:30],
            entry.what,
        )
        for entry in found
    ]
    echo_lines(table([("entry", "when", "", "who", "what"), *rows], right=(0,)))


def _moment(source: RecordSource, text: str) -> float:
    """Return a typed time as UTC seconds of the record."""
    with Record(source.path) as opened:
        start = float(opened.rows("SELECT coalesce(min(started), 0) FROM sessions")[0][0])
    return moment(text, start, time.time(), source.zone)


def _said(source: RecordSource, found: Audit) -> list[str]:
    """Return the result of the verification as lines of text."""
    lines = [fault.sentence(source.say) for fault in found.faults[:_SHOWN]]
    if len(found.faults) > _SHOWN:
        lines.append(f"And {len(found.faults) - _SHOWN:,} more (--json lists them).")
    if lines:
        lines.insert(0, f"{source.path} is not as it was written:")
    elif found.head.count:
        lines.append(f"{source.path}: {_entries(found.head.count)}, all as they were written.")
    else:
        lines.append(f"{source.path}: the chain is empty, so it covers nothing yet.")
    if found.migrated:
        lines.append(
            f"{found.migrated:,} of them are older than the audit of this record: they are as they were then."
        )
    if found.noted is not None:
        lines.append(f"The head that was noted is entry {found.noted:,}: everything up to it is still there.")
    if found.unchained:
        beside = ", ".join(f"{words} ({number:,})" for words, number in found.unchained.items())
        lines.append(f"Not in the chain, so not verified: {beside}.")
    return [*lines, f"Head: {found.head.hash}"]


def _entries(count: int) -> str:
    return counted(count, "entry", "entries")


def _audit_data(source: RecordSource, found: Audit) -> dict[str, Any]:
    return {
        "record": str(source.path),
        "well": found.well,
        "entries": found.head.count,
        "hash": found.head.hash,
        "before_audit": found.migrated or 0,
        "noted": found.noted,
        "not_chained": found.unchained,
        "faults": [_fault_data(source, fault) for fault in found.faults],
    }


def _fault_data(source: RecordSource, fault: AuditFault) -> dict[str, Any]:
    return {
        "wrong": fault.wrong,
        "code": fault.code,
        **_entry_data(fault.entry),
        "sentence": fault.sentence(source.say),
    }


def _entry_data(entry: AuditedRow) -> dict[str, Any]:
    return {
        "entry": entry.number,
        "table": entry.place,
        "row": entry.row,
        "time": iso(entry.t),
        "who": entry.who,
        "what": entry.what,
    }
