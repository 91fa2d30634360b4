"""What publishes the newest state of a chamber is to the service that calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import SinkView


class StatePublisher(Protocol):
    """Publishes the newest state; it may skip some, and no method blocks or raises."""

    @property
    def view(self) -> SinkView:
        """How it is."""

    def start(self) -> None:
        """Begin, in threads of its own; returns at once."""

    def publish(self, summary: ChamberSummary) -> None:
        """Take the state as it is now, about once a second; what of it goes out when is decided here."""

    def stop(self, *, wait: bool = False) -> None:
        """End, and say so where the medium can; `wait` waits for that, two seconds at the most."""


@runtime_checkable
class TriedPublisher(Protocol):
    """A publisher that can try, without having been started, whether it could publish."""

    def trial(self) -> Iterator[str]:
        """Try step by step, yielding the name of each step that is done; raises SinkError. It may block."""


@runtime_checkable
class ForgettingPublisher(Protocol):
    """A publisher on whose medium something of the chamber stays, which it can clear."""

    def forget(self) -> None:
        """Clear what stays of the chamber, without having been started; raises SinkError. It may block."""
