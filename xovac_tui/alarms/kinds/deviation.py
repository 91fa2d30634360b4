"""A temperature too far from the setpoint (`deviation`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import ChannelRule, Condition, Context, Magnitude
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.displayunits import Phrase, Spelling, worded
from xovac_tui.units import Unit, to_celsius, unit_of


class DeviationRule(ChannelRule, frozen=True, tag="deviation"):
    """A temperature is farther than `limit` K from the setpoint (role `setpoint`)."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return Deviation(self)


class Deviation(Magnitude):
    """A temperature too far from the setpoint."""

    every = 0.5

    def value(self, context: Context) -> float | None:
        """Return the distance from the setpoint, K; negative below it."""
        actual = to_celsius(super().value(context), self.unit)
        setpoint = context.chamber.playing(Role.SETPOINT)
        if actual is None or setpoint is None:
            return None
        if context.chamber.quality(setpoint, context.mono) is not Quality.GOOD:
            return None
        target = to_celsius(setpoint.value, setpoint.spec.unit)
        return None if target is None else actual - target

    @property
    def measured_in(self) -> Unit:
        """Unit of the two temperatures: their distance is in its degrees, or in K."""
        return unit_of("K" if self.unit == "K" else "degC")

    @property
    def spelling(self) -> Spelling:
        """How the number is written."""
        return Spelling.DIFFERENCE

    def worded(self, value: float) -> Phrase:
        """Return a distance, K, as a part of a sentence."""
        return worded(value, self.measured_in.name, Spelling.DIFFERENCE)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} farther than {self.limit_words(limit_set) or 'a limit'} from the setpoint"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        value, limit = self.value(context), self.limit_phrase(context.limit_set)
        if value is None:
            return (f"{self.label} was farther than ", *limit, " from the setpoint.")
        side = "above" if value > 0 else "below"
        number = self.worded(abs(value))
        return (f"{self.label} is ", *number, f" {side} the setpoint, more than ", *limit, ".")
