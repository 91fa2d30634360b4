"""The payload codec: whatever arrives is kept, shown as what it is, and never raises."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.api.event import Form
from xovac_tui.api.payload import TooLong, decode, decode_arguments, leaves, one_line, pretty, too_long

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@pytest.mark.parametrize(
    ("arguments", "form", "value"),
    [
        ((), Form.NOTHING, None),
        (("",), Form.EMPTY, None),
        (('{"result": "success"}',), Form.JSON, {"result": "success"}),
        (({"a": 1},), Form.OBJECT, {"a": 1}),
        ((b'{"a": 1}',), Form.BYTES, {"a": 1}),
        ((b"",), Form.BYTES, None),
        (("plain words",), Form.TEXT, "plain words"),
        ((b"plain words",), Form.BYTES, "plain words"),
        (("1", "2"), Form.ARGUMENTS, [1, 2]),
        (("STANDBY", 3), Form.ARGUMENTS, ["STANDBY", 3]),
        ((None,), Form.OBJECT, None),
    ],
)
def test_every_form_is_read(arguments: tuple[Any, ...], form: Form, value: Any) -> None:
    payload = decode_arguments(*arguments)
    assert (payload.form, payload.value) == (form, value)


@pytest.mark.parametrize(
    "text", ['{"a": 1', "[1, 2", '"STANDBY', "\x1b]52;c;aGk=\x07", "ab\u202egnp", "\ud800", "  ", "w" * 4_001]
)
def test_broken_json_and_noise_are_no_words(text: str) -> None:
    payload = decode(text)
    assert (payload.form, payload.value) == (Form.TEXT, None)
    assert payload.problem


def test_a_value_alone_is_one_leaf_without_a_path() -> None:
    for argument, leaf in (("STANDBY", "STANDBY"), (3, 3.0), ("3.5", 3.5), (True, True), ("false", False)):
        payload = decode_arguments(argument)
        assert (list(leaves(payload.value)), payload.problem) == ([("", leaf)], "")
    assert pretty(decode("Pump on")) == "Pump on"


def test_numbers_that_json_does_not_know_are_kept() -> None:
    payload = decode('{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}')
    assert not payload.problem
    assert math.isnan(payload.value["a"])
    assert payload.value["b"] == math.inf
    assert payload.value["c"] == -math.inf
    assert payload.value["d"] == math.inf


def test_nesting_of_a_hundred_is_read_and_of_a_million_is_reported() -> None:
    deep = "[" * 100 + "1" + "]" * 100
    assert list(leaves(decode(deep).value)) == [(".".join("0" * 100), 1.0)]
    hopeless = decode("[" * 1_000_000)
    assert hopeless.form is Form.TEXT
    assert "nested too deep" in hopeless.problem
    assert len(hopeless.raw) == 1_000_000


def test_an_object_nested_too_deep_is_reported() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    payload = decode(value)
    assert payload.form is Form.OBJECT
    assert "nested too deep" in payload.problem


def test_ten_megabytes_are_kept_whole_and_shown_cut() -> None:
    text = json.dumps({"blob": "x" * 10_000_000, "n": 1})
    payload = decode(text)
    assert payload.value is None
    assert (payload.form, too_long(payload.problem)) == (Form.JSON, TooLong.CUT)
    assert payload.raw == text
    assert len(one_line(payload)) == 200


def test_bytes_that_are_no_text_say_so_and_are_shown_in_hexadecimal() -> None:
    payload = decode(b"\xff\x00\x1b[31m")
    assert payload.value is None
    assert payload.problem
    assert one_line(payload) == "0xff001b5b33316d"


def test_text_that_is_not_json_says_where() -> None:
    assert "column 7" in decode('{"a": }').problem


@given(json_values)
def test_any_json_comes_back_as_it_went(value: Any) -> None:
    payload = decode(json.dumps(value))
    assert payload.form is Form.JSON
    assert json.dumps(payload.value) == json.dumps(json.loads(json.dumps(value)))


@given(st.lists(st.text() | st.binary() | json_values, max_size=4))
def test_no_argument_ever_raises_and_every_line_is_printable(arguments: list[Any]) -> None:
    payload = decode_arguments(*arguments)
    assert one_line(payload).isprintable()
    assert isinstance(pretty(payload), str)
    for path, leaf in leaves(payload.value):
        assert isinstance(path, str)
        assert leaf is None or isinstance(leaf, bool | float | str)


@given(json_values)
def test_leaves_are_those_of_a_plain_walk(value: Any) -> None:
    assert [_key(pair) for pair in leaves(value)] == [_key(pair) for pair in _walk("", value)]


def test_leaves_are_bounded() -> None:
    assert sum(1 for _ in leaves(list(range(100_000)))) == 5_000
    assert next(iter(leaves({"n": 10**400})))[1] == math.inf


def _walk(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        names = [
            (json.dumps(k, ensure_ascii=False) if not k or set(k) & {".", '"'} else k, v)
            for k, v in value.items()
        ]
        inner = [(f"{path}.{k}" if path else k, v) for k, v in names]
    elif isinstance(value, list):
        inner = [(f"{path}.{i}" if path else str(i), v) for i, v in enumerate(value)]
    else:
        if isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        return [(path, value)]
    return [pair for key, item in inner for pair in _walk(key, item)]


def _key(pair: tuple[str, Any]) -> tuple[str, str]:
    return pair[0], repr(pair[1])


def test_what_records_of_every_version_hold_of_a_payload_that_is_too_long_is_understood() -> None:
    stored = {
        "The payload is longer than 1,000,000 characters: it is recorded as it came and makes no channels.": (
            TooLong.NOT_READ
        ),
        "The payload is longer than 4,000,000 characters: its beginning is recorded and makes no channels.": (
            TooLong.CUT
        ),
    }
    assert {problem: too_long(problem) for problem in stored} == stored
    assert set(stored.values()) == set(TooLong)
    assert too_long("The text is not JSON: Expecting value.") is None
    assert too_long("") is None
