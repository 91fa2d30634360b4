"""What happened while somebody was away, read from the record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from xovac_tui.chamber.alarmview import STANDING, AlarmChange, AlarmEvent
from xovac_tui.chamber.snapshot import LedgerEntry, LinkWord
from xovac_tui.recording import lists
from xovac_tui.recording.record import Record
from xovac_tui.recording.windows import Summary, Windows

AWAY = 1800.0
"""Seconds after which it is worth telling."""
SILENCE = 5.0
"""Seconds between two recorders that are worth telling as a gap."""
_SHORTEST = 1.0
"""Seconds of a gap that is worth telling."""
_SOME = 8
"""Channels that are told of where nobody said which."""


class Extreme(msgspec.Struct, frozen=True):
    """A channel over the time away."""

    name: str
    label: str
    unit: str
    log: bool
    summary: Summary


class Gap(msgspec.Struct, frozen=True):
    """A stretch of time without data. UTC seconds."""

    start: float
    end: float
    recorded: bool
    """The recorder went on, but had no link or no data; False: nobody recorded."""

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


class Digest(msgspec.Struct, frozen=True):
    """What happened from `since` to `until`, UTC seconds (record time)."""

    since: float
    until: float
    runs: tuple[lists.RecordedRun, ...]
    """Runs that began, ended or went on meanwhile."""
    steps: int
    """Steps that the chamber began."""
    gaps: tuple[Gap, ...]
    commands: tuple[LedgerEntry, ...]
    """What was sent meanwhile, as it ended up: by others, or from another console."""
    alarms: tuple[AlarmChange, ...]
    """As they were raised."""
    standing: frozenset[str]
    """Rules whose alarms want attention now."""
    notes: tuple[str, ...]
    extremes: tuple[Extreme, ...]
    events: int


def away_since(record: Record, who: str, now: float) -> float | None:
    """Return until when somebody looked, if that is long ago; None where he never did, or hardly left."""
    seen = [visit.seen for visit in lists.visits(record, who)]
    return seen[-1] if seen and now - seen[-1] >= AWAY else None


def digest(
    record: Record,
    since: float,
    until: float,
    *,
    channels: Sequence[tuple[str, str, str, bool]],
) -> Digest:
    """Read what happened; `channels` are the ones to tell of: full name, label, unit, logarithmic.

    Where none is named, the first few that were recorded are told of.
    """
    windows = Windows(record)
    marks = lists.marks(record, since, until)
    told = channels or [(one.name, one.label or one.name, one.unit, False) for one in record.channels()]
    found = ((channel, windows.summary(channel[0], since, until)) for channel in told)
    extremes = (Extreme(*channel, summary) for channel, summary in found if summary is not None)
    return Digest(
        since=since,
        until=until,
        runs=tuple(
            run for run in lists.runs(record) if run.started < until and (run.ended or until) >= since
        ),
        steps=sum(one.mark.kind == "step" for one in marks),
        gaps=gaps(record, since, until),
        commands=tuple(command.entry for command in lists.commands(record, since, until)),
        alarms=tuple(
            one.change for one in lists.alarms(record, since, until) if one.change.event is AlarmEvent.RAISED
        ),
        standing=frozenset(
            one.change.rule
            for one in lists.newest_alarms(record)
            if one.change.state in STANDING and one.change.event is not AlarmEvent.REMOVED
        ),
        notes=tuple(one.mark.text for one in marks if one.mark.kind == "note"),
        extremes=tuple(extremes if channels else islice(extremes, _SOME)),
        events=_events(record, since, until),
    )


def gaps(record: Record, since: float, until: float) -> tuple[Gap, ...]:
    """Return when there was no link, or no recorder, in a stretch of time."""
    found: list[Gap] = []
    lives = lists.sessions(record)
    changes = lists.links(record)
    for life, after in zip(lives, [*lives[1:], None], strict=True):
        own = [change for change in changes if change.session == life.id]
        down = None if _began_online(record, life, own) else life.started
        for change in own:
            if change.link.word is LinkWord.ONLINE:
                if down is not None:
                    found.append(Gap(down, change.t, recorded=True))
                down = None
            elif down is None:
                down = change.t
        end = after.started if after is not None else until
        if down is not None:
            found.append(Gap(down, min(life.seen, end), recorded=True))
        if after is not None and after.started - life.seen > SILENCE:
            found.append(Gap(life.seen, after.started, recorded=False))
    cut = (Gap(max(gap.start, since), min(gap.end, until), gap.recorded) for gap in found)
    return tuple(gap for gap in cut if gap.seconds >= _SHORTEST)


def _began_online(record: Record, life: lists.RecordedSession, changes: Sequence[lists.RecordedLink]) -> bool:
    """Return whether a recorder had a link when it began: it took over from another one, or a new file."""
    if changes:
        return changes[0].link.word in (LinkWord.LOST, LinkWord.STALE)
    if record.rows("SELECT 1 FROM blocks WHERE session = ? LIMIT 1", (life.id,)):
        return True
    return any(stretch.session == life.id for stretch in record.tail())


def _events(record: Record, since: float, until: float) -> int:
    rows = record.rows("SELECT coalesce(sum(count), 0) FROM blocks WHERE t1 >= ? AND t0 < ?", (since, until))
    return int(rows[0][0]) + sum(stretch.block.count for stretch in record.tail())
