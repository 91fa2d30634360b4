"""Forwarding in tests, by hand: a record with much in it, and turns of a forwarder without waiting."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.forwarding.batch import stamp
from xovac_tui.forwarding.forwarder import Forwarder
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.view import SinkView
from xovac_tui.recording.disk.kinds import RecordedMark
from xovac_tui.recording.disk.record import Record

NOW = UTC + 100_000
CHANNELS = 16


def readings(path: Path, count: int, *, every: float = 0.5) -> Path:
    """Record so many messages of 16 channels, with a note after each 500."""

    def things() -> list[object]:
        made: list[object] = []
        for number in range(count):
            at = number * every
            made.append(message(at, {f"c{one}": _value(number, one) for one in range(CHANNELS)}))
            if number % 500 == 250:
                mark = Mark(MONO + at, UTC + at, "note", f"note {number}")
                made.append(RecordedMark(mark=mark, who="ada@bench"))
        return made

    return write_record(path, things(), end=count * every + 1)  # type: ignore[arg-type]


def _value(number: int, channel: int) -> float:
    return 20 + channel + (number * 7919 + channel * 104729) % 1000 / 317


def stamps(path: Path) -> set[int]:
    """Return the times (ns) of all messages of a record, by its own words and not by what forwards it."""
    with Record(path) as record:
        return {stamp(round(event.utc * 1e6), event.index) for event in record.scan()}


class Outage:
    """What goes wrong meanwhile: called before each turn; what is done and when follows from a seed."""

    def __init__(
        self,
        seed: int,
        *faults: Callable[[], None],
        every: int,
        repair: Callable[[], None],
        most: int = 1_000,
    ) -> None:
        """Do one of the faults before one of so many turns, `most` in all; repair it some turns later."""
        print(f"seed {seed}")
        self._random, self._faults, self._every, self._repair = random.Random(seed), faults, every, repair
        self._most, self._left = most, 0
        """Turns until it is repaired; 0: nothing is wrong."""
        self.count = 0
        """Faults so far."""

    def __call__(self) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                self._repair()
        elif self.count < self._most and self._random.randrange(self._every) == 0:
            self._random.choice(self._faults)()
            self._left = self._random.randint(1, 3)
            self.count += 1


def forward_all(
    path: Path,
    make: Callable[[], HistorySink],
    *,
    trouble: Callable[[], None] = lambda: None,
    cursors: Mapping[Part, int] | None = None,
    most: int = 5_000,
) -> SinkView:
    """Forward a record until everything is stored or `most` turns were made; nothing is waited for.

    `trouble` is called before each turn, and may end servers. Whenever the sink fails, the forwarder is made
    anew from the cursors that were moved, as after the end of the program.
    """
    moved = dict(cursors or {})
    rows = ForwardedRows(path)
    view = SinkView(name="lab", kind="test")
    forwarder = Forwarder(view, rows, make(), moved, moved.__setitem__, jitter=lambda: 1.0)
    try:
        for _ in range(most):
            trouble()
            wait = forwarder.turn(NOW)
            if forwarder.view.failure is None and wait:
                return forwarder.view
            if forwarder.view.failure is not None and wait:
                view = forwarder.view
                forwarder.close()
                forwarder = Forwarder(view, rows, make(), moved, moved.__setitem__, jitter=lambda: 1.0)
        return forwarder.view
    finally:
        forwarder.close()
        rows.close()
