"""The parameter file: every value with its unit, assumed, and read strictly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from xovac_tui.errors import SettingsError
from xovac_tui.simulator.parameters import Parameters, built_in, expected_unit, load_parameters


def test_every_parameter_has_its_unit_and_is_assumed() -> None:
    tables = tomllib.loads(built_in().read_text("utf-8"))
    assert set(tables) == set(Parameters.__struct_fields__)
    for section, table in tables.items():
        for name, quantity in table.items():
            assert quantity["origin"] == "assumed", name
            assert quantity["unit"] == expected_unit(section, name), name


def test_a_users_file_need_only_hold_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[ambient]\ntemperature = { value = 25, unit = "degC", origin = "measured" }\n')
    mine, built_in = load_parameters(file), load_parameters()
    assert mine.ambient.temperature == 25.0
    assert mine.ambient.pressure == built_in.ambient.pressure
    assert mine.part == built_in.part


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[[", ["not valid TOML"]),
        ("[ambint]", ['"ambint"', 'mean "ambient"']),
        ("ambient = 3", ['"ambient" must be a table']),
        (
            '[ambient]\ntemprature = { value = 1, unit = "degC", origin = "assumed" }',
            ["ambient.temprature", 'mean "temperature"'],
        ),
        ("[ambient]\ntemperature = 21", ["ambient.temperature", 'unit = "degC"']),
        (
            '[ambient]\ntemperature = { value = 21, unit = "K", origin = "assumed" }',
            ["ambient.temperature", 'the unit is "K", not "degC"'],
        ),
        (
            '[ambient]\ntemperature = { value = 21, unit = "degC", origin = "documented" }',
            ["ambient.temperature", "documented"],
        ),
        (
            '[ambient]\ntemperature = { value = "warm", unit = "degC", origin = "assumed" }',
            ["ambient.temperature", "must be a number"],
        ),
        (
            '[part]\nheat_capacity = { value = 0, unit = "J/K", origin = "assumed" }',
            ["part.heat_capacity"],
        ),
        (
            '[part]\nheat_capacity = { value = nan, unit = "J/K", origin = "assumed" }',
            ["part.heat_capacity"],
        ),
        (
            '[recipe]\nreading = { value = "slope", unit = "word", origin = "assumed" }',
            ["recipe.reading", "slope"],
        ),
    ],
)
def test_a_bad_file_names_itself_the_key_and_the_reason(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_parameters(file)
    for word in ["mine.toml", *words]:
        assert word in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: there is no such file"):
        load_parameters(tmp_path / "none.toml")
