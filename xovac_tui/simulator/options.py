"""Options of a simulator. Light to import."""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

from xovac_tui.clock import FASTEST
from xovac_tui.errors import SettingsError
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


def check_options(options: SimulatorOptions) -> None:
    """Raise SettingsError for options that cannot work."""
    if not 0 <= options.port <= 65535:
        raise SettingsError(f"The port {options.port} does not exist. Choose one from 0 to 65535.")
    if not 0 < options.speed <= FASTEST:
        raise SettingsError(f"The speed {options.speed:g} is not usable. Choose one up to {FASTEST:g}.")
    if not 0.01 <= options.period <= 3600:
        raise SettingsError(f"The period {options.period:g} s is not usable. Choose 0.01 to 3600 s.")
    if not options.transports or not set(options.transports) <= set(TRANSPORTS):
        raise SettingsError(f"The transports must be some of {', '.join(TRANSPORTS)}.")
    for origin in options.cors:
        if origin != "*" and not re.fullmatch(r"https?://[^\s/?#@]+", origin):
            raise SettingsError(
                f"The origin {origin[:80]!r} cannot be one. Write it like http://localhost:3000, or *."
            )
    for name, value in (("interval", options.ping_interval), ("timeout", options.ping_timeout)):
        if not 0.05 <= value < math.inf:
            raise SettingsError(f"The ping {name} of {value:g} s is not usable. Choose 0.05 s or more.")
