"""Which paths of which messages have come, by the newest events of a record."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.payload import leaves
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.eventlog import LoggedEvent

NEWEST = 5_000
"""Events that are read."""
EACH = 200
"""Messages of one name that are decoded, the newest: they may have thousands of leaves."""


class MissingName(msgspec.Struct, frozen=True):
    """Something that a contract names and that did not come."""

    event: str
    path: str | None
    """None: no message of this name came at all."""
    among: int
    """Messages of this name that were read; events, where there is none."""
    there: tuple[str, ...]
    """Paths of the message, or names of messages, that did come."""


def never_arrived(path: Path, contract: Contract) -> list[MissingName]:
    """Return what a contract names and the newest events of a record do not hold.

    Nothing where the record holds no message. Raises RecordError where it cannot be read.
    """
    newest, events = newest_messages(path)
    return list(_missing(newest, contract, events)) if newest else []


def newest_messages(path: Path) -> tuple[dict[str, deque[LoggedEvent]], int]:
    """Return the newest messages of a record by event, the oldest first, and how many events were read.

    Raises RecordError where it cannot be read.
    """
    with Record(path) as record:
        begin = max(record.first, record.total - NEWEST)
        events = record.total - begin
        newest: dict[str, deque[LoggedEvent]] = {}
        for event in record.scan(begin):
            if event.direction is Direction.IN and event.kind is EventKind.MESSAGE:
                newest.setdefault(event.name, deque(maxlen=EACH)).append(event)
    return newest, events


def _missing(newest: dict[str, deque[LoggedEvent]], contract: Contract, events: int) -> Iterator[MissingName]:
    for name, message in contract.messages.items():
        found = newest.get(name)
        if found is None:
            yield MissingName(name, None, events, tuple(sorted(newest)))
            continue
        paths = {path for event in found for path, _ in leaves(event.payload().value)}
        for leaf in message.leaves:
            if leaf.path not in paths:
                yield MissingName(name, leaf.path, len(found), tuple(sorted(paths)))
