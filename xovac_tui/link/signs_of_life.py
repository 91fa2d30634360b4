"""Signs of life of a server: when it counts as silent, and when as lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SILENT = 3.5
"""Seconds without a sign of life after which a server is silent; it is asked for one more often than that."""
CHECK_EVERY = 0.5
"""Seconds between two evaluations of the silence."""


class LifeSigns:
    """Measures the silence of one server: `silent` reports changes, `lost` is called once, at the end.

    A server may be blocked for some seconds by its own work: that is silence, and no reason to give the
    connection up. Only `lost_after` seconds without any sign of life are.
    """

    def __init__(self, lost_after: float, silent: Callable[[bool], None], lost: Callable[[], None]) -> None:
        self._lost_after = lost_after
        self._report = silent
        self._lost = lost
        self._silent = False
        self._newest = asyncio.get_running_loop().time()

    def note(self) -> None:
        """Note a sign of life: anything that came from the server."""
        self._newest = asyncio.get_running_loop().time()
        if self._silent:
            self._silent = False
            self._report(False)

    async def watch(self) -> None:
        """Evaluate the silence until the server is lost."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            now = loop.time()
            # While this program did not run itself, as on a suspended machine, it could not receive anything.
            self._newest = min(now, self._newest + max(0.0, now - before - 2 * CHECK_EVERY))
            before, silence = now, now - self._newest
            if silence >= self._lost_after:
                self._lost()
                return
            if silence >= SILENT and not self._silent:
                self._silent = True
                self._report(True)
