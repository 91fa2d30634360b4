"""The language of conditions: what it means, what is refused and where, and that nothing unknown is true."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.expressions import (
    Expression,
    ExpressionError,
    ValueReading,
    Wanted,
    What,
    parse,
    parse_condition,
)
from xovac_tui.expressions.tokens import LONGEST
from xovac_tui.expressions.tree import spell

T = TypeVar("T")


class Given:
    """Answers from tables; what is in none is unknown."""

    def __init__(self, **channels: Any) -> None:
        self.channels: dict[str, Any] = channels
        self.words: dict[str, Any] = {"link": "ONLINE", "state": None, "step": 3.0, "elapsed": (90.0, "s")}
        self.others: dict[Wanted, ValueReading] = {}

    def read(self, wanted: Wanted) -> ValueReading:
        if wanted.what is What.CHANNEL or wanted.what is What.WORD:
            table: Mapping[str, Any] = self.channels if wanted.what is What.CHANNEL else self.words
            found = table.get(wanted.name)
            return ValueReading(*found) if isinstance(found, tuple) else ValueReading(found)
        return self.others.get(wanted, ValueReading(why="too few data"))


BENCH = Given(
    plate_a=(21.5, "degC"),
    plate_b=(20.0, "degC"),
    hot=(80.0, "degF"),
    cold=(250.0, "K"),
    pressure=(3e-4, "mbar", True),
    gone=(None, "degC"),
    volt=(5.0, "V"),
    ampere=(2.0, "A"),
    humidity=(45.0, "%"),
    pump=True,
    mode="idle",
    **{"sensor_data.x.1": 3.0, "odd-name": 4.0, "state": 7.0},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plate_a > 20", True),
        ("plate_a > 20 degC and pressure < 1e-3", True),
        ("plate_a>22 or pressure<1e-3mbar", True),
        ("pressure < 0.05 Pa", True),
        ("pressure < 0.02 Pa", False),
        ("pressure < 3e-4 Torr", True),
        ("plate_a > 294 K", True),
        ("plate_a > 295 K", False),
        ("plate_a <= 294.65 K", True),
        ("hot > 26 degC", True),
        ("hot > 27 °C", False),
        ("cold < -20 °C", True),
        ("hot > plate_a", True),
        ("plate_a - plate_b", 1.5),
        ("plate_a - plate_b < 2 K", True),
        ("abs(plate_b - plate_a) < 2 degC", True),
        ("hot - plate_a", 80 - 70.7),
        ("hot - plate_a < 5.2 K", True),
        ("plate_a + 5 K", 26.5),
        ("5 K + plate_a", 26.5),
        ("9 degF - 0 degF + plate_b", 25.0),
        ("plate_a + 5", 26.5),
        ("5 - plate_b", -15.0),
        ("hot - 9 K", 80 - 16.2),
        ("mean(plate_a, plate_b)", 20.75),
        ("mean(plate_a, hot, 20 degC) > 22", True),
        ("max(plate_a, 300 K)", 26.85),
        ("min(3, sensor_data.x.1, 2)", 2.0),
        ("-plate_a", -21.5),
        ("2 + 3 * 4 - 10 / 4", 11.5),
        ("(2 + 3) * 4", 20.0),
        ("2 - 3 - 4", -5.0),
        ("- - 5", 5.0),
        ("1 / 0", None),
        ("1e300 * 1e300", None),
        ("volt * ampere > 9", True),
        ("plate_a / plate_b > 1", True),
        ("humidity < 50", True),
        ("humidity < 50 %", True),
        ("elapsed > 1 min and elapsed < 0.1 h", True),
        ("elapsed == 90", True),
        ("pump", True),
        ("not pump", False),
        ('pump == "on" and pump == 1 and pump == true and pump != "off"', True),
        ('mode == "IDLE"', True),
        ('mode != "running"', True),
        ('link == "online"', True),
        ("step >= 3", True),
        ("`state` == 7", True),
        ("`odd-name` == 4", True),
        ("sensor_data.x.1 ≥ 3", True),
        ("plate_a > −20", True),
        ("TRUE AND NOT false", True),
        ("not plate_a > 20 or true", True),
        # Nothing unknown is true, and nothing is made of it that is not true whatever it is.
        ("gone > 3", None),
        ("not gone > 3", None),
        ("gone != 3", None),
        ("never == 1", None),
        ('never == "x"', None),
        ("never", None),
        ("gone > 3 or plate_a > 3", True),
        ("gone > 3 and plate_a < 3", False),
        ("gone > 3 and plate_a > 3", None),
        ("max(gone, plate_a)", None),
        ("mean(plate_a, gone)", None),
        ("known(gone)", False),
        ("known(plate_a) and not known(never)", True),
        ("known(gone - plate_a)", False),
        ('state == "RUNNING"', None),
        ('state != "RUNNING"', None),
        ('state == "UNKNOWN"', True),
        ('"unknown" != state', False),
    ],
)
def test_what_it_means(text: str, value: float | bool | None) -> None:
    found = parse(text).quantity(BENCH)[0]
    if isinstance(value, bool) or value is None:
        assert found is value
    else:
        assert found == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "empty"),
        ("  ", 1, "empty"),
        ("plate_a >", 10, "missing at the end"),
        ("plate_a > 3 and", 16, "missing at the end"),
        ("(plate_a > 3", 1, "not closed"),
        ("plate_a > 3)", 12, "closes none"),
        ('mode == "idle', 9, 'This " is open'),
        ("`odd > 3", 1, "This ` is open"),
        ("plate_a = 3", 9, "Write =="),
        ("plate_a && pump", 9, "Write and"),
        ("!pump", 1, "Write not"),
        ("mode == 'idle'", 9, "double quote"),
        ("plate_a 3", 9, "operator"),
        ("3 plate_a > 5", 3, "plate_a is not a unit"),
        ("1 < plate_a < 3", 13, "a < b and b < c"),
        ("plate_a > not 3", 11, "brackets around"),
        ("plate_a + pump > 3 and 5", 24, "true or false"),
        ("not 5", 5, "true or false"),
        ("5 + (plate_a > 3)", 6, "A number is needed"),
        ("odd-name# > 3", 9, "backquotes"),
        ("1e999 > plate_a", 1, "too large"),
        ("stabel(plate_a)", 1, 'Did you mean "stable"'),
        ("stable(plate_a)", 1, "what stable is"),
        ("stable(5, 1 K/h)", 8, "by its name"),
        ("stable(plate_a, 0 K/h)", 17, "above 0"),
        ("stable(plate_a, 5 mbar)", 17, "above 0"),
        ('stable(plate_a, "x", 5 min)', 22, "its own window"),
        ("stable(plate_a, 1 K, 5 K)", 22, "A time above 0"),
        ("rate(plate_a, 5 min)", 15, "only a channel"),
        ("per_hour(plate_a, 5 min, 3)", 26, "a window"),
        ("abs(1, 2)", 8, "one value"),
        ("min()", 1, "in its brackets"),
        ("min(1, 2", 9, "not closed"),
        ('state == "RUNING"', 10, 'Did you mean "RUNNING"'),
        ('link == "UP"', 9, "ONLINE"),
        ("((((" * 20, 32, "nested"),
        ("1" + "+1" * 101, 202, "operators"),
        ("x" * (LONGEST + 1), LONGEST + 1, "characters"),
    ],
)
def test_a_mistake_is_reported_with_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(said)) as error:
        parse(text)
    assert error.value.column == column
    assert error.value.exit_code == 2
    if text.strip():
        *_, shown, arrow = str(error.value).split("\n")
        assert arrow.strip() == "^"
        # The arrow stands under the character, also where the text is cut.
        at = arrow.index("^")
        assert shown[at : at + 1] == text[column - 1 : column]


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("pressure < 3 K", 10, "mbar and K"),
        ("plate_a > 3 mabr", 9, "degC and mabr"),
        ("plate_a + plate_b > 3", 9, "mean(a, b)"),
        ("sensor_data.x.1 > 3 K", 17, "sensor_data.x.1 has no unit"),
        ("plate_a * 2 > 50 degC", 13, "plate_a * 2 has no unit"),
        ("abs(plate_a) > 3", 1, "of a difference"),
        ("3 K - plate_a > 3", 5, "do not go together"),
        ("volt > 5 A", 6, "V and A"),
        ("mode > 3", 6, "Only numbers"),
        ("mode + 1 > 3", 1, "is text"),
        ("pump + 1 > 3", 1, "true or false"),
        ("plate_a and pump", 1, "Compare it"),
        ("mode and pump", 1, "is text"),
        ("mode == 3", 6, "different kinds"),
        ('plate_a == "idle"', 9, "different kinds"),
        ("link > 3", 6, "Only numbers"),
    ],
)
def test_what_does_not_go_together_is_reported_with_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(said)) as error:
        parse(text).quantity(BENCH)
    assert error.value.column == column


def test_units_are_checked_before_anything_comes() -> None:
    nothing = Given(pressure=(None, "mbar"))
    with pytest.raises(ExpressionError, match="mbar and K"):
        parse("never > 3 and pressure < 3 K").true(nothing)


@pytest.mark.parametrize(
    "text", ["plate_a", "pump", "plate_a > 3", "true", "stable(plate_a, 1 K/h)", "not x"]
)
def test_what_may_be_waited_for(text: str) -> None:
    assert parse_condition(text).text == text


@pytest.mark.parametrize("text", ["5", "plate_a - 3", "step", '"x"', "rate(plate_a)", "min(1, 2)"])
def test_a_number_is_no_condition(text: str) -> None:
    with pytest.raises(ExpressionError, match="not a condition"):
        parse_condition(text)


def test_what_it_asks_of_the_chamber() -> None:
    found = parse(
        'stable(a, 60 K/h, 30 min) or stable(b, 2 K) or stable(b, "x y") or per_hour(c, 1 h) > rate(d) '
        'or age(`e-f`) > 3 s or link == "LOST" or a > 3'
    )
    assert found.wanted == (
        Wanted(what=What.STABLE, name="a", rate=60.0, over=1800.0),
        Wanted(what=What.STABLE, name="b", within=2.0),
        Wanted(what=What.STABLE, name="b", criterion="x y"),
        Wanted(what=What.PER_HOUR, name="c", over=3600.0),
        Wanted(what=What.RATE, name="d"),
        Wanted(what=What.AGE, name="e-f"),
        Wanted(what=What.WORD, name="link"),
        Wanted(what=What.CHANNEL, name="a"),
    )
    assert found.channels == ("a", "b", "c", "d", "e-f")
    (minute,) = parse("stable(a, 1 K/min)").wanted
    assert minute.rate == 60.0


def quantity(expression: Expression) -> tuple[float | bool | None, str]:
    value, unit = expression.quantity(BENCH)
    return value, unit.name


def test_a_derived_value_has_a_unit() -> None:
    assert quantity(parse("plate_a - plate_b")) == (1.5, "K")
    assert quantity(parse("max(plate_a, plate_b)")) == (21.5, "degC")
    assert quantity(parse("volt * ampere")) == (10.0, "")
    assert quantity(parse("pressure * 2")) == (6e-4, "mbar")
    assert quantity(parse("gone - plate_a")) == (None, "K")


def test_the_parts_say_what_they_were_worked_out_from() -> None:
    bench = Given(**BENCH.channels)
    bench.others[Wanted(what=What.STABLE, name="plate_a", rate=1.0)] = ValueReading(False, why="5m of 30m")
    parts = parse("stable(plate_a,1K/h) and (pressure<1e-3 or pump) and gone>3 and step==3").parts(bench)
    assert [(part.text, part.true, part.reported) for part in parts] == [
        ("stable(plate_a, 1 K/h)", False, "plate_a not stable (5m of 30m)"),
        ("pressure < 0.001 or pump", True, "pressure 3.0e-04 mbar, pump on"),
        ("gone > 3", None, "gone unknown"),
        ("step == 3", True, "step 3"),
    ]


def test_a_text_of_the_server_is_cleaned() -> None:
    (part,) = parse('mode == "x"').parts(Given(mode="\x1b[2J" + "y" * 100))
    assert part.reported.isprintable()
    assert len(part.reported) < 60


# -- against a plain reference --------------------------------------------------------------------------

_NAMES = ("a", "b", "unknown")
_CHANNELS = st.fixed_dictionaries({"a": st.integers(-9, 9), "b": st.integers(-9, 9)})
_Tree = tuple[Any, ...]
_numbers: st.SearchStrategy[_Tree] = st.recursive(
    st.tuples(st.just("number"), st.integers(0, 9)) | st.tuples(st.just("name"), st.sampled_from(_NAMES)),
    lambda inner: (
        st.tuples(st.sampled_from("+-*/"), inner, inner)
        | st.tuples(st.just("minus"), inner)
        | st.tuples(st.sampled_from(("min", "max")), inner, inner)
        | st.tuples(st.just("abs"), inner)
    ),
    max_leaves=6,
)
_conditions: st.SearchStrategy[_Tree] = st.recursive(
    st.tuples(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), _numbers, _numbers)
    | st.tuples(st.sampled_from(("true", "false"))),
    lambda inner: (
        st.tuples(st.sampled_from(("and", "or")), inner, inner)
        | st.tuples(st.just("not"), inner)
        | st.tuples(st.just("known"), inner)
    ),
    max_leaves=6,
)


def _written(tree: _Tree) -> str:
    """Return a tree as text with every bracket that there could be."""
    kind, *of = tree
    match kind:
        case "number" | "name":
            return str(of[0])
        case "true" | "false":
            return str(kind)
        case "minus":
            return f"(-({_written(of[0])}))"
        case "not":
            return f"(not ({_written(of[0])}))"
        case "min" | "max" | "abs" | "known":
            return f"{kind}({', '.join(map(_written, of))})"
    return f"({_written(of[0])} {kind} {_written(of[1])})"


_TWO: dict[str, Callable[[float, float], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y if y else None,
    "min": min,
    "max": max,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}


def _plain(tree: _Tree, channels: Mapping[str, int]) -> Any:
    """Work a tree out in the plainest way; None is unknown."""
    kind, *of = tree
    match kind:
        case "number":
            return float(of[0])
        case "name":
            found = channels.get(of[0])
            return None if found is None else float(found)
        case "true" | "false":
            return kind == "true"
    values = [_plain(part, channels) for part in of]
    match kind:
        case "and":
            return False if False in values else None if None in values else True
        case "or":
            return True if True in values else None if None in values else False
        case "known":
            return values[0] is not None
    if None in values:
        return None
    match kind:
        case "minus":
            return -values[0]
        case "abs":
            return abs(values[0])
        case "not":
            return not values[0]
    return _TWO[kind](*values)


@given(tree=_conditions | _numbers, channels=_CHANNELS)
def test_it_agrees_with_a_plain_reference(tree: _Tree, channels: dict[str, int]) -> None:
    values = Given(**{name: float(value) for name, value in channels.items()})
    expected = _plain(tree, channels)
    found = parse(_written(tree))
    assert found.quantity(values)[0] == expected
    # With only the brackets that it needs it means the same.
    assert parse(spell(found.node)).quantity(values)[0] == expected


_PIECES = st.sampled_from(
    [
        *("and", "or", "not", "(", ")", ",", "<", "<=", "==", "!=", "+", "-", "*", "/", "true", "≥", "−"),
        *("a", "pump", "mode", "gone", "`x y`", "sensor_data.x.1", "state", "link", "elapsed", "never"),
        *("1", "2.5", "1e-3", "5 K", "20 degC", "3 mbar", "10 min", "1 K/h", "50 %", '"idle"', '"RUNNING"'),
        *(
            "stable(a,",
            "stable(a, 1 K/h)",
            "rate(a)",
            "per_hour(a, 5 min)",
            "age(a)",
            "abs(",
            "mean(",
            "known(",
        ),
        *("`", '"', "=", "&", "#", "\x1b", "𝒳", "٣", "."),
    ]
)


def _twice(text: str) -> tuple[Expression, Expression]:
    found = parse(text)
    return found, parse(spell(found.node))


def _tried(text: str, work: Callable[[], T]) -> T | None:
    """Return what some work comes to; None where it is refused, which must be with a place."""
    try:
        return work()
    except ExpressionError as refused:
        error = refused
    assert 1 <= error.column <= len(text) + 1
    assert all(line.isprintable() for line in str(error).split("\n"))
    return None


@given(
    text=st.text(max_size=40)
    | st.lists(_PIECES, max_size=12).map(" ".join)
    | st.lists(_PIECES, max_size=8).map("".join)
)
@examples(400)
def test_whatever_is_typed_is_understood_or_refused_with_a_place(text: str) -> None:
    bench = Given(a=(21.5, "degC"), **BENCH.channels)
    both = _tried(text, lambda: _twice(text))
    if both is None:
        return
    found, again = both
    bare = [re.sub(r"\bat=\d+", "", repr(one.node)) for one in (found, again)]
    assert bare[0] == bare[1]
    assert spell(again.node) == spell(found.node)
    value = _tried(text, lambda: found.quantity(bench)[0])
    assert value is None or isinstance(value, bool) or math.isfinite(value)


def test_the_manual_is_right() -> None:
    """Whatever the manual shows as an expression is one."""
    page = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    waited = re.findall(r"--until\s+(?:'([^'\n]+)'|\"([^\"\n]+)\")", page)
    shown = [one or two.replace("$step", "2") for one, two in waited]
    shown.remove("pressure < 3 K")
    with pytest.raises(ExpressionError):
        parse("pressure < 3 K").true(BENCH)
    # Functions with a unit or a name in them, and whole conditions, as the tables have them.
    shown += [one for one in re.findall(r"`([a-z_]+\([^`]*\)[^`]*)`", page) if "..." not in one]
    shown += re.findall(r"`(plate_a [^`]+|state == [^`]+|not [^`]+)`", page)
    assert len(shown) > 15
    for text in shown:
        assert parse(text).wanted, text
