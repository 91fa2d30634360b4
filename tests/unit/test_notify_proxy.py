"""Proxies that the environment names for notifications, with a scheme and without one."""

from __future__ import annotations

import asyncio

import pytest

from tests.helpers.servers import tcp_server
from xovac_tui.errors import NotifyError
from xovac_tui.notify.web import call


@pytest.mark.parametrize("named", ["127.0.0.1:{}", "http://127.0.0.1:{}", "ada:lace@127.0.0.1:{}"])
async def test_a_proxy_is_taken_with_a_scheme_and_without(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with tcp_server(proxy) as server:
        monkeypatch.setenv("http_proxy", named.format(server.port))
        await call("http://hook.invalid/alarm", timeout=5)
        monkeypatch.setenv("no_proxy", "hook.invalid")
        with pytest.raises(NotifyError):
            await call("http://hook.invalid/alarm", timeout=5)
    assert len(asked) == 1
    assert asked[0].startswith(b"GET http://hook.invalid/alarm HTTP/1.1")
    assert (b"Proxy-Authorization: Basic" in asked[0]) == ("@" in named)
