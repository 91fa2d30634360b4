"""Faults for training and tests: their names, begin and end. Pure."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from xovac_tui.errors import SettingsError


class SimulatedFault(StrEnum):
    """A fault of a chamber, its server or the connection to it."""

    DROP_LINK = "drop_link"
    """All clients are disconnected and refused."""
    FREEZE_TELEMETRY = "freeze_telemetry"
    """Connected, but no message comes any more."""
    SLOW_ACK = "slow_ack"
    """Answers come later than a client waits."""
    LOST_ACK = "lost_ack"
    """Commands are carried out, and not answered."""
    DOUBLE_ACK = "double_ack"
    """Every answer comes twice."""
    CLOCK_JUMP = "clock_jump"
    """The server's clock is an hour ahead."""
    SENSOR_OPEN = "sensor_open"
    """Plate sensor A reads null."""
    SENSOR_NAN = "sensor_nan"
    """Plate sensor B reads NaN."""
    RESTART_SERVER = "restart_server"
    """The server program ends and comes back; the chamber goes on without it."""
    LEAK = "leak"
    """A seal leaks."""
    HOT_TEC = "hot_tec"
    """TEC ext 1 heats instead of pumping."""


class FaultPlan(msgspec.Struct, frozen=True):
    """A fault planned on the command line."""

    fault: SimulatedFault
    at: float = 0.0
    """Seconds after the server's start, wall time."""
    duration: float | None = None
    """Seconds; None: until turned off (or, for the link, its usual time)."""


def unknown_fault(name: str) -> str:
    """Return the sentences about a name that no fault has."""
    return f"There is no fault {name!r}. Known faults: {', '.join(SimulatedFault)}."


def parse_fault(text: str) -> FaultPlan:
    """Return the plan in `NAME[@seconds-after-start][:duration]`; raise SettingsError."""
    head, colon, length = text.partition(":")
    name, at_sign, start = head.partition("@")
    try:
        fault = SimulatedFault(name.strip())
    except ValueError:
        raise SettingsError(unknown_fault(name.strip())) from None
    return FaultPlan(
        fault,
        _seconds(start, text) if at_sign else 0.0,
        _seconds(length, text) if colon else None,
    )


def _seconds(text: str, whole: str) -> float:
    try:
        value = float(text.strip().removesuffix("s"))
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise SettingsError(
            f"The fault {whole!r} cannot be read: {text!r} is not a number of seconds. "
            "Write NAME, NAME@30 (30 s after the start) or NAME@30:10 (for 10 s)."
        )
    return value


class FaultBoard(msgspec.Struct):
    """The active faults. Times are seconds since the server's start."""

    plans: list[FaultPlan] = []
    until: dict[SimulatedFault, float] = {}

    def begin(self, fault: SimulatedFault, now: float, seconds: float | None = None) -> None:
        """Turn a fault on, for some seconds or (None) until it is turned off."""
        self.until[fault] = math.inf if seconds is None else now + seconds

    def end(self, fault: SimulatedFault) -> None:
        """Turn a fault off; does nothing if it is off."""
        self.until.pop(fault, None)

    def tick(self, now: float) -> None:
        """Begin the planned faults that are due, and end those whose time is over."""
        for plan in [plan for plan in self.plans if plan.at <= now]:
            self.plans.remove(plan)
            self.begin(plan.fault, now, plan.duration)
        for fault in [fault for fault, end in self.until.items() if end <= now]:
            self.end(fault)

    def on(self, fault: SimulatedFault) -> bool:
        """Return whether a fault is active."""
        return fault in self.until

    def active(self) -> tuple[SimulatedFault, ...]:
        """Return the active faults, in the order of their declaration."""
        return tuple(fault for fault in SimulatedFault if fault in self.until)
