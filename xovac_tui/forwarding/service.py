"""Forwards the record of a chamber while this program records it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from xovac_tui import forwarding
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.clock import Clock
from xovac_tui.forwarding.failures import SinkError
from xovac_tui.forwarding.kinds import AnySink, ForwardedChamber
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import ForwardChanged, ForwardView, SinkState, SinkView
from xovac_tui.recording.status import RecorderState, RecorderView

_LOOK = 1.0
"""Seconds between looks at what the sinks do."""


class ForwardedRecord(Protocol):
    """What forwarding needs of the record."""

    @property
    def view(self) -> RecorderView:
        """State of the recorder."""

    def cursors(self) -> Mapping[tuple[str, str], int]:
        """Return (sink, table) -> cursor, as the record has them."""

    def move_cursor(self, sink: str, table: str, cursor: int) -> None:
        """Write how far a sink is."""


class ForwardPlan(msgspec.Struct, frozen=True):
    """What is forwarded where."""

    settings: ForwardSettings
    sinks: tuple[AnySink, ...] = ()
    """Those of this chamber, with their addresses read."""
    chamber: str = ""


class ForwardPorts(msgspec.Struct, frozen=True):
    """What forwarding asks of others."""

    secret: Callable[[AnySink], str]
    """Reads the secret of a sink, in a thread; raises SinkError."""
    summary: Callable[[], ChamberSummary]
    """Gives the chamber as it is now."""


class Broken(msgspec.Struct, frozen=True):
    """A publisher that cannot be made, such as for want of its library."""

    view: SinkView

    def publish(self, summary: ChamberSummary) -> None:
        """Do nothing."""

    def stop(self, *, wait: bool = False) -> None:
        """Do nothing."""


class ForwardService:
    """Runs a worker for each sink while this process records; cheap where there is no sink."""

    def __init__(
        self,
        plan: ForwardPlan | None,
        record: ForwardedRecord,
        clock: Clock,
        publish: Callable[[ForwardChanged], None],
        ports: ForwardPorts,
    ) -> None:
        self._plan, self._record, self._clock = plan, record, clock
        self._publish, self._ports = publish, ports
        self._sinks: Sequence[AnySink] = plan.sinks if plan is not None else ()
        self._workers: list[forwarding.worker.Worker] = []
        self._publishers: list[StatePublisher | Broken] = []
        self._running = False
        self._files = 0
        """How often the files of the record had changed when the workers began."""
        self._moved: dict[tuple[str, Part], int] = {}
        """Cursors that the sinks confirmed and the record does not have yet; filled by their threads."""
        self._looked = -math.inf
        self.view = self._resting(SinkState.STARTING)
        """State of the sinks."""

    def on_event(self, event: Event) -> None:
        """Do nothing: what is forwarded is read from the record."""

    def on_status(self, link: LinkView) -> None:
        """Do nothing."""

    def on_news(self, news: object) -> None:
        """Do nothing."""

    def tick(self) -> None:
        """Begin and end with the recorder, write cursors, publish the state and what changed."""
        if not self._sinks or self._clock.mono() - self._looked < _LOOK:
            return
        self._looked = self._clock.mono()
        recorder = self._record.view
        recording = recorder.state in (RecorderState.ON, RecorderState.FAILING)
        if self._running and (not recording or recorder.files != self._files):
            self._end()
        if not self._running and recorder.state is RecorderState.ON:
            self._begin(recorder)
        self._write_cursors()
        if self._publishers:
            summary = self._ports.summary()
            for publisher in self._publishers:
                publisher.publish(summary)
        self._show(recorder)

    async def close(self) -> None:
        """End behind what is on its way, for a moment."""
        ending, self._workers, self._publishers = [*self._workers, *self._publishers], [], []
        for one in ending:
            one.stop()
        await asyncio.gather(*(asyncio.to_thread(one.stop, wait=True) for one in ending))
        self._write_cursors()

    def _begin(self, recorder: RecorderView) -> None:
        assert self._plan is not None
        self._running, self._files = True, recorder.files
        cursors = self._record.cursors()
        chamber = ForwardedChamber(self._plan.chamber, self._plan.settings.site)
        for one in self._sinks:
            if one.takes_history:
                own = {
                    part: self._moved.get((one.name, part), cursors.get((one.name, part.value), 0))
                    for part in Part
                }
                worker = forwarding.worker.Worker(
                    SinkView(name=one.name, kind=one.kind),
                    Path(recorder.path),
                    partial(self._history, one, chamber),
                    own,
                    partial(self._confirmed, one.name),
                    self._clock.utc,
                )
                worker.start()
                self._workers.append(worker)
            if one.takes_state:
                self._publishers.append(self._publisher(one, chamber))

    def _history(self, one: AnySink, chamber: ForwardedChamber) -> HistorySink:
        return one.history(chamber, self._ports.secret(one))

    def _publisher(self, one: AnySink, chamber: ForwardedChamber) -> StatePublisher | Broken:
        try:
            made = one.publisher(chamber, self._ports.secret(one))
        except SinkError as error:
            stopped = SinkView(name=one.name, kind=one.kind, state=SinkState.STOPPED, failure=error.failure)
            return Broken(stopped)
        made.start()
        return made

    def _end(self) -> None:
        for one in (*self._workers, *self._publishers):
            one.stop()
        self._workers, self._publishers, self._running = [], [], False
        # Of another file nothing is known.
        self._moved.clear()

    def _confirmed(self, sink: str, part: Part, cursor: int) -> None:
        self._moved[sink, part] = cursor

    def _write_cursors(self) -> None:
        while self._moved:
            (sink, part), cursor = self._moved.popitem()
            self._record.move_cursor(sink, part.value, cursor)

    def _show(self, recorder: RecorderView) -> None:
        before = self.view
        if self._running:
            self.view = ForwardView(tuple(one.view for one in (*self._workers, *self._publishers)))
        else:
            beside = recorder.state is RecorderState.BESIDE
            self.view = self._resting(SinkState.ELSEWHERE if beside else SinkState.STARTING)
        if self.view != before:
            self._publish(ForwardChanged(self.view, before))

    def _resting(self, state: SinkState) -> ForwardView:
        return ForwardView(tuple(SinkView(name=one.name, kind=one.kind, state=state) for one in self._sinks))
