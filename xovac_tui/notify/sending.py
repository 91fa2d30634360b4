"""Sends one message to one receiver, and tries again for a while where that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from xovac_tui import notify
from xovac_tui.durations import format_whole
from xovac_tui.errors import NotifyError
from xovac_tui.notify.command import run_command
from xovac_tui.notify.message import Message
from xovac_tui.notify.services import send_by_apprise
from xovac_tui.notify.settings import Receiver

WITHIN = 60.0
"""Seconds after which a message that did not arrive has failed."""
PAUSES = (2.0, 10.0)
"""Seconds before the second and the third try."""

Sleep = Callable[[float], Awaitable[None]]


async def send(
    receiver: Receiver, message: Message, *, show: bool = False, said: Callable[[str], None] | None = None
) -> None:
    """Try once to send a message; NotifyError with the reason where it did not arrive.

    At a terminal: `show` lets a command write on the terminal, `said` gets more about a failure.
    """
    if receiver.kind == "command":
        await run_command(receiver.command, message, timeout=receiver.timeout, show=show)
    elif receiver.kind == "webhook":
        await notify.web.call(receiver.url, message.fields(), timeout=receiver.timeout)
    elif receiver.kind == "apprise":
        await send_by_apprise(receiver.url, message, timeout=receiver.timeout, said=said)
    else:
        raise NotifyError("it rings in the terminal of a console only.", again=False)


async def persist(attempt: Callable[[], Awaitable[None]], *, sleep: Sleep = asyncio.sleep) -> None:
    """Try up to three times within a minute; NotifyError with the reason of the newest failure."""
    failed = NotifyError(f"it did not accept it within {format_whole(WITHIN)}.")
    try:
        async with asyncio.timeout(WITHIN):
            for pause in (0.0, *PAUSES):
                if pause:
                    await sleep(pause)
                try:
                    return await attempt()
                except NotifyError as error:
                    failed = error
                    if not error.again:
                        break
    except TimeoutError:
        raise failed from None
    raise failed
