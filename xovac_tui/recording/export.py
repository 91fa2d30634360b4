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


def json_line(event: LoggedEvent) -> str:
    """Return one event as a line of JSON in plain ASCII.

    `payload` is the text as it came (not decoded, since it may be no JSON at all); bytes stand in
    `payload_base64`. `size` is how much came: more than is here where the log has cut it.
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


def export_file(folder: Path, words: str, utc: float) -> Path:
    """Return a file in `folder` that does not exist yet, named by `words` and the time."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("-.")[:60] or "log"
    stamp = datetime.fromtimestamp(utc, UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{stem}-{stamp}.jsonl"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{stamp}-{number}.jsonl"
        number += 1
    return path


def save_events(events: Iterable[LoggedEvent], path: Path) -> int:
    """Write events to a new file and return how many; a file that is not whole is taken away again.

    Raises OSError where the place cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        # Payloads are nobody else's business.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
            for event in events:
                file.write(json_line(event) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return count
