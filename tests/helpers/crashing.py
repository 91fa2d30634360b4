"""Record a known stream as fast as possible until killed, and report what is committed."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.record import event, session
from xovac_tui.api.event import Event
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.clock import SystemClock
from xovac_tui.recording.disk.kinds import RecordedChange, RecordedMark
from xovac_tui.recording.disk.recorder import Recorder


def payloads(seed: int) -> Iterator[str]:
    """Yield the texts of a stream without an end, as the seed says: like messages, odd ones, long ones."""
    dice = random.Random(seed)
    number = 0
    while True:
        kind = dice.random()
        if kind < 0.01:
            yield "odd \x00 text " + "x" * dice.randrange(20_000)
        elif kind < 0.05:
            yield f'{{"n": {number}, "said": "{dice.randrange(10**12)}"}}'
        else:
            yield f'{{"n": {number}, "t": {dice.uniform(-180, 180):.3f}, "p": {dice.random():.2e}}}'
        number += 1


def stream(seed: int, clock: SystemClock) -> Iterator[Event]:
    """Yield the stream as events that come now."""
    origin = clock.utc() - clock.mono()
    for text in payloads(seed):
        yield event(clock.mono(), text, shift=origin)


def main() -> None:
    """Record at `argv[1]` the stream of the seed `argv[2]`."""
    clock = SystemClock()
    settings = RecordedChange(
        kind="settings",
        who="ada@bench",
        text="set",
        t=clock.utc(),
        mono=clock.mono(),
        after="{}",
    )
    # As every recorder does: a new record begins with what is in force, so no event is ahead of its chain.
    recorder = Recorder(Path(sys.argv[1]), session(), clock, in_force=lambda: [settings])
    recorder.start()
    assert recorder.opened(20.0)
    print("first", recorder.first_index, recorder.view.state, flush=True)
    dice = random.Random()
    for count, one in enumerate(stream(int(sys.argv[2]), clock), 1):
        recorder.put(one)
        if count % 50 == 0:
            recorder.put(RecordedMark(mark=Mark(one.mono, one.utc, "note", f"at {count}"), who="ada@bench"))
        # Often enough that the end comes at every kind of moment: taking, packing, committing, checking.
        if dice.random() < 0.005:
            assert recorder.flush(20.0)
            print("committed", count, flush=True)


if __name__ == "__main__":
    main()
