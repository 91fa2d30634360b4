"""Which rules are in force: the defaults, and what settings and files make of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.alarms.settings import AlarmSettings, Rule, rules_mistakes
from xovac_tui.api.contract import Contract
from xovac_tui.errors import SettingsError
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.validation import Gathered, mistakes, read_toml, sound

_SIMULATOR = Path(__file__).with_name("simulator_alarms.toml")


class RulesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of alarm rules."""

    rules: tuple[Rule, ...] = ()


class Watchlist(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be watched on one chamber."""

    rules: tuple[Rule, ...] = ()
    off: dict[str, str] = {}
    """Name of a default rule that cannot be watched -> why, as a sentence."""
    settings: AlarmSettings = AlarmSettings()


def watchlist(
    settings: AlarmSettings,
    recipe: RecipeSettings,
    contract: Contract,
    written: Iterable[Rule],
    *,
    records: bool = True,
) -> Watchlist:
    """Return the rules in force: the defaults, with the user's own beside them or in their place.

    `recipe` has the limits of the profile, `records` says whether it is recorded. Raises SettingsError with a
    sentence for each expression of the user's that cannot be understood.
    """
    merged: dict[str, Rule] = {}
    off: dict[str, str] = {}
    if settings.defaults:
        from xovac_tui.alarms.defaults import default_rules

        for rule, why in default_rules(recipe, contract, records=records):
            merged[rule.name] = rule
            if why:
                off[rule.name] = why
    wrong = Gathered()
    for rule in written:
        with wrong.one():
            _check_value(rule)
        before = merged.get(rule.name)
        if before is not None and not rule.enabled:
            # Who only switches it off need not write it again.
            rule = msgspec.structs.replace(before, enabled=False)
        merged[rule.name] = rule
        off.pop(rule.name, None)
    wrong.tell()
    return Watchlist(rules=tuple(merged.values()), off=off, settings=settings)


def _check_value(rule: Rule) -> None:
    if rule.value:
        from xovac_tui.expressions import ExpressionError, parse, parse_condition

        try:
            (parse_condition if rule.kind == "equals" else parse)(rule.value)
        except ExpressionError as error:
            raise SettingsError(
                f'Alarm rule "{rule.name}", `value`, column {error.column}: {error.sentence}'
            ) from None


def read_rules(
    settings: AlarmSettings, files: Iterable[str] = (), *, simulator: bool = False
) -> tuple[Rule, ...]:
    """Return the rules that are written down, later ones in place of earlier ones of the same name.

    The order: those for the simulator where the chamber is one, files of the settings, rules in the settings,
    `files` of the profile. Raises SettingsError with a sentence for everything that is wrong.
    """
    rules, wrong = rules_with_mistakes(settings, files, simulator=simulator)
    if wrong:
        raise SettingsError(*wrong)
    return rules


def rules_with_mistakes(
    settings: AlarmSettings, files: Iterable[str] = (), *, simulator: bool = False
) -> tuple[tuple[Rule, ...], list[str]]:
    """Return those rules that can be read, and a sentence for everything that is wrong in their files."""
    merged: dict[str, Rule] = {}
    wrong: list[str] = []
    if settings.defaults and simulator:
        # Our own file needs no check, and the first picture waits for this.
        _take(merged, msgspec.convert(read_toml(_SIMULATOR), RulesFile).rules)
    for name in settings.files:
        _take(merged, _read_file(Path(name), wrong))
    _take(merged, settings.rules)
    for name in files:
        _take(merged, _read_file(Path(name), wrong))
    return tuple(merged.values()), wrong


def _read_file(path: Path, wrong: list[str]) -> tuple[Rule, ...]:
    """Return the rules of one file that can be read; a sentence for everything else goes to `wrong`."""
    try:
        data = read_toml(path)
    except SettingsError as error:
        wrong += error.sentences
        return ()
    read, left = sound(data, RulesFile)
    found = [*mistakes(data, RulesFile), *rules_mistakes(read.rules, "rules", left.places.get("rules"))]
    wrong += [f"{path}: {sentence}" for sentence in found]
    return read.rules


def _take(into: dict[str, Rule], rules: Iterable[Rule]) -> None:
    for rule in rules:
        into.pop(rule.name, None)
        into[rule.name] = rule


def limits(watchlist: Watchlist) -> dict[str, Any]:
    """Return the rules in force, and how the set of limits is chosen, as builtins for the record."""
    rules = {}
    for rule in watchlist.rules:
        usual = msgspec.to_builtins(Rule(name=rule.name, kind=rule.kind))
        rules[rule.name] = {
            "kind": rule.kind,
            **{
                key: list(value) if isinstance(value, tuple) else value
                for key, value in msgspec.to_builtins(rule).items()
                if value != usual[key]
            },
        }
    chosen = watchlist.settings
    return {
        "rules": rules,
        "limit_set": chosen.limit_set,
        "ambient_above": chosen.ambient_above,
        "tvac_below": chosen.tvac_below,
    }
