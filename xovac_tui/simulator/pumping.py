"""Pressure in the chamber: pumps, leak, vent, and gas from the surfaces. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from xovac_tui.simulator.parameters import Outgassing, Parameters

GAS_CONSTANT = 8.314462618e-3
"""kJ/(mol K)"""


def outgassing_factor(parameters: Outgassing, kelvin: float) -> float:
    """Return the outgassing rate as a multiple of that at the reference temperature (Arrhenius)."""
    reference = parameters.reference + 273.15
    exponent = parameters.activation_energy / GAS_CONSTANT * (1 / reference - 1 / kelvin)
    return math.exp(min(max(exponent, -60.0), 60.0))


def gas_conduction(half_pressure: float, pressure: float) -> float:
    """Return the share of gas conduction left at a pressure (mbar): 1 in air, falling to 0 in vacuum."""
    return pressure / (pressure + half_pressure)


@dataclass(slots=True)
class VacuumModel:
    """Pressure, state of the pumps, and the gas left on the surfaces."""

    parameters: Parameters
    pressure: float = 0.0
    """mbar"""
    pump: bool = False
    turbo: float = 0.0
    """Speed of the turbo pump, 0 to 1."""
    vent_rate: float = 0.0
    """mbar/s; 0 with the vent valve closed."""
    extra_leak: float = 0.0
    """mbar.L/s: a fault."""
    fast: float = 0.0
    """Gas left in the fast store, mbar.L."""
    slow: float = 0.0

    def __post_init__(self) -> None:
        if not self.pressure:
            self.pressure = self.parameters.ambient.pressure
            self.fast = self.parameters.outgassing.fast_amount
            self.slow = self.parameters.outgassing.slow_amount

    @property
    def venting(self) -> bool:
        """Whether the vent valve is open."""
        return self.vent_rate > 0

    def pumping_speed(self) -> float:
        """Return the pumping speed at this pressure, L/s."""
        if not self.pump:
            return 0.0
        v = self.parameters.vacuum
        return v.rough_speed + v.turbo_speed * self.turbo / (1.0 + (self.pressure / v.crossover) ** 2)

    def step(self, dt: float, surface_kelvin: float) -> None:
        """Advance by one sub-step of `dt` seconds, with the surfaces at a temperature in K."""
        p, v = self.parameters, self.parameters.vacuum
        atmosphere = p.ambient.pressure
        spinning = self.pump and self.pressure < 10 * v.crossover
        share = 1.0 - math.exp(-dt / v.spin_up)
        self.turbo += (float(spinning) - self.turbo) * share

        gas = self._outgas(dt, surface_kelvin) / dt
        leak = (v.leak + self.extra_leak) / atmosphere
        speed = self.pumping_speed()
        # Backward Euler in the pressure: stable however fast the pumps are for the step.
        load = gas + leak * atmosphere + speed * v.ultimate + self.vent_rate * v.volume
        pressure = (self.pressure + dt * load / v.volume) / (1.0 + dt * (speed + leak) / v.volume)
        if pressure >= atmosphere:
            # The chamber never rises above the air around it: the valve opens outwards.
            pressure = atmosphere
            self.vent_rate = 0.0
        self.pressure = pressure

    def _outgas(self, dt: float, kelvin: float) -> float:
        """Take gas from the stores (or refill them in air) and return the released amount, mbar.L."""
        o = self.parameters.outgassing
        in_air = self.pressure / self.parameters.ambient.pressure
        factor = outgassing_factor(o, kelvin)
        refill = 1.0 - math.exp(-dt * in_air / o.refill_time)
        self.fast += (o.fast_amount - self.fast) * refill
        self.slow += (o.slow_amount - self.slow) * refill
        free = 1.0 - in_air
        fast = self.fast * (1.0 - math.exp(-dt * factor * free / o.fast_time))
        slow = self.slow * (1.0 - math.exp(-dt * factor * free / o.slow_time))
        self.fast -= fast
        self.slow -= slow
        return fast + slow
