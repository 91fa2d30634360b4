"""`xovac-tui replay`: show a recorded run in the same screens, from a record or an exported file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui import ui
from xovac_tui.cli.chambers import chamber_named, zone_of
from xovac_tui.cli.common import effective
from xovac_tui.cli.console import make_start, need_terminal
from xovac_tui.cli.named import Named
from xovac_tui.cli.records import find_record, missing, record_options
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.compose import chambers, replays
from xovac_tui.config import Secrets
from xovac_tui.recording.disk.files import begins_as_database
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.imports import read_transcript
from xovac_tui.recording.exports.parts import ExportPart, check, open_still
from xovac_tui.recording.exports.slice import RecordSlice, slice_of
from xovac_tui.recording.moments import moment

_BEFORE = 600.0
"""Seconds before a run at which its replay begins, so that the chamber's state is known at its start."""


class _ReplaySource(msgspec.Struct, frozen=True):
    """The slice of a record that is replayed, and its chamber."""

    chamber: chambers.ChamberSetup
    sliced: RecordSlice
    record: Record | None
    begin: float
    """Even time to begin at."""
    end: float
    notes: tuple[str, ...] = ()
    """Sentences that are shown at the start."""


@click.command()
@click.argument("what", type=Named(ValueKind.RUN_OR_FILE), metavar="RUN|FILE")
@click.option("--speed", type=click.FloatRange(0.1, 10_000.0), default=1.0, show_default=True, metavar="X")
@click.option("--from", "start", metavar="TIME", help="2026-11-23T14:05Z, 14:05, or 2h30 after the start.")
@record_options
@click.pass_context
def replay(ctx: click.Context, /, what: str, speed: float, start: str | None, **_: Any) -> None:
    """Open the console on recorded events: r12 (a run), s3 (a session), last, all, or a file.

    A file is one written by `xovac-tui export --format jsonl`, or a record. A replay sends nothing.
    `p` pauses, `[` and `]` change the speed, `<` and `>` go by a minute, `@` to a time.
    """
    need_terminal()
    with _open(ctx, what) as played:
        found = effective(ctx)
        zone = zone_of(found)
        begin = played.begin if start is None else moment(start, played.begin, played.end, zone)
        station = replays.build_replay(
            played.chamber, played.sliced, record=played.record, origin=played.begin, speed=speed
        )
        if start is not None:
            station.playback.seek(station.playback.replay.mono_of(begin))
        shown = make_start(found, played.chamber.profile)
        shown = msgspec.structs.replace(shown, notes=(*shown.notes, *played.notes))
        ctx.exit(ui.app.run_console(shown, station, station.playback))


@contextlib.contextmanager
def _open(ctx: click.Context, what: str) -> Iterator[_ReplaySource]:
    file, record = Path(what), None
    may_be_file = ctx.params["record"] is None and not ctx.params["demo"]
    if may_be_file and file.exists() and not (file.is_file() or file.is_dir()):
        raise RecordError(f"{file} is a pipe or a device. Name an exported file, a record, or a run.")
    if may_be_file and file.is_file():
        if not begins_as_database(file):
            sliced = read_transcript(file)
            lives = sliced.head.sessions
            chamber = chamber_named(effective(ctx), lives[-1].about.profile if lives else "")
            yield _ReplaySource(chamber, sliced, None, sliced.head.start, sliced.head.end)
            return
        what, record = "all", file

    source = find_record(ctx, record)
    # A run that goes on is replayed up to this moment.
    with open_still(source.path) as opened:
        span = find_span(opened, what)
        lead = _BEFORE if span.run is not None else 0.0
        oldest = span.axis.bounds(span.axis.pieces[0])[0]
        first = min(span.start, max(span.start - lead, oldest))
        part = ExportPart(span, first, span.end)
        lost = check(opened, part)
        notes = (f"{missing(lost, source)} They are left out of this replay.",) if lost is not None else ()
        sliced = slice_of(opened, part)
        chamber = msgspec.structs.replace(source.chamber, secrets=Secrets())
        yield _ReplaySource(chamber, sliced, opened, span.start, span.end, notes)
