"""Other programs open, read, copy and delete a record while a process writes it: nothing is lost."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.pty import ROOT, environment
from tests.helpers.record import events_of
from xovac_tui.recording.checking import check
from xovac_tui.recording.disk.lock import is_recorded

TIMES = 50
"""How often another program opens and closes the record while it is written."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and open files are POSIX's")


class Counting:
    """A process that records a count."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.counting", str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "recording on\n"

    def end(self) -> tuple[int, str]:
        """End it as a service is ended; return how many events it was given, and what it says."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        word, count, lost, state, *notes = said.split()
        assert (word, lost, state) == ("given", "0", "on")
        return int(count), " ".join(notes)

    def locks(self, path: Path) -> int:
        """Return how many POSIX locks it holds on a file."""
        number = path.stat().st_ino
        lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        held = [line for line in lines if line[1] == "POSIX" and line[4] == str(self.process.pid)]
        return sum(int(line[5].rpartition(":")[2]) == number for line in held)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.xovac.sqlite3"


@contextlib.contextmanager
def counting(path: Path) -> Iterator[Counting]:
    made = Counting(path)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def counted(path: Path) -> list[int]:
    return [json.loads(one.raw)["n"] for one in events_of(path)]


def xovac(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "xovac_tui", *map(str, arguments)],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 shell is not installed")
def test_a_shell_that_opens_and_closes_the_record_loses_nothing(path: Path) -> None:
    with counting(path) as recorder:
        seen = 0
        for _ in range(TIMES):
            reported = subprocess.run(
                ["sqlite3", str(path), "SELECT count(*) + (SELECT count(*) FROM blocks) FROM tail"],
                capture_output=True,
                text=True,
                timeout=20,
            )
            assert reported.returncode == 0, reported.stderr
            seen += int(reported.stdout) > 0
            if Path("/proc/locks").exists():
                assert recorder.locks(path) > 0
        assert seen == TIMES
        count, notes = recorder.end()
    assert notes == ""
    assert counted(path) == list(range(count))
    assert check(path).well


_READER = """
import sqlite3, sys
for _ in range(int(sys.argv[2])):
    db = sqlite3.connect(sys.argv[1])
    db.execute("SELECT count(*) FROM tail").fetchall()
    db.execute("CREATE TABLE IF NOT EXISTS theirs (x)")
    db.execute("INSERT INTO theirs VALUES (1)")
    db.commit()
    db.close()
"""


def test_programs_that_read_and_write_beside_it_lose_nothing(path: Path, tmp_path: Path) -> None:
    with counting(path) as recorder:
        other = subprocess.Popen([sys.executable, "-c", _READER, str(path), str(TIMES)])
        for number in range(3):
            done = xovac(tmp_path, "record", "copy", "--record", path, tmp_path / f"copy{number}.sqlite3")
            assert done.returncode == 0, done.stderr
        assert other.wait(30) == 0
        count, notes = recorder.end()
    assert notes == ""
    assert counted(path) == list(range(count))
    before = 0
    for number in range(3):
        copy = tmp_path / f"copy{number}.sqlite3"
        found = counted(copy)
        assert found == list(range(len(found)))
        assert len(found) >= before
        before = len(found)
        assert check(copy).well
        assert not is_recorded(copy)


@pytest.mark.parametrize(
    "gone",
    [
        ("-wal",),
        ("", "-wal", "-shm"),
        pytest.param(("",), marks=pytest.mark.slow),
        pytest.param(("-shm",), marks=pytest.mark.slow),
    ],
)
def test_files_that_are_deleted_under_it_lose_nothing(path: Path, gone: tuple[str, ...]) -> None:
    with counting(path) as recorder:
        for ending in gone:
            path.with_name(path.name + ending).unlink()
        wait_for_record(path)
        count, notes = recorder.end()
    assert "was deleted while it was written" in notes
    assert counted(path) == list(range(count))
    assert check(path).well


def wait_for_record(path: Path) -> None:
    """Wait until all three files are there, and some more was recorded."""
    deadline = time.monotonic() + 20.0
    first: int | None = None
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.Error, OSError):
            if all(path.with_name(path.name + ending).exists() for ending in ("", "-wal", "-shm")):
                with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                    ends = db.execute(
                        "SELECT max((SELECT coalesce(max(first + count), 0) FROM tail), "
                        "(SELECT coalesce(max(first + count), 0) FROM blocks))"
                    ).fetchone()[0]
                first = ends if first is None else first
                if ends > first + 20:
                    return
        time.sleep(0.02)
    raise AssertionError("nothing more was recorded")


def test_the_one_file_is_whole_once_the_recorder_has_ended(path: Path, tmp_path: Path) -> None:
    with counting(path) as recorder:
        # Something that reads all the time, as a console does, and is not closed before the recorder.
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        reader.execute("SELECT count(*) FROM tail").fetchall()
        count, _ = recorder.end()
        alone = tmp_path / "elsewhere" / "copy.sqlite3"
        alone.parent.mkdir()
        shutil.copyfile(path, alone)
        reader.close()
    assert counted(alone) == list(range(count))


def test_a_second_recorder_gives_no_index_again(path: Path, tmp_path: Path) -> None:
    """Neither a removed lock nor another path to the file lets two record at once."""
    link = tmp_path / "other" / "bench.xovac.sqlite3"
    link.parent.mkdir()
    link.symlink_to(path)
    with counting(path) as first:
        for other in (path, link):
            for lock in tmp_path.rglob("*.lock"):
                lock.unlink()
            with ViewerProcess(other) as second:
                assert second.word == "recording beside\n"
        count, notes = first.end()
    assert notes == ""
    assert counted(path) == list(range(count))
    assert check(path).well


class ViewerProcess:
    """A second recorder, which must not record."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.counting", str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.word = ""

    def __enter__(self) -> ViewerProcess:
        assert self._process.stdout is not None
        self.word = self._process.stdout.readline()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)
