"""Reads alarm rules: from the settings, and from files that the settings name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from xovac_tui.alarms.settings import AlarmSettings, Rule, rules_mistakes
from xovac_tui.api.loader import SIMULATOR_CONTRACT
from xovac_tui.config.model import Profile
from xovac_tui.errors import SettingsError
from xovac_tui.validation import mistakes, read_toml, sound

_SIMULATOR = Path(__file__).with_name("simulator_alarms.toml")


class RulesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of alarm rules."""

    rules: tuple[Rule, ...] = ()


def read_rules(settings: AlarmSettings, profile: Profile) -> tuple[Rule, ...]:
    """Return the rules that are written down, later ones in place of earlier ones of the same name.

    The order: those for the simulator where the profile is one, files of the settings, rules in the settings,
    files of the profile. Raises SettingsError with a sentence for everything that is wrong.
    """
    rules, wrong = rules_with_mistakes(settings, profile)
    if wrong:
        raise SettingsError("\n".join(wrong))
    return rules


def rules_with_mistakes(settings: AlarmSettings, profile: Profile) -> tuple[tuple[Rule, ...], list[str]]:
    """Return those rules that can be read, and a sentence for everything that is wrong in their files."""
    merged: dict[str, Rule] = {}
    wrong: list[str] = []
    if settings.defaults and SIMULATOR_CONTRACT in profile.contracts:
        # Our own file needs no check, and the first picture waits for this.
        _take(merged, msgspec.convert(read_toml(_SIMULATOR), RulesFile).rules)
    for name in settings.files:
        _take(merged, _read_file(Path(name), wrong))
    _take(merged, settings.rules)
    for name in profile.alarms:
        _take(merged, _read_file(Path(name), wrong))
    return tuple(merged.values()), wrong


def _read_file(path: Path, wrong: list[str]) -> tuple[Rule, ...]:
    """Return the rules of one file that can be read; a sentence for everything else goes to `wrong`."""
    try:
        data = read_toml(path)
    except SettingsError as error:
        wrong += str(error).splitlines()
        return ()
    read, left = sound(data, RulesFile)
    found = [*mistakes(data, RulesFile), *rules_mistakes(read.rules, "rules", left.places.get("rules"))]
    wrong += [f"{path}: {sentence}" for sentence in found]
    return read.rules


def _take(into: dict[str, Rule], rules: Iterable[Rule]) -> None:
    for rule in rules:
        into.pop(rule.name, None)
        into[rule.name] = rule
