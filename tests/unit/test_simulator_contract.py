"""The contract file of the simulator says what the simulator does, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xovac_tui.api.contract import FieldType, Origin, Role
from xovac_tui.api.forms import check_values
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.api.payload import leaves
from xovac_tui.simulator.device import Device
from xovac_tui.simulator.faults import FaultBoard, SimulatedFault
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.server import COMMANDS
from xovac_tui.station.commands import prepare

CONTRACT = load_contract((), simulator=True)
OURS = {name: spec for name, spec in CONTRACT.commands.items() if name not in documented_contract().commands}


@pytest.fixture
def device() -> Device:
    return Device(Machine(load_parameters(), warm=True), FaultBoard(), speed=2.0)


def test_it_adds_only_assumptions() -> None:
    assert set(CONTRACT.commands) == set(COMMANDS)
    assert set(OURS) == {"start_recipe", "set_pump", "vent", "simulator_fault"}
    origins = {spec.origin for spec in OURS.values()}
    origins |= {spec.origin for spec in CONTRACT.messages.values()}
    origins |= {CONTRACT.responses[spec.ack or ""].origin for spec in OURS.values()}
    assert origins == {Origin.ASSUMED}
    assert all(spec.source and spec.means and spec.help for spec in OURS.values())
    assert CONTRACT.start == "start_recipe"


@pytest.mark.parametrize("name", sorted(CONTRACT.commands))
def test_every_command_is_answered_as_the_contract_says(device: Device, name: str) -> None:
    answer = device.handle(name, ("",), utc=0.0, since_start=0.0)
    assert (answer.event if answer else None) == CONTRACT.commands[name].ack


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_defaults_of_a_form_are_taken_by_the_device(device: Device, name: str) -> None:
    if name == "start_recipe":
        device.handle("load_recipe", ('{"name": "R", "recipe": [[20, 9, 0]]}',), utc=0.0, since_start=0.0)
    text = prepare(CONTRACT, name, {}, utc=0.0).text
    answer = device.handle(name, (text,), utc=0.0, since_start=0.0)
    assert answer is not None
    assert answer.result == "success"


def test_the_clock_is_set_by_what_a_client_sends(device: Device) -> None:
    spec = CONTRACT.commands["sync_xovac_time"]
    text = json.dumps(check_values(spec, {}, utc=1e9, utc_offset=-3600.0))
    assert device.handle("sync_xovac_time", (text,), utc=5e8, since_start=0.0) is None
    assert (device.clock_offset, device.utc_offset) == (5e8, -3600000.0)


def test_the_choices_are_the_faults() -> None:
    field = next(f for f in OURS["simulator_fault"].fields if f.type is FieldType.CHOICE)
    assert field.choices == tuple(SimulatedFault)


def messages(device: Device) -> dict[str, dict[str, Any]]:
    device.machine.step(1.0)
    return {
        "chamber_state": json.loads(device.chamber_state(0.0)),
        "recipe_state": json.loads(device.recipe_state()),
    }


def test_every_leaf_has_a_name_and_every_name_a_leaf(device: Device) -> None:
    sent = {event: {path for path, _ in leaves(value)} for event, value in messages(device).items()}
    named = {event: {leaf.path for leaf in spec.leaves} for event, spec in CONTRACT.messages.items()}
    assert sent == named


def test_a_reader_sees_a_dozen_channels_with_units() -> None:
    shown = [leaf for spec in CONTRACT.messages.values() for leaf in spec.leaves if not leaf.hide]
    assert 12 <= len(shown) <= 16
    assert all(leaf.label and leaf.channel for leaf in shown)
    assert [leaf.channel for leaf in shown if not leaf.unit] == ["pump"]
    channels = [leaf.channel for spec in CONTRACT.messages.values() for leaf in spec.leaves]
    assert len(set(channels)) == len(channels)


def test_every_role_is_played_once() -> None:
    roles = [leaf.role for spec in CONTRACT.messages.values() for leaf in spec.leaves if leaf.role]
    assert sorted(roles) == sorted(
        set(Role) - {Role.DEW_POINT, Role.HUMIDITY, Role.ROOM_TEMPERATURE, Role.PART_POWER}
    )


def test_the_words_of_the_mode_are_all_known(device: Device) -> None:
    mode = next(leaf for leaf in CONTRACT.messages["chamber_state"].leaves if leaf.role is Role.STATE)
    seen = {device.machine.mode}
    device.handle("vent", ('{"rate": 1}',), utc=0.0, since_start=0.0)
    seen.add(device.machine.mode)
    device.handle("vent", ('{"rate": 0}',), utc=0.0, since_start=0.0)
    device.handle("load_recipe", ('{"name": "R", "recipe": [[20, 9, 0]]}',), utc=0.0, since_start=0.0)
    device.handle("start_recipe", ("",), utc=0.0, since_start=0.0)
    assert device.machine.mode in mode.running
    assert seen == set(mode.idle)
