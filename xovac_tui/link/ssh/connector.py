"""Connect through a tunnel that comes and goes: it is tried when, and as often as, the link tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from xovac_tui.api.link import LinkReason
from xovac_tui.errors import LinkError
from xovac_tui.link.connect import Handlers, LinkConnection, connect
from xovac_tui.link.ssh.tunnel import Tunnel
from xovac_tui.link.target import Target


class TunnelConnector:
    """Makes the tunnel where there is none, then a connection through it; says when it is the tunnel."""

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel

    async def __call__(self, target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
        """Make a connection."""
        near_end = await self._tunnel.up()
        since = self._tunnel.mark
        through = msgspec.structs.replace(target, via=near_end)
        try:
            connection = await connect(through, transports, handlers)
        except LinkError as error:
            if trouble := await self._tunnel.trouble(since):
                raise trouble.error() from None
            raise error
        return _Tunnelled(connection, self._tunnel, since)


class _Tunnelled:
    """A connection through a tunnel."""

    def __init__(self, connection: LinkConnection, tunnel: Tunnel, since: int) -> None:
        self._connection, self._tunnel, self._since = connection, tunnel, since

    @property
    def transport(self) -> str:
        return self._connection.transport

    @property
    def alive(self) -> bool:
        return self._connection.alive

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        await self._connection.emit(name, *arguments, callback=callback)

    async def ended(self) -> LinkReason:
        reason = await self._connection.ended()
        return await self._tunnel.trouble(self._since) or reason

    async def close(self) -> None:
        await self._connection.close()
