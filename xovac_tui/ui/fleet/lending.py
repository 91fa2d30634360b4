"""Lend the terminal of the fleet to a console, until that ends."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from textual.app import App, SuspendNotSupported

from xovac_tui.fleet.opening import ConsoleOpening
from xovac_tui.signals import handled
from xovac_tui.ui.terminal.lent import run_lent

_INTERRUPTS = ("SIGINT", "SIGQUIT")


async def lend(app: App[Any], opening: ConsoleOpening) -> str:
    """Run a console in the terminal of an app; return what went wrong as a clause, empty for nothing."""
    try:
        # ctrl+c is for the console, and must not end the fleet below it.
        with handled(lambda _number: None, _INTERRUPTS), app.suspend():
            return await _run(opening)
    except SuspendNotSupported:
        return "this terminal cannot be lent to another program. Open the console in another terminal."


async def _run(opening: ConsoleOpening) -> str:
    end = await run_lent(opening.command)
    if not end.started:
        return f"{opening.command[0]} {end.how}."
    if not end.how:
        return ""
    # Its last words are on the screen that the fleet covers.
    await asyncio.to_thread(_wait_for_enter)
    return f"the console {end.how}."


def _wait_for_enter() -> None:
    with contextlib.suppress(EOFError, OSError, ValueError):
        input("\nEnter goes back to the fleet. ")
