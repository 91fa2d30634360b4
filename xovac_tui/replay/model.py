"""Plays a slice: the chamber as it was at any moment of a record."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.history import History
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import ChannelView, LedgerEntry, Mark, Outcome, Snapshot
from xovac_tui.clock import Clock
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import CloseRunsItem, RecordedAlarm, RecordedLoad, RecordedMark, RunItem
from xovac_tui.recording.disk.pieces import Shift
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.slice import RecordSlice
from xovac_tui.recording.past import Past
from xovac_tui.recording.status import RecorderView
from xovac_tui.replay.timeline import OWN_MARKS, RECORDERS_MARKS, Timeline, TimelineCursor, TimelineStep
from xovac_tui.runs.follower import RunFollower
from xovac_tui.runs.loaded import LoadedRecipe, loaded, plan_of

OBSERVE_EVERY = 2.0
"""Seconds of the record between two observations of a run while nothing happens."""
_CHECK_STEPS = 4_096
"""Steps between two checkpoints that a seek can begin from."""
_CHECKPOINTS = 48
"""How many are kept: 1.5 MB each for 16 channels."""


class Checkpoint(msgspec.Struct, frozen=True):
    """All that is needed to go on from a place."""

    place: TimelineCursor
    mono: float
    chamber: Chamber
    runs: RunFollower


class Replay:
    """The model of a chamber, fed again from a record. Its times are those of the timeline."""

    def __init__(
        self,
        sliced: RecordSlice,
        contract: Contract,
        *,
        stale_after: float = 3.0,
        origin: float | None = None,
    ) -> None:
        """Count positions from `origin`, in even time: a run has a lead-in before it."""
        self.sliced = sliced
        self._timeline = Timeline(sliced)
        self.begin = self._timeline.begin.mono
        """Monotonic time of the timeline at which the slice begins."""
        self.origin_time = sliced.head.start if origin is None else origin
        self.origin = self.mono_of(self.origin_time)
        """Monotonic time of the timeline from which positions count."""
        recorders = [life for life in sliced.head.sessions if life.recording]
        self.end = max(self.begin, self._timeline.mono_of(sliced.head.end))
        self.mono = self.begin
        """Where it is now."""
        self.chamber = Chamber(contract, stale_after=stale_after)
        self.assumed_speed = recorders[0].about.speed if recorders else 1.0
        """Of a device that does not say in its messages how fast it goes."""
        self.runs = RunFollower(contract, ReplayRecord(), self.clock, speed=self.assumed_speed)
        self._since_check = 0
        self._checks = [self._checkpoint()]
        self._every = _CHECK_STEPS
        self._target = self.begin
        self.jumping = False
        """True while a seek is not done."""

    # -- what comes out -------------------------------------------------------------------------------

    @property
    def utc(self) -> float:
        """The recorded wall time of now."""
        return self._timeline.place.utc(self.mono)

    @property
    def next_index(self) -> int:
        """Index of the event that comes next."""
        return self._timeline.place.index

    @property
    def first_index(self) -> int:
        """Index of the first event of the slice."""
        return self._timeline.first_index

    def shifts(self) -> list[Shift]:
        """Return by how much record time is ahead of the timeline's, for each block of the record."""
        found = [(piece, self._timeline.offset(piece.session)) for piece in self.sliced.axis.pieces]
        return [Shift(one.first, one.low + offset, one.shift - offset) for one, offset in found]

    def mono_of(self, even: float) -> float:
        """Return the time on the timeline, in seconds, of an even time of the slice."""
        return self._timeline.mono_of(even)

    def snapshot(self) -> Snapshot:
        """Return the chamber as it was at this moment."""
        return self.chamber.snapshot(self.utc, self.mono)

    def marks(self) -> list[tuple[float, RecordedMark]]:
        """Return all marks of the slice with their moments."""
        found = [(self._timeline.mono_at(one), one) for one in self.sliced.of(RecordedMark)]
        return sorted(found, key=lambda pair: pair[0])

    def alarms(self, record: Record | None) -> list[tuple[float, AlarmChange]]:
        """Return what happened to alarms up to the end of the slice, with its moments, in their order.

        A file holds only its own time, not what was active before.
        """
        found = self.sliced.of(RecordedAlarm) if record is None else self._alarms_of(record)
        changes = [(self._timeline.mono_at(one), one.change) for one in found]
        return sorted(changes, key=lambda pair: pair[0])

    def _alarms_of(self, record: Record) -> list[RecordedAlarm]:
        return lists.alarms(record, self.sliced.axis.within(-math.inf, self.sliced.head.end))

    @property
    def clock(self) -> Clock:
        """The time of the replay."""
        return _Now(self)

    # -- moving ---------------------------------------------------------------------------------------

    def advance(
        self, to: float, seconds: float = math.inf, clock: Callable[[], float] = time.perf_counter
    ) -> tuple[LedgerEntry, ...]:
        """Let time go on to a moment; return the commands that became something else on the way.

        It gets less far where that would take longer than so many seconds.
        """
        changed: list[LedgerEntry] = []
        to, until = min(to, self.end), clock() + seconds
        while (step := self._timeline.peek()) is not None and step.mono <= to:
            if not self._observe_until(step.mono, until, clock):
                return tuple(changed)
            changed += self._step(step)
            if clock() >= until:
                return tuple(changed)
        if self._observe_until(to, until, clock):
            self.mono = max(self.mono, to)
        return tuple(changed)

    def seek(self, to: float) -> None:
        """Begin to go to a moment, from the nearest place before it that is known; `work` goes there."""
        self._target = min(max(to, self.begin), self.end)
        at = bisect_right(self._checks, self._target, key=lambda check: check.mono) - 1
        check = self._checks[max(0, at)]
        if self._target < self.mono or check.place.index > self.next_index:
            self._restore(check)
        self.jumping = True

    @property
    def target(self) -> float:
        """Target of a seek; without one the present time."""
        return self._target if self.jumping else self.mono

    @property
    def part_done(self) -> float:
        """Progress of a seek, 0 to 1."""
        width = self._target - self.begin
        return 1.0 if width <= 0 else min(1.0, max(0.0, (self.mono - self.begin) / width))

    def work(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> bool:
        """Go on with a seek for about so many seconds; return True when it is there."""
        self.advance(self._target, seconds, clock)
        self.jumping = self.mono < self._target
        return not self.jumping

    # -- inside ---------------------------------------------------------------------------------------

    def _step(self, step: TimelineStep) -> tuple[LedgerEntry, ...]:
        self._timeline.take()
        self.mono = max(self.mono, step.mono)
        changed = self._feed(step)
        for entry in changed:
            self.runs.take_outcome(entry)
        self._watch()
        self._since_check += 1
        if self._since_check >= self._every:
            self._check()
        return changed

    def _feed(self, step: TimelineStep) -> tuple[LedgerEntry, ...]:
        happened, chamber = step.item, self.chamber
        match happened:
            case Event():
                return chamber.apply(happened)
            case LinkView():
                # STALE is what the model says by itself of a connection that is open.
                if happened.word is LinkWord.STALE:
                    happened = msgspec.structs.replace(happened, word=LinkWord.ONLINE, why="")
                return chamber.link_changed(happened, step.utc, self.mono)
            case LedgerEntry():
                known, restored = chamber.ledger.get(happened.id), chamber.ledger.restore(happened)
                # The answer, or the message that confirmed it, was mostly fed before: it is reported once.
                return () if known is not None and _became(known) == _became(restored) else (restored,)
            case Mark():
                if happened.kind not in OWN_MARKS | RECORDERS_MARKS:
                    chamber.note(happened.text, happened.utc, happened.mono, happened.kind, happened.phrase)
            case RecordedLoad():
                if loaded(happened):
                    # A raw list has no plan and replaces the recipe loaded before.
                    plan = plan_of(happened)
                    self.runs.loaded = None if plan is None else LoadedRecipe(happened.name, plan, self.mono)
        return ()

    def _observe_until(self, until: float, late: float, clock: Callable[[], float]) -> bool:
        """Let the run see the chamber now and then while nothing happens; False where that takes too long."""
        while self.runs.running is not None and until - self.mono > OBSERVE_EVERY:
            self.mono += OBSERVE_EVERY
            self._watch()
            if clock() >= late:
                return False
        return True

    def _watch(self) -> None:
        seen = self.chamber.observe(self.utc, self.mono)
        self.runs.tick_blind(seen)
        self.runs.observe(seen, start_seen=self.chamber.start_seen)

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self._timeline.place, self.mono, self.chamber.copy(), self.runs.copy())

    def _check(self) -> None:
        self._since_check = 0
        if self._timeline.place.index <= self._checks[-1].place.index:
            return
        self._checks.append(self._checkpoint())
        if len(self._checks) > _CHECKPOINTS:
            # Every second one, and from now on half as often.
            del self._checks[1::2]
            self._every *= 2

    def _restore(self, check: Checkpoint) -> None:
        self._timeline = Timeline(self.sliced, check.place)
        self.mono = check.mono
        self.chamber, self.runs = check.chamber.copy(), check.runs.copy()
        self._since_check = 0


def _became(entry: LedgerEntry) -> tuple[Outcome, bool, Outcome | None]:
    """Return the outcome of a command, without the times."""
    return entry.outcome, entry.confirmed is not None, entry.late


class _Now:
    """The time of a replay as a clock."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def utc(self) -> float:
        return self._replay.utc

    def mono(self) -> float:
        return self._replay.mono


class ReplayRecord:
    """Fits `RecordDesk` of the station and `RunRecord` of the runs."""

    choice = None
    view = RecorderView()
    session, at_stake = 0, 0
    settled = True
    recording = will_number = False
    unwritten = share = ""
    away_since: float | None = None

    def __init__(self, record: Record | None = None, past: Past | None = None) -> None:
        self.record, self._past = record, past

    @property
    def unreadable(self) -> str:
        """Why the time before, or a part of it, cannot be shown; empty while nothing is wrong."""
        return self._past.problem if self._past is not None else ""

    async def open(self) -> None:
        """Do nothing: it is open."""

    def history(self, name: str, live: Callable[[str], History | None]) -> History | None:
        """Return the channel's history as far as it was replayed."""
        return live(name)

    def with_past(self, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """Return the marks as they are."""
        return marks

    def digest(self, channels: Sequence[ChannelView], pins: Sequence[str] | None = None) -> None:
        """Return None: nobody was away."""

    def note_return(self, seconds: float) -> None:
        """Do nothing."""

    def change(self, kind: str, text: str, *, before: str = "", after: str = "") -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def new_run(self) -> int:
        """Return 0: a replayed run has no number of its own."""
        return 0

    def run(self, item: RunItem) -> None:
        """Do nothing: what is replayed is on record already."""

    def close_runs(self, item: CloseRunsItem) -> None:
        """Do nothing."""

    def others(self) -> bool:
        """Return False: nothing is added."""
        return False

    def cancelled_by(self, command: str) -> str:
        """Return an empty text: the end of the run is in its messages."""
        return ""
