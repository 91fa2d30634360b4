"""The JSON text of a socket.io event, taken apart without decoding it: what is recorded is what was sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode
_scan = json.JSONDecoder(strict=False).raw_decode
_SPACE = " \t\r\n"
_PLACEHOLDER = re.compile(
    r'\{\s*(?:"_placeholder"\s*:\s*true\s*,\s*"num"\s*:\s*([0-9]{1,6})'
    r'|"num"\s*:\s*([0-9]{1,6})\s*,\s*"_placeholder"\s*:\s*true)\s*\}'
)
"""The placeholder of a binary attachment. Within a JSON string its quotation marks would be escaped."""


class Wire(str):
    """JSON text of one argument, character for character as it crossed the wire."""


class Offset(Wire):
    """The argument that a server with connection state recovery appends to an event: its own offset."""


_LONGEST_OFFSET = 64
"""Characters of the longest offset: the servers' own have 7 to 36."""


def offset_of(argument: Any) -> Offset | None:
    """Return the last argument of an event as the server's offset, None where it is the event's own.

    Offsets are short texts that are no JSON, as those of socket.io's adapters are (yeast, Redis stream ids,
    object ids); a message's own text is JSON as a rule.
    """
    if not isinstance(argument, Wire) or not argument.startswith('"'):
        return None
    text = string_of(argument)
    if not 0 < len(text) <= _LONGEST_OFFSET:
        return None
    try:
        value_of(text)
    except ValueError:
        return Offset(argument)
    return None


def as_sent(arguments: Sequence[Any]) -> tuple[Any, ...]:
    """Return arguments as they cross the wire: a single text itself, anything else as its JSON text."""
    if len(arguments) == 1 and isinstance(arguments[0], str):
        return tuple(arguments)
    return tuple(Wire(json.dumps(one, separators=(",", ":"))) for one in arguments)


def split(text: str) -> Sequence[str]:
    """Return the members of a JSON array as they are written; ValueError where it is none.

    A name and one text, which is what the device's manual shows, come as these texts themselves.
    """
    try:
        if text.startswith('","', text.find('"', 2)):
            pair = _decode(text)
            if len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
                return pair  # type: ignore[no-any-return]
        return [Wire(bytes(raw), "utf-8") for raw in _split(text)]
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _split_slowly(text)


def _split_slowly(text: str) -> list[Wire]:
    """Do the same with the standard library, which also reads the NaN and Infinity of Python servers."""
    found: list[Wire] = []
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError("it is not a JSON array")
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return _ended(text, at, found)
    while True:
        try:
            _, end = _scan(text, at)
        except RecursionError:
            raise ValueError("it is nested too deep to be read") from None
        found.append(Wire(text[at:end]))
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return _ended(text, at, found)
        if text[at : at + 1] != ",":
            raise ValueError(f"its JSON is not whole at character {at}")
        at = _skip(text, at + 1)


def _ended(text: str, at: int, found: list[Wire]) -> list[Wire]:
    if _skip(text, at + 1) != len(text):
        raise ValueError(f"something follows its JSON at character {at + 1}")
    return found


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at


def value_of(text: str) -> Any:
    """Return the value of a JSON text; ValueError where it is none."""
    try:
        # The decoder takes no subclass of text.
        return _decode(str(text))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep to be read") from None


def string_of(text: str) -> str:
    """Return the text of a JSON string; what is none stays as it is."""
    try:
        return str(value_of(text))
    except ValueError:
        return text


def with_attachments(argument: str, attachments: Sequence[bytes]) -> str | bytes:
    """Return an argument with what its placeholders mean: the bytes themselves, or base64 within JSON."""
    if not isinstance(argument, Wire):
        return argument
    whole = _PLACEHOLDER.fullmatch(argument)
    if whole is not None:
        return bytes(attachments[int(whole[1] or whole[2])])

    def filled(found: re.Match[str]) -> str:
        data = base64.b64encode(attachments[int(found[1] or found[2])]).decode("ascii")
        return f'{{"base64":"{data}"}}'

    return Wire(_PLACEHOLDER.sub(filled, argument))


class PacketJson:
    """What socket.io uses for the JSON of its packets: arrays stay text, so that they are kept exactly."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str) -> Any:
        """Return the members of an array as `Wire`; anything else (of the protocol) decoded."""
        if text.lstrip(_SPACE).startswith("["):
            return split(text)
        return json.loads(text)
