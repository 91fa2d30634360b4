"""Soak the recorder: an hour of everything that ever cost it data, counted against the device's own counter.

    python -m benchmarks.soak [--minutes 60] [--seed 1] [--rate 10]

Two programs record the same kind of device: `nohup xovac-tui record`, whose standard error is a full pipe,
and a console in a terminal that is not drained for up to a minute at a time. Meanwhile other processes open
and close the record of the first one (the sqlite3 shell, Python's sqlite3, `attach`, `export`, `report`,
`record copy`, a plain `cp`, a console beside it that is ended or killed), its clock is set, its disk is full,
SIGHUP arrives, and some messages are bulky. At the end every number that the device has sent must be in the
record exactly once, no command may have reached the device, and the chain of hashes must be whole.

Linux. As root the record lies on a small file system that is filled; otherwise that part is left out, as is
the setting of the clock where there is no C compiler. What was left out is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, module
from tests.helpers.pty import PROGRAM, ROOT, Pty, environment, until
from tests.helpers.simulator import Lines

DISK = 600_000_000
"""Bytes of the file system that is filled now and then."""
_CONTRACT = """
[messages.telemetry]
"mode" = { role = "state", running = ["running"], idle = ["idle"] }
"plate" = { channel = "plate", label = "Plate", unit = "degC", pin = true, role = "controlled" }
"""
_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset(void) {
    char text[32] = {0};
    const char *name = getenv("SOAK_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    return got > 0 ? atoll(text) : 0;
}

int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, at);
    if (!done && id == CLOCK_REALTIME) at->tv_sec += offset();
    return done;
}

int gettimeofday(struct timeval *at, void *zone) {
    static int (*real)(struct timeval *, void *);
    if (!real) real = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
    int done = real(at, zone);
    if (!done) at->tv_sec += offset();
    return done;
}

time_t time(time_t *into) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (into) *into = at.tv_sec;
    return at.tv_sec;
}
"""
"""A wall clock that can be set for one process alone: SOAK_CLOCK names a file with seconds to add."""

_READ = """
import sqlite3, sys
record = sqlite3.connect(sys.argv[1])
record.execute("select count(*) from tail").fetchall()
record.close()
"""

MINUTE, DAY = 60, 86_400
STEPS = (-10 * MINUTE, 10 * MINUTE, -DAY - 5, DAY + 5, 365 * DAY, -365 * DAY, 0, 0)


class Device:
    """The device, in a process of its own."""

    def __init__(self, rate: float, seed: int) -> None:
        self.process = subprocess.Popen(
            module("soak_device", str(rate), str(seed)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment("/nonexistent"),
        )
        assert self.process.stdout is not None
        self._out = Lines(self.process.stdout)
        self.url = f"http://127.0.0.1:{self._next()['port']}"

    def _next(self) -> dict[str, Any]:
        line = self._out.next(60)
        assert line is not None, "the device ended"
        said: dict[str, Any] = json.loads(line)
        return said

    def report(self) -> dict[str, Any]:
        """Return what it has sent so far."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._next()

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)


class Soak:
    """The two recordings, and what is done to them."""

    def __init__(self, folder: Path, seed: int, rate: float) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.left_out: list[str] = []
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self._undo = contextlib.ExitStack()
        self.home = self._home("recorder", small=True)
        self.home_of_console = self._home("console", small=False)
        self.device = Device(rate, seed)
        self.other_device = Device(rate, seed + 1)
        self._undo.callback(self.device.close)
        self._undo.callback(self.other_device.close)
        self._clock_file, self._clock_library = self._clock()
        self._at_stderr: tuple[int, int] | None = None
        self._fill: Path | None = None
        self.recorder = self._start_recorder()
        self.console = self._undo.enter_context(
            Pty([*PROGRAM, "--profile", "soak"], home=self.home_of_console, size=(80, 24), controlling=True)
        )

    # -- the ground -----------------------------------------------------------------------------------

    def _home(self, name: str, *, small: bool) -> Path:
        home = self.folder / name
        home.mkdir()
        if small and not self._mounted(home):
            self.left_out.append("a full disk: mounting a small file system takes root")
        (home / "soak.contract.toml").write_text(_CONTRACT)
        return home

    def _mounted(self, home: Path) -> bool:
        if os.geteuid() != 0:
            return False
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(home)], capture_output=True
        )
        if made.returncode:
            return False
        self._undo.callback(subprocess.run, ["umount", "-l", str(home)], capture_output=True)
        return True

    def _clock(self) -> tuple[Path, Path | None]:
        source, library = self.folder / "clock.c", self.folder / "clock.so"
        file = self.folder / "clock"
        file.write_text("0")
        source.write_text(_CLOCK)
        compiler = shutil.which("cc")
        if compiler is None:
            self.left_out.append("setting the clock: there is no C compiler")
            return file, None
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True
        )
        return file, library

    def _settings(self, home: Path, url: str) -> None:
        (home / "config.toml").write_text(
            f'[profiles.soak]\nurl = "{url}"\ncontracts = ["soak.contract.toml"]\n[record]\nkeep_days = 30\n'
        )

    def _start_recorder(self) -> subprocess.Popen[bytes]:
        self._settings(self.home, self.device.url)
        self._settings(self.home_of_console, self.other_device.url)
        reading, writing = os.pipe()
        self._at_stderr = reading, writing
        with contextlib.suppress(OSError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, b"." * 512)
        os.set_blocking(writing, True)
        more: dict[str, str | None] = {}
        if self._clock_library is not None:
            more = {"LD_PRELOAD": str(self._clock_library), "SOAK_CLOCK": str(self._clock_file)}
        recorder = subprocess.Popen(
            ["nohup", *PROGRAM, "record", "--profile", "soak"],
            env=environment(self.home, **more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=writing,
            start_new_session=True,
        )
        self._undo.callback(recorder.kill)
        return recorder

    def record(self, home: Path) -> Path | None:
        """Return the file of a recording; None until it is there."""
        found = list((home / "records").glob("*.xovac.sqlite3"))
        return found[0] if found else None

    # -- what is done to it ---------------------------------------------------------------------------

    def tool(self, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
        """Run the program beside the recorder, as another process of the same user."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=environment(self.home),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode not in fine:
            self.failed.append(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def shell(self) -> None:
        """Read with the sqlite3 shell, and close."""
        table = self.chance.choice(("tail", "blocks", "marks", "sessions"))
        if (shell := shutil.which("sqlite3")) is not None:
            subprocess.run(
                [shell, str(self.record(self.home)), f"select count(*) from {table}"],
                capture_output=True,
                timeout=60,
            )

    def second_program(self) -> None:
        """Read with Python's sqlite3 in another process, and close."""
        subprocess.run(
            [sys.executable, "-c", _READ, str(self.record(self.home))], capture_output=True, timeout=60
        )

    def attach(self) -> None:
        note = self.folder / "note.txt"
        note.write_text(f"note {self.chance.random()}")
        self.tool("attach", "last", str(note), "--profile", "soak", fine=(0, 2))

    def export(self) -> None:
        kind = self.chance.choice(("csv", "jsonl"))
        out = self.folder / f"out.{kind}"
        self.tool("export", "last", "--profile", "soak", "--force", "--out", str(out))

    def report(self) -> None:
        out = self.folder / "report.html"
        # 2: the newest run may have begun a moment ago.
        self.tool("report", "last", "--profile", "soak", "--force", "--out", str(out), fine=(0, 2))

    def copy(self) -> None:
        out = self.folder / f"copy{self.done['copy']}.sqlite3"
        self.tool("record", "copy", "--profile", "soak", str(out))
        if out.exists():
            with contextlib.closing(sqlite3.connect(out)) as copy:
                if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    self.failed.append("a copy is damaged")
            out.unlink()

    def plain_copy(self) -> None:
        found = self.record(self.home)
        assert found is not None
        subprocess.run(["cp", str(found), str(self.folder / "plain.sqlite3")], timeout=60)

    def set_clock(self) -> None:
        step = self.chance.choice(STEPS)
        new = self._clock_file.with_suffix(".new")
        new.write_text(str(step))
        new.replace(self._clock_file)

    def hangup(self) -> None:
        self.recorder.send_signal(signal.SIGHUP)

    def fill_disk(self) -> None:
        if self._fill is not None or not os.path.ismount(self.home):
            return
        self._fill = self.home / "fill"
        with contextlib.suppress(OSError), self._fill.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 65536)
        self._fill_until = time.monotonic() + self.chance.uniform(5, 25)

    def empty_disk(self) -> None:
        """Make room again when it is time."""
        if self._fill is not None and time.monotonic() > self._fill_until:
            self._fill.unlink()
            self._fill = None

    def viewer(self) -> None:
        """Open a console beside the recorder, and end it in one of three ways."""
        with Pty([*PROGRAM, "--profile", "soak"], home=self.home, size=(100, 30), controlling=True) as beside:
            beside.wait_for("ONLINE", 60)
            time.sleep(self.chance.uniform(0.5, 5))
            for key in self.chance.sample("123456iw", 4):
                beside.send(key)
                time.sleep(0.3)
            end = self.chance.choice((signal.SIGTERM, signal.SIGKILL, signal.SIGHUP))
            beside.signal(end)
            beside.process.wait(30)

    def stall_console(self) -> None:
        """Take no output of the console for a while."""
        if getattr(self, "_stalled_until", 0.0) < time.monotonic():
            self._stalled_until = time.monotonic() + self.chance.uniform(20, 60)
            self.console.pause_reading()

    def drain_console(self) -> None:
        """Read on when it is time."""
        until_then = getattr(self, "_stalled_until", None)
        if until_then is not None and time.monotonic() > until_then:
            self.console.resume_reading()

    def key_of_console(self) -> None:
        self.console.send(self.chance.choice("123456iwp?") if self.chance.random() < 0.9 else "\x1b")

    # -- the hour -------------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Do things to it, one after the other, in a seeded order."""
        until(lambda: self.record(self.home) and self.record(self.home_of_console), 60, "two records")
        actions: list[tuple[Callable[[], None], int]] = [
            (self.shell, 20),
            (self.second_program, 10),
            (self.attach, 3),
            (self.export, 3),
            (self.report, 1),
            (self.copy, 3),
            (self.plain_copy, 3),
            (self.set_clock, 6),
            (self.hangup, 5),
            (self.fill_disk, 2),
            (self.viewer, 1),
            (self.stall_console, 3),
            (self.key_of_console, 20),
        ]
        chosen, weights = zip(*actions, strict=True)
        end = time.monotonic() + seconds
        said = time.monotonic()
        while time.monotonic() < end:
            (action,) = self.chance.choices(chosen, weights)
            name = action.__name__
            try:
                action()
            except Exception as error:  # every one of them is reported, and the hour goes on
                self.failed.append(f"{name}: {error!r}"[:600])
            self.done[name] += 1
            self.empty_disk()
            self.drain_console()
            for process, what in ((self.recorder, "recorder"), (self.console.process, "console")):
                if process.poll() is not None:
                    self.failed.append(f"the {what} ended with {process.returncode} after {name}")
                    return
            if time.monotonic() - said > 60:
                said = time.monotonic()
                print(
                    f"{end - said:.0f} s left, {sum(self.done.values())} actions", file=sys.stderr, flush=True
                )
            time.sleep(self.chance.uniform(0.1, 1.5))

    def finish(self) -> list[Row]:
        """End both, and count."""
        if self._fill is not None:
            self._fill.unlink()
        self._clock_file.write_text("0")
        self.console.resume_reading()
        time.sleep(8)
        rows = []
        for what, process, home, device in (
            ("recorder", self.recorder, self.home, self.device),
            ("console", self.console.process, self.home_of_console, self.other_device),
        ):
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                self.failed.append(f"the {what} does not end")
                code = -1
            time.sleep(1)
            rows += self._count(what, code, home, device.report())
        audit = subprocess.run(
            [*PROGRAM, "audit", "verify", "--profile", "soak"],
            env=environment(self.home),
            capture_output=True,
            text=True,
        )
        rows.append(Row("audit verify", f"exit {audit.returncode}", "0", audit.returncode == 0))
        listed = self.tool("runs", "--profile", "soak").splitlines()
        wrong = [line for line in listed if re.search(r"(?<![0-9:])[-−][0-9]+(\.[0-9]+)?[ dhms]", line)]
        rows.append(Row("runs of a negative length", f"{len(wrong)}", "0", not wrong))
        rows.append(Row("other things that failed", f"{len(self.failed)}", "0", not self.failed))
        return rows

    def _count(self, what: str, code: int, home: Path, sent: dict[str, Any]) -> list[Row]:
        out = self.folder / f"{what}.jsonl"
        subprocess.run(
            [*PROGRAM, "export", "all", "--profile", "soak", "--force", "--out", str(out)],
            env=environment(home),
            cwd=self.folder,
            capture_output=True,
        )
        kept = Counter(numbers(out))
        wanted = {number for first, last in sent["clients"] for number in range(first, last + 1)}
        # At both ends a message may be on its way when the recorder is not there.
        missing = wanted - set(kept)
        doubled = sum(times - 1 for times in kept.values())
        low = min(kept, default=0)
        early = {number for number in missing if number < low}
        last = max(kept, default=0)
        late = {number for number in missing if number > last}
        inside = missing - early - late
        return [
            Row(f"{what}: exit code", str(code), "0 or 143", code in (0, 143, -15)),
            Row(f"{what}: messages sent", f"{len(wanted):,}", "", True),
            Row(f"{what}: of these missing in the record", f"{len(inside):,}", "0", not inside),
            Row(f"{what}: of these twice in it", f"{doubled:,}", "0", not doubled),
            Row(
                f"{what}: before its first, after its last",
                f"{len(early)}, {len(late)}",
                "<= 20, <= 20",
                max(len(early), len(late)) <= 20,
            ),
            Row(f"{what}: connections", f"{len(sent['clients'])}", "", True),
            Row(f"{what}: commands received", f"{sent['commands']}", "0", not sent["commands"]),
        ]

    def close(self) -> None:
        """Undo all of it."""
        self._undo.close()
        if self._at_stderr is not None:
            for handle in self._at_stderr:
                os.close(handle)


_NUMBER = re.compile(r'"seq\\*": ([0-9]+)')
"""In a line of an export, whose payloads are cut when they are long."""


def numbers(exported: Path) -> Iterator[int]:
    """Yield the device's numbers from an exported file."""
    if not exported.exists():
        return
    with exported.open(encoding="utf-8") as lines:
        for line in lines:
            found = _NUMBER.search(line[:4000])
            if found and '"telemetry"' in line[:1000]:
                yield int(found[1])


def main() -> int:
    """Return 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second")
    given = parser.parse_args()
    # A soak in the background is not to hand its ignored signals on: a console beside is ended by SIGHUP.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), given.seed, given.rate)
        try:
            soak.run(given.minutes * 60)
            rows = soak.finish()
        finally:
            soak.close()
    print(f"{given.minutes:g} minutes, seed {given.seed}, {given.rate:g} messages a second, done meanwhile:")
    print("  " + ", ".join(f"{count} {name}" for name, count in sorted(soak.done.items())))
    for said in soak.left_out:
        print(f"left out: {said}")
    for said in soak.failed:
        print(f"failed: {said}")
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.what:<{width}}  {row.measured:<14}  {row.limit:<12}  {'ok' if row.ok else 'NOT OK'}")
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
