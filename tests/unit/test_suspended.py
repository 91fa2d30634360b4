"""A suspended machine: the pause is a gap, and lengths agree with each other."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.helpers.record import HandClock, reading, session
from xovac_tui import clock as clocks
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.clock import SystemClock
from xovac_tui.recording.disk.kinds import RecordedLink, RunItem
from xovac_tui.recording.disk.lists import axis_of, marks, runs, sessions, span_of
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.recorder import Recorder
from xovac_tui.recording.gaps import gaps

NIGHT = 8 * 3_600.0


def suspended(path: Path) -> None:
    """Record a run of two minutes in whose middle the machine is suspended for a night."""
    clock = HandClock()
    recorder = Recorder(path, session(), clock)
    recorder.start()
    assert recorder.opened(10.0)
    began = clock.mono() + 1.0
    recorder.put(RecordedLink(link=LinkView(LinkWord.ONLINE), t=clock.utc(), mono=clock.mono()))
    for half in range(2):
        for second in range(60):
            clock.advance(1.0)
            recorder.put(reading(clock.mono(), t=second))
            if second % 5 == 4:
                assert recorder.flush()
        if not half:
            clock.advance(NIGHT)
            assert recorder.flush()
    recorder.put(
        RunItem(
            id=1, name="Soak", load=None, started_utc=clock.utc() - 119.0 - NIGHT, started_mono=began,
            utc=clock.utc(), mono=clock.mono(), result="completed",
        )
    )  # fmt: skip
    recorder.close()


def test_a_suspension_is_a_gap_and_lengths_agree(tmp_path: Path) -> None:
    path = tmp_path / "r"
    suspended(path)
    with Record(path) as record:
        (run,), (life,) = runs(record), sessions(record)
        span = span_of(axis_of(record), run)
        (gap,) = gaps(record, span.start, span.end, span.axis)
        reported = [one.mark.text for one in marks(record) if one.mark.kind == "asleep"]
        assert not [one for one in marks(record) if one.mark.kind == "clock"]
    assert gap.seconds == pytest.approx(NIGHT, abs=1.0)
    assert not gap.recorded
    assert reported == [
        "Nothing was recorded for 8h 00m: this machine was suspended, or this program was held."
    ]
    assert run.seconds == span.seconds == pytest.approx(NIGHT + 119.0)
    assert run.ended is not None
    assert run.ended - run.started == pytest.approx(run.seconds)
    assert life.seconds == pytest.approx(life.seen - life.started)


@pytest.mark.parametrize(
    ("platform", "wanted"), [("linux", "CLOCK_BOOTTIME"), ("darwin", "CLOCK_MONOTONIC"), ("win32", None)]
)
def test_the_clock_goes_on_while_the_machine_is_suspended(
    monkeypatch: pytest.MonkeyPatch, platform: str, wanted: str | None
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for number, name in enumerate(("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")):
        monkeypatch.setattr(time, name, 900 + number, raising=False)
    monkeypatch.setattr(
        time, "clock_gettime", lambda number: {900: 1_900.0, 901: 1_901.0}[number], raising=False
    )
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    expected = {"CLOCK_BOOTTIME": 1_900.0, "CLOCK_MONOTONIC": 1_901.0, None: 5.0}[wanted]
    assert clocks.suspend_counting()() == expected


def test_without_such_a_clock_the_usual_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(number: int) -> float:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime", refused, raising=False)
    assert clocks.suspend_counting() is time.monotonic


def test_the_clock_of_this_machine_never_goes_back() -> None:
    clock = SystemClock()
    first = clock.mono()
    assert clock.mono() >= first
