"""An undocumented device is named in the console by exactly the keys that the docs print, and few of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.node import node_server
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


class Undocumented(NamedTuple):
    """A device that nobody documented, and what its contract is to say after the printed keys."""

    url: str
    told: Callable[[], Sequence[object]]
    """Returns what was sent to it."""
    last: str
    """Of what comes, a word that the readings show last."""
    start: str
    units: Mapping[str, str]
    """By event and path."""
    roles: Mapping[str, Role]
    pinned: frozenset[str]
    idle: str


@contextmanager
def in_python() -> Iterator[Undocumented]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.undocumented"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    def told() -> list[str]:
        process.kill()
        return process.communicate()[1].splitlines()

    try:
        yield Undocumented(
            url=f"http://127.0.0.1:{int(process.stdout.readline())}",
            told=told,
            last="phase",
            start=START,
            units={
                "telemetry.vacuum.p_mbar": "mbar",
                "telemetry.temps.dut_degC": "degC",
                "telemetry.temps.shroud_degC": "degC",
                "telemetry.temps.setpoint_degC": "degC",
                "telemetry.heater.power_W": "W",
                "telemetry.phase": "",
            },
            roles={
                "telemetry.vacuum.p_mbar": Role.PRESSURE,
                "telemetry.temps.dut_degC": Role.CONTROLLED,
                "telemetry.temps.setpoint_degC": Role.SETPOINT,
                "telemetry.heater.power_W": Role.OUTPUT,
                "telemetry.phase": Role.STATE,
            },
            pinned=frozenset(("telemetry.vacuum.p_mbar", "telemetry.temps.dut_degC")),
            idle="idle",
        )
    finally:
        process.kill()
        process.communicate()


@contextmanager
def in_node() -> Iterator[Undocumented]:
    with node_server(script="undocumented.mjs") as server:
        yield Undocumented(
            url=server.url,
            told=server.commands,
            last="STANDBY",
            start="runCycle",
            units={
                "tvac:gauges.foreline.pirani_Torr": "Torr",
                "tvac:gauges.main.ion_Torr": "Torr",
                "Thermals.zones.0.specimen.tempC": "degC",
                "Thermals.zones.1.base plate.tempC": "degC",
                "Thermals.drive.heaterCurrent_mA": "mA",
                "cycle/info.now.what it does": "",
            },
            roles={
                "tvac:gauges.main.ion_Torr": Role.PRESSURE,
                "Thermals.zones.0.specimen.tempC": Role.CONTROLLED,
                "cycle/info.now.what it does": Role.STATE,
            },
            pinned=frozenset(("tvac:gauges.main.ion_Torr", "Thermals.zones.0.specimen.tempC")),
            idle="STANDBY",
        )


@pytest.fixture(params=[in_python, pytest.param(in_node, marks=pytest.mark.node)])
def device(request: pytest.FixtureRequest) -> Iterator[Undocumented]:
    with request.param() as running:
        yield running


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


@pytest.mark.slow
def test_six_channels_and_a_start_command_are_named_by_the_printed_keys(
    tmp_path: Path, device: Undocumented
) -> None:
    (tmp_path / "config.toml").write_text(f'[profiles.bench]\nurl = "{device.url}"\n')
    keys = [key.replace(START, device.start) for key in printed_keys()]
    assert sum(not key.startswith("<") for key in keys) <= MOST_KEYS
    with console("--profile", "bench", home=tmp_path, size=(80, 24)) as program:
        program.wait_for(device.last)
        for key in keys:
            press(program, key)
        program.send("1")
        program.wait_for("IDLE")
        leave(program)
        assert program.wait() == 0
    contract = load_contract([tmp_path / "contracts" / "bench.toml"])
    leaves = {
        f"{event}.{leaf.path}": leaf
        for event, message in contract.messages.items()
        for leaf in message.leaves
    }
    assert {name: leaf.unit for name, leaf in leaves.items()} == device.units
    assert {name: leaf.role for name, leaf in leaves.items() if leaf.role} == device.roles
    assert {name for name, leaf in leaves.items() if leaf.pin} == device.pinned
    (state,) = (leaf for leaf in leaves.values() if leaf.role is Role.STATE)
    assert state.idle == (device.idle,)
    assert all(leaf.label and leaf.channel for leaf in leaves.values())
    assert contract.start == device.start
    confirm = contract.commands[device.start].confirm
    assert confirm is not None
    assert (confirm.role, confirm.becomes) == (Role.STATE, "running")
    assert not device.told(), "the device was sent something"
