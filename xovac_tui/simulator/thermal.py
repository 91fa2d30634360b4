"""The two heat highways as lumped nodes: pure, stable for any step, energy-conserving.

Each sub-step is a backward Euler step: the conductances (radiation linearised to one) are solved
together, Peltier and Joule heat enter as sources. Since the conductances form a symmetric M-matrix the
step is stable however stiff the parameters are, and what one node loses another gains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

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
    "plate_a",
    "plate_b",
    "part",
    "shroud",
    "water",
)
INDEX = {name: number for number, name in enumerate(NODES)}
RADIATOR, EXCHANGER, EXTERNAL, INTERNAL = (
    INDEX[f"{name}_1"] for name in ("radiator", "exchanger", "external", "internal")
)
PLATE_A, PLATE_B, PART, SHROUD, WATER = range(INDEX["plate_a"], len(NODES))


class TecFlow(NamedTuple):
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


class Drive(NamedTuple):
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
    _network: _Network | None = None

    def __post_init__(self) -> None:
        p = self.parameters
        if not self.kelvin:
            self.kelvin = [p.ambient.temperature + ZERO_CELSIUS] * len(NODES)
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
        net = self._network
        if net is None or net.dt != dt:
            net = self._network = _network(p, self.capacities, dt)
        right = [c * value for c, value in zip(net.inertia, t, strict=True)]
        electrical = 0.0
        for way in (0, 1):
            r, x, e, n = RADIATOR + way, EXCHANGER + way, EXTERNAL + way, INTERNAL + way
            right[r] += p.radiator.to_air * ambient
            outer = tec_flow(p.external_tec, drive.external[way], t[e], t[x])
            inner = tec_flow(p.internal_tec, drive.internal[way], t[n], t[e])
            right[x] += outer.to_outer
            right[e] += inner.to_outer - outer.from_inner
            right[n] -= inner.from_inner
            electrical += outer.power + inner.power
        right[EXTERNAL] += drive.extra_external_1
        right[PART] += p.part.power
        radiation = _radiation(p.part.emissivity * p.part.area, t[PART], t[SHROUD])
        across = radiation + p.part.gas_to_shroud * drive.gas
        radiation = _radiation(p.shroud.emissivity * p.shroud.area, t[SHROUD], ambient)
        to_walls = p.shroud.to_walls + radiation + p.shroud.gas_to_walls * drive.gas
        right[SHROUD] += to_walls * ambient

        net.solve(right, across, to_walls)
        bounded = min(right) > COLDEST and max(right) < HOTTEST
        self.kelvin = right if bounded else [min(max(value, COLDEST), HOTTEST) for value in right]
        self.electrical = electrical
        air = 2 * ambient - self.kelvin[RADIATOR] - self.kelvin[RADIATOR + 1]
        inflow = p.radiator.to_air * air + to_walls * (ambient - self.kelvin[SHROUD])
        self.energy_in += dt * (electrical + drive.extra_external_1 + p.part.power + inflow)


@dataclass(frozen=True, slots=True)
class _Network:
    """The conductances that never change, for one `dt`, with all nodes but the last three eliminated.

    Radiation and gas change only how part and shroud are joined, and the shroud with its walls.
    """

    dt: float
    inertia: list[float]
    """Heat capacity of each node over `dt`, W/K."""
    factors: tuple[tuple[tuple[int, float], ...], ...]
    """For each node that is eliminated: the nodes after it that it is joined to, and its share in them."""
    diagonal: list[float]
    rows: list[dict[int, float]]

    def solve(self, right: list[float], across: float, to_walls: float) -> None:
        """Solve for heat flows `right` (W), of which the temperatures (K) are made in place.

        `across` joins part and shroud, `to_walls` shroud and walls, W/K.
        """
        for i, factors in enumerate(self.factors):
            value = right[i]
            for j, factor in factors:
                right[j] -= factor * value
            right[i] = value / self.diagonal[i]
        part = self.diagonal[PART] + across
        joined = self.rows[PART][SHROUD] - across
        factor = joined / part
        shroud = self.diagonal[SHROUD] + across + to_walls - factor * joined
        right[SHROUD] -= factor * right[PART]
        joined = self.rows[SHROUD][WATER]
        water = self.diagonal[WATER] - joined / shroud * joined
        right[WATER] = (right[WATER] - joined / shroud * right[SHROUD]) / water
        right[SHROUD] = (right[SHROUD] - joined * right[WATER]) / shroud
        right[PART] = right[PART] / part - factor * right[SHROUD]
        for i in range(PART - 1, -1, -1):
            for j, factor in self.factors[i]:
                right[i] -= factor * right[j]


def _network(p: Parameters, capacities: tuple[float, ...], dt: float) -> _Network:
    """Eliminate the nodes before the part from the symmetric matrix of the steady conductances (L D L^T)."""
    inertia = [capacity / dt for capacity in capacities]
    diagonal = list(inertia)
    # Upper triangle of the matrix by rows, W/K.
    rows: list[dict[int, float]] = [{} for _ in NODES]

    def join(a: int, b: int, conductance: float) -> None:
        diagonal[a] += conductance
        diagonal[b] += conductance
        low, high = min(a, b), max(a, b)
        rows[low][high] = rows[low].get(high, 0.0) - conductance

    for way in (0, 1):
        r, x, e, n = RADIATOR + way, EXCHANGER + way, EXTERNAL + way, INTERNAL + way
        diagonal[r] += p.radiator.to_air
        join(r, WATER, p.radiator.to_water)
        join(x, WATER, p.exchanger.to_water)
        join(x, e, p.external_tec.conductance)
        join(e, n, p.internal_tec.conductance)
        join(n, SHROUD, p.internal_tec.to_shroud)
    join(PLATE_A, SHROUD, p.plate.to_shroud)
    join(PLATE_B, SHROUD, p.plate.to_shroud)
    join(PLATE_A, PLATE_B, p.plate.across)
    join(PLATE_A, PART, p.part.to_plate_a)
    join(PLATE_B, PART, p.part.to_plate_b)
    factors = []
    for i in range(PART):
        entries = list(rows[i].items())
        factors.append(tuple((j, value / diagonal[i]) for j, value in entries))
        for j, factor in factors[-1]:
            diagonal[j] -= factor * rows[i][j]
            for k, other in entries:
                if k > j:
                    rows[j][k] = rows[j].get(k, 0.0) - factor * other
    return _Network(dt, inertia, tuple(factors), diagonal, rows)


def _radiation(emissive_area: float, a: float, b: float) -> float:
    """Return grey-body exchange as a conductance between two temperatures in K, W/K."""
    return STEFAN_BOLTZMANN * emissive_area * (a * a + b * b) * (a + b)
