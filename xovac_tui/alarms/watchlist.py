"""What is to be watched on one chamber."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.api.contract import Contract

if TYPE_CHECKING:
    from xovac_tui.alarms.kinds import Rule

InForce = tuple[tuple["Rule", ...], dict[str, str]]
"""Rules, and name of a default rule that cannot be watched -> why, as a sentence."""


class Watchlist:
    """Rules, and how the set of limits is chosen."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        settings: AlarmSettings | None = None,
        *,
        merge: Callable[[], InForce] | None = None,
        remake: Callable[[Contract], Watchlist] | None = None,
    ) -> None:
        """Take the rules, or `merge` for when they are needed: the first picture does not wait for them.

        `remake` gives what is to be watched by another contract; None: it is the same by any.
        """
        self.settings = settings or AlarmSettings()
        self._merge = merge or (lambda: (tuple(rules), {}))
        self._remake = remake

    @cached_property
    def _in_force(self) -> InForce:
        return self._merge()

    def by_contract(self, contract: Contract) -> Watchlist:
        """Return what is to be watched by another contract, which default rules are made of."""
        return self if self._remake is None else self._remake(contract)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in force."""
        return self._in_force[0]

    @property
    def off(self) -> dict[str, str]:
        """Name of a default rule that cannot be watched -> why, as a sentence."""
        return self._in_force[1]


def limits(watchlist: Watchlist) -> dict[str, Any]:
    """Return the rules in force, and how the set of limits is chosen, as builtins for the record."""
    chosen = watchlist.settings
    return {
        "rules": {rule.name: rule.as_noted() for rule in watchlist.rules},
        "limit_set": chosen.limit_set,
        "ambient_above": chosen.ambient_above,
        "tvac_below": chosen.tvac_below,
    }
