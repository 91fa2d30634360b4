"""Find the record that a command reads: a chamber's own, the demo's, or any file."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click
import msgspec

from xovac_tui import __version__, paths
from xovac_tui.cli.chambers import DEMO, chamber_named, demo_chamber, zone_of
from xovac_tui.cli.common import effective, table
from xovac_tui.cli.exposure import warn_of_record
from xovac_tui.cli.options import F, chamber_options
from xovac_tui.cli.output import echo, rewrite
from xovac_tui.compose.chambers import ChamberSetup, known_records, record_path, resolve, written_at
from xovac_tui.config import Effective
from xovac_tui.config.check import url_mistake
from xovac_tui.config.resolve import COMMAND_LINE
from xovac_tui.errors import NoChamberError, SettingsError
from xovac_tui.link.target import shown_through
from xovac_tui.plural import counted
from xovac_tui.recording.disk.files import size
from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.lists import sessions
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.recording.disk.pieces import Unread
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.station.live import this_user
from xovac_tui.text import clean

_LISTED = 20
"""Records listed at most, the newest ones."""


class RecordSource(msgspec.Struct, frozen=True):
    """A record and the chamber that it belongs to."""

    path: Path
    chamber: ChamberSetup
    found: Effective

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of typed and printed times; None: this machine's."""
        return zone_of(self.found)

    def say(self, utc: float) -> str:
        """Return a moment (UTC seconds) as printed, to the second."""
        return datetime.fromtimestamp(utc, UTC).astimezone(self.zone).isoformat(" ", "seconds")


def record_options(function: F) -> F:
    """Give a command the options that choose a record."""
    function = chamber_options(function)
    for option in (
        click.option("--demo", is_flag=True, help="The record of the built-in simulator."),
        click.option("--record", metavar="FILE", type=click.Path(path_type=Path), help="Any record."),
    ):
        function = option(function)
    return function


def find_record(ctx: click.Context, named: Path | None = None) -> RecordSource:
    """Return the record that the options choose, or the `named` one, without opening it.

    Without a choice, returns the only record there is. Raises SettingsError with a list of the records
    to choose from if there are several, or none of the chosen chamber.
    """
    found, demo, record = effective(ctx), ctx.params["demo"], named or ctx.params["record"]
    if demo and COMMAND_LINE in map(found.sources.get, ("profile", "url", "ssh")):
        raise click.UsageError("--demo is the built-in simulator: leave --profile, --url and --ssh out.")
    if demo:
        chamber = demo_chamber(found)
        path = record or record_path(found, chamber)
    elif record is not None:
        chamber, path = _chamber_of(found, record), record
    else:
        chamber, path = _named_chamber(found)
    warn_of_record(path, ours=record is None)
    return RecordSource(path, chamber, found)


def find_chamber(ctx: click.Context) -> RecordSource:
    """Return the chosen chamber, ready to connect to, with its record, which need not exist.

    A record that is named, the demo's, or the only one leads to its chamber: by the profile of that name,
    else at the address in the record. Raises as `find_record` does, and SettingsError if the
    demo is not open.
    """
    found = effective(ctx)
    if ctx.params["record"] is None and not ctx.params["demo"]:
        with contextlib.suppress(NoChamberError):
            chamber = resolve(found)
            return RecordSource(record_path(found, chamber), chamber, found)
    source = find_record(ctx)
    name = source.chamber.name
    if name in found.settings.profiles or found.url:
        chamber = resolve(found if found.url else msgspec.structs.replace(found, profile=name))
        return msgspec.structs.replace(source, chamber=chamber)

    if name == DEMO and not is_recorded(source.path):
        raise SettingsError(
            "The demo is not open, so there is nothing to look at. Open it with `xovac-tui --demo`, or look "
            "at its record with `xovac-tui runs --demo`."
        )
    profile = msgspec.structs.replace(source.chamber.profile, url=address_in(source.path))
    return msgspec.structs.replace(source, chamber=msgspec.structs.replace(source.chamber, profile=profile))


def session_of(source: RecordSource) -> Session:
    """Return what the session of a command says of itself that adds to a record."""
    return Session(
        pid=os.getpid(),
        host=socket.gethostname(),
        who=this_user(),
        program=f"xovac-tui {__version__}",
        profile=source.chamber.name,
        url=shown_through(source.chamber.profile.url, source.chamber.profile.ssh),
    )


def address_in(record: Path) -> str:
    """Return the address of the chamber that a record holds last."""
    with Record(record) as opened:
        lives = sessions(opened)
    if not lives:
        raise RecordError(
            f"The record {record} holds no address of a chamber: no program has recorded it yet. Give it "
            "with --url."
        )
    url = lives[-1].about.url
    if " " in url:
        raise RecordError(
            f"The chamber of the record {record} was reached through SSH ({clean(url, 200)}): give --url and "
            "--ssh, or the profile."
        )
    if reason := url_mistake(url):
        raise RecordError(
            f"No address of a chamber can be read from {record} ({reason}): give it with --url."
        )
    return url


def _named_chamber(found: Effective) -> tuple[ChamberSetup, Path]:
    """Return the settings' chamber with its record; if they name none, that of the only record."""
    try:
        chamber = resolve(found)
    except NoChamberError:
        path = only_record(found)
        return _chamber_of(found, path), path
    path = record_path(found, chamber)
    if not path.exists() and (others := known_records(found)):
        raise _choice(f"There is no record of {chamber.name} at {path}.", found, others)
    return chamber, path


def only_record(found: Effective) -> Path:
    """Return the only record there is, with a note on stderr; raises RecordError if there is none.

    Raises SettingsError if there are several, with a list of them and the option that chooses each.
    """
    records = known_records(found)
    if not records:
        folder = paths.records_folder(found.settings.record.folder, found.path)
        raise RecordError(
            f"There is no record in {folder} yet. The console makes one: `xovac-tui --demo`, or `xovac-tui "
            "--url http://HOST:PORT`. One that is elsewhere is named by --record FILE."
        )
    if len(records) > 1:
        raise _choice(f"There are {len(records)} records, and no chamber is named.", found, records)
    echo(f"The only record: {records[0]}", err=True)
    return records[0]


def _choice(said: str, found: Effective, records: Sequence[Path]) -> SettingsError:
    """Return an error that lists the records to choose from, each with its option."""
    rows = []
    for path in reversed(records[-_LISTED:]):
        when = (
            datetime.fromtimestamp(written_at(path), UTC).astimezone(zone_of(found)).isoformat(" ", "minutes")
        )
        rows.append((f"  {_typed_for(found, path)}", f"written {when}", size_words(size_of(path))))
    ask = "Say which is meant by adding one of these to the command"
    more = f" (the newest {_LISTED})" if len(records) > _LISTED else ""
    return SettingsError(f"{clean(said)} {ask}{more}:", *table(rows, right=(2,)))


def _typed_for(found: Effective, path: Path) -> str:
    """Return the option that chooses a record: `--demo`, `--profile NAME` or `--record FILE`."""
    name = path.name.removesuffix(paths.RECORD_ENDING)
    if name == DEMO and name not in found.settings.profiles:
        return "--demo"
    if name in found.settings.profiles:
        return f"--profile {name}"
    return f"--record {shlex.quote(str(path))}"


def size_of(record: Path) -> int:
    """Return the bytes of a record on disk, including what is not yet in its main file."""
    return size(record) + size(record, "-wal")


def _chamber_of(found: Effective, record: Path) -> ChamberSetup:
    """Return the chamber that a file belongs to: the chosen one, else the one named in the file."""
    if found.profile or found.url:
        return resolve(found)

    with Record(record) as opened:
        lives = sessions(opened, recording=False)
    name = lives[-1].about.profile if lives else ""
    return chamber_named(found, name)


def missing(lost: Unread, source: RecordSource) -> str:
    """Return as a sentence which parts of a record cannot be read."""
    blocks = counted(lost.blocks, "block")
    when = f"from {source.say(lost.start)} to {source.say(lost.stop)}"
    return f"{counted(lost.events, 'event')} ({blocks}) {when} cannot be read: damaged, or deleted meanwhile."


class Ticker:
    """Progress of long work on one line of stderr, erased at the end; silent without a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = 0.0
        self._length = 0
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: float) -> None:
        """Show the share that is done, 0 to 1."""
        now = time.monotonic()
        if self._terminal and now - self._shown >= 0.2:
            self._shown = now
            self._length = rewrite(f"{self._what}: {100 * done:3.0f} %")

    def close(self) -> None:
        """Erase the line."""
        if self._shown:
            rewrite("", self._length)


def print_note(record: Record) -> None:
    """Print a note on stderr if a record could be opened only in part or another way."""
    if record.note:
        echo(record.note, err=True)
