"""Events, sessions and clocks for the tests of the record."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.payload import decode_arguments
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.eventlog import LoggedEvent

UTC = 1_790_000_000.0
"""Wall time at which the monotonic time of the tests is 0."""


class HandClock:
    """The two clocks, set by hand."""

    def __init__(self, mono: float = 100.0, shift: float = UTC) -> None:
        self._mono, self.shift = mono, shift

    def utc(self) -> float:
        return self._mono + self.shift

    def mono(self) -> float:
        return self._mono

    def advance(self, seconds: float) -> None:
        self._mono += seconds


def session(**fields: object) -> Session:
    about: dict[str, object] = {
        "pid": os.getpid(),
        "host": "bench",
        "who": "ada@bench",
        "program": "xovac-tui 0",
        "profile": "bench",
        "url": "http://bench:3000",
    }
    return Session(**{**about, **fields})  # type: ignore[arg-type]


def event(
    mono: float,
    *arguments: object,
    name: str = "state",
    kind: EventKind = EventKind.MESSAGE,
    shift: float = UTC,
) -> Event:
    direction = Direction.OUT if kind is EventKind.COMMAND else Direction.IN
    return Event(name, decode_arguments(*arguments), direction, kind, mono + shift, mono)


def reading(mono: float, *, shift: float = UTC, **values: float | None) -> Event:
    """Return a message that carries these values, as JSON text."""
    return event(mono, json.dumps(values), shift=shift)


def logged(events: Iterable[Event], first: int = 0) -> list[LoggedEvent]:
    return [
        LoggedEvent(
            first + number,
            one.utc,
            one.mono,
            one.direction,
            one.kind,
            one.name,
            one.payload.form,
            one.payload.raw,
            one.payload.problem,
            len(one.payload.raw),
        )
        for number, one in enumerate(events)
    ]


def writer(path: Path, mono: float = 0.0, *, recording: bool = True, shift: float = UTC) -> Writer:
    return Writer(path, session(), recording=recording, utc=mono + shift, mono=mono)


def copied(path: Path, make: Callable[[Path], object]) -> Path:
    """Write a record as `make` does, which is called once a process; it must close what it writes."""
    path.write_bytes(_made(make))
    path.chmod(0o600)
    return path


@cache
def _made(make: Callable[[Path], object]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "r.sqlite3"
        make(path)
        return path.read_bytes()


def events_of(path: Path) -> list[LoggedEvent]:
    with Record(path) as record:
        return list(record.scan())


def raws_of(path: Path) -> list[str | bytes]:
    return [one.raw for one in events_of(path)]


def written(path: Path, events: Sequence[Event]) -> None:
    """Write events as one session that ends well."""
    made = writer(path, events[0].mono, shift=events[0].utc - events[0].mono)
    for one in events:
        made.event(one)
    made.commit(events[-1].utc)
    made.close(events[-1].utc)
