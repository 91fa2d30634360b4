"""Open streams to an address: directly, or by the near end of a tunnel, encrypted for the same name."""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import Any

from xovac_tui.link.target import Address


def is_path(via: str) -> bool:
    """Return whether the near end of a tunnel is a socket with a path, and not a port of this machine."""
    return os.sep in via


def host_and_port(via: str) -> tuple[str, int]:
    """Return host and port of a near end that is no path."""
    host, _, port = via.rpartition(":")
    return host, int(port)


async def open_stream(
    address: Address, context: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream to an address, encrypted where there is a `context`. Raises OSError."""
    tls: dict[str, Any] = {} if context is None else {"ssl": context, "server_hostname": address.host}
    if not address.via:
        return await asyncio.open_connection(address.host, address.port, **tls)
    if is_path(address.via):
        return await asyncio.open_unix_connection(address.via, **tls)
    host, port = host_and_port(address.via)
    return await asyncio.open_connection(host, port, **tls)
