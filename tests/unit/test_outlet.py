"""What may stall is written from a thread: nothing waits for it, and what finds no room is counted."""

from __future__ import annotations

import errno
import io
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from xovac_tui.logfile import LogFile
from xovac_tui.outlet import Outlet, StreamOutlet, write_last


class Gate:
    """A reader that takes nothing until it is opened."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._open = threading.Event()

    def write(self, text: str) -> None:
        self._open.wait(20)
        self.written.append(text)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


def test_texts_are_written_in_order() -> None:
    written: list[str] = []
    outlet = Outlet(written.append)
    for number in range(100):
        outlet.line(str(number))
    assert outlet.close(10) == 0
    assert written == [f"{number}\n" for number in range(100)]


def test_a_stalled_reader_holds_nothing_up_and_learns_what_it_missed(gate: Gate) -> None:
    outlet = Outlet(gate.write, most=50, dropped=lambda count: f"{count} missed")
    began = time.monotonic()
    for number in range(100):
        outlet.line(f"line {number:04d}")
    assert time.monotonic() - began < 1.0
    assert outlet.dropped >= 100 - 7
    dropped = outlet.dropped
    assert outlet.close(0.05) == 100 - dropped
    gate.open()
    assert outlet.close(10) == 0
    outlet.line("later")
    assert outlet.close(10) == 0
    kept = 100 - dropped
    assert gate.written == [
        *(f"line {number:04d}\n" for number in range(kept)),
        f"{dropped} missed\n",
        "later\n",
    ]
    assert outlet.unreported == 0


async def test_draining_gives_a_stalled_reader_up(gate: Gate) -> None:
    outlet = Outlet(gate.write)
    outlet.line("one")
    assert await outlet.drain(0.05) == 1
    gate.open()
    assert await outlet.drain(None) == 0


def test_one_long_text_always_has_room() -> None:
    written: list[str] = []
    outlet = Outlet(written.append, most=10)
    outlet.put("x" * 1000)
    assert outlet.close(10) == 0
    assert written == ["x" * 1000]


def test_a_reader_that_is_gone_ends_the_writing() -> None:
    failed: list[OSError] = []

    def gone(_text: str) -> None:
        raise BrokenPipeError(errno.EPIPE, "gone")

    outlet = Outlet(gone, failed=failed.append)
    outlet.line("one")
    assert outlet.close(10) == 0
    outlet.line("two")
    assert outlet.left == 0
    assert [type(error) for error in failed] == [BrokenPipeError]


def test_a_stream_keeps_its_encoding(tmp_path: Path) -> None:
    file = tmp_path / "out"
    with file.open("w", encoding="ascii", errors="backslashreplace") as stream:
        stream.write("first ")
        outlet = StreamOutlet(stream)
        outlet.line("20 °C")
        assert outlet.close(10) == 0
    assert file.read_bytes() == b"first 20 \\xb0C\n"


def test_a_stream_without_a_file_is_written_as_it_is() -> None:
    stream = io.StringIO()
    write_last(stream, "the end")
    assert stream.getvalue() == "the end\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX")
def test_a_pipe_that_is_not_read_takes_what_fits_and_all_once_it_is_read() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as stream:
        outlet = StreamOutlet(stream, most=10_000_000)
        text = "x" * 300_000
        outlet.line(text)
        outlet.line("end")
        assert outlet.close(0.1) == 2
        got = b""
        while not got.endswith(b"end\n"):
            got += os.read(reader.fileno(), 65536)
        assert got == f"{text}\nend\n".encode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_log_file_that_hangs_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hangs.log"
    os.mkfifo(path)
    handler = LogFile(path)
    logger = logging.Logger("hanging")
    logger.addHandler(handler)
    began = time.monotonic()
    for number in range(1000):
        logger.warning("entry %d", number)
    assert time.monotonic() - began < 1.0
    handler.close()
    assert time.monotonic() - began < 4.0
    # What was taken is written once the disk answers.
    got = b""
    with path.open("rb", buffering=0) as reader:
        while b"entry 999\n" not in got:
            got += reader.read(65536)
    assert got.count(b"WARNING hanging: entry") == 1000


def test_the_log_file_has_all_entries_once_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    handler = LogFile(path)
    logger = logging.Logger("whole")
    logger.addHandler(handler)
    for number in range(200):
        logger.warning("entry %d of 100%%", number)
    try:
        raise ValueError("for the traceback")
    except ValueError as error:
        logger.error("failed", exc_info=error)
    handler.close()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.partition(": ")[2] for line in lines[:200]] == [f"entry {n} of 100%" for n in range(200)]
    assert lines[200].endswith("ERROR whole: failed")
    assert lines[-1] == "ValueError: for the traceback"
