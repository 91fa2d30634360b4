"""Evaluates an expression on what a chamber reports, in three values: true, false, and unknown."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from xovac_tui.digits import digits
from xovac_tui.displayunits import Phrase, worded
from xovac_tui.expressions.tokens import ExpressionError
from xovac_tui.expressions.tree import (
    Arithmetic,
    Asked,
    Call,
    Compared,
    Joined,
    Known,
    Literal,
    Minus,
    Node,
    Not,
    Number,
    Text,
    Wanted,
    What,
    spell,
    spell_name,
)
from xovac_tui.text import clean
from xovac_tui.units import (
    DIFFERENCE,
    NONE,
    TEMPERATURE,
    Unit,
    difference_of,
    temperature_of,
    unit_of,
)

_FREE = Unit("", "free")
"""Of a number that was written without a unit: it is in that of what it meets."""
_LONGEST = 40
"""Characters of a text that are shown."""
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ON, _OFF = ("on", "true", "1"), ("off", "false", "0")


class ValueReading(msgspec.Struct, frozen=True):
    """What a chamber reports about one thing that is asked."""

    value: float | bool | str | None = None
    """None: unknown, because it is stale, no usable number, or never came."""
    unit: str = ""
    log: bool = False
    """The number is written with an exponent."""
    why: str = ""
    """Why it is unknown, or what else is to be said of it; no whole sentence."""
    problem: str = ""
    """Why it cannot be asked at all, as a sentence."""


class Values(Protocol):
    """What an expression is worked out from."""

    def read(self, wanted: Wanted) -> ValueReading:
        """Return what the chamber reports about this now."""
        ...


class MovingValues(Values, Protocol):
    """Values of one moment after the other."""

    def at(self, utc: float, mono: float) -> None:
        """Answer for this moment from now on, UTC and monotonic seconds."""
        ...


class Amount(msgspec.Struct, frozen=True):
    """A number with its unit; the value is None where it is unknown."""

    value: float | None
    unit: Unit
    written: bool = False
    """It is in the expression itself: `20 degC` and `5 K` may be a temperature or a difference."""


class TextValue(msgspec.Struct, frozen=True):
    """Text; None where it is unknown."""

    value: str | None


class Truth(msgspec.Struct, frozen=True):
    """True, false, or None: unknown."""

    value: bool | None


class NeverReceived(msgspec.Struct, frozen=True):
    """Something that never came: it may be a number, text, or a switch."""

    value: None = None


Result = Amount | TextValue | Truth | NeverReceived


class Evaluation:
    """One working out of an expression; `text` is for the places of mistakes."""

    def __init__(self, text: str, values: Values) -> None:
        self._text = text
        self._read = values.read

    def result(self, node: Node) -> Result:
        """Return what a node comes to; ExpressionError where its parts do not go together."""
        match node:
            case Asked():
                return self._asked(node)
            case Number(number, unit):
                return Amount(number, _written(unit), True)
            case Compared():
                return Truth(self._compared(node))
            case Joined(word, parts):
                truths = [self.truth(part) for part in parts]
                # One false part decides an `and`, one true part an `or`, whatever is unknown.
                decisive = word == "or"
                if decisive in truths:
                    return Truth(decisive)
                return Truth(None if None in truths else not decisive)
            case Not(of):
                opposite = self.truth(of)
                return Truth(None if opposite is None else not opposite)
            case Arithmetic():
                return self._arithmetic(node)
            case Minus(of):
                amount = self._amount(of)
                negative = None if amount.value is None else -amount.value
                # The negative of 20 °C is no temperature that anybody measures.
                return Amount(negative, NONE if amount.unit.dimension == TEMPERATURE else amount.unit)
            case Call():
                return self._call(node)
            case Known(of):
                return Truth(self.result(of).value is not None)
            case Text(text):
                return TextValue(text)
            case Literal(truth):
                return Truth(truth)

    def truth(self, node: Node) -> bool | None:
        """Return whether a condition is true; None: unknown."""
        result = self.result(node)
        match result:
            case Truth(value):
                return value
            case NeverReceived():
                return None
            case TextValue():
                raise self._error(f'{spell(node)} is text. Compare it, as in == "...".', node)
            case Amount():
                raise self._error(f"{spell(node)} is a number. Compare it, as in > 0.", node)

    def _error(self, sentence: str, node: Node) -> ExpressionError:
        return ExpressionError(sentence, self._text, node.at)

    def _asked(self, node: Asked) -> Result:
        reading = self._read(node.wanted)
        if reading.problem:
            raise self._error(reading.problem, node)
        value = reading.value
        if isinstance(value, str):
            return TextValue(value)
        if isinstance(value, bool):
            return Truth(value)
        if value is None and node.wanted.what is What.STABLE:
            return Truth(None)
        if value is None and not reading.unit:
            return NeverReceived()
        return Amount(value, unit_of(reading.unit))

    # -- numbers --------------------------------------------------------------------------------------

    def _amount(self, node: Node) -> Amount:
        result = self.result(node)
        match result:
            case Amount():
                return result
            case NeverReceived():
                # Whatever comes there, the rest is unknown until it does.
                return Amount(None, _FREE)
            case TextValue():
                raise self._error(f"{spell(node)} is text, and a number is needed here.", node)
            case Truth():
                raise self._error(f"{spell(node)} is true or false, and a number is needed here.", node)

    def _arithmetic(self, node: Arithmetic) -> Amount:
        left, right = self._amount(node.left), self._amount(node.right)
        if node.sign in "*/":
            return self._product(node.sign, left, right)
        warm = TEMPERATURE in (left.unit.dimension, right.unit.dimension)
        if warm:
            return self._warmer(node, left, right)
        one, two, unit = self._same(node, left, right)
        return Amount(_worked(operator.add if node.sign == "+" else operator.sub, one, two), unit)

    def _warmer(self, node: Arithmetic, left: Amount, right: Amount) -> Amount:
        """Add to a temperature, or take from one: another temperature leaves a difference."""
        adds, degrees = node.sign == "+", (DIFFERENCE, _FREE.dimension)
        worked = operator.add if adds else operator.sub
        if left.unit.dimension == TEMPERATURE and right.unit.dimension in degrees:
            one, two, _ = self._same(node, Amount(left.value, difference_of(left.unit)), right)
            return Amount(_worked(worked, one, two), left.unit)
        if adds and right.unit.dimension == TEMPERATURE and left.unit.dimension in degrees:
            two, one, _ = self._same(node, Amount(right.value, difference_of(right.unit)), left)
            return Amount(_worked(worked, one, two), right.unit)
        if left.unit.dimension not in (TEMPERATURE, _FREE.dimension) or right.unit.dimension != TEMPERATURE:
            raise self._clash(node, left, right)
        if adds:
            raise self._error(
                "Two temperatures cannot be added. Their mean is mean(a, b); a difference is written in K.",
                node,
            )
        one, two, unit = self._same(node, left, right)
        return Amount(_worked(worked, one, two), difference_of(unit))

    def _product(self, sign: str, left: Amount, right: Amount) -> Amount:
        unit, one, two = NONE, left.value, right.value
        bare = (_FREE.dimension, NONE.dimension)
        if right.unit.dimension in bare:
            unit = right.unit if left.unit is _FREE else left.unit
        elif sign == "/" and left.unit.dimension == right.unit.dimension:
            two = None if two is None else right.unit.to(left.unit, two)
        elif left.unit.dimension in bare and sign == "*":
            unit = right.unit
        # Twice 20 °C is no temperature, and the product of other units is not defined.
        if unit.dimension == TEMPERATURE:
            unit = NONE
        return Amount(_worked(operator.mul if sign == "*" else _divided, one, two), unit)

    def _call(self, node: Call) -> Amount:
        amounts = [self._amount(argument) for argument in node.arguments]
        if node.name == "abs":
            (one,) = amounts
            if one.unit.dimension == TEMPERATURE:
                raise self._error("abs() of a temperature means nothing; take it of a difference.", node)
            return Amount(None if one.value is None else abs(one.value), one.unit)
        values: list[float | None] = []
        # What has a unit decides in which the others are meant.
        first = min(amounts, key=lambda one: (one.unit is _FREE, one.written))
        for amount in amounts:
            _, value, _ = self._same(node, first, amount)
            values.append(value)
        return Amount(_of_all(node.name, values), first.unit)

    def _same(
        self, node: Arithmetic | Call | Compared, left: Amount, right: Amount
    ) -> tuple[float | None, float | None, Unit]:
        """Return both values in the unit of the left one (or of the one that has a unit)."""
        one, two = left.unit, right.unit
        if _FREE in (one, two):
            return left.value, right.value, two if one is _FREE else one
        if one.dimension != two.dimension:
            # `5 K` is a temperature beside a thermometer, `2 degC` a difference beside a difference.
            for meant in (difference_of, temperature_of):
                if right.written and meant(two).dimension == one.dimension:
                    two = meant(two)
                elif left.written and meant(one).dimension == two.dimension:
                    one = meant(one)
        if one.dimension != two.dimension:
            raise self._clash(node, left, right)
        return left.value, None if right.value is None else two.to(one, right.value), one

    def _clash(self, node: Arithmetic | Call | Compared, left: Amount, right: Amount) -> ExpressionError:
        names = [one.unit.name for one in (left, right)]
        if all(names):
            if names[0] == names[1]:
                names = [f"{one.unit.name} ({one.unit.dimension})" for one in (left, right)]
            return self._error(f"{names[0]} and {names[1]} do not go together here.", node)
        sides = node.arguments if isinstance(node, Call) else (node.left, node.right)
        bare = next(spell(side) for side in sides if self._amount(side).unit == NONE)
        return self._error(
            f"{bare} has no unit, so it does not go with {names[0] or names[1]}. "
            "Leave that unit away, or give the channel one in a contract file.",
            node,
        )

    # -- comparisons ----------------------------------------------------------------------------------

    def _compared(self, node: Compared) -> bool | None:
        left, right = self.result(node.left), self.result(node.right)
        match left, right:
            case Amount(), Amount():
                one, two, _ = self._same(node, left, right)
                return None if one is None or two is None else _COMPARE[node.sign](one, two)
            case (NeverReceived(), _) | (_, NeverReceived()):
                return None
        if node.sign not in ("==", "!="):
            raise self._error(f"Only numbers are compared by {node.sign}.", node)
        same = self._equal(node, left, right)
        return same if same is None or node.sign == "==" else not same

    def _equal(self, node: Compared, left: Result, right: Result) -> bool | None:
        """Compare text without regard to case, and a switch with `on`, `off`, 1, 0 or another one."""
        match left, right:
            case TextValue(one), TextValue(two):
                return None if one is None or two is None else one.casefold() == two.casefold()
            case Truth(one), Truth(two):
                return None if one is None or two is None else one is two
            case (Truth(switch), other) | (other, Truth(switch)):
                word = other.value if isinstance(other, TextValue) else None
                if isinstance(other, Amount) and other.value is not None:
                    word = digits(other.value)
                if word is None:
                    return None
                if word.casefold() in (*_ON, *_OFF):
                    return None if switch is None else switch is (word.casefold() in _ON)
        raise self._error(f"{spell(node.left)} and {spell(node.right)} are of different kinds.", node)


def _written(name: str) -> Unit:
    """Return the unit of a number in an expression; K is a difference until it meets a temperature."""
    unit = unit_of(name)
    if unit is NONE:
        return _FREE
    return difference_of(unit) if unit.name == "K" else unit


def reported(values: Values, asked: Sequence[Asked]) -> Phrase:
    """Return what the chamber reports of these: `plate_a 84.2 degC, pressure unknown (stale)`."""
    said: dict[Wanted, Phrase] = {}
    for one in asked:
        if one.wanted not in said:
            between = (", ",) if said else ()
            said[one.wanted] = (*between, *_spell_reading(one.wanted, values.read(one.wanted)))
    return tuple(part for phrase in said.values() for part in phrase)


def _spell_reading(wanted: Wanted, reading: ValueReading) -> Phrase:
    name = wanted.name if wanted.what is What.WORD else spell_name(wanted.name)
    if wanted.what not in (What.CHANNEL, What.STABLE, What.WORD):
        name = f"{wanted.what}({name})"
    value: str | Phrase
    match reading.value:
        case None:
            value = "unknown"
        case bool(switch):
            yes, no = ("stable", "not stable") if wanted.what is What.STABLE else ("on", "off")
            value = yes if switch else no
        case str(text):
            value = f'"{clean(text, _LONGEST)}"'
        case number:
            # A step is 3, not 3.000.
            plain = not reading.unit and not reading.log and number.is_integer() and abs(number) < 1e6
            value = digits(number, ".0f") if plain else worded(number, reading.unit, log=reading.log)
    why = (f" ({reading.why})",) if reading.why else ()
    return (f"{name} ", *((value,) if isinstance(value, str) else value), *why)


def _of_all(name: str, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if name == "mean":
        return _finite(sum(value / len(known) for value in known))
    return min(known) if name == "min" else max(known)


def _worked(how: Callable[[float, float], float], one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else _finite(how(one, two))


def _divided(one: float, two: float) -> float:
    return one / two if two else math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
