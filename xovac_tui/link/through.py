"""Connections of aiohttp by the near end of a tunnel."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import aiohttp

from xovac_tui.link.certificate import unverified_context
from xovac_tui.link.streams import host_and_port, is_path


class ThroughConnector(aiohttp.BaseConnector):
    """Connections of aiohttp by the near end of a tunnel, encrypted for the host's name in the URL.

    aiohttp's own connector for Unix sockets speaks no TLS.
    """

    def __init__(self, via: str, trusted: ssl.SSLContext | aiohttp.Fingerprint | None) -> None:
        """Take what certificates are checked by; None: nothing is encrypted."""
        super().__init__()
        self._via, self._trusted = via, trusted

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:
        pinned = self._trusted if isinstance(self._trusted, aiohttp.Fingerprint) else None
        context = unverified_context() if pinned is not None else self._trusted
        tls: dict[str, Any] = {}
        if req.is_ssl():
            tls = {"ssl": context, "server_hostname": req.url.raw_host.rstrip(".")}
        try:
            async with asyncio.timeout(timeout.sock_connect):
                if is_path(self._via):
                    made = await self._loop.create_unix_connection(self._factory, self._via, **tls)
                else:
                    host, port = host_and_port(self._via)
                    made = await self._loop.create_connection(self._factory, host, port, **tls)
        except ssl.CertificateError as error:
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        transport, protocol = made
        if pinned is not None and tls:
            try:
                pinned.check(transport)
            except aiohttp.ServerFingerprintMismatch:
                transport.close()
                raise
        return protocol
