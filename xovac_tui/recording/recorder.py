"""Records in a thread of its own: the console gives it what happens, and never waits for a disk."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.api.payload import lean
from xovac_tui.budget import ByteBudget, weight
from xovac_tui.clock import Clock
from xovac_tui.recording.items import Item, Session
from xovac_tui.recording.lock import WriterLock
from xovac_tui.recording.schema import RecordError, TornRecordError, short_reason
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.recording.writer import Writer

COMMIT_EVERY = 0.8
"""Seconds; what is older than a second is committed."""
DURABLE_EVERY = 4.0
"""Seconds; what is older than five survives the machine, too."""
TIDY_EVERY = 600.0
"""Seconds between looks at what may be deleted."""
TRY_EVERY = 5.0
"""Seconds between tries to take the lock over, or to write again after it failed."""
BEAT_EVERY = 60.0
"""Seconds after which a record of which nothing comes says that it is alive."""
_HELD_ITEMS = 400_000
"""What waits for the thread at the most."""
_HELD_UNOPENED = 10_000
"""The same while there is no open record into which it could be packed."""
_HELD_BYTES, _HELD_UNOPENED_BYTES = 96_000_000, 24_000_000
"""Bytes of events that wait at the most, with an open record and without."""
_EACH = 500
"""Bytes that an event takes beside its payload, about."""
_HELD_ITEM_BYTES = 32_000_000
"""Bytes of everything else, which bulky messages must not crowd out."""


class Recorder:
    """Takes everything that happens, in order, and commits it more than once a second."""

    def __init__(
        self,
        path: Path,
        session: Session,
        clock: Clock,
        *,
        may_record: bool = True,
        listener: Callable[[], None] | None = None,
        tidy: Callable[[Writer, float], object] | None = None,
    ) -> None:
        self.path = path
        self._session = session
        self._may_record = may_record
        self._clock = clock
        self._listener = listener or (lambda: None)
        self._tidy = tidy
        self._items: queue.SimpleQueue[tuple[int, Event | Item]] = queue.SimpleQueue()
        """With what each takes of its budget, bytes."""
        self._event_bytes, self._item_bytes = ByteBudget(_HELD_BYTES), ByteBudget(_HELD_ITEM_BYTES)
        self._wake = threading.Event()
        self._ready = threading.Event()
        self._stopping = False
        self._flushes: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._lock = WriterLock(path)
        self._writer: Writer | None = None
        self._failing_since: float | None = None
        self._durable_at = self._tried_at = clock.mono()
        self._tidied_at = -TIDY_EVERY
        self._committed_at = clock.mono()
        self._dirty = self._torn = False
        self._room = _HELD_ITEMS
        self._refused = 0
        """Events that found no room; counted by whoever puts them."""
        self._gone = 0
        """Events that were taken and lost with a damaged file."""
        self._told = 0
        """How many of both the record was told."""
        self.view = RecorderView(RecorderState.STARTING, path=str(path))
        """What it does now; replaced, never changed."""
        self.first_index: int | None = None
        """Index in the record of the first event that was given to it; None until it records."""
        self.session = 0
        """Number of this program's session in the record; 0 until it is open."""
        self.first_run = 1
        """Number that the next run gets, once it is open."""

    # -- called by the console ------------------------------------------------------------------------

    def start(self) -> None:
        """Open the record beside the screen."""
        self._thread.start()

    def opened(self, timeout: float) -> bool:
        """Wait until the record is open, or cannot be opened; False when the time is over."""
        return self._ready.wait(timeout)

    def put(self, item: Event | Item) -> None:
        """Take something that happened; costs a few microseconds and never waits.

        What finds no room is lost and counted: the newest, so that what is kept has no gap before it.
        """
        if isinstance(item, Event):
            item = msgspec.structs.replace(item, payload=lean(item.payload))
            size, budget = _EACH + sys.getsizeof(item.payload.raw), self._event_bytes
        else:
            size, budget = weight(item), self._item_bytes
        if self._items.qsize() < self._room and budget.take(size):
            self._items.put((size, item))
        else:
            self._refused += 1

    def hurry(self) -> None:
        """Let what was given before be written at once, without waiting for it."""
        self._wake.set()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all that was given before is written, or failed to be; False when the time is over."""
        done = threading.Event()
        self._flushes.put(done)
        self._wake.set()
        return done.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write what is left, and let go of the file."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def held(self) -> int:
        """Events and other things that are taken and not written yet, about."""
        writer = self._writer
        return self._items.qsize() + (writer.waiting if writer is not None else 0)

    # -- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        self._open()
        self._ready.set()
        while not self._stopping:
            self._wake.wait(COMMIT_EVERY)
            self._wake.clear()
            self._turn()
        self._turn(durable=True)
        if self._writer is not None:
            self._writer.close(self._clock.utc())
        self._lock.release()
        self._room = 0

    def _turn(self, *, durable: bool = False) -> None:
        """Take what came and commit it; what cannot be written is tried again at a later turn."""
        waiting = self._waiting_flushes()
        at_once = durable or bool(waiting)
        try:
            if self._writer is None and (at_once or self._due()):
                self._open()
            elif self.view.state is RecorderState.BESIDE and self._due():
                self._look_around()
            if self._writer is not None:
                self._take(self._writer)
                if self._failing_since is None or at_once or self._due():
                    self._commit(self._writer, durable=durable)
        except Exception as error:  # the record must never end the console
            self._failed(error)
        for done in waiting:
            done.set()

    def _due(self) -> bool:
        return self._clock.mono() - self._tried_at >= TRY_EVERY

    def _waiting_flushes(self) -> list[threading.Event]:
        waiting = []
        while not self._flushes.empty():
            waiting.append(self._flushes.get())
        return waiting

    def _take(self, writer: Writer) -> None:
        # What comes meanwhile waits for the next turn: a flood must not keep this one from committing.
        for _ in range(self._items.qsize()):
            size, item = self._items.get()
            (self._event_bytes if isinstance(item, Event) else self._item_bytes).give(size)
            try:
                if isinstance(item, Event):
                    writer.event(item)
                else:
                    writer.item(item)
            except Exception as error:  # one that cannot be taken must not keep the next ones out
                self._gone += 1
                logging.getLogger(__name__).warning("something could not be recorded", exc_info=error)

    def _commit(self, writer: Writer, *, durable: bool) -> None:
        now = self._clock.mono()
        durable = durable or now - self._durable_at >= DURABLE_EVERY
        self._tell_lost(writer)
        alive = now - self._committed_at < BEAT_EVERY
        if writer.idle and alive and self._failing_since is None and not (durable and self._dirty):
            return
        writer.commit(self._clock.utc(), durable=durable)
        self._committed_at = now
        self._dirty = not durable
        if durable:
            self._durable_at = now
        if self._failing_since is not None:
            self._failing_since = None
            self._show(self._state_of(writer))
        elif self._lost() != self.view.lost:
            self._show(self.view.state)
        if durable and not writer.in_place():
            self._begin_anew(writer)
            return
        if durable:
            writer.look()
        if writer.recording and now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self._clean_up(writer)

    def _tell_lost(self, writer: Writer) -> None:
        lost = self._refused + self._gone
        if writer.recording and lost > self._told:
            writer.missed(lost - self._told)
            self._told = lost

    def _lost(self) -> int:
        return self._refused + self._gone + (self._writer.lost if self._writer else 0)

    def _open(self) -> None:
        self._tried_at = self._clock.mono()
        try:
            recording = self._may_record and self._lock.acquire()
            if self._torn and recording:
                self._set_aside()
            try:
                self._writer = self._open_writer(recording)
            except TornRecordError:
                if not recording:
                    raise
                self._set_aside()
                self._writer = self._open_writer(recording)
        except Exception as error:
            self._lock.release()
            self._room, self._event_bytes.limit = _HELD_UNOPENED, _HELD_UNOPENED_BYTES
            self._failed(error)
            return
        self._torn = False
        self._room, self._event_bytes.limit = _HELD_ITEMS, _HELD_BYTES
        self._failing_since = None
        self.first_run, self.session = self._writer.first_run, self._writer.session
        if recording:
            self.first_index = self._writer.next_index
        self._show(self._state_of(self._writer))

    def _clean_up(self, writer: Writer) -> None:
        if self._tidy is None:
            return
        try:
            self._tidy(writer, self._clock.utc())
        except Exception as error:  # what is kept too long is no reason to record nothing
            logging.getLogger(__name__).warning("the record cannot be tidied", exc_info=error)

    def _open_writer(self, recording: bool) -> Writer:
        return Writer(
            self.path,
            self._session,
            recording=recording,
            utc=self._clock.utc(),
            mono=self._clock.mono(),
        )

    def _look_around(self) -> None:
        """Record from now on, if the process that did so has ended; see whether another one does."""
        self._tried_at = self._clock.mono()
        if self._writer is None:
            return
        in_place = self._writer.in_place()
        if (self._may_record and self._lock.acquire()) or not in_place:
            self._take(self._writer)
            self._writer.commit(self._clock.utc())
            self._writer.close(self._clock.utc())
            self._writer = None
            if not in_place:
                self._note_moved()
            self._open()
        elif self._lock.holder() != self.view.pid:
            self._show(self.view.state)

    def _begin_anew(self, writer: Writer) -> None:
        """Go on in a new file, where the old one was moved away or deleted while it was open."""
        writer.close(self._clock.utc())
        self._writer = None
        # The lock may be gone with it.
        self._lock.release()
        self._note_moved()
        self._open()

    def _note_moved(self) -> None:
        """Have everybody who reads the old file read the new one."""
        said = f"The record {self.path} was moved or deleted while it was written. A new one was begun."
        self.view = msgspec.structs.replace(self.view, notes=(*self.view.notes, said))

    def _set_aside(self) -> None:
        """Put a damaged file out of the way, whole, and begin a new one."""
        stamp = datetime.fromtimestamp(self._clock.utc(), UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        for ending in ("", "-wal", "-shm"):
            file = self.path.with_name(self.path.name + ending)
            if file.exists():
                file.rename(aside.with_name(aside.name + ending))
        said = (
            f"The record {self.path} was damaged. It was set aside as {aside.name}, and a new one was begun; "
            "`sqlite3 FILE .recover` may read what is whole in it."
        )
        self.view = msgspec.structs.replace(self.view, notes=(*self.view.notes, said))

    def _failed(self, error: Exception) -> None:
        now = self._clock.mono()
        if self._failing_since is None:
            self._failing_since = now
            logging.getLogger(__name__).warning("the record cannot be written", exc_info=error)
        self._tried_at = now
        reason = short_reason(error)
        if reason == "damaged file" and self._writer is not None:
            # Damaged while it was open: the next try sets it aside and begins a new file.
            self._torn = self._writer.recording
            self._gone += self._writer.waiting + self._writer.lost
            self._told += self._writer.lost
            self._writer.abandon()
            self._writer = None
        self._show(RecorderState.FAILING, reason, _sentence(error, reason, self.path))

    def _state_of(self, writer: Writer) -> RecorderState:
        return RecorderState.ON if writer.recording else RecorderState.BESIDE

    def _show(self, state: RecorderState, reason: str = "", why: str = "") -> None:
        self.view = msgspec.structs.replace(
            self.view,
            state=state,
            pid=self._lock.holder() if state is RecorderState.BESIDE else None,
            reason=reason,
            why=why,
            lost=self._lost(),
        )
        try:
            self._listener()
        except Exception as error:  # a screen that is gone is no reason to stop
            logging.getLogger(__name__).debug("nobody listens to the record", exc_info=error)


def _sentence(error: Exception, reason: str, path: Path) -> str:
    """Return what is wrong with the record and what to do, for a toast and the log."""
    advice = {
        "disk full": "Make room: what comes meanwhile is held in memory and written then.",
        "quota full": "Make room: what comes meanwhile is held in memory and written then.",
        "read-only": "Set `folder` in [record] to one that can be written, or mend its permissions.",
        "file locked": "Another program holds it; it is tried again.",
    }.get(reason, "It is tried again every few seconds.")
    if isinstance(error, RecordError):
        # With its own advice, but where a database error is all there is to tell.
        return str(error) if error.__cause__ is None else f"{error} {advice}"
    what = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"Nothing is recorded in {path}: {what}. {advice}"
