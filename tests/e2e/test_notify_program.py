"""`xovac-tui record` as a program notifies of an alarm: a webhook and a command, without a screen."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.hooks import hook
from tests.helpers.pty import environment
from tests.helpers.simulator import ROOT, simulator_process_async

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

SETTINGS = """
[[alarms.rules]]
name = "link lost"
kind = "link"
severity = "critical"
action = "Look at the chamber itself."

[[notify.receivers]]
name = "hook"
kind = "webhook"
url_file = "hook.address"

[[notify.receivers]]
name = "note"
kind = "command"
command = [{python}, "-c", "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10))", {out}]

[notify.heartbeat]
url = "{url}/beat/{{chamber}}"

[profiles.bench-1]
url = "{chamber}"
contracts = ["simulator"]
"""


@pytest.mark.slow
async def test_a_chamber_that_goes_away_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "told.jsonl"
    async with hook() as server, simulator_process_async("--warm", "--period", "0.1") as chamber:
        address = tmp_path / "hook.address"
        address.write_text(f"{server.url}/secret-token")
        address.chmod(0o600)
        python, log = json.dumps(sys.executable), json.dumps(str(out))
        (tmp_path / "config.toml").write_text(
            SETTINGS.format(python=python, out=log, url=server.url, chamber=chamber.url)
        )
        recorder = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "xovac_tui", "record"),
            env=environment(tmp_path),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        assert recorder.stderr is not None
        said = b""
        try:
            async with asyncio.timeout(30):
                while b"ONLINE" not in said:
                    said += await recorder.stderr.readline()
            # While all is well only the heartbeat speaks.
            await server.until(lambda: "GET /beat/bench-1" in server.requests, 15)
            assert server.received == []
            await asyncio.to_thread(chamber.kill)
            await server.until(lambda: server.received, 20)
            await server.until(lambda: out.exists() and out.read_text().endswith("\n"), 20)
        finally:
            recorder.send_signal(signal.SIGTERM)
            said += await recorder.stderr.read()
            code = await recorder.wait()
    assert code == 0
    (reported,) = server.received
    (alarm,) = reported["alarms"]
    assert (reported["chamber"], reported["severity"], alarm["rule"]) == ("bench-1", "critical", "link lost")
    assert alarm["action"] == "Look at the chamber itself."
    assert json.loads(out.read_text())["alarms"] == reported["alarms"]
    assert b"Traceback" not in said
    assert b"secret-token" not in said
    assert "secret-token" not in (tmp_path / "logs" / "xovac-tui.log").read_text()
