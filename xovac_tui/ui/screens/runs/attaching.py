"""Attach a file to a recorded run: ask for its path and caption, and copy it into the record."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from pathlib import Path

from xovac_tui import __version__
from xovac_tui.errors import XovacError
from xovac_tui.recording.attachments import File, attach, read_file
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.station.live import this_user
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.ask_path import PathDialog
from xovac_tui.ui.workspace import Workspace

_WORDS = "Path of a picture (PNG, JPEG, GIF, WebP), PDF, plain text or CSV file of at most 20 MB:"
_CAPTION = "Caption, shown with it on Runs and in the report; it may be empty:"


async def attach_to_run(workspace: Workspace, record: Path, run: int) -> bool:
    """Ask for a file and attach it to a run; return whether that was done. Call it from a worker."""
    asked = await _ask(workspace, run)
    if asked is None:
        return False
    (file, caption), station = asked, workspace.station
    session = Session(
        pid=os.getpid(),
        host=socket.gethostname(),
        who=this_user(),
        program=f"xovac-tui {__version__}",
        profile=station.name,
        url="",
    )
    utc, mono = station.clock.utc(), station.clock.mono()
    try:
        await asyncio.to_thread(attach, record, session, run, (file,), caption=caption, utc=utc, mono=mono)
    except (XovacError, sqlite3.Error, OSError) as error:
        workspace.say(f"Nothing was attached: {str(error).rstrip('.')}.", "error")
        return False
    workspace.say(f"{workspace.glyphs.shown(file.name, 80)} is attached to r{run}.")
    return True


async def _ask(workspace: Workspace, run: int) -> tuple[File, str] | None:
    """Return a file and its caption as typed; None: the question was left. From the caption esc goes back."""
    path, caption, problem = "", "", ""
    title = f"Attach to r{run}"
    while True:
        answer = await workspace.ask(PathDialog(workspace, title, _WORDS, path, problem=problem))
        if not answer:
            return None
        path, problem = answer, ""
        try:
            file = await asyncio.to_thread(_read_typed, path)
        except XovacError as error:
            problem = str(error)
            continue
        name = workspace.glyphs.shown(file.name, 80)
        typed = await workspace.ask(AskDialog(workspace, f"{title}: {name}", _CAPTION, caption))
        if typed is not None:
            return file, typed


def _read_typed(typed: str) -> File:
    """Return a file by its path as typed; `~` is the user's folder."""
    return read_file(Path(os.path.expanduser(typed)))
