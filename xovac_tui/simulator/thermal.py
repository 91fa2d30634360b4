"""The two heat highways as lumped nodes: pure, stable for any step, energy-conserving.

Each sub-step is a backward Euler step: the conductances (radiation linearised to one) are solved
together, Peltier and Joule heat enter as sources. Since the conductances form a symmetric M-matrix the
step is stable however stiff the parameters are, and what one node loses another gains.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xovac_tui.simulator.parameters import Parameters, Tec

STEFAN_BOLTZMANN = 5.670374419e-8
"""W/(m2 K4)"""
ZERO_CELSIUS = 273.15
COLDEST, HOTTEST = 2.0, 2000.0
"""Where temperatures are cut off, K: reached only with absurd parameters."""

# The order matters: eliminating leaves first leaves the matrix sparse.
NODES = (
    "radiator_1",
    "radiator_2",
    "exchanger_1",
    "exchanger_2",
    "external_1",
    "external_2",
    "internal_1",
    "internal_2",
    "part",
    "plate_a",
    "plate_b",
    "shroud",
    "water",
)
INDEX = {name: number for number, name in enumerate(NODES)}
COUNT = len(NODES)


@dataclass(frozen=True, slots=True)
class TecFlow:
    """What a TEC does at one moment, W."""

    from_inner: float
    """Heat taken from the inner side by Peltier less half the Joule heat; conduction is not in it."""
    to_outer: float
    power: float
    """Electrical power, W; what goes in electrically comes out as heat."""


def tec_flow(tec: Tec, current: float, inner: float, outer: float) -> TecFlow:
    """Return the heat flows (W) of a TEC for a current in A (positive: outwards) and its sides in K."""
    joule = current * current * tec.resistance
    from_inner = tec.seebeck * current * inner - 0.5 * joule
    to_outer = tec.seebeck * current * outer + 0.5 * joule
    return TecFlow(from_inner, to_outer, to_outer - from_inner)


@dataclass(frozen=True, slots=True)
class Drive:
    """External inputs to the nodes during a step."""

    external: tuple[float, float] = (0.0, 0.0)
    """Currents of the external TECs, A; positive takes heat out of the chamber."""
    internal: tuple[float, float] = (0.0, 0.0)
    gas: float = 0.0
    """0 in vacuum to 1 at atmospheric pressure: what is left of gas conduction."""
    extra_external_1: float = 0.0
    """Heat into the first external TEC's inner block, W: a fault."""


@dataclass(slots=True)
class Thermal:
    """Temperatures of all nodes, and the energy that went in since the start."""

    parameters: Parameters
    kelvin: list[float] = field(default_factory=list)
    """Temperatures in the order of `NODES`, K."""
    electrical: float = 0.0
    """Electrical power of the last step, W."""
    energy_in: float = 0.0
    """Energy that has crossed the model's border since the start, J: electrical, ambient and faults."""
    capacities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        p = self.parameters
        if not self.kelvin:
            self.kelvin = [p.ambient.temperature + ZERO_CELSIUS] * COUNT
        by_kind = {
            "radiator": p.radiator.heat_capacity,
            "exchanger": p.exchanger.heat_capacity,
            "external": p.external_tec.heat_capacity,
            "internal": p.internal_tec.heat_capacity,
            "plate": p.plate.heat_capacity,
            "part": p.part.heat_capacity,
            "shroud": p.shroud.heat_capacity,
            "water": p.water.heat_capacity,
        }
        self.capacities = tuple(by_kind[name.partition("_")[0]] for name in NODES)

    def celsius(self, node: str) -> float:
        """Return a node's temperature, degC."""
        return self.kelvin[INDEX[node]] - ZERO_CELSIUS

    def set_celsius(self, node: str, value: float) -> None:
        """Set a node's temperature, degC."""
        self.kelvin[INDEX[node]] = value + ZERO_CELSIUS

    def stored(self) -> float:
        """Return the heat stored in all nodes, J above 0 K."""
        return sum(c * t for c, t in zip(self.capacities, self.kelvin, strict=True))

    def step(self, dt: float, drive: Drive) -> None:
        """Advance by one sub-step of `dt` seconds."""
        p = self.parameters
        t = self.kelvin
        ambient = p.ambient.temperature + ZERO_CELSIUS
        # Upper triangle of the conductance matrix by rows, diagonal in `diagonal`, W/K.
        rows: list[dict[int, float]] = [{} for _ in range(COUNT)]
        diagonal = [capacity / dt for capacity in self.capacities]
        right = [c * value for c, value in zip(diagonal, t, strict=True)]
        to_ambient = [0.0] * COUNT

        def join(a: int, b: int, conductance: float) -> None:
            diagonal[a] += conductance
            diagonal[b] += conductance
            low, high = (a, b) if a < b else (b, a)
            rows[low][high] = rows[low].get(high, 0.0) - conductance

        def join_ambient(a: int, conductance: float) -> None:
            diagonal[a] += conductance
            right[a] += conductance * ambient
            to_ambient[a] += conductance

        radiator = INDEX["radiator_1"]
        exchanger = INDEX["exchanger_1"]
        external = INDEX["external_1"]
        internal = INDEX["internal_1"]
        part, plate_a, plate_b = INDEX["part"], INDEX["plate_a"], INDEX["plate_b"]
        shroud, water = INDEX["shroud"], INDEX["water"]
        electrical = 0.0
        for way in (0, 1):
            r, x, e, n = radiator + way, exchanger + way, external + way, internal + way
            join_ambient(r, p.radiator.to_air)
            join(r, water, p.radiator.to_water)
            join(x, water, p.exchanger.to_water)
            join(x, e, p.external_tec.conductance)
            join(e, n, p.internal_tec.conductance)
            join(n, shroud, p.internal_tec.to_shroud)
            outer = tec_flow(p.external_tec, drive.external[way], t[e], t[x])
            inner = tec_flow(p.internal_tec, drive.internal[way], t[n], t[e])
            right[x] += outer.to_outer
            right[e] += inner.to_outer - outer.from_inner
            right[n] -= inner.from_inner
            electrical += outer.power + inner.power
        right[external] += drive.extra_external_1

        join(plate_a, shroud, p.plate.to_shroud)
        join(plate_b, shroud, p.plate.to_shroud)
        join(plate_a, plate_b, p.plate.across)
        join(part, plate_a, p.part.to_plate_a)
        join(part, plate_b, p.part.to_plate_b)
        radiation = _radiation(p.part.emissivity * p.part.area, t[part], t[shroud])
        join(part, shroud, radiation + p.part.gas_to_shroud * drive.gas)
        right[part] += p.part.power
        radiation = _radiation(p.shroud.emissivity * p.shroud.area, t[shroud], ambient)
        join_ambient(shroud, p.shroud.to_walls + radiation + p.shroud.gas_to_walls * drive.gas)

        _solve(rows, diagonal, right)
        self.kelvin = [min(max(value, COLDEST), HOTTEST) for value in right]
        self.electrical = electrical
        inflow = sum(g * (ambient - value) for g, value in zip(to_ambient, self.kelvin, strict=True))
        self.energy_in += dt * (electrical + drive.extra_external_1 + p.part.power + inflow)


def _radiation(emissive_area: float, a: float, b: float) -> float:
    """Return grey-body exchange as a conductance between two temperatures in K, W/K."""
    return STEFAN_BOLTZMANN * emissive_area * (a * a + b * b) * (a + b)


def _solve(rows: list[dict[int, float]], diagonal: list[float], right: list[float]) -> None:
    """Solve the symmetric system in place; the solution ends in `right`."""
    for i, row in enumerate(rows):
        pivot = diagonal[i]
        entries = list(row.items())
        for j, value in entries:
            factor = value / pivot
            right[j] -= factor * right[i]
            diagonal[j] -= factor * value
            target = rows[j]
            for k, other in entries:
                if k > j:
                    target[k] = target.get(k, 0.0) - factor * other
    for i in range(len(rows) - 1, -1, -1):
        value = right[i]
        for j, entry in rows[i].items():
            value -= entry * right[j]
        right[i] = value / diagonal[i]
