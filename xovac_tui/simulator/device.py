"""The server program without sockets: commands in, answers and messages out.

The texts and the spacing of the documented answers are the manual's own.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Literal

from xovac_tui.simulator.faults import FaultBoard, SimulatedFault
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.program import Unfit, read_program

CANCEL_WHILE_IDLE = "Could not cancel server running as server is not running."
LOAD_WHILE_RUNNING = "Could not load recipe as the server is already running..."
MAX_CLOCK = 4102444800000.0
"""The server takes no clock beyond the year 2100, ms since 1970."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response event."""

    event: str
    result: Literal["success", "warning", "error"]
    message: str = ""

    def text(self) -> str:
        """Return the payload as the device sends it: JSON text."""
        return json.dumps({"result": self.result, "message": self.message})


def decode(args: tuple[Any, ...]) -> Any:
    """Return the decoded payload of a command (JSON text, bytes or an object), None if unreadable."""
    if not args:
        return None
    value = args[0]
    if isinstance(value, str | bytes | bytearray):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def _number(value: Any, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return float(value)


class Device:
    """The server program. Times come from the caller's clocks."""

    def __init__(self, machine: Machine, faults: FaultBoard, *, speed: float, reading: str = "") -> None:
        self.machine = machine
        self.faults = faults
        self.speed = speed
        self.reading = reading or machine.parameters.recipe.reading
        self.clock_offset = 0.0
        """Seconds that the server's clock is ahead of this machine's, as a client has set it."""
        self.utc_offset: float | None = None
        """The time zone that a client has sent, ms."""

    def handle(self, event: str, args: tuple[Any, ...], *, utc: float, since_start: float) -> Answer | None:
        """Execute a command and return its answer; None if it has none or is unknown."""
        payload = decode(args)
        match event:
            case "cancel_recipe":
                return self._cancel()
            case "load_recipe":
                return self._load(payload)
            case "sync_xovac_time":
                self._sync(payload, utc)
                return None
            case "start_recipe":
                return self._start()
            case "set_pump":
                return self._set_pump(payload)
            case "vent":
                return self._vent(payload)
            case "simulator_fault":
                return self._fault(payload, since_start)
        return None

    def _cancel(self) -> Answer:
        if not self.machine.running:
            return Answer("cancel_recipe_ack", "warning", CANCEL_WHILE_IDLE)
        self.machine.cancel()
        return Answer("cancel_recipe_ack", "success")

    def _load(self, payload: Any) -> Answer:
        if self.machine.running:
            return Answer("load_recipe_ack", "warning", LOAD_WHILE_RUNNING)
        p = self.machine.parameters
        reading: Literal["ramp", "jump"] = "jump" if self.reading == "jump" else "ramp"
        try:
            self.machine.load(read_program(payload, p.recipe, p.controller, reading))
        except Unfit as unfit:
            return Answer("load_recipe_ack", "error", str(unfit))
        return Answer("load_recipe_ack", "success")

    def _sync(self, payload: Any, utc: float) -> None:
        if not isinstance(payload, dict):
            return
        # The manual's table and its example disagree about the key's name.
        epoch = _number(payload.get("epoch", payload.get("msSinceEpoch")), 0, MAX_CLOCK)
        if epoch is not None:
            self.clock_offset = epoch / 1000.0 - utc
        self.utc_offset = _number(payload.get("utcOffset"), -86400000.0, 86400000.0)

    def _start(self) -> Answer:
        event = "start_recipe_ack"
        if self.machine.running:
            return Answer(event, "warning", "Could not start recipe as the server is already running.")
        if self.machine.program is None:
            return Answer(event, "warning", "Could not start recipe as no recipe is loaded.")
        if self.machine.vacuum.venting:
            return Answer(event, "warning", "Could not start recipe as the chamber is being vented.")
        self.machine.start()
        return Answer(event, "success")

    def _set_pump(self, payload: Any) -> Answer:
        event = "set_pump_ack"
        on = payload.get("on") if isinstance(payload, dict) else None
        if not isinstance(on, bool):
            return Answer(event, "error", "Could not set the pump as 'on' is not true or false.")
        if on and self.machine.vacuum.venting:
            return Answer(event, "warning", "Could not start the pump as the chamber is being vented.")
        self.machine.vacuum.pump = on
        return Answer(event, "success")

    def _vent(self, payload: Any) -> Answer:
        event = "vent_ack"
        rate = _number(payload.get("rate"), 0.0, 50.0) if isinstance(payload, dict) else None
        if rate is None:
            return Answer(event, "error", "Could not vent as 'rate' must be from 0 to 50 mbar/s.")
        if rate and self.machine.running:
            return Answer(event, "warning", "Could not vent as a recipe is running.")
        self.machine.vacuum.vent_rate = rate
        if rate:
            self.machine.vacuum.pump = False
        return Answer(event, "success")

    def _fault(self, payload: Any, since_start: float) -> Answer:
        event = "simulator_fault_ack"
        if not isinstance(payload, dict):
            return Answer(event, "error", "Could not set a fault as the payload is not a JSON object.")
        try:
            fault = SimulatedFault(str(payload.get("fault")))
        except ValueError:
            return Answer(
                event, "error", f"There is no such fault. Known faults: {', '.join(SimulatedFault)}."
            )
        on, seconds = payload.get("on", True), payload.get("seconds", 0)
        if not isinstance(on, bool):
            return Answer(event, "error", "Could not set a fault as 'on' is not true or false.")
        length = _number(seconds, 0, 1e7)
        if length is None:
            return Answer(event, "error", "Could not set a fault as 'seconds' is not a number from 0 up.")
        if on:
            self.faults.begin(fault, since_start, length or None)
        else:
            self.faults.end(fault)
        return Answer(event, "success")

    def advance(self, wall_seconds: float) -> None:
        """Advance the machine by wall time, at the simulator's speed and with the active faults."""
        on, p = self.faults.on, self.machine.parameters.faults
        self.machine.hot_tec = on(SimulatedFault.HOT_TEC)
        self.machine.vacuum.extra_leak = p.leak if on(SimulatedFault.LEAK) else 0.0
        self.machine.step(wall_seconds * self.speed)

    def restart(self) -> None:
        """Restart the server program: the recipe is lost unless a parameter keeps it (assumed)."""
        if not self.machine.parameters.faults.restart_keeps_recipe:
            self.machine.unload()

    def chamber_state(self, utc: float) -> str:
        """Return the payload of `chamber_state` as JSON text, at a wall time in s."""
        jump = self.machine.parameters.faults.clock_jump if self.faults.on(SimulatedFault.CLOCK_JUMP) else 0.0
        state: dict[str, Any] = {"time": round((utc + self.clock_offset + jump) * 1000.0)}
        state |= self.machine.chamber_state()
        if self.faults.on(SimulatedFault.SENSOR_OPEN):
            state["plateT"]["A"] = None
        if self.faults.on(SimulatedFault.SENSOR_NAN):
            state["plateT"]["B"] = math.nan
        state["sim"] = {
            "speed": self.speed,
            "elapsed": round(self.machine.elapsed, 3),
            "faults": ",".join(self.faults.active()),
        }
        return json.dumps(state)

    def recipe_state(self) -> str:
        """Return the payload of `recipe_state` as JSON text."""
        return json.dumps(self.machine.recipe_state())
