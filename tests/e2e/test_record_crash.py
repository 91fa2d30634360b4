"""A recording process is killed at random moments, again and again: what was committed is all there."""

from __future__ import annotations

import math
import random
import signal
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import pytest

from tests.helpers.crashing import payloads
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.eventlog import LoggedEvent

ROUNDS = 12

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


def killed_recorder(path: Path, seed: int, after: float) -> tuple[int, int]:
    """Let a process record and kill it; return the first index it gave and how many it said are committed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.crashing", str(path), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            word, first, state = child.stdout.readline().split()
            assert (word, state) == ("first", "on")
            # The moment counts from its start, but something must have been promised.
            reported = int(child.stdout.readline().split()[1])
            killer = threading.Timer(after, child.kill)
            killer.start()
            for line in child.stdout:
                # The last line may be cut by the end.
                if line.endswith("\n"):
                    reported = int(line.split()[1])
            killer.join()
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
    return int(first), reported


def truths(events: list[LoggedEvent]) -> list[tuple[float, float]]:
    """Return every sample of the temperature by its wall time, which was not set meanwhile."""
    found = []
    for one in events:
        value = one.payload().value
        if isinstance(value, dict) and "t" in value:
            found.append((one.utc, value["t"]))
    return found


@pytest.mark.slow
def test_whatever_was_committed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "bench.record"
    seed = random.randrange(10**6)
    # Shown when the test fails.
    print("seed", seed)
    dice = random.Random(seed)
    expected_first = 0
    for turn in range(ROUNDS):
        after = dice.choice([0.0, dice.uniform(0.0, 0.05), dice.uniform(0.0, 0.3), dice.uniform(0.3, 0.6)])
        first, reported = killed_recorder(path, seed + turn, after)
        print(f"round {turn}: killed after {after:.3f} s, {reported} events committed from {first} on")
        assert first == expected_first
        assert reported > 0
        with Record(path) as record:
            assert record.rows("PRAGMA integrity_check") == [("ok",)]
            events = list(record.scan(first))
            assert record.total == first + len(events)
            assert not record.damaged
            notes = sum(one.mark.kind == "note" for one in lists.marks(record, most=10**9))
        audit = verify(path)
        assert audit.well
        # The settings in force, once in the file's life, and every note.
        assert audit.head.count == 1 + notes
        assert len(events) >= reported
        assert [one.index for one in events] == list(range(first, first + len(events)))
        assert [one.raw for one in events] == list(islice(payloads(seed + turn), len(events)))
        expected_first = first + len(events)
    began = time.monotonic()
    with Record(path) as record:
        everything = list(record.scan())
        assert [one.index for one in everything] == list(range(expected_first))
        lives = lists.sessions(record)
        assert [life.closed for life in lives] == [False] * ROUNDS
        check_windows(Windows(record), truths(everything), dice)
        for index in dice.sample(range(expected_first), 50):
            found = record.get(index)
            assert found == everything[index]
    assert time.monotonic() < began + 60.0


def check_windows(windows: Windows, samples: list[tuple[float, float]], dice: random.Random) -> None:
    """Compare windows over the whole record with every sample, in columns of bins and of samples."""
    first, last = min(at for at, _ in samples), max(at for at, _ in samples)
    for columns in (1, 3, 40, 400):
        # Record time and wall time part by less than the clock's own grain.
        start, end = first - dice.uniform(0.1, 5.0), last + dice.uniform(0.1, 5.0)
        bins = windows.window(["state.t"], start, end, columns)["state.t"]
        assert min(low for low in bins.lows if low == low) == min(value for _, value in samples)
        assert max(high for high in bins.highs if high == high) == max(value for _, value in samples)
        for at, value in samples:
            place = (at - start) / bins.seconds
            near = {math.floor(place - 0.01), math.floor(place + 0.01)}
            assert any(bins.lows[n] <= value <= bins.highs[n] for n in near if 0 <= n < columns)
    summary = windows.summary("state.t", first - 1.0, last + 1.0)
    assert summary is not None
    assert summary.count == len(samples)
    assert summary.mean == pytest.approx(sum(value for _, value in samples) / len(samples), abs=1e-6)
