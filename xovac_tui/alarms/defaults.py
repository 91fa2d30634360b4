"""Rules that are active by default."""

from __future__ import annotations

import msgspec

from xovac_tui.alarms.settings import Rule
from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.units import converted


def default_rules(recipe: RecipeSettings, contract: Contract, *, records: bool) -> list[tuple[Rule, str]]:
    """Return the rules that are active by default, each with why it cannot be watched (empty: it can)."""
    return [*_own(records), *_of_contract(recipe, contract)]


def _own(records: bool) -> list[tuple[Rule, str]]:
    """Return what is watched of this program and its surroundings."""
    no_record = "" if records else "Nothing is recorded (record = false)."
    return [
        (
            Rule(
                name="link lost",
                kind="link",
                severity="high",
                on_delay=5.0,
                cause="The network, the chamber's computer, or its server program.",
                consequence="Nobody sees what the chamber does; it goes on by itself. STOP cannot reach it.",
                action="Look at the chamber itself; then at the network. The console reconnects by itself.",
            ),
            "",
        ),
        (
            Rule(
                name="data stopped",
                kind="stale",
                severity="high",
                on_delay=5.0,
                cause="The chamber's server hangs, or its sensors do not answer it.",
                consequence="The values on the screen are old. Commands but STOP are refused.",
                action="Look at the chamber itself, and at its server program.",
            ),
            "",
        ),
        (
            Rule(
                name="recorder failing",
                kind="recorder",
                severity="high",
                on_delay=2.0,
                off_delay=5.0,
                cause="A full or failing disk, or rights on the folder of the records.",
                consequence="What comes now is held in memory only, and is lost when this program ends.",
                action="Make room, or mend the folder; `xovac-tui doctor` shows where it is.",
            ),
            no_record,
        ),
        (
            Rule(
                name="disk low",
                kind="disk",
                severity="medium",
                limit=1.0,
                deadband=0.2,
                on_delay=10.0,
                cause="Something fills the disk with the record.",
                consequence="Recording fails when it is full.",
                action="Make room, or set `keep_days` in [record].",
            ),
            no_record,
        ),
        (
            Rule(
                name="notification failed",
                kind="notification",
                severity="medium",
                cause="The receiver's address, the network here, or the service itself.",
                consequence="Nobody who is away is told of alarms.",
                action="`xovac-tui notify test` tells what is wrong.",
            ),
            "",
        ),
    ]


def _of_contract(recipe: RecipeSettings, contract: Contract) -> list[tuple[Rule, str]]:
    """Return what is watched of the chamber, as far as contract and profile tell what it is about."""
    controlled, pressure = contract.by_role(Role.CONTROLLED), contract.by_role(Role.PRESSURE)
    channel = controlled[0] if controlled else ""
    unknown = "" if controlled else "No contract says which channel is the controlled temperature."
    # Of the profile in degC and mbar; a rule is in the unit of its channel.
    hottest, coldest = (_in_unit(one, "degC", controlled) for one in (recipe.max, recipe.min))
    highest = _in_unit(recipe.pressure, "mbar", pressure)
    hot = Rule(
        name="part too hot",
        kind="high",
        channel=channel,
        limit=hottest,
        severity="high",
        deadband=1.0,
        on_delay=5.0,
        cause="The controller overshoots, or a sensor is wrong.",
        consequence="The part is hotter than the profile allows.",
        action="Watch the shroud; cancel the recipe if it goes on.",
    )
    cold = msgspec.structs.replace(
        hot,
        name="part too cold",
        kind="low",
        limit=coldest,
        cause="The controller undershoots, or a sensor is wrong.",
        consequence="The part is colder than the profile allows.",
    )
    vacuum = Rule(
        name="vacuum lost",
        kind="high",
        channel=pressure[0] if pressure else "",
        limit=highest,
        sets=("tvac",),
        severity="high",
        deadband_ratio=0.2,
        on_delay=30.0,
        off_delay=30.0,
        cause="A leak, outgassing, or a pump that has stopped.",
        consequence="Dwells do not count, and the part may be in the range of corona discharge.",
        action="Look at the pump and at the trend of the pressure; take power from the part.",
    )
    deviation = Rule(
        name="off setpoint", kind="deviation", channel=channel, severity="medium", on_delay=600.0
    )
    frozen = Rule(name="frozen sensor", kind="frozen", channel=channel, severity="medium", over=3600.0)
    missing = Rule(
        name="part not measured",
        kind="stale",
        channel=channel,
        severity="high",
        on_delay=15.0,
        off_delay=5.0,
        cause="The sensor of the part is broken or off, or its message has stopped.",
        consequence="Nobody knows how warm the part is, and dwells do not count.",
        action="Look at the sensor and its cable; watch the shroud meanwhile.",
    )
    return [
        (missing, unknown),
        (hot, unknown or _no_limit("max", recipe.max, hottest)),
        (cold, unknown or _no_limit("min", recipe.min, coldest)),
        (
            vacuum,
            _no_limit("pressure", recipe.pressure, highest)
            if pressure
            else "No contract says which channel is the pressure.",
        ),
        (
            deviation,
            unknown or "How far the part lags behind in a ramp is not known: give a rule with a limit.",
        ),
        (
            frozen,
            unknown or "How quiet the sensor may be is not known: give a rule of this name to watch it.",
        ),
    ]


def _in_unit(value: float | None, unit: str, found: tuple[str, LeafSpec] | None) -> float | None:
    """Return a limit of the profile in the unit of its channel; None where nobody can convert it.

    A temperature without a unit is taken for degC, as everywhere; of a pressure without one nobody knows.
    """
    if value is None or found is None:
        return value
    return converted(value, unit, found[1].unit or ("degC" if unit == "degC" else ""))


def _no_limit(key: str, told: float | None, limit: float | None) -> str:
    """Return why there is no limit, as a sentence; empty where there is one."""
    if told is None:
        return f"Neither `recipe.{key}` of the profile nor a rule of yours sets a limit."
    if limit is None:
        return f"`recipe.{key}` of the profile cannot be converted to the unit of the channel."
    return ""
