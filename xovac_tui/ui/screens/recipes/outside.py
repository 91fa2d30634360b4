"""Open a file in the user's own editor, and take the terminal back afterwards."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from textual.app import SuspendNotSupported

from xovac_tui.errors import RecipeError
from xovac_tui.signals import handled
from xovac_tui.text import clean
from xovac_tui.ui.terminal.lent import run_lent
from xovac_tui.ui.workspace import Window

_INTERRUPTS = ("SIGINT", "SIGQUIT")


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the words of `$VISUAL`, else of `$EDITOR`; raises RecipeError if neither names an editor."""
    for name in ("VISUAL", "EDITOR"):
        value = environ.get(name, "").strip()
        if not value:
            continue
        try:
            # A path on Windows is full of backslashes.
            words = shlex.split(value, posix=os.name != "nt")
        except ValueError:
            raise RecipeError(
                f'{name} is "{clean(value, 60)}", which has an unclosed quote: correct it.'
            ) from None
        if words:
            return words
    raise RecipeError(
        "Neither VISUAL nor EDITOR is set, so it is not known which editor to open. Leave the console, say "
        "which, for instance export EDITOR=nano, and start it again."
    )


async def edit_outside(window: Window, command: list[str], path: Path) -> str:
    """Lend the terminal to an editor until it ends; return an error as a sentence, empty without one.

    The station goes on meanwhile: link, record and model run on the same loop, which is not blocked.
    """
    try:
        # ctrl+c must reach the editor and not end the console. Handled instead of ignored: an ignored signal
        # would be ignored in the editor, too.
        with window.suspend(), handled(lambda _number: None, _INTERRUPTS):
            # Textual takes the terminal back only if nothing is raised here.
            return await _run(command, path)
    except SuspendNotSupported:
        return "This terminal cannot be lent to another program, so no editor was opened."


async def _run(command: list[str], path: Path) -> str:
    name, end = clean(command[0], 60), await run_lent([*command, str(path)])
    if not end.started:
        return f"The editor {name} {end.how}. Check VISUAL and EDITOR."
    return f"The editor {name} {end.how}; the file is read as it is now." if end.how else ""
