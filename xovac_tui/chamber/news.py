"""News that cannot wait for the next snapshot: link, ledger, mode, alarms, and the record as it is read."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.snapshot import LedgerEntry, Mark


class LinkChanged(msgspec.Struct, frozen=True):
    """News: the link's word, or the reason for it, is another one."""

    link: LinkView
    before: LinkView


class LedgerChanged(msgspec.Struct, frozen=True):
    """News: a command was asked for, or something became of it."""

    entry: LedgerEntry


class ModeChanged(msgspec.Struct, frozen=True):
    """News: the console observes, or may command again."""

    observe: bool


class ContractChanged(msgspec.Struct, frozen=True):
    """News: another contract is in force; the chamber goes by it already."""

    contract: Contract
    before: Contract
    words: str = ""
    """What differs, by leaf and field: `messages.x."p".unit: nothing -> mbar`; of much only the first."""
    hashes: Mapping[str, str] = {}
    """Name of each contract file, without its folder -> SHA-256 of what was read."""


class ContractProblem(msgspec.Struct, frozen=True):
    """Why the contract files cannot be used as they are; the contract before stays in force."""

    sentences: tuple[str, ...]
    """One for each mistake: file, line or key, reason."""
    since_utc: float
    """When they were read."""

    @property
    def sentence(self) -> str:
        """The first mistake, how many there are beside, and what that means."""
        more = f" ({len(self.sentences) - 1} more)" if len(self.sentences) > 1 else ""
        return f"{self.sentences[0]}{more} The contract as it was stays in force."


class ContractProblemChanged(msgspec.Struct, frozen=True):
    """News: the contract files cannot be used since now, for a reason that was not known; or can again."""

    problem: ContractProblem | None


class AlarmsChanged(msgspec.Struct, frozen=True):
    """News: something happened to alarms."""

    changes: tuple[AlarmChange, ...]
    mirrored: bool = False
    """Another process evaluates them and reported the change: that one also notifies."""


class RecordOpened(msgspec.Struct, frozen=True):
    """News: the record of the time before can be read, or it is known that it cannot."""

    moved: int = 0
    """By how much the indices of the log's events have grown: those that came before are in front of them."""
    read: bool = False
    """It can be read."""


class RecordReplaced(msgspec.Struct, frozen=True):
    """News for services: the record is another file from now on, which knows nothing of what was."""


class MarksMade(msgspec.Struct, frozen=True):
    """News for services: there are new marks on the time axis."""

    marks: tuple[Mark, ...]
