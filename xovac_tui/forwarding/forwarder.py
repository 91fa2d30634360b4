"""Forwards a record to one sink: reads, sends, moves the cursor; without a thread or a clock of its own."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from xovac_tui.errors import XovacError
from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.view import SinkState, SinkView

IDLE = 1.0
"""Seconds between reads of a record of which everything is stored."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
"""Seconds after the first failure, doubled with each further one, and at the most."""
SETTINGS_WAIT = 300.0
"""Seconds after which a sink is tried again whose settings are wrong."""
BEHIND = 60.0
"""Age in seconds of the oldest row that waits, from which on a sink is behind."""


class Source(Protocol):
    """The record, as a forwarder reads it."""

    def next(self, part: Part, cursor: int, most: int) -> Batch | None:
        """Return the next rows of a part; None where there are none."""

    def after(self, part: Part) -> int:
        """Return the cursor behind everything of a part that is committed."""

    def waiting_since(self, cursor: int) -> float | None:
        """Return the record time of the oldest event from a cursor on; None where there is none."""

    def forget_sent(self) -> None:
        """Give again what was given and perhaps not stored."""


class Forwarder:
    """Forwards to one sink. `turn` does the next step, and says when to call it again.

    A cursor moves only when the sink has confirmed what is before it. The first row of a batch that is not
    taken is found by halving: the sink gets ever smaller batches until it takes one or refuses a single row,
    which is left out, counted and logged.
    """

    def __init__(
        self,
        view: SinkView,
        source: Source,
        sink: HistorySink,
        cursors: Mapping[Part, int],
        moved: Callable[[Part, int], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take `cursors` as the record has them, and `moved`, called with each that the sink confirmed.

        `jitter` gives a number from 0 to 1, so that several recorders do not come back at one moment.
        """
        self.view = view
        """Its state; replaced, never changed."""
        self._source, self._sink, self._moved, self._jitter = source, sink, moved, jitter
        self._cursors = {part: cursors.get(part, 0) for part in Part}
        self._open = False
        self._failed = 0
        """Failures in a row that waiting may mend."""
        self._size = sink.most
        """Rows of the next batch at the most."""
        self._logged: set[str] = set()

    def turn(self, utc: float) -> float:
        """Do one step at a moment in UTC seconds; return for how many seconds to wait before the next."""
        try:
            return self._step(utc)
        except SinkError as error:
            return self._failing(error, utc)
        except XovacError as error:
            failure = Failure(FailureCode.RECORD, str(error))
            return self._failing(SinkError(failure, SinkRemedy.WAIT), utc)
        except Exception as error:
            logging.getLogger(__name__).warning("forwarding to %s failed", self.view.name, exc_info=error)
            failure = Failure(FailureCode.DEFECT, type(error).__name__)
            return self._failing(SinkError(failure, SinkRemedy.SETTINGS), utc)

    def close(self) -> None:
        """Let go of the sink."""
        self._open = False
        self._sink.close()

    def _step(self, utc: float) -> float:
        if not self._open:
            self._sink.open()
            self._open = True
            for part in Part:
                self._cursors[part] = self._sink.cursor(part, self._cursors[part])
        sent = False
        for part in Part:
            batch = self._source.next(part, self._cursors[part], self._size)
            if batch is None:
                continue
            if len(batch):
                self._send(batch)
            self._take(batch)
            sent = True
        self._failed = 0
        self._show(utc)
        return 0.0 if sent and not self._near() else IDLE

    def _send(self, batch: Batch) -> None:
        left_out = 0
        try:
            left_out = self._sink.send(batch)
        except SinkError as error:
            if error.remedy is not SinkRemedy.SMALLER:
                raise
            if len(batch) > 1:
                self._size = max(1, len(batch) // 2)
                raise
            left_out = 1
            self._log_skipped(batch, error)
        self._update(sent=self.view.sent + len(batch) - left_out, skipped=self.view.skipped + left_out)
        self._size = min(self._sink.most, self._size * 2)

    def _log_skipped(self, batch: Batch, error: SinkError) -> None:
        """Log that the one row of a batch is left out, once for each reason."""
        key = (batch.events[0] if batch.events else batch.log[0]).key
        told = f"{error.failure.code} {error.failure.detail}"
        if told not in self._logged and len(self._logged) < 100:
            self._logged.add(told)
            logging.getLogger(__name__).warning(
                "%s does not take %s, which is left out: %s", self.view.name, key.text, error.failure.detail
            )

    def _take(self, batch: Batch) -> None:
        if batch.after != self._cursors[batch.part]:
            self._cursors[batch.part] = batch.after
            self._moved(batch.part, batch.after)

    def _near(self) -> bool:
        """Return whether nothing but what came just now can wait."""
        return all(self._cursors[part] >= self._source.after(part) for part in (Part.EVENTS, Part.ALARMS))

    def _failing(self, error: SinkError, utc: float) -> float:
        """Take note of a failure; return when to try again."""
        if error.remedy is SinkRemedy.SMALLER:
            return 0.0
        self._open = False
        self._sink.close()
        self._source.forget_sent()
        if error.remedy is SinkRemedy.SETTINGS:
            wait, state = SETTINGS_WAIT, SinkState.STOPPED
        else:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._failed, 10))
            self._failed += 1
            state = SinkState.WAITING
        wait *= 0.75 + 0.25 * self._jitter()
        if error.retry_after is not None:
            wait = max(wait, min(error.retry_after, 3600.0))
        self._update(state=state, failure=error.failure)
        self._measure(utc)
        return wait

    def _show(self, utc: float) -> None:
        self._measure(utc)
        behind = self.view.behind > BEHIND
        self._update(state=SinkState.BEHIND if behind else SinkState.ON, failure=None)

    def _measure(self, utc: float) -> None:
        cursor = self._cursors[Part.EVENTS]
        try:
            since, after = self._source.waiting_since(cursor), self._source.after(Part.EVENTS)
        except XovacError:
            return
        behind = 0.0 if since is None else max(0.0, utc - since)
        self._update(behind=behind, rows=max(0, after - cursor))

    def _update(self, **changes: object) -> None:
        self.view = msgspec.structs.replace(self.view, **changes)
