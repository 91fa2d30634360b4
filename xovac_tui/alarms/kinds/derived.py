"""Conditions of a value that is worked out from several channels."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, now_holds
from xovac_tui.alarms.kinds.level import Level
from xovac_tui.alarms.life import Verdict
from xovac_tui.alarms.settings import Rule
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.expressions import Expression, ExpressionError, parse, parse_condition
from xovac_tui.quantities import written
from xovac_tui.text import clean
from xovac_tui.units import NONE


def _missing(expression: Expression, chamber: Chamber) -> str:
    name = next((name for name in expression.channels if chamber.find(name) is None), None)
    return "" if name is None else f"No channel {clean(name, 60)} has come yet."


class DerivedLevel(Level):
    """A worked-out number above a limit, or below one."""

    every = 0.5

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._expression = parse(rule.value)
        self._unit = NONE
        self._problem = ""

    def seek(self, chamber: Chamber) -> Channel | None:
        """Return no channel: it is made of several."""
        return None

    @property
    def label(self) -> str:
        """The expression as it was written."""
        return clean(self.rule.value, 60)

    @property
    def unit(self) -> str:
        """Of the newest value."""
        return self._unit.name

    def spell(self, value: float) -> str:
        """Return such a number with its unit; a difference in K has the decimals of one."""
        return written(value, self._unit)

    def value(self, context: Context) -> float | None:
        """Return the number; None where a part of it is not known."""
        try:
            value, self._unit = self._expression.quantity(context.values)
        except ExpressionError as error:
            # What cannot be compared shows only when its channels have come.
            self._problem = f"Its value cannot be worked out: {error.sentence}"
            return None
        self._problem = ""
        return None if value is None or isinstance(value, bool) else value

    def problem(self, chamber: Chamber) -> str:
        """Return why the newest value makes no sense, or which part of it has not come."""
        return self._problem or _missing(self._expression, chamber)


class DerivedTruth(Condition):
    """An expression that is true or false."""

    every = 0.5

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._expression = parse_condition(rule.value)
        self._problem = ""

    @property
    def label(self) -> str:
        """The expression as it was written."""
        return clean(self.rule.value, 60)

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether it is true."""
        try:
            true = self._expression.true(context.values)
        except ExpressionError as error:
            self._problem = f"It cannot be told whether it is true: {error.sentence}"
            return None
        self._problem = ""
        return None if true is None else now_holds(true)

    def problem(self, chamber: Chamber) -> str:
        """Return why the expression makes no sense with the newest values, or what of it has not come."""
        return self._problem or _missing(self._expression, chamber)

    def value_words(self, context: Context) -> str:
        """Return what it is worked out from."""
        try:
            return "; ".join(part.told for part in self._expression.parts(context.values) if part.told)
        except ExpressionError:
            return ""

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return self.label

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        told = self.value_words(context)
        return f"{self.label} is true{': ' if told else ''}{told}."
