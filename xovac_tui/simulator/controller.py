"""The temperature control: two PI loops, one behind the other, driving both TEC strings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xovac_tui.simulator.parameters import ControllerParameters, Parameters


class Measured(NamedTuple):
    """Temperatures that the controller reads, degC."""

    part: float
    shroud: float
    internal: tuple[float, float]
    exchanger: tuple[float, float]


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


@dataclass(slots=True)
class Controller:
    """Cascade of two PI loops: the outer sets the shroud temperature, the inner a share of the current."""

    parameters: Parameters
    lead: float = 0.0
    """Integral part of the outer loop, K."""
    push: float = 0.0
    """Integral part of the inner loop, share of full heating."""
    output: tuple[float, float] = (0.0, 0.0)
    """Share of full heating (1) or full cooling (-1) of each string."""

    def reset(self) -> None:
        """Clear both integrals and switch the strings off."""
        self.lead = self.push = 0.0
        self.output = (0.0, 0.0)

    def step(self, dt: float, setpoint: float, slope: float, measured: Measured) -> None:
        """Set `output` for a setpoint in degC that moves with `slope` K/s."""
        c, part = self.parameters.controller, self.parameters.part
        error = setpoint - measured.part
        # The difference between shroud and part that the ramp alone needs.
        coupling = part.to_plate_a + part.to_plate_b
        following = slope * part.heat_capacity / max(coupling, 1e-3)
        wanted = following + c.part_gain * error + self.lead
        lead = _clamp(wanted, -c.reach, c.reach)
        target = setpoint + lead

        off = target - measured.shroud
        demand = c.shroud_gain * off + self.push
        limited = _clamp(demand, -1.0, 1.0)
        # Integrate only within the limits or away from them, or the loops would wind up.
        if demand == limited or (demand > limited) == (off < 0):
            self.push = _clamp(self.push + c.shroud_gain * off * dt / c.shroud_time, -1.0, 1.0)
            if wanted == lead or (wanted > lead) == (error < 0):
                self.lead = _clamp(self.lead + c.part_gain * error * dt / c.part_time, -c.reach, c.reach)
        first, second = (
            self._limit(limited, measured.internal[way], measured.exchanger[way]) for way in (0, 1)
        )
        self.output = (first, second)

    def _limit(self, output: float, internal: float, exchanger: float) -> float:
        """Reduce the current as a string nears its limits."""
        c = self.parameters.controller
        if output > 0:
            return output * _headroom(c, c.hot_limit - internal)
        return output * _headroom(c, c.exchanger_limit - exchanger)

    def currents(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the currents of the external and of the internal TECs, A; positive cools the chamber."""
        p = self.parameters
        scale = (1.0, p.strings.second)

        def current(share: float, cooling: float, heating: float) -> float:
            return -share * (heating if share > 0 else cooling)

        external, internal = p.external_tec, p.internal_tec
        return (
            (
                scale[0] * current(self.output[0], external.max_current, external.max_heating_current),
                scale[1] * current(self.output[1], external.max_current, external.max_heating_current),
            ),
            (
                scale[0] * current(self.output[0], internal.max_current, internal.max_heating_current),
                scale[1] * current(self.output[1], internal.max_current, internal.max_heating_current),
            ),
        )


def _headroom(c: ControllerParameters, distance: float) -> float:
    """Return the share of current allowed at a distance in K below a limit."""
    return _clamp(distance / max(c.limit_band, 1e-6), 0.0, 1.0)
