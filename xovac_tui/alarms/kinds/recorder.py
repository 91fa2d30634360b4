"""A record that cannot be written (`recorder`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.displayunits import Phrase


class RecorderRule(Rule, frozen=True, tag="recorder"):
    """The record cannot be written."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return RecorderFails(self)


class RecorderFails(Condition):
    """The record cannot be written."""

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether the recorder fails."""
        return None if context.recorder_why is None else now_holds(bool(context.recorder_why))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "The record cannot be written"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        return (context.recorder_why or "The record could not be written.",)
