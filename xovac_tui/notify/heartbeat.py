"""Calls an address again and again while alarms are evaluated, so that silence is noticed elsewhere."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from xovac_tui.notify import web
from xovac_tui.notify.settings import CHAMBER_FIELD, Heartbeat

_TIMEOUT = 10.0
"""Seconds that one call may take."""


class Pulse:
    """Knows when the next call is due; only the process that evaluates the alarms asks."""

    def __init__(self, settings: Heartbeat) -> None:
        self._settings = settings
        self._next = -math.inf

    def due(self, mono: float, *, online: bool) -> bool:
        """Return whether to call at this monotonic second; `online`: the link to the chamber is there."""
        if mono < self._next or (self._settings.only_online and not online):
            return False
        self._next = mono + self._settings.every
        return True


def heartbeat(settings: Heartbeat, chamber: str) -> Callable[[], Awaitable[None]]:
    """Return what calls once; NotifyError where that fails."""
    url = settings.url.replace(CHAMBER_FIELD, quote(chamber, safe=""))
    timeout = min(_TIMEOUT, settings.every)

    async def beat() -> None:
        await web.call(url, timeout=timeout)

    return beat
