"""The reconnect loop and its words, against scripted connections and in counted time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fastloop import LoopClock, run_fast
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.errors import LinkError, SettingsError, XovacError
from xovac_tui.link import backoff
from xovac_tui.link.connect import Handlers, LinkConnection
from xovac_tui.link.connection import Link
from xovac_tui.link.reasons import UntrustedCertificateError
from xovac_tui.link.target import Target


@dataclass(frozen=True)
class Refuse:
    after: float = 0.0
    error: type[XovacError] = LinkError
    code: LinkCode = LinkCode.NOTHING_LISTENS


@dataclass(frozen=True)
class Last:
    """Connect and stay online for some seconds."""

    seconds: float
    after: float = 0.0


@dataclass
class Wire:
    """What a fake connection was asked to send."""

    lasts: float
    sent: list[tuple[str, Any]] = field(default_factory=list)
    alive: bool = True
    transport: str = "websocket"
    closed: bool = False

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        self.sent.append((name, arguments[0]))

    async def ended(self) -> LinkReason:
        await asyncio.sleep(self.lasts)
        self.alive = False
        return LinkReason(LinkCode.BROKEN_OFF, "It broke off.")

    async def close(self) -> None:
        self.closed = True


class Scene:
    """A link whose connections follow a script; after its end everything is refused."""

    def __init__(self, script: Sequence[Refuse | Last], random: Callable[[], float] = lambda: 0.0) -> None:
        self.loop = asyncio.get_running_loop()
        self.script = list(script)
        self.connected = asyncio.Event()
        self.dialled: list[float] = []
        self.orders: list[Sequence[str]] = []
        self.ended: list[float] = []
        self.wires: list[Wire] = []
        self.statuses: list[LinkView] = []
        self.events: list[Event] = []
        self.reported: Callable[[LinkView], None] = self.statuses.append
        self.link = Link(
            Target(url="http://chamber:1", transports=("websocket", "polling")),
            LinkCallbacks(
                lambda _: EventKind.MESSAGE,
                self.events.append,
                lambda status: self.reported(status),
                LoopClock(self.loop),
            ),
            random=random,
            connector=self.dial,
        )

    async def dial(self, target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
        self.dialled.append(self.loop.time())
        self.orders.append(transports)
        step = self.script.pop(0) if self.script else Refuse()
        try:
            await asyncio.sleep(step.after)
            if isinstance(step, Refuse):
                error = step.error("Nothing listens there.")
                error.code = step.code
                raise error
        finally:
            self.ended.append(self.loop.time())
        wire = Wire(step.seconds)
        self.wires.append(wire)
        self.ended[-1] += step.seconds
        handlers.connected(wire)
        self.connected.set()
        return wire

    async def run(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.link.run()

    @property
    def waits(self) -> list[float]:
        """Seconds between the end of an attempt and the beginning of the next."""
        return [begin - end for begin, end in zip(self.dialled[1:], self.ended, strict=False)]


def play(script: Sequence[Refuse | Last], seconds: float, random: Callable[[], float] = lambda: 0.0) -> Scene:
    async def go() -> Scene:
        scene = Scene(script, random)
        await scene.run(seconds)
        return scene

    return run_fast(go())


def test_the_waits_double_from_one_second_to_five_and_go_on_for_ever() -> None:
    scene = play([], seconds=10_000)
    assert scene.waits[:5] == pytest.approx([1.25, 2.5, 5, 5, 5])
    assert len(scene.dialled) > 1_900
    assert max(scene.waits) <= 5


def test_what_only_a_person_can_settle_is_tried_seldom() -> None:
    codes = (LinkCode.SSH_DENIED, LinkCode.SSH_UNKNOWN_KEY, LinkCode.SSH_CHANGED_KEY)
    scene = play([Refuse(code=code) for code in codes], seconds=1000)
    assert scene.waits[:4] == [300, 30, 30, 5]


def test_a_server_that_drops_its_clients_is_left_in_peace() -> None:
    scene = play([Last(0.1)] * 8 + [Last(60), Last(0.1), Refuse(), Refuse()], seconds=1000)
    assert scene.waits[:8] == pytest.approx([1.25, 2.5, 5, 10, 20, 30, 30, 30])
    # One that kept us for a while has earned a new beginning; then what fails in any way counts together.
    assert scene.waits[8:12] == pytest.approx([1.25, 1.25, 2.5, 5])
    words = [status.attempt for status in scene.statuses if status.next_try_mono is not None]
    assert words[:3] == [1, 2, 3]


def test_an_end_that_was_asked_for_is_no_failure() -> None:
    async def plot(scene: Scene) -> None:
        for _ in range(5):
            await asyncio.sleep(1)
            scene.link.reconnect_now()
        await asyncio.sleep(20)

    assert act([Last(100)] * 5 + [Last(12), Last(100)], plot).waits[-1] == pytest.approx(1.25)


def test_jitter_takes_off_up_to_a_fifth() -> None:
    assert play([], 40, random=lambda: 1.0).waits[:5] == pytest.approx([1, 2, 4, 4, 4])


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_every_wait_is_between_one_and_five_seconds(failures: int, chance: float) -> None:
    wait = backoff.delay(failures, lambda: chance)
    assert 1 <= wait <= 5
    if failures >= 3:
        assert wait >= 4


STEPS = st.one_of(
    st.builds(Refuse, after=st.floats(0, 5)),
    st.builds(Refuse, after=st.floats(0, 5), error=st.just(UntrustedCertificateError)),
    st.builds(Refuse, after=st.floats(0, 5), error=st.just(ZeroDivisionError)),
    st.builds(Last, seconds=st.floats(0, 1000), after=st.floats(0, 5)),
)


@given(st.lists(STEPS, max_size=30), st.floats(0, 1), st.floats(0, 5000))
def test_whatever_happens_the_schedule_holds_and_nothing_is_sent(
    script: list[Refuse | Last], chance: float, seconds: float
) -> None:
    scene = play(script, seconds, random=lambda: chance)
    failures = 0
    for step, wait in zip(script, scene.waits, strict=False):
        dropped = isinstance(step, Last) and step.seconds < backoff.SETTLED
        failures = 0 if isinstance(step, Last) and not dropped else failures + 1
        upper = min(1.25 * 2 ** (max(failures, 1) - 1), 30 if dropped else 5)
        lower = max(1, 0.8 * upper)
        if isinstance(step, Refuse) and step.error is UntrustedCertificateError:
            lower, upper = 5, 5
        assert lower - 1e-6 <= wait <= upper + 1e-6
    assert all(not wire.sent for wire in scene.wires)
    assert all(wire.closed for wire in scene.wires)
    assert scene.events == []
    sessions = [status.session for status in scene.statuses if status.word is LinkWord.ONLINE]
    assert sessions == list(range(1, len(sessions) + 1))
    assert scene.link.status.word is LinkWord.OFFLINE
    for before, after in zip(scene.statuses, scene.statuses[1:], strict=False):
        # Lost only from online, and never back to connecting without anybody's wish.
        if after.word is LinkWord.LOST:
            assert before.word in (LinkWord.ONLINE, LinkWord.LOST)
        if before.word is LinkWord.LOST:
            assert after.word in (LinkWord.LOST, LinkWord.ONLINE, LinkWord.OFFLINE)
        if before.word is after.word:
            assert (before.since_mono, before.since_utc) == (after.since_mono, after.since_utc)
        assert after.attempt == 0 or after.word in (LinkWord.CONNECTING, LinkWord.LOST)


def test_the_words_of_a_life() -> None:
    scene = play([Refuse(1), Last(10, after=1), Refuse(1), Last(5)], seconds=22)
    reported = [(status.word, status.code or None, status.attempt) for status in scene.statuses]
    assert reported == [
        (LinkWord.CONNECTING, None, 1),
        (LinkWord.CONNECTING, LinkCode.NOTHING_LISTENS, 1),
        (LinkWord.CONNECTING, LinkCode.NOTHING_LISTENS, 2),
        (LinkWord.ONLINE, None, 0),
        (LinkWord.LOST, LinkCode.BROKEN_OFF, 0),
        (LinkWord.LOST, LinkCode.BROKEN_OFF, 0),
        (LinkWord.LOST, LinkCode.BROKEN_OFF, 1),
        (LinkWord.LOST, LinkCode.NOTHING_LISTENS, 1),
        (LinkWord.LOST, LinkCode.NOTHING_LISTENS, 2),
        (LinkWord.ONLINE, None, 0),
        (LinkWord.LOST, LinkCode.BROKEN_OFF, 0),
        (LinkWord.LOST, LinkCode.BROKEN_OFF, 2),
        (LinkWord.OFFLINE, LinkCode.ENDED_HERE, 0),
    ]
    lost = [status for status in scene.statuses if status.word is LinkWord.LOST][:5]
    assert {status.since_mono for status in lost} == {13.25}
    assert lost[1].next_try_mono == pytest.approx(14.5)
    assert lost[2].next_try_mono is None


def test_every_attempt_has_all_transports_in_their_order() -> None:
    scene = play([Refuse(), Refuse(), Refuse()], seconds=6)
    assert scene.orders[:3] == [("websocket", "polling")] * 3


def act(scene_script: Sequence[Refuse | Last], plot: Callable[[Scene], Any]) -> Scene:
    """Run a link while `plot` acts on it; the link ends with the plot."""

    async def go() -> Scene:
        scene = Scene(scene_script)
        task = asyncio.ensure_future(scene.link.run())
        await plot(scene)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return scene

    return run_fast(go())


def test_reconnect_now_ends_a_wait() -> None:
    async def plot(scene: Scene) -> None:
        await asyncio.sleep(0.5)
        scene.link.reconnect_now()
        await asyncio.sleep(0.1)

    assert act([], plot).dialled == [0.0, 0.5]


def test_reconnect_now_drops_what_is_there_and_connects_at_once() -> None:
    async def plot(scene: Scene) -> None:
        await asyncio.sleep(5)
        scene.link.reconnect_now()
        await asyncio.sleep(5)

    scene = act([Last(100), Last(100)], plot)
    assert scene.dialled == [0.0, 5.0]
    assert scene.wires[0].closed
    assert scene.link.status.session == 2
    assert LinkWord.LOST not in [status.word for status in scene.statuses]


def test_reconnect_now_during_an_attempt_begins_a_new_one() -> None:
    async def plot(scene: Scene) -> None:
        await asyncio.sleep(1)
        scene.link.reconnect_now()
        await asyncio.sleep(1)

    scene = act([Last(100, after=60), Last(100)], plot)
    assert scene.dialled == [0.0, 1.0]
    assert scene.link.status.session == 1


def test_an_attempt_that_succeeds_just_when_it_is_ended_leaves_nothing_open() -> None:
    async def plot(scene: Scene) -> None:
        await scene.connected.wait()

    scene = act([Last(100)], plot)
    assert [wire.closed for wire in scene.wires] == [True]


def test_close_holds_until_open() -> None:
    async def plot(scene: Scene) -> None:
        await asyncio.sleep(1)
        scene.link.close()
        await asyncio.sleep(1000)
        assert scene.link.status.word is LinkWord.OFFLINE
        assert scene.link.status.since_mono == 1
        with pytest.raises(LinkError) as refused:
            await scene.link.emit("cancel_recipe", "")
        assert refused.value.code == LinkCode.OFFLINE
        scene.link.open()
        await asyncio.sleep(1)
        assert scene.link.status.session == 2

    scene = act([Last(1e6), Last(1e6)], plot)
    assert scene.dialled == [0.0, 1001.0]


def test_close_before_run_keeps_it_from_connecting() -> None:
    async def go() -> Scene:
        scene = Scene([Last(10)])
        scene.link.close()
        await scene.run(100)
        return scene

    assert run_fast(go()).dialled == []


def test_settings_that_cannot_work_are_not_tried_again_by_itself() -> None:
    async def plot(scene: Scene) -> None:
        await asyncio.sleep(1000)
        assert scene.link.status.word is LinkWord.OFFLINE
        assert scene.link.status.code == LinkCode.UNUSABLE_SETTINGS
        scene.link.reconnect_now()
        await asyncio.sleep(1)
        assert scene.link.status.session == 1

    assert act([Refuse(error=SettingsError), Last(100)], plot).dialled == [0.0, 1000.0]


def test_emit_only_while_online_and_never_later() -> None:
    async def plot(scene: Scene) -> None:
        async def refused() -> None:
            with pytest.raises(LinkError) as refused:
                await scene.link.emit("cancel_recipe", "")
            assert refused.value.code == LinkCode.OFFLINE

        await refused()
        await asyncio.sleep(0.5)
        await refused()
        await asyncio.sleep(1)
        event = await scene.link.emit("cancel_recipe", "")
        assert scene.events == [event]
        assert event.direction is Direction.OUT
        assert (event.mono, event.utc) == (1.5, 1_800_000_001.5)
        scene.wires[0].alive = False
        await refused()
        await asyncio.sleep(20)
        assert scene.link.status.session == 2
        assert scene.wires[1].sent == []

    scene = act([Last(10, after=1), Last(100)], plot)
    assert scene.wires[0].sent == [("cancel_recipe", "")]


def test_a_command_may_be_sent_the_moment_it_is_online() -> None:
    async def go() -> list[tuple[str, str]]:
        scene = Scene([Last(10)])
        sending: list[asyncio.Task[Event]] = []

        def reported(status: LinkView) -> None:
            if status.word is LinkWord.ONLINE:
                sending.append(asyncio.ensure_future(scene.link.emit("cancel_recipe", "")))

        scene.reported = reported
        await scene.run(5)
        await asyncio.gather(*sending)
        return scene.wires[0].sent

    assert run_fast(go()) == [("cancel_recipe", "")]
