"""Memory after a million messages against after ten thousand.

The messages go through the station's event path (decode, record, chamber, a snapshot every 500) in one
process, by a clock that counts a second a message: a million of them are eleven days. No socket, no screen.
"""

from __future__ import annotations

import asyncio
import gc
import random
import subprocess
import sys

from benchmarks.measure import Row, at_most, module, resident_bytes
from benchmarks.server import payload
from tests.helpers.pty import ROOT
from xovac_tui.api.event import Direction, Event, Kind
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode
from xovac_tui.config import Profile
from xovac_tui.link.status import LinkState, LinkStatus
from xovac_tui.link.target import Target
from xovac_tui.station import LinkCallbacks, Station

CHANNELS = 12
FIRST = 10_000


class CountedClock:
    """Goes on by a second a message."""

    now = 1_000.0

    def mono(self) -> float:
        return self.now

    def utc(self) -> float:
        return 1.7e9 + self.now


class Pipe:
    """A link without a socket."""

    status = LinkStatus(LinkState.ONLINE, session=1)

    def __init__(self, callbacks: LinkCallbacks) -> None:
        self.callbacks = callbacks

    async def run(self) -> None:
        self.callbacks.on_status(self.status)
        await asyncio.Event().wait()

    async def emit(self, name: str, data: str) -> Event:
        raise NotImplementedError

    def reconnect_now(self) -> None:
        raise NotImplementedError


async def fill(messages: int) -> int:
    """Return how many bytes of memory are in use after so many messages more than after the first ones."""
    clock = CountedClock()
    pipes: list[Pipe] = []

    def make(_target: Target, callbacks: LinkCallbacks) -> Pipe:
        pipes.append(Pipe(callbacks))
        return pipes[0]

    chance = random.Random(1)
    texts = [payload(n, CHANNELS, chance) for n in range(1_000)]
    before = 0
    async with Station("memory", Profile(), load_contract(()), clock=clock, link_factory=make) as station:
        await station.online(10)
        take = pipes[0].callbacks.on_event
        for number in range(1, messages + 1):
            clock.now += 1
            text = texts[number % 1_000]
            take(Event("telemetry", decode(text), Direction.IN, Kind.MESSAGE, clock.utc(), clock.now))
            if number % 500 == 0:
                station.snapshot()
                await asyncio.sleep(0)
            if number == FIRST:
                gc.collect()
                before = resident_bytes()
        gc.collect()
        return resident_bytes() - before


def measure(quick: bool) -> list[Row]:
    """Fill in a process of its own."""
    messages = 100_000 if quick else 1_000_000
    done = subprocess.run(
        module("memory", str(messages)), capture_output=True, text=True, check=True, cwd=ROOT
    )
    more = int(done.stdout) / 1e6
    return [at_most(f"memory after {messages:,} messages, over {FIRST:,}", more, 20, "MB")]


if __name__ == "__main__":
    print(asyncio.run(fill(int(sys.argv[1]))))
