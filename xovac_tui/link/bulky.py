"""Packets that are too long to be read at once: taken piece by piece, so that keys still work meanwhile."""

from __future__ import annotations

import asyncio
import base64
import codecs
import json
import re
from collections.abc import AsyncIterator

from xovac_tui.api.wire import Wire, string_of

PIECE = 1_000_000
"""Bytes that are worked on before other tasks get a turn: some milliseconds."""
_HEAD = 4_096
"""Bytes in which the name of an event must end."""
CUT_WITHIN = 4_096
"""Characters before the end of a piece in which it may be cut."""
_NAME = re.compile(r'\[\s*"((?:[^"\\]|\\.){0,2000})"\s*([,\]])\s*', re.DOTALL)
_BETWEEN = re.compile(r"(?<!\\)(?=\\[^u\\])|[^\\]{13}")
"""Where a JSON string may be cut: before an escape, or behind what is surely no part of one."""


async def text_of(data: bytes) -> str:
    """Return bytes as text; what is not UTF-8 becomes U+FFFD."""
    return "".join([piece async for piece in _pieces(data, 0, len(data))])


async def bytes_of(data: bytes) -> bytes:
    """Return the bytes of base64 text. Raises ValueError where it is not base64."""
    parts = []
    for at in range(0, len(data), PIECE):
        parts.append(base64.b64decode(data[at : at + PIECE]))
        await asyncio.sleep(0)
    return b"".join(parts)


async def event_of(data: bytes, opening: re.Pattern[str]) -> tuple[str, str, str] | None:
    """Return number, name and argument of the event that a packet is; None where it is none.

    `opening` matches up to the bracket of its array, and its group is the number of the receipt that the
    server wants, or empty. The argument is a text where there is exactly one string; everything else is
    as it is written (`Wire`), several arguments as one.
    """
    head = data[:_HEAD].decode("utf-8", "surrogateescape")
    begin = opening.match(head)
    name = None if begin is None else _NAME.match(head, begin.end() - 1)
    tail = data[-_HEAD:].rstrip()
    if begin is None or name is None or not tail.endswith(b"]"):
        return None
    start = len(head[: name.end()].encode("utf-8", "surrogateescape"))
    end = max(start, len(data) - len(data[-_HEAD:]) + len(tail[:-1].rstrip()))
    found: str | None = None
    if data[start : start + 1] == b'"' == data[end - 1 : end] and end - start > 1:
        found = await _unescaped(data, start + 1, end - 1)
    if found is None:
        found = Wire("".join([piece async for piece in _pieces(data, start, end)]))
    text = string_of(f'"{name[1]}"').encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return begin[1], text, found


async def _pieces(data: bytes, start: int, end: int) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for at in range(start, end, PIECE):
        yield decoder.decode(data[at : min(end, at + PIECE)], at + PIECE >= end)
        await asyncio.sleep(0)


async def _unescaped(data: bytes, start: int, end: int) -> str | None:
    """Return the text of a JSON string without its quotation marks; None where it is not exactly one."""
    parts, left = [], ""
    try:
        async for piece in _pieces(data, start, end):
            left += piece
            cut = _BETWEEN.search(left, max(0, len(left) - CUT_WITHIN))
            if cut is not None:
                parts.append(json.loads(f'"{left[: cut.end()]}"', strict=False))
                left = left[cut.end() :]
        parts.append(json.loads(f'"{left}"', strict=False))
    except ValueError:
        return None
    return "".join(parts)
