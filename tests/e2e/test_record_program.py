"""`xovac-tui record` as a program, and a console and a script on the same machine beside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.pty import console, environment, leave, until
from tests.helpers.simulator import ROOT, SimulatorProcess, simulator_process
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are POSIX")


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm", "--period", "0.1") as running:
        yield running


def start(home: Path, chamber: SimulatorProcess, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "xovac_tui", "record", "--url", chamber.url, *arguments],
        env=environment(home),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def record_of(home: Path) -> Path:
    (found,) = (home / "records").glob("*.xovac.sqlite3")
    return found


def holds(home: Path, wanted: Callable[[Record], object]) -> bool:
    """Return whether the record can be read and fulfils a condition."""
    files = list((home / "records").glob("*.xovac.sqlite3"))
    if not files:
        return False
    try:
        with Record(files[0]) as record:
            return bool(wanted(record))
    except RecordError:
        # It is being made at this moment.
        return False


def end(recorder: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    recorder.send_signal(number)
    _, said = recorder.communicate(timeout=20)
    return recorder.returncode, said


def test_it_records_until_it_is_ended(chamber: SimulatorProcess, tmp_path: Path) -> None:
    recorder = start(tmp_path, chamber)
    try:
        until(lambda: holds(tmp_path, lambda record: record.total > 20), 20, "20 recorded events")
    finally:
        code, said = end(recorder)
    assert code == 0
    assert f"recording in {record_of(tmp_path)}" in said
    assert "ONLINE" in said
    assert "Traceback" not in said
    with Record(record_of(tmp_path)) as record:
        (session,) = lists.sessions(record)
        assert session.closed
        assert session.pid == recorder.pid
        assert {event.name for event in record.scan()} >= {"chamber_state"}
        # It never sends anything.
        assert not lists.commands(record)
        assert all(event.direction == "in" for event in record.scan())
    assert record_of(tmp_path).stat().st_mode & 0o077 == 0
    # The one file is all of it.
    alone = tmp_path / "alone.sqlite3"
    shutil.copyfile(record_of(tmp_path), alone)
    with Record(record_of(tmp_path)) as record, Record(alone) as copy:
        assert list(copy.scan()) == list(record.scan())


@pytest.mark.slow
def test_a_console_and_a_script_beside_it_share_one_ledger(chamber: SimulatorProcess, tmp_path: Path) -> None:
    recorder = start(tmp_path, chamber)
    try:
        until(lambda: holds(tmp_path, lambda record: record.total > 30), 20, "30 recorded events")
        with console("--url", chamber.url, home=tmp_path) as program:
            program.wait_for(f"REC ● {recorder.pid}")
            # The history of the time before, at once.
            program.send("4")
            program.wait_for("events")
            program.send("1n")
            program.wait_for("Note")
            program.answer("valve two\r")
            program.wait_for("Noted")
            sent = subprocess.run(
                [sys.executable, "-m", "xovac_tui", "send", "cancel_recipe", "--yes", "--url", chamber.url],
                env=environment(tmp_path),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert sent.returncode == 3, sent.stderr
            # Its recorder gone, the console goes on with the record.
            code, _ = end(recorder, signal.SIGKILL)
            assert code == -signal.SIGKILL
            program.wait_for(lambda text: "REC ●" in text and f"REC ● {recorder.pid}" not in text, within=30)
            leave(program)
            program.wait()
    finally:
        if recorder.poll() is None:
            recorder.kill()
            recorder.wait()
        if recorder.stderr is not None:
            recorder.stderr.close()
    with Record(record_of(tmp_path)) as record:
        lives = lists.sessions(record)
        assert [life.closed for life in lives] == [False, True]
        assert [command.entry.outcome.value for command in lists.commands(record)] == ["warning"]
        assert "valve two" in [one.mark.text for one in lists.marks(record)]
        indices = [event.index for event in record.scan()]
        assert indices == list(range(len(indices)))


@pytest.mark.slow
def test_a_second_recorder_waits_and_takes_over(chamber: SimulatorProcess, tmp_path: Path) -> None:
    first = start(tmp_path, chamber)
    try:
        until(lambda: holds(tmp_path, lambda record: record.total > 5), 20, "5 recorded events")
        second = start(tmp_path, chamber)
        try:
            until(
                lambda: holds(tmp_path, lambda record: len(lists.sessions(record, recording=False)) == 2),
                20,
                "the second one beside",
            )
            end(first)
            until(
                lambda: holds(
                    tmp_path, lambda record: [x.pid for x in lists.sessions(record)][1:] == [second.pid]
                ),
                30,
                "the second one recording",
            )
        finally:
            code, said = end(second)
        assert code == 0
        assert f"process {first.pid} records this chamber already" in said
    finally:
        if first.poll() is None:
            end(first)
