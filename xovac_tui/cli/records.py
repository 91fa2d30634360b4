"""Which record a command reads: a chamber's own, the demo's, or any file."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from xovac_tui.api.text import clean
from xovac_tui.cli.common import Chamber, F, chamber_options, contract_of, effective, record_path, resolve
from xovac_tui.cli.exposure import warn_of_record
from xovac_tui.cli.output import echo, rewrite
from xovac_tui.config import Effective, Profile, Secrets
from xovac_tui.errors import SettingsError

if TYPE_CHECKING:
    from xovac_tui.recording.pieces import Unread
    from xovac_tui.recording.record import Record

DEMO = "demo"
"""Name of the demo's chamber."""


class Source(msgspec.Struct, frozen=True):
    """A record, and the chamber that it is of."""

    path: Path
    chamber: Chamber
    found: Effective

    @property
    def zone(self) -> tzinfo | None:
        """The zone that times are typed and printed in; None: this machine's."""
        return zone_of(self.found)

    def say(self, utc: float) -> str:
        """Return a moment as it is printed, to the second."""
        return datetime.fromtimestamp(utc, UTC).astimezone(self.zone).isoformat(" ", "seconds")


def zone_of(found: Effective) -> tzinfo | None:
    """Return the zone that the settings have times in; None: this machine's."""
    return UTC if found.settings.display.time == "utc" else None


def record_options(function: F) -> F:
    """Let a command say which record it reads."""
    function = chamber_options(function)
    for option in (
        click.option("--demo", is_flag=True, help="The record of the built-in simulator."),
        click.option("--record", metavar="FILE", type=click.Path(path_type=Path), help="Any record."),
    ):
        function = option(function)
    return function


def find_record(ctx: click.Context, record: Path | None, demo: bool) -> Source:
    """Return the record that was asked for, without opening it."""
    found = effective(ctx)
    if demo and (found.sources.get("profile") or found.sources.get("url")) == "the command line":
        raise click.UsageError("--demo is the built-in simulator: leave --profile and --url out.")
    if demo:
        chamber = demo_chamber(found)
        path = record or record_path(found, chamber)
    elif record is not None:
        chamber, path = _chamber_of(found, record), record
    else:
        chamber = resolve(found)
        path = record_path(found, chamber)
    warn_of_record(path, ours=record is None)
    return Source(path, chamber, found)


def demo_chamber(found: Effective) -> Chamber:
    """Return the chamber that the built-in simulator stands for."""
    from xovac_tui.api.loader import load_contract
    from xovac_tui.config.model import SIMULATOR_CONTRACT

    contracts = (SIMULATOR_CONTRACT,)
    profile = Profile(url="http://127.0.0.1:0", observe=bool(found.observe), contracts=contracts)
    # The secrets of a real chamber are none of the simulator's business.
    return Chamber(DEMO, found.reached(profile), load_contract((), simulator=True), Secrets())


def _chamber_of(found: Effective, record: Path) -> Chamber:
    """Return the chamber that a file is of: the one asked for, else the one whose name stands in it."""
    if found.profile or found.url:
        return resolve(found)
    from xovac_tui.recording.lists import sessions
    from xovac_tui.recording.record import Record

    with Record(record) as opened:
        lives = sessions(opened, recording=False)
    name = lives[-1].about.profile if lives else ""
    return chamber_named(found, name)


def chamber_named(found: Effective, name: str) -> Chamber:
    """Return the chamber of this name in the settings, or the demo's; where there is none, a bare one."""
    profiles = found.settings.profiles
    if name in profiles:
        profile = profiles[name]
        try:
            return Chamber(name, profile, contract_of(profile), Secrets())
        except SettingsError as error:
            echo(f"The names of the channels are not known: {error}", err=True)
            return Chamber(name, Profile(), contract_of(Profile()), Secrets())
    if name == DEMO:
        return demo_chamber(found)
    # A name that only the file says: it goes on the screen, and into names of files.
    return Chamber(
        clean(name, 60).replace("/", "-") or "record", Profile(), contract_of(Profile()), Secrets()
    )


def missing(lost: Unread, source: Source) -> str:
    """Return what of a record cannot be read, as a sentence."""
    blocks = "1 block" if lost.blocks == 1 else f"{lost.blocks:,} blocks"
    when = f"from {source.say(lost.start)} to {source.say(lost.stop)}"
    return f"{lost.events:,} events ({blocks}) {when} cannot be read: damaged, or deleted meanwhile."


class Ticker:
    """How far a long work is, on one line of stderr that is put away at the end; nothing on no terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = 0.0
        self._length = 0
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: float) -> None:
        """Show how much is done, 0 to 1."""
        now = time.monotonic()
        if self._terminal and now - self._shown >= 0.2:
            self._shown = now
            self._length = rewrite(f"{self._what}: {100 * done:3.0f} %")

    def close(self) -> None:
        """Put the line away."""
        if self._shown:
            rewrite("", self._length)


def say_note(record: Record) -> None:
    """Say what is odd about the way in which a record could be opened."""
    if record.note:
        echo(record.note, err=True)


def size_of(record: Record) -> int:
    """Return the bytes of a record on disk, with what is not yet put into its main file."""
    from xovac_tui.recording.files import size

    return size(record.path) + size(record.path, "-wal")
