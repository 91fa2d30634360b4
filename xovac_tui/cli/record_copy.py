"""`xovac-tui record copy`: copy a record, also while it is written."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.output import echo
from xovac_tui.cli.records import Ticker, find_record, record_options
from xovac_tui.plural import counted
from xovac_tui.recording.disk import claim, files
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.recording.disk.schema import RecordError, as_record_error, open_for_reading, trouble_of
from xovac_tui.recording.exports.newfile import not_written
from xovac_tui.recording.status import RecordTrouble


@click.command()
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@record_options
@click.pass_context
def copy(ctx: click.Context, /, target: Path, force: bool, **_: Any) -> None:
    """Copy a whole record, as of one moment, into a single file that needs no other.

    A plain copy of a record in use lacks what waits in its -wal file; this one has it. To
    go back to a copy, end the recorder, then put the copy in the record's place and delete the -wal and -shm
    file there.
    """
    source = find_record(ctx)
    if target.is_dir():
        target = target / files.real(source.path).name
    _refuse(source.path, target, force)
    ticker = Ticker("copying the record")
    db = open_for_reading(source.path)
    try:
        files.copy_database(db, target, replace=force, finish=claim.clear, progress=ticker)
    except FileExistsError:
        raise RecordError(_there(target)) from None
    except OSError as error:
        raise not_written(target, error) from error
    except sqlite3.Error as error:
        if trouble_of(error) is RecordTrouble.DISK_FULL:
            # The record itself is only read.
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise not_written(target, full) from error
        raise as_record_error(error, source.path) from error
    finally:
        ticker.close()
        db.close()
    echo(f"{source.path} is in {target}, whole ({counted(files.size(target), 'byte')}).", err=True)


def _refuse(source: Path, target: Path, force: bool) -> None:
    """Raise RecordError for a place to which a copy may not be written."""
    there = files.identity(target)
    if there is not None and there == files.identity(source):
        raise RecordError(f"{target} is the record itself. Name another file.")
    if not files.real(target).parent.is_dir():
        raise RecordError(f"There is no folder {files.real(target).parent}: make it, or name another.")
    if there is not None and not force:
        raise RecordError(_there(target))
    if is_recorded(target):
        raise RecordError(f"{target} is being recorded by a process now: end it first, or name another file.")
    wal = files.beside(target, "-wal")
    if wal.exists():
        raise RecordError(
            f"{wal} is there, and would be taken for a part of the copy. Move it away, or name another file."
        )


def _there(target: Path) -> str:
    return f"{target} is there and is not written over. Name another file, or add --force."
