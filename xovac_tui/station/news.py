"""What a station tells at once, because it cannot wait for the next snapshot."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.alarmview import AlarmChange
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView
from xovac_tui.recording.status import RecorderView


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


class RecorderChanged(msgspec.Struct, frozen=True):
    """News: recording began, fails, or goes on."""

    recorder: RecorderView
    before: RecorderView


class RecordOpened(msgspec.Struct, frozen=True):
    """News: the record of the time before can be read, or it is known that it cannot."""

    moved: int = 0
    """By how much the indices of the log's events have grown: those that came before are in front of them."""


class AlarmsChanged(msgspec.Struct, frozen=True):
    """News: something happened to alarms."""

    changes: tuple[AlarmChange, ...]
    mirrored: bool = False
    """Another process evaluates them, and told it: it notifies whoever is to be told."""


class Jumped(msgspec.Struct, frozen=True):
    """News: a replay is at another time, so that what came after it has not come yet."""


News = LinkChanged | LedgerChanged | ModeChanged | RecorderChanged | RecordOpened | AlarmsChanged | Jumped
