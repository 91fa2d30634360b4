"""What is forwarded: rows of the record with a key that is theirs for good, wherever the record is copied.

The key of a row is (source, table, number). The source names the session that wrote it: 128 bits of SHA-256
over what the record holds of that session. So a record that is copied keeps the keys of what is in it, what
is recorded into either copy later gets keys of its own, and a number that was given twice (the machine lost
what had not reached its disk) belongs to two sessions.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from xovac_tui.forwarding.recordparts import Part


class RowKey(NamedTuple):
    """What a row is called in every store, for good."""

    source: str
    """32 hexadecimal digits that name the session."""
    part: Part
    number: int
    """Index of the event, or number of the row in its table."""

    @property
    def text(self) -> str:
        """The key as one word, for stores without several columns."""
        return f"{self.source}:{self.part.value}:{self.number}"


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """The values of one message."""

    key: RowKey
    utc: int
    """Record time in microseconds since 1970."""
    event: str
    """Name of the message."""
    values: list[tuple[str, float]]
    """Path in the message and value; finite, and in the contract's unit."""
    texts: list[tuple[str, str]]
    """The same for text."""


class LogRow(msgspec.Struct, frozen=True):
    """An alarm, a command, a mark of the time axis or a run: something that happened."""

    key: RowKey
    utc: int
    """Record time in microseconds since 1970."""
    kind: str
    """`alarm`, `command`, `note`, `step`, `link`, `run` and other kinds of marks."""
    title: str
    """What it is about: rule, command or recipe."""
    state: str
    """What happened to it, in one word."""
    text: str
    """The same as a sentence, for people."""
    who: str
    ended: int | None = None
    """For a run that has ended: when, record time in microseconds since 1970."""


class ChannelRow(NamedTuple):
    """What a channel is called, by its full name."""

    name: str
    label: str
    unit: str


class Batch(msgspec.Struct, frozen=True):
    """Rows of one part that follow each other. A part of the record between two cursors."""

    part: Part
    first: int
    """Cursor before it."""
    after: int
    """Cursor behind it: where the next one begins, once this has been stored."""
    events: list[EventRow] = []
    log: list[LogRow] = []
    channels: tuple[ChannelRow, ...] = ()
    """Channels that are new or called otherwise since the batch before."""
    missed: int = 0
    """Events between both cursors that the record does not hold any more, or that cannot be read."""

    def __len__(self) -> int:
        return len(self.events) + len(self.log)


def stamp(utc: int, number: int) -> int:
    """Return the time of a row in nanoseconds since 1970, as a function of its key.

    The last three digits are those of the row's number, so that rows of one microsecond are different points,
    and a row that is sent twice is the same point.
    """
    return utc * 1000 + number % 1000
