"""A thread that forwards a record to one sink."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from xovac_tui.errors import XovacError
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError
from xovac_tui.forwarding.forwarder import FIRST_WAIT, SETTINGS_WAIT, Forwarder
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.view import SinkState, SinkView

_ENDING = 2.0
"""Seconds for which the end waits for a batch that is on its way."""


class Worker:
    """Forwards the record at a path to one sink until it is stopped. The recorder never waits for it."""

    def __init__(
        self,
        view: SinkView,
        path: Path,
        make: Callable[[], HistorySink],
        cursors: Mapping[Part, int],
        moved: Callable[[Part, int], None],
        utc: Callable[[], float],
    ) -> None:
        """Take what makes the sink, in the thread; `moved` is called in the thread, too."""
        self._view, self._path, self._make = view, path, make
        self._cursors, self._moved, self._utc = dict(cursors), moved, utc
        self._forwarder: Forwarder | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"forward {view.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def view(self) -> SinkView:
        """State of the sink."""
        forwarder = self._forwarder
        return self._view if forwarder is None else forwarder.view

    def stop(self, *, wait: bool = False) -> None:
        """End behind the present batch; `wait` waits for that, for a moment. May be called again."""
        self._stopping.set()
        if wait and self._thread.is_alive():
            self._thread.join(_ENDING)

    def _run(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            try:
                source = ForwardedRows(self._path)
            except XovacError as error:
                self._failed(Failure(FailureCode.RECORD, str(error)), SinkState.WAITING)
                self._stopping.wait(wait)
                continue
            try:
                self._forward(source)
            except SinkError as error:
                self._failed(error.failure, SinkState.STOPPED)
                self._stopping.wait(SETTINGS_WAIT)
            finally:
                source.close()

    def _forward(self, source: ForwardedRows) -> None:
        forwarder = Forwarder(self._view, source, self._make(), self._cursors, self._take)
        self._forwarder = forwarder
        try:
            while not self._stopping.is_set():
                self._stopping.wait(forwarder.turn(self._utc()))
        finally:
            self._view, self._forwarder = forwarder.view, None
            forwarder.close()

    def _take(self, part: Part, cursor: int) -> None:
        self._cursors[part] = cursor
        self._moved(part, cursor)

    def _failed(self, failure: Failure, state: SinkState) -> None:
        self._view = msgspec.structs.replace(self._view, failure=failure, state=state)
