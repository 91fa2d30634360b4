"""Bulky messages: keys of a reopened console, and the longest turn of a loop while one of 60 MB arrives."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.measure import SIZE, Row, Server, at_most, server
from tests.helpers.pty import PROGRAM, Pty
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.api.event import Event, EventKind
from xovac_tui.api.loader import documented_contract
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.config import Profile
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings

MESSAGES, LENGTH = 600, 100_000
"""In the reopened record: how many, and characters of each."""
ONE = 60_000_000
"""Characters of the message that arrives."""
LONGEST_GAP = 100.0
"""Milliseconds for which a loop may be deaf."""
KEYS = 12


def bulky_messages(count: int = MESSAGES, length: int = LENGTH) -> list[Event]:
    """Return messages whose numbers and time string are different in each."""
    chance = random.Random(9)
    numbers = length // 20
    return [
        message(
            float(at),
            json.dumps(
                {"at": f"2026-09-21T14:{at // 60 % 60:02d}:{at % 60:02d}Z"}
                | {f"c{n:05d}": round(chance.gauss(20, 5), 5) for n in range(numbers)}
            ),
            name="bulk",
        )
        for at in range(count)
    ]


def write_bulky(path: Path, count: int = MESSAGES, length: int = LENGTH) -> Path:
    """Write a record of bulky messages that ended a moment ago, and return it."""
    now = time.time()
    shift = now - count - UTC
    events = [
        Event(one.name, one.payload, one.direction, EventKind.MESSAGE, one.utc + shift, one.mono)
        for one in bulky_messages(count, length)
    ]
    return write_record(path, events, utc=UTC + shift, mono=MONO, end=float(count))


class Watchdog:
    """Measures the longest time between two turns of the loop in which it runs."""

    def __init__(self) -> None:
        self.longest = self.busiest = 0.0
        """Seconds by the clock, and of the processor: only the latter is the same on a loaded machine."""

    async def run(self) -> None:
        """Look every millisecond, until cancelled."""
        before, worked = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now, work = time.perf_counter(), time.thread_time()
            self.longest, before = max(self.longest, now - before), now
            self.busiest, worked = max(self.busiest, work - worked), work


async def longest_gap(source: Server, path: Path) -> tuple[float, float]:
    """Return the longest turn of a loop whose charts ask for the past while a huge message arrives.

    In ms by the clock, and in ms of the processor.
    """
    choice = RecordChoice(path=path, settings=RecordSettings(), visit=True, background=True)
    setup = ChamberSetup("bulky", Profile(url=source.url), documented_contract())
    station = build_station(setup, Equipment(proofs=None, record=choice))
    watchdog = Watchdog()
    arrived = asyncio.Event()

    async def look() -> None:
        async for event in station.events():
            if event.name == "bulky":
                arrived.set()

    def ask() -> None:
        now = station.clock.mono()
        for number in range(8):
            history = station.history(f"bulk.c{number:05d}")
            if history is not None:
                history.window(now - 3600, now, 200)

    looking = asyncio.create_task(look())
    async with station:
        await station.online(20)
        watching = asyncio.create_task(watchdog.run())
        # Its own start is none of the messages'.
        await asyncio.sleep(0.5)
        watchdog.longest = watchdog.busiest = 0.0
        await asyncio.to_thread(source.order, bulky=ONE)
        end = time.monotonic() + 40
        while time.monotonic() < end and not arrived.is_set():
            ask()
            await asyncio.sleep(0.5)
        for _ in range(6):
            ask()
            await asyncio.sleep(0.5)
        watching.cancel()
        looking.cancel()
        assert arrived.is_set(), (
            f"the message did not arrive: {station.status}, {station.events_dropped} dropped"
        )
    return watchdog.longest * 1000, watchdog.busiest * 1000


def key_times(source: Server, path: Path) -> tuple[float, list[float]]:
    """Return the ms to the first key's answer in a reopened console, and those of keys while 60 MB come."""
    with tempfile.TemporaryDirectory() as home:
        with Pty([*PROGRAM, "--url", source.url], home=home, size=SIZE) as program:
            program.wait_for("ONLINE")
            program.signal(signal.SIGTERM)
            program.wait()
        [record] = Path(home).glob("records/*.sqlite3")
        for ending in ("", "-wal", "-shm"):
            record.with_name(record.name + ending).unlink(missing_ok=True)
        shutil.copyfile(path, record)
        with Pty([*PROGRAM, "--url", source.url], home=home, size=SIZE) as program:
            program.wait_for("ONLINE")
            answers = []
            for number in range(KEYS):
                if number == 1:
                    source.order(bulky=ONE)
                before, typed = program.count, time.monotonic()
                program.send("\x1b" if number % 2 else "?")
                program.wait_raw(b"Readings" if number % 2 else b"Help", within=120, start=before)
                answers.append((time.monotonic() - typed) * 1000)
                time.sleep(0.2)
            program.signal(signal.SIGTERM)
            program.wait()
    return answers[0], answers[1:]


def measure(quick: bool) -> list[Row]:
    """Measure the loop alone, then the whole console."""
    with tempfile.TemporaryDirectory() as folder, server() as source:
        path = write_bulky(Path(folder) / "bulky.sqlite3", 100 if quick else MESSAGES)
        again = Path(folder) / "again.sqlite3"
        shutil.copyfile(path, again)
        gap, work = asyncio.run(longest_gap(source, again))
        first, others = key_times(source, path)
    return [
        at_most("loop turn while 60 MB arrive on a bulky record", gap, LONGEST_GAP, "ms"),
        at_most("  of that processor time", work, LONGEST_GAP, "ms"),
        at_most("  first key of a console reopened on it", first, 1000, "ms"),
        at_most(f"  slowest of {len(others)} keys while 60 MB arrive", max(others), 500, "ms"),
    ]
