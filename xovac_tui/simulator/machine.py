"""The model of the whole chamber: physics, controller and program. Pure and seeded, no I/O, no clock."""

from __future__ import annotations

import math
import random
from typing import Any, Literal

from xovac_tui.simulator.controller import Controller, Measured
from xovac_tui.simulator.parameters import Parameters
from xovac_tui.simulator.program import Program, ProgramPoint, moment
from xovac_tui.simulator.pumping import VacuumModel, gas_conduction
from xovac_tui.simulator.thermal import INDEX, Drive, Thermal
from xovac_tui.units import MINUTE

SUB_STEP = 1.0
"""Longest sub-step, s, unless a step is so long that it would need more than `MAX_SUB_STEPS`."""
MAX_SUB_STEPS = 1000

# Dotted path in `chamber_state` -> node whose temperature it shows, degC.
TEMPERATURES = {
    "part": "part",
    "shroud": "shroud",
    "plateT.A": "plate_a",
    "plateT.B": "plate_b",
    "tec.int1": "internal_1",
    "tec.int2": "internal_2",
    "tec.ext1": "external_1",
    "tec.ext2": "external_2",
    "water": "water",
    "radiator.1": "radiator_1",
    "radiator.2": "radiator_2",
    "exchanger.1": "exchanger_1",
    "exchanger.2": "exchanger_2",
}

ProgramState = Literal["none", "loaded", "running", "finished", "cancelled"]


class Machine:
    """A simulated chamber, advanced step by step."""

    def __init__(self, parameters: Parameters, seed: int = 1, *, warm: bool = False) -> None:
        self.parameters = parameters
        self.thermal = Thermal(parameters)
        self.vacuum = VacuumModel(parameters)
        self.controller = Controller(parameters)
        self.program: Program | None = None
        self.state: ProgramState = "none"
        self.now: ProgramPoint | None = None
        self.elapsed = 0.0
        """Seconds of model time since the start."""
        self.hot_tec = False
        self._started_at = 0.0
        self._start_temperature = 0.0
        self._random = random.Random(seed)
        spread = parameters.sensors.temperature_offset
        self._offsets = {path: self._random.gauss(0.0, spread) for path in TEMPERATURES}
        if warm:
            self._warm_up()

    def _warm_up(self) -> None:
        """Start as after a day of use: pumped down for some hours, the part still warm."""
        self.vacuum.pump = True
        self.vacuum.turbo = 1.0
        self.vacuum.fast *= 0.02
        self.vacuum.slow *= 0.6
        self.vacuum.pressure = 1e-4
        ambient = self.parameters.ambient.temperature
        for node, above in (("part", 14.0), ("plate_a", 12.5), ("plate_b", 12.0), ("shroud", 10.5)):
            self.thermal.set_celsius(node, ambient + above)
        for node, above in (("internal_1", 9.0), ("internal_2", 9.0), ("water", 2.0)):
            self.thermal.set_celsius(node, ambient + above)
        for node in ("external_1", "external_2", "exchanger_1", "exchanger_2", "radiator_1", "radiator_2"):
            self.thermal.set_celsius(node, ambient + 2.5)
        self.step(60.0)
        self.elapsed = 0.0

    @property
    def running(self) -> bool:
        """Whether a recipe runs."""
        return self.state == "running"

    @property
    def mode(self) -> str:
        """The device's word for its state."""
        if self.running:
            return "running"
        return "venting" if self.vacuum.venting else "idle"

    def load(self, program: Program) -> None:
        """Load a program; the caller has made sure that none runs."""
        self.program, self.state, self.now = program, "loaded", None

    def unload(self) -> None:
        """Drop the program and switch the strings off."""
        self.program, self.state, self.now = None, "none", None
        self.controller.reset()

    def start(self) -> None:
        """Run the loaded program from the part's temperature."""
        if self.program is None:
            raise ValueError("no program is loaded")
        self._started_at = self.elapsed
        self._start_temperature = self.thermal.celsius("part")
        self.controller.reset()
        self.state = "running"
        self._follow()

    def cancel(self) -> None:
        """Stop the running program and switch the strings off; pumps and valves stay as they are."""
        self.state, self.now = "cancelled", None
        self.controller.reset()

    def _follow(self) -> None:
        """Find the program's current point, and end the program when it is over."""
        if self.program is None or not self.running:
            return
        self.now = moment(self.program, self._start_temperature, self.elapsed - self._started_at)
        if self.now is None:
            self.state = "finished"
            self.controller.reset()

    def step(self, dt: float) -> None:
        """Advance the chamber by `dt` seconds of model time."""
        if not 0 < dt < math.inf:
            return
        count = min(max(math.ceil(dt / SUB_STEP - 1e-9), 1), MAX_SUB_STEPS)
        for _ in range(count):
            self._sub_step(dt / count)

    def _sub_step(self, dt: float) -> None:
        self._follow()
        thermal, vacuum = self.thermal, self.vacuum
        if self.now is not None:
            self.controller.step(dt, self.now.setpoint, self.now.slope, self._measured())
        external, internal = self.controller.currents()
        extra = 0.0
        if self.hot_tec:
            external = (0.0, external[1])
            extra = self.parameters.faults.hot_tec
        gas = gas_conduction(self.parameters.gas.half_pressure, vacuum.pressure)
        thermal.step(dt, Drive(external, internal, gas, extra))
        vacuum.step(dt, thermal.kelvin[INDEX["part"]])
        self.elapsed += dt

    def _measured(self) -> Measured:
        celsius = self.thermal.celsius
        return Measured(
            part=celsius("part"),
            shroud=celsius("shroud"),
            internal=(celsius("internal_1"), celsius("internal_2")),
            exchanger=(celsius("exchanger_1"), celsius("exchanger_2")),
        )

    def chamber_state(self) -> dict[str, Any]:
        """Return the readings with the sensors' noise; every call draws new noise."""
        sensors, gauss = self.parameters.sensors, self._random.gauss
        state: dict[str, Any] = {"mode": self.mode}
        for path, node in TEMPERATURES.items():
            reading = self.thermal.celsius(node) + self._offsets[path]
            _put(state, path, round(reading + gauss(0.0, sensors.temperature_noise), 3))
        pressure = self.vacuum.pressure * (1.0 + gauss(0.0, sensors.pressure_noise))
        pressure = max(pressure, sensors.pressure_floor)
        state["vacuum"] = {"p": float(f"{pressure:.3g}")}
        state["power"] = round(self.thermal.electrical, 2)
        state["setpoint"] = round(self.now.setpoint, 3) if self.now is not None else None
        state["pump"] = self.vacuum.pump
        state["vent"] = self.vacuum.venting
        return state

    def recipe_state(self) -> dict[str, Any]:
        """Return the device's report of its recipe."""
        program, now = self.program, self.now
        return {
            "name": program.name if program else None,
            "state": self.state,
            "step": now.step if now else None,
            "steps": len(program.items) if program else None,
            "target": program.items[now.step - 1].target if program and now else None,
            "gradient": round(now.slope * MINUTE, 4) if now else None,
            "inStep": round(now.in_step, 1) if now else None,
            "leftInStep": round(now.left_in_step, 1) if now else None,
        }


def _put(state: dict[str, Any], path: str, value: float) -> None:
    head, dot, leaf = path.partition(".")
    if dot:
        state.setdefault(head, {})[leaf] = value
    else:
        state[head] = value
