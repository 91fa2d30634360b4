"""Reads alarm rules: from the settings, and from files that the settings name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from xovac_tui.config.alarms import AlarmSettings, Rule, rules_mistakes
from xovac_tui.config.model import SIMULATOR_CONTRACT, Profile
from xovac_tui.errors import SettingsError
from xovac_tui.mistakes import convert
from xovac_tui.strict import read_toml

_SIMULATOR = Path(__file__).with_name("simulator_alarms.toml")


class RulesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of alarm rules."""

    rules: tuple[Rule, ...] = ()


def read_rules(settings: AlarmSettings, profile: Profile) -> tuple[Rule, ...]:
    """Return the rules that are written down, later ones in place of earlier ones of the same name.

    The order: those for the simulator where the profile is one, files of the settings, rules in the settings,
    files of the profile. Raises SettingsError with a sentence for everything that is wrong.
    """
    merged: dict[str, Rule] = {}
    if settings.defaults and SIMULATOR_CONTRACT in profile.contracts:
        # Our own file needs no check, and the first picture waits for this.
        _take(merged, msgspec.convert(read_toml(_SIMULATOR), RulesFile).rules)
    _take(merged, (rule for name in settings.files for rule in read_rules_file(Path(name))))
    _take(merged, settings.rules)
    _take(merged, (rule for name in profile.alarms for rule in read_rules_file(Path(name))))
    return tuple(merged.values())


def read_rules_file(path: Path) -> tuple[Rule, ...]:
    """Return the rules of one file; SettingsError with a sentence for everything that is wrong in it."""
    rules = convert(read_toml(path), RulesFile, str(path)).rules
    if found := list(rules_mistakes(rules, "rules")):
        raise SettingsError("\n".join(f"{path}: {sentence}" for sentence in found))
    return rules


def _take(into: dict[str, Rule], rules: Iterable[Rule]) -> None:
    for rule in rules:
        into.pop(rule.name, None)
        into[rule.name] = rule
