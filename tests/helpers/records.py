"""Records made of events that a test brings, without a link and without waiting."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.payload import decode_arguments
from xovac_tui.recording.disk.kinds import Item, Session
from xovac_tui.recording.disk.writer import Writer

UTC = 1_790_000_000.0
"""When the records of tests begin: 2026-09-21 14:13:20 UTC."""
MONO = 5_000.0


def session(**changes: Any) -> Session:
    """Return a recording session."""
    about: dict[str, Any] = {
        "pid": 4321,
        "host": "bench",
        "who": "ada@bench",
        "program": "xovac-tui 9.9",
        "profile": "lab",
        "url": "http://127.0.0.1:3000",
        "contract": ("documented.toml",),
        "channels": {"sensor_data.plate.A": ("Plate A", "degC"), "sensor_data.p": ("Pressure", "mbar")},
    }
    return Session(**{**about, **changes})


def message(
    at: float, *arguments: Any, name: str = "sensor_data", kind: EventKind = EventKind.MESSAGE
) -> Event:
    """Return what came `at` seconds after the start."""
    direction = Direction.OUT if kind is EventKind.COMMAND else Direction.IN
    return Event(name, decode_arguments(*arguments), direction, kind, UTC + at, MONO + at)


def write_record(
    path: Path,
    things: Iterable[Event | Item],
    *,
    every: int = 512,
    end: float = 1_000.0,
    ended: bool = True,
    utc: float = UTC,
    mono: float = MONO,
    **about: Any,
) -> Path:
    """Record events and other things in their order, a commit every so many; return the file."""
    writer = Writer(path, session(**about), recording=True, utc=utc, mono=mono)
    for number, thing in enumerate(things, 1):
        if isinstance(thing, Event):
            assert writer.event(thing)
        else:
            writer.item(thing)
        if number % every == 0:
            writer.commit(utc)
    writer.commit(utc + end)
    if ended:
        writer.close(utc + end)
    else:
        writer.abandon()
    return path
