"""A filter of the log over a million recorded events in the console, and keys while it is at work."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.measure import SIZE, Row, at_most
from benchmarks.week import million
from tests.helpers.pty import ANSWER_SECONDS, PROGRAM, Pty

HELP = b"Help"
"""A word that only the help shows."""
_PASTE = "\x1b[200~%s\x1b[201~"
"""What a terminal sends for text that is pasted: the filter is there at once, not letter by letter."""


def all_read(text: str) -> bool:
    """Return whether the status line reports that every event was read."""
    return " match" in text and "% read" not in text


def sift(program: Pty, words: str) -> tuple[float, list[float]]:
    """Return the seconds until all events were read, and the answer times of keys meanwhile in ms."""
    program.send("/")
    program.wait_for("kind:message")
    began = time.monotonic()
    program.send(_PASTE % words + "\r")
    program.wait_for(" match")
    answers: list[float] = []
    while not all_read(program.text()):
        assert time.monotonic() - began < 300, f"still at work:\n{program.text()}"
        opened = len(answers) % 2 == 1
        before, typed = program.count, time.monotonic()
        program.send("\x1b" if opened else "?")
        if opened:
            # What the help covered is drawn anew, whatever that is.
            program.wait_for(lambda shown: "Help:" not in shown)
        else:
            program.wait_raw(HELP, within=30, start=before)
        answers.append((time.monotonic() - typed) * 1000)
        next_key = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < next_key and not all_read(program.text()):
            time.sleep(0.01)
    took = time.monotonic() - began
    if len(answers) % 2:
        program.send("\x1b")
        program.wait_for(lambda shown: "Help:" not in shown)
    # What is typed next must not look like a key that was pressed together with alt.
    program.send("\x1b")
    program.wait_for(lambda shown: " match" not in shown)
    return took, answers


def measure(quick: bool) -> list[Row]:
    """Open the demo on the record, and filter by kind and by words."""
    made = million(quick)
    with tempfile.TemporaryDirectory() as home:
        record = Path(home) / "records" / "demo.xovac.sqlite3"
        record.parent.mkdir()
        shutil.copy(made.path, record)
        with Pty([*PROGRAM, "--demo"], home=home, size=SIZE) as program:
            program.wait_for("ONLINE")
            program.send("4")
            program.wait_for("following")
            kind, _ = sift(program, "kind:command")
            text, answers = sift(program, "no-such-word")
    count = f"{2 * made.seconds:,} recorded events"
    return [
        at_most(f"{count}, filter kind:command: all read", kind, 1, "s"),
        at_most(f"{count}, filter by a word: all read", text, 15, "s"),
        at_most(f"  slowest of {len(answers)} keys meanwhile", max(answers), 150, "ms"),
    ]
