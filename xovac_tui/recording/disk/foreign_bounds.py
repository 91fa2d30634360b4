"""Bounds of what a record from elsewhere may make of this machine's memory, and of its times.

A few kilobytes can unpack to gigabytes, and a count in a block can be any number. Everything packed is
unpacked here, up to what a recorder can have written, and is checked before it is used.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec

from xovac_tui.recording.disk.eventgroup import EventGroup
from xovac_tui.recording.eventlog import LoggedEvent

MOST_EVENTS = 100_000
"""Events of one block; a recorder writes 512."""
MOST_INDEX = 1 << 62
"""Index of an event; a record that is written for a thousand years does not come near it."""
EARLIEST, LATEST = -1e10, 1e10
"""Seconds: any monotonic clock, and UTC from 1653 to 2286; what lies beyond no chamber has seen."""
_BINARY = (b"\xc4", b"\xc5", b"\xc6")
"""MessagePack: how bytes begin."""
_texts = msgspec.msgpack.Decoder(list[str]).decode
_items = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_text = msgspec.msgpack.Decoder(str).decode
_bytes = msgspec.msgpack.Decoder(bytes).decode
_NUMERIC = b"+-.0123456789eE\n"
_LITERALS = frozenset(["true", "false", "null"])
_FEW, _FEW_BITS = 0x90, 0x0F
"""MessagePack: an array of up to 15 items, its length in the lower bits."""
_SHORT, _LONG = 0xDC, 0xDD
"""MessagePack: arrays with a length of 2 and of 4 bytes."""


def inflate(data: bytes, most: int) -> bytes:
    """Return what zlib packed; ValueError where that is more than `most` bytes, or cut off."""
    machine = zlib.decompressobj()
    # One more, which distinguishes too many from just enough.
    plain = machine.decompress(data, most + 1)
    if len(plain) > most:
        raise ValueError(f"{len(data):,} bytes unpack to more than the {most:,} that can be in them")
    if not machine.eof:
        raise ValueError("what is packed ends too early")
    return plain


def array_length(data: msgspec.Raw) -> int:
    """Return how many items a MessagePack array has, without reading one; ValueError if it is none."""
    head = bytes(memoryview(data)[:5])
    first = head[0] if head else 0
    if first & ~_FEW_BITS == _FEW:
        return first & _FEW_BITS
    if first in (_SHORT, _LONG):
        return int.from_bytes(head[1 : 3 if first == _SHORT else 5], "big")
    raise ValueError("the packed data are not a list")


def check_first(first: int) -> None:
    """Raise ValueError where the index of a block's first event is impossible."""
    if not 0 <= first <= MOST_INDEX:
        raise ValueError("its first event has an impossible number")


def check_times(values: Sequence[float]) -> None:
    """Raise ValueError where one of some moments or clock readings, in seconds, cannot be one."""
    if len(values) and not (math.isfinite(sum(values)) and min(values) >= EARLIEST and max(values) <= LATEST):
        raise ValueError("one of its times is not a time")


def check_tail(groups: Sequence[tuple[float, Sequence[LoggedEvent]]]) -> None:
    """Raise ValueError where the newest events (with their shift to record time) were not recorded so."""
    check_times([shift for shift, _ in groups])
    for _, events in groups:
        check_times([event.utc for event in events])
        check_times([event.mono for event in events])
        first = events[0].index if events else 0
        if first < 0 or any(event.index != index for index, event in enumerate(events, first)):
            raise ValueError("an event in it has another number than comes next")
        if any(not isinstance(event.raw, str | bytes) for event in events):
            raise ValueError("one of its payloads is not text")


def payloads(data: msgspec.Raw, most: int) -> list[Any]:
    """Return the texts and bytes in a MessagePack array; ValueError where there are more than `most`."""
    if array_length(data) > most:
        raise ValueError("it has more payloads than events")
    try:
        return _texts(data)
    except msgspec.ValidationError:
        pass
    # Anything else that can be packed takes many times its bytes in memory, so it is not even unpacked.
    return [_bytes(one) if bytes(memoryview(one)[:1]) in _BINARY else _text(one) for one in _items(data)]


def check_block(
    first: int,
    count: int,
    utc: Sequence[float],
    mono: Sequence[float],
    groups: Sequence[EventGroup],
    most: int,
) -> None:
    """Raise ValueError where the parts of a block do not fit, or have more than `most` characters.

    `first` is the index of its first event, `count` how many it says there are, with their times in seconds.
    """
    if not 0 < count == len(utc) == len(mono):
        raise ValueError(f"it says that it holds {count:,} events, and has times of another number")
    check_first(first)
    check_times(utc)
    check_times(mono)
    seen: set[int] = set()
    held = text = 0
    for group in groups:
        places: Sequence[int] = range(count)
        if group.places:
            places = array("I")
            places.frombytes(group.places)
        seen.update(places)
        held += len(places)
        text += _text_of(group, len(places))
    if held != count or len(seen) != count or max(seen) >= count:
        raise ValueError("an event in it is missing, or there twice")
    if text > most:
        raise ValueError(f"its events hold more than the {most:,} characters that can be in them")


def _check_column(column: str) -> None:
    """Raise ValueError where a column holds anything but numbers and literals, or anything but texts.

    Both are printed and exported as they are: nothing else may be in their place.
    """
    if column.startswith('"'):
        if not all(len(text) > 1 and text[0] == text[-1] == '"' for text in column.split("\n")):
            raise ValueError("a value that must be text is not")
    elif (not column.isascii() or column.encode().translate(None, _NUMERIC)) and any(
        text not in _LITERALS and (not text.isascii() or text.encode().translate(None, _NUMERIC))
        for text in column.split("\n")
    ):
        raise ValueError("a value that must be a number is not")


def _text_of(group: EventGroup, count: int) -> int:
    """Return how many characters the payloads of a group have; ValueError where their number is wrong."""
    if group.parts is None:
        if len(group.raws) != count or (group.sizes and len(group.sizes) != count):
            raise ValueError("a payload in it is missing")
        return sum(map(len, group.raws))
    if len(group.parts) != len(group.columns) + 1:
        raise ValueError("a column of numbers in it is missing")
    for column in group.columns:
        if column.count("\n") != count - 1:
            raise ValueError("a number in it is missing")
        _check_column(column)
    return sum(map(len, group.parts)) * count + sum(map(len, group.columns))
