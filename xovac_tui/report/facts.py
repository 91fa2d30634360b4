"""Hold all the facts of a report: frozen, so that judging and drawing cannot change them."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recording.disk.kinds import Attachment, RecordedChange, RecordedCommand, RecordedSession
from xovac_tui.recording.disk.pieces import Unread
from xovac_tui.runs.past import PastRun, RunTrack

Span = tuple[float, float]
"""From a moment to another one, exclusive, in the even time of the run."""


_LOAD = "load_recipe"
_TAKEN = (Outcome.SUCCESS, Outcome.DONE)


_ANSWERED = 60.0
"""Seconds after which a command has its outcome at the latest."""


def _sent_at(command: RecordedCommand) -> float:
    """Return when a command was sent, even time; its row is of its outcome."""
    after = 0.0 if command.mono is None else max(0.0, command.mono - command.entry.mono)
    return command.t - min(after, _ANSWERED)


class Figures(msgspec.Struct, frozen=True):
    """Lowest, highest, mean, first and last value of one channel over some stretches; times are even time."""

    low: float
    low_at: float
    high: float
    high_at: float
    mean: float
    count: int
    first: float = 0.0
    first_at: float = 0.0
    last: float = 0.0
    last_at: float = 0.0


class DataGap(msgspec.Struct, frozen=True):
    """A gap: from the newest usable value before it to the first one after it, in even time."""

    start: float
    end: float
    why: str
    """What is known of the reason, as words of a table."""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.end - self.start


class Phase(msgspec.Struct, frozen=True):
    """Stretches of a run that are evaluated together: all of it, all dwells at a temperature, one step."""

    name: str
    spans: tuple[Span, ...]
    step: int | None = None
    """Number of the step that it is; None where it is none."""


class ChannelFigures(msgspec.Struct, frozen=True):
    """What one channel did in each phase, in the order of the phases; None where it has no sample there."""

    name: str
    """`event.path`."""
    label: str
    unit: str
    log: bool
    named: bool
    """The contract names it; False: it was learned from a message."""
    figures: tuple[Figures | None, ...]


class AlarmEpisode(msgspec.Struct, frozen=True):
    """An alarm from its raising on."""

    raised: AlarmChange
    returned: float | None = None
    """UTC seconds; None where its condition still holds, or its end was not observed."""
    gone: float | None = None
    """Record time from which on it was not active, also where its end was not observed."""
    acknowledged: float | None = None
    acknowledged_by: str = ""
    earlier: bool = False
    """It was raised before the run began."""


class Paper(msgspec.Struct, frozen=True):
    """A photo or a paper of the run, with what is in it."""

    about: Attachment
    data: bytes


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One run with all that belongs into its report. Times are even, from the wall time of its start on."""

    past: PastRun
    chamber: str
    record: str
    """The record's file name."""
    program: str
    """Name and version of the program that makes the report."""
    made: float
    """UTC seconds."""
    sessions: tuple[RecordedSession, ...] = ()
    """Recorders that were at work during the run."""
    recipe: Recipe | None = None
    """As its file said when it was handed over; None where its text is not known or cannot be read."""
    unreadable: bool = False
    """Its text is there, but this program cannot read it."""
    settings: PlanSettings | None = None
    """How the device was assumed to read the list."""
    items: tuple[tuple[float, ...], ...] = ()
    """The list as it was sent: target, duration, gradient in the device's units."""
    payload_is_whole: bool = True
    """The list in the record has the hash that was noted when it was sent."""
    controlled: str = ""
    """Full name of the temperature that the recipe drives; empty where no message is known to report it."""
    pressure: str = ""
    """Full name of the pressure."""
    phases: tuple[Phase, ...] = ()
    """The first is the whole run."""
    channels: tuple[ChannelFigures, ...] = ()
    gaps: tuple[DataGap, ...] = ()
    """When the record holds no usable value of the controlled temperature, or no link or recorder was on."""
    period: float = 0.0
    """Seconds between two reports of temperature or step, the longer of their usual ones; 0: not known."""
    others: tuple[RunTrack, ...] = ()
    """Other temperatures that the chart shows."""
    zooms: tuple[tuple[int, RunTrack], ...] = ()
    """Step and controlled temperature of each dwell, as fine as its samples are."""
    alarms: tuple[AlarmEpisode, ...] = ()
    handled: tuple[AlarmChange, ...] = ()
    """What else was done to alarms: shelved, taken out of service, and back."""
    in_force: tuple[RecordedChange, ...] = ()
    """Settings, contract, limits and trust as they were last noted before the run, one of each kind."""
    changes: tuple[RecordedChange, ...] = ()
    """Which of them changed during the run."""
    attachments: tuple[Paper, ...] = ()
    events: int = 0
    """Messages with samples that the figures were made of."""
    unread: Unread | None = None
    """What of the run is damaged in the record."""
    data_hash: str = ""
    """SHA-256 of the run's transcript, hex."""
    audit: str = ""
    """Head of the audit chain when the report was made; empty where there is none."""
    units: DisplayUnits = AS_REPORTED
    """The units in which the report has values."""

    @property
    def whole(self) -> bool:
        """True where the record holds all of the run, from its beginning to its end."""
        past = self.past
        known = past.state.start_seen and past.recorded.ended is not None
        return known and not (self.gaps or self.unread)

    @property
    def bare(self) -> LedgerEntry | None:
        """The command that sent a list without a recipe file; None where one was handed over."""
        began = self.past.recorded.started
        sent = [
            one for one in self.past.commands if one.entry.command == _LOAD and one.t <= began + _ANSWERED
        ]
        before = [one.entry for one in sent if one.entry.outcome in _TAKEN and _sent_at(one) <= began]
        return before[-1] if before and self.past.load is None else None

    def step_figures(self, channel: ChannelFigures, start: float) -> Figures | None:
        """Return what a channel did in the step that began at a moment (even time); None without a sample."""
        for phase, found in zip(self.phases, channel.figures, strict=True):
            if phase.step is not None and phase.spans[0][0] == start:
                return found
        return None

    def channel(self, name: str) -> ChannelFigures | None:
        """Return what the channel with a full name did; None where it has no sample."""
        return next((one for one in self.channels if one.name == name), None)
