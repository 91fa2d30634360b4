"""Which rules are in force on one chamber: the defaults, and what the user's rules make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xovac_tui import alarms
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.alarms.watchlist import InForce, Watchlist
from xovac_tui.api.contract import Contract
from xovac_tui.recipes.settings import RecipeSettings


def watchlist(
    settings: AlarmSettings,
    recipe: RecipeSettings,
    contract: Contract,
    written: Sequence[alarms.kinds.Rule],
    *,
    records: bool = True,
    simulator: bool = False,
    behind: float | None = None,
) -> Watchlist:
    """Return the rules in force: the defaults, with the user's own beside them or in their place.

    `recipe` has the limits of the profile, `records` says whether it is recorded, `simulator` whether it is
    the built-in one, `behind` from which lag in seconds on a store is late (None: nothing is forwarded).
    Raises SettingsError with a sentence for each expression that cannot be understood.
    """
    if written:
        alarms.rules.check_values(written)

    def merge() -> InForce:
        defaults = alarms.defaults.default_rules(
            recipe, contract, records=records, simulator=simulator, behind=behind
        )
        return _merged(defaults if settings.defaults else (), written)

    def remake(other: Contract) -> Watchlist:
        return watchlist(
            settings, recipe, other, written, records=records, simulator=simulator, behind=behind
        )

    return Watchlist(settings=settings, merge=merge, remake=remake)


def _merged(
    defaults: Iterable[tuple[alarms.kinds.Rule, str]], written: Iterable[alarms.kinds.Rule]
) -> InForce:
    merged: dict[str, alarms.kinds.Rule] = {}
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
