"""Forwards the record of a chamber while this program records it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from xovac_tui import forwarding
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.clock import Clock
from xovac_tui.forwarding.failures import SinkError
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.recordparts import Part, received_name
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import SETTINGS_WAIT, ForwardChanged, ForwardView, SinkState, SinkView
from xovac_tui.recording.status import RecorderState, RecorderView

_LOOK = 1.0
"""Seconds between looks at what the sinks do."""
_ASKED_EVERY = 5.0
"""Seconds between looks at what other processes ask for."""


class ForwardedRecord(Protocol):
    """What forwarding needs of the record."""

    @property
    def view(self) -> RecorderView:
        """State of the recorder."""

    def cursors(self) -> Mapping[tuple[str, str], int] | None:
        """Return (sink, table) -> cursor, as the record has them; None while it is not read."""

    def move_cursor(self, sink: str, table: str, cursor: int) -> None:
        """Write how far a sink is."""

    def to_forget(self) -> Set[str]:
        """Return the sinks for which a user asked that everything is sent again."""

    def forget_cursors(self, sink: str) -> None:
        """Let a sink begin again."""


class ForwardPlan(msgspec.Struct, frozen=True):
    """What is forwarded where."""

    settings: ForwardSettings
    sinks: tuple[Sink, ...] = ()
    """Those of this chamber, with their addresses read."""
    chamber: str = ""


class ForwardPorts(msgspec.Struct, frozen=True):
    """What forwarding asks of others."""

    secret: Callable[[Sink], str]
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


class _Stream:
    """What forwards the record to one sink, and the cursors that the sink has confirmed since."""

    def __init__(self, one: Sink, own: Mapping[Part, int], setup: _StreamSetup) -> None:
        self.sink = one
        self._moved: dict[Part, int] = {}
        """Cursors that the record does not have yet; filled by the thread."""
        self._received: dict[Part, int] = {}
        """Cursors before which the record knows everything to be received."""
        self.worker = forwarding.worker.Worker(
            SinkView(name=one.name, kind=one.kind),
            setup.path,
            partial(setup.history, one),
            own,
            self._moved.__setitem__,
            setup.mono,
        )

    def confirmed(self) -> Iterator[tuple[str, int]]:
        """Yield what the record does not have yet, once: a name of the table of cursors, and the cursor."""
        while self._moved:
            part, cursor = self._moved.popitem()
            yield part.value, cursor
        for part, cursor in self.worker.received.items():
            if self._received.get(part) != cursor:
                self._received[part] = cursor
                yield received_name(part.value), cursor


class _StreamSetup(NamedTuple):
    """What all streams of one file have in common."""

    path: Path
    history: Callable[[Sink], HistorySink]
    mono: Callable[[], float]


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
        self._sinks: Sequence[Sink] = plan.sinks if plan is not None else ()
        self._streams: list[_Stream] = []
        self._publishers: list[StatePublisher | Broken] = []
        self._running = False
        self._files = 0
        """How often the files of the record had changed when the workers began."""
        self._forgetting: set[str] = set()
        """Sinks that begin again, as the record was asked and does not know yet."""
        self._looked = self._asked = self._mended = -math.inf
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
        self._begin_again(recorder)
        self._mend_publishers()
        if self._publishers:
            summary = self._ports.summary()
            for publisher in self._publishers:
                publisher.publish(summary)
        self._show(recorder)

    async def close(self) -> None:
        """End behind what is on its way, for a moment."""
        ending = self._threads()
        for one in ending:
            one.stop()
        await asyncio.gather(*(asyncio.to_thread(one.stop, wait=True) for one in ending))
        self._write_cursors()
        self._streams, self._publishers, self._running = [], [], False

    def _threads(self) -> list[forwarding.worker.Worker | StatePublisher | Broken]:
        return [*(stream.worker for stream in self._streams), *self._publishers]

    def _begin(self, recorder: RecorderView) -> None:
        cursors = self._record.cursors()
        if cursors is None:
            # Without them everything would be sent again.
            return
        self._running, self._files, self._mended = True, recorder.files, self._clock.mono()
        for one in self._sinks:
            if one.takes_history:
                own = {part: cursors.get((one.name, part.value), 0) for part in Part}
                self._streams.append(self._stream(one, own, recorder))
            if one.takes_state:
                self._publishers.append(self._publisher(one))

    def _stream(self, one: Sink, own: Mapping[Part, int], recorder: RecorderView) -> _Stream:
        setup = _StreamSetup(Path(recorder.path), self._history, self._clock.mono)
        made = _Stream(one, own, setup)
        made.worker.start()
        return made

    def _begin_again(self, recorder: RecorderView) -> None:
        """Send everything again to the sinks for which that was asked."""
        if not self._running or self._clock.mono() - self._asked < _ASKED_EVERY:
            return
        self._asked = self._clock.mono()
        asked = self._record.to_forget()
        self._forgetting &= asked
        for at, stream in enumerate(self._streams):
            if (name := stream.sink.name) in asked - self._forgetting:
                stream.worker.stop()
                self._record.forget_cursors(name)
                self._forgetting.add(name)
                self._streams[at] = self._stream(stream.sink, {}, recorder)

    def _mend_publishers(self) -> None:
        """Make those that could not be made: a file with a secret may have come."""
        if self._clock.mono() - self._mended < SETTINGS_WAIT:
            return
        self._mended = self._clock.mono()
        sinks = {one.name: one for one in self._sinks}
        self._publishers = [
            self._publisher(sinks[one.view.name]) if isinstance(one, Broken) else one
            for one in self._publishers
        ]

    def _history(self, one: Sink) -> HistorySink:
        return one.history(self._chamber(), self._ports.secret(one))

    def _chamber(self) -> ForwardedChamber:
        assert self._plan is not None
        return ForwardedChamber(self._plan.chamber, self._plan.settings.site)

    def _publisher(self, one: Sink) -> StatePublisher | Broken:
        try:
            made = one.publisher(self._chamber(), self._ports.secret(one))
        except SinkError as error:
            stopped = SinkView(name=one.name, kind=one.kind, state=SinkState.STOPPED, failure=error.failure)
            return Broken(stopped)
        made.start()
        return made

    def _end(self) -> None:
        for one in self._threads():
            one.stop()
        # What they confirm from now on is of another file.
        self._streams, self._publishers, self._running = [], [], False

    def _write_cursors(self) -> None:
        for stream in self._streams:
            for table, cursor in stream.confirmed():
                self._record.move_cursor(stream.sink.name, table, cursor)

    def _show(self, recorder: RecorderView) -> None:
        before = self.view
        if self._running:
            self.view = ForwardView(merged([one.view for one in self._threads()]))
        else:
            self.view = self._resting(_RESTING.get(recorder.state, SinkState.STARTING))
        if self.view.reported != before.reported:
            self._publish(ForwardChanged(self.view, before))

    def _resting(self, state: SinkState) -> ForwardView:
        return ForwardView(tuple(SinkView(name=one.name, kind=one.kind, state=state) for one in self._sinks))


_RESTING = {RecorderState.BESIDE: SinkState.ELSEWHERE, RecorderState.OFF: SinkState.OFF}
"""What the sinks are while this process does not record."""


def merged(views: Sequence[SinkView]) -> tuple[SinkView, ...]:
    """Return one view a sink: its history's where it takes history and state, with the failure of either."""
    found: dict[str, SinkView] = {}
    for one in views:
        known = found.setdefault(one.name, one)
        if known.failure is None and one.failure is not None:
            found[one.name] = msgspec.structs.replace(known, state=one.state, failure=one.failure)
    return tuple(found.values())
