"""Forwards a record to one sink: reads, sends, moves the cursor; without a thread or a clock of its own."""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from xovac_tui.errors import XovacError
from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.view import BEHIND, SETTINGS_WAIT, SinkState, SinkView

IDLE = 1.0
"""Seconds between reads of a record of which everything is stored."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
"""Seconds after the first failure, doubled with each further one, and at the most."""
PROBE = 20
"""Rows of the first batch after a failure, since a server that is still away must not cost a whole one."""
MOST_ASKED = 3600.0
"""Seconds for which a sink is left alone at the most, however long it asks for."""
MOST_LOSSES = 10
"""Lost connections in a row after which they are no sign that the sink has ended."""
PROVE_EVERY = 100
"""Rows left out in a row after which it is tried again whether the sink takes anything at all."""


class Source(Protocol):
    """The record, as a forwarder reads it."""

    def next(self, part: Part, cursor: int, most: int) -> Batch | None:
        """Return the next rows of a part; None where there are none."""

    def after(self, part: Part) -> int:
        """Return the cursor behind everything of a part that is committed."""

    def waiting_since(self, cursor: int) -> float | None:
        """Return the monotonic time of the oldest event from a cursor on; None where there is none."""

    def forget_sent(self) -> None:
        """Give again what was given and perhaps not stored."""


class Forwarder:
    """Forwards to one sink. `turn` does the next step, and says when to call it again.

    A cursor moves only when the sink has confirmed what is before it. The first row of a batch that is not
    taken is found by halving: the sink gets ever smaller batches until it takes one or refuses a single row,
    which is left out, counted and logged. But a server that refuses everything, such as a proxy in its place,
    must not make the record count as forwarded: before a row is left out the sink must pass its own trial.

    A sink that keeps in memory what it has just confirmed loses it when it is killed. Its cursors move later,
    once that has settled; after a failure, and by the next program, what had not is sent again.
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
        self._settled = dict(self._cursors)
        """Cursors behind which nothing gets lost any more."""
        self._unsettled: deque[tuple[float, Part, int]] = deque()
        """When a cursor was confirmed, in monotonic seconds, its part and the cursor."""
        self._losses, self._went_back = sink.losses, 0
        """Connections that the sink had lost, and how often it went back for one since something settled."""
        self._heard = 0.0
        """Monotonic time since which the sink has not ended, as its newest answer says."""
        self._open = False
        self._failed = 0
        """Failures in a row that waiting may mend."""
        self._size = sink.most
        """Rows of the next batch at the most."""
        self._in_a_row = 0
        """Rows that were left out since it took one."""
        self._logged: set[str] = set()

    def turn(self, mono: float) -> float:
        """Do one step at a moment in monotonic seconds; return for how many to wait before the next."""
        try:
            return self._step(mono)
        except SinkError as error:
            return self._failing(error, mono)
        except XovacError as error:
            failure = Failure(FailureCode.RECORD, str(error))
            return self._failing(SinkError(failure, SinkRemedy.WAIT), mono)
        except Exception as error:
            logging.getLogger(__name__).warning("forwarding to %s failed", self.view.name, exc_info=error)
            failure = Failure(FailureCode.DEFECT, type(error).__name__)
            return self._failing(SinkError(failure, SinkRemedy.SETTINGS), mono)

    @property
    def received(self) -> Mapping[Part, int]:
        """Cursors that the sink has confirmed, though that may yet get lost; none where it cannot."""
        return dict(self._cursors) if self._sink.settles else {}

    def close(self) -> None:
        """Let go of the sink."""
        self._open = False
        self._sink.close()

    def _step(self, mono: float) -> float:
        if not self._open:
            self._begin()
        sent, damaged = False, []
        for part in Part:
            try:
                batch = self._source.next(part, self._cursors[part], self._size)
            except XovacError as error:
                # A row of the log that is damaged must not hold the readings up.
                damaged.append(error)
                continue
            if batch is None:
                continue
            if len(batch):
                self._send(batch)
                self._heard = mono
            if self._lost():
                return 0.0
            self._take(batch, mono)
            sent = True
        if len(damaged) == len(Part):
            raise damaged[0]
        self._settle(mono)
        self._failed = 0
        self._show(mono, Failure(FailureCode.RECORD, str(damaged[0])) if damaged else None)
        return 0.0 if sent and (damaged or not self._near()) else IDLE

    def _begin(self) -> None:
        try:
            self._sink.open()
            self._open = True
            for part in Part:
                self._cursors[part] = self._settled[part] = self._beginning(part)
        except SinkError as error:
            raise _not_smaller(error) from error

    def _beginning(self, part: Part) -> int:
        """Return where to go on: where the record or the sink knows of less, from there.

        One of them may have been restored from a copy, and what is sent again changes nothing.
        """
        ours = min(self._cursors[part], self._source.after(part))
        return min(ours, self._sink.cursor(part, ours))

    def _send(self, batch: Batch) -> None:
        try:
            left_out = self._sink.send(batch)
        except SinkError as error:
            if error.remedy is not SinkRemedy.SMALLER:
                raise
            if len(batch) > 1:
                self._size = max(1, len(batch) // 2)
                raise
            if batch.channels:
                self._send_bare(batch, error)
            else:
                self._skip(batch, error)
            return
        self._sent(batch, left_out)

    def _sent(self, batch: Batch, left_out: int) -> None:
        """Count a batch that the sink has taken but for some rows, which it has left out for good."""
        self._in_a_row = 0
        self._update(sent=self.view.sent + len(batch) - left_out, skipped=self.view.skipped + left_out)
        self._size = min(self._sink.most, self._size * 2)

    def _send_bare(self, batch: Batch, error: SinkError) -> None:
        """Send one row without what its channels are called: that may be what is not taken."""
        bare = msgspec.structs.replace(batch, channels=())
        try:
            left_out = self._sink.send(bare)
        except SinkError as again:
            if again.remedy is not SinkRemedy.SMALLER:
                raise
            self._skip(bare, again)
            # It was the row; the names come with the next one.
            self._source.forget_sent()
            return
        self._log_left_out("the names of the channels in", batch, error)
        self._sent(bare, left_out)

    def _skip(self, batch: Batch, error: SinkError) -> None:
        """Leave out the one row of a batch; raises SinkError where the sink takes nothing at all."""
        if self._in_a_row % PROVE_EVERY == 0:
            try:
                for _ in self._sink.trial():
                    pass
            except SinkError as refused:
                raise _not_smaller(refused) from refused
            self._sink.close()
            self._begin()
        self._in_a_row += 1
        self._update(skipped=self.view.skipped + 1)
        self._log_left_out("", batch, error)

    def _log_left_out(self, what: str, batch: Batch, error: SinkError) -> None:
        """Log what of the one row of a batch is left out, once for each reason."""
        key = (batch.events[0] if batch.events else batch.log[0]).key
        reported = f"{what} {error.failure.code} {error.failure.detail}"
        if reported not in self._logged and len(self._logged) < 100:
            self._logged.add(reported)
            logging.getLogger(__name__).warning(
                "%s does not take %s, left out: %s",
                self.view.name,
                f"{what} {key.text}".strip(),
                error.failure.detail,
            )

    def _take(self, batch: Batch, mono: float) -> None:
        if batch.missed:
            self._update(missed=self.view.missed + batch.missed)
        if batch.after != self._cursors[batch.part]:
            self._cursors[batch.part] = batch.after
            self._unsettled.append((mono, batch.part, batch.after))
            self._settle(mono)

    def _lost(self) -> bool:
        """Return whether the sink may have ended since the batch before; then go back to what has settled.

        Some servers end each connection that is idle: not so often that nothing would ever settle.
        """
        lost, self._losses = self._sink.losses != self._losses, self._sink.losses
        if not lost or not self._sink.settles or self._went_back >= MOST_LOSSES:
            return False
        self._went_back += 1
        self._go_back()
        return True

    def _go_back(self) -> None:
        self._source.forget_sent()
        self._unsettled.clear()
        self._cursors = dict(self._settled)

    def _settle(self, mono: float) -> None:
        """Move the cursors behind what the sink has had for long enough, without an end meanwhile."""
        settles = self._sink.settles
        if settles and self._unsettled and self._heard < self._unsettled[0][0] + settles <= mono:
            self._sink.confirm()
            self._heard = mono
            if self._lost():
                return
        while self._unsettled and self._unsettled[0][0] <= mono - settles:
            _, part, cursor = self._unsettled.popleft()
            self._settled[part], self._went_back = cursor, 0
            self._moved(part, cursor)

    def _near(self) -> bool:
        """Return whether nothing but what came just now can wait."""
        # A run that goes on holds its cursor back.
        parts = (part for part in Part if part is not Part.RUNS)
        return all(self._cursors[part] >= self._source.after(part) for part in parts)

    def _failing(self, error: SinkError, mono: float) -> float:
        """Take note of a failure; return when to try again."""
        self._source.forget_sent()
        if error.remedy is SinkRemedy.SMALLER:
            return 0.0
        self._open = False
        self._sink.close()
        self._go_back()
        slow = self._failed and error.failure.code is FailureCode.NO_ANSWER
        # On a slow line also a small batch may take too long.
        self._size = max(1, self._size // 2) if slow else min(self._size, PROBE)
        if error.remedy is SinkRemedy.SETTINGS:
            wait, state = SETTINGS_WAIT, SinkState.STOPPED
        else:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._failed, 10))
            self._failed += 1
            state = SinkState.WAITING
        wait *= 0.75 + 0.25 * self._jitter()
        if error.retry_after is not None:
            wait = max(wait, min(error.retry_after, MOST_ASKED))
        self._update(state=state, failure=error.failure)
        self._measure(mono)
        return wait

    def _show(self, mono: float, failure: Failure | None) -> None:
        self._measure(mono)
        behind = SinkState.BEHIND if self.view.behind > BEHIND else SinkState.ON
        self._update(state=behind if failure is None else SinkState.WAITING, failure=failure)

    def _measure(self, mono: float) -> None:
        self.view = measured(self.view, self._source, self._cursors[Part.EVENTS], mono)

    def _update(self, **changes: object) -> None:
        self.view = msgspec.structs.replace(self.view, **changes)


def measured(view: SinkView, source: Source, cursor: int, mono: float) -> SinkView:
    """Return how far a sink is with a cursor of events, at a moment in monotonic seconds."""
    try:
        since, after = source.waiting_since(cursor), source.after(Part.EVENTS)
    except XovacError:
        return view
    return msgspec.structs.replace(view, since=since, rows=max(0, after - cursor)).at(mono)


def _not_smaller(error: SinkError) -> SinkError:
    """Return why a sink fails where no row was sent, so that no smaller batch helps."""
    remedy = SinkRemedy.SETTINGS if error.remedy is SinkRemedy.SMALLER else error.remedy
    return SinkError(error.failure, remedy, error.retry_after)
