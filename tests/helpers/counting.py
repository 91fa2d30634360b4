"""Records events that count up until SIGTERM, as often as a recorder may: `argv[1]` is the record."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from tests.helpers.record import event, session
from xovac_tui.clock import SystemClock
from xovac_tui.recording.disk import recorder as recorder_module
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.recorder import Recorder


def main() -> None:
    """Record until the end, and print how many events were given."""
    # All that takes seconds in the program comes many times a second here.
    recorder_module.COMMIT_EVERY = 0.02
    recorder_module.DURABLE_EVERY = 0.1
    recorder_module.CHECKPOINT_EVERY = 0.2
    recorder_module.TRY_EVERY = 0.2
    clock = SystemClock()
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        # A handler may come within a lock of an `Event`, and would wait for itself there.
        signal.signal(number, lambda number, _: ended.append(number))
    found = RecordedChange(kind="settings", who="ada@bench", text="found", t=clock.utc(), mono=clock.mono())
    recorder = Recorder(Path(sys.argv[1]), session(), clock, in_force=lambda: [found])
    recorder.start()
    assert recorder.opened(20.0)
    shift = clock.utc() - clock.mono()
    count = 0
    while not ended:
        time.sleep(0.005)
        recorder.put(event(clock.mono(), f'{{"n": {count}}}', shift=shift))
        count += 1
        if count == 20:
            assert recorder.flush()
            print("recording", recorder.view.state, flush=True)
    recorder.close()
    print(
        "given",
        count,
        recorder.view.lost,
        recorder.view.state,
        *(note.sentence for note in recorder.view.notes),
        flush=True,
    )


if __name__ == "__main__":
    main()
