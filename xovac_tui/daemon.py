"""Calls that may block for long, in threads that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_daemon(work: Callable[[], T], name: str) -> T:
    """Return what `work` returns, or raise what it raises, while the event loop goes on.

    The usual thread pool is waited for at the program's end; this thread is not.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def deliver(give: Callable[[], None]) -> None:
        if not answer.done():
            give()

    def run() -> None:
        try:
            give = partial(answer.set_result, work())
        except Exception as why:
            give = partial(answer.set_exception, why)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(deliver, give)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await answer
