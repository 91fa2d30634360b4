"""Events on their way to one reader, bounded in bytes: one that reads too slowly loses the oldest."""

from __future__ import annotations

import asyncio
import sys
from collections import deque

from xovac_tui.api.event import Event
from xovac_tui.budget import ByteBudget

HELD_BYTES = 64_000_000
"""Bytes of payload text that wait for one reader; decoded values weigh a few times as much."""
_HELD_EVENTS = 100_000
_EACH = 500


class EventQueue:
    """Waiting events, oldest first. A payload that alone exceeds the limit is not kept."""

    def __init__(self, limit: int = HELD_BYTES) -> None:
        self.dropped = 0
        """Events that found no room; the oldest are dropped, because the newest say how it is now."""
        self._budget = ByteBudget(limit)
        self._events: deque[tuple[int, Event]] = deque()
        self._some = asyncio.Event()

    def put(self, event: Event) -> None:
        """Take an event; never waits."""
        size = _EACH + sys.getsizeof(event.payload.raw)
        while self._events and (len(self._events) >= _HELD_EVENTS or not self._fits(size)):
            self._drop()
        if not self._budget.take(size):
            self.dropped += 1
            return
        self._events.append((size, event))
        self._some.set()

    def _fits(self, size: int) -> bool:
        return size > self._budget.limit or self._budget.held + size <= self._budget.limit

    def _drop(self) -> None:
        size, _ = self._events.popleft()
        self._budget.give(size)
        self.dropped += 1

    async def get(self) -> Event:
        """Wait for the oldest event, and return it."""
        while not self._events:
            self._some.clear()
            await self._some.wait()
        size, event = self._events.popleft()
        self._budget.give(size)
        return event
