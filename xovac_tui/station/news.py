"""What a station publishes at once, because it cannot wait for the next snapshot."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from xovac_tui.chamber.news import (
    AlarmsChanged,
    ContractChanged,
    ContractProblemChanged,
    LedgerChanged,
    LinkChanged,
    ModeChanged,
    RecordOpened,
    RecordReplaced,
)
from xovac_tui.forwarding.view import ForwardChanged
from xovac_tui.recording.status import RecorderChanged


class ReplayMoved(msgspec.Struct, frozen=True):
    """News: a replay is at another time, so that what came after it has not come yet."""


class ServiceFailed(msgspec.Struct, frozen=True):
    """News: a service fails by a defect; published again once a minute for as long as it fails."""

    service: str
    """Name of its class."""
    error: str
    """Class of the defect."""


News = (
    LinkChanged
    | LedgerChanged
    | ModeChanged
    | ContractChanged
    | ContractProblemChanged
    | RecorderChanged
    | RecordOpened
    | RecordReplaced
    | AlarmsChanged
    | ReplayMoved
    | ServiceFailed
    | ForwardChanged
)


class NewsFeed:
    """Passes news on to its listeners, in the order in which they came; what fails is logged."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[News], None]] = []

    def subscribe(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call `listener` with news at once when it happens; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def publish(self, news: News) -> None:
        """Pass news on."""
        for listener in list(self._listeners):
            try:
                listener(news)
            except Exception:  # what listens must not end what it listens to
                logging.getLogger(__name__).exception("a listener failed at %s", type(news).__name__)
