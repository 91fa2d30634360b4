"""Replay a recorded chamber as a station: the same screens show it, and nothing can be sent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence

from xovac_tui import recipes
from xovac_tui.alarms.recorded import RecordedAlarms
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import LedgerChanged, LinkChanged
from xovac_tui.chamber.ring import Bins, only_first
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, Snapshot
from xovac_tui.errors import XovacError
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.log import Log, Passes
from xovac_tui.recording.past import ClockStretch, Past, RecordedHistory, clock_stretches
from xovac_tui.replay.model import Replay, ReplayRecord
from xovac_tui.replay.playback import Playback
from xovac_tui.runs.follower import RunFollower
from xovac_tui.station.commands import Prepared
from xovac_tui.station.news import ReplayMoved
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.setup import StationSetup
from xovac_tui.station.station import Station

_TURN = 0.1
"""Seconds between two turns of the replay."""
_BREATH = 0.01
"""Seconds for keys and pictures between two turns of one that does not keep up."""
_BEYOND = 600.0
"""Seconds that a picture of the record knows of what comes after it: a slow channel's line goes through."""
_REPORTED_UP_TO = 10.0
"""Speed up to which each change of link and ledger is reported; faster they would flood."""


class ReplayStation(Station):
    """A slice that is played in the screens of a live chamber."""

    playback: Playback

    def __init__(
        self, setup: StationSetup, replay: Replay, record: Record | None = None, *, speed: float = 1.0
    ) -> None:
        """Replay a slice of `record`, whose charts reach back before it; None for a file.

        `speed`: seconds of the slice in one of the clock.
        """
        super().__init__(setup)
        self._replay = replay
        self._replay.seek(self._replay.origin)
        self.playback = Playback(self._replay, self.clock, speed=speed)
        self.assumed_speed = self._replay.assumed_speed
        self.log = ReplayLog(self._replay)
        self.alarms = RecordedAlarms(lambda: self._replay.chamber, self._replay.clock)
        self.alarms.follow(self._replay.alarms(record))
        if record is not None:
            record.judge_by(self.contract)
        self._past = None if record is None else _PastOfReplay(record, self._replay)
        # For the list of its runs; the model knows nothing of what comes later.
        self.record = ReplayRecord(record, self._past)
        self._histories: dict[str, RecordedHistory] = {}
        self._shown_link = LinkView()

    @property
    def chamber(self) -> Chamber:  # type: ignore[override]  # a seek goes on with another one
        """The model as it was at this moment."""
        return self._replay.chamber

    @property
    def runs(self) -> RunFollower:  # type: ignore[override]
        """The runs as they were followed at this moment."""
        return self._replay.runs

    async def run(self) -> None:
        """Let time go on until cancelled."""
        while True:
            await asyncio.sleep(_BREATH if self.playback.busy else _TURN)
            self.turn()

    def turn(self) -> None:
        """Advance the replay by the time since the last turn, and report what changed in it."""
        playback = self.playback
        jumping = self._replay.jumping
        try:
            changed = playback.turn()
        except XovacError as error:
            # The record cannot be read on: what was reached stays on screen.
            self.log.failed(error)
            playback.paused = True
            return
        if jumping and not self._replay.jumping:
            self.news.publish(ReplayMoved())
        link, before = self.chamber.link_view(self._replay.mono), self._shown_link
        self._shown_link = link
        if jumping or playback.speed > _REPORTED_UP_TO:
            return
        if (link.word, link.why, link.session) != (before.word, before.why, before.session):
            self.news.publish(LinkChanged(link, before))
        for entry in changed:
            self.news.publish(LedgerChanged(entry))

    # -- what screens read ----------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the chamber as it was at this moment."""
        return self._replay.snapshot()

    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel up to this moment; None without any."""
        if self._past is None:
            return self.chamber.history(full_name)
        found = self._histories.get(full_name)
        if found is None:
            found = RecordedHistory(full_name, lambda: self.chamber.history(full_name), self._past)
            self._histories[full_name] = found
        return found

    # -- what cannot be done --------------------------------------------------------------------------

    @property
    def observe(self) -> bool:
        """True: nothing can be sent."""
        return True

    def set_observe(self, observe: bool) -> None:
        """Do nothing: a replay commands nothing."""

    def blocked(self, command: str, *, stop: bool = False) -> Refusal:
        """Return why nothing can be sent."""
        return Refusal(RefusalCode.REPLAY, command)

    async def send_prepared(
        self, prepared: Prepared, *, timeout: float | None = None, stop: bool = False
    ) -> LedgerEntry:
        """Refuse; the ledger that is replayed stays as it was."""
        return self._refuse(prepared.spec.event, prepared.text, stop=stop)

    async def load_recipe(
        self, compiled: recipes.compiler.Compiled, source: str = "", *, timeout: float | None = None
    ) -> LedgerEntry:
        """Refuse."""
        return self._refuse("load_recipe", "")

    async def stop(self) -> LedgerEntry:
        """Refuse, STOP included."""
        return self._refuse(STOP_COMMAND, "", stop=True)

    def refuse_stop(self, refusal: Refusal) -> LedgerEntry:
        """Say that nothing can be sent; the ledger that is replayed stays as it was."""
        return self._refuse(STOP_COMMAND, "", stop=True)

    def _refuse(self, command: str, text: str, *, stop: bool = False) -> LedgerEntry:
        utc, mono = self.clock.utc(), self.clock.mono()
        reason = self.blocked(command).sentence
        entry = LedgerEntry(0, command, text, "", utc, mono, Outcome.REFUSED, reason=reason, stop=stop)
        self.news.publish(LedgerChanged(entry))
        return entry

    def reconnect(self) -> None:
        """Do nothing: there is no link."""

    def note(self, text: str) -> None:
        """Do nothing: what was, is not added to."""

    def dismiss_unknown(self) -> None:
        """Do nothing: the recorded ledger stays as it was."""


class ReplayLog(Log):
    """The events of a slice up to the moment of a replay."""

    def __init__(self, replay: Replay) -> None:
        super().__init__(1_000)
        self._replay = replay

    @property
    def total(self) -> int:
        """Index of the event that comes next."""
        return max(self._replay.next_index, self.first)

    @property
    def first(self) -> int:
        """Index of the first event of the slice."""
        return self._replay.first_index

    @property
    def dropped(self) -> int:
        """Empty: nothing of the slice is missing."""
        return 0

    @property
    def recorded(self) -> bool:
        """True: the whole slice is known."""
        return True

    def get(self, index: int) -> LoggedEvent | None:
        """Return the event with this index, or None when it has not come yet."""
        try:
            return self._replay.sliced.get(index) if self.first <= index < self.total else None
        except XovacError as error:
            self.failed(error)
            return None

    def scan(
        self, start: int = 0, passes: Passes | None = None, *, whole: bool = False
    ) -> Iterator[LoggedEvent]:
        """Return the events from an index on that have come by this moment, oldest first; all are whole."""
        end = self.total
        try:
            for event in self._replay.sliced.scan(max(start, self.first), passes):
                if event.index >= end:
                    return
                yield event
        except XovacError as error:
            self.failed(error)


class _PastOfReplay(Past):
    """What a record holds of the time before a replay's moment; what comes later is not known yet."""

    def __init__(self, record: Record, replay: Replay) -> None:
        shifts = replay.shifts()
        first = shifts[0].seconds if shifts else 0.0
        super().__init__(Windows(record), first, replay.begin)
        self._replay = replay
        self._stretches = clock_stretches(first, shifts)
        """Of the whole record, in the timeline's time, which goes on whatever the wall clock is set to."""

    @property
    def end(self) -> float:
        """The moment of the replay."""
        return self._replay.mono

    def window(self, name: str, start: float, end: float, columns: int, until: float = math.inf) -> Bins:
        """Return lowest and highest values per column, NaN from now on; nothing later is in any of them."""
        # A kept picture serves other moments, too, so it ends where its key says; only near now is that now.
        until = min(self.end, min(end, until) + _BEYOND)
        bins = super().window(name, start, end, columns, until)
        known = math.ceil((self.end - bins.start) / bins.seconds)
        if known >= len(bins.lows):
            return bins
        # The bin that now lies in may touch the next column as well.
        return only_first(bins, known)

    def first(self, name: str) -> float | None:
        """Return the monotonic time of a channel's first value; None while that is still to come."""
        found = super().first(name)
        return None if found is None or found > self.end else found

    def _known(self, until: float) -> float:
        return until

    def _shifts(self) -> Sequence[ClockStretch]:
        return self._stretches
