"""What is typed into the forms of a contract, and what a file has for it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from xovac_tui.api import loader
from xovac_tui.api.contract import Confirm, FieldTable, LeafTable
from xovac_tui.ui.dialogs.contract.entries import (
    COMMAND,
    CONFIRM,
    FIELD,
    LEAF,
    RESPONSE,
    TOP,
    Entry,
    EntryError,
    table_of,
    text_of,
    texts_of,
    value_of,
)

OF = {one.key: one for one in LEAF}


@pytest.mark.parametrize(
    ("entries", "struct", "apart"),
    [
        (LEAF, LeafTable, set()),
        (COMMAND, loader.CommandTable, {"confirm"}),
        (CONFIRM, Confirm, set()),
        (FIELD, FieldTable, set()),
        (RESPONSE, loader.ResponseTable, set()),
    ],
)
def test_a_form_has_every_key_of_its_table(entries: tuple[Entry, ...], struct: Any, apart: set[str]) -> None:
    """A key that a contract file may have can be typed; `apart` are tables with a form of their own."""
    keys = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert {one.key for one in entries} == keys - apart


def test_the_form_of_the_file_has_every_key_at_its_top() -> None:
    assert {one.key for one in TOP} == set(loader.TOP_KEYS)


@pytest.mark.parametrize("entries", [LEAF, COMMAND, CONFIRM, FIELD, RESPONSE, TOP])
def test_labels_fit_and_help_is_one_or_two_rows(entries: tuple[Entry, ...]) -> None:
    for one in entries:
        assert 0 < len(one.label) <= 12
        assert 0 < len(one.help) <= 100


WHOLE: dict[str, Any] = {
    "channel": "p",
    "aliases": ["a", "b c", 'q"u', "x, y"],
    "label": "Pressure",
    "unit": "mbar",
    "pin": True,
    "log": True,
    "hide": True,
    "resolution": 0.001,
    "uncertainty": 0.5,
    "role": "state",
    "place": "outside",
    "running": ["run", "1"],
    "idle": ["idle"],
    "valid": [-80.0, 1e-9],
    "invalid": [9.9e9, -999.0, "OPEN", "12", "a,b"],
}


def test_all_that_a_leaf_may_have_comes_back_from_its_texts() -> None:
    assert WHOLE.keys() == OF.keys()
    table, problems = table_of(LEAF, texts_of(LEAF, WHOLE))
    assert problems == {}
    assert table == WHOLE
    msgspec.convert(table, LeafTable)


def test_nothing_typed_is_nothing_given() -> None:
    assert table_of(LEAF, texts_of(LEAF, {})) == ({}, {})
    assert table_of(COMMAND, texts_of(COMMAND, {})) == ({}, {})
    assert table_of(FIELD, texts_of(FIELD, {"type": "float"})) == ({"type": "float"}, {})


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("valid", "−80 .. 200", [-80.0, 200.0]),
        ("valid", "[0, 5]", [0.0, 5.0]),
        ("valid", "-80 to -20", [-80.0, -20.0]),
        ("invalid", '9.9e9,OPEN, "7"', [9.9e9, "OPEN", "7"]),
        ("running", " on ,, run ", ["on", "run"]),
        ("resolution", "1e-3", 0.001),
    ],
)
def test_what_people_type(key: str, text: str, value: Any) -> None:
    assert value_of(OF[key], text) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [("valid", "5"), ("valid", "a to b"), ("resolution", "0,5"), ("resolution", "x"), ("invalid", 'a "b')],
)
def test_what_cannot_be_read_says_what_would_be_right(key: str, text: str) -> None:
    with pytest.raises(EntryError):
        value_of(OF[key], text)


def test_a_default_that_is_json_and_one_that_is_text() -> None:
    default = next(one for one in FIELD if one.key == "default")
    for value in (True, 10, 1.5, "slow", "true", "10", [1, 2], {"a": 1}, "a, b"):
        assert value_of(default, text_of(default, value)) == value
