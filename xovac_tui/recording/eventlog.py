"""The record in memory: the newest events, packed, so that tens of thousands fit in a few megabytes."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import msgspec

from xovac_tui.api.event import Direction, Event, EventKind, Form, Payload
from xovac_tui.api.payload import arguments_of, decode, one_line, without_offset
from xovac_tui.text import writable

_BLOCK = 256
_BLOCK_TEXT = 1_000_000
"""Characters after which a block is packed even if it holds few events: a reader unpacks whole blocks."""
KEPT_TEXT = 64_000
"""Characters of one payload that are kept; the longest ones are cut, and say so."""
_KEPT_NAME = 200
"""Characters of an event's name that are kept."""
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
    kind: EventKind
    name: str
    form: Form
    raw: Any
    """Text or bytes."""
    problem: str
    size: int
    """Characters (or bytes) that came; more than `raw` holds when it was cut."""

    @classmethod
    def of(cls, event: Event, index: int, longest: int) -> LoggedEvent:
        """Return an event as it is kept, with so many characters (or bytes) of its payload at the most."""
        payload = event.payload
        raw = payload.raw if len(payload.raw) <= longest else payload.raw[:longest]
        return cls(
            index,
            event.utc,
            event.mono,
            event.direction,
            event.kind,
            event.name,
            payload.form,
            raw,
            payload.problem,
            payload.size,
        )

    def payload(self) -> Payload:
        """Return the payload for a reader, decoded again from what is kept."""
        if self.form in (Form.ARGUMENTS, Form.OFFSET):
            # Text among several arguments is worth reading, though nothing could be decoded from it.
            return Payload(self.form, decode(self.raw).value, self.raw, self.problem)
        return payload_of(self.form, self.raw, self.problem)

    def line(self, limit: int = 200) -> str:
        """Return the payload as one clean line."""
        return one_line(Payload(self.form, None, self.raw), limit)


def payload_of(form: Form, raw: Any, problem: str = "") -> Payload:
    """Return a payload as it was when it came, from its form and the text or bytes that were kept of it."""
    if form is Form.NOTHING:
        return Payload(form, None, "")
    if form is Form.ARGUMENTS and isinstance(raw, str):
        return Payload(form, arguments_of(raw), raw, problem)
    if form is Form.OFFSET and isinstance(raw, str):
        values = arguments_of(raw)
        return Payload(form, without_offset(values) if len(values) > 1 else None, raw, problem)
    return Payload(form, decode(raw).value, raw, problem)


class _Block(msgspec.Struct):
    first: int
    packed: bytes
    count: int

    def events(self) -> list[LoggedEvent]:
        """Return its events; what was packed before the log was moved has older indices in it."""
        events = _decode(zlib.decompress(self.packed))
        by = self.first - events[0].index
        return [_moved(event, by) for event in events] if by else events


def _moved(event: LoggedEvent, by: int) -> LoggedEvent:
    return msgspec.structs.replace(event, index=event.index + by)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[LoggedEvent]).decode


class EventLog:
    """The newest `keep` events, in order; older ones are dropped and counted."""

    def __init__(self, keep: int = 50_000, *, max_bytes: int = _MAX_BYTES) -> None:
        self.keep = max(1, keep)
        """How many of the newest events are kept; fewer where they are so big that memory must be saved."""
        self._max_bytes = max_bytes
        self._blocks: deque[_Block] = deque()
        self._open: list[LoggedEvent] = []
        self._open_text = 0
        self._bytes = 0
        self._cache: OrderedDict[int, list[LoggedEvent]] = OrderedDict()
        self.total = 0
        """Index that the next event gets."""
        self.first_utc: float | None = None
        """When the first event of all came, UTC seconds; None before that."""

    def move(self, by: int) -> None:
        """Add to the index of every event, of those to come as well; the log may be empty."""
        if by:
            self._blocks = deque(_Block(one.first + by, one.packed, one.count) for one in self._blocks)
            self._open = [_moved(event, by) for event in self._open]
            self._cache.clear()
            self.total += by

    @property
    def dropped(self) -> int:
        """How many of the oldest events are no longer kept."""
        return self.first

    @property
    def first(self) -> int:
        """Index of the oldest event that is kept."""
        oldest = self._blocks[0].first if self._blocks else self.total - len(self._open)
        return max(oldest, self.total - self.keep)

    def __len__(self) -> int:
        return self.total - self.first

    def append(self, event: Event) -> None:
        """Keep one more event."""
        if self.first_utc is None:
            self.first_utc = event.utc
        kept = LoggedEvent.of(event, self.total, KEPT_TEXT)
        if len(kept.name) > _KEPT_NAME:
            kept = msgspec.structs.replace(kept, name=kept.name[:_KEPT_NAME])
        self._open.append(kept)
        self.total += 1
        self._open_text += len(kept.raw)
        if len(self._open) >= _BLOCK or self._open_text >= _BLOCK_TEXT:
            self._pack()

    def get(self, index: int) -> LoggedEvent | None:
        """Return the event with this index, or None when it is dropped or has not come yet."""
        if not self.first <= index < self.total:
            return None
        open_first = self.total - len(self._open)
        if index >= open_first:
            return self._open[index - open_first]
        block = self._blocks[bisect_right(self._blocks, index, key=lambda block: block.first) - 1]
        return self._unpack(block)[index - block.first]

    def scan(self, start: int = 0) -> Iterator[LoggedEvent]:
        """Return the events kept at this moment from index `start` on, oldest first.

        What comes later is not among them, and what is dropped meanwhile still is: any thread may read it.
        """
        start = max(start, self.first)
        blocks = [block for block in self._blocks if block.first + block.count > start]
        return _read(blocks, list(self._open), start)

    def _pack(self) -> None:
        try:
            encoded = _encode(self._open)
        except UnicodeEncodeError:
            # Half a character pair is no UTF-8; its escape can be kept and read.
            encoded = _encode([without_surrogates(event) for event in self._open])
        packed = zlib.compress(encoded, 1)
        self._blocks.append(_Block(self._open[0].index, packed, len(self._open)))
        self._bytes += len(packed)
        self._open = []
        self._open_text = 0
        while len(self._blocks) > 1 and (
            self._blocks[1].first <= self.total - self.keep or self._bytes > self._max_bytes
        ):
            gone = self._blocks.popleft()
            self._bytes -= len(gone.packed)
            self._cache.pop(gone.first, None)

    def _unpack(self, block: _Block) -> list[LoggedEvent]:
        events = self._cache.get(block.first)
        if events is None:
            events = self._cache[block.first] = block.events()
            if len(self._cache) > _UNPACKED:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(block.first)
        return events


def _read(blocks: list[_Block], newest: list[LoggedEvent], start: int) -> Iterator[LoggedEvent]:
    for block in blocks:
        for event in block.events():
            if event.index >= start:
                yield event
    for event in newest:
        if event.index >= start:
            yield event


def without_surrogates(event: LoggedEvent) -> LoggedEvent:
    """Return the event with half character pairs, which are no UTF-8, as their escapes."""
    raw = event.raw
    if isinstance(raw, str):
        raw = writable(raw)
    name, problem = writable(event.name), writable(event.problem)
    return msgspec.structs.replace(event, raw=raw, name=name, problem=problem)
