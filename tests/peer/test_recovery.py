"""Connection state recovery of the reference server: its offsets are no data, and nothing is recovered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.helpers.node import NodeServer, node_server
from tests.peer.test_node_server import online, wait_for
from xovac_tui.api.event import Direction, Form
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def one_server() -> Iterator[NodeServer]:
    with node_server(RECOVERY="1") as running:
        yield running


@pytest.fixture
def server(one_server: NodeServer) -> NodeServer:
    """The module's server, without messages so far."""
    one_server.order(fault="none")
    one_server.messages.clear()
    return one_server


async def test_answers_and_channels_are_read_without_the_offset(server: NodeServer) -> None:
    async with online(server) as station:
        entry = await station.send("cancel_recipe")
        assert (entry.outcome, entry.message) == (Outcome.WARNING, CANCEL_WHILE_IDLE)
        assert json.loads(entry.answer)["result"] == "warning"
        report = await wait_for(station, lambda event: event.name == "chamber_report")
        # What is kept is what came: both arguments, the second of them the server's.
        reported, offset = json.loads(str(report.payload.raw))
        assert (report.payload.form, json.loads(reported)) == (Form.OFFSET, report.payload.value)
        assert isinstance(offset, str)
        names = {channel.full_name for channel in station.snapshot().channels}
        assert "chamber_report.plate.A" in names
        assert not any(name.startswith("chamber_report.0") for name in names)
        # An event that wants a receipt carries no offset: its last argument is its own.
        asked = asyncio.create_task(wait_for(station, lambda event: event.name == "mode"))
        await asyncio.to_thread(server.order, ask=["mode", 1, "idle"])
        mode = await asked
        assert (mode.payload.form, mode.payload.value) == (Form.ARGUMENTS, [1, "idle"])


async def test_on_reconnecting_nothing_is_sent_and_nothing_recovered(server: NodeServer) -> None:
    async with online(server) as station:
        await station.send("cancel_recipe")
        await asyncio.to_thread(server.order, drop=True)
        again = await asyncio.to_thread(server.wait_for_message, lambda reported: "connected" in reported)
        assert (again["auth"], again["recovered"]) == ({}, False)
        await wait_for(station, lambda event: event.name == "chamber_report")
        assert station.snapshot().link.word is LinkWord.ONLINE
        sent = [event for event in station.log.scan() if event.direction is Direction.OUT]
        assert [event.name for event in sent] == ["cancel_recipe"]
    assert [reported["event"] for reported in await asyncio.to_thread(server.commands)] == ["cancel_recipe"]
