"""The simulator's server: python-socketio on aiohttp, and one task that advances the device."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import socketio
from aiohttp import web
from engineio.packet import NOOP, Packet

from xovac_tui.clock import Clock, SystemClock
from xovac_tui.errors import XovacError
from xovac_tui.simulator.device import Answer, Device
from xovac_tui.simulator.faults import FaultBoard, SimulatedFault
from xovac_tui.simulator.handlers import fitting
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.simulator.parameters import load_parameters

COMMANDS = (
    "cancel_recipe",
    "load_recipe",
    "sync_xovac_time",
    "start_recipe",
    "set_pump",
    "vent",
    "simulator_fault",
)
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""What means every address of this machine, and the one of them that a client here uses."""
TICK = 0.25
"""Longest wall time between two moves of the model, s."""
RECIPE_EVERY = 5.0
"""Seconds between two `recipe_state` messages when nothing changes."""
MAX_CATCH_UP = 5.0
"""A server that slept longer than so many seconds of wall time lets the rest go, as a suspended PC does."""

log = logging.getLogger("xovac_tui.simulator")
log.addHandler(logging.NullHandler())


class NeverAnsweredError(Exception):
    """Ends a handler before it answers, so that the library acknowledges nothing."""


class Simulator:
    """A running server. `async with Simulator(options) as simulator: ... simulator.url`."""

    def __init__(self, options: SimulatorOptions, *, clock: Clock | None = None) -> None:
        self.options = options
        self.parameters = load_parameters(options.parameters)
        self.machine = Machine(self.parameters, options.seed, warm=options.warm)
        self.faults = FaultBoard(list(options.faults))
        self.device = Device(self.machine, self.faults, speed=options.speed, reading=options.reading or "")
        self.port = options.port
        self._clock = clock or SystemClock()
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            transports=list(options.transports),
            ping_interval=options.ping_interval,
            ping_timeout=options.ping_timeout,
            cors_allowed_origins="*" if "*" in options.cors else list(options.cors) or None,
            logger=log,
            engineio_logger=log,
        )
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.BaseTransport] = set()
        self._started = 0.0
        self._recipe_sent = ""
        self._recipe_due = 0.0
        self._link_fault: SimulatedFault | None = None

    @property
    def url(self) -> str:
        """The address for clients."""
        # For all addresses, the one that works from this machine; an IPv6 socket takes no IPv4.
        host = _EVERYWHERE.get(self.options.host, self.options.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def clients(self) -> int:
        """The number of connected clients."""
        return sum(1 for _ in self._sio.manager.get_participants("/", None)) if self._has_clients() else 0

    def _has_clients(self) -> bool:
        return "/" in self._sio.manager.rooms

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, and start the model; raises XovacError if the address cannot be used."""
        app = web.Application(middlewares=[self._gate])
        self._sio.attach(app)
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        for event in COMMANDS:
            self._sio.on(event, self._handler(event))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await self._listen()
        except XovacError:
            runner, self._runner = self._runner, None
            await runner.cleanup()
            raise
        self._started = self._clock.mono()
        self._ticker = asyncio.create_task(self._run(), name="simulator")

    async def stop(self) -> None:
        """Disconnect the clients and free the port; does nothing if stopped already."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        if self._has_clients():
            # The disconnect lets a client end its wait instead of reconnecting.
            farewells = [
                asyncio.create_task(self._sio.disconnect(sid))
                for sid, _ in list(self._sio.manager.get_participants("/", None))
            ]
            if farewells:
                await asyncio.wait(farewells, timeout=1.0)
                await asyncio.sleep(0.05)  # the library counts a packet as sent before it is written
        await self._cut()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sio.shutdown(), 2.0)
        for task in list(self._tasks):
            task.cancel()
        await runner.cleanup()

    def begin(self, fault: SimulatedFault, seconds: float | None = None) -> None:
        """Turn a fault on, for some seconds or (None) until it is turned off."""
        self.faults.begin(fault, self._since_start(), seconds)

    def end(self, fault: SimulatedFault) -> None:
        """Turn a fault off."""
        self.faults.end(fault)

    def _since_start(self) -> float:
        return self._clock.mono() - self._started

    async def _listen(self) -> None:
        if self._runner is None:
            return
        host = self.options.host
        self._site = web.TCPSite(self._runner, host, self.port)
        try:
            await self._site.start()
        except OSError as error:
            raise XovacError(_cannot_listen(host, self.port, error)) from None
        ports = {address[1] for address in self._runner.addresses}
        if self.port == 0:
            self.port = min(ports)
            if len(ports) > 1:
                # A name with several addresses got a port for each: use one port for all.
                await self._site.stop()
                await self._listen()

    @web.middleware
    async def _gate(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Track every open connection, so that it can be cut; refuse new ones while the link is down."""
        transport = request.transport
        if transport is None or self._link_fault is not None:
            if transport is not None:
                transport.abort()
            return web.Response(status=503)
        self._transports.add(transport)
        try:
            return await handler(request)
        finally:
            self._transports.discard(transport)

    async def _cut(self) -> None:
        """Cut every connection at once, without a close message."""
        for transport in list(self._transports):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        for client in list(self._sio.eio.sockets.values()):
            with contextlib.suppress(Exception):
                await client.close(wait=False, abort=True)
                await client.queue.put(None)  # wakes a poll that waits for a message

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        self._recipe_due = 0.0  # the next tick reports to the newcomer

    async def _disconnect(self, sid: str, reason: str = "") -> None:
        client = self._sio.eio.sockets.get(self._sio.manager.eio_sid_from_sid(sid, "/"))
        if client is not None and not client.upgraded:
            # The library leaves a leaving client's last poll unanswered, and it would wait for it.
            self._spawn(_end_poll(client))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _handler(self, event: str) -> Callable[..., Awaitable[str | None]]:
        form = self.options.form

        async def handle(sid: str, *args: Any) -> str | None:
            taken = fitting(form, event, args)
            if taken is None:
                # A Python function called with wrong arguments never answers, either.
                raise NeverAnsweredError(f"The handler of {event} does not run: it wants another form.")
            answer = self.device.handle(event, taken, utc=self._clock.utc(), since_start=self._since_start())
            self._recipe_due = 0.0  # the next tick shows the effect
            if answer is None:
                return None
            # The switch for faults must always answer, or none could be turned off again.
            faulty = event != "simulator_fault"
            if form == "ack":
                return await self._acknowledgement(answer, faulty=faulty)
            await self._respond(sid, answer, faulty=faulty)
            return None

        return handle

    async def _acknowledgement(self, answer: Answer, *, faulty: bool) -> str:
        """Return the answer as a socket.io acknowledgement, sent once or never."""
        if faulty and self.faults.on(SimulatedFault.LOST_ACK):
            raise NeverAnsweredError("The acknowledgement is lost.")
        if faulty and self.faults.on(SimulatedFault.SLOW_ACK):
            await asyncio.sleep(self.parameters.faults.slow_ack)
        return answer.text()

    async def _respond(self, sid: str, answer: Answer, *, faulty: bool) -> None:
        """Send an answer as an event of its own, subject to the active faults."""
        if faulty and self.faults.on(SimulatedFault.LOST_ACK):
            return
        if faulty and self.faults.on(SimulatedFault.SLOW_ACK):
            self._spawn(self._answer_late(sid, answer))
            return
        await self._answer(sid, answer)
        if faulty and self.faults.on(SimulatedFault.DOUBLE_ACK):
            await self._answer(sid, answer)

    async def _answer(self, sid: str, answer: Answer) -> None:
        await self._sio.emit(answer.event, answer.text(), to=sid)

    async def _answer_late(self, sid: str, answer: Answer) -> None:
        await asyncio.sleep(self.parameters.faults.slow_ack)
        await self._answer(sid, answer)

    async def _run(self) -> None:
        """Advance the model in equal parts of a telemetry period, so that a seed reproduces its readings."""
        parts = max(1, round(self.options.period / TICK))
        tick = self.options.period / parts
        due = self._clock.mono()
        number = 0
        while True:
            due += tick
            late = self._clock.mono() - due
            if late > MAX_CATCH_UP:
                due += late
            await asyncio.sleep(max(0.0, due - self._clock.mono()))
            number += 1
            try:
                self.faults.tick(self._since_start())
                await self._apply_link_faults()
                self.device.advance(tick)
                await self._report(telemetry=number % parts == 0)
            except Exception:
                log.exception("The simulator's step failed; it goes on.")

    async def _report(self, *, telemetry: bool) -> None:
        if self._link_fault is not None or self.faults.on(SimulatedFault.FREEZE_TELEMETRY):
            return
        machine, now = self.machine, self._clock.mono()
        key = repr((machine.state, machine.program, machine.now.step if machine.now else None))
        if key != self._recipe_sent or now >= self._recipe_due:
            self._recipe_sent, self._recipe_due = key, now + RECIPE_EVERY
            await self._sio.emit("recipe_state", self.device.recipe_state())
        if telemetry:
            await self._sio.emit("chamber_state", self.device.chamber_state(self._clock.utc()))

    async def _apply_link_faults(self) -> None:
        """Cut the link or end the server when such a fault begins, and come back when it ends."""
        wanted = next(
            (f for f in (SimulatedFault.RESTART_SERVER, SimulatedFault.DROP_LINK) if self.faults.on(f)), None
        )
        if wanted is self._link_fault:
            return
        if self._link_fault is SimulatedFault.RESTART_SERVER:
            try:
                await self._listen()
            except XovacError as error:
                log.warning("%s The next try is in %s s.", error, TICK)
                return
        self._link_fault = wanted
        if wanted is None:
            return
        lasting = self.parameters.faults
        usual = lasting.drop_link if wanted is SimulatedFault.DROP_LINK else lasting.restart_server
        if self.faults.until[wanted] == float("inf"):
            # It could not be turned off over a link that is down.
            self.faults.begin(wanted, self._since_start(), usual)
        if wanted is SimulatedFault.RESTART_SERVER:
            self.device.restart()
            if self._site is not None:
                await self._site.stop()
        await self._cut()


async def _end_poll(client: Any) -> None:
    """Answer the poll that a client without WebSocket has left waiting."""
    await asyncio.sleep(0.1)
    await client.queue.put(Packet(NOOP))


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno in (errno.EADDRINUSE, 10048):
        return (
            f"Port {port} on {host} is in use by another program. "
            "Choose another one with --port, or --port 0 for any that is free."
        )
    if error.errno in (errno.EACCES, 10013):
        return f"Port {port} on {host} may not be used by this user. Choose one above 1023 with --port."
    return f"The simulator cannot listen on {host}, port {port}: {error.strerror or error}. Check --host."
