"""A device that nobody documented: own events, nested paths, units in names, a state word, a start command.

Run as a module it prints its port: `python -m tests.helpers.undocumented`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from typing import Any

from tests.helpers.servers import socketio_server

START = "begin_profile"
"""The command that starts; its answer is an event of its own."""


def message(number: int, *, running: bool) -> dict[str, Any]:
    """Return what it says: six channels."""
    return {
        "vacuum": {"p_mbar": round(3.2e-6 + number % 5 * 1e-7, 9)},
        "temps": {
            "dut_degC": round(21.0 + number % 7 * 0.1, 2),
            "shroud_degC": round(-20.0 + number % 3 * 0.1, 2),
            "setpoint_degC": 20.0,
        },
        "heater": {"power_W": 40.5 + number % 4},
        "phase": "running" if running else "idle",
    }


async def main() -> None:
    async def tell(sio: Any, sid: str) -> None:
        for number in count():
            running = any(name == START for name, _ in server.events)
            await sio.emit("telemetry", json.dumps(message(number, running=running)), to=sid)
            await asyncio.sleep(0.2)

    async with socketio_server(greet=tell) as server:
        answered = 0
        print(server.port, flush=True)
        while True:
            await asyncio.sleep(0.05)
            for name, arguments in server.events[answered:]:
                answered += 1
                if name == START:
                    answer = json.dumps({"result": "success", "message": ""})
                    await server.sio.emit(f"{START}_ack", answer)
                print(name, *arguments, file=sys.stderr, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
