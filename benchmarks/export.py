"""Export to CSV by `xovac-tui export`, against the `sqlite3` shell with a plain table of the same numbers."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row, median, ratio
from benchmarks.week import CHANNELS, DAY, week
from tests.helpers.pty import PROGRAM, ROOT, environment

LEAST = 0.5
_CLOCKS = 2
"""Columns of time before those of the channels: UTC, and seconds since the start."""


def run(arguments: list[str], out: Path) -> float:
    """Return the seconds that a program takes to write its standard output to a file."""
    with out.open("wb") as file:
        began = time.monotonic()
        subprocess.run(arguments, stdout=file, check=True, cwd=ROOT, env=environment(out.parent))
        return time.monotonic() - began


def plain_table(exported: Path, path: Path) -> int:
    """Make a database of one table of the numbers that were exported; return its number of rows."""
    columns = ", ".join(f"c{number} REAL" for number in range(1 + len(CHANNELS)))
    with exported.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        assert len(next(lines)) == _CLOCKS + len(CHANNELS)
        database = sqlite3.connect(path)
        database.execute(f"CREATE TABLE plain ({columns})")
        places = ", ".join("?" * (1 + len(CHANNELS)))
        added = database.executemany(
            f"INSERT INTO plain VALUES ({places})", (tuple(map(float, line[_CLOCKS - 1 :])) for line in lines)
        )
        database.commit()
        database.close()
        return added.rowcount


def measure(quick: bool) -> list[Row]:
    """Let both write the same numbers, in turns."""
    made = week(quick)
    what = f"{made.seconds // DAY}-day record of 16 channels: export to CSV, to the sqlite3 shell"
    shell = shutil.which("sqlite3")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, theirs, plain = folder / "ours.csv", folder / "theirs.csv", folder / "plain.sqlite3"
        export = [*PROGRAM, "export", "all", "--record", str(made.path), "--format", "csv", "--out", "-"]
        first = run(export, ours)
        if shell is None:
            speed = f"{made.seconds / first:.3g} rows/s, and no sqlite3 shell is here"
            return [Row(what, speed, f">= {LEAST:g}x", False)]
        assert plain_table(ours, plain) == made.seconds
        taken: list[tuple[float, float]] = []
        for _ in range(1 if quick else 3):
            bare = run([shell, "-csv", str(plain), "SELECT * FROM plain"], theirs)
            taken.append((run(export, ours), bare))
    rows = [made.seconds / median(times) for times in zip(*taken, strict=True)]
    return [ratio(what, rows[0], rows[1], "rows/s", least=LEAST)]
