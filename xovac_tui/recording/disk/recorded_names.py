"""Names of runs, sessions and channels of a record, to complete a word: nothing of its events is read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from xovac_tui.recording.disk.files import connect

_NEWEST = 200
"""Runs and sessions that are named at most."""
_WAIT = 0.2
"""Seconds to wait for a lock of the writer."""


def recorded_names(record: Path) -> Iterator[tuple[str, str]]:
    """Yield the runs (`r12`) and the recorders' sessions (`s3`), the newest first, each with what it was.

    Nothing for what cannot be read.
    """
    for run, name, started, result in _rows(
        record, f"SELECT id, name, started, result FROM runs ORDER BY id DESC LIMIT {_NEWEST}"
    ):
        yield f"r{run}", f"{_when(started)} {name} {result}".strip()
    for (session,) in _rows(
        record, f"SELECT id FROM sessions WHERE recording ORDER BY id DESC LIMIT {_NEWEST}"
    ):
        yield f"s{session}", "session"


def recorded_channels(record: Path) -> Iterator[tuple[str, str]]:
    """Yield the full names of the channels, each with its label; nothing for what cannot be read."""
    for name, label in _rows(record, "SELECT name, label FROM channels ORDER BY id"):
        yield str(name), str(label or "")


def _rows(record: Path, query: str) -> list[tuple[Any, ...]]:
    with (
        contextlib.suppress(sqlite3.Error, OSError),
        closing(connect(record, mode="ro", timeout=_WAIT)) as opened,
    ):
        return opened.execute(query).fetchall()
    return []


def _when(utc: Any) -> str:
    try:
        return datetime.fromtimestamp(float(utc)).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError, TypeError):
        return ""
