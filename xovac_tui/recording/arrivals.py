"""Which paths of which messages have come, by the newest events of a record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Direction, Kind
from xovac_tui.api.payload import leaves
from xovac_tui.recording.record import Record

NEWEST = 5_000
"""Events that are looked at."""


class Missing(msgspec.Struct, frozen=True):
    """Something that a contract names and that did not come."""

    event: str
    path: str | None
    """None: no message of this name came at all."""
    there: tuple[str, ...]
    """Paths of the message, or names of messages, that did come."""


def arrived(record: Record) -> tuple[dict[str, set[str]], int]:
    """Return the paths of the newest messages by their event, and how many events were looked at."""
    total = record.total
    begin = max(record.first, total - NEWEST)
    found: dict[str, set[str]] = {}
    for event in record.scan(begin):
        if event.direction is Direction.IN and event.kind is Kind.MESSAGE:
            paths = found.setdefault(event.name, set())
            paths.update(path for path, _ in leaves(event.payload().value))
    return found, total - begin


def never_arrived(path: Path, contract: Contract) -> tuple[list[Missing], int]:
    """Return what a contract names and the newest events of a record do not hold, and how many these are.

    Nothing where the record holds no message. Raises RecordError where it cannot be read.
    """
    with Record(path) as record:
        found, count = arrived(record)
    return (list(_missing(found, contract)) if found else []), count


def _missing(found: dict[str, set[str]], contract: Contract) -> Iterator[Missing]:
    for name, message in contract.messages.items():
        paths = found.get(name)
        if paths is None:
            yield Missing(name, None, tuple(sorted(found)))
            continue
        for leaf in message.leaves:
            if leaf.path not in paths:
                yield Missing(name, leaf.path, tuple(sorted(paths)))
