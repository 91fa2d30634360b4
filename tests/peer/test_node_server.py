"""The station, the command line and the console against a socket.io server of another project."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.node import NodeServer, node_server
from tests.helpers.pty import PROGRAM, ROOT, console, environment, leave, press_stop
from xovac_tui.api.event import Direction, Event
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.news import LedgerChanged
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import build_station
from xovac_tui.config import Profile
from xovac_tui.errors import Exit
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News

pytestmark = pytest.mark.node

RECIPE = {"name": "Zwei Stufen °C", "recipe": [[40.0, 600.0, 0.0], [-20.0, 3600.5, 0.0]]}


@pytest.fixture(scope="module")
def one_server() -> Iterator[NodeServer]:
    with node_server() as running:
        yield running


@pytest.fixture
def server(one_server: NodeServer) -> NodeServer:
    """The module's server, without faults and without messages so far."""
    one_server.order(fault="none")
    one_server.messages.clear()
    return one_server


@asynccontextmanager
async def online(server: NodeServer) -> AsyncIterator[LiveStation]:
    async with build_station(ChamberSetup("peer", Profile(url=server.url), load_contract(()))) as station:
        await station.online(10)
        yield station


async def wait_for(station: LiveStation, fits: Callable[[Event], bool], within: float = 10.0) -> Event:
    async with asyncio.timeout(within):
        async for event in station.events():
            if fits(event):
                return event
    raise AssertionError("the events ended")


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment(home, PYTHONUTF8="1"),
        timeout=60,
        check=False,
    )


async def test_the_documented_contract(server: NodeServer) -> None:
    async with online(server) as station:
        entry = await station.send("cancel_recipe")
        assert (entry.outcome, entry.message) == (Outcome.WARNING, CANCEL_WHILE_IDLE)
        entry = await station.send("load_recipe", RECIPE)
        assert (entry.outcome, entry.message) == (Outcome.SUCCESS, "")
        assert (await station.send("sync_xovac_time")).outcome is Outcome.DONE
        await station.send_prepared(station.prepare_raw("go", ""), timeout=1)
        entry = await station.send("load_recipe", RECIPE)
        assert entry.outcome is Outcome.WARNING
        assert "already running" in entry.message
        assert (await station.send("cancel_recipe")).outcome is Outcome.SUCCESS
        assert station.snapshot().link.word in (LinkWord.ONLINE, LinkWord.STALE)
    came = [(reported["event"], reported["args"]) for reported in await asyncio.to_thread(server.commands)]
    assert [name for name, _ in came] == [
        "cancel_recipe",
        "load_recipe",
        "sync_xovac_time",
        "go",
        "load_recipe",
        "cancel_recipe",
    ]
    arguments = dict(came)
    assert arguments["cancel_recipe"] == [""]
    assert all(len(args) == 1 and isinstance(args[0], str) for args in arguments.values())
    assert json.loads(arguments["load_recipe"][0]) == RECIPE
    clock = json.loads(arguments["sync_xovac_time"][0])
    assert set(clock) == {"utcOffset", "epoch"}
    assert abs(clock["epoch"] / 1000 - station.clock.utc()) < 60


async def test_values_alone_are_channels(server: NodeServer) -> None:
    said = {"state": "STANDBY", "p_mbar": 3.5, "shroud": "21.5", "pump": True}
    async with online(server) as station:
        # What comes over one connection comes in order.
        ended = asyncio.ensure_future(wait_for(station, lambda event: event.name == "end"))
        await asyncio.sleep(0)
        for event, value in said.items():
            await asyncio.to_thread(server.order, say=[event, value])
        await asyncio.to_thread(server.order, say=["end"])
        await ended
        shown = {one.full_name: one.text or one.value for one in station.snapshot().channels}
        assert {name: shown[name] for name in said} == {
            "state": "STANDBY",
            "p_mbar": 3.5,
            "shroud": 21.5,
            "pump": "on",
        }


async def test_no_ack_is_unknown_and_nothing_is_sent_again(server: NodeServer) -> None:
    await asyncio.to_thread(server.order, fault="lost_ack")
    async with online(server) as station:
        entry = await station.send("cancel_recipe", timeout=1)
        assert entry.outcome is Outcome.UNKNOWN
        station.reconnect()
        await wait_for(station, lambda event: event.name == "chamber_report")
    sent = [reported["event"] for reported in await asyncio.to_thread(server.commands)]
    assert sent == ["cancel_recipe"]


async def test_a_late_ack_belongs_to_its_command(server: NodeServer) -> None:
    await asyncio.to_thread(server.order, fault="slow_ack")
    async with online(server) as station:
        entry = await station.send("cancel_recipe", timeout=0.5)
        assert entry.outcome is Outcome.UNKNOWN
        await wait_for(station, lambda event: event.name == "cancel_recipe_ack")
        late = station.chamber.ledger.get(entry.id)
        assert late is not None
        assert (late.outcome, late.late) == (Outcome.UNKNOWN, Outcome.WARNING)


async def test_two_acks_give_one_outcome(server: NodeServer) -> None:
    await asyncio.to_thread(server.order, fault="double_ack")
    async with online(server) as station:
        changes: list[LedgerEntry] = []

        def note(news: News) -> None:
            if isinstance(news, LedgerChanged):
                changes.append(news.entry)

        station.subscribe(note)
        await station.send("cancel_recipe")
        await wait_for(station, lambda event: event.name == "chamber_report")
        outcomes = [entry.outcome for entry in changes if entry.outcome is not Outcome.SENT]
        assert set(outcomes) == {Outcome.WARNING}
        assert len({entry.id for entry in changes}) == 1


ODD = [
    "an_object",
    "binary",
    "binary_inside",
    "array",
    "several",
    "nothing",
    "empty",
    "no value",
    "number",
    "Größe 温度 🚀",
    "evil",
    "not json",
    "deep",
    "long",
    "constructor",
    "cancel_recipe_ack",
    "odd_over",
]


async def test_every_unknown_message_is_kept_and_none_breaks_the_link(server: NodeServer) -> None:
    async with online(server) as station:
        before = station.status.session
        over = asyncio.create_task(wait_for(station, lambda event: event.name == "odd_over"))
        await asyncio.sleep(0)
        await asyncio.to_thread(server.order, odd=True)
        await over
        names = [event.name for event in station.log.scan() if event.direction is Direction.IN]
        assert [name for name in names if name != "chamber_report"] == ODD
        await wait_for(station, lambda event: event.name == "chamber_report")
        assert station.status.session == before
        values: dict[str, Any] = {channel.full_name: channel.value for channel in station.snapshot().channels}
    assert values["chamber_report.plate.B.inner"] == -18.25
    assert values["an_object.nested.deep.value"] == 7.5
    assert values["Größe 温度 🚀.内部"] == -3


def test_send_prints_what_the_manual_says(server: NodeServer, tmp_path: Path) -> None:
    done = run("send", "cancel_recipe", "--url", server.url, "--yes", home=tmp_path)
    assert done.stdout == '{"result":"warning","message":"' + CANCEL_WHILE_IDLE + '"}\n'
    assert done.returncode == int(Exit.WARNING)
    assert [reported["args"] for reported in server.commands()] == [[""]]


def test_send_without_an_answer(server: NodeServer, tmp_path: Path) -> None:
    server.order(fault="lost_ack")
    done = run("send", "cancel_recipe", "--url", server.url, "--yes", "--timeout", "1s", home=tmp_path)
    assert done.returncode == Exit.UNKNOWN
    assert json.loads(done.stdout)["result"] == "unknown"


def test_watch_prints_what_comes(server: NodeServer, tmp_path: Path) -> None:
    done = run("watch", "--json", "--for", "5s", "--url", server.url, home=tmp_path)
    assert done.returncode == Exit.OK
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    reports = [line for line in lines if line["name"] == "chamber_report"]
    assert len(reports) >= 2
    assert reports[0]["payload"]["plate"]["B"]["inner"] == -18.25
    assert server.commands() == []


@pytest.mark.slow
def test_the_console_learns_what_it_does_not_know(server: NodeServer, tmp_path: Path) -> None:
    with console("--url", server.url, home=tmp_path) as program:
        words = ("ONLINE", "● inner", "18.25")
        shown = program.wait_for(lambda text: all(word in text for word in words))
        assert "−18.25" in shown
        program.send("4")
        program.wait_for("chamber_report")
        server.order(odd=True)
        program.wait_for("odd_over")
        program.send("1")
        program.wait_for("Readings")
        press_stop(program)
        program.wait_for(lambda text: "cancel_recipe" in text and "warning" in text)
        leave(program)
        assert program.wait() == Exit.OK
        program.assert_as_before()
        assert b"\x1b]0;" not in program.raw
    assert [reported["event"] for reported in server.commands()] == ["cancel_recipe"]


@pytest.mark.slow
def test_the_protocol_before_is_named(tmp_path: Path) -> None:
    with node_server("old") as old:
        done = run("send", "cancel_recipe", "--url", old.url, "--yes", home=tmp_path)
        assert done.returncode == Exit.CONNECT
        assert "Traceback" not in done.stderr
        assert "Engine.IO 3" in done.stderr or "socket.io 2" in done.stderr.lower()
        with console("--url", old.url, home=tmp_path) as program:
            program.wait_for("Engine.IO 3")
