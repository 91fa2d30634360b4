"""A record that another program holds does not keep a command from the device."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.helpers.pty import environment
from tests.helpers.simulator import ROOT, Lines, simulator_process
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.service import DONE_HERE, not_written

HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_send_reaches_the_device_and_says_what_is_not_in_the_record(tmp_path: Path) -> None:
    with simulator_process("--warm") as chamber:
        path = tmp_path / "records" / f"127.0.0.1-{chamber.port}.xovac.sqlite3"
        path.parent.mkdir()
        session = Session(pid=1, host="lab", who="ada@lab", program="x", profile="x", url=chamber.url)
        Writer(path, session, recording=True, utc=time.time(), mono=time.monotonic()).close(time.time())
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None
        try:
            assert Lines(holder.stdout).next() == "locked"
            done = subprocess.run(
                [sys.executable, "-m", "xovac_tui", "send", "cancel_recipe", "--yes", "--url", chamber.url],
                env=environment(tmp_path),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
            )
        finally:
            holder.communicate("")
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["result"] == "warning"
    assert done.stderr.startswith(f"The outcome of cancel_recipe is warning. {DONE_HERE} {not_written(path)}")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
