"""The pressure: when it is where, how it rises, against curves whose answer is known, and the simulator."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from xovac_tui.analysis.pumpdown import PressureForecast
from xovac_tui.analysis.vacuum import pump_down, rate_of_rise, rising, seconds_off
from xovac_tui.chamber.history import History
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters


def history(begin: int, end: int, value: Callable[[float], float]) -> History:
    found = History()
    for second in range(begin, end):
        found.add(second + 0.5, value(second + 0.5))
    return found


def test_its_rate_now_is_reported_while_it_falls_exponentially_but_no_threshold() -> None:
    found = pump_down(history(0, 900, lambda t: 1e5 * math.exp(-t / 100)), 899.5, 0.01)
    assert found is not None
    assert found.pressure == pytest.approx(1000 * math.exp(-8.995), rel=0.02)
    assert found.halves == pytest.approx(100 * math.log(2), rel=0.05)
    assert found.until(1.0, 899.5) == PressureForecast(0.0, 0.0, 0.0)
    assert found.until(1e-2, 899.5) is None


@pytest.mark.parametrize("power", [0.5, 0.6, 1.0, 1.3])
def test_a_fall_by_a_power_of_time_is_foreseen(power: float) -> None:
    end, now = 4000, 3999.5
    found = pump_down(history(0, end, lambda t: 5e-2 * t**-power), now, 1.0)
    assert found is not None
    reported = found.until(5e-2 * (3 * now) ** -power, now)
    assert reported is not None
    assert reported.soonest <= 2 * now <= reported.latest < 3 * reported.soonest
    assert reported.likely == pytest.approx(2 * now, rel=0.05)


def test_the_time_since_pump_on_is_that_of_the_pump_where_it_is_seen() -> None:
    # The gauge is at its end until 600 s after the pump went on.
    pump = history(0, 8600, lambda t: float(t >= 1000))
    gauge = history(0, 8600, lambda t: 5e-4 if t < 1600 else 0.3 / (t - 1000))
    found = pump_down(gauge, 8599.5, 1.0, pump=pump)
    assert found is not None
    reported = found.until(2e-5, 8599.5)
    assert reported is not None
    assert reported.soonest <= 16_000 - 8599.5 <= reported.latest < 2 * reported.soonest


@pytest.mark.parametrize("value", [lambda t: 1e-3, lambda t: 1e-3 + t * 1e-6, lambda t: 0.0, lambda t: -t])
def test_what_does_not_fall_is_not_foreseen(value: Callable[[float], float]) -> None:
    assert pump_down(history(0, 900, value), 899.5, 1.0) is None


def test_noise_is_no_fall_and_no_rise() -> None:
    def noisy(t: float) -> float:
        return 1e-4 * (1 + 0.03 * math.sin(t * 12.9898) * math.cos(t * 7.3))

    steady = history(0, 900, noisy)
    assert pump_down(steady, 899.5, 1.0) is None
    assert rising(steady, 899.5) is None
    assert rising(history(0, 900, lambda t: 1e-4 * (1 + t / 1000)), 899.5) is not None
    assert rising(History(), 899.5) is None


def test_the_rise_is_reported_only_since_the_pump_went_off() -> None:
    def pressure(t: float) -> float:
        return 1e-3 if t < 600 else 1e-3 + 2e-5 * (t - 600)

    pump = history(0, 1200, lambda t: float(t < 600))
    gauge = history(0, 1200, pressure)
    assert rate_of_rise(gauge, pump, 599.5, 1.0) is None
    found = rate_of_rise(gauge, pump, 899.5, 1.0, volume=20.0)
    assert found is not None
    assert found.rate == pytest.approx(2e-5, rel=0.01)
    assert found.leak == pytest.approx(4e-4, rel=0.02)
    assert not found.fades
    without = rate_of_rise(gauge, pump, 899.5, 1.0)
    assert without is not None
    assert without.leak is None


def test_outgassing_fades_and_a_leak_does_not() -> None:
    pump = history(0, 1200, lambda t: float(t < 300))
    gas = history(0, 1200, lambda t: 1e-3 + 5e-3 * (1 - math.exp(-max(0.0, t - 300) / 200)))
    found = rate_of_rise(gas, pump, 900.5, 1.0, volume=20.0)
    assert found is not None
    assert found.fades


def test_a_gap_in_what_the_pump_reports_is_not_off() -> None:
    pump = History()
    for second in range(1000):
        if not 300 <= second < 900:
            pump.add(second + 0.5, 0.0)
    assert seconds_off(pump, 999.5, 600.0) == pytest.approx(100, abs=6)
    assert seconds_off(history(0, 900, lambda t: 1.0), 899.5, 600.0) == 0.0
    assert seconds_off(History(), 899.5, 600.0) == 0.0


def test_the_simulators_pump_down_and_leak_up() -> None:
    machine, gauge, pump = Machine(load_parameters()), History(), History()
    machine.vacuum.pump = True
    for second in range(5400):
        if second == 4800:
            machine.vacuum.pump = False
        machine.step(1.0)
        state = machine.chamber_state()
        gauge.add(second + 0.5, state["vacuum"]["p"])
        pump.add(second + 0.5, float(state["pump"]))
        if second in (300, 1800, 2700):
            # Two stores of gas that empty exponentially are no power of time.
            found = pump_down(gauge, second + 0.5, 1.0, pump=pump)
            assert found is not None
            assert found.halves is not None
            assert found.until(2e-5, second + 0.5) is None
    volume = machine.parameters.vacuum.volume
    rise = rate_of_rise(gauge, pump, 5399.5, 1.0, volume=volume)
    assert rise is not None
    assert rise.leak is not None
    # The leak of the simulator is less than what comes in: gas of its surfaces is the rest.
    assert machine.parameters.vacuum.leak < rise.leak < 20 * machine.parameters.vacuum.leak
