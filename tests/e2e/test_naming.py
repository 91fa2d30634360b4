"""An undocumented device is named in the console by exactly the keys that the docs print, and few of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.pty import ANSWER_SECONDS, ROOT, Pty, console, leave
from tests.helpers.undocumented import START
from xovac_tui.api.contract import Role
from xovac_tui.api.loader import load_contract

pytestmark = pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX")

MOST_KEYS = 80
"""Keys that naming six channels and a start command may take, typed names not counted."""
SENT = {"enter": "\r", "f2": "\x1bOQ"}


def printed_keys() -> list[str]:
    """Return the keys that docs/naming.md prints, in order; `<name>` is typed."""
    block = re.search(r"```keys\n(.*?)```", (ROOT / "docs" / "naming.md").read_text(), re.DOTALL)
    assert block is not None
    keys: list[str] = []
    for line in block[1].splitlines():
        columns = re.split(r" {2,}", line, maxsplit=1)
        times = re.match(r"×(\d+)", columns[1]) if len(columns) > 1 else None
        keys += columns[0].split() * (int(times[1]) if times else 1)
    return keys


@pytest.fixture
def device() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.undocumented"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield int(process.stdout.readline()), process
    process.kill()
    process.communicate()


def heading(shown: str) -> str:
    """Return the heading of the form that is shown; empty for none."""
    found = re.search(r"╭─ ((?:Channel [^─]+|A new command)) ─", shown)
    return found[1].strip() if found else ""


def press(program: Pty, key: str) -> None:
    """Press a key as a person does, who looks first, and wait until it has done its work."""
    picture = program.text()
    before, another = heading(picture), "Save, then" in picture or not heading(picture)
    time.sleep(ANSWER_SECONDS)
    if key.startswith("<"):
        program.send(key[1:-1])
        program.wait_for(key[1:-1])
        return
    program.send(SENT.get(key, key))
    match key:
        case "enter":
            # Between two forms the tab below may be seen.
            program.wait_for(lambda shown: heading(shown) != before and bool(heading(shown)) is another)
        case "g" | "f2":
            program.wait_for(lambda shown: ": take " not in shown)
        case "2":
            program.wait_for("Ledger")
        case "N":
            program.wait_for(lambda shown: heading(shown))


def test_six_channels_and_a_start_command_are_named_by_the_printed_keys(
    tmp_path: Path, device: tuple[int, subprocess.Popen[str]]
) -> None:
    port, process = device
    (tmp_path / "config.toml").write_text(f'[profiles.bench]\nurl = "http://127.0.0.1:{port}"\n')
    keys = printed_keys()
    assert sum(not key.startswith("<") for key in keys) <= MOST_KEYS
    with console("--profile", "bench", home=tmp_path, size=(80, 24)) as program:
        program.wait_for("phase")
        for key in keys:
            press(program, key)
        program.send("1")
        program.wait_for("IDLE")
        leave(program)
        assert program.wait() == 0
    contract = load_contract([tmp_path / "contracts" / "bench.toml"])
    (message,) = contract.messages.values()
    leaves = {leaf.path: leaf for leaf in message.leaves}
    assert {path: leaf.unit for path, leaf in leaves.items()} == {
        "vacuum.p_mbar": "mbar",
        "temps.dut_degC": "degC",
        "temps.shroud_degC": "degC",
        "temps.setpoint_degC": "degC",
        "heater.power_W": "W",
        "phase": "",
    }
    assert {leaf.role for leaf in leaves.values()} >= {
        Role.PRESSURE,
        Role.CONTROLLED,
        Role.SETPOINT,
        Role.STATE,
    }
    assert {path for path, leaf in leaves.items() if leaf.pin} == {"vacuum.p_mbar", "temps.dut_degC"}
    assert leaves["phase"].idle == ("idle",)
    assert all(leaf.label and leaf.channel for leaf in leaves.values())
    assert contract.start == START
    confirm = contract.commands[START].confirm
    assert confirm is not None
    assert (confirm.role, confirm.becomes) == (Role.STATE, "running")
    process.kill()
    _, told = process.communicate()
    assert told == "", "the device was sent something"
