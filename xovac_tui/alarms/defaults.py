"""Rules that are active by default: those of `defaults.toml`, filled for one chamber."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from xovac_tui.alarms.kinds import AnyRule, Rule
from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.units import converted
from xovac_tui.validation import read_toml

_DEFAULTS = Path(__file__).with_name("defaults.toml")
_SIMULATOR = Path(__file__).with_name("simulator_alarms.toml")
_WHICH = {Role.CONTROLLED: "the controlled temperature", Role.PRESSURE: "the pressure"}
_UNITS = {"max": "degC", "min": "degC", "pressure": "mbar"}


class Needs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a default rule must be filled with; `defaults.toml` explains its keys."""

    role: Role | None = None
    limit: Literal["max", "min", "pressure"] | None = None
    record: bool = False
    sinks: bool = False
    rule: str = ""


def default_rules(
    recipe: RecipeSettings,
    contract: Contract,
    *,
    records: bool,
    simulator: bool,
    behind: float | None = None,
) -> Iterator[tuple[Rule, str]]:
    """Yield each default rule with why it cannot be watched, as a sentence; empty where it can.

    `behind` is the lag in seconds from which on a store is late; None: nothing is forwarded.
    Those for the built-in simulator come last. Our own files need no check of their sentences.
    """
    for table in read_toml(_DEFAULTS)["rules"]:
        needs = msgspec.convert(table.pop("needs", {}), Needs)
        if needs.sinks and behind is None:
            continue
        filled, why = _filled(needs, recipe, contract, records)
        if needs.sinks:
            filled["limit"] = behind
        yield msgspec.convert(table | filled, AnyRule), why
    for table in read_toml(_SIMULATOR)["rules"] if simulator else ():
        yield msgspec.convert(table, AnyRule), ""


def _filled(
    needs: Needs, recipe: RecipeSettings, contract: Contract, records: bool
) -> tuple[dict[str, Any], str]:
    """Return the keys that the chamber gives a rule, and why it cannot be watched."""
    filled: dict[str, Any] = {}
    whys = []
    if needs.record and not records:
        whys.append("Nothing is recorded (record = false).")
    found = None if needs.role is None else contract.by_role(needs.role)
    if needs.role is not None:
        filled["channel"] = found[0] if found else ""
        if found is None:
            whys.append(f"No contract says which channel is {_WHICH[needs.role]}.")
    if needs.limit is not None:
        given = getattr(recipe, needs.limit)
        filled["limit"] = _in_unit(given, _UNITS[needs.limit], found)
        whys.append(_no_limit(needs.limit, given, filled["limit"]))
    whys.append(needs.rule)
    return filled, next((why for why in whys if why), "")


def _in_unit(value: float | None, unit: str, found: tuple[str, LeafSpec] | None) -> float | None:
    """Return a limit of the profile in the unit of its channel; None where it cannot be converted.

    A temperature without a unit is taken for degC, as everywhere; the unit of a pressure is never assumed.
    """
    if value is None or found is None:
        return value
    return converted(value, unit, found[1].unit or ("degC" if unit == "degC" else ""))


def _no_limit(key: str, given: float | None, limit: float | None) -> str:
    """Return why there is no limit, as a sentence; empty where there is one."""
    if given is None:
        return f"Neither `recipe.{key}` of the profile nor a rule of yours sets a limit."
    if limit is None:
        return f"`recipe.{key}` of the profile cannot be converted to the unit of the channel."
    return ""
