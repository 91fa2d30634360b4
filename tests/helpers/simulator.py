"""Simulators for tests: in this process or in one of their own, and a client that remembers what came."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import socketio

from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.simulator.server import Simulator

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^XO-VAC\+ simulator on (http://\S+:(\d+)) \(seed \d+, speed \S+\): ")


@contextlib.asynccontextmanager
async def simulator(**options: Any) -> AsyncIterator[Simulator]:
    """Run a simulator in this process on a free port; options as of `SimulatorOptions`."""
    async with Simulator(SimulatorOptions(**{"port": 0, **options})) as running:
        yield running


class Lines:
    """The lines of a pipe, read by a thread so that waiting for one can have an end."""

    def __init__(self, stream: IO[str]) -> None:
        self.seen: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def next(self, timeout: float = 15.0) -> str | None:
        """Return the next line, or None at the end of the stream; raise TimeoutError."""
        try:
            line = self._queue.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"no further line in {timeout} s after {self.seen}") from None
        if line is not None:
            self.seen.append(line)
        return line

    def rest(self, timeout: float = 15.0) -> list[str]:
        """Return all lines until the end of the stream."""
        lines = []
        while (line := self.next(timeout)) is not None:
            lines.append(line)
        return lines


@dataclass
class SimulatorProcess:
    """A simulator in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    port: int
    ready: str
    out: Lines
    err: Lines

    @property
    def pid(self) -> int:
        return self.process.pid

    def pause(self) -> None:
        """Stop the process with its sockets open: a peer that is dead without saying so (POSIX)."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """End it politely and return its exit code."""
        if self.process.poll() is None:
            if hasattr(signal, "SIGCONT"):
                self.resume()
            self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def start_simulator(*arguments: str) -> SimulatorProcess:
    """Start `python -m xovac_tui.simulator --port 0 ...` and wait for its ready line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xovac_tui.simulator", "--port", "0", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = Lines(process.stdout), Lines(process.stderr)
    try:
        line = out.next()
        match = READY.match(line or "")
        assert match, f"not a ready line: {line!r}, stderr: {err.rest(2)}"
    except BaseException:
        process.kill()
        process.wait(10)
        raise
    return SimulatorProcess(process, match[1], int(match[2]), line or "", out, err)


@contextlib.contextmanager
def simulator_process(*arguments: str) -> Iterator[SimulatorProcess]:
    """Run a simulator as a process while the block lasts; arguments as of its command line."""
    running = start_simulator(*arguments)
    try:
        yield running
    finally:
        running.stop()


@contextlib.asynccontextmanager
async def simulator_process_async(*arguments: str) -> AsyncIterator[SimulatorProcess]:
    """Do the same without blocking the event loop."""
    running = await asyncio.to_thread(start_simulator, *arguments)
    try:
        yield running
    finally:
        await asyncio.to_thread(running.stop)


@dataclass
class Peer:
    """A socket.io client that remembers every event, as `(name, argument, monotonic time)`."""

    client: socketio.AsyncClient = field(
        default_factory=lambda: socketio.AsyncClient(reconnection=False, handle_sigint=False)
    )
    events: list[tuple[str, Any, float]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, url: str, transport: str = "websocket") -> None:
        async def remember(event: str, *args: Any) -> None:
            self._remember(event, args[0] if len(args) == 1 else args)

        async def gone(*_: Any) -> None:
            self._remember("disconnect", None)

        self.client.on("*", remember)
        self.client.on("disconnect", gone)
        try:
            await self.client.connect(url, transports=[transport])
        except socketio.exceptions.ConnectionError:
            # The library leaves its session open when it cannot connect.
            if self.client.eio.http is not None:
                await self.client.eio.http.close()
            raise

    def _remember(self, event: str, argument: Any) -> None:
        self.events.append((event, argument, time.monotonic()))
        self.changed.set()

    def of(self, event: str) -> list[Any]:
        """Return the arguments of all events of this name so far."""
        return [argument for name, argument, _ in self.events if name == event]

    def times(self, event: str) -> list[float]:
        return [when for name, _, when in self.events if name == event]

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until a condition over what came holds; raise TimeoutError."""
        async with asyncio.timeout(timeout):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def ask(self, event: str, payload: Any = "", *, count: int = 1, timeout: float = 10.0) -> Any:
        """Send a command and return its (decoded) response."""
        ack = f"{event}_ack"
        have = len(self.of(ack))
        await self.client.emit(event, json.dumps(payload) if isinstance(payload, dict) else payload)
        await self.until(lambda: len(self.of(ack)) >= have + count, timeout)
        return json.loads(self.of(ack)[-1])

    async def state(self, condition: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """Wait for a new `chamber_state` that fits, and return it."""
        have = len(self.of("chamber_state"))

        def fits() -> bool:
            return any(condition(json.loads(text)) for text in self.of("chamber_state")[have:])

        await self.until(fits)
        states = [json.loads(text) for text in self.of("chamber_state")[have:]]
        return next(state for state in states if condition(state))

    async def recipe(self, condition: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """Wait for a `recipe_state`, already received or not, whose newest one fits."""
        await self.until(
            lambda: bool(self.of("recipe_state")) and condition(json.loads(self.of("recipe_state")[-1]))
        )
        found: dict[str, Any] = json.loads(self.of("recipe_state")[-1])
        return found


@contextlib.asynccontextmanager
async def peer(url: str, transport: str = "websocket") -> AsyncIterator[Peer]:
    """Connect a `Peer` while the block lasts."""
    one = Peer()
    await one.connect(url, transport)
    try:
        yield one
    finally:
        await one.client.disconnect()


async def reachable(url: str, transport: str = "websocket") -> bool:
    """Whether a client gets in at this moment."""
    try:
        async with peer(url, transport):
            return True
    except socketio.exceptions.ConnectionError:
        return False
