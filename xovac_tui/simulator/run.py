"""Run a simulator until ended: blocking, for the command line and the demo's child process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable

from xovac_tui.outlet import StreamOutlet
from xovac_tui.signals import handled
from xovac_tui.simulator.options import SimulatorOptions, check_options
from xovac_tui.simulator.server import Simulator

log = logging.getLogger("xovac_tui.simulator")


def ready_line(url: str, options: SimulatorOptions) -> str:
    """Return the line with the simulator's address and options, and that its behaviour is assumed."""
    where = {"": "all", "0.0.0.0": "all IPv4", "::": "all IPv6"}.get(options.host)
    on = f"; open to the network on {where} addresses" if where else ""
    form = f", handlers {options.form}" if options.form else ""
    return (
        f"XO-VAC+ simulator on {url} (seed {options.seed}, speed {options.speed:g}{form}{on}): "
        "everything about it but the documented commands is assumed."
    )


async def serve(
    options: SimulatorOptions,
    *,
    ready: Callable[[str, int], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until `stop` is set or the task is cancelled; `ready` gets URL and port once it listens."""
    check_options(options)
    async with Simulator(options) as simulator:
        ready(simulator.url, simulator.port)
        await (stop or asyncio.Event()).wait()


def run_simulator(options: SimulatorOptions, *, ready: Callable[[str, int], None] | None = None) -> None:
    """Serve until a signal asks for the end or (with `parent_watch`) stdin ends; print the ready line."""
    out = StreamOutlet(sys.stdout)

    def say(url: str, port: int) -> None:
        out.line(ready_line(url, options))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        # A malformed packet can break a task of the library; the server goes on.
        loop.set_exception_handler(lambda _loop, context: log.error("%s", context.get("message", context)))
        stop = asyncio.Event()
        with handled(lambda _number: loop.call_soon_threadsafe(stop.set)):
            if options.parent_watch:
                _watch_stdin(loop, stop.set)
            await serve(options, ready=ready or say, stop=stop)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
    out.close()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` when stdin ends; a thread, since Windows can wait for a pipe in no other way."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return

    def watch() -> None:
        # os.read and not sys.stdin: a thread inside a buffered read would hold the interpreter's end up.
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=watch, name="stdin-watch", daemon=True).start()
