"""A terminal that takes nothing holds nothing up, and lacks nothing once it takes output again (POSIX)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import sys
import termios
import threading
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from xovac_tui.ui.terminal.writer import MOST_BYTES, MOST_OTHER, MOST_PICTURES, TerminalWriter

PICTURE = "x" * 1000


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A stalled terminal: what is written, up to what a pipe holds, waits until it is read."""
    out, into = os.pipe()
    with os.fdopen(into, "w", encoding="utf-8") as file:
        yield out, file
        os.close(out)


def drain(out: int, until: str) -> str:
    read = b""
    while until.encode() not in read:
        read += os.read(out, 65536)
    return read.decode()


def fill(writer: TerminalWriter, again: threading.Event) -> int:
    """Write pictures until one is left out; return how many were taken."""
    taken = 0
    while writer.has_room(again.set):
        writer.write(PICTURE, picture=True)
        taken += 1
    return taken


def test_writing_never_waits_and_pictures_are_left_out(pipe: tuple[int, TextIO]) -> None:
    out, file = pipe
    writer, again = TerminalWriter(file), threading.Event()
    writer.start()
    began = time.monotonic()
    most = 65536 / len(PICTURE) + min(MOST_BYTES / len(PICTURE), MOST_PICTURES) + 5
    assert fill(writer, again) <= most
    for _ in range(3 * MOST_OTHER // len(PICTURE)):
        writer.write(PICTURE)
    assert time.monotonic() - began < 5
    assert not again.is_set()
    came = 0
    end = time.monotonic() + 10
    while not again.wait(0.01):
        assert time.monotonic() < end, "no whole picture was asked for once the terminal took output again"
        while select.select([out], [], [], 0)[0]:
            came += len(os.read(out, 65536))
    # What was held, and what the pipe had taken before.
    assert came <= MOST_OTHER + 2 * MOST_BYTES + 65536
    assert writer.has_room(again.set)
    writer.stop()
    assert not writer.is_alive()


def test_what_is_written_says_so_after_it_is_written(pipe: tuple[int, TextIO]) -> None:
    out, file = pipe
    writer, again, seen = TerminalWriter(file), threading.Event(), threading.Event()
    writer.start()
    fill(writer, again)
    writer.write("first frame", picture=True, written=seen.set)
    assert not seen.wait(0.1)
    drain(out, "first frame")
    assert seen.wait(5)
    writer.stop()


def test_the_end_does_not_wait_for_a_stalled_terminal(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.ui.terminal.writer.END_SECONDS", 0.1)
    out, file = pipe
    os.set_blocking(file.fileno(), False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(file.fileno(), b"x" * 4096)
    os.set_blocking(file.fileno(), True)
    writer = TerminalWriter(file)
    writer.write("give back")
    writer.start()
    began = time.monotonic()
    writer.stop()
    assert time.monotonic() - began < 3
    assert writer.is_alive()
    drain(out, "give back")
    writer.join(5)


def test_the_end_waits_for_a_slow_terminal_as_long_as_it_accepts_output(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, file = pipe
    writer = TerminalWriter(file)
    waits = 0

    def accept_some(timeout: float | None = None) -> None:
        """Have the terminal accept what a pipe holds while the end waits."""
        nonlocal waits
        waits += 1
        os.read(out, 65536)
        while writer.is_alive() and waiting(out) < 2048:
            time.sleep(0.001)

    writer.start()
    for _ in range(300):
        writer.write(PICTURE)
    writer.write("give back")
    monkeypatch.setattr(writer, "join", accept_some)
    writer.stop()
    assert not writer.is_alive()
    assert waits >= 3
    assert drain(out, "give back").endswith("give back")


def waiting(out: int) -> int:
    """Return how many bytes a pipe holds."""
    return int.from_bytes(fcntl.ioctl(out, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_at_the_end_the_terminal_is_given_back_before_pictures(pipe: tuple[int, TextIO]) -> None:
    out, file = pipe
    writer = TerminalWriter(file)
    writer.write(PICTURE, picture=True)
    writer.write("give back \udfff\n")
    writer.start()
    writer.stop()
    assert not writer.is_alive()
    assert drain(out, "\n").endswith("give back ?\n")
