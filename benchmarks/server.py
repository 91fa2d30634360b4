"""A socket.io server that sends telemetry, at a rate or as fast as it can.

It prints one JSON line {"port": n} and takes orders as JSON lines: {"rate": Hz, "channels": n},
{"flood": events, "channels": n}, {"bulky": characters} and {"set": {name: value}}, which holds from the next
message on; each is answered with {"mono": seconds} at its beginning.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import sys
import time
from typing import Any

import socketio
from aiohttp import web


def payload(number: int, channels: int, chance: random.Random, fixed: dict[str, Any] | None = None) -> str:
    """Return one message: a counter, and values that drift slowly under a little noise, unless `fixed`."""
    values: dict[str, Any] = {"seq": number}
    for channel in range(1, channels):
        drift = 20 + channel + 5 * math.sin(number / 600 + channel)
        values[f"c{channel:02d}"] = round(drift + chance.gauss(0, 0.02), 3)
    return json.dumps(values | (fixed or {}))


class Source:
    """Sends telemetry to all clients."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncServer(async_mode="aiohttp")
        self.number = 0
        self._chance = random.Random(1)
        self._ticking: asyncio.Task[None] | None = None
        self._fixed: dict[str, Any] = {}

    async def order(self, order: dict[str, Any]) -> None:
        """Carry an order out."""
        if "set" in order:
            self._fixed = order["set"]
            print(json.dumps({"mono": time.monotonic()}), flush=True)
            return
        if order.get("bulky"):
            text = json.dumps({"rows": ["x" * 1000] * (order["bulky"] // 1004)})
            print(json.dumps({"mono": time.monotonic()}), flush=True)
            await self.sio.emit("bulky", text)
            return
        if self._ticking is not None:
            self._ticking.cancel()
        if order.get("rate"):
            self._ticking = asyncio.create_task(self._tick(order["rate"], order["channels"]))
        print(json.dumps({"mono": time.monotonic()}), flush=True)
        if order.get("flood"):
            texts = [payload(n, order["channels"], self._chance) for n in range(1, 101)]
            for number in range(1, order["flood"] + 1):
                text = texts[number % 100]
                await self.sio.emit("telemetry", f'{{"seq": {number}{text[text.index(",") :]}')

    async def _tick(self, rate: float, channels: int) -> None:
        due = time.monotonic()
        while True:
            self.number += 1
            await self.sio.emit("telemetry", payload(self.number, channels, self._chance, self._fixed))
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def main() -> None:
    """Serve until standard input ends."""
    source = Source()
    application = web.Application()
    source.sio.attach(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await source.order(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main())
