"""A webhook on 127.0.0.1 that answers as a test wants, and keeps what it received."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from tests.helpers.servers import Server, serve


class Hook(Server):
    """A webhook that runs, and what it received."""

    received: list[dict[str, Any]]
    status: int = 204
    hold: asyncio.Event
    """It answers only while this is set."""

    @property
    def rules(self) -> list[list[str]]:
        """Names of the rules in each message, in order."""
        return [[alarm["rule"] for alarm in received["alarms"]] for received in self.received]


@contextlib.asynccontextmanager
async def hook(**options: Any) -> AsyncIterator[Hook]:
    """Run a webhook until the end of the block; options as of `serve`."""
    server = Hook(0)
    server.received, server.hold = [], asyncio.Event()
    server.hold.set()

    async def handle(request: web.Request) -> web.Response:
        await server.hold.wait()
        if request.method == "POST" and server.status < 300:
            server.received.append(await request.json())
        return web.Response(status=server.status, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handle)
    async with serve(app, server, **options):
        yield server
