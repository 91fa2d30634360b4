"""Which rules are in force on one chamber: the defaults, and what the user's rules make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.api.contract import Contract
from xovac_tui.errors import SettingsError
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.validation import Gathered

if TYPE_CHECKING:
    from xovac_tui.alarms.kinds import Rule

InForce = tuple[tuple["Rule", ...], dict[str, str]]
"""Rules, and name of a default rule that cannot be watched -> why, as a sentence."""


class Watchlist:
    """What is to be watched on one chamber."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        settings: AlarmSettings | None = None,
        *,
        merge: Callable[[], InForce] | None = None,
    ) -> None:
        """Take the rules, or `merge` for when they are needed: the first picture does not wait for them."""
        self.settings = settings or AlarmSettings()
        self._merge = merge or (lambda: (tuple(rules), {}))

    @cached_property
    def _in_force(self) -> InForce:
        return self._merge()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in force."""
        return self._in_force[0]

    @property
    def off(self) -> dict[str, str]:
        """Name of a default rule that cannot be watched -> why, as a sentence."""
        return self._in_force[1]


def watchlist(
    settings: AlarmSettings,
    recipe: RecipeSettings,
    contract: Contract,
    written: Sequence[Rule],
    *,
    records: bool = True,
    simulator: bool = False,
) -> Watchlist:
    """Return the rules in force: the defaults, with the user's own beside them or in their place.

    `recipe` has the limits of the profile, `records` says whether it is recorded, `simulator` whether it is
    the built-in one. Raises SettingsError with a sentence for each expression that cannot be understood.
    """
    wrong = Gathered()
    for rule in written:
        with wrong.one():
            _check_value(rule)
    wrong.raise_found()

    def merge() -> InForce:
        from xovac_tui.alarms.defaults import default_rules

        defaults = default_rules(recipe, contract, records=records, simulator=simulator)
        return _merged(defaults if settings.defaults else (), written)

    return Watchlist(settings=settings, merge=merge)


def _merged(defaults: Iterable[tuple[Rule, str]], written: Iterable[Rule]) -> InForce:
    merged: dict[str, Rule] = {}
    off: dict[str, str] = {}
    for rule, why in [*defaults, *((rule, "") for rule in written)]:
        before = merged.get(rule.name)
        if before is not None and not rule.enabled:
            # A rule that is only switched off need not be written again.
            rule = before.switched_off()
        merged[rule.name] = rule
        off.pop(rule.name, None)
        if why:
            off[rule.name] = why
    return tuple(merged.values()), off


def _check_value(rule: Rule) -> None:
    if rule.value:
        from xovac_tui.expressions import ExpressionError

        try:
            rule.condition()
        except ExpressionError as error:
            raise SettingsError(
                f'Alarm rule "{rule.name}", `value`, column {error.column}: {error.sentence}'
            ) from None


def limits(watchlist: Watchlist) -> dict[str, Any]:
    """Return the rules in force, and how the set of limits is chosen, as builtins for the record."""
    chosen = watchlist.settings
    return {
        "rules": {rule.name: rule.as_noted() for rule in watchlist.rules},
        "limit_set": chosen.limit_set,
        "ambient_above": chosen.ambient_above,
        "tvac_below": chosen.tvac_below,
    }
