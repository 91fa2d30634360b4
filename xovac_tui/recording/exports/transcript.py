"""A slice as JSON lines, from which it can be read again: every event as it came, and all that went with it.

The first line is the head (`"xovac": "record"`). Then come the events (`index`), with a `stretch` line
wherever the session, or the shift from monotonic to record time, becomes another one. The rest are lines of
one key that says what they hold: `link`, `ledger`, `mark`, `load`, `run`, `alarm`, `change`, `rates`.

A run that has ended always has the same transcript, as long as nothing of it is changed or deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from xovac_tui.recording.disk.kinds import KINDS, KINDS_VERSION
from xovac_tui.recording.exports.events import json_line
from xovac_tui.recording.exports.slice import RecordSlice

FORMAT = KINDS_VERSION
"""Of these lines: that of the kinds in them. A file with a higher one was written by a newer program."""


def transcript(sliced: RecordSlice) -> Iterator[str]:
    """Yield a slice as lines of JSON in plain ASCII."""
    head = {
        "xovac": "record",
        "format": FORMAT,
        "record_version": KINDS_VERSION,
        **msgspec.to_builtins(sliced.head),
    }
    yield _line(head)
    place: tuple[int, float] | None = None
    for stretch in sliced.stretches(0):
        if (stretch.session, stretch.shift) != place:
            place = stretch.session, stretch.shift
            yield _line({"stretch": {"session": stretch.session, "shift": stretch.shift}})
        yield "".join(json_line(event) + "\n" for event in stretch.block.events())
    for kind in KINDS:
        for one in sliced.of(kind):
            yield _line({kind.word: msgspec.to_builtins(one)})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value) + "\n"


def transcript_hash(sliced: RecordSlice) -> str:
    """Return the SHA-256 of a slice's transcript, hex: that of the file that an export of it makes."""
    found = hashlib.sha256()
    for text in transcript(sliced):
        found.update(text.encode("ascii"))
    return found.hexdigest()
