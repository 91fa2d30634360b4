"""Waiting until an app has nothing to do: by what its loop holds, not by how busy the processor is."""

from __future__ import annotations

import asyncio
from typing import Any

SOON = 0.02
"""Seconds; what is due by then is waited for. Textual paints 0.017 s after something has changed."""
_MOST = 1.0
"""Seconds after which an app that is never quiet is waited for no longer."""
_TURNS = 3
"""Turns of the loop in a row in which nothing was ready."""


async def wait_until_quiet(*_: Any, **__: Any) -> None:
    """Wait until no callback of this loop is ready, and none is due within `SOON` seconds.

    In place of Textual's own, which sleeps 0.02 s at least and takes a process that gets no processor for an
    idle one.
    """
    loop: Any = asyncio.get_running_loop()
    end = loop.time() + _MOST
    turns = 0
    while turns < _TURNS and loop.time() < end:
        await asyncio.sleep(0)
        if loop._ready:
            turns = 0
            continue
        turns += 1
        due = min((one.when() for one in loop._scheduled if not one.cancelled()), default=end)
        if due < loop.time() + SOON:
            turns = 0
            await asyncio.sleep(max(0.0, due - loop.time()))
