"""The payload codec: reads whatever arrives without ever raising, and keeps what came."""

from __future__ import annotations

import base64
import json
import math
import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from itertools import islice
from typing import Any

import msgspec

from xovac_tui.api.event import Form, Payload
from xovac_tui.api.wire import Offset, Wire, string_of
from xovac_tui.text import clean, clean_bytes, writable

_decode = msgspec.json.Decoder().decode
NOT_JSON = "The text is not JSON"
"""What is wrong with a text that was to be decoded; where, and why, follow."""
_BEGINNINGS = ("{", "[", '"')
"""What JSON begins with that is more than one word or number: a text that begins so and is none is broken."""
_LONGEST_PLAIN = 4_000
"""Characters of plain words."""
_MAX_DEPTH = 100
_MAX_LEAVES = 5_000

BULKY = 1_000_000
"""Characters (or bytes); longer payloads are never decoded, because decoding holds up the whole process."""
LONGEST = 4_000_000
"""Characters (or bytes) of one payload that are recorded; of a longer one its beginning and length are."""
_INDENTED = 100_000
"""Characters at the beginning of a payload that is not decoded which are indented all the same."""
_DEEPEST_INDENT = 20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},:]|[^\[\]{},:"\s]+', re.DOTALL)


class TooLong(Enum):
    """Why a payload that may be all right is not decoded; the values are what records hold of it."""

    NOT_READ = (
        f"The payload is longer than {BULKY:,} characters: it is recorded as it came and makes no channels."
    )
    CUT = (
        f"The payload is longer than {LONGEST:,} characters: its beginning is recorded and makes no channels."
    )


_STORED: dict[str, TooLong] = {one.value: one for one in TooLong}


def too_long(problem: str) -> TooLong | None:
    """Return how a payload is too long, by its problem, fresh or of a record; None: that is another one."""
    return _STORED.get(problem)


def decode_arguments(*arguments: Any) -> Payload:
    """Return the payload of one socket.io event. Never raises; what is wrong is said in `problem`."""
    if not arguments:
        return Payload(Form.NOTHING, None, "")
    if len(arguments) == 1:
        return decode(arguments[0])
    form = Form.OFFSET if isinstance(arguments[-1], Offset) else Form.ARGUMENTS
    parts = [decode(argument) for argument in arguments]
    # That an offset is no JSON is what it is known by.
    sent = parts[:-1] if form is Form.OFFSET else parts
    problem = next((part.problem for part in sent if part.problem), "")
    texts = [argument if isinstance(argument, Wire) else _dump(argument) for argument in arguments]
    raw = "[" + ",".join(texts) + "]" if all(texts) else ""
    if len(raw) > BULKY:
        return _bulky(form, raw)
    values = [part.value for part in parts]
    return Payload(form, without_offset(values) if form is Form.OFFSET else values, raw, problem)


def without_offset(values: list[Any]) -> Any:
    """Return what a server sent beside its offset: the value of one argument, or the list of several."""
    return values[0] if len(values) == 2 else values[:-1]


def decode(argument: Any) -> Payload:
    """Return the payload that a single argument makes."""
    if isinstance(argument, str):
        if isinstance(argument, Wire):
            return _decode_wire(argument)
        if not argument:
            return Payload(Form.EMPTY, None, "")
        if len(argument) > BULKY:
            return _bulky(_form_of(argument), argument)
        value, problem = _parse(argument)
        return Payload(Form.TEXT if problem or value is argument else Form.JSON, value, argument, problem)
    if isinstance(argument, bytes | bytearray | memoryview):
        return _decode_bytes(bytes(argument))
    raw = _dump(argument)
    if not raw:
        return Payload(Form.OBJECT, None, "", "The object is nested too deep to be read.")
    if len(raw) > BULKY:
        return _bulky(Form.OBJECT, raw)
    return Payload(Form.OBJECT, argument, raw)


def _decode_wire(text: Wire) -> Payload:
    """Return the payload of an argument of which the JSON text that crossed the wire is known."""
    if text.startswith('"'):
        return decode(string_of(text))
    raw = str(text)
    if len(raw) > BULKY:
        return _bulky(Form.OBJECT, raw)
    value, problem = _parse(raw)
    return Payload(Form.OBJECT, value, raw, problem)


def _decode_bytes(data: bytes) -> Payload:
    if len(data) > BULKY:
        return _bulky(Form.BYTES, data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Payload(Form.BYTES, None, data, "The bytes are not UTF-8 text.")
    if not text:
        return Payload(Form.BYTES, None, data)
    value, problem = _parse(text)
    return Payload(Form.BYTES, value, data, problem)


def _bulky(form: Form, raw: str | bytes) -> Payload:
    """Return a payload that is too long to be decoded."""
    return Payload(form, None, raw, (TooLong.NOT_READ if len(raw) <= LONGEST else TooLong.CUT).value)


def _form_of(text: str) -> Form:
    """Return what a text that is too long to be decoded looks like."""
    return Form.JSON if text[:100].lstrip()[:1] in ("{", "[") else Form.TEXT


def arguments_of(raw: str) -> list[Any]:
    """Return the values of several arguments from their recorded text."""
    parts = decode(raw).value
    return [_argument(part) for part in parts] if isinstance(parts, list) else []


def _argument(part: Any) -> Any:
    if isinstance(part, dict) and len(part) == 1 and isinstance(text := part.get("base64"), str):
        try:
            return decode(base64.b64decode(text, validate=True)).value
        except ValueError:
            return part
    return decode(part).value


def _parse(text: str) -> tuple[Any, str]:
    """Return the JSON value, of plain words the text itself, and no problem; or None and the problem."""
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
        plain = isinstance(why, json.JSONDecodeError) and _is_plain(text)
        return (text, "") if plain else (None, why_unread(why))


def _is_plain(text: str) -> bool:
    """Return whether a text that is not JSON is words (`STANDBY`), and neither broken JSON nor noise."""
    words = text.strip()
    return (
        0 < len(words) <= _LONGEST_PLAIN
        and not words.startswith(_BEGINNINGS)
        # Control and format characters, unassigned ones and halves of pairs are not what people read.
        and all(unicodedata.category(one)[0] != "C" or one in "\t\r\n" for one in words)
    )


def why_unread(why: ValueError) -> str:
    """Return why a text could not be decoded, as a sentence."""
    if isinstance(why, json.JSONDecodeError):
        return f"{NOT_JSON}: {why}."
    # Python reads no whole number of more than 4,300 digits, which would take too long.
    return "The text is JSON with a number of thousands of digits, which is not read."


def _dump(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_strange)
    except (RecursionError, ValueError, TypeError):
        return ""


def _strange(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return clean(repr(value), 200)


def lean(payload: Payload) -> Payload:
    """Return what a record needs of a payload: no decoded value, and no more text than is recorded."""
    raw = payload.raw
    if len(raw) <= LONGEST:
        return Payload(payload.form, None, raw, payload.problem, payload.cut_from)
    return Payload(payload.form, None, raw[:LONGEST], payload.problem, payload.size)


def one_line(payload: Payload, limit: int = 200) -> str:
    """Return what came as one clean line of at most `limit` characters."""
    if isinstance(payload.raw, bytes):
        return clean_bytes(payload.raw, limit)
    if payload.form is Form.EMPTY:
        return "''"
    return clean(payload.raw, limit)


def pretty(payload: Payload, limit: int = 1_000_000) -> str:
    """Return the payload as indented JSON where it is JSON, else as it came; not yet cleaned."""
    if payload.value is not None and payload.form is not Form.TEXT and len(payload.raw) <= limit:
        try:
            return json.dumps(payload.value, ensure_ascii=False, indent=2, default=_strange)
        except (RecursionError, ValueError, TypeError):
            pass
    if isinstance(payload.raw, bytes):
        return clean_bytes(payload.raw, limit)
    if too_long(payload.problem) and _form_of(payload.raw) is Form.JSON:
        return _indented(payload.raw[: min(limit, _INDENTED)]) + payload.raw[_INDENTED:limit]
    return payload.raw[:limit]


def _indented(text: str) -> str:
    """Return the beginning of JSON text with line ends and indents, without decoding it."""
    depth, made = 0, []
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in "]}":
            depth = max(0, depth - 1)
            made.append("\n" + "  " * min(depth, _DEEPEST_INDENT))
        made.append(token)
        if token in "[{":
            depth += 1
        if token in "[{,":
            made.append("\n" + "  " * min(depth, _DEEPEST_INDENT))
        elif token == ":":
            made.append(" ")
    return "".join(made)


Leaf = float | str | bool | None
"""A number, short text, truth value or null at the end of a path."""
_PLAIN = frozenset((float, int, str, bool, type(None)))


def leaves(value: Any) -> Iterator[tuple[str, Leaf]]:
    """Yield (dotted path, leaf) of a decoded value in document order; list items are counted from 0.

    A key that is empty or holds a dot or a quotation mark is quoted as in JSON: `{"a.b": 1}` has the path
    `"a.b"` and `{"a": {"b": 1}}` the path `a.b`. Bounded in depth and number; deeper or further ones are
    left to the Log.
    """
    left = _MAX_LEAVES
    stack: list[tuple[str, Any, int]] = [("", value, 0)]
    while stack and left:
        path, item, depth = stack.pop()
        if isinstance(item, dict):
            if depth < _MAX_DEPTH:
                before = f"{path}." if path else ""
                later: list[tuple[str, Any, int]] = []
                for key, inner in islice(item.items(), left):
                    # Names are plain nearly always.
                    at = before + (key if isinstance(key, str) and key.isidentifier() else _part(key))
                    kind = type(inner)
                    if later or kind not in _PLAIN:
                        later.append((at, inner, depth + 1))
                    else:
                        # Nearly always: it needs no turn of its own.
                        left -= 1
                        yield writable(at), _float(inner) if kind is int else inner
                # Reversed, because the stack gives them back in reverse.
                stack.extend(reversed(later))
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


def _part(key: Any) -> str:
    """Return a key as a part of a path, so that no two paths are written the same way."""
    name = str(key)
    if name and "." not in name and '"' not in name:
        return name
    return json.dumps(name, ensure_ascii=False)


def _float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
