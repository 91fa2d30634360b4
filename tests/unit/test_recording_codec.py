"""Blocks: whatever crossed the wire comes back to the last character, and its numbers by channel."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.record import UTC, event, logged
from tests.helpers.records import MONO, message
from xovac_tui.api.event import Direction, Event, EventKind, Form
from xovac_tui.api.payload import decode_arguments, leaves
from xovac_tui.api.validity import Validity
from xovac_tui.recording.disk import codec
from xovac_tui.recording.disk.codec import (
    Block,
    block_of,
    pack_about,
    pack_tail,
    recordable,
    unpack_about,
    unpack_tail,
)
from xovac_tui.recording.eventlog import EventLog, LoggedEvent, payload_of

# -- what may come ------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.sampled_from(
        [
            "0",
            "-0",
            "-0.0",
            "1e5",
            "1E+05",
            "1e-7",
            "1E400",
            "-1e400",
            "1e-400",
            "9" * 30,
            "1" + "0" * 320,
            "1" * 5000,
            "1000000000000000",
            "2000000000000001",
            "0.1",
            "007",
            "1.",
            ".5",
            "+1",
            "0x1F",
            "--1",
            "1_000",
        ]
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
WORDS = st.one_of(
    st.sampled_from(
        [
            "NaN",
            "Infinity",
            "-Infinity",
            "null",
            "true",
            "false",
            '"12"',
            '" 12 "',
            '"at 12, or 13"',
            '"a [1, 2]"',
            '"\\u0031"',
            '"\\ud800"',
            '""',
            "nul",
        ]
    ),
    st.text(max_size=8).map(json.dumps),
)
KEYS = st.one_of(
    st.sampled_from(["a", "b", "a.b", "0", "1", "", "1 ", " 12 ", "n 1 m", "T, 1", "ch 07 x", "\ud800", "é"]),
    st.text(max_size=5),
)
SPACE = st.sampled_from(["", "", "", " ", "\n", "\r\n ", "\t"])


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    # Written by hand: keys may come twice, which no dict can say.
    pairs = draw(st.lists(st.tuples(KEYS.map(json.dumps), SPACE, inner, SPACE), max_size=5))
    return "{" + ",".join(f"{after}{key}:{space}{value}" for key, space, value, after in pairs) + "}"


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(st.tuples(SPACE, inner, SPACE), max_size=5))
    return "[" + ",".join(before + item + after for before, item, after in items) + "]"


TEXTS = st.recursive(NUMBERS | WORDS, lambda inner: objects(inner) | lists(inner), max_leaves=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=4)
    | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
ARGUMENTS = st.one_of(
    TEXTS.map(lambda text: (text,)),
    TEXTS.map(lambda text: (text.encode("utf-8", "replace"),)),
    st.text(max_size=20).map(lambda text: (text,)),
    st.binary(max_size=20).map(lambda data: (data,)),
    VALUES.map(lambda value: (value,)),
    st.lists(TEXTS | VALUES, min_size=2, max_size=3).map(tuple),
    st.sampled_from([(), ("",), (b"",), ("half \ud800 a pair",), ('{"\ud800": 1}',), ("[" * 2000,)]),
)
NAMES = st.sampled_from(["state", "state.a", "", "pump", "half \udc00"])


@st.composite
def streams(draw: st.DrawFn) -> list[LoggedEvent]:
    """Draw 1 to 600 events: a few odd ones, each of which may come again with other numbers."""
    kinds = draw(
        st.lists(st.tuples(NAMES, ARGUMENTS, st.sampled_from(list(EventKind))), min_size=1, max_size=8)
    )
    size = draw(st.sampled_from([1, 2, 3, 7, 20, 60, 600]))
    picks = draw(st.lists(st.integers(0, len(kinds) - 1), min_size=size, max_size=size))
    first = draw(st.sampled_from([0, 1, 2**40]))
    cut = draw(st.sampled_from([None, None, 3]))
    varied = draw(st.booleans())
    made = []
    for number, pick in enumerate(picks):
        name, arguments, kind = kinds[pick]
        if varied:
            # Like messages with other numbers (and now and then a text that is JSON no more).
            arguments = tuple(a.replace("1", str(number)) if isinstance(a, str) else a for a in arguments)
        one = event(0.1 * number, *arguments, name=name, kind=kind)
        made.append(one)
    found = [recordable(one) for one in logged(made, first)]
    if cut is not None:
        found = [one if number % 3 else shortened(one, cut) for number, one in enumerate(found)]
    return found


def shortened(one: LoggedEvent, size: int) -> LoggedEvent:
    fields = {field: getattr(one, field) for field in one.__struct_fields__}
    return LoggedEvent(**{**fields, "raw": one.raw[:size]})


# -- the plain, slow way ------------------------------------------------------------------------------


def sample(leaf: object) -> float | None:
    if isinstance(leaf, bool):
        return float(leaf)
    if leaf is None:
        return math.nan
    if isinstance(leaf, float):
        return leaf if math.isfinite(leaf) else math.nan
    return None


def plainly(events: Iterable[LoggedEvent]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, one in enumerate(events):
        if one.direction is Direction.IN and one.kind is EventKind.MESSAGE:
            for path, leaf in leaves(payload_of(one.form, one.raw).value):
                if (value := sample(leaf)) is not None:
                    found[f"{one.name}.{path}" if path else one.name].append((place, value))
    return dict(found)


def by_place(block: Block, wanted: frozenset[str] | None = None) -> dict[str, list[tuple[int, float]]]:
    return {
        name: list(zip(series.places, series.values, strict=True))
        for name, series in block.samples(wanted).items()
    }


def from_rows(block: Block) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for places, names, columns in block.rows():
        assert len(set(names)) == len(names) == len(columns)
        for name, column in zip(names, columns, strict=True):
            for place, text in zip(places, column, strict=True):
                if text:
                    value = float(text)
                    if math.isfinite(value):
                        found[name][place] = value
    return dict(found)


def usable(samples: dict[str, list[tuple[int, float]]]) -> dict[str, dict[int, float]]:
    """Return the samples that are numbers; where one event names a channel twice, the later one."""
    found = {
        name: {place: value for place, value in pairs if value == value} for name, pairs in samples.items()
    }
    return {name: pairs for name, pairs in found.items() if pairs}


def same(left: dict[str, list[tuple[int, float]]], right: dict[str, list[tuple[int, float]]]) -> bool:
    return repr(sorted(left.items())).replace("-0.0", "0.0") == repr(sorted(right.items())).replace(
        "-0.0", "0.0"
    )


# -- what must hold -----------------------------------------------------------------------------------


@given(streams())
@examples(150)
def test_every_event_comes_back_exactly(events: list[LoggedEvent]) -> None:
    block = Block.unpack(block_of(events).pack())
    assert (block.first, block.count) == (events[0].index, len(events))
    assert list(block.mono) == [one.mono for one in events]
    assert list(block.utc) == [one.utc for one in events]
    assert block.events() == events
    assert unpack_tail(pack_tail(events)) == events


@given(streams())
@examples(150)
def test_samples_are_what_the_payloads_say(events: list[LoggedEvent]) -> None:
    block = Block.unpack(block_of(events).pack())
    expected = plainly(events)
    found = by_place(block)
    assert same(found, expected)
    for name in list(expected)[:3]:
        assert same(by_place(block, frozenset([name])), {name: expected[name]})
    assert by_place(block, frozenset(["nobody"])) == {}
    assert usable(expected) == {name: pairs for name, pairs in from_rows(block).items() if pairs}


@given(st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=40))
@examples(100)
def test_the_numbers_of_a_steady_message_are_columns(rows: list[list[str]]) -> None:
    texts = [f'{{"a": {a}, "deep": [{b},{c}], "n 5": {d}, "t": "x"}}' for a, b, c, d in rows]
    events = logged(event(float(number), text) for number, text in enumerate(texts))
    block = Block.unpack(block_of(events).pack())
    assert block.events() == events
    assert same(by_place(block), plainly(events))


def test_like_messages_make_one_group_however_their_numbers_are_written() -> None:
    texts = ['{"t":1.50,"p":1e5}', '{"t":-0,"p":1E+05}', '{"t":7,"p":12345678901234567890123}']
    events = logged(event(float(number), texts[number % 3]) for number in range(300))
    block = block_of(events)
    assert len(block.groups) == 1
    assert block.events() == events
    # Ten characters of text and numbers an event are packed to less than one byte.
    assert len(block.pack()) < 6 * 300


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": 2, "a": [1]}',
        '{"a.b": 1, "a": {"b": 2}}',
        '{"1 ": 5, " 1 ": 6}',
        '{"n 1 m": 3, "n 2 m": 4}',
        '{"n 1 m": 3, "n 1 m": 4}',
        "5",
        " 5",
        "[[[1]], 2]",
        '"5"',
        '"at 5 "',
        "[1,\r2]",
        '{"a":1000000000000000,"b":1}',
    ],
)
def test_odd_shapes_are_read_as_the_payload_says(text: str) -> None:
    events = logged(event(float(number), text) for number in range(5))
    assert all(one.form is Form.JSON for one in events)
    block = Block.unpack(block_of(events).pack())
    assert block.events() == events
    assert same(by_place(block), plainly(events))
    assert from_rows(block) == usable(plainly(events))


def test_too_many_shapes_of_one_name_are_kept_as_they_are() -> None:
    texts = [f'{{"x{"x" * number}": "a", "t": {number}}}' for number in range(200)]
    events = logged(event(float(number), text) for number, text in enumerate(texts))
    block = Block.unpack(block_of(events).pack())
    assert len(block.groups) == codec.MOST_SHAPES + 1
    assert block.events() == events
    assert by_place(block)["state.t"] == [(number, float(number)) for number in range(200)]


def test_very_long_payloads_are_kept_as_they_are() -> None:
    texts = [json.dumps({"t": number, "long": "x" * codec.LONGEST_SHAPED}) for number in range(3)]
    events = logged(event(float(number), text) for number, text in enumerate(texts))
    block = Block.unpack(block_of(events).pack())
    assert block.events() == events
    assert by_place(block) == {"state.t": [(0, 0.0), (1, 1.0), (2, 2.0)]}


def test_a_cut_payload_keeps_its_size_and_says_nothing_it_does_not_know() -> None:
    one = shortened(logged([event(0.0, '{"t": 12345}')])[0], 9)
    block = Block.unpack(block_of([one]).pack())
    assert block.events() == [one]
    assert (block.events()[0].raw, block.events()[0].size) == ('{"t": 123', 12)
    assert usable(by_place(block)) == {}


def test_only_messages_from_the_chamber_make_samples() -> None:
    events = logged(event(float(n), '{"t": 1}', kind=kind) for n, kind in enumerate(EventKind))
    block = block_of(events)
    assert by_place(block) == {"state.t": [(list(EventKind).index(EventKind.MESSAGE), 1.0)]}


def test_half_a_pair_is_kept_as_its_escape() -> None:
    sent = Event("n\ud800", decode_arguments("\ud800"), Direction.IN, EventKind.MESSAGE, UTC, 0.0)
    kept = recordable(logged([sent])[0])
    assert (kept.name, kept.raw) == ("n\\ud800", "\\ud800")
    assert Block.unpack(block_of([kept]).pack()).events() == [kept]


@given(streams())
@examples(30)
def test_what_a_block_is_about_names_every_kind_of_event_in_it(events: list[LoggedEvent]) -> None:
    reported = {(a.name, a.kind, a.direction, a.problem) for a in unpack_about(pack_about(events))}
    assert reported == {(one.name, one.kind, one.direction, bool(one.problem)) for one in events}


@given(st.lists(TEXTS, max_size=3))
@examples(150)
def test_a_kept_payload_reads_as_it_did_when_it_came(arguments: list[str]) -> None:
    came = decode_arguments(*arguments)
    kept = logged([event(0.0, *arguments)])[0]
    again = payload_of(kept.form, kept.raw, kept.problem)
    reported = [[(path, sample(leaf)) for path, leaf in leaves(one.value)] for one in (came, again)]
    assert repr(reported[0]) == repr(reported[1])


@pytest.mark.parametrize("late", [False, True])
def test_a_channel_that_many_texts_carry_is_one_series_in_order_of_time(late: bool) -> None:
    """A word that changes every few messages makes a shape of its own; times come in order all the same."""
    log = EventLog()
    times = [0.5 * at for at in range(40)]
    if late:
        # A clock that was wrong for a moment: what is in the block is read by time.
        times[20], times[21] = times[21], times[20]
    for at in times:
        word = "on" if int(at) // 6 % 2 else "off"
        log.append(message(at, json.dumps({"ta": at, "heater": word}), name="readings"))
    block = Block.unpack(block_of(list(log.scan())).pack())
    block.rules = {"readings.ta": Validity(high=15.0)}
    series = block.samples()["readings.ta"]
    assert [block.mono[place] - MONO for place in series.places] == sorted(times)
    assert list(series.values[:31]) == sorted(times)[:31]
    assert all(value != value for value in series.values[31:])
