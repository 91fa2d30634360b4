"""What a payload holds that is too long for this process to decode: said by a process that does nothing else.

`python -m xovac_tui.api.outline LIMIT` reads a payload from its standard input and writes the outline as one
line of JSON. Decoding holds the interpreter, so the console never does it itself.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import msgspec

from xovac_tui.api.payload import why_unread
from xovac_tui.plural import counted
from xovac_tui.text import clean, writable

with contextlib.suppress(ImportError):  # not there on Windows
    import resource

_KEYS = 6
"""Keys of the outermost object that are named."""
_MEMORY = 2_000_000_000
"""Bytes of memory for one payload of at most four million characters."""
_CPU = 30
"""Seconds of a processor for it."""


class Outline(msgspec.Struct, frozen=True):
    """What a payload is, and its beginning as a person reads it."""

    about: str = ""
    """What it is and holds, as a phrase; empty where it is not JSON."""
    text: str = ""
    """Indented JSON, at most as long as was asked for."""
    problem: str = ""
    """Why it could not be decoded, as a sentence; empty when all is well."""


def outline(text: str, limit: int) -> Outline:
    """Decode a payload whole and return its outline with at most `limit` characters of text. Never raises."""
    try:
        value = json.loads(text)
    except RecursionError:
        return Outline(problem="The text is JSON nested too deep to be read.")
    except ValueError as why:
        return Outline(problem=clean(why_unread(why), 240))
    except MemoryError:
        return Outline(problem="There is not enough memory to decode it.")
    return Outline(about=_about(value), text=_beginning(value, limit))


def _about(value: Any) -> str:
    held = counted(_count(value), "value")
    if isinstance(value, dict):
        names = [clean(key, 40) for key, _ in zip(value, range(_KEYS), strict=False)]
        more = f" and {len(value) - len(names):,} more" if len(value) > len(names) else ""
        are = "key is" if len(value) == 1 else "keys are"
        return f"an object with {held}; its {are} {', '.join(names)}{more}" if names else "an empty object"
    if isinstance(value, list):
        return f"a list of {counted(len(value), 'item')} with {held}"
    return "a text" if isinstance(value, str) else "one value"


def _count(value: Any) -> int:
    """Return how many values are at the ends of all paths, without a recursion."""
    found, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        else:
            found += 1
    return found


def _beginning(value: Any, limit: int) -> str:
    parts: list[str] = []
    left = limit
    try:
        for part in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
            parts.append(part[:left])
            left -= len(part)
            if left <= 0:
                break
    except RecursionError:
        return ""
    return writable("".join(parts))


def main() -> None:
    """Do what this module's description says."""
    _bound()
    data = sys.stdin.buffer.read()
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        found = Outline(problem="The bytes are not UTF-8 text.")
    else:
        found = outline(text, int(sys.argv[1]))
    # The text of a device may hold half of a surrogate pair, which no UTF-8 can carry.
    sys.stdout.buffer.write(json.dumps(msgspec.to_builtins(found)).encode("ascii"))


def _bound() -> None:
    """Let a payload that is made to grow take no more than it may."""
    with contextlib.suppress(NameError, OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU))


if __name__ == "__main__":
    main()
