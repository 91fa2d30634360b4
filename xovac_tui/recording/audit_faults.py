"""What an audit finds wrong in a record: a code with its entry and data, and the only place that words it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal

import msgspec

from xovac_tui.plural import counted
from xovac_tui.recording.disk import chain
from xovac_tui.recording.disk.indices import duplicate_words
from xovac_tui.recording.disk.kinds import AUDITED
from xovac_tui.text import clean

Say = Callable[[float], str]
Wrong = Literal["changed", "removed", "added", "moved", "chain", "twice"]


class AuditCode(StrEnum):
    """What can be wrong. Scripts read these words: they are never given another meaning."""

    ROW_CHANGED = "row-changed"
    ROW_REMOVED = "row-removed"
    ROW_ADDED = "row-added"
    ROW_MOVED = "row-moved"
    ENTRY_CHANGED = "entry-changed"
    HASH_CHANGED = "hash-changed"
    ENTRIES_REMOVED = "entries-removed"
    """Before others that are left."""
    END_REMOVED = "end-removed"
    HEAD_REMOVED = "head-removed"
    HEAD_DIFFERS = "head-differs"
    NOTED_HEAD_MISSING = "noted-head-missing"
    CHAIN_EMPTY = "chain-empty"
    TABLE_REMOVED = "table-removed"
    GIVEN_TWICE = "index-given-twice"


def _entries_removed(first: int, after: int) -> str:
    more = "" if after == first + 1 else f", and all up to entry {after - 1}"
    return f"is missing{more}: it was removed, and what entry {after} covers cannot be proven"


def _end_removed(written: int, left: int) -> str:
    return (
        f"is missing: {counted(written, 'entry was', 'entries were')} written, and those after {left} were "
        "removed"
    )


def _head_removed(last: int) -> str:
    if last:
        return "is the last, and the head of the chain, which should say so, was removed"
    return "The head of the chain, which says where it ends, was removed"


_WORDS: dict[AuditCode, tuple[Wrong, Callable[..., str]]] = {
    AuditCode.ROW_CHANGED: ("changed", "is not what was written: it was changed".format),
    AuditCode.ROW_REMOVED: ("removed", "was removed".format),
    AuditCode.ROW_ADDED: ("added", "was added past the chain, or its entry there was removed".format),
    AuditCode.ROW_MOVED: ("moved", "was moved there: it was written in row {written}".format),
    AuditCode.ENTRY_CHANGED: (
        "chain",
        "is as it was written, but its entry in the chain was changed".format,
    ),
    AuditCode.HASH_CHANGED: ("chain", "is as it was written, but its hash in the chain was changed".format),
    AuditCode.ENTRIES_REMOVED: ("chain", _entries_removed),
    AuditCode.END_REMOVED: ("removed", _end_removed),
    AuditCode.HEAD_REMOVED: ("chain", _head_removed),
    AuditCode.HEAD_DIFFERS: (
        "chain",
        "is the last, but the head says that entry {named} is, with another hash".format,
    ),
    AuditCode.NOTED_HEAD_MISSING: (
        "chain",
        (
            "The head that was noted is not in the chain: no entry has the hash {noted}. This is another "
            "record, an older copy, or its chain was made anew"
        ).format,
    ),
    AuditCode.CHAIN_EMPTY: (
        "chain",
        (
            "The chain is empty, so it proves nothing about this record: a recorder notes the settings in "
            "force before its first event, so the chain was emptied, or was never written"
        ).format,
    ),
    AuditCode.TABLE_REMOVED: ("removed", "The table {table} was removed".format),
    AuditCode.GIVEN_TWICE: ("twice", duplicate_words),
}
"""Code -> kind of fault, and the words behind its entry; the whole sentence where it is about no entry."""


class AuditedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is audited, in words that can be shown."""

    number: int = 0
    """In the chain; 0 where the chain does not cover it."""
    place: str
    """Its table."""
    row: int
    t: float | None = None
    """Record time; None where it is not known (any more)."""
    who: str = ""
    what: str = ""

    @property
    def word(self) -> str:
        """What it is: `command`, `note`."""
        if self.place == chain.MIGRATED:
            return "begin of the chain"
        return AUDITED[self.place].table.row if self.place in AUDITED else "entry"


class AuditFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a record that is not as it was written."""

    code: AuditCode
    entry: AuditedRow
    """The entry that is meant; without place and number where it is about none."""
    data: tuple[tuple[str, Any], ...] = ()
    """(name, value) pairs that its words need."""

    @property
    def wrong(self) -> Wrong:
        """What kind of fault it is."""
        return _WORDS[self.code][0]

    def sentence(self, say: Say) -> str:
        """Return where it is and what is wrong; `say` prints a moment."""
        entry, why = self.entry, _WORDS[self.code][1](**dict(self.data))
        if not entry.place and not entry.number:
            return f"{why}."
        where = f"Entry {entry.number} of the chain" if entry.number else "Not in the chain"
        if entry.place:
            where += f": {entry.word} in row {entry.row} of {entry.place}"
        details = [clean(entry.what, 80)] if entry.what else []
        if entry.t is not None:
            details.insert(0, say(entry.t))
        if entry.who:
            details.append(f"by {clean(entry.who, 40)}")
        about = f" ({', '.join(details)})" if details else ""
        return f"{where}{about} {why}."
