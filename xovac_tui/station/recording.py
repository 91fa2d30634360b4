"""The station's hand on the record: what happens goes in, what was comes back."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from xovac_tui import __version__
from xovac_tui.api.event import Event
from xovac_tui.chamber.history import ChannelHistory, History
from xovac_tui.chamber.snapshot import ChannelView, LedgerEntry, LinkView, Mark, Outcome
from xovac_tui.clock import Clock
from xovac_tui.errors import XovacError
from xovac_tui.recording.log import Log
from xovac_tui.recording.status import RecorderState, RecorderView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xovac_tui.api.contract import Contract
    from xovac_tui.chamber.alarmview import AlarmChange, Ask
    from xovac_tui.config.model import Profile, RecordSettings
    from xovac_tui.recipes.plan import Plan, PlanSettings
    from xovac_tui.recording.background import BackgroundPast
    from xovac_tui.recording.digest import Digest
    from xovac_tui.recording.past import Past
    from xovac_tui.recording.record import Record
    from xovac_tui.recording.recorder import Recorder
    from xovac_tui.recording.writer import Writer

OPENING = 5.0
"""Seconds for which connecting waits for the record: what came before is shown from the first moment on."""
VISIT_EVERY = 30.0
"""Seconds between notes in the record that somebody still looks."""


class RecordChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Where to record, and how."""

    path: Path
    settings: RecordSettings
    may_record: bool = True
    """False: only what is done from here goes in, such as a single command of a script."""
    read_only: bool = False
    """Only what was is read: nothing goes in, not even that a program looked."""
    visit: bool = False
    """Somebody looks: note when, so that he can be told later what happened since."""
    background: bool = False
    """Charts show what is known of the past, and a thread reads the rest meanwhile."""


class StationRecord:
    """One station's record. Without a choice it records nothing, and everything here is cheap and empty."""

    def __init__(
        self,
        choice: RecordChoice | None,
        *,
        name: str,
        profile: Profile,
        url: Callable[[], str],
        contract: Contract,
        who: str,
        clock: Clock,
        log: Log,
        speed: float,
        changed: Callable[[], None],
    ) -> None:
        self.choice = choice
        self._name, self._url, self._contract, self._who = name, url, contract, who
        self._profile = profile
        """As the settings give it: the demo's address becomes another one each time."""
        self._clock, self._log, self._speed, self._changed = clock, log, speed, changed
        self._recorder: Recorder | None = None
        self.record: Record | None = None
        """For reading; None until it is open, or where there is none."""
        self.past: Past | BackgroundPast | None = None
        self.away_since: float | None = None
        """Until when (record time) this user looked last, if that is long ago."""
        self._arrived = clock.utc()
        self._visited = -VISIT_EVERY
        self._marks: tuple[Mark, ...] = ()
        """Of the time before this program, in its monotonic time."""
        self._joined: tuple[tuple[Mark, ...], tuple[Mark, ...]] | None = None
        self._next_run = 1
        self._noted: dict[str, str] = {}
        """Kind of what is in force -> JSON, as the record was told."""
        self._histories: dict[str, ChannelHistory] = {}

    @property
    def view(self) -> RecorderView:
        """What the trust bar says about it."""
        return self._recorder.view if self._recorder is not None else RecorderView()

    @property
    def recording(self) -> bool:
        """True while this program itself writes the record of the chamber."""
        return self.view.state in (RecorderState.ON, RecorderState.FAILING)

    @property
    def unreadable(self) -> str:
        """Why charts do not show the time before, or a part of it; empty while nothing is wrong."""
        return self.past.problem if self.past is not None else ""

    @property
    def at_stake(self) -> int:
        """Events that are lost when this program ends now, because they cannot be written."""
        failing = self._recorder is not None and self.view.state is RecorderState.FAILING
        return self._recorder.held if failing and self._recorder is not None else 0

    # -- life -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Begin to record, and read back the time before; blocks for a moment, never raises."""
        if self.choice is None:
            return
        if self.choice.read_only:
            with contextlib.suppress(XovacError, OSError):
                self._read_back()
            return
        from xovac_tui.recording.housekeeping import tidy
        from xovac_tui.recording.items import Session
        from xovac_tui.recording.recorder import Recorder

        session = Session(
            pid=os.getpid(),
            host=socket.gethostname(),
            who=self._who,
            program=f"xovac-tui {__version__}",
            profile=self._name,
            url=self._url(),
            contract=self._contract.files,
            channels={
                message.full_name(leaf): (leaf.label or leaf.channel, leaf.unit)
                for message in self._contract.messages.values()
                for leaf in message.leaves
            },
            speed=self._speed,
        )
        settings = self.choice.settings

        def clean_up(writer: Writer, utc: float) -> None:
            tidy(writer.execute, utc, settings.keep_days, delete_unexported=settings.delete_unexported)

        self._recorder = Recorder(
            self.choice.path,
            session,
            self._clock,
            may_record=self.choice.may_record,
            listener=self._changed,
            tidy=clean_up,
        )
        self._recorder.start()
        self._recorder.opened(OPENING)
        # What cannot be written can often not be read either: the recorder's own word says why.
        with contextlib.suppress(XovacError, OSError):
            self._read_back()
        self._note_in_force()

    def _note_in_force(self) -> None:
        """Note which settings, contract and trust are in force, where they differ from what was noted."""
        from xovac_tui.station.noting import in_force

        assert self.choice is not None
        for kind, after in in_force(self._profile, self.choice.settings, self._contract):
            self.note_change(kind, after)

    def _read_back(self) -> None:
        from xovac_tui.recording.digest import away_since
        from xovac_tui.recording.lists import marks
        from xovac_tui.recording.past import Past
        from xovac_tui.recording.record import Record
        from xovac_tui.recording.windows import Windows

        assert self.choice is not None
        recorder = self._recorder
        self._close_past()
        record = Record(self.choice.path)
        utc, mono = self._clock.utc(), self._clock.mono()
        shift = utc - mono
        self._log.attach(record, ours=recorder is not None and recorder.first_index == record.total)
        if self.choice.background:
            from xovac_tui.recording.background import BackgroundPast

            self.past = BackgroundPast(self.choice.path, shift, mono, record.total)
        else:
            self.past = Past(Windows(record), shift, mono)
        if self.choice.visit:
            self.away_since = away_since(record, self._who, utc)
        self.record = record
        self._marks = tuple(
            Mark(one.t - shift, one.mark.utc, one.mark.kind, one.mark.text)
            for one in marks(record)
            if one.t - shift < mono
        )

    def read_back(self) -> None:
        """Read a record that could not be opened at first."""
        with contextlib.suppress(XovacError, OSError):
            self._read_back()

    def reopen(self) -> None:
        """Read the file that the recorder has begun in place of a damaged or lost one."""
        self._close_past()
        old, self.record, self.past = self.record, None, None
        self._histories.clear()
        self._log.detach()
        if old is not None:
            old.close()
        with contextlib.suppress(XovacError):
            self._read_back()
        # A new file knows nothing of what is in force.
        noted, self._noted = self._noted, {}
        for kind, after in noted.items():
            self.note_change(kind, after)

    def close(self) -> None:
        """Write what is left; the end of a visit with it."""
        self._close_past()
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        if self.choice is not None and self.choice.visit:
            self._visit(recorder)
        recorder.close()

    def _close_past(self) -> None:
        if self.past is not None and self.choice is not None and self.choice.background:
            self.past.close()
            self.past = None

    # -- what goes in ---------------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """Take an event."""
        if self._recorder is not None:
            self._recorder.put(event)

    def link(self, link: LinkView) -> None:
        """Take the connection as it is shown now: STALE is one of its words."""
        if self._recorder is not None:
            from xovac_tui.recording.items import LinkItem

            bare = msgspec.structs.replace(link, rtt=None, next_try_mono=None)
            self._recorder.put(LinkItem(bare, self._clock.utc(), self._clock.mono()))

    def entries(self, entries: Iterable[LedgerEntry]) -> None:
        """Take what became of commands."""
        if self._recorder is None:
            return
        from xovac_tui.recording.items import LedgerItem

        for entry in entries:
            self._recorder.put(LedgerItem(entry, self._clock.utc(), self._clock.mono()))

    def marks(self, marks: Iterable[Mark]) -> None:
        """Take marks on the time axis."""
        if self._recorder is None:
            return
        from xovac_tui.recording.items import MarkItem

        for mark in marks:
            self._recorder.put(MarkItem(mark, self._who))

    def alarms(self, changes: Iterable[AlarmChange]) -> None:
        """Take what happened to alarms, and write it at once: a console beside this program waits for it."""
        if self._recorder is None:
            return
        from xovac_tui.recording.items import AlarmItem

        for change in changes:
            self._recorder.put(AlarmItem(change))
        self._recorder.hurry()

    def ask(self, ask: Ask) -> None:
        """Take what somebody here wants done to an alarm, for the program that records to do it."""
        if self._recorder is None:
            return
        from xovac_tui.recording.items import AskItem

        self._recorder.put(AskItem(ask, self._clock.mono()))
        self._recorder.hurry()

    def change(self, kind: str, text: str, *, before: str = "", after: str = "") -> None:
        """Take a decision that somebody made here, and write it at once; `before` and `after` are JSON."""
        if self._recorder is not None:
            self._put_change(self._recorder, kind, text, before, after)
            self._recorder.hurry()

    def _put_change(self, recorder: Recorder, kind: str, text: str, before: str, after: str) -> None:
        from xovac_tui.recording.items import ChangeItem

        recorder.put(
            ChangeItem(
                kind=kind,
                who=self._who,
                text=text,
                utc=self._clock.utc(),
                mono=self._clock.mono(),
                before=before,
                after=after,
            )
        )

    def note_change(self, kind: str, after: str, text: str = "") -> None:
        """Note what of a kind is in force now, as JSON, if that differs from what the record knows of it.

        `text` says what changed, as a sentence; without one it is made of the keys that differ.
        """
        if self._recorder is None:
            return
        from xovac_tui.recording.lists import newest_change
        from xovac_tui.station.noting import in_words

        # The record's own word first: another program may have noted something else meanwhile.
        before = self._noted.get(kind, "")
        try:
            found = newest_change(self.record, kind) if self.record is not None else None
            before = found.after if found is not None else before
        except XovacError:
            text = text or "what it was before could not be read"
        self._noted[kind] = after
        if before != after:
            # Nobody waits for it, so the record's usual turn is early enough.
            self._put_change(self._recorder, kind, text or in_words(before, after), before, after)

    def load(
        self, name: str, entry: LedgerEntry, plan: Plan | None, settings: PlanSettings, source: str
    ) -> None:
        """Take a recipe that was handed to the chamber, as it was sent; `source` is its file's text.

        Without a plan it was sent as a bare list.
        """
        if self._recorder is None:
            return

        from xovac_tui.recording.items import LoadItem
        from xovac_tui.recording.lists import payload_hash

        self._recorder.put(
            LoadItem(
                utc=entry.utc,
                mono=entry.mono,
                who=self._who,
                name=name,
                outcome=entry.outcome.value,
                hash=payload_hash(entry.payload),
                source=source,
                payload=entry.payload,
                plan=msgspec.json.encode(plan) if plan is not None else b"",
                settings=msgspec.json.encode(settings),
            )
        )

    def new_run(self) -> int:
        """Return the number of a run that begins now; 0 where this program does not (yet) record it."""
        recorder = self._recorder
        # Not open yet, nobody knows which numbers are taken.
        if recorder is None or not self.recording or recorder.first_index is None:
            return 0
        self._next_run = max(self._next_run, recorder.first_run)
        self._next_run += 1
        return self._next_run - 1

    def run(
        self,
        number: int,
        *,
        name: str,
        load: str,
        started: tuple[float, float],
        result: str,
        reason: str,
        flight: bytes,
        rates: bytes,
    ) -> None:
        """Take how far a run is.

        `started` is its beginning in UTC and monotonic seconds, `load` the hash of its list.
        """
        if self._recorder is None or not number or not self.recording:
            return
        from xovac_tui.recording.items import RunItem
        from xovac_tui.recording.lists import load_with

        found = None
        if self.record is not None and load:
            with contextlib.suppress(XovacError):
                found = load_with(self.record, load)
        self._recorder.put(
            RunItem(
                id=number,
                name=name,
                load=found.id if found is not None else None,
                started_utc=started[0],
                started_mono=started[1],
                utc=self._clock.utc(),
                mono=self._clock.mono(),
                result=result,
                reason=reason,
                flight=flight,
                rates=rates,
            )
        )

    def close_runs(self, keep: int) -> None:
        """Note that runs which somebody else left open have ended unseen, all but one."""
        if self._recorder is not None and self.recording:
            from xovac_tui.recording.items import CloseRunsItem

            self._recorder.put(
                CloseRunsItem(keep, "Nobody followed it to its end: what recorded it was gone.")
            )

    @property
    def session(self) -> int:
        """Number of this program's session in the record; 0 where it has none."""
        return self._recorder.session if self._recorder is not None else 0

    def flush(self) -> None:
        """Wait until everything that happened is written (or cannot be). For a thread."""
        if self._recorder is not None:
            self._recorder.flush()

    def tick(self) -> None:
        """Note now and then that somebody still looks."""
        recorder = self._recorder
        if recorder is None or self.choice is None or not self.choice.visit:
            return
        if self._clock.mono() - self._visited >= VISIT_EVERY:
            self._visit(recorder)

    def _visit(self, recorder: Recorder) -> None:
        from xovac_tui.recording.items import VisitItem

        self._visited = self._clock.mono()
        recorder.put(VisitItem(self._who, self._arrived, self._clock.utc()))

    # -- what comes back ------------------------------------------------------------------------------

    def digest(self, channels: Sequence[ChannelView], pins: Sequence[str] | None = None) -> Digest | None:
        """Return what happened while this user was away; None where he was not. For a thread: it reads.

        It tells of the channels that the user pinned (full names), else of those that the contract pins.
        """
        from xovac_tui.recording.digest import digest
        from xovac_tui.recording.record import Record

        if self.away_since is None or self.record is None:
            return None
        if pins is None:
            pins = [one.full_name for one in channels if one.pinned and not one.hidden]
        with Record(self.record.path) as own:
            known = {one.name: (one.name, one.label or one.name, one.unit, False) for one in own.channels()}
            # What a contract says of a channel is the better word, where it is seen already.
            known |= {one.full_name: (one.full_name, one.label, one.unit, one.log) for one in channels}
            told = [known[name] for name in pins if name in known]
            return digest(own, self.away_since, self._clock.utc(), channels=told)

    def others(self) -> bool:
        """Return whether other programs add to this record, so that their commands are worth a look."""
        if self.record is None:
            return False
        recent = self._clock.utc() - 60.0
        with contextlib.suppress(XovacError):
            return bool(
                self.record.rows("SELECT 1 FROM sessions WHERE NOT recording AND seen > ? LIMIT 1", (recent,))
            )
        return False

    def cancelled_by(self, command: str, utc: float) -> str:
        """Return who sent a command in the two minutes before a moment, else nothing. For a thread."""
        from xovac_tui.recording.lists import commands
        from xovac_tui.recording.record import Record

        if self.record is None:
            return ""
        happened = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE)
        with contextlib.suppress(XovacError), Record(self.record.path) as own:
            for found in reversed(commands(own, utc - 120.0, utc + 1.0)):
                if found.entry.command == command and found.entry.outcome in happened:
                    return found.entry.who
        return ""

    def learn(self, started: float, ramps: Sequence[tuple[float, float, float]], speed: float) -> bytes:
        """Return what the chamber managed since a run began, as JSON, else nothing. For a thread."""
        if self.record is None:
            return b""
        from xovac_tui.recording.record import Record
        from xovac_tui.station.learning import learned

        self.flush()
        with contextlib.suppress(XovacError), Record(self.record.path) as own:
            return learned(own, self._contract, started, self._clock.utc(), ramps, speed)
        return b""

    def with_past(self, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """Return marks of this program behind those of the time before."""
        if not self._marks:
            return marks
        if self._joined is None or self._joined[0] is not marks:
            self._joined = marks, self._marks + marks
        return self._joined[1]

    def history(self, name: str, live: Callable[[str], History | None]) -> ChannelHistory | None:
        """Return a channel's history, with its past where there is a record; None where there is neither."""
        if self.past is None:
            return live(name)
        found = self._histories.get(name)
        if found is None:
            from xovac_tui.recording.past import RecordedHistory

            found = self._histories[name] = RecordedHistory(name, lambda: live(name), self.past)
        return found
