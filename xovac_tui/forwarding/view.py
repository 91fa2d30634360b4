"""How far forwarding is, as screens, scripts and alarms are told."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from xovac_tui.forwarding.failures import Failure


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


class SinkView(msgspec.Struct, frozen=True, kw_only=True):
    """State of one sink."""

    name: str
    kind: str
    state: SinkState = SinkState.STARTING
    behind: float = 0.0
    """Age in seconds of the oldest row that is not stored there; 0: there is none."""
    rows: int = 0
    """How many rows of the record wait."""
    sent: int = 0
    """Rows that it has taken from this process."""
    skipped: int = 0
    """Rows that it does not take as they are, and that were left out."""
    failure: Failure | None = None
    """Why it did not take the newest batch; None where it did."""


class ForwardView(msgspec.Struct, frozen=True):
    """State of all sinks of one chamber."""

    sinks: tuple[SinkView, ...] = ()

    @property
    def behind(self) -> float:
        """Age in seconds of the oldest row that some sink has not stored."""
        return max((one.behind for one in self.sinks), default=0.0)


class ForwardChanged(msgspec.Struct, frozen=True):
    """News: a sink stores again, fails, or falls behind."""

    view: ForwardView
    before: ForwardView
