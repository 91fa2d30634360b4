"""Forms: every value is checked before it leaves, and the sentence says what would be right."""

from __future__ import annotations

import math
from typing import Any

import pytest

from xovac_tui.api.contract import FieldType, PayloadField
from xovac_tui.api.forms import check_items, check_values, parse_field, parse_json
from xovac_tui.api.loader import documented_contract
from xovac_tui.errors import ContractError
from xovac_tui.station.commands import prepare

RATE = PayloadField(FieldType.FLOAT, name="rate", unit="mbar/s", min=0, max=50)


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (RATE, " 10 ", 10.0),
        (RATE, "1e1", 10.0),
        (PayloadField(FieldType.INT, name="n"), "−3", -3),
        (PayloadField(FieldType.BOOL, name="on"), "On", True),
        (PayloadField(FieldType.BOOL, name="on"), "no", False),
        (PayloadField(FieldType.CHOICE, name="c", choices=("a", "b")), "b", "b"),
        (PayloadField(FieldType.STRING, name="s"), " x ", "x"),
        (PayloadField(FieldType.STRING, name="s", required=False), "", None),
        (PayloadField(FieldType.JSON, name="j"), '{"a": 1}', {"a": 1}),
    ],
)
def test_what_is_right_is_read(field: PayloadField, typed: str, value: Any) -> None:
    assert parse_field(field, typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (RATE, "", "rate is empty. Give a number from 0 to 50 mbar/s."),
        (RATE, "1,5", "write a decimal point, not a comma (1.5)"),
        (RATE, "nan", "finite number"),
        (RATE, "inf", "finite number"),
        (RATE, "51", "outside its limits. Give a number from 0 to 50 mbar/s."),
        (RATE, "-1", "outside its limits"),
        (RATE, "fast", "is not a number"),
        (PayloadField(FieldType.INT, name="n"), "1.5", "is not a number"),
        (PayloadField(FieldType.BOOL, name="on"), "perhaps", "on or off"),
        (PayloadField(FieldType.CHOICE, name="c", choices=("a", "b")), "c", "one of: a, b"),
        (PayloadField(FieldType.JSON, name="j"), '{"a": }', "line 1, column 7"),
        (PayloadField(FieldType.JSON, name="j"), "[NaN]", "not a JSON number"),
        (PayloadField(FieldType.JSON, name="j"), "[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_wrong_is_said(field: PayloadField, typed: str, said: str) -> None:
    with pytest.raises(ContractError) as error:
        parse_field(field, typed)
    assert said in str(error.value)


def test_a_command_without_payload_sends_an_empty_string() -> None:
    contract = documented_contract()
    assert prepare(contract, "cancel_recipe", {}, utc=0).text == ""
    with pytest.raises(ContractError, match="takes no payload"):
        prepare(contract, "cancel_recipe", {"x": 1}, utc=0)


def test_the_clock_command_is_filled_with_this_machines_time() -> None:
    spec = documented_contract().commands["sync_xovac_time"]
    values = check_values(spec, {}, utc=1_700_000_000.25, utc_offset=3600)
    assert values == {"utcOffset": 3_600_000, "epoch": 1_700_000_000_250}


def test_load_recipe_is_the_manuals_object() -> None:
    values = {"name": "B", "recipe": [[60, 60, 0]]}
    text = prepare(documented_contract(), "load_recipe", values, utc=0).text
    assert text == '{"name": "B", "recipe": [[60.0, 60.0, 0.0]]}'


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "at least one item"),
        ("x", "must be a list"),
        ([[1, 2]], "item 1"),
        ([[1, 2, 0], [1, math.nan, 0]], "item 2"),
        ([[True, 2, 0]], "item 1"),
        ([[1, 0, 0]], "duration must be above 0"),
    ],
)
def test_recipe_items_are_checked(items: Any, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_items(items)


def test_unknown_and_missing_fields_are_named() -> None:
    spec = documented_contract().commands["load_recipe"]
    with pytest.raises(ContractError, match=r'no field "nam".*mean "name"'):
        check_values(spec, {"nam": "x"}, utc=0, utc_offset=0)
    with pytest.raises(ContractError, match="needs recipe"):
        check_values(spec, {"name": "x"}, utc=0, utc_offset=0)


def test_json_constants_are_refused() -> None:
    with pytest.raises(ContractError, match="Infinity"):
        parse_json("[Infinity]")
