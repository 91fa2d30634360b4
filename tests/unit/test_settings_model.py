"""The lines of the settings screen, without a screen."""

from __future__ import annotations

from xovac_tui.config import Display
from xovac_tui.ui.settings.settings_model import (
    SettingKind,
    SettingLine,
    display_lines,
    matching_lines,
    number_of,
)

LINES = list(
    display_lines(
        Display(theme="nord", ascii=True),
        {"pressure": "Torr", "theme": "xovac-light", "refresh": 1.5},
        {"display.theme": "the command line"},
        ["xovac-dark", "xovac-light", "nord"],
    )
)


def named(name: str) -> SettingLine:
    return next(line for line in LINES if line.path == ("display", name))


def test_every_key_of_the_display_has_a_line() -> None:
    assert {line.path[-1] for line in LINES if line.path} == set(Display.__struct_fields__)
    for line in LINES:
        if line.kind is SettingKind.CHOICE and line.path[-1] != "theme":
            assert getattr(Display(), line.path[-1]) in [value for value, _ in line.options]


def test_a_line_says_its_value_and_where_it_comes_from() -> None:
    assert (named("pressure").shown, named("pressure").where) == ("Torr", "settings file")
    assert (named("temperature").shown, named("temperature").where) == ("as the contract says", "default")
    assert named("theme").shown == "xovac-light"
    assert named("theme").where == "settings file; for this start the command line gave nord"
    assert named("refresh").shown == "1.5"
    assert [line.path[-1] for line in LINES if not line.at_once] == [
        "window",
        "ascii",
        "refresh",
        "log_events",
    ]


def test_lines_are_found_by_words_under_their_heading() -> None:
    assert [line.title for line in matching_lines(LINES, "unit every press")] == ["Screen", "Pressures"]
    assert matching_lines(LINES, "") == LINES
    assert matching_lines(LINES, "zebra") == []


def test_numbers_are_whole_where_the_setting_is() -> None:
    assert number_of("2,5", 2.0) == 2.5
    assert number_of("2000", 50000) == 2000
    assert isinstance(number_of("2000", 50000), int)
    assert number_of("often", 2.0) is None
