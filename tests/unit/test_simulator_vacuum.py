"""Pressure: pump-down, outgassing, leak and vent."""

from __future__ import annotations

import msgspec
import pytest

from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.pumping import VacuumModel, gas_conduction, outgassing_factor

PARAMETERS = load_parameters()
ROOM = 294.15


def pumped(seconds: float, kelvin: float = ROOM) -> VacuumModel:
    vacuum = VacuumModel(PARAMETERS, pump=True)
    for _ in range(round(seconds)):
        vacuum.step(1.0, kelvin)
    return vacuum


def test_pressure_falls_all_the_way_while_pumped() -> None:
    vacuum = VacuumModel(PARAMETERS, pump=True)
    before = vacuum.pressure
    assert before == PARAMETERS.ambient.pressure
    for _ in range(3600):
        vacuum.step(1.0, ROOM)
        assert vacuum.pressure < before
        before = vacuum.pressure
    assert before < 1e-4


def test_a_closed_chamber_stays_at_atmosphere_and_never_above() -> None:
    vacuum = VacuumModel(PARAMETERS)
    for _ in range(600):
        vacuum.step(1.0, 360.0)
        assert vacuum.pressure <= PARAMETERS.ambient.pressure
    assert vacuum.pressure == pytest.approx(PARAMETERS.ambient.pressure)


def test_pressure_rises_slowly_when_the_pump_stops() -> None:
    vacuum = pumped(3600)
    low = vacuum.pressure
    vacuum.pump = False
    for _ in range(600):
        vacuum.step(1.0, ROOM)
    assert low * 10 < vacuum.pressure < 10.0


def test_a_warm_part_gives_off_more_gas() -> None:
    assert outgassing_factor(PARAMETERS.outgassing, ROOM) == pytest.approx(1.0)
    assert outgassing_factor(PARAMETERS.outgassing, 333.0) > 10
    vacuum = pumped(3600)
    low = vacuum.pressure
    for _ in range(60):
        vacuum.step(1.0, 333.0)
    assert vacuum.pressure > 3 * low


def test_a_bakeout_leaves_a_better_vacuum() -> None:
    baked = pumped(4 * 3600, 340.0)
    for _ in range(600):
        baked.step(1.0, ROOM)
    assert baked.pressure < 0.5 * pumped(4 * 3600 + 600).pressure


def test_a_leak_raises_the_pressure_and_its_end_lowers_it() -> None:
    vacuum = pumped(3600)
    low = vacuum.pressure
    vacuum.extra_leak = PARAMETERS.faults.leak
    for _ in range(60):
        vacuum.step(1.0, ROOM)
    assert vacuum.pressure > 100 * low
    vacuum.extra_leak = 0.0
    for _ in range(60):
        vacuum.step(1.0, ROOM)
    assert vacuum.pressure < 2 * low


def test_a_clean_tight_chamber_reaches_the_ultimate_pressure_of_the_pump() -> None:
    gas = msgspec.structs.replace(PARAMETERS.outgassing, fast_amount=0.0, slow_amount=0.0)
    tight = msgspec.structs.replace(PARAMETERS.vacuum, leak=0.0)
    vacuum = VacuumModel(msgspec.structs.replace(PARAMETERS, outgassing=gas, vacuum=tight), pump=True)
    for _ in range(7200):
        vacuum.step(1.0, ROOM)
    assert vacuum.pressure == pytest.approx(PARAMETERS.vacuum.ultimate, rel=1e-3)


def test_venting_rises_at_its_rate_and_ends_at_atmosphere() -> None:
    vacuum = pumped(3600)
    vacuum.pump, vacuum.vent_rate = False, 10.0
    vacuum.step(1.0, ROOM)
    before = vacuum.pressure
    for _ in range(10):
        vacuum.step(1.0, ROOM)
    assert vacuum.pressure - before == pytest.approx(100.0, rel=0.01)
    for _ in range(200):
        vacuum.step(1.0, ROOM)
    assert vacuum.pressure == pytest.approx(PARAMETERS.ambient.pressure)
    assert not vacuum.venting


def test_air_loads_the_surfaces_again() -> None:
    vacuum = pumped(4 * 3600, 330.0)
    left = vacuum.fast
    vacuum.pump, vacuum.vent_rate = False, 50.0
    for _ in range(3600):
        vacuum.step(1.0, ROOM)
    assert vacuum.fast > max(10 * left, 0.5 * PARAMETERS.outgassing.fast_amount)


def test_gas_conduction_falls_with_the_pressure() -> None:
    shares = [gas_conduction(0.5, pressure) for pressure in (1013.0, 1.0, 0.5, 1e-3, 1e-6)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.99
    assert shares[2] == pytest.approx(0.5)
    assert shares[-1] < 1e-5


def test_warm_begins_pumped_down_with_the_part_off_ambient() -> None:
    machine = Machine(PARAMETERS, warm=True)
    assert machine.vacuum.pump
    assert machine.vacuum.pressure < 1e-3
    assert machine.thermal.celsius("part") > PARAMETERS.ambient.temperature + 5
    assert machine.elapsed == 0.0
