"""Options of a simulator. Light to import."""

from __future__ import annotations

from typing import Literal

import msgspec

from xovac_tui.simulator.faults import FaultPlan
from xovac_tui.simulator.handlers import HandlerForm

Transport = Literal["websocket", "polling"]
TRANSPORTS: tuple[Transport, ...] = ("polling", "websocket")


class SimulatorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be chosen for a simulator."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: any free one."""
    speed: float = 1.0
    """Model seconds for one second of wall time; telemetry stays at its rate."""
    seed: int = 1
    warm: bool = False
    """Begin pumped down, with the test part a bit off ambient."""
    faults: tuple[FaultPlan, ...] = ()
    parameters: str | None = None
    """File of parameters that differ from the built-in ones."""
    reading: Literal["ramp", "jump"] | None = None
    """How recipe items are read; None: by the parameters."""
    form: HandlerForm | None = None
    """Form of payload and answer that the handlers use; None: the manual's."""
    period: float = 1.0
    """Seconds of wall time between two `chamber_state` messages."""
    transports: tuple[Transport, ...] = TRANSPORTS
    ping_interval: float = 25.0
    """Engine.IO's ping, s; the library's default."""
    ping_timeout: float = 20.0
    cors: tuple[str, ...] = ()
    """Origins of web pages that may connect, `*` for any; only pages of this server where it is empty."""
    parent_watch: bool = False
    """End with stdin, so that a child does not outlive its parent."""
