"""How a person confirmed a command is in the ledger with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.station.confirmation import ANSWER, STOP_KEY, confirmed_by
from xovac_tui.station.live import LiveStation

SUCCESS = '{"result":"success","message":""}'


@pytest.fixture
async def online() -> AsyncIterator[tuple[LiveStation, FakeLink]]:
    clock = FakeClock()
    link = FakeLink(clock)
    async with make_station(clock, link) as station:
        await link.running.wait()
        link.push(LinkWord.ONLINE)
        link.deliver("chamber_state", "{}")
        yield station, link


async def sent(link: FakeLink, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(link.emitted) < count:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_the_stop_key_is_a_confirmation(online: tuple[LiveStation, FakeLink]) -> None:
    station, link = online
    stopping = asyncio.create_task(station.stop())
    await sent(link)
    link.deliver("cancel_recipe_ack", SUCCESS)
    entry = await stopping
    assert (entry.outcome, entry.confirmation) == (Outcome.SUCCESS, STOP_KEY)


async def test_an_answer_is_noted_with_the_command_that_was_sent_after_it(
    online: tuple[LiveStation, FakeLink],
) -> None:
    station, link = online
    with confirmed_by(ANSWER):
        sending = asyncio.create_task(station.send("cancel_recipe"))
    await sent(link)
    link.deliver("cancel_recipe_ack", SUCCESS)
    assert (await sending).confirmation == ANSWER
    other = asyncio.create_task(station.send("cancel_recipe"))
    await sent(link, 2)
    link.deliver("cancel_recipe_ack", SUCCESS)
    assert (await other).confirmation == ""
