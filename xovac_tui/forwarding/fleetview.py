"""A chamber as it was last heard of, for the fleet."""

from __future__ import annotations

import msgspec

from xovac_tui.forwarding.summary import ChamberSummary


class SeenChamber(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer knows of a chamber. All moments are monotonic seconds of the viewer: clocks differ."""

    site: str
    chamber: str
    summary: ChamberSummary | None = None
    """The newest that came; None: only its status did."""
    arrived: float | None = None
    """When that came."""
    live: bool = False
    """It came as it was published. False: the broker had kept it, and it is older than `arrived`, who
    knows how much; the next one comes within ten seconds if the recorder goes on."""
    clock_ahead: float | None = None
    """Seconds by which the recorder's clock is before the viewer's; None: nothing came live yet."""
    online: bool | None = None
    """Whether a recorder publishes it, by its last will; None: unknown."""
    why: str = ""
    """Why it is offline: `stopped` or `connection lost`."""
    status_arrived: float | None = None
    status_live: bool = False
    """The status came as it was published."""
