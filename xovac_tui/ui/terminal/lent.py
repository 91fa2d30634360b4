"""Run another program in this terminal, which the app has lent to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from typing import NamedTuple


class LentEnd(NamedTuple):
    """How a program ended that had the terminal."""

    started: bool
    how: str = ""
    """What went wrong, as a clause: `could not be started: no such program`; empty where nothing did."""


async def run_lent(command: Sequence[str]) -> LentEnd:
    """Run a program until it ends, within `App.suspend`; it ends with the app."""
    try:
        process = await asyncio.create_subprocess_exec(*command)
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no such program"
        return LentEnd(False, f"could not be started: {reason}")
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            # The app ends: the program must not keep its terminal.
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
    return LentEnd(
        True, "" if not code else f"ended with code {code}" if code > 0 else f"ended by signal {-code}"
    )
