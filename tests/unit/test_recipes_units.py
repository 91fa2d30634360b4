import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.units import (
    celsius_from,
    celsius_to,
    format_duration,
    format_number,
    format_temperature,
    parse_duration,
    seconds_from,
    seconds_to,
    shown,
    spell_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("1h30", 5400),
        ("1h 30m", 5400),
        ("90 min", 5400),
        ("45min", 2700),
        ("30s", 30),
        ("1d 2h", 93600),
        ("01:30:00", 5400),
        ("100:00:01", 360001),
        ("1.5h", 5400),
        (".5h", 1800),
        ("1min30", 90),
        (" 2 Hours 5 minutes ", 7500),
        ("0s", 0),
        ("1d02h", 93600),
    ],
)
def test_durations_as_people_type_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("30", 'say "30min", "30s" or "30h"'),
        ("1,5h", "with a point"),
        ("-2h", "negative"),
        ("−2h", "negative"),
        ("01:30", "1h30"),
        ("01:60:00", "write it like"),
        ("30m 1h", "large to small"),
        ("1h 1h", "large to small"),
        ("3 weeks", 'unknown unit "weeks"'),
        ("1h90", "without a unit"),
        ("1h30 5s", "without a unit"),
        ("1d2", "without a unit"),
        ("1d2", "write it like"),
        ("nan", "is not a duration"),
        ("infh", "is not a duration"),
        ("1e3s", "unknown unit"),
        ("٣h", "is not a duration"),
        ("h", "is not a duration"),
        ("9" * 400 + "h", "characters long"),
        ("2h\x1b[31m", r"\x1b"),
    ],
)
def test_a_bad_duration_says_what_would_be_right(text: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_duration(text)
    assert hint in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=80) | st.text("0123456789.:, dhms-", max_size=20))
def test_any_text_is_a_finite_duration_or_a_sentence(text: str) -> None:
    seconds, refusal = 0.0, "fine"
    try:
        seconds = parse_duration(text)
    except RecipeError as error:
        refusal = str(error)
    assert refusal.endswith((".", "fine"))
    assert 0 <= seconds < math.inf


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0.4s"),
        (45, "45s"),
        (59.6, "1m 00s"),
        (330, "5m 30s"),
        (3599.7, "1h 00m"),
        (7500, "2h 05m"),
        (86399, "1d 00h"),
        (93600, "1d 02h"),
        (-300, "−5m 00s"),
        (math.nan, "—"),
        (math.inf, "—"),
    ],
)
def test_durations_for_the_screen(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(0, 1e8))
def test_the_screens_duration_is_right_to_half_its_smallest_unit(seconds: float) -> None:
    read = parse_duration(format_duration(seconds))
    smallest = 1 if read < 3600 else 60 if read < 86400 else 3600
    assert abs(read - seconds) <= smallest / 2 + 1e-6


@given(st.floats(0, 1e8))
def test_a_spelled_duration_is_right_to_the_millisecond(seconds: float) -> None:
    assert parse_duration(spell_duration(seconds)) == pytest.approx(seconds, abs=6e-4)


@pytest.mark.parametrize(
    ("seconds", "text"), [(10800, "3h"), (5400, "1h 30m"), (2.5, "2.5s"), (0, "0s"), (90061, "1d 1h 1m 1s")]
)
def test_spelling_leaves_out_what_is_empty(seconds: float, text: str) -> None:
    assert spell_duration(seconds) == text


@given(st.floats(-273.15, 1000), st.sampled_from(["degC", "K", "degF"]))
def test_temperatures_survive_the_round_trip(celsius: float, unit: str) -> None:
    assert celsius_from(celsius_to(celsius, unit), unit) == pytest.approx(celsius, abs=1e-9)  # type: ignore[arg-type]


@given(st.floats(0, 1e8), st.sampled_from(["s", "min", "h", "ms"]))
def test_durations_survive_the_round_trip(seconds: float, unit: str) -> None:
    assert seconds_from(seconds_to(seconds, unit), unit) == pytest.approx(seconds)  # type: ignore[arg-type]


def test_known_points() -> None:
    assert celsius_to(-40, "degF") == -40
    assert celsius_to(0, "K") == 273.15
    assert celsius_to(100, "degF") == 212
    assert seconds_to(90, "min") == 1.5
    assert seconds_to(5400, "h") == pytest.approx(1.5)
    assert seconds_to(2, "ms") == 2000


def test_numbers_for_sentences() -> None:
    assert format_temperature(-20) == "−20 °C"
    assert format_temperature(37.5) == "37.5 °C"
    assert format_number(-0.001) == "0"
    assert format_number(100, 0) == "100"


def test_shown_makes_control_characters_visible_and_cuts() -> None:
    assert shown("a\x1b[2Jb\ud800") == "a\\x1b[2Jb\\ud800"
    assert shown("x" * 100, 10) == "x" * 9 + "…"
