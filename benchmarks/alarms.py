"""What a thousand rules cost, and how soon an alarm is on the screen and at a webhook."""

from __future__ import annotations

import contextlib
import http.server
import queue
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import SIZE, Row, Server, at_most, cpu_used, median, ratio, server
from tests.helpers.pty import PROGRAM, Pty

CHANNELS, RATE = 100, 20
SETTLE_SECONDS = 8.0
LIMIT = 500.0
"""Beyond every value that the server sends by itself."""
SPIKE = (
    '[[alarms.rules]]\nname = "spike"\nkind = "high"\nchannel = "telemetry.c05"\n'
    f'limit = {LIMIT}\nseverity = "critical"\n'
)


def rules() -> Iterator[str]:
    """Yield a thousand rules as TOML, ten for each channel, none of which is ever broken."""
    for number in range(CHANNELS):
        channel = f'channel = "telemetry.c{number:02d}"' if number else 'channel = "telemetry.seq"'
        limits = {"high": 1e9, "high_high": 2e9, "low": -1e9, "low_low": -2e9, "deviation": 1e9, "rate": 1e9}
        for kind, limit in limits.items():
            yield f'[[rules]]\nname = "{kind} {number}"\nkind = "{kind}"\n{channel}\nlimit = {limit}\n'
        yield f'[[rules]]\nname = "slow {number}"\nkind = "high"\n{channel}\nlimit = 9e8\non_delay = 30.0\n'
        yield f'[[rules]]\nname = "stale {number}"\nkind = "stale"\n{channel}\n'
        yield f'[[rules]]\nname = "frozen {number}"\nkind = "frozen"\n{channel}\n'
        yield f'[[rules]]\nname = "equals {number}"\nkind = "equals"\n{channel}\nequals = -5\n'


def home_with(folder: str, name: str, settings: str) -> Path:
    """Return a home of its own with these settings."""
    home = Path(folder) / name
    home.mkdir()
    (home / "config.toml").write_text(settings, encoding="utf-8")
    return home


def recorder(home: Path, url: str) -> Pty:
    """Return a recorder of that server."""
    return Pty([*PROGRAM, "record", "--url", url], home=str(home), size=SIZE)


def cost(source: Server, folder: str, seconds: float) -> Row:
    """Compare a recorder with a thousand rules to one with none, over the same seconds."""
    (Path(folder) / "rules.toml").write_text("\n".join(rules()), encoding="utf-8")
    many = home_with(folder, "many", f'[alarms]\ndefaults = false\nfiles = ["{folder}/rules.toml"]\n')
    none = home_with(folder, "none", "[alarms]\ndefaults = false\n")
    with recorder(many, source.url) as watching, recorder(none, source.url) as bare:
        for each in (watching, bare):
            each.wait_for("ONLINE")
        source.order(rate=RATE, channels=CHANNELS)
        time.sleep(SETTLE_SECONDS)
        pids = watching.process.pid, bare.process.pid
        used = [one / seconds * 100 for one in cpu_used(pids, seconds)]
        assert "alarm" not in watching.text(), watching.text()
    name = f"1,000 rules on {CHANNELS} channels at {RATE} Hz: CPU, to no rule"
    return ratio(name, used[0], used[1], "%", most=1.5)


def to_screen(source: Server, folder: str, times: int) -> float:
    """Return the middle seconds from the message with the value until the alarm stands on the screen."""
    found = []
    for number in range(times):
        home = home_with(folder, f"screen{number}", SPIKE)
        source.order(set={})
        with Pty([*PROGRAM, "--url", source.url], home=str(home), size=SIZE) as console:
            console.wait_for("ONLINE")
            source.order(rate=RATE, channels=CHANNELS)
            time.sleep(2.0)
            began = source.order(set={"c05": LIMIT + 1})["mono"]
            console.wait_for("above 500")
            found.append(time.monotonic() - began)
    return median(found)


@contextlib.contextmanager
def webhook() -> Iterator[tuple[str, queue.Queue[float]]]:
    """Listen for one kind of caller, and report when it called (monotonic seconds)."""
    called: queue.Queue[float] = queue.Queue()

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            called.put(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/", called
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(10)


def to_webhook(source: Server, folder: str, times: int) -> float:
    """Return the middle seconds from the message with the value until a webhook was called."""
    found = []
    with webhook() as (url, called):
        for number in range(times):
            receiver = f'[[notify.receivers]]\nname = "hook"\nkind = "webhook"\nurl = "{url}"\n'
            home = home_with(folder, f"hook{number}", SPIKE + receiver)
            source.order(set={})
            with recorder(home, source.url) as program:
                program.wait_for("ONLINE")
                source.order(rate=RATE, channels=CHANNELS)
                time.sleep(2.0)
                began = source.order(set={"c05": LIMIT + 1})["mono"]
                found.append(called.get(timeout=30) - began)
    return median(found)


def measure(quick: bool) -> list[Row]:
    """Measure cost and delays."""
    with server() as source, tempfile.TemporaryDirectory() as folder:
        times = 1 if quick else 3
        return [
            cost(source, folder, 8.0 if quick else 30.0),
            at_most("alarm: from the value to the screen", to_screen(source, folder, times) * 1e3, 600, "ms"),
            at_most("alarm: from the value to a local webhook", to_webhook(source, folder, times), 2, "s"),
        ]
