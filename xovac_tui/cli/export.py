"""`xovac-tui export`: write a run, a session or a whole record as a file for other programs."""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import click

from xovac_tui.cli.named import Named
from xovac_tui.cli.output import echo
from xovac_tui.cli.records import RecordSource, Ticker, find_record, missing, print_note, record_options
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.errors import Exit
from xovac_tui.plural import counted
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record, RecordedChannel
from xovac_tui.recording.exports import tables
from xovac_tui.recording.exports.exported import note_exported, whole_runs
from xovac_tui.recording.exports.newfile import new_file, not_written
from xovac_tui.recording.exports.parquet import write_parquet
from xovac_tui.recording.exports.parts import ExportPart, choose, columns_of, open_still, part_of, unread
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.transcript import transcript

_FORMATS = ("csv", "jsonl", "parquet")
_STDOUT = "-"


@click.command()
@click.argument("run", type=Named(ValueKind.RUN), metavar="RUN")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="By --out's ending, else csv.")
@click.option("--from", "start", metavar="TIME", help="2026-11-23T14:05Z, 14:05, or 2h30 after the start.")
@click.option("--to", "end", metavar="TIME", help="Likewise; exclusive.")
@click.option(
    "--channels",
    type=Named(ValueKind.CHANNEL),
    multiple=True,
    metavar="NAME,...",
    help="Names, labels or globs (plate*).",
)
@click.option("--labels", is_flag=True, help="CSV: labels with units for the head, not full names.")
@click.option(
    "--out",
    type=Named(ValueKind.FILE),
    metavar="FILE",
    help="File to write, or - for standard output (CHAMBER-RUN.csv).",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@record_options
@click.pass_context
def export(
    ctx: click.Context,
    /,
    run: str,
    form: str | None,
    start: str | None,
    end: str | None,
    channels: tuple[str, ...],
    labels: bool,
    out: str | None,
    force: bool,
    **_: Any,
) -> None:
    """Write what RUN names: r12 (a run), s3 (a session), last, or all. `xovac-tui runs` lists them.

    csv and parquet hold samples, one row a message and one column a channel. jsonl holds everything, and can
    be replayed; with --channels it holds samples only. Exit code 3: events that are damaged in the record
    are missing in the file.
    """
    source = find_record(ctx)
    form = form or _form_of(out)
    if labels and form != "csv":
        raise click.UsageError("--labels is for csv: the other formats carry labels and units by themselves.")

    with open_still(source.path) as opened:
        print_note(opened)
        part = part_of(find_span(opened, run), start, end, source.zone)
        words = [word for option in channels for word in option.split(",") if word.strip()]
        job = _Job(source, opened, part, words, labels)
        path = None if out == _STDOUT else Path(out or f"{source.chamber.name}-{part.span.label}.{form}")
        code = job.write(form, path, force)
    ctx.exit(int(code))


def _form_of(out: str | None) -> str:
    ending = Path(out or "").suffix.lower().lstrip(".")
    return ending if ending in _FORMATS else "csv"


class _Job:
    """One export."""

    def __init__(
        self, source: RecordSource, record: Record, part: ExportPart, words: Sequence[str], labels: bool
    ) -> None:
        self._source, self._record, self._part = source, record, part
        self._words, self._labels = words, labels
        self._ticker = Ticker(f"exporting {part.span.label}")

    def write(self, form: str, path: Path | None, force: bool) -> Exit:
        """Write the file, and note in the record which span is exported."""
        stdout = sys.stdout.buffer
        if path is None and form == "parquet" and sys.stdout.isatty():
            raise click.UsageError("Parquet cannot be printed on a terminal: name a file with --out.")
        try:
            if path is None:
                self._fill(form, stdout)
                stdout.flush()
            else:
                if not path.parent.is_dir():
                    raise click.UsageError(f"There is no folder {path.parent}: make it, or name another.")
                try:
                    with new_file(path, force=force, binary=True) as file:
                        self._fill(form, file)
                except OSError as error:
                    raise not_written(path, error) from error
        finally:
            self._ticker.close()
        if path is not None:
            echo(f"{self._part.span.label} is in {path} ({counted(path.stat().st_size, 'byte')}).", err=True)
        lost = unread(self._record, self._part)
        if lost is not None:
            echo(f"{missing(lost, self._source)} They are not in what was written.", err=True)
            return Exit.WARNING
        # Whether data written to a pipe were kept is unknown.
        if form == "jsonl" and (path is not None or _is_file(stdout)):
            self._note()
        return Exit.OK

    def _fill(self, form: str, file: IO[bytes]) -> None:
        record, part, ticker = self._record, self._part, self._ticker
        if form == "jsonl" and not self._words:
            _put(file, transcript(slice_of(record, part, ticker)))
            return
        channels = self._channels()
        if form == "jsonl":
            _put(file, tables.sample_lines(record, part, channels, ticker))
        elif form == "csv":
            _put(file, tables.csv_chunks(record, part, channels, labels=self._labels, progress=ticker))
        else:
            # Parquet needs to seek in its file, which a pipe cannot do.
            whole = io.BytesIO()
            target = file if file.seekable() else whole
            write_parquet(record, part, channels, target, ticker)
            file.write(whole.getvalue())

    def _channels(self) -> list[RecordedChannel]:
        found = columns_of(self._record, self._part)
        if not self._words:
            return found
        short = {
            message.full_name(leaf): (leaf.channel, *leaf.aliases)
            for message in self._source.chamber.contract.messages.values()
            for leaf in message.leaves
        }
        return choose(found, self._words, short)

    def _note(self) -> None:
        """Note a span as exported, so that retention may delete it; a part of the channels is not noted."""
        if self._words or not self._part.whole:
            return

        note = note_exported(self._source.path, whole_runs(self._record, self._part), time.time())
        if note:
            echo(note, err=True)


def _is_file(stream: IO[bytes]) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _put(file: IO[bytes], chunks: Iterable[str]) -> None:
    for chunk in chunks:
        file.write(chunk.encode("utf-8", "backslashreplace"))
