"""Frozen pictures of the chamber: all that a face ever sees of the live model."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from xovac_tui.api.contract import Origin, Role, SensorPlace
from xovac_tui.api.link import LinkView
from xovac_tui.displayunits import DisplayUnits, Phrase
from xovac_tui.plural import counted


class Quality(StrEnum):
    """How far a channel's value may be believed."""

    GOOD = "good"
    STALE = "stale"
    """Overdue by the channel's own habit, or the link is gone: the value is old and carries its age."""
    BAD = "bad"
    """The newest message carried no usable value here: null, NaN, infinite, or one that does not count."""
    NO_DATA = "no data"
    """Named by the contract, never seen."""


class ChannelView(msgspec.Struct, frozen=True):
    """One channel at one moment."""

    name: str
    """Short name (`plate_a`), or `event.path` where it has none."""
    full_name: str
    """Always `event.path`."""
    label: str
    unit: str
    value: float | None
    """Newest numeric value; None for text channels, and without data. Booleans are 0.0 and 1.0."""
    text: str
    """Newest text value (already cleaned); empty for numeric channels."""
    quality: Quality
    age: float | None
    """Seconds since the newest message with this leaf; None when never seen."""
    period: float | None
    """The channel's usual seconds between messages, learned; None until learned."""
    overdue: bool
    """Older than usual: the age is worth showing."""
    per_minute: float | None
    """Change per minute: absolute in the channel's unit; for `log` channels as a ratio (-0.002 is -0.2 %)."""
    pinned: bool
    log: bool
    hidden: bool
    role: Role | None
    origin: Origin | None
    """Who named it; None when learned from a message by itself."""
    seen_mono: float | None
    """Monotonic time of the newest message with this leaf."""
    is_bool: bool = False
    problem: str = ""
    """Why the newest value does not count by the contract, as a clause; empty where it does, or is none."""
    place: SensorPlace | None = None
    """Where the sensor is, by the contract; None: it does not say."""
    aliases: tuple[str, ...] = ()
    """Short names that it had before, which lead to it still."""


class RunState(StrEnum):
    """What the chamber says that it is doing."""

    RUNNING = "RUNNING"
    IDLE = "IDLE"
    UNKNOWN = "UNKNOWN"
    """No role reports it, nothing was received, or the value is in neither list of the contract."""


class RunView(msgspec.Struct, frozen=True):
    """The run, as far as the device's own messages report it."""

    state: RunState = RunState.UNKNOWN
    word: str = ""
    """The device's own word for its state, cleaned."""
    stale: bool = False
    """The messages that report it are overdue or the link is gone."""
    recipe: str | None = None
    step: int | None = None
    steps: int | None = None
    target: float | None = None
    actual: float | None = None
    temperature_unit: str = "degC"
    since_utc: float | None = None
    """When `state` was first seen as it is, this machine's wall time."""
    since_mono: float | None = None
    step_since_mono: float | None = None
    start_seen: bool = False
    """True when the change to RUNNING was seen by this program, so elapsed times are exact."""


class Outcome(StrEnum):
    """What became of a command."""

    REFUSED = "refused"
    SENT = "sent"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"
    """Time out or link lost: it may or may not have happened."""
    DONE = "no answer expected"
    """Sent; the contract names no response for it. Records keep the word; people read `shown`."""

    @property
    def shown(self) -> str:
        """The word for people: without an answer nothing may look as if it had happened."""
        return f"sent, {self.after_sent}" if self is Outcome.DONE else self.value

    @property
    def after_sent(self) -> str:
        """The word for people behind "sent"."""
        return "no answer is documented" if self is Outcome.DONE else self.value


class LedgerEntry(msgspec.Struct, frozen=True):
    """One command that was asked for, and its outcome."""

    id: int
    command: str
    payload: str
    """The payload as text, as it was (or would have been) sent; `form` says how, where not as this text."""
    who: str
    """`user@host`."""
    utc: float
    mono: float
    outcome: Outcome
    reason: str = ""
    """Why it was refused or is unknown, as a sentence."""
    message: str = ""
    """The response's message, cleaned."""
    answer: str = ""
    """The response's payload as one line of JSON, when there was one."""
    took: float | None = None
    """Seconds from sending to the response (or to giving up)."""
    confirmed: float | None = None
    """Seconds from sending until the device's own messages showed the effect; None when not (yet) seen."""
    late: Outcome | None = None
    """The result of a response that came after the outcome was `unknown`."""
    late_after: float | None = None
    duplicates: int = 0
    """Further responses that were not awaited, taken to be repeats of this entry's."""
    session: int = 0
    timeout: float = 0.0
    dismissed: bool = msgspec.field(default=False, name="looked_at")
    """An `unknown` stays on the screen until it is dismissed."""
    stop: bool = False
    """Sent by the STOP key."""
    confirmation: str = ""
    """How a person confirmed that it be sent; empty where that is not known, and for what was refused."""
    form: str = ""
    """In which assumed form it crossed the wire, in words; empty: in the manual's."""


MAX_CHANNELS = 2_000
"""Channels that are followed; a server that names more is shown in the Log and counted."""


class Counters(msgspec.Struct, frozen=True):
    """What was received and what was wrong with it, since the start."""

    events_in: int = 0
    malformed: int = 0
    """Payloads with a `problem`."""
    values_left_out: int = 0
    """Values that made no channel: there are `MAX_CHANNELS`, or their name is too long."""

    @property
    def left_out(self) -> str:
        """The values that made no channel, as a sentence; empty where each made one."""
        if not self.values_left_out:
            return ""
        left_out = counted(self.values_left_out, "value is", "values are")
        return f"{left_out} only in the Log: over {MAX_CHANNELS:,} channels, or a name too long."


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something worth a mark on the time axis."""

    mono: float
    utc: float
    kind: str
    """`lost`, `online`, `step`, `run`, `idle`, `command`, `note`, `alarm`."""
    text: str
    phrase: Phrase = ()
    """`text` of an alarm with its numbers as data; the record keeps it with the alarm. Empty: not known."""

    def text_in(self, units: DisplayUnits) -> str:
        """Return the text in the shown units, as far as its numbers are known."""
        return units.phrase(self.phrase) if self.phrase else self.text


class Snapshot(msgspec.Struct, frozen=True):
    """The whole chamber at one moment; cheap to make, safe to keep."""

    utc: float = 0.0
    mono: float = 0.0
    link: LinkView = LinkView()
    channels: tuple[ChannelView, ...] = ()
    """In order: pinned first, then named, then learned, each in the order of their first sight."""
    run: RunView = RunView()
    ledger: tuple[LedgerEntry, ...] = ()
    """The newest entries, oldest first."""
    counters: Counters = Counters()
    newest_age: float | None = None
    """Seconds since the newest message of any kind; None when none came yet."""
    clock_offset: float | None = None
    """Server clock minus this machine's, seconds; None where no role reports it."""
    marks: tuple[Mark, ...] = ()

    def channel(self, name: str) -> ChannelView | None:
        """Return the channel with this short or full name, or None."""
        for channel in self.channels:
            if name in (channel.name, channel.full_name):
                return channel
        return None

    def by_role(self, role: Role) -> ChannelView | None:
        """Return the channel that plays this role, or None."""
        return next((channel for channel in self.channels if channel.role is role), None)
