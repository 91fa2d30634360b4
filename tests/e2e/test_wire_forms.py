"""Devices whose handlers want another form: nothing happens, until the contract says how to send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.helpers.links import Harness, running
from tests.helpers.servers import OPEN, raw_server, socketio_server
from tests.helpers.simulator import simulator
from xovac_tui.api.event import Direction, Form
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.wireform import callback_answer
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import build_station
from xovac_tui.config import Profile
from xovac_tui.link.connection import MALFORMED
from xovac_tui.simulator.faults import SimulatedFault
from xovac_tui.simulator.server import Simulator
from xovac_tui.station.live import LiveStation

RECIPE = {"name": "a", "recipe": [[20.0, 60.0, 0.0]]}
ACKNOWLEDGED = """
[commands.cancel_recipe]
ack = "callback"
[commands.load_recipe]
ack = "callback"
"""
FORMS = {
    "noarg": ('[commands.cancel_recipe]\nsends = "nothing"', "cancel_recipe", None, Form.NOTHING, ""),
    "object": (
        '[commands.load_recipe]\nsends = "object"',
        "load_recipe",
        RECIPE,
        Form.OBJECT,
        '{"name":"a","recipe":[[20.0,60.0,0.0]]}',
    ),
    "args": (
        '[commands.load_recipe]\narguments = ["name", "recipe"]',
        "load_recipe",
        RECIPE,
        Form.ARGUMENTS,
        '["a",[[20.0,60.0,0.0]]]',
    ),
    "ack": (ACKNOWLEDGED, "load_recipe", RECIPE, Form.JSON, json.dumps(RECIPE)),
}


@asynccontextmanager
async def bench(folder: Path, device: Simulator, form: str = "") -> AsyncIterator[LiveStation]:
    file = folder / "form.toml"
    file.write_text(form)
    contract = load_contract([file], simulator=True)
    async with build_station(ChamberSetup("bench", Profile(url=device.url), contract)) as station:
        await station.online(10)
        yield station


@pytest.mark.parametrize("form", FORMS)
async def test_the_right_form_runs_the_handler_and_the_manuals_does_not(tmp_path: Path, form: str) -> None:
    text, command, values, kept, raw = FORMS[form]
    expected = Outcome.WARNING if command == "cancel_recipe" else Outcome.SUCCESS
    async with simulator(form=form, period=0.1) as device:
        # The handler never runs; in the simulator an exception ends it, as in a Python server.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with bench(tmp_path, device) as station:
            entry = await station.send(command, values, timeout=0.4)
            assert entry.outcome is Outcome.UNKNOWN
            assert "docs/contracts.md" in entry.reason
        async with bench(tmp_path, device, text) as station:
            entry = await station.send(command, values, timeout=5)
            assert (entry.outcome, entry.form) == (expected, station.contract.commands[command].form.words)
            (sent,) = (event for event in station.log.scan() if event.direction is Direction.OUT)
            assert (sent.name, sent.form, sent.raw) == (command, kept, raw)


async def test_an_acknowledgement_may_be_late_or_never_come(tmp_path: Path) -> None:
    async with simulator(form="ack", period=0.1) as device:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with bench(tmp_path, device, ACKNOWLEDGED) as station:
            device.begin(SimulatedFault.LOST_ACK)
            waiting = asyncio.create_task(station.send("cancel_recipe"))
            await asyncio.sleep(0)
            twice = await station.send("cancel_recipe")
            assert (twice.outcome, "still waits" in twice.reason) == (Outcome.REFUSED, True)
            station.reconnect()
            lost = await waiting
            assert (lost.outcome, "The link broke" in lost.reason) == (Outcome.UNKNOWN, True)


async def test_an_unrequested_acknowledgement_answers_nothing() -> None:
    async with socketio_server() as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.link.emit("cancel_recipe", callback=True)
        answered = await harness.event(callback_answer("cancel_recipe"))
        assert answered.payload.form is Form.NOTHING
        await stray(harness, server)


RECOVERING = (
    '42["two",{"a":1},"Q8jKS2i"]',
    '42["three",1,"word","Q8jKS2j"]',
    '42["alone","Q8jKS2i"]',
    '42["json",{"a":1},"20.5"]',
    '427["receipt",{"a":1},"idle"]',
    '451-["blob",{"_placeholder":true,"num":0},"Q8jKS2k"]',
    b'{"a":2}',
    '42["end"]',
)
VALUES = {
    "two": (Form.OFFSET, {"a": 1}),
    "three": (Form.OFFSET, [1, "word"]),
    "alone": (Form.TEXT, "Q8jKS2i"),
    "json": (Form.ARGUMENTS, [{"a": 1}, 20.5]),
    "receipt": (Form.ARGUMENTS, [{"a": 1}, "idle"]),
    "blob": (Form.OFFSET, {"a": 2}),
}


@pytest.mark.parametrize("recovers", [True, False])
async def test_only_a_server_that_recovers_connections_appends_an_offset(recovers: bool) -> None:
    async def script(ws: web.WebSocketResponse) -> None:
        await ws.send_str("0" + json.dumps(OPEN))
        await ws.receive_str(timeout=5)
        await ws.send_str('40{"sid":"xyz","pid":"p"}' if recovers else '40{"sid":"xyz"}')
        for frame in RECOVERING:
            await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))

    async with raw_server(script, greet=False) as server, running(server.url) as harness:
        await harness.event("end")
        for event in harness.received[:-1]:
            form, value = VALUES[event.name]
            if recovers or form is not Form.OFFSET:
                assert (event.payload.form, event.payload.value) == (form, value), event.name
            else:
                assert event.payload.form is Form.ARGUMENTS, event.name
        assert harness.received[0].payload.raw == '[{"a":1},"Q8jKS2i"]', "what came is kept as it came"


async def stray(harness: Harness, server: Any) -> None:
    from socketio.packet import ACK, Packet

    (sid,) = server.sids
    eio = server.sio.manager.eio_sid_from_sid(sid, "/")
    for number in (0, 1, 77):
        await server.sio.eio.send(eio, Packet(ACK, namespace="/", id=number, data=["x"]).encode())
    await harness.until(lambda: [one.name for one in harness.received].count(MALFORMED) == 3)
    odd = next(one for one in harness.received if one.name == MALFORMED)
    assert "an acknowledgement of nothing that was sent" in odd.payload.problem
    assert harness.link.status.word is LinkWord.ONLINE
