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
    """A publisher that can be tried without publishing the state; for `forward test`, and never started."""

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used, yielding the name of each step; raises SinkError."""


@runtime_checkable
class KeptState(Protocol):
    """A publisher whose medium keeps the newest state, also once the chamber is gone."""

    def forget(self) -> int:
        """Remove all that is kept of the chamber; return of how many things. Blocks; raises SinkError.

        Not while a recorder publishes: it would publish everything again.
        """
