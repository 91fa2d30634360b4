"""Blocks of events: exactly what crossed the wire, small on disk, and readable by column.

Telemetry repeats one text with other values in it. A block keeps that text once and the values of every
event in columns, each as the characters that came: columns of like values compress well, an event is put
together again to the last character, and a channel's samples are read without touching the other columns.
"""

from __future__ import annotations

import math
import operator
import re
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, repeat
from typing import Any, TypeAlias

import msgspec

from xovac_tui.api.event import Direction, EventKind, Form
from xovac_tui.api.payload import LONGEST, Leaf, decode, leaves
from xovac_tui.api.validity import Validity
from xovac_tui.recording.disk.bins import join_planes, split_planes
from xovac_tui.recording.disk.eventgroup import EventGroup
from xovac_tui.recording.disk.foreign_bounds import MOST_EVENTS, array_length, check_block, inflate, payloads
from xovac_tui.recording.eventlog import LoggedEvent, payload_of, without_surrogates

_NUMBER = re.compile(
    # Begins with a set of characters, which makes the search quick; what is before it is checked next.
    r"([-0-9](?<![^\[:, \n\t].)[0-9]*(?<=[0-9])(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![^,\]} \r\n\t])",
    re.DOTALL,
)
"""A number where JSON may have one, and in text with the same characters, which does no harm."""
FEW_SHAPES = 4
"""Different texts around the numbers of one event name in one block, before words become columns, too."""
_VALUE = re.compile(
    r'([-0-9"tfn](?<![^\[:, \n\t].)(?:(?<=")[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'
    r"|(?<=[-0-9])[0-9]*(?<=[0-9])(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
    r"|(?<=t)rue|(?<=f)alse|(?<=n)ull))(?![^,\]} \r\n\t])",
    re.DOTALL,
)
"""The same for any value; never a key. Takes twice as long."""
_LITERALS = {"true": 1.0, "false": 0.0, "null": math.nan}
"""Samples of the values that are neither numbers nor text."""
_NO_LITERALS = dict.fromkeys(_LITERALS, math.nan)
"""The same in a channel of numbers, where truth values are no value."""
_WRITTEN = {True: "true", False: "false"}
MOST_SHAPES = 24
"""Different texts of one event name in one block; beyond that its payloads are kept as they are."""
LONGEST_SHAPED = 50_000
"""Characters; longer payloads are kept as they are."""
_LEVEL = 5
_MOST_BYTES = 10 * LONGEST
"""Bytes of an unpacked block, and characters of its events: twice the most that is ever written."""
_SENTINEL = 10**15
_NAMED = re.compile(r"([12]0{9}[0-9]{6})(?![0-9])")
"""The number of a column, once or twice the sentinel above it."""
_JSON_FORMS = (Form.JSON, Form.OBJECT)

_BYTES_A_SAMPLE = 12
"""Place and value."""

NAN = math.nan


class PackedGroup(msgspec.Struct, array_like=True):
    """A group as it is written: its payloads are unpacked when it is known that there are not too many."""

    direction: Direction
    kind: EventKind
    name: str
    form: Form
    problem: str
    places: bytes
    parts: list[str] | None
    columns: list[str]
    raws: msgspec.Raw
    sizes: list[int]

    def group(self, most: int) -> EventGroup:
        """Return the group; ValueError where it has more than `most` payloads."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return EventGroup(**fields | {"raws": payloads(self.raws, most)})


class PackedBlock(msgspec.Struct, array_like=True):
    """A block as it is written."""

    first: int
    count: int
    utc: bytes
    mono: bytes
    groups: msgspec.Raw
    """MessagePack of the groups, of which there can be no more than events."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PackedBlock).decode
_decode_groups = msgspec.msgpack.Decoder(list[PackedGroup]).decode


class BlockSummary(msgspec.Struct, frozen=True, array_like=True):
    """What kinds of events a block holds, so that a filter can pass it over unopened."""

    name: str
    kind: EventKind
    direction: Direction
    problem: bool


class _Truth(msgspec.Struct, frozen=True):
    """A truth value that is the same in all events."""

    value: bool


_Source: TypeAlias = int | float | str | tuple[str | int, ...] | _Truth
"""Where the values of a leaf are: number of a column; the number, text or truth value that is the same in all
events; or a text with numbers in it, as what is between them and their columns."""


class Series(msgspec.Struct, frozen=True):
    """Samples of one channel in one block, in order of time.

    `places` are those of their events in the block (a range: each event of it); `values` are NaN where there
    is no usable number.
    """

    places: Sequence[int]
    values: Sequence[float]


class Block:
    """A stretch of events that follow each other, by column."""

    def __init__(
        self, first: int, count: int, utc: array[float], mono: array[float], groups: list[EventGroup]
    ) -> None:
        self.first = first
        """Index of the first event."""
        self.count = count
        self.utc = utc
        self.mono = mono
        self.groups = groups
        """The events by what is alike in them."""
        self.rules: Mapping[str, Validity] = {}
        """What values mean and which count, by channel; the others are no samples, and the events keep them.

        Set before the first sample is read.
        """
        self._in_order = all(map(operator.le, mono, islice(mono, 1, None)))
        """The events came in the order of their times, as they do unless a clock was wrong."""
        self._decoded: dict[int, dict[str, Series]] = {}
        """Samples of groups whose payloads had to be decoded, by the group's number."""
        self.weight = 16 * count + sum(map(_weight, groups))
        """Bytes that it takes in memory, about; more once payloads had to be decoded."""

    @classmethod
    def unpack(cls, data: bytes) -> Block:
        """Return the block that `pack` made these bytes of.

        Raises what `schema.unpacking` makes a sentence of, where they cannot have been written by a recorder.
        """
        packed = _decode(inflate(data, _MOST_BYTES))
        if not array_length(packed.groups) <= packed.count <= MOST_EVENTS:
            raise ValueError("it has more kinds of events than events, or too many of both")
        utc, mono = join_planes(packed.utc), join_planes(packed.mono)
        groups = [one.group(packed.count) for one in _decode_groups(packed.groups)]
        check_block(packed.first, packed.count, utc, mono, groups, _MOST_BYTES)
        return cls(packed.first, packed.count, utc, mono, groups)

    def pack(self) -> bytes:
        """Return the block as it is written."""
        parts = (self.first, self.count, split_planes(self.utc), split_planes(self.mono), self.groups)
        return zlib.compress(_encode(parts), _LEVEL)

    def events(self) -> list[LoggedEvent]:
        """Return the events exactly as they were recorded, in order."""
        found: list[LoggedEvent | None] = [None] * self.count
        first, utc, mono = self.first, self.utc, self.mono
        for group in self.groups:
            sizes = iter(group.sizes)
            places = self._places(group)
            head = group.direction, group.kind, group.name, group.form
            for place, raw in zip(places, _raws(group, len(places)), strict=True):
                size = next(sizes, len(raw))
                found[place] = LoggedEvent(
                    first + place, utc[place], mono[place], *head, raw, group.problem, size
                )
        return [event for event in found if event is not None]

    def samples(self, wanted: frozenset[str] | None = None) -> dict[str, Series]:
        """Return the numeric samples of the messages by channel (`event.path`), in order of time.

        `wanted` names the channels; None: all of them. A channel that messages of several texts carry has
        one series all the same.
        """
        found: dict[str, list[Series]] = {}
        for number, group in self._messages():
            if wanted is not None and not any(_of(name, group.name) for name in wanted):
                continue
            for name, series in self._series(number, group, wanted):
                found.setdefault(name, []).append(series)
        return {name: self._one(name, parts) for name, parts in found.items()}

    def _one(self, name: str, parts: list[Series]) -> Series:
        """Return the samples of a channel as one series in order of time; what does not count is NaN."""
        series = parts[0]
        if len(parts) > 1 or not self._in_order:
            places = [place for part in parts for place in part.places]
            values = [value for part in parts for value in part.values]
            mono = self.mono
            order = sorted(range(len(places)), key=lambda at: (mono[places[at]], places[at]))
            series = Series(
                array("I", (places[at] for at in order)), array("d", (values[at] for at in order))
            )
        rule = self.rules.get(name)
        return series if rule is None else Series(series.places, rule.usable(series.values))

    def rows(self) -> Iterator[tuple[Sequence[int], list[str], list[list[str]]]]:
        """Yield the messages as text: places of events, channel names, and a channel's numbers as they came.

        Faster than `samples` for an export that only prints them; what is no number, or does not count, is an
        empty text.
        """
        for number, group in self._messages():
            places = self._places(group)
            mapped = _mapped(group)
            if mapped is not None:
                columns = dict(self._written(group, mapped, len(places)))
            else:
                columns = {}
                at = {place: number for number, place in enumerate(places)}
                for name, series in self._decode(number, group, places).items():
                    columns[name] = [""] * len(places)
                    for place, value in zip(series.places, series.values, strict=True):
                        columns[name][at[place]] = _text(value)
            yield places, list(columns), [self._counting(name, texts) for name, texts in columns.items()]

    def words(self) -> Iterator[tuple[str, Sequence[int], Sequence[str]]]:
        """Yield channel, places of its events and its texts, for what messages say in words.

        Text that the channel's rule reads as a number is among the samples instead.
        """
        for _, group in self._messages():
            places, mapped = self._places(group), _mapped(group)
            if mapped is None:
                found: dict[str, tuple[list[int], list[str]]] = {}
                for place, raw in zip(places, _raws(group, len(places)), strict=True):
                    for path, leaf in leaves(payload_of(group.form, raw).value):
                        if isinstance(leaf, str):
                            at, texts = found.setdefault(_join(group.name, path), ([], []))
                            at.append(place)
                            texts.append(leaf)
                yield from (
                    (name, at, texts) for name, (at, texts) in found.items() if not self._numeric_name(name)
                )
                continue
            for path, source in mapped:
                name = _join(group.name, path)
                if _is_text(group, source) and not self._numeric_name(name):
                    yield name, places, _words(group, source, len(places))

    def _numeric_name(self, name: str) -> bool:
        rule = self.rules.get(name)
        return rule is not None and rule.numeric

    def names(self) -> dict[int, str]:
        """Return the names of the messages that came, by the places of their events."""
        return {place: group.name for _, group in self._messages() for place in self._places(group)}

    def _messages(self) -> Iterator[tuple[int, EventGroup]]:
        """Yield the groups of messages that came, with their numbers."""
        for number, group in enumerate(self.groups):
            if group.direction is Direction.IN and group.kind is EventKind.MESSAGE:
                yield number, group

    def _counting(self, name: str, texts: list[str]) -> list[str]:
        rule = self.rules.get(name)
        if rule is None or not rule.bounds:
            return texts
        return ["" if text and rule.problem(_float(text)) else text for text in texts]

    def _written(
        self,
        group: EventGroup,
        mapped: tuple[tuple[str, _Source], ...],
        count: int,
        wanted: frozenset[str] | None = None,
    ) -> Iterator[tuple[str, list[str]]]:
        """Yield the channels of a group and their numbers as they came; empty texts are no usable number."""
        for path, source in mapped:
            name = _join(group.name, path)
            if wanted is not None and name not in wanted:
                continue
            rule = self.rules.get(name)
            literals = _literals(rule)
            if _is_text(group, source):
                if rule is not None and rule.numeric:
                    yield name, [_as_written(rule, one) for one in _words(group, source, count)]
            elif isinstance(source, int):
                yield name, _texts(group.columns[source], literals)
            else:
                yield name, [_text(_constant(source, literals))] * count

    def _series(
        self, number: int, group: EventGroup, wanted: frozenset[str] | None
    ) -> Iterator[tuple[str, Series]]:
        places = self._places(group)
        mapped = _mapped(group)
        if mapped is None:
            for name, series in self._decode(number, group, places).items():
                if wanted is None or name in wanted:
                    yield name, series
            return
        for name, texts in self._written(group, mapped, len(places), wanted):
            values = _floats(texts)
            if not math.isfinite(sum(values)):
                values = array("d", (value if math.isfinite(value) else NAN for value in values))
            yield name, Series(places, values)

    def _decode(self, number: int, group: EventGroup, places: Sequence[int]) -> dict[str, Series]:
        """Return all samples of a group whose payloads must be decoded one by one."""
        known = self._decoded.get(number)
        if known is not None:
            return known
        found: dict[str, tuple[array[int], array[float]]] = {}
        for place, raw in zip(places, _raws(group, len(places)), strict=True):
            for path, value in self._numeric(group, raw):
                at, values = found.setdefault(_join(group.name, path), (array("I"), array("d")))
                at.append(place)
                values.append(value)
        made = self._decoded[number] = {name: Series(at, values) for name, (at, values) in found.items()}
        self.weight += sum(_BYTES_A_SAMPLE * len(series.values) for series in made.values())
        return made

    def _numeric(self, group: EventGroup, raw: Any) -> Iterator[tuple[str, float]]:
        """Yield the leaves that make numeric samples; NaN where there is no usable number."""
        for path, leaf in leaves(payload_of(group.form, raw).value):
            number = _number(leaf)
            if isinstance(leaf, str | bool) and (rule := self.rules.get(_join(group.name, path))) is not None:
                number = rule.number(leaf) if isinstance(leaf, str) else _literals(rule)[_WRITTEN[leaf]]
            if number is not None:
                yield path, number

    def _places(self, group: EventGroup) -> Sequence[int]:
        if not group.places:
            return range(self.count)
        places = array("I")
        places.frombytes(group.places)
        return places


def _weight(group: EventGroup) -> int:
    return sum(map(len, group.raws)) + sum(map(len, group.columns)) + sum(map(len, group.parts or ()))


def block_of(events: Sequence[LoggedEvent]) -> Block:
    """Return these events, which follow each other without a gap in their indices, as a block."""
    shaped: dict[tuple[Any, ...], tuple[list[int], list[list[str]]]] = {}
    plain: dict[tuple[Any, ...], tuple[list[int], list[Any], list[int]]] = {}
    shapes: dict[tuple[str, Form], int] = {}
    for place, event in enumerate(events):
        raw = event.raw
        head = (event.direction, event.kind, event.name, event.form, event.problem)
        if event.form in _JSON_FORMS and isinstance(raw, str) and event.size == len(raw) <= LONGEST_SHAPED:
            shape = (event.name, event.form)
            if shapes.get(shape, 0) < FEW_SHAPES:
                pieces = _NUMBER.split(raw)
                key = (*head, "", *pieces[::2])
            else:
                # Its words change as its numbers do. Text and numbers in one place are two shapes.
                pieces = _VALUE.split(raw)
                kinds = "".join(['"' if value[0] == '"' else "0" for value in pieces[1::2]])
                key = (*head, kinds or "0", *pieces[::2])
            known = shaped.get(key)
            if known is None:
                shapes[shape] = shapes.get(shape, 0) + 1
                if shapes[shape] <= MOST_SHAPES:
                    known = shaped[key] = ([], [])
            if known is not None:
                known[0].append(place)
                known[1].append(pieces[1::2])
                continue
        kept = plain.setdefault(head, ([], [], []))
        kept[0].append(place)
        kept[1].append(raw)
        kept[2].append(event.size)
    count = len(events)
    groups = []
    for (direction, kind, name, form, problem, _, *texts), (places, rows) in shaped.items():
        parts, columns = _columns(texts, rows)
        where = _all_or(places, count)
        groups.append(EventGroup(direction, kind, name, form, problem, where, parts, columns, [], []))
    for (direction, kind, name, form, problem), (places, raws, sizes) in plain.items():
        cut = sizes if any(size != len(raw) for size, raw in zip(sizes, raws, strict=True)) else []
        where = _all_or(places, count)
        groups.append(EventGroup(direction, kind, name, form, problem, where, None, [], raws, cut))
    utc, mono = (array("d", times) for times in zip(*((e.utc, e.mono) for e in events), strict=True))
    return Block(events[0].index, count, utc, mono, groups)


def _columns(texts: list[str], rows: list[list[str]]) -> tuple[list[str], list[str]]:
    """Return the text around the values and their columns; a word that is always the same becomes text."""
    parts, columns = texts[:1], []
    for after, column in zip(texts[1:], zip(*rows, strict=True), strict=True):
        if column[0][0] in '"tfn' and column.count(column[0]) == len(column):
            parts[-1] += column[0] + after
        else:
            columns.append("\n".join(column))
            parts.append(after)
    return parts, columns


def pack_about(events: Sequence[LoggedEvent]) -> bytes:
    """Return what kinds of events these are, packed."""
    kinds = dict.fromkeys((event.name, event.kind, event.direction, bool(event.problem)) for event in events)
    return _encode([BlockSummary(*kind) for kind in kinds])


unpack_about = msgspec.msgpack.Decoder(tuple[BlockSummary, ...]).decode
_encode_tail = msgspec.msgpack.Encoder().encode
_decode_tail = msgspec.msgpack.Decoder(list[LoggedEvent]).decode


def pack_tail(events: Sequence[LoggedEvent]) -> bytes:
    """Return the newest few events as they are written before there are enough for a block."""
    return _encode_tail(list(events))


def unpack_tail(data: bytes) -> list[LoggedEvent]:
    """Return what `pack_tail` packed."""
    return _decode_tail(data)


def recordable(event: LoggedEvent) -> LoggedEvent:
    """Return the event as it can be written: half a character pair is no UTF-8, its escape is."""
    raw = event.raw
    # Plain characters are known to be such; anything else is tried.
    texts = (event.name, event.problem, raw) if isinstance(raw, str) else (event.name, event.problem)
    try:
        for text in texts:
            if not text.isascii():
                text.encode()
    except UnicodeEncodeError:
        return without_surrogates(event)
    return event


def _all_or(places: list[int], count: int) -> bytes:
    return b"" if len(places) == count else array("I", places).tobytes()


def _raws(group: EventGroup, count: int) -> list[Any]:
    """Return the payloads of a group as they came."""
    if group.parts is None:
        return group.raws
    parts = group.parts
    if len(parts) == 1:
        return parts * count
    pieces: list[Any] = [None] * (2 * len(parts) - 1)
    pieces[::2] = parts
    made = []
    for numbers in zip(*(column.split("\n") for column in group.columns), strict=True):
        pieces[1::2] = numbers
        made.append("".join(pieces))
    return made


def _join(event: str, path: str) -> str:
    return f"{event}.{path}" if path else event


def _of(channel: str, event: str) -> bool:
    return channel.startswith(event) and (len(channel) == len(event) or channel[len(event)] == ".")


def _float(text: str) -> float:
    """Return a number that was written, NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return NAN


def _text(value: float) -> str:
    return repr(value) if value == value else ""


def _literals(rule: Validity | None) -> dict[str, float]:
    """Return the samples of values that are neither numbers nor text, in a channel with a rule."""
    return _NO_LITERALS if rule is not None and rule.numeric else _LITERALS


def _constant(source: _Source, literals: dict[str, float]) -> float:
    """Return the sample of a number or truth value that is the same in all events."""
    if isinstance(source, _Truth):
        return literals[_WRITTEN[source.value]]
    assert isinstance(source, float)
    return source


def _floats(texts: list[str]) -> array[float]:
    try:
        return array("d", map(float, texts))
    except ValueError:
        # No number, or in a file from elsewhere signs and digits that make none.
        return array("d", map(_float, texts))


def _texts(column: str, literals: dict[str, float]) -> list[str]:
    """Return numbers as they came, and truth values as the numbers that they are, or as none."""
    texts = column.split("\n")
    if "t" not in column and "l" not in column:
        return texts
    return [_text(literals[text]) if text in literals else text for text in texts]


def _number(leaf: Leaf) -> float | None:
    """Return a leaf as a sample: truth values are 0 and 1, null and infinities NaN; None for text."""
    if isinstance(leaf, bool):
        return float(leaf)
    if leaf is None:
        return NAN
    if isinstance(leaf, float):
        return leaf if math.isfinite(leaf) else NAN
    return None


def _is_text(group: EventGroup, source: _Source) -> bool:
    if isinstance(source, int):
        return group.columns[source][:1] == '"'
    return isinstance(source, str | tuple)


def _words(group: EventGroup, source: _Source, count: int) -> Sequence[str]:
    """Return the texts of a leaf, one an event."""
    if isinstance(source, str):
        return [source] * count
    if isinstance(source, tuple):
        columns = [group.columns[one].split("\n") if isinstance(one, int) else repeat(one) for one in source]
        return list(map("".join, zip(*columns)))  # noqa: B905 - what is between the numbers repeats for ever
    assert isinstance(source, int)
    written = group.columns[source].split("\n")
    if "\\" not in group.columns[source]:
        return [text[1:-1] for text in written]
    return [_unquoted(text) for text in written]


def _unquoted(text: str) -> str:
    """Return what JSON text of a string says; empty where it is none, in a file from elsewhere."""
    value = decode(text).value
    return value if isinstance(value, str) else ""


def _as_written(rule: Validity, text: str) -> str:
    """Return the decimal number in a text as it came; empty where the text is no value."""
    number = rule.number(text)
    return text.strip() if number is not None and number == number else ""


def _mapped(group: EventGroup) -> tuple[tuple[str, _Source], ...] | None:
    """Return which column carries which path (or the constant in its place); None if that is unclear."""
    if group.parts is None:
        return None
    return _map(tuple(group.parts), tuple(column[:1] == '"' for column in group.columns))


@lru_cache(maxsize=256)
def _map(parts: tuple[str, ...], texts: tuple[bool, ...]) -> tuple[tuple[str, _Source], ...] | None:
    """Decode the text with numbers that name their column, twice: what differs as they do is that column.

    `texts` says which columns hold text.
    """
    one, two = (
        _leaves(parts, [_named(times * _SENTINEL + at, text) for at, text in enumerate(texts)])
        for times in (1, 2)
    )
    if one is None or two is None or [path for path, _ in one] != [path for path, _ in two]:
        return None
    found: list[tuple[str, _Source]] = []
    paths = set()
    for (path, first), (_, second) in zip(one, two, strict=True):
        if path in paths:
            return None
        paths.add(path)
        if isinstance(first, str) and isinstance(second, str):
            if (source := _text_source(first, second, texts)) is None:
                return None
            found.append((path, source))
        elif isinstance(first, float) and isinstance(second, float) and second - first == _SENTINEL:
            found.append((path, int(first) - _SENTINEL))
        elif isinstance(first, bool):
            found.append((path, _Truth(first)))
        elif (number := _number(first)) is not None:
            found.append((path, number))
    return tuple(found)


def _named(column: int, text: bool) -> str:
    return f'"{column}"' if text else str(column)


def _text_source(first: str, second: str, texts: tuple[bool, ...]) -> _Source | None:
    """Return where a text is, from what it is with numbers that name columns; None where that is unclear."""
    if first == second:
        return first
    ones, twos = _NAMED.split(first), _NAMED.split(second)
    numbers = [int(one) - _SENTINEL for one in ones[1::2]]
    same = ones[::2] == twos[::2] and [int(two) - 2 * _SENTINEL for two in twos[1::2]] == numbers
    if not same or not all(0 <= number < len(texts) for number in numbers):
        return None
    if ones == ["", ones[1], ""] and texts[numbers[0]]:
        return numbers[0]
    pieces: list[str | int] = list(ones)
    pieces[1::2] = numbers
    return None if any(texts[number] for number in numbers) else tuple(pieces)


def _leaves(parts: tuple[str, ...], values: list[str]) -> list[tuple[str, Leaf]] | None:
    pieces: list[str] = [""] * (2 * len(parts) - 1)
    pieces[::2] = parts
    pieces[1::2] = values
    payload = decode("".join(pieces))
    if payload.problem:
        return None
    return list(leaves(payload.value))
