"""What a station tells at once, because it cannot wait for the next snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from xovac_tui.chamber.snapshot import LedgerEntry, LinkView
from xovac_tui.recording.status import RecorderView


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """News: the link's word, or the reason for it, is another one."""

    link: LinkView
    before: LinkView


@dataclass(frozen=True, slots=True)
class LedgerChanged:
    """News: a command was asked for, or something became of it."""

    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """News: the console observes, or may command again."""

    observe: bool


@dataclass(frozen=True, slots=True)
class RecorderChanged:
    """News: recording began, fails, or goes on."""

    recorder: RecorderView
    before: RecorderView


@dataclass(frozen=True, slots=True)
class RecordOpened:
    """News: the record of the time before can be read (or nobody can say why not)."""


News = LinkChanged | LedgerChanged | ModeChanged | RecorderChanged | RecordOpened
