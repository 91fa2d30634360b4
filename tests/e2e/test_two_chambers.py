"""Two real chambers in one console: STOP, an alarm of the one not shown, and the end of both records."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.test_console import another_client, ask
from tests.helpers.pty import PROGRAM, ROOT, console, environment, leave, press_stop
from tests.helpers.simulator import simulator_process
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedCommand
from xovac_tui.recording.disk.record import Record

pytestmark = [pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX"), pytest.mark.slow]

SETTINGS = """
[profiles.bench-1]
url = "{one}"
contracts = ["simulator"]
[profiles.bench-2]
url = "{two}"
contracts = ["simulator"]
[[alarms.rules]]
name = "part warm"
kind = "high"
channel = "test_part"
limit = 35.5
severity = "high"
"""
WARM = {"name": "Warm", "recipe": [[45.0, 300.0, 0.0], [45.0, 9000.0, 0.0]]}
COOL = {"name": "Cool", "recipe": [[20.0, 3600.0, 0.0], [20.0, 7200.0, 0.0]]}


def test_stop_goes_to_the_chamber_shown_and_both_records_end_well(tmp_path: Path) -> None:
    with (
        simulator_process("--warm", "--speed", "60") as one,
        simulator_process("--warm", "--speed", "60") as two,
        another_client(one.url) as first,
        another_client(two.url) as second,
    ):
        (tmp_path / "config.toml").write_text(SETTINGS.format(one=one.url, two=two.url))
        for client, recipe in ((first, WARM), (second, COOL)):
            assert ask(client, "load_recipe", recipe)["result"] == "success"
            assert ask(client, "start_recipe")["result"] == "success"
        with console("--profile", "bench-1", home=tmp_path, size=(80, 23)) as terminal:
            terminal.wait_for("RUN")
            terminal.send("P")
            terminal.wait_for("Chambers")
            terminal.answer("\x1b[B")
            terminal.answer("\r")
            terminal.wait_for("STOP bench-2")
            terminal.wait_for(lambda text: text.lstrip().startswith("bench-2") and "RUN" in text)
            # The test part of the one that is not shown gets warm, which is said with its name.
            terminal.wait_for("bench-1: HIGH alarm", 30)
            press_stop(terminal)
            terminal.wait_for("confirmed")
            terminal.wait_for("IDLE")
            terminal.send("P")
            terminal.wait_for("Chambers")
            terminal.wait_for(lambda text: "RUN" in text and "idle" in text.lower())
            terminal.answer("\x1b")
            terminal.wait_for(lambda text: "Chambers" not in text)
            leave(terminal)
            assert terminal.wait() == 0, terminal.left()
            terminal.assert_as_before()
            assert terminal.left() == ""
    cancelled = {}
    for name in ("bench-1", "bench-2"):
        path = tmp_path / "records" / f"{name}.xovac.sqlite3"
        assert [one.name for one in path.parent.glob(f"{path.name}-*")] == []
        with Record(path) as record:
            cancelled[name] = {row.entry.command for row in lists.read(record, RecordedCommand)}
            warm = "part warm" in [row.change.rule for row in lists.read(record, RecordedAlarm)]
            assert warm == (name == "bench-1")
            assert [session.closed for session in lists.sessions(record)] == [True]
        check = subprocess.run(
            [*PROGRAM, "audit", "verify", "--profile", name],
            env=environment(tmp_path),
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        assert check.returncode == 0, check.stderr
    assert cancelled == {"bench-1": set(), "bench-2": {"cancel_recipe"}}
