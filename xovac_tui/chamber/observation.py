"""One observation of the chamber with all that a run is judged by, in degC, mbar and seconds."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.snapshot import RunState


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What was known at one moment; None means that it is not reported, or too old to be believed."""

    mono: float
    utc: float = 0.0
    linked: bool = False
    """The connection is open."""
    fresh: bool = False
    """The messages with the controlled temperature (where none is known: all messages) come as usual."""
    state: RunState = RunState.UNKNOWN
    recipe: str | None = None
    step: int | None = None
    """The first is 1."""
    steps: int | None = None
    target: float | None = None
    """degC."""
    actual: float | None = None
    """The temperature that the recipe drives, degC."""
    seen: float | None = None
    """Monotonic time at which `actual` came (where no message is known to report it: the newest message);
    None: at this moment."""
    period: float | None = None
    """Usual seconds between two values of `actual`; None until learned."""
    pressure: float | None = None
    """mbar."""
    speed: float | None = None
    """Seconds of the recipe in one of the clock, as the device says; None: it does not."""
