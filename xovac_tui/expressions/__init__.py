"""A small language for conditions and derived values: parsed by hand, bounded, without any of Python's own.

Whatever is stale, damaged or missing is unknown, and nothing unknown ever counts as true.
"""

from __future__ import annotations

import msgspec

from xovac_tui.displayunits import DisplayUnits, Phrase
from xovac_tui.expressions.evaluation import (
    Amount,
    Evaluation,
    MovingValues,
    NeverReceived,
    TextValue,
    Truth,
    ValueReading,
    Values,
    reported,
)
from xovac_tui.expressions.parser import Parser
from xovac_tui.expressions.tokens import ExpressionError
from xovac_tui.expressions.tree import Joined, Node, Wanted, What, asked, condition, spell
from xovac_tui.units import NONE, Unit

__all__ = [
    "ConditionPart",
    "Expression",
    "ExpressionError",
    "MovingValues",
    "ValueReading",
    "Values",
    "Wanted",
    "What",
    "parse",
    "parse_condition",
]

_FOR_SCRIPTS = DisplayUnits(plain_above=0.0)


class ConditionPart(msgspec.Struct, frozen=True):
    """One of the conditions that must be true together."""

    text: str
    true: bool | None
    """None: unknown."""
    phrase: Phrase
    """What it was worked out from: `pressure 3.1e-04 mbar`."""

    @property
    def reported(self) -> str:
        """The same in the units of the contract, pressures with an exponent."""
        return _FOR_SCRIPTS.phrase(self.phrase)


class Expression(msgspec.Struct, frozen=True):
    """An expression that was understood."""

    text: str
    """As it was written."""
    node: Node
    wanted: tuple[Wanted, ...]
    """All that it asks of the chamber, each once, in order."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that it asks for, each once, as they are written."""
        return tuple(dict.fromkeys(one.name for one in self.wanted if one.what is not What.WORD))

    def quantity(self, values: Values) -> tuple[float | bool | None, Unit]:
        """Return the number or truth that it comes to (None: unknown), and the unit of the number.

        ExpressionError where units or kinds do not go together.
        """
        result = Evaluation(self.text, values).result(self.node)
        match result:
            case Amount(value, unit):
                return value, unit
            case Truth(truth):
                return truth, NONE
            case NeverReceived():
                return None, NONE
            case TextValue():
                raise ExpressionError("This is text, and a number is needed here.", self.text, self.node.at)

    def true(self, values: Values) -> bool | None:
        """Return whether the condition is true; None: unknown. ExpressionError where it is none."""
        return Evaluation(self.text, values).truth(self.node)

    def parts(self, values: Values) -> tuple[ConditionPart, ...]:
        """Return the conditions that must be true together, each with what it was worked out from."""
        joined = isinstance(self.node, Joined) and self.node.word == "and"
        nodes = self.node.parts if isinstance(self.node, Joined) and joined else (self.node,)
        evaluation = Evaluation(self.text, values)
        return tuple(
            ConditionPart(spell(node), evaluation.truth(node), reported(values, tuple(asked(node))))
            for node in nodes
        )


def parse(text: str) -> Expression:
    """Return an expression as it is written; ExpressionError says what is wrong with it, and where."""
    node = Parser(text).parse()
    return Expression(text, node, tuple(dict.fromkeys(one.wanted for one in asked(node))))


def parse_condition(text: str) -> Expression:
    """Return an expression that is true or false; ExpressionError where it is a number or text."""
    found = parse(text)
    if condition(found.node) is False:
        raise ExpressionError(
            "This is not a condition: compare it, as in pressure < 1e-3 mbar.", text, found.node.at
        )
    return found
