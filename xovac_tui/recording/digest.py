"""What happened while somebody was away, read from the record."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xovac_tui.chamber.snapshot import LedgerEntry, LinkWord
from xovac_tui.recording import lists
from xovac_tui.recording.record import Record
from xovac_tui.recording.windows import Summary, Windows

AWAY = 1800.0
"""Seconds after which it is worth telling."""
SILENCE = 5.0
"""Seconds between two recorders that are worth telling as a gap."""


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
    """What others sent, as it ended up."""
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
    who: str,
    channels: Sequence[tuple[str, str, str, bool]],
) -> Digest:
    """Read what happened; `channels` are the ones to tell of: full name, label, unit, logarithmic."""
    windows = Windows(record)
    marks = lists.marks(record, since, until)
    found = ((channel, windows.summary(channel[0], since, until)) for channel in channels)
    return Digest(
        since=since,
        until=until,
        runs=tuple(
            run for run in lists.runs(record) if run.started < until and (run.ended or until) >= since
        ),
        steps=sum(one.mark.kind == "step" for one in marks),
        gaps=gaps(record, since, until),
        commands=tuple(
            command.entry for command in lists.commands(record, since, until) if command.entry.who != who
        ),
        notes=tuple(one.mark.text for one in marks if one.mark.kind == "note" and one.who != who),
        extremes=tuple(Extreme(*channel, summary) for channel, summary in found if summary is not None),
        events=_events(record, since, until),
    )


def gaps(record: Record, since: float, until: float) -> tuple[Gap, ...]:
    """Return when there was no link, or no recorder, in a stretch of time."""
    found: list[Gap] = []
    lives = lists.sessions(record)
    changes = lists.links(record)
    for life, after in zip(lives, [*lives[1:], None], strict=True):
        down: float | None = None
        for change in changes:
            if change.session != life.id:
                continue
            if change.link.word is LinkWord.ONLINE:
                if down is not None:
                    found.append(Gap(down, change.t, recorded=True))
                down = None
            elif down is None and change.link.word in (LinkWord.LOST, LinkWord.OFFLINE, LinkWord.STALE):
                down = change.t
        end = after.started if after is not None else until
        if down is not None and not life.closed:
            found.append(Gap(down, min(life.seen, end), recorded=True))
        if after is not None and after.started - life.seen > SILENCE:
            found.append(Gap(life.seen, after.started, recorded=False))
    cut = (Gap(max(gap.start, since), min(gap.end, until), gap.recorded) for gap in found)
    return tuple(gap for gap in cut if gap.seconds > 0)


def _events(record: Record, since: float, until: float) -> int:
    rows = record.rows("SELECT coalesce(sum(count), 0) FROM blocks WHERE t1 >= ? AND t0 < ?", (since, until))
    return int(rows[0][0]) + sum(stretch.block.count for stretch in record.tail())
