"""The device of the soak: numbered messages, some of them bulky, and a count of every command it receives.

It prints one JSON line {"port": n}. Each line on its standard input is answered with what was sent so far:
{"number": n, "clients": [[first, last], ...], "commands": c}, where each client was sent the numbers first to
last.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

import socketio
from aiohttp import web

BULKY = 100_000
"""Characters of a bulky message."""
HUGE = 2_000_000
RUN_SECONDS = 40.0
"""Half of a cycle of running and idle."""


class Device:
    """Sends telemetry at a rate to every client, and never stops counting."""

    def __init__(self, rate: float, seed: int) -> None:
        self.sio = socketio.AsyncServer(async_mode="aiohttp", max_http_buffer_size=10_000_000)
        self.number = self.commands = 0
        self.spans: list[list[int]] = []
        self._open: dict[str, list[int]] = {}
        self._rate = rate
        self._chance = random.Random(seed)
        self._waiting: list[str] = []
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("*", self._command)

    async def _connect(self, sid: str, _environ: Any) -> None:
        self._waiting.append(sid)

    async def _disconnect(self, sid: str, *_: Any) -> None:
        if sid in self._waiting:
            self._waiting.remove(sid)
        if (span := self._open.pop(sid, None)) is not None:
            span[1] = self.number

    async def _command(self, *_: Any) -> None:
        self.commands += 1

    async def tick(self) -> None:
        """Send for ever, evenly."""
        due = began = time.monotonic()
        while True:
            # A client belongs to the room of all only once its connection was accepted.
            for sid in [sid for sid in self._waiting if self.sio.manager.is_connected(sid, "/")]:
                self._waiting.remove(sid)
                self._open[sid] = [self.number + 1, -1]
                self.spans.append(self._open[sid])
            self.number += 1
            await self.sio.emit("telemetry", self._message(time.monotonic() - began))
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _message(self, seconds: float) -> str:
        running = seconds % (2 * RUN_SECONDS) > RUN_SECONDS
        values: dict[str, Any] = {
            "seq": self.number,
            "mode": "running" if running else "idle",
            "plate": round(20 + 5 * running + self._chance.gauss(0, 0.02), 3),
            "at": time.strftime("%H:%M:%S"),
        }
        drawn = self._chance.random()
        if drawn < 0.02:
            values["blob"] = self._chance.randbytes(BULKY // 2).hex()
        elif drawn < 0.0205:
            values["blob"] = self._chance.randbytes(HUGE // 2).hex()
        return json.dumps(values)

    def report(self) -> dict[str, Any]:
        """Return what was sent so far."""
        clients = [[first, self.number if last < 0 else last] for first, last in self.spans]
        return {"number": self.number, "clients": clients, "commands": self.commands}


async def main(rate: float, seed: int) -> None:
    """Serve until standard input ends."""
    device = Device(rate, seed)
    application = web.Application()
    device.sio.attach(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    ticking = asyncio.create_task(device.tick())
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(device.report()), flush=True)
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
