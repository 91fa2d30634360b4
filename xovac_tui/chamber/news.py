"""News of the model that cannot wait for the next snapshot: link, ledger, mode, alarms."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView


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


class AlarmsChanged(msgspec.Struct, frozen=True):
    """News: something happened to alarms."""

    changes: tuple[AlarmChange, ...]
    mirrored: bool = False
    """Another process evaluates them and reported the change: that one also notifies."""
