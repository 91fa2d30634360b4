"""The station: guards before sending, one outcome after it, and nothing sent that was not asked for."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station
from tests.helpers.recipes import compiled_of
from xovac_tui.api.event import Event, EventKind
from xovac_tui.api.forms import check_items
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkWord
from xovac_tui.api.loader import documented_contract
from xovac_tui.chamber.news import LedgerChanged, LinkChanged
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import build_station
from xovac_tui.config import Profile
from xovac_tui.errors import ContractError, LinkError, SettingsError
from xovac_tui.link.target import Target
from xovac_tui.recipes.files import examples_folder, load_recipe
from xovac_tui.recipes.plan import plan_recipe
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.station.commands import STOP_AGAIN
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.station.refusal import Refusal, RefusalCode


class Bench:
    """A station on a fake link, and all that it reported."""

    def __init__(self, station: LiveStation, link: FakeLink, clock: FakeClock) -> None:
        self.station, self.link, self.clock = station, link, clock
        self.news: list[News] = []
        station.subscribe(self.news.append)

    def go_stale(self) -> None:
        for _ in range(8):
            self.clock.advance(1)
            self.link.deliver("chamber_state", '{"part": 20.0}')
        self.clock.advance(60)
        self.station.tick()

    def entries(self) -> tuple[LedgerEntry, ...]:
        return self.station.snapshot().ledger


@asynccontextmanager
async def bench(profile: Profile | None = None, *, state: LinkWord = LinkWord.ONLINE) -> AsyncIterator[Bench]:
    clock = FakeClock()
    link = FakeLink(clock)
    async with make_station(clock, link, profile=profile) as station:
        await asyncio.wait_for(link.running.wait(), 5)
        parts = Bench(station, link, clock)
        link.push(state, "" if state is LinkWord.ONLINE else "Nothing answers there.")
        yield parts


async def sent(parts: Bench, command: str) -> asyncio.Task[LedgerEntry]:
    task = asyncio.create_task(parts.station.send(command))
    for _ in range(10):
        await asyncio.sleep(0)
    return task


async def test_a_command_is_sent_once_and_comes_to_its_answer() -> None:
    async with bench() as b:
        task = await sent(b, "cancel_recipe")
        assert b.link.emitted == [("cancel_recipe", "")]
        assert not task.done()
        b.clock.advance(0.2)
        b.link.answer("cancel_recipe", "warning", "Not running.")
        entry = await task
        assert (entry.outcome, entry.message, entry.who) == (Outcome.WARNING, "Not running.", "ada@lab")
        assert entry.took == pytest.approx(0.2)
        assert b.link.emitted == [("cancel_recipe", "")]


async def test_no_answer_is_unknown_and_nothing_is_sent_again() -> None:
    async with bench() as b:
        task = await sent(b, "cancel_recipe")
        b.clock.advance(10)
        b.station.tick()
        assert (await task).outcome is Outcome.UNKNOWN
        b.link.push(LinkWord.LOST, "cut")
        b.link.push(LinkWord.ONLINE)
        await asyncio.sleep(0)
        assert len(b.link.emitted) == 1


async def test_a_link_that_breaks_makes_it_unknown_at_once() -> None:
    async with bench() as b:
        task = await sent(b, "cancel_recipe")
        b.link.push(LinkWord.LOST, "cut")
        assert (await task).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("state", [s for s in LinkWord if s not in (LinkWord.ONLINE, LinkWord.STALE)])
async def test_not_online_is_refused_and_not_kept(state: LinkWord) -> None:
    async with bench(state=state) as b:
        entry = await b.station.send("cancel_recipe")
        assert entry.outcome is Outcome.REFUSED
        assert entry.reason == Refusal(RefusalCode.NO_LINK, "cancel_recipe", link=state).sentence
        b.link.push(LinkWord.ONLINE)
        await asyncio.sleep(0)
        assert b.link.emitted == []


async def test_stale_refuses_everything_but_stop() -> None:
    async with bench() as b:
        b.go_stale()
        assert b.station.snapshot().link.word is LinkWord.STALE
        refusal = Refusal(RefusalCode.STALE, "cancel_recipe", link=LinkWord.STALE, stop=True)
        assert (await b.station.send("cancel_recipe")).reason == refusal.sentence
        task = asyncio.create_task(b.station.stop())
        for _ in range(10):
            await asyncio.sleep(0)
        b.link.answer("cancel_recipe")
        entry = await task
        assert (entry.outcome, entry.stop) == (Outcome.SUCCESS, True)


@pytest.mark.parametrize("send_when_stale", [False, True])
async def test_a_server_that_answers_no_ping_is_stale_and_gets_nothing_but_stop(
    send_when_stale: bool,
) -> None:
    async with bench(Profile(url="http://x:1", send_when_stale=send_when_stale)) as b:
        b.link.push(LinkWord.ONLINE, silent=True)
        assert b.station.snapshot().link.word is LinkWord.STALE
        entry = await b.station.send("cancel_recipe")
        assert (entry.outcome, b.link.emitted) == (Outcome.REFUSED, [])
        refusal = Refusal(RefusalCode.SILENT, "cancel_recipe", link=LinkWord.STALE, stop=True)
        assert entry.reason == refusal.sentence
        task = asyncio.create_task(b.station.stop())
        for _ in range(10):
            await asyncio.sleep(0)
        # It was blocked for six seconds, and answers then.
        b.clock.advance(6.0)
        b.station.tick()
        b.link.push(LinkWord.ONLINE)
        assert b.station.snapshot().link.word is LinkWord.ONLINE
        b.link.answer("cancel_recipe")
        assert (await task).outcome is Outcome.SUCCESS
        assert LinkWord.LOST not in [one.link.word for one in b.news if isinstance(one, LinkChanged)]


async def test_a_device_that_is_silent_by_habit_can_be_commanded_when_its_profile_says_so() -> None:
    async with bench(Profile(url="http://x:1", send_when_stale=True)) as b:
        b.go_stale()
        task = await sent(b, "cancel_recipe")
        assert b.link.emitted == [("cancel_recipe", "")]
        b.link.answer("cancel_recipe")
        assert (await task).outcome is Outcome.SUCCESS


async def test_stop_may_be_asked_for_again_when_no_answer_comes() -> None:
    async with bench() as b:
        first = await sent(b, "cancel_recipe")
        b.clock.advance(STOP_AGAIN - 0.1)
        assert (await b.station.stop()).outcome is Outcome.REFUSED
        b.clock.advance(0.2)
        assert (await b.station.send("cancel_recipe")).outcome is Outcome.REFUSED
        again = asyncio.create_task(b.station.stop())
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(b.link.emitted) == 2
        b.link.answer("cancel_recipe")
        b.link.answer("cancel_recipe", "warning", "Not running.")
        assert ((await first).outcome, (await again).outcome) == (Outcome.SUCCESS, Outcome.WARNING)


async def test_observing_sends_nothing_stop_included() -> None:
    async with bench() as b:
        b.station.set_observe(True)
        for entry in (await b.station.send("cancel_recipe"), await b.station.stop()):
            assert entry.outcome is Outcome.REFUSED
            assert entry.reason == Refusal(RefusalCode.OBSERVED, "cancel_recipe").sentence
        assert b.link.emitted == []


async def test_a_profile_that_observes_cannot_be_switched() -> None:
    async with bench(Profile(url="http://x:1", observe=True)) as b:
        b.station.set_observe(False)
        assert b.station.observe


async def test_one_of_a_name_at_a_time() -> None:
    async with bench() as b:
        task = await sent(b, "cancel_recipe")
        second = await b.station.send("cancel_recipe")
        assert second.outcome is Outcome.REFUSED
        assert second.reason == Refusal(RefusalCode.IN_FLIGHT, "cancel_recipe").sentence
        assert (await b.station.stop()).outcome is Outcome.REFUSED
        b.link.answer("cancel_recipe")
        await task
        assert len(b.link.emitted) == 1


async def test_a_bad_payload_is_refused_with_the_reason() -> None:
    async with bench() as b:
        entry = await b.station.send("load_recipe", {"name": "x", "recipe": []})
        assert entry.outcome is Outcome.REFUSED
        with pytest.raises(ContractError) as wrong:
            check_items([])
        assert entry.reason == str(wrong.value)
        assert (await b.station.send("fly")).outcome is Outcome.REFUSED


async def test_a_link_that_could_not_send_means_refused() -> None:
    async with bench() as b:
        b.link.refuse = "The connection is closing."
        entry = await b.station.send("cancel_recipe")
        assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "The connection is closing.")


async def test_a_command_without_answer_returns_at_once() -> None:
    async with bench() as b:
        entry = await b.station.send("sync_xovac_time")
        assert entry.outcome is Outcome.DONE
        assert set(json.loads(b.link.emitted[0][1])) == {"utcOffset", "epoch"}


async def test_a_recipe_is_remembered_only_when_the_chamber_may_have_it() -> None:
    recipe = load_recipe(next(iter(sorted(examples_folder().glob("*.toml")))))
    async with bench() as b:
        plan = plan_recipe(recipe, b.station.plan_settings())
        payload = {"name": recipe.name, "recipe": [[20.0, 60.0, 0.0]]}
        for result, kept in [("warning", False), ("success", True)]:
            task = asyncio.create_task(b.station.load_recipe(compiled_of(plan, payload)))
            for _ in range(10):
                await asyncio.sleep(0)
            b.link.answer("load_recipe", result)
            await task
            assert (b.station.runs.loaded is not None) is kept


async def test_raw_events_are_checked_for_json() -> None:
    async with bench() as b:
        assert b.station.prepare_raw("x", ' {"a": 1} ').text == '{"a": 1}'
        for event, text in [("", ""), ("a\x1b", ""), ("x", "{")]:
            with pytest.raises(ContractError):
                b.station.prepare_raw(event, text)


async def test_every_event_is_logged_and_given_on_in_order() -> None:
    async with bench() as b:
        stream = b.station.events()
        got: asyncio.Future[Event] = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        b.link.deliver("a", "1")
        b.link.deliver("cancel_recipe_ack", "{}")
        assert (await got).name == "a"
        second = await anext(stream)
        assert (second.name, second.kind) == ("cancel_recipe_ack", EventKind.RESPONSE)
        await stream.aclose()
        assert [b.station.log.get(n).name for n in range(2)] == ["a", "cancel_recipe_ack"]  # type: ignore[union-attr]


async def test_waiting_for_the_link_ends_with_its_reason() -> None:
    async with bench(state=LinkWord.CONNECTING) as b:
        b.link.push(LinkWord.CONNECTING, code=LinkCode.NO_ANSWER)
        with pytest.raises(LinkError) as failed:
            await b.station.online(0.01)
        assert failed.value.code == LinkCode.NO_ANSWER
        b.link.push(LinkWord.ONLINE)
        await b.station.online(0.01)


async def test_news_of_link_and_ledger_come_at_once() -> None:
    async with bench() as b:
        await b.station.send("sync_xovac_time")
        b.link.push(LinkWord.LOST, "cut")
        words = [n.link.word for n in b.news if isinstance(n, LinkChanged)]
        assert words == [LinkWord.ONLINE, LinkWord.LOST]
        assert [n.entry.outcome for n in b.news if isinstance(n, LedgerChanged)] == [Outcome.DONE]


async def test_leaving_sends_nothing() -> None:
    async with bench() as b:
        link = b.link
    assert link.emitted == []


async def test_settings_that_no_link_can_use_leave_it_offline_with_the_reason() -> None:
    def broken(target: Target, callbacks: LinkCallbacks) -> FakeLink:
        raise SettingsError("The certificate file is missing.")

    clock = FakeClock()
    station = make_station(clock, broken)
    await station.run()
    link = station.snapshot().link
    assert (link.word, link.code) == (LinkWord.OFFLINE, LinkCode.UNUSABLE_SETTINGS)


async def test_the_time_to_begin_is_not_taken_for_the_silence_of_the_chamber() -> None:
    clock = FakeClock()
    link = FakeLink(clock)
    made = threading.Event()

    def slow(target: Target, callbacks: LinkCallbacks) -> FakeLink:
        made.wait(10)
        return link.factory(target, callbacks)

    station = make_station(clock, slow)
    async with station:
        waiting = asyncio.ensure_future(station.online(0.2))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        made.set()
        await asyncio.wait_for(link.running.wait(), 10)
        link.push(LinkWord.ONLINE)
        await waiting


async def test_a_demo_starts_its_simulator_and_is_reached_at_its_address() -> None:
    setup = ChamberSetup("demo", Profile(url="http://127.0.0.1:0"), documented_contract())
    station = build_station(setup, simulator=SimulatorOptions(port=0, speed=60.0))
    async with station:
        await station.online(30)
        assert station.manner.demo
        assert station.manner.address == station.target.url != setup.profile.url
        assert station.speed == 60.0


async def test_a_simulator_that_does_not_start_is_the_reason_why_the_demo_is_offline() -> None:
    setup = ChamberSetup("demo", Profile(url="http://127.0.0.1:0"), documented_contract())
    station = build_station(setup, simulator=SimulatorOptions(port=0, parameters="/nowhere/none.toml"))
    await station.run()
    link = station.snapshot().link
    assert link.word is LinkWord.OFFLINE
    assert link.code == LinkCode.NO_SIMULATOR
