"""Look names up without holding up the end of the program."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from xovac_tui.daemon import in_daemon

Info = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""What `socket.getaddrinfo` returns for one address."""


async def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> list[Info]:
    """Return the addresses of a host, or raise `socket.gaierror` or `UnicodeError`.

    A name service that does not answer may hold the call for half a minute.
    """

    def work() -> list[Info]:
        return list(socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM))

    return await in_daemon(work, f"look up {host[:40]}")


class Resolver(AbstractResolver):
    """`look_up` in the form that aiohttp wants."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        found: list[ResolveResult] = []
        for kind, _, proto, _, address in await look_up(host, port, family):
            number = str(address[0])
            if kind == socket.AF_INET6 and len(address) == 4 and address[3]:
                # A link-local address is worth nothing without its interface.
                number = socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]
            flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            found.append(
                ResolveResult(hostname=host, host=number, port=port, family=kind, proto=proto, flags=flags)
            )
        return found

    async def close(self) -> None:
        """Do nothing: nothing is kept."""
