"""The payload codec: reads whatever arrives without ever raising, and keeps what came."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from xovac_tui.api.event import Form, Payload
from xovac_tui.api.text import clean, clean_bytes, writable

_decode = msgspec.json.Decoder().decode
_MAX_DEPTH = 100
_MAX_LEAVES = 5_000


def decode_arguments(*arguments: Any) -> Payload:
    """Return the payload of one socket.io event. Never raises; what is wrong is said in `problem`."""
    if not arguments:
        return Payload(Form.NOTHING, None, "")
    if len(arguments) == 1:
        return decode(arguments[0])
    parts = [decode(argument) for argument in arguments]
    problem = next((part.problem for part in parts if part.problem), "")
    return Payload(Form.ARGUMENTS, [part.value for part in parts], _dump(list(arguments)), problem)


def decode(argument: Any) -> Payload:
    """Return the payload that a single argument makes."""
    if isinstance(argument, str):
        if not argument:
            return Payload(Form.EMPTY, None, "")
        value, problem = _parse(argument)
        return Payload(Form.TEXT if problem else Form.JSON, value, argument, problem)
    if isinstance(argument, bytes | bytearray | memoryview):
        return _decode_bytes(bytes(argument))
    raw = _dump(argument)
    if not raw:
        return Payload(Form.OBJECT, None, "", "The object is nested too deep to be read.")
    return Payload(Form.OBJECT, argument, raw)


def _decode_bytes(data: bytes) -> Payload:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Payload(Form.BYTES, None, data, "The bytes are not UTF-8 text.")
    if not text:
        return Payload(Form.BYTES, None, data)
    value, problem = _parse(text)
    return Payload(Form.BYTES, value, data, problem)


def _parse(text: str) -> tuple[Any, str]:
    """Return the JSON value and no problem, or None and the problem."""
    try:
        return _decode(text), ""
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    # The standard library also reads NaN and Infinity, which Python servers write.
    try:
        return json.loads(text), ""
    except RecursionError:
        return None, "The text is JSON nested too deep to be read."
    except ValueError as why:
        return None, f"The text is not JSON: {why}."


def _dump(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_strange)
    except (RecursionError, ValueError, TypeError):
        return ""


def _strange(value: Any) -> str:
    return clean_bytes(value, 200) if isinstance(value, bytes) else clean(repr(value), 200)


def one_line(payload: Payload, limit: int = 200) -> str:
    """Return what came as one clean line of at most `limit` characters."""
    if isinstance(payload.raw, bytes):
        return clean_bytes(payload.raw, limit)
    if payload.form is Form.EMPTY:
        return "''"
    return clean(payload.raw, limit)


def pretty(payload: Payload, limit: int = 1_000_000) -> str:
    """Return the payload as indented JSON where it is JSON, else as it came; not yet cleaned."""
    if payload.value is not None and len(payload.raw) <= limit:
        try:
            return json.dumps(payload.value, ensure_ascii=False, indent=2, default=_strange)
        except (RecursionError, ValueError, TypeError):
            pass
    return clean_bytes(payload.raw, limit) if isinstance(payload.raw, bytes) else payload.raw[:limit]


Leaf = float | str | bool | None
"""A number, short text, truth value or null at the end of a path."""


def leaves(value: Any) -> Iterator[tuple[str, Leaf]]:
    """Yield (dotted path, leaf) of a decoded value in document order; list items are counted from 0.

    Bounded in depth and number; deeper or further ones are left to the Log.
    """
    left = _MAX_LEAVES
    stack: list[tuple[str, Any, int]] = [("", value, 0)]
    while stack and left:
        path, item, depth = stack.pop()
        if isinstance(item, dict):
            if depth < _MAX_DEPTH:
                # Reversed, because the stack gives them back in reverse.
                stack.extend(
                    (f"{path}.{key}" if path else str(key), inner, depth + 1)
                    for key, inner in reversed(tuple(islice(item.items(), left)))
                )
        elif isinstance(item, list | tuple):
            if depth < _MAX_DEPTH:
                stack.extend(
                    (f"{path}.{index}" if path else str(index), item[index], depth + 1)
                    for index in range(min(len(item), left) - 1, -1, -1)
                )
        elif item is None or isinstance(item, bool | str | float):
            left -= 1
            yield writable(path), item
        elif isinstance(item, int):
            left -= 1
            yield writable(path), _float(item)


def _float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
