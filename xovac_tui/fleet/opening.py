"""How the console of a chamber is opened from the fleet: here, or by SSH where the chamber is recorded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from xovac_tui.fleet.overview import FleetRow

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
"""Names of machines; none begins with a dash, which ssh would take for an option."""
_PROFILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
"""Names of profiles that no shell reads anything into."""


class CannotOpen(StrEnum):
    """Why the console of a chamber cannot be opened."""

    NO_HOST = "no host"
    """It is not known which machine records it."""
    UNSAFE = "unsafe"
    """The name of machine or chamber is none that is handed to ssh."""
    NO_PROFILE = "no profile"
    """It is recorded here, and no profile has its name."""


class ConsoleOpening(msgspec.Struct, frozen=True):
    """The command that opens a console."""

    command: tuple[str, ...]
    remote: bool
    """It runs elsewhere: it is shown, and asked for."""

    @property
    def shown(self) -> str:
        """The command as it is typed."""
        return shlex.join(self.command)


def opening(
    row: FleetRow, here: Mapping[str, Sequence[str]], program: Sequence[str], host: str
) -> ConsoleOpening | CannotOpen:
    """Return how the console of a chamber is opened, or why it cannot be.

    `here` are the arguments that open a chamber on this machine, by its name; `program` is this program as a
    command, `host` what this machine is called.
    """
    if row.chamber in here:
        return ConsoleOpening((*program, *here[row.chamber]), remote=False)
    there = row.summary.host if row.summary is not None else ""
    if row.report.local or (there and there == host):
        return CannotOpen.NO_PROFILE
    if not there:
        return CannotOpen.NO_HOST
    if not _HOST.fullmatch(there) or not _PROFILE.fullmatch(row.chamber):
        return CannotOpen.UNSAFE
    remote = ("xovac-tui", "--profile", row.chamber, "--observe")
    return ConsoleOpening(("ssh", "-t", there, *remote), remote=True)
