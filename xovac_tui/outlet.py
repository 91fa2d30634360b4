"""Writes to what may stall (a pipe that is not read, a terminal, a disk that hangs) without ever waiting."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

from xovac_tui.plural import counted

PATIENCE = 2.0
"""Seconds without progress after which the end of a program no longer waits for a reader."""
MOST = 256_000
"""Characters that wait for a reader of messages; a reader of data is given more."""
_POLL = 0.02
_CHUNK = 4096
"""Bytes written at once: PIPE_BUF of Linux, so that a slow reader shows as progress."""


class Outlet:
    """Hands texts to a function in a thread of its own, in order; what finds no room is dropped and counted.

    The thread is a daemon: a write that never returns keeps no program from ending.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        most: int = MOST,
        dropped: Callable[[int], str] | None = None,
        failed: Callable[[OSError], None] | None = None,
        name: str = "outlet",
    ) -> None:
        """Let at most `most` characters wait.

        `dropped` is called in the thread with how many texts were dropped, once all that came before is
        written, and gives what to write in their place. After an OSError, which `failed` is given in the
        thread, nothing more is written.
        """
        self._write, self._most, self._dropped_words, self._failed = write, most, dropped, failed
        self._waiting: deque[str] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._busy = self._broken = False
        self.dropped = 0
        """Texts that found no room, in all."""
        self.unreported = 0
        """Of these, the ones not reported yet."""
        self.progress = time.monotonic()
        """Monotonic time at which something was written last."""
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def put(self, text: str) -> None:
        """Take a text; never waits."""
        with self._changed:
            if self._broken:
                return
            if not self._waiting and not self._busy:
                # It has waited for nothing until now.
                self.moved()
            # One text alone always has room, however long it is.
            if self._size and self._size + len(text) > self._most:
                self.dropped += 1
                self.unreported += 1
                return
            self._waiting.append(text)
            self._size += len(text)
            self._changed.notify()

    def line(self, text: str) -> None:
        """Take a line."""
        self.put(f"{text}\n")

    @property
    def left(self) -> int:
        """Number of texts that were taken and are not written yet."""
        with self._changed:
            return 0 if self._broken else len(self._waiting) + self._busy

    async def drain(self, patience: float | None = PATIENCE) -> int:
        """Wait until all is written; return how many texts are not.

        It gives up when nothing was written for `patience` seconds; None: never.
        """
        while (left := self.left) and not self._stalled(patience):  # noqa: ASYNC110 - a thread writes
            await asyncio.sleep(_POLL)
        return left

    def close(self, patience: float = PATIENCE) -> int:
        """Do the same for a caller without an event loop."""
        while (left := self.left) and not self._stalled(patience):
            time.sleep(_POLL)
        return left

    def _stalled(self, patience: float | None) -> bool:
        return patience is not None and time.monotonic() - self.progress > patience

    def moved(self) -> None:
        """Take note that a part of a text was written."""
        self.progress = time.monotonic()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                text = self._waiting.popleft()
                self._size -= len(text)
                self._busy = True
            try:
                self._write(text)
                self._report_dropped()
            except OSError as error:
                self._break(error)
                return
            with self._changed:
                self.moved()
                self._busy = False

    def _report_dropped(self) -> None:
        """Report how many were dropped, in their place: behind what waited when they came."""
        with self._changed:
            count = 0 if self._waiting else self.unreported
            self.unreported -= count
        if count and self._dropped_words is not None and (words := self._dropped_words(count)):
            self._write(f"{words}\n")

    def _break(self, error: OSError) -> None:
        with self._changed:
            self._broken = True
            self._waiting.clear()
        if self._failed is not None:
            self._failed(error)


class StreamOutlet(Outlet):
    """An outlet to a standard stream."""

    def __init__(
        self,
        stream: IO[str],
        *,
        most: int = MOST,
        dropped: Callable[[int], str] | None = None,
        failed: Callable[[OSError], None] | None = None,
    ) -> None:
        self._stream = stream
        self._file: int | None = None
        if os.name == "posix":
            # Past the stream's own buffer: its lock, held by a write that never returns, would keep the
            # interpreter from ending. In tests there may be no file behind it.
            with contextlib.suppress(OSError, ValueError):
                self._file = stream.fileno()
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        super().__init__(
            self._write_stream, most=most, dropped=dropped or _lines_dropped, failed=failed, name="output"
        )

    def _write_stream(self, text: str) -> None:
        if self._file is None:
            try:
                self._stream.write(text)
                self._stream.flush()
            except ValueError as error:
                raise OSError(errno.EBADF, "the stream is closed") from error
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        errors = getattr(self._stream, "errors", None) or "backslashreplace"
        rest = memoryview(text.encode(encoding, errors))
        while rest:
            try:
                rest = rest[os.write(self._file, rest[:_CHUNK]) :]
                self.moved()
            except BlockingIOError:
                # Another process on the pipe or terminal may have made it non-blocking.
                select.select([], [self._file], [])


def _lines_dropped(count: int) -> str:
    return counted(
        count, "line was left out here: nothing read it.", "lines were left out here: nothing read them."
    )


def write_last(stream: IO[str], text: str, patience: float = PATIENCE) -> None:
    """Write a last line to a stream, and wait for its reader for a moment only."""
    outlet = StreamOutlet(stream)
    outlet.line(text)
    outlet.close(patience)
