"""`xovac-tui attach`: keep photos and documents of a run in its record."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.common import echo_result, iso, table
from xovac_tui.cli.named import Named, NamedFile
from xovac_tui.cli.output import echo
from xovac_tui.cli.records import RecordSource, find_record, record_options, session_of
from xovac_tui.clock import SystemClock
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.recording.attachments import attach as attach_to
from xovac_tui.recording.attachments import attachment_data, attachments, media_words, read_file
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.kinds import Attachment
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError, trouble_of
from xovac_tui.recording.exports.newfile import new_file, not_written
from xovac_tui.text import clean


@click.command()
@click.argument("run", type=Named(ValueKind.RUN), metavar="RUN")
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--caption", default="", metavar="TEXT", help="What they show.")
@click.option("--list", "listed", is_flag=True, help="Show what is attached.")
@click.option(
    "--save",
    metavar="FOLDER",
    type=NamedFile(ValueKind.FOLDER, path_type=Path),
    help="Write it all to a folder.",
)
@click.option("--json", "as_json", is_flag=True, help="With --list: print JSON.")
@record_options
@click.pass_context
def attach(
    ctx: click.Context,
    /,
    run: str,
    files: tuple[Path, ...],
    caption: str,
    listed: bool,
    save: Path | None,
    as_json: bool,
    **_: Any,
) -> None:
    """Attach files to RUN: r12, or last for the newest run. `xovac-tui runs` lists them.

    Pictures (PNG, JPEG, GIF, WebP), PDF, plain text and CSV, at most 20 MB each. They are copied into the
    record with user and time, and appear in the run's report.
    """
    if bool(files) + listed + (save is not None) != 1:
        raise click.UsageError("Name files to attach, or --list, or --save FOLDER: one of the three.")
    if as_json and not listed:
        raise click.UsageError("--json is for --list.")
    if caption and not files:
        raise click.UsageError("--caption is for files that are attached.")
    source = find_record(ctx)
    number, there = _attached(source, run)
    if files:
        _put(source, number, files, caption, there)
    elif save is not None:
        _save(source, number, there, save)
    else:
        echo_result(as_json, [_data(one) for one in there], _lines(source, number, there))


def _attached(source: RecordSource, wanted: str) -> tuple[int, list[Attachment]]:
    """Return the number of a run and its attachments."""
    with Record(source.path) as opened:
        ran = lists.runs(opened, states=False)
        word = wanted.strip().lower()
        found = [one for one in ran if word in (one.label, str(one.id)) or word == "last"]
        if not found:
            names = ", ".join(one.label for one in ran[-5:]) or "none yet"
            raise RecordError(f'No run "{wanted}" is in {source.path}. Newest: {names}.')
        return found[-1].id, attachments(opened, found[-1].id)


def _put(
    source: RecordSource, run: int, files: tuple[Path, ...], caption: str, there: list[Attachment]
) -> None:
    known = {one.hash for one in there}
    read = {}
    for path in files:
        file = read_file(path)
        if file.hash in known or file.hash in read:
            echo(f"{path} is attached to r{run} already.", err=True)
        else:
            read[file.hash] = file
    if not read:
        return
    clock = SystemClock()
    try:
        attach_to(
            source.path,
            session_of(source),
            run,
            tuple(read.values()),
            caption=caption,
            utc=clock.utc(),
            mono=clock.mono(),
        )
    except (sqlite3.Error, OSError) as error:
        raise RecordError(
            f"Nothing was attached: {source.path} cannot be written ({trouble_of(error)})."
        ) from error
    for file in read.values():
        echo(f"{file.name} is attached to r{run} ({media_words(file.media)}, SHA-256 {file.hash}).", err=True)


def _save(source: RecordSource, run: int, there: list[Attachment], folder: Path) -> None:
    """Write the attachments into a folder, never over an existing file."""
    if not there:
        echo(f"Nothing is attached to r{run}.", err=True)
        return
    # The names come from the record and are not trusted: they are printed, and become file names.
    names = [clean(Path(one.name).name, 200) or "attachment" for one in there]
    with Record(source.path) as opened:
        for one, name in zip(there, names, strict=True):
            # Two cameras can use the same file names.
            path = folder / (name if names.count(name) == 1 else f"{one.id}-{name}")
            try:
                with new_file(path, binary=True, derived=True) as file:
                    file.write(attachment_data(opened, one.id))
            except OSError as error:
                raise not_written(path, error) from error
            echo(f"{path}", err=True)


def _lines(source: RecordSource, run: int, there: list[Attachment]) -> list[str]:
    if not there:
        return [f"Nothing is attached to r{run}."]
    rows = [
        (
            clean(one.name, 40),
            media_words(one.media),
            size_words(one.size),
            source.say(one.t),
            clean(one.who, 40),
            one.hash[:12],
            clean(one.text, 60),
        )
        for one in there
    ]
    head = ("name", "kind", "size", "attached", "who", "SHA-256", "caption")
    return table([head, *rows], right=(2,))


def _data(one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id,
        "run": f"r{one.run}",
        "name": one.name,
        "media": one.media,
        "bytes": one.size,
        "attached": iso(one.t),
        "who": one.who,
        "caption": one.text,
        "sha256": one.hash,
    }
