"""A peer that is stopped while the socket stays open is found soon: a real process, really stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from tests.helpers.links import running
from tests.helpers.servers import socketio_server
from xovac_tui.api.link import LinkCode, LinkWord
from xovac_tui.errors import LinkError
from xovac_tui.link import connect as dial
from xovac_tui.link import signs_of_life as life
from xovac_tui.link.client import Client
from xovac_tui.link.target import Target

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")


@dataclass
class Peer:
    """A socket.io server in its own process."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def peer(count: int = 0) -> Iterator[Peer]:
    arguments = [sys.executable, "-m", "tests.helpers.servers", str(count)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Peer(process, int(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def one_peer() -> Iterator[Peer]:
    with peer() as running:
        yield running


@pytest.fixture
def server(one_peer: Peer) -> Iterator[Peer]:
    """The module's peer, which goes on after each test."""
    yield one_peer
    one_peer.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
async def test_a_stopped_peer_is_lost_after_the_setting(server: Peer, transports: tuple[str, ...]) -> None:
    target = Target(url="", transports=transports, lost_after=1.0)
    async with running(replace(target, url=server.url)) as harness:
        await harness.state(LinkWord.ONLINE)
        server.process.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        status = await harness.state(LinkWord.LOST, within=10)
        assert time.monotonic() - begin <= 3
        assert status.code == LinkCode.STOPPED_ANSWERING
        assert "for 1 s)" in status.why
        with pytest.raises(LinkError):
            await harness.link.emit("cancel_recipe", "")
        server.process.send_signal(signal.SIGCONT)
        harness.link.reconnect_now()
        await harness.until(lambda: harness.link.status.session == 2)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",)])
async def test_a_blocked_peer_is_silent_and_not_lost_and_its_late_answer_counts(
    server: Peer, transports: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The six seconds of a field bus that times out, ten times as fast."""
    monkeypatch.setattr(dial, "MEASURE_EVERY", 0.1)
    monkeypatch.setattr(life, "CHECK_EVERY", 0.05)
    monkeypatch.setattr(life, "SILENT", 0.4)
    target = Target(url="", transports=transports, connect_timeout=1.0)
    async with running(replace(target, url=server.url)) as harness:
        await harness.state(LinkWord.ONLINE)
        for longer in (True, False):
            harness.events.clear()
            server.process.send_signal(signal.SIGSTOP)
            await harness.link.emit("cancel_recipe", "")
            await harness.until(lambda: harness.link.status.silent)
            if longer:
                # No time-out of one request is shorter than what is let be.
                await asyncio.sleep(target.connect_timeout + 0.2)
            # Nothing was received, and nothing is given up.
            assert not harness.received
            server.process.send_signal(signal.SIGCONT)
            await harness.event("cancel_recipe_ack")
            await harness.until(lambda: not harness.link.status.silent)
        assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
        assert harness.link.status.session == 1


@pytest.mark.parametrize("transports", [("websocket",), ("polling",)])
@pytest.mark.parametrize("lost_after", [2.0, 15.0, 600.0])
async def test_the_library_does_not_give_a_silent_server_up_before_the_setting(
    transports: tuple[str, ...], lost_after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own time-outs are those of the server, which may be shorter than the silence that is let be."""
    clients: list[Client] = []

    def made(*args: Any, **options: Any) -> Client:
        clients.append(Client(*args, **options))
        return clients[-1]

    monkeypatch.setattr(dial, "Client", made)
    async with (
        socketio_server(ping_interval=25, ping_timeout=20) as server,
        running(Target(url=server.url, transports=transports, lost_after=lost_after)) as harness,
    ):
        await harness.state(LinkWord.ONLINE)
        engine = clients[-1].eio
        # The last packet was sent with the last ping, and the silence begins just before the next one.
        longest = engine.ping_interval + lost_after
        assert max(engine.ping_interval, engine.ping_timeout) + 5 > longest
        assert engine.ping_interval + engine.ping_timeout > longest


async def test_a_quiet_peer_that_lives_is_not_lost_and_its_round_trip_is_known(server: Peer) -> None:
    async with running(Target(url=server.url, lost_after=1.5)) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.until(lambda: harness.link.status.rtt is not None, within=3)
        with pytest.raises(TimeoutError):
            await harness.until(lambda: harness.link.status.word is not LinkWord.ONLINE, within=3)
        assert harness.link.status.rtt is not None
        assert 0 <= harness.link.status.rtt < 1


async def test_connecting_to_a_stopped_process_ends_with_the_connect_timeout(server: Peer) -> None:
    server.process.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    async with running(Target(url=server.url, connect_timeout=0.5)) as harness:
        why = await harness.refused()
        # Each of the two transports has its turn, and both say the same.
        assert 0.9 <= time.monotonic() - begin <= 2
        assert why.sentence.count("within 0.5 s") == 1
        server.process.send_signal(signal.SIGCONT)
        await harness.state(LinkWord.ONLINE)


async def test_a_killed_peer_is_lost_at_once() -> None:
    with peer() as server:
        async with running(server.url) as harness:
            await harness.state(LinkWord.ONLINE)
            begin = time.monotonic()
            server.process.kill()
            status = await harness.state(LinkWord.LOST)
            assert time.monotonic() - begin < 1
            assert server.url in status.why


async def test_everybody_gets_a_turn_while_events_pour_in() -> None:
    count = 10_000
    with peer(count) as server:
        async with running(server.url) as harness:
            await harness.state(LinkWord.ONLINE)
            # In processor time: by the wall clock a turn is as long as other programs let it be.
            worst, before, waited, seen = 0.0, time.thread_time(), 0.0, time.monotonic()
            async with asyncio.timeout(60):
                while not harness.events or harness.events[-1].name != "done":
                    await asyncio.sleep(0.002)
                    now, checked = time.thread_time(), time.monotonic()
                    worst, before = max(worst, now - before), now
                    waited, seen = max(waited, checked - seen), checked
            assert len(harness.received) == count + 1
            assert worst < 0.15
            assert waited < 2.0
            assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
