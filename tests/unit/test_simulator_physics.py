"""The heat highways: direction of heat, conservation of energy, stability."""

from __future__ import annotations

import math
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import Parameters, load_parameters
from xovac_tui.simulator.thermal import NODES, Drive, Thermal, tec_flow

PARAMETERS = load_parameters()


def test_at_rest_nothing_moves() -> None:
    thermal = Thermal(PARAMETERS)
    for _ in range(100):
        thermal.step(1.0, Drive())
    assert all(thermal.celsius(node) == pytest.approx(21.0, abs=1e-9) for node in NODES)
    assert thermal.electrical == 0.0


@pytest.mark.parametrize("node", NODES)
def test_heat_flows_from_hot_to_cold(node: str) -> None:
    thermal = Thermal(PARAMETERS)
    thermal.set_celsius(node, 61.0)
    before = 61.0
    for _ in range(50):
        thermal.step(5.0, Drive(gas=0.5))
        values = [thermal.celsius(name) for name in NODES]
        assert thermal.celsius(node) < before
        assert min(values) >= 21.0 - 1e-9, "nothing gets colder than the coldest"
        assert max(values) < 61.0
        before = thermal.celsius(node)


def test_everything_ends_at_the_temperature_of_the_room() -> None:
    thermal = Thermal(PARAMETERS)
    for number, node in enumerate(NODES):
        thermal.set_celsius(node, -40.0 + 12.0 * number)
    for _ in range(4000):
        thermal.step(60.0, Drive(gas=1.0))
    assert all(thermal.celsius(node) == pytest.approx(21.0, abs=0.01) for node in NODES)


@given(
    start=st.lists(st.floats(-60, 120), min_size=len(NODES), max_size=len(NODES)),
    external=st.floats(-4, 4),
    internal=st.floats(-3, 3),
    gas=st.floats(0, 1),
    dt=st.floats(0.01, 2.0),
)
@examples(60)
def test_energy_is_neither_made_nor_lost(
    start: list[float], external: float, internal: float, gas: float, dt: float
) -> None:
    thermal = Thermal(PARAMETERS)
    for node, value in zip(NODES, start, strict=True):
        thermal.set_celsius(node, value)
    before = thermal.stored()
    drive = Drive((external, -external), (internal, internal / 2), gas, 5.0)
    for _ in range(20):
        thermal.step(dt, drive)
    gained = thermal.stored() - before
    assert gained == pytest.approx(thermal.energy_in, abs=1e-6 * before)


def test_a_tec_turns_its_electrical_power_into_heat() -> None:
    flow = tec_flow(PARAMETERS.external_tec, 3.0, 260.0, 300.0)
    tec = PARAMETERS.external_tec
    assert flow.to_outer == pytest.approx(flow.from_inner + flow.power)
    assert flow.power == pytest.approx(tec.seebeck * 3.0 * 40.0 + tec.resistance * 9.0)
    assert flow.from_inner == pytest.approx(tec.seebeck * 3.0 * 260.0 - 0.5 * tec.resistance * 9.0)


def test_the_sign_of_the_current_decides_the_direction() -> None:
    cooled, heated = Thermal(PARAMETERS), Thermal(PARAMETERS)
    for _ in range(300):
        cooled.step(1.0, Drive((2.0, 2.0), (2.0, 2.0)))
        heated.step(1.0, Drive((-2.0, -2.0), (-2.0, -2.0)))
    assert cooled.celsius("shroud") < 21.0 < heated.celsius("shroud")
    assert cooled.celsius("water") > 21.0, "what leaves the chamber warms the water"


def test_the_heat_leaves_through_the_radiators() -> None:
    thermal = Thermal(PARAMETERS)
    for _ in range(20_000):
        thermal.step(5.0, Drive((2.0, 2.0), (2.0, 2.0)))
    given_off = sum(
        PARAMETERS.radiator.to_air * (thermal.celsius(node) - 21.0) for node in ("radiator_1", "radiator_2")
    )
    # What the cold shroud takes in from the walls comes on top of the electrical power.
    assert thermal.electrical < given_off < thermal.electrical + 40.0


def test_more_current_than_the_best_cools_less() -> None:
    def flow(current: float) -> float:
        return tec_flow(PARAMETERS.internal_tec, current, 250.0, 290.0).from_inner

    best = PARAMETERS.internal_tec.seebeck * 250.0 / PARAMETERS.internal_tec.resistance
    assert flow(best) > flow(best * 0.7)
    assert flow(best) > flow(best * 1.3)


def test_air_couples_the_part_better_than_vacuum() -> None:
    def part_after(gas: float) -> float:
        thermal = Thermal(PARAMETERS)
        thermal.set_celsius("part", 60.0)
        for _ in range(120):
            thermal.step(1.0, Drive(gas=gas))
        return thermal.celsius("part")

    assert part_after(1.0) < part_after(0.5) < part_after(0.0)


def test_a_part_without_contact_is_reached_by_radiation_alone() -> None:
    def cooled(emissivity: float) -> float:
        part = msgspec.structs.replace(PARAMETERS.part, to_plate_a=0, to_plate_b=0, emissivity=emissivity)
        thermal = Thermal(msgspec.structs.replace(PARAMETERS, part=part))
        thermal.set_celsius("part", 60.0)
        thermal.step(1.0, Drive())
        return (60.0 - thermal.celsius("part")) * part.heat_capacity  # J in 1 s: W

    assert cooled(0.0) == pytest.approx(0.0, abs=1e-9)
    grey = 0.8 * PARAMETERS.part.area * 5.670374e-8 * (333.15**4 - 294.15**4)
    assert cooled(0.8) == pytest.approx(grey, rel=0.01)


def test_long_steps_end_where_short_ones_end() -> None:
    def cooled(step: float) -> float:
        machine = Machine(PARAMETERS)
        machine.thermal.set_celsius("part", 80.0)
        for _ in range(round(7200 / step)):
            machine.step(step)
        return machine.thermal.celsius("part")

    assert cooled(7200.0) == pytest.approx(cooled(0.25), abs=0.3)


@pytest.mark.parametrize("dt", [1e-6, 1.0, 1e3, 1e6, 1e9])
def test_any_step_is_stable(dt: float) -> None:
    machine = Machine(PARAMETERS, warm=True)
    machine.vacuum.pump = True
    machine.step(dt)
    _assert_sane(machine)


@pytest.mark.parametrize("dt", [0.0, -1.0, math.nan, math.inf])
def test_a_step_that_is_none_changes_nothing(dt: float) -> None:
    machine = Machine(PARAMETERS)
    machine.step(dt)
    assert machine.elapsed == 0.0


def _extreme(pick: st.DataObject) -> Parameters:
    """Draw parameters anywhere within their bounds."""
    raw = msgspec.to_builtins(PARAMETERS)
    for section, table in raw.items():
        if section in ("recipe", "faults"):
            continue
        for name, value in table.items():
            factor = pick.draw(st.sampled_from([1e-6, 0.1, 1.0, 10.0, 1e6]), label=f"{section}.{name}")
            candidate = {**table, name: value * factor}
            try:
                msgspec.convert(candidate, type(getattr(PARAMETERS, section)))
            except msgspec.ValidationError:
                continue
            table[name] = value * factor
    return msgspec.convert(raw, Parameters)


@given(pick=st.data())
@examples(40)
def test_extreme_parameters_give_finite_numbers(pick: st.DataObject) -> None:
    machine = Machine(_extreme(pick), seed=3)
    machine.vacuum.pump = True
    machine.thermal.set_celsius("part", 90.0)
    for current in (5.0, -5.0):
        machine.controller.output = (current / 5.0, -current / 5.0)
        for dt in (0.25, 30.0, 500.0):
            machine.step(dt)
            _assert_sane(machine)


def _assert_sane(machine: Machine) -> None:
    assert all(math.isfinite(value) and value > 0 for value in machine.thermal.kelvin)
    pressure, atmosphere = machine.vacuum.pressure, machine.parameters.ambient.pressure
    assert math.isfinite(pressure)
    assert 0 < pressure <= atmosphere
    assert math.isfinite(machine.thermal.electrical)


def test_a_model_second_costs_well_under_a_millisecond() -> None:
    machine = Machine(PARAMETERS, warm=True)
    begin = time.process_time()
    machine.step(500.0)
    assert (time.process_time() - begin) / 500 < 0.5e-3
