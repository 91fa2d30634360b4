import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.digits import format_number
from xovac_tui.durations import (
    format_duration,
    format_whole,
    parse_duration,
    seconds_from,
    seconds_to,
    spell_duration,
    spell_exactly,
)
from xovac_tui.errors import RecipeError
from xovac_tui.quantities import (
    format_temperature,
    parse_difference,
    parse_rate,
    parse_temperature,
    spell_difference,
    spell_rate,
    spell_temperature,
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
        ("2h\x1b[31m", "␛[31m"),
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


@given(st.floats(0, 1e8), st.sampled_from(["s", "min", "h", "ms"]))
def test_durations_survive_the_round_trip(seconds: float, unit: str) -> None:
    assert seconds_from(seconds_to(seconds, unit), unit) == pytest.approx(seconds)  # type: ignore[arg-type]


def test_known_points() -> None:
    assert seconds_to(90, "min") == 1.5
    assert seconds_to(5400, "h") == pytest.approx(1.5)
    assert seconds_to(2, "ms") == 2000


def test_numbers_for_sentences() -> None:
    assert format_temperature(-20) == "−20 °C"
    assert format_temperature(37.5) == "37.5 °C"
    assert format_number(-0.001) == "0"
    assert format_number(100, 0) == "100"


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("-20C", -20),
        ("−20 °C", -20),
        ("–20", -20),
        ("- 20", -20),
        ("253.15 K", -20),
        ("-4F", -20),
        ("212 °f", 100),
        ("+37.5", 37.5),
        (".5", 0.5),
        ("20.", 20),
        ("-20 deg C", -20),
        ("300 kelvin", 26.85),
        ("-0", 0),
        ("2e2", 200),
    ],
)
def test_temperatures_as_people_type_them(text: str, celsius: float) -> None:
    assert parse_temperature(text) == celsius


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is empty"),
        ("warm", "is not a temperature"),
        ("20,5", "with a point"),
        ("20 min", 'unknown unit "min"'),
        ("20 °R", 'unknown unit "°r"'),
        ("1e999", "far too large"),
        ("--2", "is not a temperature"),
        ("nan", "is not a temperature"),
        ("٣", "is not a temperature"),
        ("1" * 99, "characters long"),
        ("2\x1b[31m", "␛[31m"),
    ],
)
def test_a_bad_temperature_says_what_would_be_right(text: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_temperature(text)
    assert hint in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1.5 K/min", 1.5),
        ("1.5", 1.5),
        ("90 K/h", 1.5),
        ("0.02 K/s", 1.2),
        ("1.5 °C/min", 1.5),
        ("1.5C / minute", 1.5),
        ("1 K per hour", 0.016666667),
        ("3.6 F/min", 2),
        ("2/min", 2),
    ],
)
def test_rates_as_people_type_them(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is empty"),
        ("-1 K/min", "is negative"),
        ("1.5 K", "in which time"),
        ("5 min", "in which time"),
        ("1 K/week", 'unknown time "week"'),
        ("1 x/min", 'unknown unit "x"'),
        ("1,5 K/min", "with a point"),
        ("fast", "is not a rate"),
    ],
)
def test_a_bad_rate_says_what_would_be_right(text: str, hint: str) -> None:
    with pytest.raises(RecipeError, match=hint):
        parse_rate(text)


def test_differences_have_no_zero_point() -> None:
    assert [parse_difference(text) for text in ("2", "2 K", "2 °C", "3.6 °F")] == [2, 2, 2, 2]
    with pytest.raises(RecipeError, match="unknown unit"):
        parse_difference("2 min")


@given(st.text(max_size=70) | st.text("0123456789.,e-+°CKF/ minhs", max_size=20))
def test_any_text_is_a_finite_value_or_a_sentence(text: str) -> None:
    for parse in (parse_temperature, parse_rate, parse_difference):
        value, refusal = 0.0, "fine"
        try:
            value = parse(text)
        except RecipeError as error:
            refusal = str(error)
        assert refusal.endswith((".", "fine"))
        assert math.isfinite(value)


@given(st.floats(-273.15, 1000), st.floats(0.001, 1000), st.floats(0.1, 365 * 86400))
def test_a_field_gives_back_the_very_number_it_shows(celsius: float, rate: float, seconds: float) -> None:
    assert parse_temperature(spell_temperature(celsius)) == celsius
    assert parse_difference(spell_difference(celsius)) == celsius
    assert parse_rate(spell_rate(rate)) == rate
    assert parse_duration(spell_exactly(seconds)) == seconds


def test_how_fields_show_values() -> None:
    assert spell_temperature(-20.0) == "-20 °C"
    assert spell_rate(1.5) == "1.5 K/min"
    assert spell_difference(2) == "2 K"
    assert spell_exactly(5400) == "1h 30m"
    assert spell_exactly(0.10000000001) == "0.10000000001s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (600, "10 min"),
        (90, "90 s"),
        (5400, "90 min"),
        (86400, "24 h"),
        (172800, "2 d"),
        (0.5, "0.5 s"),
        (0, "0 s"),
    ],
)
def test_a_time_in_one_unit_is_exact(seconds: float, words: str) -> None:
    assert format_whole(seconds) == words
