"""Event loops whose time jumps ahead whenever all tasks only wait: hours of waiting in no time."""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
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

    def sleep_through(self, seconds: float) -> None:
        """Let time go on without any turn, as on a machine that slept."""
        self._impatient.skipped += seconds


class _WaitingForThreads(selectors.DefaultSelector):
    """A selector that really waits only for threads, and notes how long it should have waited otherwise."""

    TURN = 2e-5
    """Seconds that one turn of the loop takes: what comes later has a later time."""
    POLL, PACE = 0.002, 50.0
    """Seconds of one wait for threads that are not the loop's own; how much faster time passes meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 1000.0
        self.at_work: set[asyncio.Future[Any]] = set()
        """What the loop gave to threads, and is not done."""
        self._before = set(threading.enumerate())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed += self.TURN
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.at_work:
            began = time.monotonic()
            ready = super().select(timeout)
            self.passed += min(timeout, time.monotonic() - began)
            return ready
        strangers = any(
            thread not in self._before and not thread.name.startswith("asyncio_")
            for thread in threading.enumerate()
        )
        wait = min(timeout / self.PACE, self.POLL) if strangers else 0.0
        ready = super().select(wait)
        if not ready:
            self.passed += min(timeout, wait * self.PACE) if strangers else timeout
        return ready


class ScreenLoop(asyncio.SelectorEventLoop):
    """A loop for an app under a pilot: time passes while it waits, and hardly while it works.

    So a slow machine sees the same times as a fast one, and no test waits for a timer.
    """

    def __init__(self) -> None:
        self._waiting = _WaitingForThreads()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.passed

    @property
    def at_work(self) -> frozenset[asyncio.Future[Any]]:
        """What was given to threads, and is not done."""
        return frozenset(self._waiting.at_work)

    def run_in_executor(self, *arguments: Any) -> Any:  # type: ignore[override]
        future = super().run_in_executor(*arguments)
        self._waiting.at_work.add(future)
        future.add_done_callback(self._waiting.at_work.discard)
        return future


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
