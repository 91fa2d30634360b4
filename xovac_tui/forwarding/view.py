"""How far forwarding is, as screens, scripts and alarms report it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import msgspec

from xovac_tui.forwarding.failures import Failure, FailureCode

BEHIND = 60.0
"""Age in seconds of the oldest row that waits, from which on a sink is behind."""
SETTINGS_WAIT = 300.0
"""Seconds after which a sink is tried again whose settings are wrong."""


class SinkState(StrEnum):
    """What a sink does."""

    STARTING = "starting"
    ON = "on"
    """Everything that is recorded is stored there, but for the newest seconds."""
    BEHIND = "behind"
    """It stores what waits, and more waits than a moment's."""
    WAITING = "waiting"
    """It cannot be reached, or asks to be left alone; it is tried again."""
    STOPPED = "stopped"
    """Its settings must be corrected; it is tried again every few minutes."""
    ELSEWHERE = "elsewhere"
    """Another process records and forwards."""
    OFF = "off"
    """Nothing is recorded here, so nothing is forwarded."""


class SinkView(msgspec.Struct, frozen=True, kw_only=True):
    """State of one sink."""

    name: str
    kind: str
    state: SinkState = SinkState.STARTING
    behind: float = 0.0
    """Age in seconds of the oldest row that is not stored there; 0: there is none."""
    since: float | None = None
    """When that row came, monotonic seconds of the process that forwards; None: there is none."""
    rows: int = 0
    """How many rows of the record wait."""
    sent: int = 0
    """Rows that it has taken from this process."""
    skipped: int = 0
    """Rows that it does not take as they are, and that were left out."""
    missed: int = 0
    """Events that it did not get: deleted before, or damaged in the record."""
    failure: Failure | None = None
    """Why it did not take the newest batch; None where it did."""

    def at(self, mono: float) -> Self:
        """Return it as it is at a moment in monotonic seconds: what waits grows older."""
        behind = 0.0 if self.since is None else max(0.0, mono - self.since)
        return msgspec.structs.replace(self, behind=behind)


class ForwardView(msgspec.Struct, frozen=True):
    """State of all sinks of one chamber."""

    sinks: tuple[SinkView, ...] = ()

    @property
    def behind(self) -> float:
        """Age in seconds of the oldest row that some sink has not stored."""
        return max((one.behind for one in self.sinks), default=0.0)

    @property
    def reported(self) -> tuple[tuple[str, SinkState, FailureCode | None, int], ...]:
        """What of it is news when it changes: figures change all the time, and so may what a server says."""
        failures = [(one, one.failure) for one in self.sinks]
        return tuple(
            (one.name, one.state, None, 0) if why is None else (one.name, one.state, why.code, why.status)
            for one, why in failures
        )


class ForwardChanged(msgspec.Struct, frozen=True):
    """News: a sink stores again, fails, or falls behind."""

    view: ForwardView
    before: ForwardView
