"""No connection to the chamber (`link`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.displayunits import Phrase
from xovac_tui.text import clean


class LinkRule(Rule, frozen=True, tag="link"):
    """There is no connection to the chamber."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return LinkLost(self)


class LinkLost(Condition):
    """No connection to the chamber."""

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether there is no connection."""
        return now_holds(not context.chamber.linked)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "No link to the chamber"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        why = context.chamber.link_view(context.mono).why
        said = f"No link: the chamber continues on its own. {clean(why, 200)}"
        return (said.rstrip(),)
