"""How the console of a chamber is opened from the fleet: here, or by SSH where the chamber is recorded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from xovac_tui.fleet.overview import FleetRow
from xovac_tui.forwarding.reports import Presence

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
"""Names of machines; none begins with a dash, which ssh would take for an option."""
_PROFILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
"""Names of profiles that no shell reads anything into."""


_LOOKING = ("--observe", "--no-record")
"""Options of a console that sends nothing, STOP included, and records nothing."""


class CannotOpen(StrEnum):
    """Why the console of a chamber cannot be opened."""

    NO_HOST = "no host"
    """It is not known which machine records it."""
    UNSAFE = "unsafe"
    """The name of machine or chamber is none that is handed to ssh."""
    NO_PROFILE = "no profile"
    """It is recorded here, and no profile has its name."""


class OpenedOn(StrEnum):
    """Where a console runs."""

    HERE = "here"
    BESIDE = "beside"
    """Here, while another machine records the chamber: it is shown, and asked for."""
    THERE = "there"
    """On the machine that records the chamber: it is shown, and asked for."""


class ConsoleOpening(msgspec.Struct, frozen=True):
    """The command that opens a console."""

    command: tuple[str, ...]
    on: OpenedOn

    @property
    def shown(self) -> str:
        """The command as it is typed."""
        return shlex.join(self.command)

    @property
    def with_control(self) -> str:
        """The command that opens a console from which STOP can be sent, as it is typed."""
        return shlex.join(part for part in self.command if part not in _LOOKING)


class ThisMachine(msgspec.Struct, frozen=True, kw_only=True):
    """What consoles are opened by on this machine."""

    host: str
    """What it is called."""
    site: str = ""
    """Site of its chambers."""
    program: tuple[str, ...]
    """This program as a command."""
    consoles: Mapping[str, Sequence[str]]
    """Name of a chamber -> the arguments that open its console."""


def opening(row: FleetRow, here: ThisMachine) -> ConsoleOpening | CannotOpen:
    """Return how the console of a chamber is opened, or why it cannot be.

    A chamber of another site is never opened by a profile here, which has only its name in common. One that
    another machine records is opened to look only, and without a second record.
    """
    ours = row.report.local or row.site == here.site
    there = row.summary.host if row.summary is not None else ""
    if ours and row.chamber in here.consoles:
        command = (*here.program, *here.consoles[row.chamber])
        if row.report.local or row.report.presence is Presence.GONE or there == here.host:
            return ConsoleOpening(command, OpenedOn.HERE)
        return ConsoleOpening((*command, *_LOOKING), OpenedOn.BESIDE)
    if row.report.local or (there and there == here.host):
        return CannotOpen.NO_PROFILE
    if not there:
        return CannotOpen.NO_HOST
    if not _HOST.fullmatch(there) or not _PROFILE.fullmatch(row.chamber):
        return CannotOpen.UNSAFE
    remote = ("xovac-tui", "--profile", row.chamber, "--observe")
    return ConsoleOpening(("ssh", "-t", there, *remote), OpenedOn.THERE)
