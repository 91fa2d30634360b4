"""An event loop whose time jumps ahead whenever all tasks only wait: hours of waiting in no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Impatient(selectors.DefaultSelector):
    """A selector that never waits, and notes how long it should have."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("all tasks wait, and nothing will ever happen")
        self.skipped += max(0.0, timeout)
        return super().select(0)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop for code that does no input and output."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.skipped


class LoopClock:
    """The two clocks of a `FastLoop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def utc(self) -> float:
        return 1_800_000_000 + self._loop.time()

    def mono(self) -> float:
        return self._loop.time()


def run_fast(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(work)
