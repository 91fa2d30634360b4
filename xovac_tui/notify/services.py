"""Sends a message by one of Apprise's services: e-mail, ntfy, Slack, Teams, Telegram and many more."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from xovac_tui.chamber.alarm import Severity
from xovac_tui.daemon import in_daemon
from xovac_tui.durations import format_whole
from xovac_tui.errors import NotifyError
from xovac_tui.notify.message import PROGRAM, Message, MessageKind
from xovac_tui.text import clean

_SHORTEST_SECRET = 4
"""Characters; shorter pieces of an address are words such as `com`, and hiding them hides the sense."""


async def send_by_apprise(
    url: str, message: Message, *, timeout: float, said: Callable[[str], None] | None = None
) -> None:
    """Send a message to an address of Apprise; NotifyError where that fails or takes too long (seconds).

    `said` gets what Apprise says of a failure, with every piece of the address hidden.
    """

    def work() -> list[str] | None:
        try:
            return _send(url, message)
        except NotifyError:
            raise
        except Exception as error:  # a service's own code may raise anything; its words may hold the address
            raise NotifyError(f"the service failed with a {type(error).__name__}.") from None

    try:
        async with asyncio.timeout(timeout):
            # The library's services block, and may do so for long.
            words = await in_daemon(work, "notify-apprise")
    except TimeoutError:
        raise NotifyError(f"the service did not answer within {format_whole(timeout)}.") from None
    if words is None:
        return
    if said is not None:
        for line in words:
            said(hidden(line, url))
    raise NotifyError("the service did not accept it.")


def service_problem(url: str) -> str:
    """Return why Apprise cannot use this address, as a sentence without it; empty when it can."""
    try:
        _target(url)
    except NotifyError as error:
        return str(error)
    return ""


def hidden(text: str, url: str) -> str:
    """Return text with every piece of an address replaced by `***`, but for what kind of service it is."""
    _, _, rest = url.partition("://")
    pieces = {piece for form in (rest, unquote(rest)) for piece in re.split(r"[/:@?&=,#+]", form)}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            # Services write hosts and names as they like.
            text = re.sub(re.escape(piece), "***", text, flags=re.IGNORECASE)
    return clean(text, 300)


def _library() -> Any:
    """Return the library, with its words kept out of the log file: they may hold the address."""
    try:
        import apprise
    except ImportError:
        raise NotifyError(
            "this needs Apprise, which is not installed. Install it with `pip install 'xovac-tui[notify]'`.",
            again=False,
        ) from None
    logging.getLogger("apprise").propagate = False
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    return apprise


def _target(url: str) -> tuple[Any, Any]:
    """Return what sends to an address, and the library."""
    library = _library()
    # Else the library works in threads of its own, which the end of this program would wait for.
    here: dict[str, Any] = {"async_mode": False}
    if hasattr(library.AppriseAsset, "_service_timeout"):
        here["service_timeout"] = 0
    target = library.Apprise(asset=library.AppriseAsset(app_id=PROGRAM, app_desc=PROGRAM, **here))
    if not target.add(url):
        raise NotifyError(
            "Apprise does not know such an address, or a part of it is missing; check it in the settings.",
            again=False,
        )
    return target, library


def _send(url: str, message: Message) -> list[str] | None:
    """Send, in this thread; None where it arrived, else what Apprise said."""
    target, library = _target(url)
    log = _Words()
    logger = logging.getLogger("apprise")
    logger.addHandler(log)
    try:
        arrived = bool(
            target.notify(
                title=message.title,
                body=message.text,
                notify_type=library.NotifyType(_type(message)),
                body_format=library.NotifyFormat.TEXT,
            )
        )
    finally:
        logger.removeHandler(log)
    return None if arrived else log.words


def _type(message: Message) -> str:
    if message.kind is MessageKind.TEST:
        return "info"
    if message.kind is MessageKind.RETURNED:
        return "success"
    worst = {Severity.CRITICAL: "failure", Severity.HIGH: "failure", Severity.MEDIUM: "warning"}
    return worst.get(message.severity, "info")


class _Words(logging.Handler):
    """Keeps what the library says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line of this thread: what is said of other addresses holds pieces that are not hidden."""
        if record.thread == self._thread and len(self.words) < 5:
            self.words.append(record.getMessage())
