"""Waiting until an app has nothing to do: by what its loop holds, not by how busy the processor is."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

import pytest

SOON = 0.02
"""Seconds; what is due by then is waited for. Textual paints 0.017 s after something has changed."""
_TURNS = 3
"""Turns of the loop in a row in which nothing was ready."""
_MOST_TURNS, _MOST_TIMERS = 20_000, 60
"""After so many turns, or timers, an app that is never quiet is waited for no longer: about a second."""
_THREADS = 1.0
"""Seconds for which what a loop gave to a thread is waited for; longer work is for the test to await."""
_at_work: weakref.WeakSet[asyncio.Future[Any]] = weakref.WeakSet()


def watch_threads(patch: pytest.MonkeyPatch) -> None:
    """Have it known what loops give to threads from now on."""
    honest = asyncio.BaseEventLoop.run_in_executor

    def seen(loop: Any, *arguments: Any) -> Any:
        future = honest(loop, *arguments)
        _at_work.add(future)
        return future

    patch.setattr(asyncio.BaseEventLoop, "run_in_executor", seen)


async def wait_until_quiet(*_: Any, **__: Any) -> None:
    """Wait until no callback of this loop is ready, none is due within `SOON` seconds, and no thread works.

    In place of Textual's own, which sleeps 0.02 s at least, and takes a process that gets no processor for
    an idle one. Nothing here depends on how long a turn takes.
    """
    loop: Any = asyncio.get_running_loop()
    quiet = timers = 0
    patience = loop.time() + _THREADS
    for _turn in range(_MOST_TURNS):
        await asyncio.sleep(0)
        if loop._ready:
            quiet = 0
            continue
        due = min((one.when() for one in loop._scheduled if not one.cancelled()), default=None)
        if due is not None and due < loop.time() + SOON:
            quiet, timers = 0, timers + 1
            if timers > _MOST_TIMERS:
                return
            await asyncio.sleep(max(0.0, due - loop.time()))
            continue
        working = [one for one in _at_work if one.get_loop() is loop and not one.done()]
        if working and loop.time() < patience:
            quiet = 0
            await asyncio.wait(working, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
            continue
        quiet += 1
        if quiet == _TURNS:
            return
