"""A chamber at one moment in one struct: what is published of it, and what the fleet shows."""

from __future__ import annotations

import msgspec


class AlarmSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alarm that wants attention."""

    rule: str
    severity: str
    state: str
    text: str = ""
    since: float | None = None
    """UTC seconds at which it was raised."""
    active: bool = False
    channel: str = ""
    """Label of the channel that it is about; empty where it is about none."""


class ChannelSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel that has a number."""

    name: str
    """Short name, else the full one."""
    full_name: str
    label: str
    unit: str = ""
    """The contract's."""
    value: float | None = None
    """Newest value, also where it is stale; None where there is none that counts."""
    quality: str
    """`good`, `stale`, `bad` or `no data`."""
    age: float | None = None
    """Seconds since its newest message."""
    pinned: bool = False
    role: str = ""
    """The contract's, such as `controlled`; empty: it has none."""


class SinkSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a store is to which the chamber is forwarded."""

    name: str
    state: str
    behind: float = 0.0
    """Age in seconds of the oldest row that waits."""
    rows: int = 0
    skipped: int = 0


class ChamberSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chamber at one moment. What is not known is None or empty."""

    chamber: str
    site: str = ""
    utc: float
    """When this was made, UTC seconds."""
    host: str = ""
    """Machine that records."""
    program: str = ""
    link: str
    """ONLINE, STALE, LOST, CONNECTING or OFFLINE."""
    link_since: float | None = None
    """UTC seconds."""
    newest_age: float | None = None
    """Seconds since the newest message of the chamber."""
    run: str
    """RUNNING, IDLE or UNKNOWN; UNKNOWN too where the report is old."""
    last_run: str = ""
    """What the chamber reported last, also where that is old; empty: never anything."""
    recipe: str = ""
    """Of the run that goes on, as far as `last_run` says so."""
    step: int | None = None
    steps: int | None = None
    label: str = ""
    """What the running step does, such as `hold`."""
    ends: float | None = None
    """UTC seconds; estimated."""
    remaining: float | None = None
    """Seconds until then."""
    target: float | None = None
    target_unit: str = ""
    alarms: tuple[AlarmSummary, ...] | None = None
    """The worst first; None where no program evaluates them."""
    channels: tuple[ChannelSummary, ...] = ()
    recorder: str = ""
    """`on`, `beside`, `failing`, `starting` or `off`."""
    lost: int = 0
    """Events that could not be recorded."""
    record_bytes: int | None = None
    sinks: tuple[SinkSummary, ...] = ()

    @property
    def pinned(self) -> tuple[ChannelSummary, ...]:
        """The channels that stand out, in their order."""
        return tuple(one for one in self.channels if one.pinned)
