"""The station's hand on the record: what happens goes in, what was comes back."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from xovac_tui import __version__, recipes
from xovac_tui import recording as room
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.chamber.history import ChannelHistory, History
from xovac_tui.chamber.news import (
    ContractChanged,
    LedgerChanged,
    LinkChanged,
    MarksMade,
    ModeChanged,
    RecordOpened,
    RecordReplaced,
)
from xovac_tui.chamber.snapshot import ChannelView, LedgerEntry, Mark, Outcome
from xovac_tui.clock import Clock
from xovac_tui.errors import XovacError
from xovac_tui.plural import counted
from xovac_tui.recording import disk
from xovac_tui.recording.disk.share import network_share, share_advice
from xovac_tui.recording.log import Log
from xovac_tui.recording.opening import Found, ProgramStart, RecordReading, read_record
from xovac_tui.recording.settings import HeldFor, RecordSettings
from xovac_tui.recording.status import FULL, RecorderChanged, RecorderState, RecorderView, RecordTrouble

OPENING = 5.0
"""Seconds after which a record that has not opened counts as one that cannot be written."""
CLOSING = 2.0
"""Seconds for which the end waits for a record that cannot be written."""
_CLOSING_WELL = 10.0
"""The same for one that is being written: there may be much to write."""
_CLOSED_CHECK = 0.02
"""Seconds between two checks whether the record is closed."""
_WRITTEN = (RecorderState.ON, RecorderState.BESIDE)
"""States in which there is a record that can be read."""
DONE_HERE = "What was done from here was"
"""Subject of `not_written` where this program is to record only what was done from it."""
_READ_EVERY = 5.0
"""Seconds between tries to read a record that is written but could not be read."""
_EARLY = 10_000
"""What is kept of what happens before the recorder is there to take it: for as long as an import takes."""
VISIT_EVERY = 30.0
"""Seconds between notes in the record that the user still watches."""


class RecordChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Where to record, and how."""

    path: Path
    settings: RecordSettings
    held: HeldFor = HeldFor()
    """For whom old events are kept longer."""
    may_record: bool = True
    """False: only what is done from here goes in, such as a single command of a script."""
    read_only: bool = False
    """The record is only read: nothing goes in, not even that a program watched."""
    begin: bool = True
    """False: it is added to where there is one, but none is begun."""
    visit: bool = False
    """A user watches: note when, for the digest of what happened since."""
    background: bool = False
    """Charts show what is known of the past, and a thread reads the rest meanwhile."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded, as the sessions of the record name it."""

    name: str = ""
    url: Callable[[], str] = str
    """Gives the address when the record is opened: a demo's is not known before."""
    contract: Contract
    who: str = ""
    """`user@host`."""
    speed: float = 1.0
    in_force: Callable[[], Iterable[tuple[str, str]]] = tuple
    """Gives what is in force, such as settings and trust, as kinds and JSON; never a secret. For a thread."""
    contract_noted: Callable[[Contract, Mapping[str, str]], str] = lambda _contract, _hashes: ""
    """Gives what is noted of a contract, as JSON, with the hashes of its files; touches no file."""


def not_written(path: Path) -> str:
    """Return the end of the sentence about what is missing in a record, behind its subject."""
    return f"not written to the record {path} when this program ended."


class RecordService:
    """The recorder of one station, and what its record knows.

    Without a choice it records nothing, and everything here is cheap and empty.
    """

    def __init__(
        self,
        choice: RecordChoice | None,
        subject: Subject,
        clock: Clock,
        log: Log,
        publish: Callable[[RecorderChanged | RecordOpened | RecordReplaced], None],
    ) -> None:
        self.choice = choice
        self._subject, self._contract, self._who = subject, subject.contract, subject.who
        self._clock, self._log, self._publish = clock, log, publish
        self._loop: asyncio.AbstractEventLoop | None = None
        self._recorder: disk.recorder.Recorder | None = None
        self.record: disk.record.Record | None = None
        """For reading; None until it is open, or where there is none."""
        self.past: room.past.Past | room.background.BackgroundPast | None = None
        self.away_since: float | None = None
        """When (even time that ends now) this user last watched, if that is long ago; else None."""
        self._arrived = clock.utc()
        self._began: tuple[float, float] | None = None
        """When it began to open, UTC and monotonic seconds; None before that."""
        self._closed = False
        self._reading: RecordReading | None = None
        """What reads the record at this moment; None while nothing does."""
        self._read_at = clock.mono()
        self._read_by = subject.contract
        """Contract by which what is read just now is judged."""
        self._replacing = False
        """What is read is another file than the one that was read before."""
        self._read_once = choice is None
        """What the record knows is known, or it is known that it cannot be read."""
        self._published_settled = choice is None
        self._early: list[Event | disk.kinds.Item] = []
        """What happened before the recorder was there."""
        self.unwritten = ""
        """After the end, what is not in the record and why, as a sentence; empty where all of it is."""
        self.share = ""
        """The kind of network share on which the record is; empty where it is on none, or not known yet."""
        self._visited = -VISIT_EVERY
        self._marks: tuple[Mark, ...] = ()
        """Of the time before this program, in its monotonic time."""
        self._joined: tuple[tuple[Mark, ...], tuple[Mark, ...]] | None = None
        self._next_run = 1
        self._noted: dict[str, str] = {}
        """Kind of what is in force -> JSON, as it was given to the recorder."""
        self._started_noted = False
        """What was in force at the start of this program is among that."""
        self._histories: dict[str, ChannelHistory] = {}
        self._retention: disk.housekeeping.Retention | None = None
        self._shown = self.view

    @property
    def view(self) -> RecorderView:
        """State of the recorder, for the trust bar."""
        if self._recorder is None:
            return RecorderView()
        view = self._recorder.view
        if not self.settled:
            # Recording it may be, but what it knows is not known yet.
            return msgspec.structs.replace(view, state=RecorderState.STARTING, pid=None, reason=None, why="")
        if view.state is RecorderState.STARTING:
            why = disk.trouble_words.not_open_words(view.path, OPENING, self.share)
            return msgspec.structs.replace(
                view, state=RecorderState.FAILING, reason=RecordTrouble.NOT_OPEN, why=why
            )
        if view.reason in FULL and self._retention is not None and (held := self._retention.holding):
            return msgspec.structs.replace(view, why=f"{view.why} {disk.trouble_words.held_words(held)}")
        return view

    @property
    def settled(self) -> bool:
        """True once the record has been read, or will not be waited for."""
        late = self._began is not None and self._clock.mono() - self._began[1] >= OPENING
        return self._read_once or late

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

    async def open(self) -> None:
        """Begin to open the record; returns before it is open, whatever holds it up."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.begin)

    def _changed(self) -> None:
        """Publish what is new, from whatever thread this is called in."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.refresh)

    def refresh(self) -> None:
        """Take what is new of the record: that it was read, is written, fails, or is another file."""
        adopted = self._adopt()
        before, self._shown = self._shown, self.view
        if (before.lost, before.files) != (self._shown.lost, self._shown.files):
            self._log.part()
        if before.files != self._shown.files:
            self._reopen()
        elif self.record is None and self._shown.state in _WRITTEN:
            # It could not be opened at first.
            self._read_again()
        if adopted is not None:
            self._publish(adopted)
        if self._shown != before:
            self._publish(RecorderChanged(self._shown, before))

    def begin(self) -> None:
        """Begin to open and to read the record in threads of their own; touches no file, and never raises.

        Blocks only for imports. What happens before the record is open waits in memory.
        """
        if self.choice is None or self._closed:
            return
        self._began = self._clock.utc(), self._clock.mono()
        if not self.choice.read_only:
            self._recorder = self._make_recorder(self.choice)
            early, self._early = self._early, []
            for item in early:
                self._recorder.put(item)
        self._read(self._opened)

    def _session(self) -> disk.kinds.Session:
        """Return what a session of this program says of itself, by the contract of now."""
        return disk.kinds.Session(
            pid=os.getpid(),
            host=socket.gethostname(),
            who=self._who,
            program=f"xovac-tui {__version__}",
            profile=self._subject.name,
            url=self._subject.url(),
            contract=self._contract.files,
            channels={
                message.full_name(leaf): (leaf.label or leaf.channel, leaf.unit)
                for message in self._contract.messages.values()
                for leaf in message.leaves
            },
            rules=self._contract.rules(),
            speed=self._subject.speed,
        )

    def _make_recorder(self, choice: RecordChoice) -> disk.recorder.Recorder:
        settings = choice.settings
        retention = self._retention = disk.housekeeping.Retention(
            settings.keep_days, delete_unexported=settings.delete_unexported, held=choice.held
        )

        def clean_up(writer: disk.writer.Writer, utc: float) -> None:
            mono = self._clock.mono()
            retention.tidy(writer.execute, writer.session, utc, mono)
            if retention.unsent:
                said = disk.trouble_words.unsent_words(retention.unsent)
                writer.item(disk.kinds.RecordedMark(mark=Mark(mono, utc, "unsent", said), who=""))

        return disk.recorder.Recorder(
            choice.path,
            self._session(),
            self._clock,
            may_record=choice.may_record,
            listener=self._changed,
            tidy=clean_up,
            in_force=self._first_entries,
        )

    def _first_entries(self) -> Iterable[disk.kinds.Item]:
        """Return what a new record begins with: the settings, contract and trust in force."""
        for kind, after in self._subject.in_force():
            yield self._change_item(kind, room.differences.in_words("", after), "", after)

    def _opened(self) -> None:
        """Open the record for writing, if that is wanted; returns when that is done or has failed."""
        assert self.choice is not None
        self.share = network_share(self.choice.path.parent)
        if self._recorder is not None and (self.choice.begin or self.choice.path.exists()):
            self._recorder.start()
            self._recorder.opened(None)

    def _read(self, wait: Callable[[], object]) -> None:
        """Begin to read what the record knows, as soon as `wait` has returned; `adopt` takes it."""
        assert self.choice is not None
        assert self._began is not None
        path, recorder = self.choice.path, self._recorder
        began = ProgramStart(
            *self._began, self._who, self.choice.visit, self.choice.background, self._contract
        )

        def read() -> Found:
            first = self._log.memory.first_utc
            index = recorder.first_index if recorder is not None else None
            return read_record(path, began, index, first, session=self.session)

        self._read_at = self._clock.mono()
        self._read_by = self._contract
        self._reading = RecordReading(wait, read, self._in_force, self._changed)

    def _in_force(self) -> Iterable[tuple[str, str]]:
        """Return which settings, contract and trust are in force, as kinds and JSON."""
        return () if self._recorder is None or self._started_noted else self._subject.in_force()

    def _adopt(self) -> RecordOpened | RecordReplaced | None:
        """Take what was read of the record, if that is new: from here on it is what was."""
        reading = self._reading
        if reading is None or not reading.over:
            return self._settle(RecordOpened())
        self._reading, found = None, reading.found
        first, self._read_once = not self._read_once, True
        replaced, self._replacing = self._replacing, False
        moved = 0
        if found is not None:
            self.record, self.past, self._marks = found.record, found.past, found.marks
            self._joined = None
            self._histories.clear()
            if self._read_by is not self._contract:
                self.record.judge_by(self._contract, self._read_by)
                self.past.judge_by(self._contract, self._read_by)
            if first and self.choice is not None and self.choice.visit:
                self.away_since = found.away_since
            complete = self._recorder is None or not self._recorder.view.lost
            moved = self._log.attach(found.record, ours=found.ours and complete, begin=found.begin)
        if self._recorder is not None and not self._recorder.started:
            # There is no record to which anything could be added.
            self._recorder = None
        self._started_noted = self._started_noted or bool(reading.noted)
        for kind, after in reading.noted:
            # What became in force since is noted already.
            if kind not in self._noted:
                self.note_change(kind, after)
        return RecordReplaced() if replaced else self._settle(RecordOpened(moved, read=found is not None))

    def _settle(self, news: RecordOpened) -> RecordOpened | None:
        """Return what is to be published: that the record was read, or once that it is not waited for."""
        if not (news.read or (self.settled and not self._published_settled)):
            return None
        self._published_settled = True
        return news

    def _read_again(self) -> None:
        """Read a record that could not be read at first, now and then, until it can be."""
        if self._reading is None and self._clock.mono() - self._read_at >= _READ_EVERY:
            self._read(lambda: None)

    def _stop_reading(self) -> None:
        old, past, self.record, self.past = self.record, self.past, None, None
        self._histories.clear()
        self._log.detach()
        if past is not None:
            past.close()
        if old is not None:
            old.close()
        if self._reading is not None:
            self._reading.give_up()
            self._reading = None

    def _reopen(self) -> None:
        """Read the file that the recorder has begun in place of a damaged or lost one."""
        self._stop_reading()
        # A new file knows nothing of what is in force.
        for kind, after in self._noted.items():
            self.note_change(kind, after)
        self._replacing = True
        self._read(lambda: None)

    async def close(self) -> None:
        """Write what is left, the end of a visit with it; what cannot be written is given up soon."""
        self._closed = True
        recorder, self._recorder = self._recorder, None
        # Before the recorder ends: what reads keeps it from making one file of the record.
        self._stop_reading()
        if recorder is None or self.choice is None:
            return
        if self.choice.visit and self._read_once:
            self._visit(recorder)
        why = recorder.view.why
        well = recorder.view.state is RecorderState.ON
        until = time.monotonic() + (_CLOSING_WELL if well else CLOSING)
        recorder.begin_close()
        try:
            # Another chamber of this program may go on: its keys must not wait for this disk.
            while True:
                if recorder.closed or time.monotonic() > until:
                    break
                await asyncio.sleep(_CLOSED_CHECK)
        finally:
            # Where this is cut short, the program ends: what is left is waited for here.
            self._note_left(recorder, recorder.close(max(0.0, until - time.monotonic())), why)

    def _note_left(self, recorder: disk.recorder.Recorder, left: int, why: str) -> None:
        assert self.choice is not None
        if left and (self.choice.begin or recorder.started):
            self.unwritten = self._left_out(left, recorder.view.why or why)

    def _left_out(self, left: int, why: str) -> str:
        """Return how much is not in the record and why, as sentences."""
        assert self.choice is not None
        what = counted(left, "event or entry was", "events and other entries were")
        if not self.choice.may_record:
            # Of what it was given, such a program writes only what was done from it.
            what = DONE_HERE
        # What the recorder says of a share's failures has this advice already.
        held = ("Another program may hold it, or its disk does not answer.", share_advice(self.share))
        why = why or " ".join(part for part in held if part)
        return f"{what} {not_written(self.choice.path)} {why}"

    # -- what goes in ---------------------------------------------------------------------------------

    @property
    def _takes(self) -> bool:
        """True while events are to be recorded, now or once the recorder is ready."""
        return self._recorder is not None or (
            self.choice is not None and not self.choice.read_only and not self._read_once
        )

    def _put(self, item: Event | disk.kinds.Item, *, write_soon: bool = False) -> None:
        """Give something to the recorder, or keep it until there is one."""
        if self._recorder is None:
            if self._takes and len(self._early) < _EARLY:
                self._early.append(item)
            return
        self._recorder.put(item)
        if write_soon:
            self._recorder.write_soon()

    def on_event(self, event: Event) -> None:
        """Keep an event, in memory and in the record."""
        self._log.append(event)
        self._put(event)

    def on_status(self, link: LinkView) -> None:
        """Do nothing: what is shown of the link comes as news."""

    def on_news(self, news: object) -> None:
        """Keep what happened to link, commands, contract, mode and the time axis."""
        match news:
            case ContractChanged():
                self._change_contract(news)
            case LinkChanged():
                self._link(news.link)
            case LedgerChanged():
                self._entry(news.entry)
            case MarksMade():
                self._keep_marks(news.marks)
            case ModeChanged():
                word, other = ("OBSERVE", "CONTROL") if news.observe else ("CONTROL", "OBSERVE")
                said = f"a console was switched to {word}"
                self.change("mode", said, before=f'"{other}"', after=f'"{word}"')

    def _change_contract(self, news: ContractChanged) -> None:
        """Name and judge what comes by another contract, and note it in its place among the events."""
        self._contract = news.contract
        if news.contract.rules() != news.before.rules():
            if self.record is not None:
                self.record.judge_by(news.contract, news.before)
            if self.past is not None:
                self.past.judge_by(news.contract, news.before)
        if self._recorder is not None:
            self._recorder.describe(self._session())
        if self._takes and (after := self._subject.contract_noted(news.contract, news.hashes)):
            self.note_change(disk.kinds.CONTRACT, after)

    def _link(self, link: LinkView) -> None:
        """Take the connection as it is shown now: STALE is one of its words."""
        if self._takes:
            bare = msgspec.structs.replace(link, rtt=None, next_try_mono=None)
            self._put(disk.kinds.RecordedLink(link=bare, t=self._clock.utc(), mono=self._clock.mono()))

    def _entry(self, entry: LedgerEntry) -> None:
        """Record a change of a command's ledger entry."""
        if self._takes:
            self._put(disk.kinds.RecordedCommand(entry=entry, t=self._clock.utc(), mono=self._clock.mono()))

    def _keep_marks(self, marks: Iterable[Mark]) -> None:
        """Take marks on the time axis."""
        if self._takes:
            for mark in marks:
                self._put(disk.kinds.RecordedMark(mark=mark, who=self._who))

    def alarms(self, changes: Iterable[AlarmChange]) -> None:
        """Take what happened to alarms, and write it at once: a console beside this program waits for it."""
        if self._takes:
            for change in changes:
                self._put(disk.kinds.RecordedAlarm(change=change), write_soon=True)

    def ask(self, ask: Ask) -> None:
        """Record a user's request on an alarm, for the recorder to carry out."""
        if self._takes:
            self._put(disk.kinds.RecordedAsk(ask=ask, mono=self._clock.mono()), write_soon=True)

    def change(self, kind: str, text: str, *, before: str = "", after: str = "") -> None:
        """Record a decision of a user here, and write it at once; `before` and `after` are JSON."""
        if self._takes:
            self._put(self._change_item(kind, text, before, after), write_soon=True)

    def _change_item(self, kind: str, text: str, before: str, after: str) -> disk.kinds.RecordedChange:
        return disk.kinds.RecordedChange(
            kind=kind,
            who=self._who,
            text=text,
            t=self._clock.utc(),
            mono=self._clock.mono(),
            before=before,
            after=after,
        )

    def note_change(self, kind: str, after: str, text: str = "") -> None:
        """Note what of a kind is in force now, as JSON, if that differs from what the record knows of it.

        `text` says what changed, as a sentence; without one it is made of the keys that differ.
        """
        if self._takes:
            self._noted[kind] = after
            # Nothing waits for it, so the record's usual turn is early enough.
            self._put(disk.kinds.ChangeItem(change=self._change_item(kind, text, "", after)))

    def load(
        self,
        name: str,
        entry: LedgerEntry,
        plan: recipes.plan.Plan | None,
        settings: recipes.plan.PlanSettings,
        source: str,
    ) -> None:
        """Take a recipe that was handed to the chamber, as it was sent; `source` is its file's text.

        Without a plan it was sent as a bare list.
        """
        if not self._takes:
            return

        self._put(
            disk.kinds.RecordedLoad(
                t=entry.utc,
                mono=entry.mono,
                who=self._who,
                name=name,
                outcome=entry.outcome.value,
                hash=disk.lists.payload_hash(entry.payload),
                source=source,
                payload=entry.payload,
                plan=msgspec.json.encode(plan).decode() if plan is not None else "",
                settings=msgspec.json.encode(settings).decode(),
            )
        )

    def new_run(self) -> int:
        """Return the number of a run that begins now; 0 where this program does not (yet) record it."""
        recorder = self._recorder
        # Before it is read it is not known which numbers are taken, nor whether it holds this run already.
        if recorder is None or not self.recording or self.will_number:
            return 0
        self._next_run = max(self._next_run, recorder.first_run)
        self._next_run += 1
        return self._next_run - 1

    @property
    def will_number(self) -> bool:
        """True while runs get no numbers because the record that this program writes cannot be read yet."""
        recorder = self._recorder
        if recorder is None or self.choice is None or not self.choice.may_record:
            return False
        unread = self.record is None or recorder.first_index is None
        return unread and self.view.state is not RecorderState.BESIDE

    def run(self, item: disk.kinds.RunItem) -> None:
        """Take how far a run was at a moment; nothing of one without a number."""
        if self._recorder is not None and item.id and self.recording:
            self._recorder.put(item)

    def close_runs(self, item: disk.kinds.CloseRunsItem) -> None:
        """Note that runs which another program left open have ended unseen, all but one."""
        if self._recorder is not None and self.recording:
            self._recorder.put(item)

    def note_return(self, seconds: float) -> None:
        """Note that this user has not watched for so long, so that the digest begins there."""
        if self.choice is not None:
            self.away_since = self._clock.utc() - seconds

    @property
    def session(self) -> int:
        """Number of this program's session in the record; 0 where it has none."""
        return self._recorder.session if self._recorder is not None else 0

    def cursors(self) -> dict[tuple[str, str], int] | None:
        """Return how far each sink is that the record is forwarded to, by its name and the table.

        None while the record is not read, or cannot be.
        """
        if self.record is None:
            return None
        with contextlib.suppress(XovacError):
            return disk.lists.cursors(self.record)
        return None

    def move_cursor(self, sink: str, table: str, cursor: int) -> None:
        """Take how far a sink is."""
        if self._takes:
            self._put(disk.cursors.CursorItem(sink=sink, table=table, cursor=cursor))

    def to_forget(self) -> set[str]:
        """Return the sinks for which a user asked that everything is sent again."""
        asked = disk.cursors.ASKED
        return {sink for sink, table in self.cursors() or {} if table == asked}

    def forget_cursors(self, sink: str) -> None:
        """Let a sink begin again."""
        if self._takes:
            self._put(disk.cursors.ForgetItem(sink=sink), write_soon=True)

    def flush(self) -> None:
        """Wait until everything that happened is written (or cannot be). For a thread."""
        if self._recorder is not None:
            self._recorder.flush()

    def tick(self) -> None:
        """Read what is new in the record, and note now and then that this user still watches."""
        self.refresh()
        recorder = self._recorder
        if recorder is None or self.choice is None or not self.choice.visit or not self._read_once:
            return
        if self._clock.mono() - self._visited >= VISIT_EVERY:
            self._visit(recorder)

    def _visit(self, recorder: disk.recorder.Recorder) -> None:
        self._visited = self._clock.mono()
        recorder.put(
            disk.kinds.Visit(who=self._who, arrived=self._arrived, seen=self._clock.utc(), mono=self._visited)
        )

    # -- what comes back ------------------------------------------------------------------------------

    def digest(
        self, channels: Sequence[ChannelView], pins: Sequence[str] | None = None
    ) -> room.digest.Digest | None:
        """Return what happened while this user was away; None where they were not. For a thread: it reads.

        It includes the channels that the user pinned (full names), else of those that the contract pins.
        """
        if self.away_since is None or self.record is None:
            return None
        if pins is None:
            pins = [one.full_name for one in channels if one.pinned and not one.hidden]
        with disk.record.Record(self.record.path) as own:
            called = own.names()
            known = {one.name: (one.name, called[one.name], one.unit, False) for one in own.channels()}
            # What a contract says of a channel is the better word, where it is seen already.
            known |= {one.full_name: (one.full_name, one.label, one.unit, one.log) for one in channels}
            pinned = [known[name] for name in pins if name in known]
            utc, mono = self._clock.utc(), self._clock.mono()
            axis = room.digest.axis_to_now(own, utc, self.session, mono)
            return room.digest.digest(own, self.away_since, utc, channels=pinned, axis=axis)

    def others(self) -> bool:
        """Return whether other programs add to this record, so that their commands must be read."""
        if self.record is None:
            return False
        # By either clock: the wall clock may have been set, and another machine has another monotonic one.
        utc, mono = self._clock.utc() - 60.0, self._clock.mono()
        with contextlib.suppress(XovacError):
            return bool(
                self.record.rows(
                    "SELECT 1 FROM sessions WHERE NOT recording AND (seen > ? OR seen_mono BETWEEN ? AND ?) "
                    "LIMIT 1",
                    (utc, mono - 60.0, mono + 60.0),
                )
            )
        return False

    def cancelled_by(self, command: str) -> str:
        """Return the user who sent a command in the last two minutes, else empty. For a thread."""
        if self.record is None:
            return ""
        happened = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE)
        with contextlib.suppress(XovacError), disk.record.Record(self.record.path) as own:
            axis = disk.lists.axis_of(own)
            if axis.knows(self.session):
                recent = axis.within(axis.even(self.session, self._clock.mono() - 120.0), math.inf)
                for found in reversed(disk.lists.commands(own, recent)):
                    if found.entry.command == command and found.entry.outcome in happened:
                        return found.entry.who
        return ""

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
            found = self._histories[name] = room.past.RecordedHistory(name, lambda: live(name), self.past)
        return found
