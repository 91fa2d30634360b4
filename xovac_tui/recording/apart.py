"""A payload that is too long to be decoded here is decoded by a process of its own, on demand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import msgspec

from xovac_tui.api.event import Form
from xovac_tui.api.outline import Outline
from xovac_tui.api.payload import TooLong, too_long
from xovac_tui.durations import format_whole
from xovac_tui.recording.eventlog import LoggedEvent

_SECONDS = 30.0
_PIECE = 250_000
"""Characters that are handed over at a time, so that a key never waits for it."""


IN_PART = "It cannot be decoded: only its beginning is kept, since it is not recorded."
_LOOKS = (Form.JSON, Form.OBJECT, Form.ARGUMENTS, Form.BYTES)


def can_be_read_apart(event: LoggedEvent) -> bool:
    """Return whether a payload is only too long to be decoded here, and looks like JSON."""
    return too_long(event.problem) is TooLong.NOT_READ and event.form in _LOOKS


async def read_apart(event: LoggedEvent, limit: int, *, seconds: float = _SECONDS) -> Outline:
    """Return the outline of such an event's payload, with at most `limit` characters of its text.

    Never raises. Cancelled, it ends the process. This process's loop is never held for longer than it takes
    to hand over a quarter of a million characters.
    """
    if event.size > len(event.raw):
        return Outline(problem=IN_PART)
    try:
        process = await asyncio.create_subprocess_exec(
            # Not the modules of the folder that the console was started in.
            *(sys.executable, "-P", "-m", "xovac_tui.api.outline", str(limit)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            # Keys such as ctrl+c are not meant for it.
            start_new_session=True,
        )
    except OSError as why:
        return Outline(problem=f"No process could be started to decode it: {why.strerror or why}.")
    try:
        async with asyncio.timeout(seconds):
            return await _asked(process, event.raw)
    except TimeoutError:
        return Outline(problem=f"Decoding it took longer than {format_whole(seconds)}, so it was given up.")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _asked(process: Process, raw: str | bytes) -> Outline:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):
        for at in range(0, len(raw), _PIECE):
            piece = raw[at : at + _PIECE]
            process.stdin.write(piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece)
            await process.stdin.drain()
        process.stdin.close()
    said = await process.stdout.read()
    await process.wait()
    try:
        return msgspec.json.decode(said, type=Outline)
    except msgspec.DecodeError:
        return Outline(problem="It could not be decoded with the memory and time that it may take.")
