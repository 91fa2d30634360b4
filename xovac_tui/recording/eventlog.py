"""The record in memory: the newest events, packed, so that tens of thousands fit in a few megabytes."""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import msgspec

from xovac_tui.api.event import Direction, Event, Form, Kind, Payload
from xovac_tui.api.payload import decode, one_line

_BLOCK = 256
_KEPT_TEXT = 64_000
"""Characters of one payload that are kept; the longest ones are cut, and say so."""
_UNPACKED = 8
"""Blocks held unpacked, for a reader that scrolls."""
_MAX_BYTES = 48_000_000


class LoggedEvent(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One event as the log keeps it: what came, without the decoded value."""

    index: int
    """Number of the event since the start, from 0."""
    utc: float
    mono: float
    direction: Direction
    kind: Kind
    name: str
    form: Form
    raw: Any
    """Text or bytes."""
    problem: str
    size: int
    """Characters (or bytes) that came; more than `raw` holds when it was cut."""

    def payload(self) -> Payload:
        """Return the payload, decoded again from what is kept."""
        if self.form in (Form.OBJECT, Form.ARGUMENTS):
            again = decode(self.raw) if isinstance(self.raw, str) else Payload(self.form, None, self.raw)
            return Payload(self.form, again.value, self.raw, self.problem)
        if self.form is Form.NOTHING:
            return Payload(self.form, None, "")
        return Payload(self.form, decode(self.raw).value, self.raw, self.problem)

    def line(self, limit: int = 200) -> str:
        """Return the payload as one clean line."""
        return one_line(Payload(self.form, None, self.raw), limit)


class _Block(msgspec.Struct):
    first: int
    packed: bytes
    count: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[LoggedEvent]).decode


class EventLog:
    """The newest `keep` events, in order; older ones are dropped and counted."""

    def __init__(self, keep: int = 50_000) -> None:
        self._keep = max(_BLOCK, keep)
        self._blocks: deque[_Block] = deque()
        self._open: list[LoggedEvent] = []
        self._bytes = 0
        self._cache: OrderedDict[int, list[LoggedEvent]] = OrderedDict()
        self.total = 0
        """Events since the start, kept or not."""

    @property
    def dropped(self) -> int:
        """How many of the oldest events are no longer kept."""
        return self.first

    @property
    def first(self) -> int:
        """Index of the oldest event that is kept."""
        if self._blocks:
            return self._blocks[0].first
        return self.total - len(self._open)

    def __len__(self) -> int:
        return self.total - self.first

    def append(self, event: Event) -> None:
        """Keep one more event."""
        raw = event.payload.raw
        self._open.append(
            LoggedEvent(
                self.total,
                event.utc,
                event.mono,
                event.direction,
                event.kind,
                event.name if len(event.name) <= 200 else event.name[:200],
                event.payload.form,
                raw if len(raw) <= _KEPT_TEXT else raw[:_KEPT_TEXT],
                event.payload.problem,
                len(raw),
            )
        )
        self.total += 1
        if len(self._open) >= _BLOCK:
            self._pack()

    def get(self, index: int) -> LoggedEvent | None:
        """Return the event with this index, or None when it is dropped or has not come yet."""
        if not self.first <= index < self.total:
            return None
        open_first = self.total - len(self._open)
        if index >= open_first:
            return self._open[index - open_first]
        block = self._blocks[(index - self._blocks[0].first) // _BLOCK]
        return self._unpack(block)[index - block.first]

    def scan(self, start: int = 0) -> Iterator[LoggedEvent]:
        """Yield the kept events from index `start` on, oldest first."""
        for block in list(self._blocks):
            if block.first + block.count > start:
                for event in _decode(zlib.decompress(block.packed)):
                    if event.index >= start:
                        yield event
        for event in list(self._open):
            if event.index >= start:
                yield event

    def _pack(self) -> None:
        try:
            encoded = _encode(self._open)
        except UnicodeEncodeError:
            # Half a character pair is no UTF-8; its escape can be kept and read.
            encoded = _encode([_without_surrogates(event) for event in self._open])
        packed = zlib.compress(encoded, 1)
        self._blocks.append(_Block(self._open[0].index, packed, len(self._open)))
        self._bytes += len(packed)
        self._open = []
        while len(self._blocks) > 1 and (len(self) - _BLOCK >= self._keep or self._bytes > _MAX_BYTES):
            gone = self._blocks.popleft()
            self._bytes -= len(gone.packed)
            self._cache.pop(gone.first, None)

    def _unpack(self, block: _Block) -> list[LoggedEvent]:
        events = self._cache.get(block.first)
        if events is None:
            events = self._cache[block.first] = _decode(zlib.decompress(block.packed))
            if len(self._cache) > _UNPACKED:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(block.first)
        return events


def _without_surrogates(event: LoggedEvent) -> LoggedEvent:
    raw = event.raw
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "backslashreplace").decode()
    name = event.name.encode("utf-8", "backslashreplace").decode()
    problem = event.problem.encode("utf-8", "backslashreplace").decode()
    return msgspec.structs.replace(event, raw=raw, name=name, problem=problem)
