"""A channel with a certain value, or an expression that is true (`equals`)."""

from __future__ import annotations

from collections.abc import Iterator

from xovac_tui.alarms.kinds.base import Condition, Context, Rule, check_source, now_holds
from xovac_tui.alarms.kinds.derived import DerivedValue
from xovac_tui.alarms.life import Holding
from xovac_tui.chamber.model import Chamber
from xovac_tui.digits import digits
from xovac_tui.displayunits import Phrase
from xovac_tui.text import clean


class EqualsRule(Rule, frozen=True, tag="equals"):
    """The channel is `equals`: a word, a number, true or false; or the expression in `value` is true."""

    channel: str = ""
    """Channel by its short or full name."""
    value: str = ""
    """In place of a channel: an expression that is true or false."""
    equals: str | float | bool | None = None
    """The value that is an alarm."""

    def check(self) -> Iterator[str]:
        """Yield a sentence where what is watched is not given."""
        yield from check_source(self)
        if self.equals is None and not self.value:
            yield "`equals` needs `equals`, the value that is an alarm."

    def condition(self) -> Condition:
        """Return what the rule watches; ExpressionError where its `value` cannot be understood."""
        return DerivedTruth(self) if self.value else Equals(self)


class Equals(Condition):
    """A channel with a certain value: a word, a number, on or off."""

    rule: EqualsRule

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether the channel has that value."""
        channel = self.trusted(context)
        if channel is None:
            return None
        wanted = self.rule.equals
        if isinstance(wanted, str):
            return now_holds(channel.text.casefold() == wanted.casefold())
        return None if channel.value is None or wanted is None else now_holds(channel.value == float(wanted))

    def _wanted(self) -> str:
        wanted = self.rule.equals
        if isinstance(wanted, bool):
            return "on" if wanted else "off"
        return f'"{clean(wanted, 40)}"' if isinstance(wanted, str) else digits(wanted or 0.0)

    def value_phrase(self, context: Context) -> Phrase:
        """Return the value of now."""
        channel = self.trusted(context)
        if channel is None:
            return ()
        said = clean(channel.text, 40) or ("" if channel.value is None else digits(channel.value))
        return (said,) if said else ()

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} is {self._wanted()}"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        return (f"{self.label} is {self._wanted()}.",)


class DerivedTruth(Condition):
    """An expression that is true or false."""

    every = 0.5

    def __init__(self, rule: EqualsRule) -> None:
        super().__init__(rule)
        self._value = DerivedValue(rule.value, condition=True)

    @property
    def label(self) -> str:
        """The expression as it was written."""
        return clean(self.rule.value, 60)

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether it is true."""
        true = self._value.truth(context.values)
        return None if true is None else now_holds(true)

    def problem(self, chamber: Chamber) -> str:
        """Return why the expression makes no sense with the newest values, or what of it has not come."""
        return self._value.why_unknown(chamber)

    def value_phrase(self, context: Context) -> Phrase:
        """Return what it is worked out from."""
        return self._value.parts_phrase(context.values)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return self.label

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        value = self.value_phrase(context)
        return (f"{self.label} is true{': ' if value else ''}", *value, ".")
