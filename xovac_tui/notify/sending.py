"""Sends one message to one receiver, a program of the user too, and tries again where that may help."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import PurePath

from xovac_tui.durations import format_whole
from xovac_tui.errors import NotifyError
from xovac_tui.notify import web
from xovac_tui.notify.message import Message
from xovac_tui.notify.services import send_by_apprise
from xovac_tui.notify.settings import Receiver
from xovac_tui.paths import AUTH_VARIABLE, HEADERS_VARIABLE
from xovac_tui.text import clean

_PREFIX = "XOVAC_NOTIFY_"
_OF_MESSAGE = ("kind", "chamber", "severity", "title", "text", "key", "time")
_OF_ALARM = ("rule", "channel", "value", "limit", "run", "recipe", "step", "action")
"""Given where the message is about one alarm; empty where it is about several."""


async def run_command(
    command: Sequence[str], message: Message, *, timeout: float, show: bool = False
) -> None:
    """Run a program with a message; NotifyError where it cannot be run, fails or takes too long (seconds).

    `show` lets it write on this program's standard error; else what it writes goes nowhere.
    """
    # Not its arguments: they may hold a token.
    name = clean(PurePath(command[0]).name, 60)
    data = json.dumps(message.fields()).encode()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=None if show else DEVNULL,
            env=environment(message, os.environ),
            start_new_session=True,
        )
    except FileNotFoundError:
        raise NotifyError(f"there is no program {name}; check `command` and the PATH.", again=False) from None
    except OSError as why:
        raise NotifyError(
            f"the program {name} cannot be run: {why.strerror or type(why).__name__}.",
            again=False,
        ) from None
    except ValueError:
        raise NotifyError(
            f"the program {name} cannot be run: its command holds a NUL.", again=False
        ) from None
    try:
        async with asyncio.timeout(timeout):
            await process.communicate(data)
    except TimeoutError:
        raise NotifyError(
            f"the program {name} took longer than {format_whole(timeout)}, so it was ended."
        ) from None
    finally:
        await _end(process)
    if process.returncode:
        raise NotifyError(f"the program {name} ended with {_exit(process.returncode)}.")


def environment(message: Message, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of such a program: this one's without secrets, and what the message says."""
    # The chamber's secrets are no business of a program that announces alarms.
    secret = (AUTH_VARIABLE, HEADERS_VARIABLE)
    found = {name: value for name, value in inherited.items() if name not in secret}
    fields = message.fields()
    alarms = fields["alarms"]
    about = alarms[0] if len(alarms) == 1 else {}
    values = {name: fields[name] for name in _OF_MESSAGE} | {name: about.get(name) for name in _OF_ALARM}
    values["count"] = len(alarms)
    return found | {
        f"{_PREFIX}{name.upper()}": "" if value is None else str(value) for name, value in values.items()
    }


async def _end(process: Process) -> None:
    """End a program that still runs, with all that it started."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _exit(code: int) -> str:
    if code > 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


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
        await web.call(receiver.url, message.fields(), timeout=receiver.timeout)
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
