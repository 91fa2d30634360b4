"""Records of days, made once and shared by the measurements: the demo's chamber, 16 channels at 1 Hz.

Every number drifts over hours under a little noise, with as many digits as the device writes: what a record
takes on disk depends on both.
"""

from __future__ import annotations

import contextlib
import math
import random
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from xovac_tui.api.event import Direction, Event, EventKind, Form, Payload
from xovac_tui.api.loader import load_contract
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.writer import Writer

DAY = 86_400
EVENT = "chamber_state"
_PATHS = (
    *("part", "shroud", "plateT.A", "plateT.B", "tec.int1", "tec.int2", "tec.ext1", "tec.ext2", "water"),
    *("radiator.1", "radiator.2", "exchanger.1", "exchanger.2", "power", "setpoint", "vacuum.p"),
)
CHANNELS = tuple(f"{EVENT}.{path}" for path in _PATHS)
"""Full names of the 16 channels."""
PAYLOAD = (
    '{"part": %s, "shroud": %s, "plateT": {"A": %s, "B": %s}, "tec": {"int1": %s, "int2": %s, "ext1": %s, '
    '"ext2": %s}, "water": %s, "radiator": {"1": %s, "2": %s}, "exchanger": {"1": %s, "2": %s}, "power": %s, '
    '"setpoint": %s, "vacuum": {"p": %s}}'
)
_RECIPE = (
    '{"name": "bakeout", "state": "running", "step": %d, "steps": 12, "target": 60, "gradient": 1.5, '
    '"inStep": %.1f, "leftInStep": %.1f}'
)
_COMMAND_EVERY = 6 * 3_600
"""Seconds between two commands among the messages."""
_COMMIT = 60
"""Seconds in a commit; two commits a second, as in life, would take longer than everything else together."""
_STARTED = 1_000.0
"""Monotonic seconds at the first message."""


class Recorded(msgspec.Struct, frozen=True):
    """A finished record of one `chamber_state` a second."""

    path: Path
    start: float
    """UTC seconds of its first message; its times are the record's."""
    seconds: int
    size: int
    """Bytes of all its files at their largest, the log that SQLite writes ahead among them."""
    csv_size: int
    """Bytes of the same as CSV: the time in UTC to the millisecond, and the numbers as they came."""

    @property
    def end(self) -> float:
        """UTC seconds behind its last message."""
        return self.start + self.seconds

    @property
    def samples(self) -> int:
        """How many numbers of channels it holds."""
        return self.seconds * len(CHANNELS)


def week(quick: bool) -> Recorded:
    """Return the record of the week up to now; of a day when quick."""
    return _record(DAY if quick else 7 * DAY, False)


def million(quick: bool) -> Recorded:
    """Return a record of a million events, every other a `recipe_state`; of a hundred thousand when quick."""
    return _record(50_000 if quick else 500_000, True)


@cache
def _record(seconds: int, recipe: bool) -> Recorded:
    # Its folder is taken away when this process ends.
    folder = _KEPT.enter_context(tempfile.TemporaryDirectory(prefix="xovac-benchmarks-"))
    path = Path(folder) / "week.xovac.sqlite3"
    start = float(math.floor(time.time()) - seconds)
    writer = Writer(path, _session(), recording=True, utc=start, mono=_STARTED)
    size = csv_size = 0
    for number, row in enumerate(numbers(seconds)):
        utc, mono = start + number, _STARTED + number
        writer.event(message(PAYLOAD % row, utc, mono))
        if recipe:
            step, second = divmod(number, 3_600)
            writer.event(
                message(_RECIPE % (step % 12 + 1, second, 3_600 - second), utc, mono, "recipe_state")
            )
        if number % _COMMAND_EVERY == _COMMAND_EVERY - 1:
            nothing = Payload(Form.EMPTY, None, "")
            writer.event(Event("cancel_recipe", nothing, Direction.OUT, EventKind.COMMAND, utc, mono))
        csv_size += len("2026-01-01T00:00:00.000Z,") + len(",".join(row)) + len("\r\n")
        if number % _COMMIT == 0:
            writer.commit(utc)
            size = max(size, size_of(path))
    writer.commit(start + seconds)
    size = max(size, size_of(path))
    writer.close(start + seconds)
    return Recorded(path, start, seconds, size, csv_size)


_KEPT = contextlib.ExitStack()


def numbers(seconds: int) -> Iterator[tuple[str, ...]]:
    """Yield the numbers of one message after the other, as the device writes them."""
    gauss, sine = random.Random(1).gauss, math.sin
    drifts = [(20.0 + 3 * n, 12.0 - 0.5 * n, math.tau / (5_000 + 800 * n)) for n in range(15)]
    for at in range(seconds):
        row = [str(round(base + swing * sine(at * turn) + gauss(0, 0.02), 3)) for base, swing, turn in drifts]
        row.append(str(float(f"{10 ** (-5 + sine(at / 20_000)) * (1 + gauss(0, 0.01)):.3g}")))
        yield tuple(row)


def message(text: str, utc: float, mono: float, name: str = EVENT) -> Event:
    """Return an event as the link reports it, but not decoded: a record keeps only what came."""
    return Event(name, Payload(Form.JSON, None, text), Direction.IN, EventKind.MESSAGE, utc, mono)


def size_of(record: Path) -> int:
    """Return the bytes of all files of a record."""
    return sum(file.stat().st_size for file in record.parent.glob(f"{record.name}*"))


def _session() -> Session:
    contract = load_contract((), simulator=True)
    return Session(
        pid=1,
        host="bench",
        who="somebody@bench",
        program="xovac-tui",
        profile="demo",
        url="http://127.0.0.1:1",
        contract=contract.files,
        channels={
            f"{event}.{leaf.path}": (leaf.label or leaf.channel, leaf.unit)
            for event, message in contract.messages.items()
            for leaf in message.leaves
        },
    )
