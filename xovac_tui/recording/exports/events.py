"""Writes events as JSON lines, exactly as they came."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.exports.newfile import new_file


def json_line(event: LoggedEvent) -> str:
    """Return one event as a line of JSON in plain ASCII.

    `payload` is the text as it came (not decoded, since it may be no JSON at all); bytes stand in
    `payload_base64`. `size` is how much came: more than is here where the log has cut it. `time` is for
    people, `utc` the same moment to the last digit.
    """
    raw = event.raw
    content = (
        {"payload": raw}
        if isinstance(raw, str)
        else {"payload_base64": base64.b64encode(bytes(raw)).decode("ascii")}
    )
    return json.dumps(
        {
            "index": event.index,
            "time": datetime.fromtimestamp(event.utc, UTC).isoformat(timespec="milliseconds"),
            "utc": event.utc,
            "mono": event.mono,
            "direction": event.direction,
            "kind": event.kind,
            "name": event.name,
            "form": event.form,
            **content,
            "size": event.size,
            "problem": event.problem,
        }
    )


def export_file(folder: Path, words: str, utc: float, ending: str = ".jsonl") -> Path:
    """Return a file in `folder` that does not exist yet, named by `words` and the time."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("-.")[:60] or "log"
    stamp = datetime.fromtimestamp(utc, UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{stem}-{stamp}{ending}"
    number = 2
    while os.path.lexists(path):
        path = folder / f"{stem}-{stamp}-{number}{ending}"
        number += 1
    return path


def save_events(events: Iterable[LoggedEvent], path: Path) -> int:
    """Write events to a new file and return how many; a file that is not whole is taken away again.

    Raises OSError where the place cannot be written.
    """
    count = 0
    with new_file(path, derived=True) as file:
        for event in events:
            file.write(json_line(event) + "\n")
            count += 1
    return count
