"""How memory grows: over a million messages, and over a recorded week.

The messages go through the station's event path (decode, record, chamber, a snapshot every 500) in one
process, by a clock that counts a second a message: a million of them are eleven days. No socket, no screen.
For the week they are recorded, too, and every hour the trends of all channels are checked.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, at_most, module, resident_bytes
from benchmarks.server import payload
from benchmarks.week import CHANNELS, DAY, EVENT, PAYLOAD, numbers
from tests.helpers.pty import ROOT
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCallbacks, LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.config import Profile
from xovac_tui.link.target import Target
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.station.live import LiveStation

MESSAGES = 12
"""Channels of the messages that are not recorded."""
FIRST = 10_000
HOUR = 3_600


class CountedClock:
    """Goes on by a second a message."""

    now = 1_000.0

    def mono(self) -> float:
        return self.now

    def utc(self) -> float:
        return 1.7e9 + self.now


class Pipe:
    """A link without a socket."""

    status = LinkView(LinkWord.ONLINE, session=1)

    def __init__(self, callbacks: LinkCallbacks) -> None:
        self.callbacks = callbacks

    async def run(self) -> None:
        self.callbacks.on_status(self.status)
        await asyncio.Event().wait()

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        raise NotImplementedError

    def reconnect_now(self) -> None:
        raise NotImplementedError


async def fill(
    messages: int,
    first: int,
    name: str,
    texts: Sequence[str],
    record: RecordChoice | None = None,
    hourly: Callable[[LiveStation], object] = lambda _: None,
) -> int:
    """Return how many bytes of memory are in use after so many messages more than after the first ones."""
    clock = CountedClock()
    pipes: list[Pipe] = []

    def make(_target: Target, callbacks: LinkCallbacks) -> Pipe:
        pipes.append(Pipe(callbacks))
        return pipes[0]

    contract = load_contract((), simulator=True)
    before = 0
    setup = ChamberSetup("memory", Profile(), contract)
    async with build_station(setup, Equipment(proofs=None, record=record), clock=clock, link=make) as station:
        await station.online(10)
        take = pipes[0].callbacks.on_event
        for number in range(1, messages + 1):
            clock.now += 1
            text = texts[number % len(texts)]
            take(Event(name, decode(text), Direction.IN, EventKind.MESSAGE, clock.utc(), clock.now))
            if number % 500 == 0:
                station.snapshot()
                station.tick()
                await asyncio.sleep(0)
            if number % HOUR == 0:
                # The recorder's thread must not fall behind a clock that goes so fast.
                await asyncio.to_thread(station.record.flush)
                hourly(station)
            if number == first:
                gc.collect()
                before = resident_bytes()
        gc.collect()
        return resident_bytes() - before


def look(station: LiveStation) -> None:
    """Look at the trends of all channels: the newest minutes, and a week."""
    now = station.clock.mono()
    for name in CHANNELS:
        history = station.history(name)
        assert history is not None
        for seconds in (600.0, 7.0 * DAY):
            history.window(now - seconds, now, 200)


def unrecorded(messages: int) -> int:
    """Return how many bytes a station grows by while it records nothing."""
    chance = random.Random(1)
    texts = [payload(n, MESSAGES, chance) for n in range(1_000)]
    return asyncio.run(fill(messages, FIRST, "telemetry", texts))


def recorded(messages: int) -> tuple[int, int]:
    """Return how many bytes a station grows by that records, and how many messages are not in the record."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.xovac.sqlite3"
        texts = [PAYLOAD % row for row in numbers(HOUR)]
        choice = RecordChoice(path=path, settings=RecordSettings(), visit=True)
        more = asyncio.run(fill(messages, HOUR, EVENT, texts, choice, look))
        with Record(path) as record:
            return more, messages - record.total


def measure(quick: bool) -> list[Row]:
    """Fill in processes of their own."""
    messages, days = (100_000, 1) if quick else (1_000_000, 7)
    more, _ = _receive(messages, record=False)
    grown, lost = _receive(days * DAY, record=True)
    return [
        at_most(f"memory after {messages:,} messages, over {FIRST:,}", more, 20, "MB"),
        at_most(f"memory after recording {days} x 24 h, over the first hour", grown, 30, "MB"),
        Row("  of these messages not in the record", f"{lost:g}", "0", lost == 0),
    ]


def _receive(messages: int, *, record: bool) -> tuple[float, int]:
    """Return the megabytes and the number of messages lost, from a process of its own."""
    command = module("memory", str(messages), *(["record"] if record else []))
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    more, lost = json.loads(done.stdout)
    return more / 1e6, lost


if __name__ == "__main__":
    many = int(sys.argv[1])
    print(json.dumps(recorded(many) if sys.argv[2:] else (unrecorded(many), 0)))
