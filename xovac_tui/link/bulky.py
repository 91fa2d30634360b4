"""Packets that are too long to be read at once: taken piece by piece, so that keys are heard meanwhile."""

from __future__ import annotations

import asyncio
import base64
import codecs
import json
import re

from xovac_tui.api.wire import Wire, string_of

PIECE = 1_000_000
"""Characters or bytes that are worked on before other tasks get a turn: some milliseconds."""
_NAME = re.compile(r'\[\s*"((?:[^"\\]|\\.){0,2000})"\s*([,\]])\s*', re.DOTALL)
_BETWEEN = re.compile(r"(?<!\\)\\(?![u\\])|[^\\]{13}")
"""Where a JSON string may be cut: before an escape, or behind what is surely no part of one."""


async def text_of(data: str | bytes) -> str:
    """Return text, or bytes as text; what is not UTF-8 becomes U+FFFD."""
    if isinstance(data, str):
        return data
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    parts = []
    for at in range(0, len(data), PIECE):
        parts.append(decoder.decode(data[at : at + PIECE], at + PIECE >= len(data)))
        await asyncio.sleep(0)
    return "".join(parts)


async def bytes_of(data: bytes) -> bytes:
    """Return what base64 stands for; ValueError where it is none."""
    parts = []
    for at in range(0, len(data), PIECE):
        parts.append(base64.b64decode(data[at : at + PIECE]))
        await asyncio.sleep(0)
    return b"".join(parts)


async def event_of(text: str, at: int) -> tuple[str, str] | None:
    """Return name and argument of an event whose array begins at this place of a packet; None if it is none.

    The argument is a text where the packet has exactly one string; everything else stays as it is written
    (`Wire`), several arguments as one.
    """
    name = _NAME.match(text, at)
    end = len(text.rstrip()) if len(text[-9:].strip()) else 0
    if name is None or text[end - 1 : end] != "]":
        return None
    argument = text[name.end() : end - 1] if name[2] == "," else ""
    await asyncio.sleep(0)
    found = await _unescaped(argument) if argument.startswith('"') and argument.endswith('"') else None
    return string_of(f'"{name[1]}"'), Wire(argument) if found is None else found


async def _unescaped(literal: str) -> str | None:
    """Return the text of a JSON string; None where it is not exactly one."""
    parts, at, last = [], 1, len(literal) - 1
    while at < last:
        cut = _BETWEEN.search(literal, at + PIECE, last) if at + PIECE < last else None
        end = last if cut is None else cut.start() if literal[cut.start()] == "\\" else cut.end()
        try:
            parts.append(json.loads(f'"{literal[at:end]}"', strict=False))
        except ValueError:
            return None
        at = end
        await asyncio.sleep(0)
    return "".join(parts)
