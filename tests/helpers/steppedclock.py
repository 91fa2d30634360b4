"""A record in which the wall clock is set to another time at one moment, written by the real writer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from tests.helpers.pastruns import BEGAN, SESSION, record_run
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.payload import decode_arguments
from xovac_tui.recording.disk.kinds import Item, RecordedLink, RecordedMark, RunItem, Visit
from xovac_tui.recording.disk.writer import Writer

HOT = 99.0
"""degC that the part has before and after the run, and never in it."""
STEPPED_AT = {"before": 50.0, "during": 250.0, "after": 450.0, "never": 1e9}
"""Monotonic seconds; the run goes on from 160 to about 400 s."""
SPARE = 600.0
"""Seconds that are recorded after the run: a clock set back by ten minutes goes through the run again."""


class SteppedWriter:
    """A writer whose wall clock is set by so many seconds at a moment."""

    def __init__(self, path: Path, by: float, at: float) -> None:
        self._by, self._at = by, at
        self.newest = 0.0
        """Monotonic time of the newest event."""
        self.inner = Writer(path, SESSION, recording=True, utc=self.wall(0.0), mono=0.0)

    def wall(self, mono: float) -> float:
        """Return what the wall clock says at a moment."""
        return BEGAN + mono + (self._by if mono >= self._at else 0.0)

    def event(self, event: Event) -> bool:
        self.newest = event.mono
        return self.inner.event(msgspec.structs.replace(event, utc=self.wall(event.mono)))

    def item(self, item: Item) -> None:
        self.inner.item(self._moved(item))

    def _moved(self, item: Any) -> Any:
        if isinstance(item, RecordedMark):
            return RecordedMark(
                mark=msgspec.structs.replace(item.mark, utc=self.wall(item.mark.mono)), who=item.who
            )
        if isinstance(item, RunItem):
            started = self.wall(item.started_mono)
            return msgspec.structs.replace(item, utc=self.wall(item.mono), started_utc=started)
        return msgspec.structs.replace(item, t=self.wall(item.mono))

    def commit(self, mono: float) -> None:
        self.inner.mono = mono
        self.inner.commit(self.wall(mono))

    def say(self, mono: float, celsius: float) -> None:
        """Record what the chamber reports while no run goes on."""
        payload = decode_arguments(json.dumps({"part": celsius}))
        self.event(Event("chamber_state", payload, Direction.IN, EventKind.MESSAGE, 0.0, mono))


class _Kept:
    """Takes what a run makes, to be written again and again."""

    def __init__(self) -> None:
        self.things: list[Event | Item] = []

    def event(self, event: Event) -> bool:
        self.things.append(event)
        return True

    def item(self, item: Item) -> None:
        self.things.append(item)

    def commit(self, utc: float) -> None:
        pass


@cache
def recorded_run() -> tuple[Event | Item, ...]:
    """Return all that is recorded of one run, which loses its link for 20 s."""
    kept = _Kept()
    record_run(cast("Writer", kept), 1, 100.0, lost=(60.0, 80.0))
    (ended,) = [thing for thing in kept.things if isinstance(thing, RunItem)]
    going: list[Event | Item] = []
    notes = [ended.started_mono + seconds for seconds in (1.0, 60.0, 120.0, 180.0)]
    for thing in kept.things:
        while notes and isinstance(thing, Event) and thing.mono > notes[0]:
            going.append(msgspec.structs.replace(ended, mono=notes.pop(0), result="running"))
        going.append(thing)
    return tuple(going)


def stepped_record(path: Path, by: float, when: str) -> SteppedWriter:
    """Record a run with idle time before it; the clock is set by so many seconds at some moment."""
    writer = SteppedWriter(path, by, STEPPED_AT[when])
    writer.item(RecordedLink(link=LinkView(LinkWord.ONLINE), t=0.0, mono=0.0))
    for second in range(90):
        writer.say(float(second), HOT)
        if second == 20:
            writer.inner.item(
                Visit(who="ada@lab", arrived=writer.wall(0.0), seen=writer.wall(20.0), mono=20.0)
            )
    for thing in recorded_run():
        if isinstance(thing, Event):
            writer.event(thing)
        else:
            writer.item(thing)
    writer.commit(writer.newest)
    return writer


def record_on(writer: SteppedWriter) -> None:
    """Record idle time after the run, and end the session."""
    start = writer.newest + 1.0
    for second in range(int(SPARE) + 200):
        writer.say(start + second, HOT)
    mono = start + SPARE + 200
    writer.inner.mono = mono
    writer.inner.commit(writer.wall(mono))
    writer.inner.close(writer.wall(mono))
