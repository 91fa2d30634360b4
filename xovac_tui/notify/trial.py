"""Sends a message marked as a test to one receiver, once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from xovac_tui.chamber.alarm import Severity
from xovac_tui.errors import NotifyError
from xovac_tui.notify.message import trial_message
from xovac_tui.notify.sending import send
from xovac_tui.notify.settings import Receiver
from xovac_tui.notify.terminal import sequence

SEVERITIES = ("critical", "high", "medium", "low")
"""The worst first."""


async def attempt(
    receiver: Receiver,
    chamber: str,
    ring: Callable[[str], str],
    *,
    severity: str | None = None,
    show: bool = False,
) -> str:
    """Send to one receiver; return why that failed, empty if it did not.

    `ring` writes what rings into the terminal, and says why not where it cannot; `show` lets a command of the
    user's write on the terminal. Without a severity it is the worst that the receiver takes.
    """
    wanted = severity or min(receiver.severities, key=SEVERITIES.index)
    if wanted not in receiver.severities:
        return f"not sent: it takes only {', '.join(receiver.severities)}."
    message = trial_message(chamber, Severity(wanted), time.time())
    if receiver.in_terminal:
        return ring(sequence(receiver.kind, message, os.environ))
    words: list[str] = []
    try:
        await send(receiver, message, show=show, said=words.append)
    except NotifyError as error:
        return "\n".join([str(error), *dict.fromkeys(words)])
    return ""
