"""A link under test: it collects what is reported, and waits for conditions with a bound."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import engineio.base_client

from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.clock import SystemClock
from xovac_tui.link.connection import Link
from xovac_tui.link.target import Target


class Harness:
    """A link that runs, with all it has said."""

    def __init__(self, target: Target, **options: Any) -> None:
        self.events: list[Event] = []
        self.statuses: list[LinkView] = []
        self.fails: Exception | None = None
        """What its listener to events raises."""
        self._changed = asyncio.Event()
        self.link = Link(
            target,
            LinkCallbacks(
                lambda name: EventKind.RESPONSE if name.endswith("_ack") else EventKind.MESSAGE,
                self._event,
                self._status,
                options.pop("clock", SystemClock()),
            ),
            **options,
        )

    def _event(self, event: Event) -> None:
        if self.fails is not None:
            raise self.fails
        self.events.append(event)
        self._changed.set()

    def _status(self, status: LinkView) -> None:
        self.statuses.append(status)
        self._changed.set()

    async def until(self, condition: Callable[[], object], within: float = 10.0) -> None:
        """Wait until the condition holds; it is checked whenever the link reports something."""
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def state(self, state: LinkWord, within: float = 10.0) -> LinkView:
        await self.until(lambda: self.link.status.word is state, within)
        return self.link.status

    async def refused(self, within: float = 10.0) -> LinkReason:
        """Return the reason for the first attempt that failed."""
        await self.until(lambda: any(said.next_try_mono for said in self.statuses), within)
        first = next(said for said in self.statuses if said.next_try_mono)
        return LinkReason(LinkCode(str(first.code)), first.why)

    async def event(self, name: str, within: float = 10.0) -> Event:
        await self.until(lambda: any(event.name == name for event in self.received), within)
        return next(event for event in self.received if event.name == name)

    @property
    def received(self) -> list[Event]:
        return [event for event in self.events if event.direction is Direction.IN]

    @property
    def states(self) -> list[LinkWord]:
        """The states in order, without repeats."""
        words = [status.word for status in self.statuses]
        return [word for at, word in enumerate(words) if not at or words[at - 1] is not word]


@contextlib.asynccontextmanager
async def running(target: Target | str, **options: Any) -> AsyncIterator[Harness]:
    """Run a link for the block; whatever run() raises, and any task that fails unseen, fails the test."""
    # The collection at the end goes through what was made meanwhile, not through all that a worker holds.
    gc.freeze()
    loop = asyncio.get_running_loop()
    accidents: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: accidents.append(context))
    harness = Harness(Target(url=target) if isinstance(target, str) else target, **options)
    task = asyncio.create_task(harness.link.run())
    try:
        yield harness
        if task.done():
            task.result()
    finally:
        begin = loop.time()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        took = loop.time() - begin
        logging.getLogger("tests").debug("closed in %s", took)
    gc.collect()
    await asyncio.sleep(0)
    assert not engineio.base_client.connected_clients, "a client was left behind"
    assert took < 1.5, f"closing took {took} s"
    assert harness.link.status.word is LinkWord.OFFLINE
    assert not accidents, accidents
