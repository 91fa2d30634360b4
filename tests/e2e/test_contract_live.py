"""A contract file that changes on disk while the recorder and a console run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.pty import console, environment, until
from tests.helpers.simulator import ROOT, simulator_process
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are POSIX")

NAMED = """
[messages.chamber_state]
"part" = { channel = "sample", label = "Sample", unit = "degC", pin = true, role = "controlled" }
"""


def changes(home: Path) -> list[RecordedChange]:
    """Return what the record says of contracts; nothing while it is being made."""
    try:
        with Record(next((home / "records").glob("*.xovac.sqlite3"))) as record:
            return [one for one in lists.changes(record) if one.kind == "contract"]
    except (RecordError, StopIteration):
        return []


def replace(file: Path, text: str) -> None:
    """Write a file in one piece, as an editor does."""
    new = file.with_suffix(".new")
    new.write_text(text)
    os.replace(new, file)


@pytest.mark.slow
def test_a_file_that_changes_is_in_force_in_the_recorder_and_a_console(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("")
    with simulator_process("--warm", "--period", "0.2") as chamber:
        (tmp_path / "config.toml").write_text(
            f'[profiles.bench]\nurl = "{chamber.url}"\ncontracts = ["own.toml"]\n[[alarms.rules]]\n'
            'name = "sample hot"\nkind = "high"\nchannel = "sample"\nlimit = -100\nseverity = "high"\n'
        )
        said = tmp_path / "said"
        with said.open("w") as errors:
            recorder = subprocess.Popen(
                [sys.executable, "-m", "xovac_tui", "record", "--profile", "bench"],
                env=environment(tmp_path),
                cwd=ROOT,
                stderr=errors,
            )
        try:
            until(lambda: changes(tmp_path), 20, "a record")
            with console("--profile", "bench", home=tmp_path) as program:
                program.wait_for(f"REC ● {recorder.pid}")
                program.wait_for("part")
                replace(file, NAMED)
                program.wait_for("Sample")
                # The recorder evaluates: it knows now which channel a rule means.
                program.wait_for("1 HIGH")
                replace(file, NAMED.replace('"degC"', '"mbar"'))
                program.wait_for("Contract not taken")
                until(lambda: "own.toml: `messages." in said.read_text(), 10, "the recorder's own word")
                program.send("q")
                assert program.wait() == 0
        finally:
            recorder.send_signal(signal.SIGTERM)
            assert recorder.wait(20) == 0
    words = said.read_text()
    assert "contract changed: messages.chamber_state." in words
    assert 'alarm "sample hot"' in words
    first, change = changes(tmp_path)
    assert 'messages.chamber_state."part".label: nothing -> Sample' in change.text
    assert change.position
    assert change.position > (first.position or 0)
