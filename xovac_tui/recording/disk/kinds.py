"""What is recorded beside events, one class a kind: its table, row, hash, transcript line and words.

A new kind is a class here and its name in `KINDS`; what shows it reads it with `lists.read`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

import msgspec

from xovac_tui.api.link import LinkView
from xovac_tui.api.validity import Validity
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recording import differences
from xovac_tui.recording.disk.axis import SessionTimes
from xovac_tui.recording.disk.cursors import CursorItem, ForgetAsk, ForgetItem
from xovac_tui.recording.disk.table import (
    PLACED,
    Recorded,
    RecordedRow,
    RowPlace,
    Table,
    json_text,
    writable,
)

CLOCK_STEP = 1.0
"""Seconds; the wall clock was set if it and the monotonic one part by more than this at once."""
CONTRACT = "contract"
"""Kind of change in the record: another contract is in force, for all events from there on."""
ASKED = "asked"
"""In place of an event in the table of alarms: what a console beside the recorder wants done."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The recorder of a session, and what it records."""

    pid: int
    host: str
    who: str
    """`user@host`."""
    program: str
    """Name and version."""
    profile: str
    url: str
    contract: tuple[str, ...] = ()
    """Names of the contract files."""
    channels: dict[str, tuple[str, str]] = {}
    """Full name of each channel that the contract names -> (label, unit)."""
    rules: dict[str, Validity] = {}
    """Which values count, by the full name of each channel of which not all do."""
    speed: float = 1.0
    """Model seconds in one of the wall clock: more than 1 only in a simulator."""


class RecordedSession(Recorded, frozen=True, kw_only=True):
    """The life of a recorder, or of a console beside one. Times in UTC seconds."""

    table: ClassVar = Table(
        "sessions", "sessions", later="first_event INTEGER, end_event INTEGER, seen_mono REAL"
    )
    stored: ClassVar = {"about": "about", "first": "first_event", "after": "end_event"}
    inner: ClassVar = "about"

    id: int = 0
    started: float
    mono: float
    """Monotonic seconds at that moment."""
    seen: float
    """Its newest commit: when it ended, or how far it is."""
    closed: bool = False
    """It ended by itself; False: it goes on, or was killed. The version before does not write that."""
    recording: bool
    """False: a console beside a recorder, which adds only what was done in it."""
    pid: int
    host: str
    who: str
    program: str
    about: Session
    seen_mono: float | None = None
    """Monotonic seconds at `seen`; None: by the wall clock since its start."""
    first: int = 0
    """Index of its first event."""
    after: int = 0
    """Index behind its newest event."""

    @property
    def seconds(self) -> float:
        """Seconds that it lasted, or lasts by now, by its monotonic clock."""
        wall = self.seen - self.started if self.seen_mono is None else self.seen_mono - self.mono
        return max(0.0, wall)

    @property
    def times(self) -> SessionTimes:
        """UTC and monotonic seconds at which it happened."""
        return SessionTimes(self.id, self.started, self.mono, self.seen, self.seen_mono, self.recording)


class RecordedLink(Recorded, frozen=True, kw_only=True):
    """One change of the connection."""

    table: ClassVar = Table("links", "changes of the connection", inside="word TEXT")
    stored: ClassVar = {"link": "data"}
    inner: ClassVar = "link"
    word: ClassVar = "link"

    session: int = 0
    position: int = 0
    """Index of the event that came next."""
    t: float
    link: LinkView
    mono: float | None = None
    """Monotonic seconds of its session; None where they are not known."""

    @property
    def recorder_only(self) -> bool:
        """True: a console beside the recorder has a connection of its own."""
        return True


class RecordedCommand(Recorded, frozen=True, kw_only=True):
    """One state of a command in the ledger: there is a row for each that it was in."""

    table: ClassVar = Table(
        "ledger",
        "commands",
        "session INTEGER, entry INTEGER, position INTEGER, t REAL, command TEXT, who TEXT, outcome TEXT, "
        "data TEXT",
        audited="1",
        row="command",
    )
    stored: ClassVar = {"entry": "data"}
    inner: ClassVar = "entry"
    word: ClassVar = "ledger"

    id: int = 0
    session: int = 0
    position: int = 0
    """Index of the event that came next."""
    t: float
    entry: LedgerEntry
    mono: float | None = None
    """Monotonic seconds of its session; None where they are not known."""

    def written(self, column: str) -> Any:
        """Return what its row holds in a column; `entry` is the command's number in its console."""
        return self.entry.id if column == "entry" else super().written(column)

    @classmethod
    def what(cls, row: Mapping[str, str]) -> str:
        """Return the command and its outcome, and how that changed later."""
        try:
            said = Outcome(row["outcome"]).shown
        except ValueError:
            said = row["outcome"]
        try:
            entry = msgspec.json.decode(row["data"].encode("utf-8", "replace"), type=LedgerEntry)
        except msgspec.MsgspecError:
            return f"{row['command']}: {said}"
        late = f", late answer: {entry.late.value}" if entry.late is not None else ""
        return f"{row['command']}: {said}{late}{', confirmed' if entry.confirmed is not None else ''}"


class RecordedMark(Recorded, frozen=True, kw_only=True):
    """Something on the time axis: a note, a step, a lost link, a clock that was set."""

    table: ClassVar = Table(
        "marks",
        "marks of the chamber and the link",
        inside="mono REAL, utc REAL, kind TEXT, text TEXT",
        index="t",
        audited="kind = 'note'",
        row="note",
    )
    stored: ClassVar = {"mark": ""}
    inner: ClassVar = "mark"
    word: ClassVar = "mark"

    session: int = 0
    position: int = 0
    """Index of the event that came next."""
    t: float = 0.0
    mark: Mark
    who: str

    @property
    def mono(self) -> float:
        """Monotonic seconds of its session."""
        return self.mark.mono

    @property
    def moment(self) -> tuple[float, float]:
        """UTC and monotonic seconds at which it happened."""
        return self.mark.utc, self.mark.mono

    @property
    def chained(self) -> bool:
        """True for notes, which people wrote."""
        return self.mark.kind == "note"

    @property
    def recorder_only(self) -> bool:
        """True for what the chamber reports, which the recorder observes too."""
        return self.mark.kind not in ("note", "command")

    @classmethod
    def unpacked(cls, row: Mapping[str, Any]) -> Mark:
        """Return the mark of a row."""
        return Mark(row["mono"], row["utc"], row["kind"], row["text"])


class RecordedLoad(Recorded, frozen=True, kw_only=True):
    """A recipe that was handed to the chamber. `t` in record time."""

    table: ClassVar = Table("loads", "loads", audited="1", row="recipe loaded", says="{name}: {outcome}")
    word: ClassVar = "load"

    id: int = 0
    session: int = 0
    t: float
    who: str
    name: str
    outcome: str
    hash: str
    """SHA-256 of the payload as it was sent, hex."""
    source: str
    """The file's text; empty where there was none."""
    payload: str
    """Exactly the text that was sent."""
    plan: str
    """JSON; empty where it is not known, because the list was sent as it is."""
    settings: str
    """JSON: how the device was assumed to read it."""
    position: int | None = None
    """Index of the event that came next; None where it is not known."""
    mono: float | None = None
    """Monotonic seconds of its session; None where they are not known."""


class RecordedRun(Recorded, frozen=True, kw_only=True):
    """A run: a span of events. `started` and `ended` say when, by the wall clock then."""

    table: ClassVar = Table(
        "runs",
        "runs",
        later="first_event INTEGER, end_event INTEGER, started_mono REAL, ended_mono REAL, "
        "end_session INTEGER",
    )
    stored: ClassVar = {"first": "first_event", "after": "end_event", "seconds": ""}
    word: ClassVar = "run"

    id: int
    session: int
    load: int | None = None
    name: str
    started: float
    ended: float | None = None
    """None while it goes on (or its end was not observed)."""
    result: str
    reason: str = ""
    flight: str = ""
    """JSON: how it went, to go on from."""
    exported: float | None = None
    """UTC seconds of its newest export."""
    first: int = 0
    """Index of its first event."""
    after: int = 0
    """Index behind its last event; while it goes on: behind the newest that was noted."""
    started_mono: float | None = None
    """Monotonic seconds of its session."""
    ended_mono: float | None = None
    """Monotonic seconds of `end_session`; while it goes on: when it was noted last."""
    end_session: int | None = None
    """Session that noted its end, or how far it is."""
    seconds: float = 0.0
    """How long it took, or lasted when it was noted last, by the monotonic clock; never negative."""

    @property
    def label(self) -> str:
        """Its name on the command line: `r12`."""
        return f"r{self.id}"


class RecordedRates(Recorded, frozen=True, kw_only=True):
    """What the chamber managed in a run."""

    table: ClassVar = Table("rates", "learned rates", key="run")
    word: ClassVar = "rates"

    run: int
    data: str
    """JSON."""


class RunItem(msgspec.Struct, frozen=True, kw_only=True):
    """A run began, goes on, or ended: its row is made, or brought up to date."""

    id: int
    name: str
    load: int | str | None
    """Number of its load, or the hash of the list; None where it was not handed over from here."""
    started_utc: float
    started_mono: float
    utc: float
    mono: float
    result: str
    """`running` while it goes on."""
    reason: str = ""
    flight: bytes = b""
    """JSON: how far it is, to go on from."""
    rates: bytes = b""
    """JSON: what the chamber managed in it; empty while it goes on."""
    recorder_only: ClassVar = True

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statements that write it at a place."""
        now = place.time(self.utc, self.mono)
        started = now - (self.mono - self.started_mono)
        if abs(started - self.started_utc) > CLOCK_STEP:
            # The clock was set since it began.
            started = self.started_utc
        load: Any = self.load
        made = RecordedRun(
            id=self.id,
            session=place.session,
            load=load,
            name=self.name,
            started=started,
            ended=None if self.result == "running" else now,
            result=self.result,
            reason=self.reason,
            flight=self.flight.decode(),
            first=place.index_at(self.started_mono),
            after=place.index_at(self.mono),
            started_mono=self.started_mono,
            ended_mono=self.mono,
            end_session=place.session,
        ).insert(
            # Looked up where it is written: what is ahead of it in the queue is there by then.
            **{"load": "(SELECT id FROM loads WHERE hash = ? ORDER BY id DESC LIMIT 1)"}
            if isinstance(load, str)
            else {}
        )
        later = [f"{name} = excluded.{name}" for name in ("load", "result", "reason", "flight")]
        # What is learned of a run after its end does not make it longer.
        later += [
            f"{name} = CASE WHEN runs.ended IS NULL THEN excluded.{name} ELSE runs.{name} END"
            for name in ("ended", "end_event", "ended_mono", "end_session")
        ]
        yield made._replace(statement=f"{made.statement} ON CONFLICT (id) DO UPDATE SET {', '.join(later)}")
        if self.rates:
            rates = RecordedRates(run=self.id, data=self.rates.decode()).insert()
            yield rates._replace(statement=rates.statement.replace("INSERT", "INSERT OR REPLACE", 1))


class SessionItem(msgspec.Struct, frozen=True, kw_only=True):
    """What a session says of itself became another one: its contract was changed while it went on."""

    about: Session
    recorder_only: ClassVar = False

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statements that write it at a place."""
        yield RecordedRow(
            "UPDATE sessions SET about = ? WHERE id = ?", (writable(json_text(self.about)), place.session)
        )
        yield names_row(self.about)


def names_row(about: Session) -> RecordedRow:
    """Return the statement that writes what the contract of a session calls its channels."""
    called = [(name, label, unit) for name, (label, unit) in about.channels.items()]
    return RecordedRow(
        "INSERT INTO channels (name, label, unit) SELECT json_extract(value, '$[0]'), "
        "json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?) WHERE true "
        "ON CONFLICT (name) DO UPDATE SET label = excluded.label, unit = excluded.unit",
        (writable(json_text(called)),),
    )


class CloseRunsItem(msgspec.Struct, frozen=True):
    """Runs that another process left open, and that are not followed any more, have ended unobserved."""

    keep: int
    """Number of the run that goes on; 0 where none does."""
    reason: str
    recorder_only: ClassVar = True

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statement that ends them."""
        yield RecordedRow(
            "UPDATE runs SET result = 'unknown', reason = ?, ended = coalesce("
            "CASE WHEN json_valid(flight) THEN json_extract(flight, '$.utc') END, started) "
            "WHERE ended IS NULL AND id != ?",
            (writable(self.reason), self.keep),
        )


class RecordedAlarm(Recorded, frozen=True, kw_only=True):
    """Something that happened to an alarm. `t` in record time."""

    table: ClassVar = Table(
        "alarms",
        "alarms",
        inside="rule TEXT, event TEXT, state TEXT, who TEXT",
        version=2,
        index="t",
        audited="1",
        row="alarm",
        says="{rule}: {event}",
    )
    stored: ClassVar = {"change": "data"}
    inner: ClassVar = "change"
    word: ClassVar = "alarm"
    where: ClassVar = f"event != '{ASKED}'"

    id: int = 0
    session: int = 0
    position: int = 0
    """Index of the event that came next."""
    t: float = 0.0
    change: AlarmChange
    mono: float | None = None

    @property
    def moment(self) -> tuple[float, float]:
        """UTC and monotonic seconds at which it happened."""
        return self.change.utc, self.change.mono


class RecordedAsk(Recorded, frozen=True, kw_only=True):
    """What a console beside the recorder wants done to an alarm; in the table of alarms."""

    table: ClassVar = RecordedAlarm.table
    stored: ClassVar = {"ask": "data"}
    inner: ClassVar = "ask"
    where: ClassVar = f"event = '{ASKED}'"

    id: int = 0
    session: int = 0
    position: int = 0
    t: float = 0.0
    ask: Ask
    mono: float | None = None

    @property
    def moment(self) -> tuple[float, float]:
        """UTC and monotonic seconds at which it was asked."""
        this: Any = self
        return self.ask.utc, this.mono

    def written(self, column: str) -> Any:
        """Return what its row holds in a column: no event and no state of an alarm."""
        fixed = {"event": ASKED, "state": ""}
        return fixed[column] if column in fixed else super().written(column)


class RecordedChange(Recorded, frozen=True, kw_only=True):
    """Settings, limits, a contract or a decision of trust that became others, or were found to be so."""

    table: ClassVar = Table("changes", "changes", version=2, audited="1", row="change", says="{kind}: {text}")
    word: ClassVar = "change"

    @classmethod
    def what(cls, row: Mapping[str, str]) -> str:
        """Return what changed; of a contract also from which event on it counts."""
        at = row.get("position") if row["kind"] == CONTRACT else None
        since = {"kind": f"{CONTRACT} from event {at} on"} if at else {}
        return super().what({**row, **since})

    id: int = 0
    session: int = 0
    t: float
    """Record time."""
    kind: str
    """`settings`, `contract`, `limits`, `limit set`, `limits in force`, `trust` or `mode`."""
    who: str
    text: str
    """What changed, as a sentence."""
    before: str = ""
    """JSON; empty where nothing was known."""
    after: str = ""
    """JSON."""
    position: int | None = None
    mono: float | None = None


class ChangeItem(msgspec.Struct, frozen=True, kw_only=True):
    """What of a kind is in force now: a change where that differs from what the record knows of it.

    Several programs note what they find in force. So the newest change is read in the transaction that adds
    the next one: what another program noted a moment before is not noted twice.
    """

    change: RecordedChange
    """Without `before`; its text is made of the keys that differ where it has none."""
    recorder_only: ClassVar = False

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statements that write it at a place."""
        placed = self.change.placed(place)

        def settle(db: sqlite3.Connection) -> RecordedRow | None:
            found = db.execute(
                "SELECT CAST(after AS BLOB) FROM changes WHERE kind = ? ORDER BY id DESC LIMIT 1",
                (placed.written("kind"),),
            ).fetchone()
            before = "" if found is None else bytes(found[0] or b"").decode("utf-8", "replace")
            if before == placed.written("after"):
                return None
            text = placed.text or differences.in_words(before, placed.after)
            return msgspec.structs.replace(placed, before=before, text=text).insert()

        yield placed.insert()._replace(settle=settle)


class Visit(Recorded, frozen=True, kw_only=True):
    """When a user watched the chamber, and until when. UTC seconds."""

    table: ClassVar = Table("visits", "visits")

    session: int = 0
    who: str
    arrived: float
    seen: float
    position: int | None = None
    """Index of the event that came next."""
    mono: float | None = None
    """Monotonic seconds at `seen`; None where only the wall clock is known."""

    @property
    def t(self) -> float:
        """When it ended, UTC seconds."""
        return self.seen

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statements that write it at a place, in place of what was known of it before."""
        yield RecordedRow(
            "DELETE FROM visits WHERE session = ? AND arrived = ?", (place.session, self.arrived)
        )
        yield msgspec.structs.replace(self, session=place.session, position=place.position).insert()


class Attachment(Recorded, frozen=True, kw_only=True):
    """A photo or a paper that is attached to a run. `t` in record time."""

    table: ClassVar = Table(
        "attachments", "attachments", version=2, audited="1", row="attachment", says="{name} for r{run}"
    )
    stored: ClassVar = {"size": ""}

    id: int = 0
    session: int = 0
    t: float
    run: int
    who: str
    name: str
    """Of the file."""
    media: str
    """Its media type."""
    text: str
    """Caption; may be empty."""
    hash: str
    """SHA-256 of the file, hex."""
    data: bytes = b""
    """What is in the file; not read where it is only listed."""
    position: int | None = None
    mono: float | None = None
    size: int = 0
    """Bytes, where it is only listed."""


KINDS: tuple[type[Recorded], ...] = (
    RecordedSession,
    RecordedLink,
    RecordedCommand,
    RecordedMark,
    RecordedLoad,
    RecordedRun,
    RecordedAlarm,
    RecordedChange,
    RecordedRates,
    Visit,
    Attachment,
)
"""Every kind with a table of its own, in the order of their lines in a transcript."""
KINDS_VERSION = max(PLACED, *(kind.table.version for kind in KINDS))
"""Version of a record from which on it has all of them as they are."""
AUDITED = {kind.table.name: kind for kind in KINDS if kind.table.audited}
"""Table -> kind whose rows the chain of hashes covers."""

Item: TypeAlias = (
    Recorded | RunItem | SessionItem | CloseRunsItem | ChangeItem | CursorItem | ForgetAsk | ForgetItem
)
"""What a recorder takes beside events."""
