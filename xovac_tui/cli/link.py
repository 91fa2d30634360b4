"""Connect for one headless command, or fail with the reason."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import Any

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.news import LinkChanged
from xovac_tui.cli.output import echo
from xovac_tui.errors import LinkError
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News

GRACE = 5.0
"""Seconds beyond the time of one attempt in which its failure is explained."""


def asked(station: LiveStation) -> LiveStation:
    """Return a station once ssh has asked at this terminal what it has to: before anything is connected."""
    if station.way is not None:
        asyncio.run(station.way.first(partial(echo, err=True)))
    return station


async def online(station: LiveStation, command: str = "") -> None:
    """Wait until the link is ONLINE; raises LinkError once one attempt by all transports has failed.

    There is no second attempt: the caller runs the command again. `command` is the event that
    was to be sent; the error says that it was not.
    """
    failed: asyncio.Future[LinkView] = asyncio.get_running_loop().create_future()

    def listen(news: News) -> None:
        if isinstance(news, LinkChanged) and not failed.done():
            link = news.link
            if (
                link.why
                and link.word is not LinkWord.ONLINE
                and (link.attempt or link.word is LinkWord.OFFLINE)
            ):
                failed.set_result(link)

    unsubscribe = station.subscribe(listen)
    try:
        async with beside(station.online(station.patience + GRACE)) as waiting:
            await asyncio.wait((waiting, failed), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                await waiting
            else:
                raise failed.result().error()
    except LinkError as error:
        raise LinkError(f"{error} {command} was not sent." if command else str(error), error.code) from None
    finally:
        unsubscribe()


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Start `work` before a block, and end it with the block."""
    task = asyncio.ensure_future(work)
    # The first event may arrive with the connection, which the block opens: listen before that.
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
