"""What is recorded beside events: links, commands, marks, recipes, runs and visits."""

from __future__ import annotations

import msgspec

from xovac_tui.api.validity import Validity
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView, Mark


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who records, and what."""

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


class LinkItem(msgspec.Struct, frozen=True):
    """The connection became another one."""

    link: LinkView
    utc: float
    mono: float


class LedgerItem(msgspec.Struct, frozen=True):
    """A command was asked for, or something became of it."""

    entry: LedgerEntry
    utc: float
    mono: float


class MarkItem(msgspec.Struct, frozen=True):
    """Something worth a mark on the time axis."""

    mark: Mark
    who: str


class LoadItem(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe was handed to the chamber."""

    utc: float
    mono: float
    who: str
    name: str
    outcome: str
    hash: str
    """SHA-256 of the payload as it was sent, hex."""
    source: str
    """The file's text; empty where there was none."""
    payload: str
    """Exactly the text that was sent."""
    plan: bytes
    """JSON; empty where nobody knows it, because the list was sent as it is."""
    settings: bytes
    """JSON: how the device was assumed to read it."""


class RunItem(msgspec.Struct, frozen=True, kw_only=True):
    """A run began, goes on, or ended."""

    id: int
    name: str
    load: int | str | None
    """Number of its load, or the hash of the list; None where nobody handed it over from here."""
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


class CloseRunsItem(msgspec.Struct, frozen=True):
    """Runs that somebody else left open, and nobody follows any more, have ended unseen."""

    keep: int
    """Number of the run that goes on; 0 where none does."""
    reason: str


class VisitItem(msgspec.Struct, frozen=True):
    """Somebody looks, or still looked, at this moment."""

    who: str
    arrived: float
    """UTC seconds."""
    seen: float
    """UTC seconds."""
    mono: float | None = None
    """Monotonic seconds at `seen`; None where only the wall clock is known."""


class AlarmItem(msgspec.Struct, frozen=True):
    """Something happened to an alarm."""

    change: AlarmChange


class AskItem(msgspec.Struct, frozen=True):
    """Somebody beside the recorder wants something done to an alarm."""

    ask: Ask
    mono: float


class ChangeItem(msgspec.Struct, frozen=True, kw_only=True):
    """Settings, limits, a contract or a decision of trust became others, or were found to be so."""

    kind: str
    """`settings`, `contract`, `limits`, `limit set`, `limits in force`, `trust` or `mode`."""
    who: str
    text: str
    """What changed, as a sentence."""
    utc: float
    mono: float
    before: str = ""
    """JSON; empty where nothing was known."""
    after: str = ""
    """JSON."""


class AttachmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A photo or a paper was attached to a run."""

    utc: float
    mono: float
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
    data: bytes


Item = (
    LinkItem
    | LedgerItem
    | MarkItem
    | LoadItem
    | RunItem
    | CloseRunsItem
    | VisitItem
    | AlarmItem
    | AskItem
    | ChangeItem
    | AttachmentItem
)
