"""Events through link, chamber, record and screen against a bare client that counts, and keys meanwhile."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import SIZE, Row, Server, at_most, module, ratio, server
from tests.helpers.pty import ANSWER_SECONDS, PROGRAM, ROOT, Pty
from xovac_tui.recording.disk.record import Record

CHANNELS = 12
HELP = b"Help"
"""A word that only the help shows."""


def bare_rate(source: Server, events: int) -> float:
    """Return events per second of the counting client."""
    with subprocess.Popen(
        module("bare", "counter", source.url, str(events)), stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        began = float(source.order(flood=events, channels=CHANNELS)["mono"])
        return events / (float(client.stdout.readline()) - began)


def recorded(home: str) -> set[int]:
    """Return the numbers of the events that are in the only record of a console that has ended."""
    [path] = Path(home).glob("records/*.sqlite3")
    with Record(path) as record:
        return {json.loads(event.raw)["seq"] for event in record.scan() if event.name == "telemetry"}


def console_rate(source: Server, events: int) -> tuple[float, list[float], int, int]:
    """Return the console's events per second, the answer times of keys in ms, and what it lost.

    That is events that are not in its log, and events that are not in its record after its end.
    """
    with (
        tempfile.TemporaryDirectory() as home,
        Pty([*PROGRAM, "--url", source.url], home=home, size=SIZE) as program,
    ):
        program.wait_for("ONLINE")
        last = f"{events:,}".encode(), str(events).encode()
        mark = program.count
        began = source.order(flood=events, channels=CHANNELS)["mono"]
        answers = []
        opened = False

        def shown() -> bool:
            return any(word in program.raw[mark:] for word in last)

        while not shown():
            before, typed = program.count, time.monotonic()
            # In turns the help and back; whatever is drawn next, is the answer if it holds the word.
            program.send("\x1b" if opened else "?")
            program.wait_raw(b"Readings" if opened else HELP, within=30, start=before)
            answers.append((time.monotonic() - typed) * 1000)
            opened = not opened
            # The next key after a while; that the last event is shown is seen at once.
            following = time.monotonic() + ANSWER_SECONDS
            while not shown() and time.monotonic() < following:
                time.sleep(0.01)
        took = time.monotonic() - began
        if opened:
            program.answer("\x1b")
            program.wait_for(lambda text: "Help:" not in text)
        program.send("4")
        text = program.wait_for(re.compile(r"[\d,]+ events").search)
        found = re.search(r"([\d,]+) events", text)
        assert found
        program.signal(signal.SIGTERM)
        program.wait()
        unrecorded = set(range(1, events + 1)) - recorded(home)
    return events / took, answers, events - int(found[1].replace(",", "")), len(unrecorded)


def measure(quick: bool) -> list[Row]:
    """Flood both, one after the other, from the same server process."""
    # One more than a round number, which the trend's axis shows long before it has come.
    events = 4_001 if quick else 20_001
    with server() as source:
        bare = bare_rate(source, events)
        ours, answers, lost, unrecorded = console_rate(source, events)
    return [
        ratio(f"{events - 1:,} events shown and recorded, to a bare client", ours, bare, "/s", least=0.7),
        Row("  of these lost", f"{lost}", "0", lost == 0),
        Row("  of these not in the record", f"{unrecorded}", "0", unrecorded == 0),
        at_most(f"  slowest of {len(answers)} keys meanwhile", max(answers), 150, "ms"),
    ]
