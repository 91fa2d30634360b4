"""The simulator's parameters: typed, bounded, each with its unit, all assumed."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from xovac_tui.errors import SettingsError
from xovac_tui.text import nearest
from xovac_tui.validation import convert, read_toml

TINY = 1e-9
"""Stands for "more than nothing" where a parameter divides."""


def _unit(unit: str, low: float, high: float) -> Meta:
    return Meta(ge=low, le=high, extra={"unit": unit})


Celsius = Annotated[float, _unit("degC", -200, 500)]
Kelvin = Annotated[float, _unit("K", 0, 500)]
HeatCapacity = Annotated[float, _unit("J/K", TINY, 1e9)]
Conductance = Annotated[float, _unit("W/K", 0, 1e6)]
Seebeck = Annotated[float, _unit("V/K", 0, 10)]
Resistance = Annotated[float, _unit("Ohm", 0, 1e4)]
Current = Annotated[float, _unit("A", 0, 1e3)]
Area = Annotated[float, _unit("m2", 0, 1e3)]
Power = Annotated[float, _unit("W", 0, 1e5)]
Millibar = Annotated[float, _unit("mbar", TINY, 2000)]
Volume = Annotated[float, _unit("L", TINY, 1e6)]
PumpingSpeed = Annotated[float, _unit("L/s", 0, 1e6)]
Throughput = Annotated[float, _unit("mbar.L/s", 0, 1e6)]
GasAmount = Annotated[float, _unit("mbar.L", 0, 1e6)]
Seconds = Annotated[float, _unit("s", TINY, 1e9)]
MolarEnergy = Annotated[float, _unit("kJ/mol", 0, 500)]
Ratio = Annotated[float, _unit("1", 0, 1e3)]
PerKelvin = Annotated[float, _unit("1/K", 0, 1e3)]
Count = Annotated[int, _unit("1", 1, 1_000_000)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the parameter file."""


class Ambient(_Section, frozen=True):
    """The room."""

    temperature: Celsius
    pressure: Millibar


class Radiator(_Section, frozen=True):
    """Heat exchanger to the room."""

    heat_capacity: HeatCapacity
    to_air: Conductance
    to_water: Conductance


class Water(_Section, frozen=True):
    """The cooling loop that both highways share."""

    heat_capacity: HeatCapacity


class Exchanger(_Section, frozen=True):
    """Between the external TEC and the water."""

    heat_capacity: HeatCapacity
    to_water: Conductance


class Tec(_Section, frozen=True):
    """One thermoelectric cooler, with the block at its inner side."""

    seebeck: Seebeck
    resistance: Resistance
    conductance: Conductance
    max_current: Current
    max_heating_current: Current
    heat_capacity: HeatCapacity


class InternalTec(Tec, frozen=True):
    """The TEC that touches the shroud."""

    to_shroud: Conductance


class Strings(_Section, frozen=True):
    """The two drivers."""

    second: Ratio


class Shroud(_Section, frozen=True):
    """Surrounds the test part."""

    heat_capacity: HeatCapacity
    to_walls: Conductance
    emissivity: Ratio
    area: Area
    gas_to_walls: Conductance


class Plate(_Section, frozen=True):
    """One half of the plate under the test part."""

    heat_capacity: HeatCapacity
    to_shroud: Conductance
    across: Conductance


class TestPart(_Section, frozen=True):
    """The test part."""

    heat_capacity: HeatCapacity
    to_plate_a: Conductance
    to_plate_b: Conductance
    emissivity: Ratio
    area: Area
    gas_to_shroud: Conductance
    power: Power


class Gas(_Section, frozen=True):
    """Heat conduction by the remaining air."""

    half_pressure: Millibar


class VacuumParameters(_Section, frozen=True):
    """Chamber volume, pumps and leak."""

    volume: Volume
    rough_speed: PumpingSpeed
    turbo_speed: PumpingSpeed
    crossover: Millibar
    spin_up: Seconds
    ultimate: Millibar
    leak: Throughput


class Outgassing(_Section, frozen=True):
    """Gas that the surfaces and the part give off."""

    fast_amount: GasAmount
    fast_time: Seconds
    slow_amount: GasAmount
    slow_time: Seconds
    activation_energy: MolarEnergy
    reference: Celsius
    refill_time: Seconds


class Sensors(_Section, frozen=True):
    """Noise and offset of the readings."""

    temperature_noise: Kelvin
    temperature_offset: Kelvin
    pressure_noise: Ratio
    pressure_floor: Millibar


class ControllerParameters(_Section, frozen=True):
    """Limits and gains of the temperature control."""

    lowest_target: Celsius
    highest_target: Celsius
    reach: Kelvin
    part_gain: Ratio
    part_time: Seconds
    shroud_gain: PerKelvin
    shroud_time: Seconds
    hot_limit: Celsius
    exchanger_limit: Celsius
    limit_band: Kelvin


class RecipeReading(_Section, frozen=True):
    """How the device reads a recipe's items."""

    temperature_unit: Literal["degC", "K", "degF"]
    duration_unit: Literal["ms", "s", "min", "h"]
    reading: Literal["ramp", "jump"]
    max_items: Count


class FaultParameters(_Section, frozen=True):
    """How strong the faults are."""

    slow_ack: Seconds
    drop_link: Seconds
    restart_server: Seconds
    restart_keeps_recipe: bool
    clock_jump: Seconds
    leak: Throughput
    hot_tec: Power


class Parameters(_Section, frozen=True):
    """The whole parameter file."""

    ambient: Ambient
    radiator: Radiator
    water: Water
    exchanger: Exchanger
    external_tec: Tec
    internal_tec: InternalTec
    strings: Strings
    shroud: Shroud
    plate: Plate
    part: TestPart
    gas: Gas
    vacuum: VacuumParameters
    outgassing: Outgassing
    sensors: Sensors
    controller: ControllerParameters
    recipe: RecipeReading
    faults: FaultParameters


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter as written in the file."""

    value: float | int | str | bool
    unit: str
    origin: Literal["assumed", "measured"]
    note: str = ""


def expected_unit(section: str, name: str) -> str:
    """Return the unit required for a parameter; `word` for words and yes/no."""
    hint = get_type_hints(_sections()[section], include_extras=True)[name]
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra:
            return str(meta.extra["unit"])
    return "word"


def _sections() -> dict[str, type[_Section]]:
    return get_type_hints(Parameters)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the values of a file by section and name; raises SettingsError for a wrong name or unit."""
    sections = _sections()
    values: dict[str, dict[str, Any]] = {}
    for section, table in read_toml(path).items():
        if section not in sections:
            raise SettingsError(f'{path}: there is no section "{section}".{nearest(section, sections)}')
        if not isinstance(table, dict):
            raise SettingsError(f'{path}: key "{section}" must be a table like [{section}].')
        names = sections[section].__struct_fields__
        for name, raw in table.items():
            key = f"{section}.{name}"
            if name not in names:
                raise SettingsError(f'{path}: there is no key "{key}".{nearest(name, names)}')
            unit = expected_unit(section, name)
            if not isinstance(raw, dict):
                raise SettingsError(
                    f'{path}: key "{key}" must be written as '
                    f'{{ value = ..., unit = "{unit}", origin = "assumed" }}.'
                )
            quantity = convert(raw, Quantity, str(path), at=key)
            if quantity.unit != unit:
                raise SettingsError(f'{path}: key "{key}": the unit is "{quantity.unit}", not "{unit}".')
            values.setdefault(section, {})[name] = quantity.value
    return values


def built_in() -> Path:
    """Return the path of the parameter file that ships with the program."""
    return Path(str(files("xovac_tui.simulator").joinpath("parameters.toml")))


def load_parameters(path: Path | str | None = None) -> Parameters:
    """Return the built-in parameters overridden by those of the user's file; raises SettingsError."""
    values = _read(built_in())
    if path is not None:
        for section, table in _read(Path(path)).items():
            values[section].update(table)
    return convert(values, Parameters, str(path or built_in()))
