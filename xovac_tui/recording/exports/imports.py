"""Reads an exported transcript back as a slice, checked line by line."""

from __future__ import annotations

import base64
import codecs
import contextlib
import json
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from xovac_tui.api.event import Direction, EventKind, Form
from xovac_tui.clock import FASTEST
from xovac_tui.recording.disk.axis import EvenAxis, Piece
from xovac_tui.recording.disk.codec import Block, block_of, recordable
from xovac_tui.recording.disk.foreign_bounds import check_times
from xovac_tui.recording.disk.kinds import KINDS, RecordedSession
from xovac_tui.recording.disk.record import RecordedChannel, Stretch
from xovac_tui.recording.disk.schema import NOT_UNPACKED, NewerRecordError, RecordError
from xovac_tui.recording.disk.table import Recorded, later_of
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.exports.slice import RecordSlice, SliceHead
from xovac_tui.recording.exports.transcript import FORMAT
from xovac_tui.recording.log import Passes
from xovac_tui.text import clean

_BLOCK = 512
"""Events that are packed together."""
_BLOCK_TEXT = 2_000_000
"""Characters after which they are, even if they are fewer."""
LONGEST_LINE = 64_000_000
"""Bytes of one line; the longest payload that is recorded makes far fewer."""
NOT_JSON = "it is not JSON"
"""What is wrong with a line that cannot be decoded."""
_MOST_INDEX = 1 << 60
T = TypeVar("T", bound=Recorded)
_KINDS = {kind.word: kind for kind in KINDS if kind.word}
"""Key of a line -> kind of what it holds."""


class _Place(msgspec.Struct, frozen=True):
    """Whose events follow, and how their monotonic time becomes record time."""

    session: int
    shift: float


class _Line(msgspec.Struct, frozen=True):
    """One event as `json_line` writes it."""

    index: Annotated[int, msgspec.Meta(ge=0, le=_MOST_INDEX)]
    utc: float
    mono: float
    direction: Direction
    kind: EventKind
    name: str
    form: Form
    size: Annotated[int, msgspec.Meta(ge=0, le=_MOST_INDEX)]
    problem: str
    payload: str | None = None
    payload_base64: str | None = None


def read_transcript(path: Path) -> RecordSlice:
    """Return the slice that an exported file holds; RecordError names the line that is wrong."""
    try:
        with path.open("rb") as file:
            return _Reading(path).read(iter(lambda: file.readline(LONGEST_LINE + 1), b""))
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror or error}.") from error


def not_exported(path: Path) -> str:
    """Return what is reported of a file that is none of an exported record."""
    return (
        f"{path} is not an exported record: its first line does not say so. Export one with "
        "`xovac-tui export RUN --format jsonl` (without --channels)."
    )


class _Reading:
    """One file while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._place: _Place | None = None
        self._sessions: frozenset[int] = frozenset()
        self._newest = -1
        """Index of the event before."""
        self._events: list[LoggedEvent] = []
        self._text = 0
        """Characters of those."""
        self._packed: list[_Packed] = []
        self._found: dict[type[Recorded], list[Recorded]] = {kind: [] for kind in _KINDS.values()}

    def read(self, lines: Iterator[bytes]) -> RecordSlice:
        """Read all lines."""
        head = self._head(next(lines, b""))
        for line in lines:
            self._number += 1
            value = self._decode(line)
            if "index" in value:
                self._event(value)
            else:
                self._beside(value)
        self._pack()
        played = _PackedEvents(self._packed)
        head, axis = self._begin(head)
        return RecordSlice(
            head=head,
            axis=axis,
            stretches=played.stretches,
            get=played.get,
            scan=played.scan,
            beside={kind: tuple(found) for kind, found in self._found.items()},
        )

    def _head(self, line: bytes) -> SliceHead:
        self._number = 1
        value = self._decode(line.removeprefix(codecs.BOM_UTF8))
        if value.get("xovac") != "record":
            raise RecordError(not_exported(self._path))
        found = value.get("format")
        if type(found) is not int or found < 1:
            raise self._wrong('its "format" is not the number of one')
        if found > FORMAT:
            raise NewerRecordError(
                f"{self._path} was written by a newer xovac-tui (format {found}, this one knows {FORMAT})."
            )
        lives, channels = value.pop("sessions", []), value.pop("channels", [])
        with self._checked():
            if not isinstance(lives, list):
                raise TypeError("its sessions are not a list")
            head = msgspec.structs.replace(
                msgspec.convert(value, SliceHead),
                sessions=tuple(_convert(one, RecordedSession) for one in lives),
                channels=msgspec.convert(channels, tuple[RecordedChannel, ...]),
            )
            _check_floats(head)
            if head.end < head.start:
                raise ValueError("its end lies before its start")
            if any(not 0 < life.about.speed <= FASTEST for life in head.sessions):
                raise ValueError("a session in it went at an impossible speed")
        self._sessions = frozenset(life.id for life in head.sessions)
        return head

    def _begin(self, head: SliceHead) -> tuple[SliceHead, EvenAxis]:
        """Return the head with where it begins, which older formats do not say, and the even time."""
        axis = EvenAxis([life.times for life in head.sessions], [one.piece for one in self._packed])
        if not head.session:
            recorders = [life for life in head.sessions if life.recording]
            if self._packed:
                place = self._packed[0].piece
                head = msgspec.structs.replace(head, session=place.session, mono=head.start - place.shift)
            elif recorders:
                life = recorders[0]
                mono = head.start - (life.started - life.mono)
                head = msgspec.structs.replace(head, session=life.id, mono=mono)
        return head, axis.anchored(head.session, head.mono, head.start)

    def _decode(self, line: bytes) -> dict[str, Any]:
        if len(line) > LONGEST_LINE:
            raise self._wrong(f"it is longer than {LONGEST_LINE:,} bytes")
        if not line.strip():
            raise self._wrong("it is empty")
        try:
            value = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self._wrong(f"its byte {error.start + 1} is not UTF-8 text") from None
        except (ValueError, RecursionError):
            cut = "" if line.endswith(b"\n") else ", and it has no end: the file was cut off"
            raise self._wrong(f"{NOT_JSON}{cut}") from None
        if not isinstance(value, dict):
            raise self._wrong("it is not a JSON object")
        return value

    def _event(self, value: dict[str, Any]) -> None:
        place = self._place
        with self._checked():
            line = msgspec.convert(value, _Line)
            raw: str | bytes | None = line.payload
            if raw is None:
                if line.payload_base64 is None:
                    raise TypeError("it has no payload")
                raw = base64.b64decode(line.payload_base64, validate=True)
            if place is None:
                raise ValueError('an event comes before the first line of a "stretch"')
            check_times((line.utc, line.mono, line.mono + place.shift))
            if line.index <= self._newest:
                raise ValueError(f"event {line.index} does not come after event {self._newest}")
        kept = {name: getattr(line, name) for name in LoggedEvent.__struct_fields__ if name != "raw"}
        event = recordable(LoggedEvent(raw=raw, **kept))
        # A block counts on from its first event.
        full = len(self._events) == _BLOCK or self._text >= _BLOCK_TEXT
        if full or (self._events and event.index != self._newest + 1):
            self._pack()
        self._newest = event.index
        self._text += len(event.raw) + len(event.name) + len(event.problem)
        self._events.append(event)

    def _beside(self, value: dict[str, Any]) -> None:
        (word, held), *more = value.items() or [("", None)]
        with self._checked():
            if word == "stretch" and not more:
                self._pack()
                place = msgspec.convert(held, _Place)
                check_times((place.shift,))
                if place.session not in self._sessions:
                    raise ValueError(f"session {place.session} is not in the first line")
                self._place = place
            elif word in _KINDS:
                one = _convert(held, _KINDS[word])
                _check_floats(one)
                self._found[type(one)].append(one)
            else:
                raise self._wrong(f'"{clean(word, 40)}" is not a known kind of line')

    def _pack(self) -> None:
        if self._events and self._place is not None:
            place = self._place
            times = [event.mono for event in self._events]
            first = self._events[0].index
            piece = Piece(first, first + len(times), place.session, place.shift, min(times), max(times))
            self._packed.append(_Packed(block_of(self._events).pack(), piece))
            self._events, self._text = [], 0

    @contextlib.contextmanager
    def _checked(self) -> Iterator[None]:
        """Make a sentence with the line's number of what is wrong with a value."""
        try:
            yield
        except NOT_UNPACKED as error:
            raise self._wrong(clean(str(error), 300)) from None

    def _wrong(self, why: str) -> RecordError:
        return RecordError(
            f"{self._path}, line {self._number}: {why}. The file is not as it was exported: export it again."
        )


class _Packed(msgspec.Struct, frozen=True):
    """Events that follow each other, as small as in a record."""

    data: bytes
    piece: Piece


def _convert(held: Any, kind: type[T]) -> T:
    """Return what a line holds as a kind; what version 3 added to its table may be missing."""
    if not isinstance(held, dict):
        raise TypeError("an object was expected")
    younger = {"", *later_of(kind)}
    needed = {field for field in kind.__struct_fields__ if kind.stored.get(field, field) not in younger}
    if missing := {*needed, *filter(None, [kind.inner])} - set(held):
        raise TypeError(f"{', '.join(sorted(missing))} is missing")
    return msgspec.convert(held, kind)


def _check_floats(one: Any) -> None:
    """Raise ValueError where a number with a fraction, here or further in, is no time or duration."""
    if isinstance(one, float):
        check_times((one,))
    elif isinstance(one, msgspec.Struct):
        for name in one.__struct_fields__:
            _check_floats(getattr(one, name))
    elif isinstance(one, tuple):
        for each in one:
            _check_floats(each)


class _PackedEvents:
    """The events of a file, packed in memory."""

    def __init__(self, packed: list[_Packed]) -> None:
        self._packed = packed
        self._firsts = [one.piece.first for one in packed]
        self._open: tuple[int, list[LoggedEvent]] | None = None

    def stretches(self, index: int) -> Iterator[Stretch]:
        """Yield the blocks from an event on."""
        for one in self._packed:
            if one.piece.after > index:
                yield Stretch(Block.unpack(one.data), one.piece.shift, one.piece.session)

    def get(self, index: int) -> LoggedEvent | None:
        """Return an event by its index."""
        at = bisect_right(self._firsts, index) - 1
        if at < 0:
            return None
        if self._open is None or self._open[0] != at:
            self._open = at, Block.unpack(self._packed[at].data).events()
        events = self._open[1]
        place = index - self._firsts[at]
        return events[place] if place < len(events) else None

    def scan(self, start: int, passes: Passes | None) -> Iterator[LoggedEvent]:
        """Yield the events from an index on."""
        for one in self._packed[max(0, bisect_right(self._firsts, start) - 1) :]:
            for event in Block.unpack(one.data).events():
                if event.index >= start:
                    yield event
