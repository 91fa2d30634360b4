"""Reads alarm rules: from the settings, and from files that the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import msgspec

from xovac_tui.alarms.kinds import AnyRule, Rule
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.errors import SettingsError
from xovac_tui.expressions import ExpressionError
from xovac_tui.validation import Gathered, mistakes, read_toml, remove_or_change, sound


class RulesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of alarm rules."""

    rules: tuple[AnyRule, ...] = ()


WRONG_NAME = "`name` must be 1 to 60 printable characters: it is what the alarm is called."
"""What is reported of a rule whose name cannot be shown."""
_KEYS = {str(one.__struct_config__.tag): set(one.__struct_fields__) for one in get_args(AnyRule)}
"""Kind -> keys that it uses, beside `kind`."""


def read_rules(settings: AlarmSettings, files: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return the rules that are written down, later ones in place of earlier ones of the same name.

    The order: files of the settings, rules in the settings, `files` of the profile. Raises SettingsError with
    a sentence for everything that is wrong.
    """
    rules, wrong = rules_with_mistakes(settings, files)
    if wrong:
        raise SettingsError(*wrong)
    return rules


def rules_with_mistakes(
    settings: AlarmSettings, files: Iterable[str] = ()
) -> tuple[tuple[Rule, ...], list[str]]:
    """Return those rules that can be read, and a sentence for everything that is wrong in their files."""
    merged: dict[str, Rule] = {}
    wrong: list[str] = []
    for name in settings.files:
        _take(merged, _read_file(Path(name), wrong))
    _take(merged, _sound_rules({"rules": list(settings.rules)}))
    for name in files:
        _take(merged, _read_file(Path(name), wrong))
    return tuple(merged.values()), wrong


def tables_mistakes(data: dict[str, Any], *, at: str = "") -> Iterator[str]:
    """Yield a sentence for everything that is wrong in a table with `rules`; `at` is its own key path."""
    data = _with_used_keys(data)
    read, left = sound(data, RulesFile)
    yield from mistakes(data, RulesFile, at=at)
    yield from _rules_mistakes(read.rules, f"{at}.rules" if at else "rules", left.places.get("rules"))


def _rules_mistakes(rules: Sequence[Rule], key: str, places: Sequence[int] | None) -> Iterator[str]:
    """Yield a sentence for every rule that has the right types and still cannot be right.

    `places` are those of the rules in their list, where others were left out.
    """
    seen: set[str] = set()
    for number, rule in zip(range(len(rules)) if places is None else places, rules, strict=True):
        where = f"`{key}[{number}]`"
        if not rule.name.strip() or not rule.name.isprintable() or len(rule.name) > 60:
            yield f"{where}: {WRONG_NAME}"
        if rule.name in seen:
            yield f'{where}: there is another rule called "{rule.name}". Give one of them another name.'
        seen.add(rule.name)
        # One that only switches a default off may be as short as it likes.
        for sentence in rule.check() if rule.enabled else ():
            yield f'{where} ("{rule.name}"): {sentence}'


def _read_file(path: Path, wrong: list[str]) -> tuple[Rule, ...]:
    """Return the rules of one file that can be read; a sentence for everything else goes to `wrong`."""
    try:
        data = read_toml(path)
    except SettingsError as error:
        wrong += error.sentences
        return ()
    wrong += [f"{path}: {sentence}" for sentence in tables_mistakes(data)]
    return _sound_rules(data)


def check_values(rules: Iterable[Rule]) -> None:
    """Raise SettingsError with a sentence for each expression that cannot be understood."""
    wrong = Gathered()
    for rule in rules:
        with wrong.one():
            _check_value(rule)
    wrong.raise_found()


def _check_value(rule: Rule) -> None:
    if rule.value:
        try:
            rule.condition()
        except ExpressionError as error:
            raise SettingsError(
                f'Alarm rule "{rule.name}", `value`, column {error.column}: {error.sentence}'
            ) from None


def unused_keys(settings: AlarmSettings, file: Path, files: Iterable[str] = ()) -> Iterator[str]:
    """Yield a sentence for every key that the kind of its rule does not use, so that it has no effect.

    `file` is that of the settings, `files` are those of the profile. What cannot be read is left out.
    """
    yield from _unused(settings.rules, f"{file}: `alarms.rules")
    for name in (*settings.files, *files):
        with suppress(SettingsError):
            yield from _unused(read_toml(Path(name)).get("rules"), f"{name}: `rules")


def _unused(rules: Any, start: str) -> Iterator[str]:
    for number, rule in enumerate(rules if isinstance(rules, list | tuple) else (), 1):
        for name in _unused_names(rule):
            owners = ", ".join(sorted(kind for kind, keys in _KEYS.items() if name in keys))
            yield (
                f'{start}, item {number}.{name}` is ignored: kind "{rule["kind"]}" does not use it, only '
                f"{owners}. {remove_or_change('kind')}"
            )


def _unused_names(rule: Any) -> list[str]:
    """Return the keys of a rule as written that only other kinds use.

    Not a channel or a value of a rule that is watched: it would watch something else than was meant.
    """
    kind = rule.get("kind") if isinstance(rule, dict) else None
    if not isinstance(kind, str) or kind not in _KEYS:
        return []
    meant = {name for name in ("channel", "value") if rule.get(name) and rule.get("enabled") is not False}
    others = set().union(*_KEYS.values()) - _KEYS[kind] - meant
    return [name for name in rule if name in others]


def _with_used_keys(data: dict[str, Any]) -> dict[str, Any]:
    """Return a table with `rules` without the keys that their kinds do not use."""
    rules = data.get("rules")
    if not isinstance(rules, list):
        return data
    used = [
        {name: value for name, value in rule.items() if name not in unused} if unused else rule
        for rule, unused in ((rule, _unused_names(rule)) for rule in rules)
    ]
    return data | {"rules": used}


def _sound_rules(data: dict[str, Any]) -> tuple[Rule, ...]:
    return sound(_with_used_keys(data), RulesFile)[0].rules


def _take(into: dict[str, Rule], rules: Iterable[Rule]) -> None:
    for rule in rules:
        into.pop(rule.name, None)
        into[rule.name] = rule
