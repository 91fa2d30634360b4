"""Devices whose handlers want another form: nothing happens, until the contract says how to send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.links import Harness, running
from tests.helpers.servers import socketio_server
from tests.helpers.simulator import simulator
from xovac_tui.api.event import Direction, Form
from xovac_tui.api.loader import load_contract
from xovac_tui.api.wireform import callback_answer
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.config import Profile
from xovac_tui.link.connection import MALFORMED
from xovac_tui.link.status import LinkState
from xovac_tui.simulator.faults import Fault
from xovac_tui.simulator.server import Simulator
from xovac_tui.station import Station

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
async def bench(folder: Path, device: Simulator, form: str = "") -> AsyncIterator[Station]:
    file = folder / "form.toml"
    file.write_text(form)
    contract = load_contract([file], simulator=True)
    async with Station("bench", Profile(url=device.url), contract) as station:
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
            device.begin(Fault.LOST_ACK)
            waiting = asyncio.create_task(station.send("cancel_recipe"))
            await asyncio.sleep(0)
            twice = await station.send("cancel_recipe")
            assert (twice.outcome, "still waits" in twice.reason) == (Outcome.REFUSED, True)
            station.reconnect()
            lost = await waiting
            assert (lost.outcome, "The link broke" in lost.reason) == (Outcome.UNKNOWN, True)


async def test_an_acknowledgement_that_nobody_asked_for_answers_nothing() -> None:
    async with socketio_server() as server, running(server.url) as harness:
        await harness.state(LinkState.ONLINE)
        await harness.link.emit("cancel_recipe", callback=True)
        answered = await harness.event(callback_answer("cancel_recipe"))
        assert answered.payload.form is Form.NOTHING
        await stray(harness, server)


async def stray(harness: Harness, server: Any) -> None:
    from socketio.packet import ACK, Packet

    (sid,) = server.sids
    eio = server.sio.manager.eio_sid_from_sid(sid, "/")
    for number in (0, 1, 77):
        await server.sio._send_packet(eio, Packet(ACK, namespace="/", id=number, data=["x"]))
    await harness.until(lambda: [one.name for one in harness.heard].count(MALFORMED) == 3)
    odd = next(one for one in harness.heard if one.name == MALFORMED)
    assert "an acknowledgement of nothing that was sent" in odd.payload.problem
    assert harness.link.status.state is LinkState.ONLINE
