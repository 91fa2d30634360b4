"""Services, which run beside a chamber and receive everything; interfaces of the record and the runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from xovac_tui import recipes, recording, runs
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.history import ChannelHistory, History
from xovac_tui.chamber.snapshot import ChannelView, Mark
from xovac_tui.forwarding.view import ForwardView
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.status import RecorderView
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.runs.loaded import LoadedRecipe
from xovac_tui.runs.store import RunRecord


class Service(Protocol):
    """One part of a station, such as the recorder. It publishes news by a callable, and holds no station."""

    def on_event(self, event: Event) -> None:
        """Take a message, of either direction, before the model has seen it."""

    def on_status(self, link: LinkView) -> None:
        """Take what the link reports of itself."""

    def on_news(self, news: object) -> None:
        """Take news of the station or of another service; most of them concern only some services."""

    def tick(self) -> None:
        """Do what time alone makes due; four times a second."""

    async def close(self) -> None:
        """End, after the link has ended."""


class RecordDesk(RunRecord, Protocol):
    """The record of a chamber, as its station and screens use it."""

    @property
    def choice(self) -> RecordChoice | None:
        """Which record it is and how it is kept; None: not recorded."""

    @property
    def view(self) -> RecorderView:
        """State of the recorder."""

    @property
    def settled(self) -> bool:
        """True once the record has been read, or will not be waited for."""

    @property
    def unreadable(self) -> str:
        """Why the time before, or a part of it, cannot be shown; empty while nothing is wrong."""

    @property
    def unwritten(self) -> str:
        """After the end, what is not in it and why, as a sentence; empty where all of it is."""

    @property
    def at_stake(self) -> int:
        """Events that are lost when this program ends now."""

    @property
    def share(self) -> str:
        """The kind of network share on which it is; empty where it is on none, or not known yet."""

    @property
    def away_since(self) -> float | None:
        """When (record time) this user last watched, if that is long ago; else None."""

    def note_return(self, seconds: float) -> None:
        """Note that this user has not watched for so long."""

    async def open(self) -> None:
        """Begin to open it; returns before it is open, whatever holds it up."""

    def history(self, name: str, live: Callable[[str], History | None]) -> ChannelHistory | None:
        """Return a channel's history, with its past; None where there is none."""

    def with_past(self, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """Return marks of this program behind those of the time before."""

    def digest(
        self, channels: Sequence[ChannelView], pins: Sequence[str] | None = None
    ) -> recording.digest.Digest | None:
        """Return what happened while this user was away; None where they were not. For a thread."""

    def change(self, kind: str, text: str, *, before: str = "", after: str = "") -> None:
        """Take a decision that was made here, and write it at once; `before` and `after` are JSON."""


class RunDesk(Protocol):
    """The runs of a chamber, as its station and screens use them."""

    @property
    def newest(self) -> runs.followed.Run | None:
        """The run that goes on, or the newest that has ended."""

    @property
    def running(self) -> runs.followed.Run | None:
        """The run that goes on; None where none is known to."""

    @property
    def loaded(self) -> LoadedRecipe | None:
        """The recipe that was handed to the chamber last."""

    @property
    def number(self) -> int:
        """Number of the newest run in the record; 0 where it has none."""

    @property
    def rates(self) -> recipes.rates.Rates | None:
        """What the chamber has managed in its recorded runs; None where nothing is known."""

    def view(self) -> runs.view.RunProgress | None:
        """Return the run that goes on, or the newest that has ended; None before the first."""

    def times(self) -> tuple[float | None, float | None]:
        """Return for how many seconds the run and its step go on; None: not known."""

    def planned_profile(self) -> list[tuple[float, float]]:
        """Return the plan of the run that goes on as (monotonic seconds, degC); empty when unknown."""

    def holds(self) -> list[PlacedHold]:
        """Return the holds of the run that goes on, as they went and as they are planned; else none."""


class ForwardDesk(Protocol):
    """Where a chamber is forwarded to, as its station shows it."""

    @property
    def view(self) -> ForwardView:
        """State of the sinks."""


class RunKeeper(Protocol):
    """Follow the runs of a live chamber, and keep what is handed to it."""

    @property
    def runs(self) -> RunDesk:
        """The runs."""

    def observe(self, utc: float, mono: float) -> None:
        """Let the run that goes on, or begins, see the chamber as it was at a moment just now."""

    def handing(self, plan: recipes.plan.Plan, source: str) -> AbstractContextManager[None]:
        """Keep the plan, and the text of its file, of a list that is sent meanwhile."""


SAID_AGAIN = 60.0
"""Seconds between two reports of a service that goes on failing."""


class Services:
    """The services of a station, called in their order: what they do depends on it.

    One that fails is logged once for each defect, and the rest go on. `failed` is called with its name and
    the defect, once in `SAID_AGAIN` of the monotonic seconds that `mono` gives for as long as it fails.
    """

    def __init__(
        self,
        services: Sequence[Service],
        failed: Callable[[str, Exception], None],
        mono: Callable[[], float],
    ) -> None:
        self._services = tuple(services)
        self._report, self._mono = failed, mono
        self._defects: dict[str, str] = {}
        """Name of a service -> its newest defect."""
        self._reported: dict[str, float] = {}
        """Name of a service -> when it was reported last, monotonic seconds."""

    def each(self, call: Callable[[Service], None]) -> None:
        """Call every service."""
        for service in self._services:
            try:
                call(service)
            except Exception as error:
                self._failed(service, error)

    async def close(self) -> None:
        """Close every service, in the same order."""
        for service in self._services:
            try:
                await service.close()
            except Exception as error:
                self._failed(service, error)

    def _failed(self, service: Service, error: Exception) -> None:
        name = type(service).__name__
        if self._defects.get(name) != repr(error):
            self._defects[name] = repr(error)
            logging.getLogger(__name__).warning("%s failed", name, exc_info=error)
        if self._mono() - self._reported.get(name, -SAID_AGAIN) >= SAID_AGAIN:
            self._reported[name] = self._mono()
            self._report(name, error)
