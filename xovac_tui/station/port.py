"""What a station needs of a link, so that tests can bring their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkCallbacks, LinkView
from xovac_tui.link.target import Target


class LinkPort(Protocol):
    """What the station needs of a link; tests pass their own."""

    @property
    def status(self) -> LinkView:
        """The state of the connection now."""
        ...

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled."""
        ...

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        """Send one event, or raise LinkError when nothing was sent.

        With `callback` a socket.io acknowledgement is asked for; it is received as an event named by
        `callback_answer`.
        """
        ...

    def reconnect_now(self) -> None:
        """Do not wait for the next try."""
        ...


LinkFactory = Callable[[Target, LinkCallbacks], LinkPort]


class Reach(msgspec.Struct, frozen=True):
    """How a station gets to its chamber."""

    target: Target
    link: LinkFactory
    serve: Callable[[], AbstractAsyncContextManager[str]] | None = None
    """Starts a server, gives its address, and ends it after all else; None: there is one."""
