"""Records in a thread of its own: the console gives it what happens, and never waits for a disk."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.api.payload import lean
from xovac_tui.budget import ByteBudget, weight
from xovac_tui.clock import Clock
from xovac_tui.paths import record_files
from xovac_tui.permissions import exposed
from xovac_tui.recording.disk.claim import ClaimedError
from xovac_tui.recording.disk.files import ENDINGS, beside, identity, real, unused
from xovac_tui.recording.disk.kinds import Item, Session, SessionItem
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.rescue import DisplacedError, Rescued
from xovac_tui.recording.disk.schema import TornRecordError, trouble_of
from xovac_tui.recording.disk.trouble_words import failed_words
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.file_notes import FileCode, FileNote
from xovac_tui.recording.status import RecorderState, RecorderView, RecordTrouble

COMMIT_EVERY = 0.8
"""Seconds; what is older than a second is committed."""
DURABLE_EVERY = 4.0
"""Seconds; what is older than five survives the machine, too."""
ASLEEP = 10.0
"""Seconds of a wait of less than one from which on it is noted that nothing ran here."""
TIDY_EVERY = 600.0
"""Seconds between checks of what may be deleted."""
TRY_EVERY = 5.0
"""Seconds between tries to take the lock over, or to write again after it failed."""
CHECKPOINT_EVERY = 60.0
"""Seconds between times at which what is in the `-wal` goes into the main file, as far as readers let it."""
BEAT_EVERY = 60.0
"""Seconds after which a record without events is marked as alive."""
HELD_ITEMS = 400_000
"""What waits for the thread at the most."""
HELD_UNOPENED = 10_000
"""The same while there is no open record into which it could be packed."""
_KEPT_ITEMS = 20_000
"""Things that are kept as they came until they are committed, for another file in place of a lost one."""
_KEPT_CHARACTERS = 8_000_000
"""The same, of payloads."""
_TRIES = 3
"""Files in place of a damaged one to which what is kept is given; then something in it may be the cause."""
HELD_BYTES, HELD_UNOPENED_BYTES = 96_000_000, 24_000_000
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
        in_force: Callable[[], Iterable[Item]] | None = None,
    ) -> None:
        """Take `in_force`, which gives what a new file begins with, so that its chain is never empty.

        It is called in the recorder's thread.
        """
        self.path = path
        self._session = session
        self._may_record = may_record
        self._clock = clock
        self._listener = listener or (lambda: None)
        self._tidy = tidy
        self._in_force = in_force
        self._items: queue.SimpleQueue[tuple[int, Event | Item]] = queue.SimpleQueue()
        """With what each takes of its budget, bytes."""
        self._event_bytes, self._item_bytes = ByteBudget(HELD_BYTES), ByteBudget(_HELD_ITEM_BYTES)
        self._wake = threading.Event()
        self._ready = threading.Event()
        self._stopping = False
        self._flushes: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._lock = WriterLock(path)
        self._writer: Writer | None = None
        self._waited = clock.mono(), clock.mono()
        """From when to when the thread waited last."""
        self._failing_since: float | None = None
        self._begun: tuple[float, float] | None = (clock.utc(), clock.mono())
        """When this began, UTC and monotonic seconds: what comes before the record is open is of its session.

        None once a session has begun.
        """
        self._durable_at = self._tried_at = clock.mono()
        self._tidied_at = -TIDY_EVERY
        self._checked = clock.mono()
        self._checkpointed_at = -CHECKPOINT_EVERY
        self._committed_at = clock.mono()
        self._dirty = self._torn = False
        self._kept: list[Event | Item] = []
        """What was taken and is not committed, as it came."""
        self._kept_characters = 0
        self._too_much = False
        """More was taken than is kept as it came."""
        self._salvaged: Path | None = None
        """All that was in a damaged file, to go on from when that is set aside."""
        self._unread = 0
        """Tries in a row to save what lost files hold, in which it could not be read."""
        self._again = 0
        """How many files what is kept was given to, beyond the first."""
        self._room = HELD_ITEMS
        self._refused = 0
        """Events that found no room; counted where they are put."""
        self._gone = 0
        """Events that were taken and lost with a damaged file."""
        self._reported = 0
        """How many of both the record has been given."""
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

    @property
    def started(self) -> bool:
        """True once opening the record was requested."""
        return self._thread.ident is not None

    def opened(self, timeout: float | None) -> bool:
        """Wait until the record is open, or cannot be opened; False after `timeout` s (None: never)."""
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

    def describe(self, session: Session) -> None:
        """Take what the session says of itself from now on: its contract has become another one."""
        # A file that is begun later begins with it.
        self._session = session
        self.put(SessionItem(about=session))

    def write_soon(self) -> None:
        """Let what was given before be written at once, without waiting for it."""
        self._wake.set()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all that was given before is written, or failed to be; False when the time is over."""
        done = threading.Event()
        self._flushes.put(done)
        self._wake.set()
        end = time.monotonic() + timeout
        while not done.wait(min(0.1, max(0.0, end - time.monotonic()))):
            # At its end a record that cannot be written must not be waited for by others, too.
            if self._stopping or time.monotonic() >= end:
                return False
        return True

    def begin_close(self) -> None:
        """Have what is left written and the file let go of; `close` waits for that."""
        self._stopping = True
        self._wake.set()

    @property
    def closed(self) -> bool:
        """True once the file is let go of."""
        return not self._thread.is_alive()

    def close(self, timeout: float = 10.0) -> int:
        """Write what is left, and let go of the file; return how many events and entries were not written."""
        self.begin_close()
        if self._thread.is_alive():
            self._thread.join(timeout)
        writer = self._writer
        return self._items.qsize() + (writer.held if writer is not None else 0)

    @property
    def held(self) -> int:
        """Approximate number of events and rows that are taken and not written yet."""
        writer = self._writer
        return self._items.qsize() + (writer.waiting if writer is not None else 0)

    # -- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        self._open()
        self._ready.set()
        while not self._stopping:
            before = self._clock.mono()
            self._wake.wait(COMMIT_EVERY)
            self._wake.clear()
            self._waited = before, self._clock.mono()
            self._turn()
        self._turn(durable=True)
        if self._writer is not None:
            if self._failing_since is not None and self._is_lost(self._writer):
                self._save_held(self._writer)
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
                self._check_space()
            if (writer := self._writer) is not None:
                self._lock.keep()
                self._take(writer)
                if self._failing_since is None or at_once or self._due():
                    self._commit(writer, durable=durable)
                if self._writer is not None and self._writer is not writer:
                    # What the lost file did not take any more.
                    self._commit(self._writer, durable=durable)
        except Exception as error:  # the record must never end the console
            self._failed(error)
        for done in waiting:
            done.set()

    def _note_sleep(self, writer: Writer, arrived: list[float]) -> None:
        """Note a wait that was far too long: the machine was suspended, or this program was held.

        `arrived` are the monotonic times of the events that came meanwhile, in which it did run.
        """
        before, now = self._waited
        self._waited = now, now
        if now - before < ASLEEP or not writer.recording:
            return
        moments = [before, *(mono for mono in arrived if before < mono < now), now]
        start, end = max(pairwise(moments), key=lambda pair: pair[1] - pair[0])
        if end - start >= ASLEEP:
            writer.note_suspension(start, end, self._clock.utc() - (self._clock.mono() - end))

    def _due(self) -> bool:
        return self._clock.mono() - self._tried_at >= TRY_EVERY

    def _waiting_flushes(self) -> list[threading.Event]:
        waiting = []
        while not self._flushes.empty():
            waiting.append(self._flushes.get())
        return waiting

    def _take(self, writer: Writer) -> None:
        # What comes meanwhile waits for the next turn: a flood must not keep this one from committing.
        arrived: list[float] = []
        for _ in range(self._items.qsize()):
            size, item = self._items.get()
            (self._event_bytes if isinstance(item, Event) else self._item_bytes).give(size)
            if writer.recording or not isinstance(item, Event):
                self._keep(item)
            self._give(writer, item)
            if isinstance(item, Event):
                arrived.append(item.mono)
        self._note_sleep(writer, arrived)

    def _keep(self, item: Event | Item) -> None:
        """Keep an item until it is committed, in case that its file is lost before."""
        if self._too_much:
            return
        self._kept.append(item)
        if isinstance(item, Event):
            self._kept_characters += len(item.payload.raw)
        if len(self._kept) > _KEPT_ITEMS or self._kept_characters > _KEPT_CHARACTERS:
            self._keep_nothing()
            self._too_much = True

    def _keep_nothing(self) -> None:
        self._kept, self._kept_characters, self._too_much, self._again = [], 0, False, 0

    def _give(self, writer: Writer, item: Event | Item) -> None:
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
        self._report_lost(writer)
        if not writer.in_place():
            self._follow(writer)
            return
        alive = now - self._committed_at < BEAT_EVERY
        idle = writer.idle and alive and self._failing_since is None and not (durable and self._dirty)
        if not idle or now - self._checked >= DURABLE_EVERY:
            self._checked = now
            writer.check()
        if idle:
            return
        writer.mono = now
        try:
            writer.commit(self._clock.utc(), durable=durable)
        except DisplacedError:
            self._follow(writer)
            return
        except ClaimedError as error:
            self._step_back(writer, error)
            return
        self._keep_nothing()
        self._committed_at = now
        self._dirty = not durable
        if durable:
            self._durable_at = now
        if self._failing_since is not None:
            self._failing_since = None
            self._show(self._state_of(writer))
        elif self._lost() != self.view.lost:
            self._show(self.view.state)
        if writer.recording and durable and now - self._checkpointed_at >= CHECKPOINT_EVERY:
            self._checkpointed_at = now
            with contextlib.suppress(sqlite3.OperationalError):
                # On a full disk all of it stays in the `-wal`, which is as safe.
                writer.checkpoint()
        if writer.recording and now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            self._clean_up(writer)

    def _report_lost(self, writer: Writer) -> None:
        lost = self._refused + self._gone
        if writer.recording and lost > self._reported:
            writer.missed(lost - self._reported)
            self._reported = lost

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
            self._room, self._event_bytes.limit = HELD_UNOPENED, HELD_UNOPENED_BYTES
            self._failed(error)
            return
        self._torn = False
        self._room, self._event_bytes.limit = HELD_ITEMS, HELD_BYTES
        self._failing_since = None
        self.first_run, self.session = self._writer.first_run, self._writer.session
        if self._writer.recording:
            self.first_index = self._writer.next_index
        self._begin_chain(self._writer)
        self._again += bool(self._kept)
        for item in self._kept:
            self._give(self._writer, item)
        self._note_exposed()
        self._show(self._state_of(self._writer))

    def _begin_chain(self, writer: Writer) -> None:
        """Give a new file what is in force, before its first event."""
        if self._in_force is None or not writer.recording or not writer.new:
            return
        try:
            for item in self._in_force():
                self._give(writer, item)
            writer.commit(self._clock.utc())
        except Exception as error:  # what cannot be written now is held, in this order
            logging.getLogger(__name__).warning("what is in force is not in the record yet", exc_info=error)

    def _clean_up(self, writer: Writer) -> None:
        if self._tidy is None:
            return
        try:
            self._tidy(writer, self._clock.utc())
        except Exception as error:  # what is kept too long is no reason to record nothing
            logging.getLogger(__name__).warning("the record cannot be tidied", exc_info=error)

    def _open_writer(self, recording: bool) -> Writer:
        try:
            made = self._new_writer(recording)
        except ClaimedError:
            # By the record's own word another process records, though its lock is free.
            self._lock.release()
            return self._new_writer(False)
        if recording and not self._lock.keep():
            # The file has another name, under which another process records since a moment ago.
            made.close(self._clock.utc())
            self._lock.release()
            return self._new_writer(False)
        return made

    def _new_writer(self, recording: bool) -> Writer:
        utc, mono = self._begun or (self._clock.utc(), self._clock.mono())
        writer = Writer(self.path, self._session, recording=recording, utc=utc, mono=mono)
        self._begun = None
        return writer

    def _check_space(self) -> None:
        """Record from now on, if the process that did so has ended; see whether another one does."""
        self._tried_at = self._clock.mono()
        writer = self._writer
        if writer is None:
            return
        if not writer.in_place():
            self._follow(writer)
            return
        if self._may_record and self._lock.acquire():
            if writer.other_recorder(self._clock.utc()) is None:
                self._take(writer)
                writer.mono = self._clock.mono()
                writer.commit(self._clock.utc())
                self._keep_nothing()
                self._close(writer)
                self._open()
                return
            self._lock.release()
        if self._pid() != self.view.pid:
            self._show(self.view.state)

    def _follow(self, writer: Writer) -> None:
        """Go on where the record is now: a file of it was moved, deleted or replaced while it was open."""
        if writer.recording or (self._may_record and self._lock.acquire()):
            self._begin_anew(writer)
        elif identity(self.path) is not None or self._stopping:
            self._note(FileNote(FileCode.GONE, self.path))
            self._close(writer)
            self._open()
        # Else the recorder puts it in place again in a moment, and what is held goes in then.

    def _begin_anew(self, writer: Writer) -> None:
        """Save what was committed into the lost files, and go on in the file that is in place then."""
        found, too_much = self._rescue(writer), self._too_much
        # It may be gone with the file, and the next file has another inode.
        self._lock.release()
        self._torn = found.damaged
        self._writer = None
        self._open()
        if self._writer is None:
            # Until the other file is open, this connection keeps what was saved from being lost once more.
            self._writer = writer
            return
        if found.put and not self._writer.holds(writer):
            # It was deleted or replaced once more before it was open: the next turn saves it again.
            self._close(self._writer)
            self._writer = writer
            return
        if too_much:
            self._save_held(writer)
            self._keep_nothing()
        logging.getLogger(__name__).warning(found.note.sentence)
        self._let_go(writer)
        self._note(found.note)
        self._show(self._state_of(self._writer))

    def _rescue(self, writer: Writer) -> Rescued:
        """Save what lost files hold; TornRecordError where several tries read nothing whole in them."""
        try:
            found = writer.rescue(self._clock.utc(), self._stamp())
        except sqlite3.Error as error:
            unreadable = trouble_of(error) in (RecordTrouble.DAMAGED, RecordTrouble.DISK_ERROR)
            self._unread = self._unread + 1 if unreadable else 0
            if self._unread < _TRIES:
                raise
            said = f"{self.path} was deleted or replaced, and what it held cannot be read: {error}."
            raise TornRecordError(said) from error
        self._unread = 0
        return found

    @staticmethod
    def _is_lost(writer: Writer) -> bool:
        with contextlib.suppress(OSError):
            return not writer.in_place()
        return False

    def _save_held(self, writer: Writer) -> None:
        """Save what waits for lost files and is not kept as it came: into a file beside the record."""
        writer.mono = self._clock.mono()
        try:
            writer.commit(self._clock.utc(), anywhere=True)
            self._note(writer.rescue(self._clock.utc(), self._stamp()).note)
        except (sqlite3.Error, OSError) as error:
            self._gone += writer.waiting
            logging.getLogger(__name__).warning("what was held could not be saved", exc_info=error)

    def _step_back(self, writer: Writer, error: ClaimedError) -> None:
        """Record no more, since another process does by the record's own word: no index is given twice."""
        self._note(FileNote(FileCode.CLAIMED, self.path, pid=error.pid, host=error.host))
        self._let_go(writer)
        self._lock.release()
        self._open()

    def _let_go(self, writer: Writer) -> None:
        """Abandon a file; losses not reported in it are reported in the next one."""
        self._gone += writer.lost
        self._reported += writer.lost - writer.unreported
        writer.abandon()
        if self._writer is writer:
            self._writer = None

    def _close(self, writer: Writer) -> None:
        writer.close(self._clock.utc())
        self._writer = None

    def _note(self, note: FileNote) -> None:
        """Show what happened to the files, and make every reader open the record anew."""
        view = self.view
        self.view = msgspec.structs.replace(view, notes=(*view.notes, note), files=view.files + 1)

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self._clock.utc(), UTC).strftime("%Y%m%dT%H%M%SZ")

    def _note_exposed(self) -> None:
        """Say once where other users can read or write the record."""
        said = exposed("the record", record_files(self.path))
        note = FileNote(FileCode.EXPOSED, self.path, detail=said)
        if said and note not in self.view.notes:
            # Its files are the same, and what was read of them is as true as before.
            self.view = msgspec.structs.replace(self.view, notes=(*self.view.notes, note))

    def _set_aside(self) -> None:
        """Put a damaged file out of the way, whole, and begin a new one."""
        aside = unused(beside(self.path, f".damaged-{self._stamp()}"))
        for ending in ENDINGS:
            file = beside(self.path, ending)
            if file.exists():
                file.rename(aside.with_name(aside.name + ending))
        saved, self._salvaged = self._salvaged, None
        if saved is not None:
            saved.rename(real(self.path))
        code = FileCode.DAMAGED if saved is None else FileCode.DAMAGED_AND_SAVED
        self._note(FileNote(code, self.path, aside.name))

    def _failed(self, error: Exception) -> None:
        now = self._clock.mono()
        if self._failing_since is None:
            self._failing_since = now
            logging.getLogger(__name__).warning("the record cannot be written", exc_info=error)
        self._tried_at = now
        reason = trouble_of(error)
        if reason == RecordTrouble.DAMAGED and self._writer is not None:
            # Damaged while it was open: the next try sets it aside and begins a new file.
            self._torn = self._writer.recording
            if self._torn and not self._again:
                try:
                    self._salvaged = self._writer.salvage(self._stamp())
                except (sqlite3.Error, OSError) as full:
                    # The file stays open, so that there is something to save when there is room.
                    self._torn, reason = False, trouble_of(full)
                    self._show(
                        RecorderState.FAILING,
                        reason,
                        failed_words(full, reason, self.path, ending=self._stopping),
                    )
                    return
            if self._too_much or self._again >= _TRIES:
                # More than is kept; or something of it cannot be written into any file.
                self._gone += self._writer.waiting
                self._keep_nothing()
            self._let_go(self._writer)
        self._show(
            RecorderState.FAILING, reason, failed_words(error, reason, self.path, ending=self._stopping)
        )

    def _pid(self) -> int | None:
        """Return the process that records; None where that is unknown."""
        if (found := self._lock.holder()) not in (None, os.getpid()):
            return found
        with contextlib.suppress(sqlite3.Error):
            row = self._writer.other_recorder(self._clock.utc()) if self._writer is not None else None
            found = row.pid if row is not None else found
        return found

    def _state_of(self, writer: Writer) -> RecorderState:
        return RecorderState.ON if writer.recording else RecorderState.BESIDE

    def _show(self, state: RecorderState, reason: RecordTrouble | None = None, why: str = "") -> None:
        self.view = msgspec.structs.replace(
            self.view,
            state=state,
            pid=self._pid() if state is RecorderState.BESIDE else None,
            reason=reason,
            why=why,
            lost=self._lost(),
        )
        try:
            self._listener()
        except Exception as error:  # a screen that is gone is no reason to stop
            logging.getLogger(__name__).debug("no listener to the record", exc_info=error)
