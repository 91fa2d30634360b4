"""A thread that forwards a record to one sink."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from xovac_tui.errors import XovacError
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.forwarder import Forwarder, measured
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.view import SETTINGS_WAIT, SinkState, SinkView

_ENDING = 2.0
"""Seconds for which the end waits for a batch that is on its way."""
_RECORD_WAIT = 5.0
"""Seconds after which a record that cannot be opened is tried again."""


class Worker:
    """Forwards the record at a path to one sink until it is stopped. The recorder never waits for it."""

    def __init__(
        self,
        view: SinkView,
        path: Path,
        make: Callable[[], HistorySink],
        cursors: Mapping[Part, int],
        moved: Callable[[Part, int], None],
        mono: Callable[[], float],
    ) -> None:
        """Take what makes the sink, in the thread; `moved` is called in the thread, too."""
        self._view, self._path, self._make = view, path, make
        self._cursors, self._moved, self._mono = dict(cursors), moved, mono
        self._forwarder: Forwarder | None = None
        self._received: Mapping[Part, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"forward {view.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def view(self) -> SinkView:
        """State of the sink."""
        forwarder = self._forwarder
        return (self._view if forwarder is None else forwarder.view).at(self._mono())

    @property
    def received(self) -> Mapping[Part, int]:
        """Cursors that the sink has confirmed, though that may yet get lost; none where it cannot."""
        forwarder = self._forwarder
        return self._received if forwarder is None else forwarder.received

    def stop(self, *, wait: bool = False) -> None:
        """End behind the present batch; `wait` waits for that, for a moment. May be called again."""
        self._stopping.set()
        if wait and self._thread.is_alive():
            self._thread.join(_ENDING)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._try())

    def _try(self) -> float:
        """Forward until that ends; return after how many seconds to begin again."""
        try:
            source = ForwardedRows(self._path)
        except XovacError as error:
            return self._failed(Failure(FailureCode.RECORD, str(error)), SinkRemedy.WAIT)
        try:
            self._forward(source)
        except SinkError as error:
            return self._failed(error.failure, error.remedy)
        except Exception as error:  # a defect of one sink is no reason to leave its thread
            logging.getLogger(__name__).warning("forwarding to %s failed", self._view.name, exc_info=error)
            return self._failed(Failure(FailureCode.DEFECT, type(error).__name__), SinkRemedy.SETTINGS)
        finally:
            source.close()
        return 0.0

    def _forward(self, source: ForwardedRows) -> None:
        try:
            sink = self._make()
        except SinkError:
            # What waits grows older all the same, and the alarm must know.
            cursor = self._cursors.get(Part.EVENTS, 0)
            self._view = measured(self._view, source, cursor, self._mono())
            raise
        forwarder = Forwarder(self._view, source, sink, self._cursors, self._take)
        self._forwarder = forwarder
        try:
            while not self._stopping.is_set():
                self._stopping.wait(forwarder.turn(self._mono()))
        finally:
            self._received = forwarder.received
            self._view, self._forwarder = forwarder.view, None
            forwarder.close()

    def _take(self, part: Part, cursor: int) -> None:
        self._cursors[part] = cursor
        self._moved(part, cursor)

    def _failed(self, failure: Failure, remedy: SinkRemedy) -> float:
        settings = remedy is SinkRemedy.SETTINGS
        state = SinkState.STOPPED if settings else SinkState.WAITING
        self._view = msgspec.structs.replace(self._view, failure=failure, state=state)
        return SETTINGS_WAIT if settings else _RECORD_WAIT
