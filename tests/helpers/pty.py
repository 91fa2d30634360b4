"""The real program in a real pseudo-terminal, seen through a terminal emulator (POSIX)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

from xovac_tui.ui.terminal.modal import SEEN_SECONDS

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "xovac_tui")

ANSWER_SECONDS = SEEN_SECONDS + 0.3
"""For a person to see a dialog, with some room for a loaded machine."""

# What a terminal that was used must have received when it is given back.
ALTERNATE_SCREEN, CURSOR = b"\x1b[?1049", b"\x1b[?25"
MOUSE_MODES = (b"\x1b[?1000", b"\x1b[?1003", b"\x1b[?1006", b"\x1b[?1015", b"\x1b[?1016")
OTHER_MODES = (b"\x1b[?1004", b"\x1b[?2004", b"\x1b[?2048")

_NOT_INHERITED = re.compile(
    r"^(XOVAC_|TEXTUAL|PYTEST_|NO_COLOR$|FORCE_COLOR$|COLORTERM$|COLUMNS$|LINES$|SSH_|TMUX|TERM|LC_|LANG)"
)


def environment(home: Path | str, **more: str | None) -> dict[str, str]:
    """Return an environment in which only what a test says differs; None takes a variable away."""
    kept = {name: value for name, value in os.environ.items() if not _NOT_INHERITED.match(name)}
    kept |= {"XOVAC_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    kept |= {name: value for name, value in more.items() if value is not None}
    return {name: value for name, value in kept.items() if more.get(name, value) is not None}


def descendants(pid: int) -> list[int]:
    """Return the ids of all living processes that `pid` started, directly or not."""
    if Path("/proc/self/stat").exists():
        pairs = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                after_name = stat.read_text().rpartition(")")[2].split()
                pairs.append((int(stat.parent.name), int(after_name[1])))
    else:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        pairs = [(int(line.split()[0]), int(line.split()[1])) for line in listed.stdout.splitlines()]
    found: list[int] = []
    wanted = {pid}
    while wanted:
        wanted = {child for child, parent in pairs if parent in wanted}
        found += wanted
    return found


def alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not yet collected does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(true: Callable[[], Any], within: float, what: str) -> None:
    """Wait until something outside of a terminal is true; AssertionError after `within` seconds."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, f"after {within:g} s still not: {what}"
        time.sleep(0.02)


class Pty:
    """A program in a terminal of its own, `size` columns and rows.

    Without `controlling` the terminal sends it no signals, and can be read after its end;
    with it the program is the terminal's session leader and gets SIGHUP when the terminal goes.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        home: Path | str,
        size: tuple[int, int] = (120, 36),
        env: Mapping[str, str | None] | None = None,
        controlling: bool = False,
        cwd: Path | str = ROOT,
    ) -> None:
        self._master, self._slave = pty.openpty()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        self._news = threading.Condition()
        self._raw = bytearray()
        self._set_size(*size)
        self.before = termios.tcgetattr(self._slave)

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.started = time.monotonic()
        self.process = subprocess.Popen(
            list(arguments),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environment(home, **(env or {})),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=take_terminal if controlling else None,
        )
        self._closing = threading.Event()
        self._drained = threading.Event()
        self._drained.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # -- what it shows --------------------------------------------------------------------------------

    @property
    def raw(self) -> bytes:
        """Everything it has written."""
        with self._news:
            return bytes(self._raw)

    @property
    def count(self) -> int:
        """Bytes that it has written."""
        with self._news:
            return len(self._raw)

    def text(self) -> str:
        """Return what the screen shows now, a line a row, without trailing blanks."""
        with self._news:
            new, self._fed = bytes(self._raw[self._fed :]), len(self._raw)
        self._stream.feed(new)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def wait_for(self, what: str | Callable[[str], Any], within: float = 20.0) -> str:
        """Wait until the screen shows a text, or fulfils a condition, and return it."""
        end = time.monotonic() + within
        while True:
            seen = self.count
            shown = self.text()
            if what in shown if isinstance(what, str) else what(shown):
                return shown
            left = end - time.monotonic()
            assert left > 0, f"after {within:g} s still not {what!r} in:\n{shown}"
            with self._news:
                self._news.wait_for(lambda: len(self._raw) != seen, min(left, 0.1))  # noqa: B023
            assert not self.ended() or self.count != seen, (
                f"ended with {self.process.poll()} before {what!r}:\n{shown}"
            )

    def wait_raw(self, what: bytes, within: float = 20.0, start: int = 0) -> None:
        """Wait until these very bytes were written, from the byte `start` on."""
        with self._news:
            found = self._news.wait_for(lambda: self._raw.find(what, start) >= 0, within)
            assert found, f"after {within:g} s no {what!r} in {bytes(self._raw[-2000:])!r}"

    # -- what is done to it ---------------------------------------------------------------------------

    def send(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def answer(self, keys: str) -> None:
        """Answer a dialog that is shown, as a person does: what comes sooner does not count."""
        time.sleep(ANSWER_SECONDS)
        self.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size, and signal the program as a terminal does."""
        self.text()
        self._set_size(columns, rows)
        self._screen.resize(rows, columns)
        self.signal(signal.SIGWINCH)

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def stop_reading(self) -> None:
        """Take no more output, as a terminal stopped by ctrl+s."""
        self._closing.set()
        self._reader.join(5)

    def pause_reading(self) -> None:
        """Take no output until `resume_reading`, as a terminal on a link that hangs."""
        self._drained.clear()

    def resume_reading(self) -> None:
        """Take output again."""
        self._drained.set()

    def read_again(self) -> None:
        """Take output again after `stop_reading`, as a terminal continued by ctrl+q."""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def vanish(self) -> None:
        """Close the terminal, as when its window or its ssh is gone."""
        self.stop_reading()
        os.close(self._master)
        self._master = -1

    # -- its end --------------------------------------------------------------------------------------

    def ended(self) -> bool:
        """Return whether the program has ended."""
        return self.process.poll() is not None

    def wait(self, within: float = 10.0) -> int:
        """Wait for its end and for its last words; return the exit code, -n when a signal n killed it."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {within:g} s and shows:\n{self.text()}") from None
        self._closing.set()
        self._reader.join(5)
        return code

    def assert_as_before(self, within: float = 5.0) -> None:
        """Prove that the terminal was given back as it was taken; what was written last may be on its way."""
        end = time.monotonic() + within
        while (wrong := self._unlike_before()) and time.monotonic() < end:
            time.sleep(0.01)
        assert not wrong, wrong

    def _unlike_before(self) -> str:
        if self._master >= 0:
            after = termios.tcgetattr(self._slave)
            if after != self.before:
                return f"terminal settings changed: {self.before} -> {after}"
        raw = self.raw
        for mode, back in (
            (ALTERNATE_SCREEN, b"l"),
            (CURSOR, b"h"),
            *((mode, b"l") for mode in (*MOUSE_MODES, *OTHER_MODES)),
        ):
            words = re.findall(re.escape(mode) + rb"([hl])", raw)
            if words and words[-1] != back:
                return f"the last word on {mode!r} is {words[-1]!r}"
        if raw.count(b"\x1b[>") != raw.count(b"\x1b[<u"):
            return "keyboard protocol pushed and not popped"
        return ""

    def left(self) -> str:
        """Return the plain text written after the alternate screen was left: what the user finds."""
        tail = self.raw.rpartition(ALTERNATE_SCREEN + b"l")[2].decode(errors="replace")
        return re.sub(r"\x1b\[[<=>?]?[0-9;]*[a-zA-Z]", "", tail).replace("\r\n", "\n").strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended():
            children = descendants(self.process.pid)
            self.process.kill()
            self.process.wait(10)
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self._closing.set()
        self._reader.join(5)
        for handle in (self._master, self._slave):
            if handle >= 0:
                os.close(handle)

    # -- inside ---------------------------------------------------------------------------------------

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while True:
            while not self._drained.wait(0.05) and not self._closing.is_set():
                pass
            # Asked before: what is written until then must be seen by the next look.
            closing = self._closing.is_set()
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if closing and (not ready or not self.ended()):
                return
            if not ready:
                continue
            try:
                new = os.read(self._master, 65536)
            except OSError:
                return
            if not new:
                return
            with self._news:
                self._raw += new
                self._news.notify_all()


def console(*arguments: str, home: Path | str, **how: Any) -> Pty:
    """Start the program itself in a terminal; `how` as of `Pty`."""
    return Pty([*PROGRAM, *arguments], home=home, **how)


def press_stop(program: Pty) -> None:
    """Type the two strokes of STOP as fingers do: a held key would not count."""
    program.send("!")
    program.wait_for("STOP armed")
    time.sleep(0.3)
    program.send("!")


def leave(program: Pty, key: str = "q") -> None:
    """Leave a console that records, or in which a run may be on: it asks, and this says yes."""
    program.send(key)
    program.wait_for("Leave the console?")
    time.sleep(0.4)
    program.send("y")
