"""Silence and signs of life, in time that is only counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
import pytest

from tests.helpers.fastloop import FastLoop, run_fast
from tests.unit.test_link_states import Wire
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkView, LinkWord
from xovac_tui.chamber.model import Chamber
from xovac_tui.link.connect import Handlers, LinkConnection
from xovac_tui.link.connection import Link
from xovac_tui.link.signs_of_life import CHECK_EVERY, LifeSigns
from xovac_tui.link.target import Target

LinkReports = list[tuple[float, str]]


def live(plot: Callable[[LifeSigns], Coroutine[Any, Any, None]], lost_after: float = 15.0) -> LinkReports:
    """Return when silence began and ended, and when the server was lost, in seconds."""

    async def go() -> LinkReports:
        loop, reported = asyncio.get_running_loop(), LinkReports()
        signs = LifeSigns(
            lost_after,
            lambda silent: reported.append((loop.time(), "silent" if silent else "alive")),
            lambda: reported.append((loop.time(), "lost")),
        )
        watching = asyncio.ensure_future(signs.watch())
        await plot(signs)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return reported

    return run_fast(go())


def test_a_minute_of_stalls_of_five_seconds_is_silent_at_times_and_never_lost() -> None:
    async def stalling(signs: LifeSigns) -> None:
        for _ in range(4):
            for _ in range(20):
                await asyncio.sleep(0.5)
                signs.note()
            await asyncio.sleep(5)

    reported = live(stalling)
    assert [word for _, word in reported] == ["silent", "alive"] * 3 + ["silent"]
    began = [at for at, word in reported if word == "silent"]
    assert all(3 <= at - stalled <= 5 for at, stalled in zip(began, (10, 25, 40, 55), strict=True))


@pytest.mark.parametrize("lost_after", [6.0, 15.0, 120.0])
def test_a_dead_server_is_lost_after_the_setting_and_once(lost_after: float) -> None:
    reported = live(lambda _: asyncio.sleep(1000), lost_after)
    assert [word for _, word in reported] == ["silent", "lost"]
    assert lost_after <= reported[1][0] <= lost_after + CHECK_EVERY


def test_time_in_which_this_program_did_not_run_is_no_silence() -> None:
    async def suspended(signs: LifeSigns) -> None:
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, FastLoop)
        loop.sleep_through(3600)
        await asyncio.sleep(2)
        signs.note()
        await asyncio.sleep(1)

    assert live(suspended) == []


def test_a_server_that_answers_no_ping_is_stale_whatever_data_it_used_to_send() -> None:
    from xovac_tui.api.loader import load_contract

    chamber = Chamber(load_contract(()))
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), 0.0, 0.0)
    assert chamber.word(5.0) is LinkWord.ONLINE
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1, silent=True), 5.0, 5.0)
    assert chamber.word(5.0) is LinkWord.STALE
    assert chamber.link_view(5.0).code == LinkCode.NO_PONG
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), 5.0, 5.0)
    assert chamber.link_view(5.0).word is LinkWord.ONLINE


def test_only_a_link_that_is_online_is_silent() -> None:
    statuses: list[LinkView] = []

    async def dial(target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
        handlers.silent(True)
        assert [(status.word, status.silent is True) for status in statuses] == [(LinkWord.CONNECTING, False)]
        wire = Wire(1.0)
        handlers.connected(wire)
        handlers.silent(True)
        handlers.rtt(0.1)
        return wire

    async def go() -> None:
        callbacks = LinkCallbacks(
            lambda _: pytest.fail("nothing comes"), lambda _: None, statuses.append, _Clock()
        )
        link = Link(Target(url="http://a"), callbacks, connector=dial)
        running = asyncio.ensure_future(link.run())
        await asyncio.sleep(0.5)
        assert (link.status.silent, link.status.rtt, link.status.word) == (True, 0.1, LinkWord.ONLINE)
        await asyncio.sleep(0.6)
        assert link.status.word is LinkWord.LOST
        assert not link.status.silent
        running.cancel()

    run_fast(go())


class _Clock:
    def utc(self) -> float:
        return 0.0

    def mono(self) -> float:
        return 0.0


def test_a_record_of_the_link_has_the_keys_of_before() -> None:
    keys = {"word", "since_utc", "since_mono", "why", "attempt", "next_try_mono", "rtt", "session"}
    assert msgspec.to_builtins(LinkView()).keys() == keys
