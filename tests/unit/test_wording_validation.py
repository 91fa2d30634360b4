"""The sentences about keys and values of a table; other tests take them from the package."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest

from xovac_tui.validation import missing_key, mistakes, other_tags_key, wrong_value


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """One key of each type."""

    truth: bool = True
    text: str = ""
    word: Literal["a", "b"] = "a"
    whole: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    number: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    texts: tuple[str, ...] = ()
    pair: tuple[float, float] = (0.0, 1.0)
    table: dict[str, int] = {}
    either: str | bool | None = None


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("truth", 1, "`truth` is 1, but it must be true or false."),
        ("text", 3, "`text` is 3, but it must be text in quotes."),
        ("text", True, "`text` is true, but it must be text in quotes."),
        ("text", date(2026, 1, 1), "`text` is a date or time, but it must be text in quotes."),
        ("text", {}, "`text` is a table, but it must be text in quotes."),
        ("text", [], "`text` is a list, but it must be text in quotes."),
        ("word", "moon", '`word` is the text "moon", but it must be one of "a", "b".'),
        ("whole", 10, "`whole` is 10, but it must be a whole number from 1 to 9."),
        ("number", 0, "`number` is 0, but it must be a number above 0."),
        (
            "number",
            10**400,
            "`number` is a number with hundreds of digits, but it must be a number above 0.",
        ),
        (
            "texts",
            "x",
            '`texts` is the text "x", but it must be a list in square brackets of text in quotes.',
        ),
        (
            "pair",
            [1],
            "`pair` is a list, but it must be a list in square brackets of 2 items, each a number.",
        ),
        ("table", 3, "`table` is 3, but it must be a table."),
        ("either", 3, "`either` is 3, but it must be text in quotes or true or false."),
    ],
)
def test_a_wrong_value_is_reported_with_what_would_be_right(key: str, value: Any, sentence: str) -> None:
    assert list(mistakes({key: value}, Wanted)) == [sentence]


def test_the_sentences_that_other_tests_take() -> None:
    assert wrong_value("a.b", 3, "x") == "`a.b` is 3, but it must be x."
    assert wrong_value("", 3, "x") == "It must be x, not 3."
    hidden = {value: wrong_value("a", value, "x", hide=True) for value in (3, "secret", True)}
    assert hidden == {
        3: "`a` is a number, but it must be x.",
        "secret": "`a` is text, but it must be x.",
        True: "`a` is true or false, but it must be x.",
    }
    assert missing_key("a.b", "x") == "`a.b` is missing; it must be x."
    assert other_tags_key("a.b", "shape", "ring", ("circle", "square")) == (
        '`a.b` is not a key of shape "ring", only of circle, square. Remove it, or change `shape`.'
    )
