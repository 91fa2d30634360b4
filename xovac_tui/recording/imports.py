"""Reads an exported transcript back as a tape, checked line by line."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.recording.axis import Axis, Piece
from xovac_tui.recording.codec import Block, block_of
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.lists import (
    RecordedAlarm,
    RecordedChange,
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RecordedRun,
    RecordedSession,
)
from xovac_tui.recording.log import Passes
from xovac_tui.recording.record import RecordedChannel, Stretch
from xovac_tui.recording.schema import NewerRecordError, RecordError
from xovac_tui.recording.tape import Tape, TapeHead
from xovac_tui.recording.transcript import FORMAT, WORDS

_BLOCK = 512
"""Events that are packed together."""
_LONGEST = 64_000_000
"""Characters of one line; the longest payload that is recorded makes far fewer."""
_TYPES: dict[str, Any] = {
    "links": RecordedLink,
    "commands": RecordedCommand,
    "marks": RecordedMark,
    "loads": RecordedLoad,
    "runs": RecordedRun,
    "alarms": RecordedAlarm,
    "changes": RecordedChange,
}


class _Place(msgspec.Struct, frozen=True):
    """Whose events follow, and how their monotonic time becomes record time."""

    session: int
    shift: float


class _Rates(msgspec.Struct, frozen=True):
    run: int
    data: str


class _Line(msgspec.Struct, frozen=True):
    """One event as `json_line` writes it."""

    index: int
    utc: float
    mono: float
    direction: str
    kind: str
    name: str
    form: str
    size: int
    problem: str
    payload: str | None = None
    payload_base64: str | None = None


def read_transcript(path: Path) -> Tape:
    """Return the tape that an exported file holds; RecordError names the line that is wrong."""
    try:
        with path.open(encoding="utf-8", errors="strict", newline="\n") as file:
            return _Reading(path).read(iter(lambda: file.readline(_LONGEST), ""))
    except UnicodeDecodeError:
        raise RecordError(
            f"{path} is not text. Name a file that `xovac-tui export` wrote as jsonl."
        ) from None
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror or error}.") from error


class _Reading:
    """One file while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._place = _Place(0, 0.0)
        self._events: list[LoggedEvent] = []
        self._packed: list[_Packed] = []
        self._found: dict[str, list[Any]] = {part: [] for part in _TYPES}
        self._rates: list[tuple[int, str]] = []
        self._parts = {word: part for part, word in WORDS.items()}

    def read(self, lines: Iterator[str]) -> Tape:
        """Read all lines."""
        head = self._head(next(lines, ""))
        for line in lines:
            self._number += 1
            value = self._decode(line)
            if "index" in value:
                self._event(value)
            else:
                self._beside(value)
        self._pack()
        played = _Played(self._packed)
        head, axis = self._begin(head)
        return Tape(
            head=head,
            axis=axis,
            stretches=played.stretches,
            get=played.get,
            scan=played.scan,
            rates=tuple(self._rates),
            **{part: tuple(found) for part, found in self._found.items()},
        )

    def _head(self, line: str) -> TapeHead:
        self._number = 1
        value = self._decode(line)
        if value.get("xovac") != "record":
            raise RecordError(
                f"{self._path} is no exported record: its first line does not say so. Export one with "
                "`xovac-tui export RUN --format jsonl` (without --channels)."
            )
        if not isinstance(found := value.get("format"), int) or found > FORMAT:
            raise NewerRecordError(
                f"{self._path} was written by a newer xovac-tui (format {found}, this one knows {FORMAT})."
            )
        sessions = value.pop("sessions", [])
        channels = value.pop("channels", [])
        with _Told(self._wrong):
            return msgspec.structs.replace(
                msgspec.convert(value, TapeHead),
                sessions=tuple(_convert(one, RecordedSession) for one in sessions),
                channels=msgspec.convert(channels, tuple[RecordedChannel, ...]),
            )

    def _begin(self, head: TapeHead) -> tuple[TapeHead, Axis]:
        """Return the head with where it begins, which older formats do not say, and the even time."""
        axis = Axis(head.sessions, [one.piece for one in self._packed])
        if not head.session:
            recorders = [life for life in head.sessions if life.recording]
            if self._packed:
                place = self._packed[0].place
                head = msgspec.structs.replace(head, session=place.session, mono=head.start - place.shift)
            elif recorders:
                life = recorders[0]
                mono = head.start - (life.started - life.mono)
                head = msgspec.structs.replace(head, session=life.id, mono=mono)
        return head, axis.anchored(head.session, head.mono, head.start)

    def _decode(self, line: str) -> dict[str, Any]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise self._wrong("it is no JSON") from None
        if not isinstance(value, dict):
            raise self._wrong("it is no JSON object")
        return value

    def _event(self, value: dict[str, Any]) -> None:
        with _Told(self._wrong):
            line = msgspec.convert(value, _Line)
            raw: Any = line.payload
            if raw is None:
                raw = base64.b64decode(line.payload_base64 or "", validate=True)
            event = msgspec.convert(
                (
                    line.index,
                    line.utc,
                    line.mono,
                    line.direction,
                    line.kind,
                    line.name,
                    line.form,
                    raw,
                    line.problem,
                    line.size,
                ),
                LoggedEvent,
            )
        # A block counts on from its first event.
        if len(self._events) == _BLOCK or (self._events and event.index != self._events[-1].index + 1):
            self._pack()
        self._events.append(event)

    def _beside(self, value: dict[str, Any]) -> None:
        (word, held), *more = value.items() or [("", None)]
        with _Told(self._wrong):
            if word == "stretch" and not more:
                self._pack()
                self._place = msgspec.convert(held, _Place)
            elif word == "rates":
                found = msgspec.convert(held, _Rates)
                self._rates.append((found.run, found.data))
            elif word in self._parts:
                part = self._parts[word]
                self._found[part].append(_convert(held, _TYPES[part]))
            else:
                raise self._wrong(f'nobody knows a line of "{word}"')

    def _pack(self) -> None:
        if self._events:
            times = [event.mono for event in self._events]
            first = self._events[0].index
            piece = Piece(first, first + len(times), *self._place_of(), min(times), max(times))
            self._packed.append(_Packed(block_of(self._events).pack(), self._place, piece))
            self._events = []

    def _place_of(self) -> tuple[int, float]:
        return self._place.session, self._place.shift

    def _wrong(self, why: str) -> RecordError:
        return RecordError(
            f"{self._path}, line {self._number}: {why}. The file is not as it was exported: export it again."
        )


class _Packed(msgspec.Struct, frozen=True):
    """Events that follow each other, as small as in a record."""

    data: bytes
    place: _Place
    piece: Piece


class _Told:
    """Makes a sentence with the line's number of what is wrong with a value."""

    def __init__(self, wrong: Callable[[str], RecordError]) -> None:
        self._wrong = wrong

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, msgspec.ValidationError | binascii.Error | TypeError):
            raise self._wrong(str(error).rstrip(".")) from None


def _convert(held: Any, kind: Any) -> Any:
    """Return a struct from the names of its fields, also where it is packed as a list elsewhere."""
    if not isinstance(held, dict):
        raise TypeError("an object was expected")
    fields = msgspec.structs.fields(kind)
    if missing := {field.name for field in fields if field.required} - set(held):
        raise TypeError(f"{', '.join(sorted(missing))} is missing")
    return kind(
        **{
            field.name: msgspec.convert(held[field.name], field.type)
            for field in fields
            if field.name in held
        }
    )


class _Played:
    """The events of a file, packed in memory."""

    def __init__(self, packed: list[_Packed]) -> None:
        self._packed = packed
        self._firsts = [one.piece.first for one in packed]
        self._open: tuple[int, list[LoggedEvent]] | None = None

    def stretches(self, index: int) -> Iterator[Stretch]:
        """Yield the blocks from an event on."""
        for one in self._packed:
            if one.piece.after > index:
                yield Stretch(Block.unpack(one.data), one.place.shift, one.place.session)

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
