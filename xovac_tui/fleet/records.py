"""Report the chambers that are recorded on this machine. It reads their records, and makes no link."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from xovac_tui import recipes, runs
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import SEVERITIES, UNRESOLVED, AlarmChange, AlarmEvent
from xovac_tui.chamber.model import Chamber
from xovac_tui.clock import Clock
from xovac_tui.errors import XovacError
from xovac_tui.forwarding.recordparts import Part, received
from xovac_tui.forwarding.reports import (
    ChamberReport,
    FleetSourceView,
    Presence,
    ReportFault,
    SourceState,
)
from xovac_tui.forwarding.summary import ChamberSummary, SinkSummary
from xovac_tui.forwarding.summing import SummedRun, summed_up
from xovac_tui.forwarding.view import SinkState
from xovac_tui.recording.disk import claim, files, kinds, lists
from xovac_tui.recording.disk.cursors import FORWARDED
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.table import PLACED
from xovac_tui.recording.eventlog import LoggedEvent, payload_of
from xovac_tui.runs.loaded import plan_of

EVERY = 1.0
"""Seconds between two looks at each record."""
SEARCH_EVERY = 10.0
"""Seconds between two looks for new records."""
MOST_CHAMBERS = 200
"""Records that are read."""
HELD_UP = 10.0
"""Seconds without a look at all records after which they count as lost, such as on a dead share."""
_NEWEST = 1_100
"""Events of a record that are read at first: those that wait for a block, and the newest block."""
_COMMITTED = 5.0
"""Seconds within which what a living recorder received is on record: its word on fresh and stale holds."""
_SAME_CLOCK = 1.0
"""Seconds by which wall time minus monotonic time may change while no clock was set."""
_LATE = 10.0
"""Seconds that an event may take to the record."""
_BEHIND = 60.0
"""Seconds that a sink may lag and count as up to date."""

log = logging.getLogger(__name__)


class RecordedChamber(msgspec.Struct, frozen=True, kw_only=True):
    """A chamber with a record on this machine."""

    name: str
    site: str = ""
    path: Path
    contract: Contract
    stale_after: float = 3.0
    sinks: tuple[str, ...] = ()
    """Names of the sinks to which it is forwarded."""


class EventTimes:
    """Puts the recorder's monotonic times into this program's.

    Both clocks are the same machine's, as a rule; a record that was brought here, or is older than the
    newest start, has another one. The wall clock says when its newest event was, and is not asked again.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._shift: float | None = None
        """Wall time minus the recorder's monotonic time, of the newest event."""

    def own(self, utc: float, mono: float, now: tuple[float, float], since: float | None) -> float:
        """Return a moment, given by the recorder's clocks, in monotonic seconds of this program.

        `now` is (UTC, monotonic) here, `since` the monotonic time of the look before; None: it is the first.
        """
        shift = utc - mono
        if self._shift is None or abs(shift - self._shift) > _SAME_CLOCK:
            kept = now[1] - (mono + self._offset)
            fresh = since is not None and -_SAME_CLOCK <= kept <= now[1] - since + _LATE
            if self._shift is None or not fresh:
                self._offset = now[1] - (now[0] - utc) - mono
            self._shift = shift
        # Nothing comes from the future: a clock was set.
        self._offset = min(self._offset, now[1] - mono)
        return mono + self._offset


class RecordWatch:
    """Reads one record again and again, and sums it up."""

    def __init__(self, about: RecordedChamber, clock: Clock) -> None:
        self.about = about
        self._clock = clock
        self._record: Record | None = None
        self._contract_row: int | None = None
        self.contract_changed = False
        """The record notes another contract than was in force when this one was given."""
        self._forget()

    def _forget(self) -> None:
        self._chamber = Chamber(self.about.contract, stale_after=self.about.stale_after)
        self._times = EventTimes()
        self._file: files.Identity | None = None
        self._next = -1
        """Index of the next event; -1: none was read."""
        self._newest: float | None = None
        """Monotonic time, here, of the newest event or change of the connection."""
        self._looked: float | None = None
        self._link = LinkView()
        """As it was recorded last, with the recorder's times."""
        self._link_row = 0
        self._plan: tuple[int | None, recipes.plan.Plan | None] = (None, None)
        self._alarms: tuple[int, tuple[AlarmChange, ...]] = (-1, ())
        self._arrived: float | None = None
        self._summary: ChamberSummary | None = None

    def change(self, about: RecordedChamber) -> None:
        """Go by another contract from now on; names, units and roles follow."""
        self.about, self.contract_changed = about, False
        self._chamber.change_contract(about.contract, self._clock.utc(), self._clock.mono())

    def close(self) -> None:
        """Let go of the record."""
        if self._record is not None:
            self._record.close()
        self._record = None

    def look(self) -> ChamberReport:
        """Read what is new, and return the chamber as its record has it."""
        utc, mono = self._clock.utc(), self._clock.mono()
        try:
            return self._look(utc, mono)
        except (XovacError, OSError, msgspec.MsgspecError, UnicodeError) as error:
            log.info("the record %s cannot be read", self.about.path, exc_info=error)
            self.close()
            return self._report(Presence.UNKNOWN, mono, fault=ReportFault.UNREADABLE)

    def _look(self, utc: float, mono: float) -> ChamberReport:
        file = files.identity(self.about.path)
        if self._record is None or file != self._file:
            self.close()
            summary, arrived = self._summary, self._arrived
            self._forget()
            self._summary, self._arrived = summary, arrived
            self._record, self._file = Record(self.about.path), file
        record = self._record
        with record.moment():
            # Its row says who records. Trying its locks once a second might get in the way of a recorder
            # that begins: only a file of a version without the row is asked so.
            claimed = record.has(PLACED)
            recorder = claim.other_recorder(record.connection, file, utc) if claimed else None
            here = recorder is not None if claimed else is_recorded(self.about.path)
            self._read(record, utc, mono)
            noted = lists.newest_contract_row(record)
            ended = lists.newest_session(record)
            summary = self._sum_up(record, here, utc, mono)
        self.contract_changed = self.contract_changed or self._contract_row not in (None, noted)
        self._looked, self._summary, self._arrived, self._contract_row = mono, summary, mono, noted
        host = recorder.host if recorder is not None else (ended.host if ended is not None else "")
        self._summary = msgspec.structs.replace(summary, host=host or summary.host)
        gone = None if here or ended is None else max(0.0, utc - ended.seen)
        return self._report(Presence.HERE if here else Presence.GONE, mono, gone_for=gone)

    def _report(
        self,
        presence: Presence,
        mono: float,
        *,
        gone_for: float | None = None,
        fault: ReportFault | None = None,
    ) -> ChamberReport:
        return ChamberReport(
            site=self.about.site,
            chamber=self.about.name,
            presence=presence,
            summary=self._summary,
            arrived=mono if self._arrived is None else self._arrived,
            heard=mono,
            gone_for=gone_for,
            fault=fault,
            local=True,
        )

    # -- the model --------------------------------------------------------------------------------------

    def _read(self, record: Record, utc: float, mono: float) -> None:
        """Feed the model with what was recorded since the last look."""
        record.refresh(at_once=True)
        total = record.total
        first = self._next < 0
        start = max(record.first, total - _NEWEST) if first else self._next
        links = lists.later_links(record, self._link_row, position=start if first else 0)
        self._link_row = lists.newest_link_row(record)
        now, since = (utc, mono), None if first else self._looked
        for event in record.scan(start):
            while links and links[0].position <= event.index:
                self._take_link(links.pop(0), now, since)
            self._take(event, now, since)
        for link in links:
            self._take_link(link, now, since)
        self._next = total

    def _take(self, event: LoggedEvent, now: tuple[float, float], since: float | None) -> None:
        own = self._times.own(event.utc, event.mono, now, since)
        payload = payload_of(event.form, event.raw, event.problem)
        self._chamber.apply(Event(event.name, payload, event.direction, event.kind, event.utc, own))
        self._newest = own

    def _take_link(self, row: kinds.RecordedLink, now: tuple[float, float], since: float | None) -> None:
        link = row.link
        own = self._times.own(link.since_utc or row.t, link.since_mono, now, since)
        self._link = link
        # STALE is what the model says by itself of a connection that is open.
        word = LinkWord.ONLINE if link.word is LinkWord.STALE else link.word
        self._chamber.link_changed(
            msgspec.structs.replace(link, word=word, since_mono=own), row.t, max(own, self._newest or own)
        )
        self._newest = max(own, self._newest or own)

    def _sum_up(self, record: Record, here: bool, utc: float, mono: float) -> ChamberSummary:
        newest = mono if self._newest is None else self._newest
        # What a living recorder has received a moment ago is not on record yet: that makes nothing stale.
        at = newest if here and mono - newest <= _COMMITTED else mono
        snapshot = self._chamber.snapshot(utc, at)
        link, age = snapshot.link, snapshot.newest_age
        if self._link.word is LinkWord.STALE and link.word is LinkWord.ONLINE:
            link = msgspec.structs.replace(link, word=LinkWord.STALE, since_utc=self._link.since_utc)
        snapshot = msgspec.structs.replace(
            snapshot, link=link, newest_age=None if age is None else age + mono - at
        )
        summary = summed_up(
            snapshot,
            self._run(record, utc),
            self._unresolved(record),
            chamber=self.about.name,
            site=self.about.site,
            host="",
        )
        return msgspec.structs.replace(
            summary,
            channels=tuple(
                msgspec.structs.replace(one, age=None if one.age is None else one.age + mono - at)
                for one in summary.channels
            ),
            recorder="on" if here else "off",
            record_bytes=files.size(self.about.path) + files.size(self.about.path, "-wal"),
            sinks=self._sinks(record, utc),
        )

    # -- what is beside the events -----------------------------------------------------------------------

    def _run(self, record: Record, utc: float) -> SummedRun:
        """Return what the plan says of the run that goes on, as its recorder noted it last."""
        going = lists.open_run(record)
        if going is None or not going.flight:
            return SummedRun()
        if self._plan[0] != going.load or going.load is None:
            load = None if going.load is None else lists.load(record, going.load)
            self._plan = going.load, plan_of(load) if load is not None else None
        state = msgspec.json.decode(going.flight, type=runs.state.RunSnapshot)
        view = runs.followed.Run(self._plan[1], resume=state).view()
        left = None if view.ends_utc is None else max(0.0, view.ends_utc - utc)
        return SummedRun(label=view.label, ends_utc=view.ends_utc, left=left)

    def _unresolved(self, record: Record) -> tuple[AlarmChange, ...]:
        row = lists.newest_alarm_row(record)
        if row != self._alarms[0]:
            found = [one.change for one in lists.newest_alarms(record)]
            found = [one for one in found if one.state in UNRESOLVED and one.event is not AlarmEvent.REMOVED]
            found.sort(key=lambda one: (SEVERITIES.index(one.severity), -(one.raised_utc or 0.0)))
            self._alarms = row, tuple(found)
        return self._alarms[1]

    def _sinks(self, record: Record, utc: float) -> tuple[SinkSummary, ...]:
        if not self.about.sinks or not record.has(FORWARDED):
            return ()
        known = lists.cursors(record)
        made = []
        for name in self.about.sinks:
            upto = received(known, name, Part.EVENTS.value, record.first)
            oldest = record.get(upto) if upto < record.total else None
            behind = 0.0 if oldest is None else max(0.0, utc - oldest.utc)
            state = SinkState.BEHIND if behind > _BEHIND else SinkState.ON
            made.append(
                SinkSummary(name=name, state=state.value, behind=behind, rows=max(0, record.total - upto))
            )
        return tuple(made)


class RecordsSource:
    """Reports the chambers with a record on this machine, in a thread of its own."""

    def __init__(
        self, find: Callable[[], Sequence[RecordedChamber]], clock: Clock, *, place: str = ""
    ) -> None:
        """Take `find`, which returns the records that there are now, in the thread; `place` is shown."""
        self._find, self._clock, self._place = find, clock, place
        self._watches: dict[Path, RecordWatch] = {}
        self._lock = threading.Lock()
        self._new: dict[Path, ChamberReport] = {}
        self._ended = threading.Event()
        self._heard: float | None = None
        self._failed = False

    @property
    def view(self) -> FleetSourceView:
        """How the source is."""
        heard = self._heard
        held_up = heard is not None and self._clock.mono() - heard > HELD_UP
        if self._failed or held_up:
            state = SourceState.LOST
        else:
            state = SourceState.STARTING if self._heard is None else SourceState.ON
        return FleetSourceView(name="", place=self._place, state=state, heard=self._heard)

    def start(self) -> None:
        """Begin, in a thread of its own; returns at once."""
        threading.Thread(target=self._run, name="fleet-records", daemon=True).start()

    def take(self) -> Sequence[ChamberReport]:
        """Return the newest report of each chamber since this was last asked."""
        with self._lock:
            found, self._new = self._new, {}
        return list(found.values())

    def stop(self) -> None:
        """End; the thread lets go of the records."""
        self._ended.set()

    def look(self) -> None:
        """Look at every record once."""
        for path, watch in self._watches.items():
            if self._ended.is_set():
                return
            report = watch.look()
            with self._lock:
                self._new[path] = report
        self._heard = self._clock.mono()

    def search(self) -> None:
        """Find the records that there are now; one that is gone is reported as unreadable from then on."""
        for about in list(self._find())[:MOST_CHAMBERS]:
            watch = self._watches.get(about.path)
            if watch is None:
                self._watches[about.path] = RecordWatch(about, self._clock)
            elif watch.contract_changed:
                watch.change(about)

    def _run(self) -> None:
        searched: float | None = None
        while not self._ended.is_set():
            began = self._clock.mono()
            try:
                changed = any(watch.contract_changed for watch in self._watches.values())
                if changed or searched is None or began - searched >= SEARCH_EVERY:
                    searched = began
                    self.search()
                self.look()
                self._failed = False
            except Exception:
                # A defect in reading must not end the thread: what is shown would look live for ever.
                log.exception("the records could not be read")
                self._failed = True
            self._ended.wait(max(0.1, EVERY - (self._clock.mono() - began)))
        for watch in self._watches.values():
            watch.close()
