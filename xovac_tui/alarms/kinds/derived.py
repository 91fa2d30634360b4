"""Values that are worked out from several channels; imported only where a rule has one."""

from __future__ import annotations

from xovac_tui.chamber.model import Chamber
from xovac_tui.displayunits import Phrase
from xovac_tui.expressions import ExpressionError, Values, parse, parse_condition
from xovac_tui.text import clean
from xovac_tui.units import NONE


class DerivedValue:
    """An expression of a rule. ExpressionError at the making where it cannot be understood."""

    def __init__(self, text: str, *, condition: bool = False) -> None:
        """Read the text; `condition`: it must be true or false."""
        self._expression = parse_condition(text) if condition else parse(text)
        self.unit = NONE
        """Of the newest number."""
        self._problem = ""

    def number(self, values: Values) -> float | None:
        """Return the number in `unit`; None where a part of it is not known."""
        try:
            value, self.unit = self._expression.quantity(values)
        except ExpressionError as error:
            # What cannot be compared shows only when its channels have come.
            self._problem = f"Its value cannot be worked out: {error.sentence}"
            return None
        self._problem = ""
        return None if value is None or isinstance(value, bool) else value

    def truth(self, values: Values) -> bool | None:
        """Return whether it is true; None where that is not known."""
        try:
            true = self._expression.true(values)
        except ExpressionError as error:
            self._problem = f"It is not known whether it is true: {error.sentence}"
            return None
        self._problem = ""
        return true

    def parts_phrase(self, values: Values) -> Phrase:
        """Return what a condition is worked out from."""
        try:
            known = [part.phrase for part in self._expression.parts(values) if part.phrase]
        except ExpressionError:
            return ()
        return tuple(one for place, part in enumerate(known) for one in (*(("; ",) if place else ()), *part))

    def why_unknown(self, chamber: Chamber) -> str:
        """Return why the newest value makes no sense, or which part of it has not come."""
        if self._problem:
            return self._problem
        missing = next((name for name in self._expression.channels if chamber.find(name) is None), None)
        return "" if missing is None else f"No channel {clean(missing, 60)} has come yet."
