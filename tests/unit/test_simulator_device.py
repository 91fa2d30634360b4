"""The device's commands and messages, without sockets."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.simulator.device import Answer, Device
from xovac_tui.simulator.faults import FaultBoard, SimulatedFault
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.server import COMMANDS

PARAMETERS = load_parameters()
RECIPE = json.dumps({"name": "Bake", "recipe": [[40, 600, 0.0], [40, 600, 0.0]]})
UTC = 1_800_000_000.0


@pytest.fixture
def device() -> Device:
    return Device(Machine(PARAMETERS, warm=True), FaultBoard(), speed=1.0)


def ask(device: Device, event: str, *args: Any) -> Answer | None:
    return device.handle(event, args, utc=UTC, since_start=0.0)


def result(device: Device, event: str, payload: Any) -> str:
    answer = ask(device, event, json.dumps(payload))
    assert answer is not None
    assert answer.event == f"{event}_ack"
    return answer.result


def start(device: Device) -> None:
    ask(device, "load_recipe", RECIPE)
    ask(device, "start_recipe", "")
    assert device.machine.running


@pytest.mark.parametrize("args", [("",), (), ("anything",), ({"a": 1},), (b"\xff",), (1, 2, 3)])
def test_cancel_while_idle_is_the_manuals_own_text(device: Device, args: tuple[Any, ...]) -> None:
    answer = ask(device, "cancel_recipe", *args)
    assert answer is not None
    assert answer.event == "cancel_recipe_ack"
    assert answer.text() == (
        '{"result": "warning", "message": "Could not cancel server running as server is not running."}'
    )


def test_load_while_running_is_the_manuals_own_text(device: Device) -> None:
    start(device)
    answer = ask(device, "load_recipe", RECIPE)
    assert answer is not None
    assert answer.text() == (
        '{"result": "warning", "message": "Could not load recipe as the server is already running..."}'
    )
    assert ask(device, "load_recipe", "not JSON") == answer, "running is looked at first"


def test_load_start_and_cancel(device: Device) -> None:
    answer = ask(device, "load_recipe", RECIPE)
    assert answer is not None
    assert answer.text() == '{"result": "success", "message": ""}'
    state = json.loads(device.recipe_state())
    assert (state["name"], state["state"], state["step"], state["steps"]) == ("Bake", "loaded", None, 2)
    assert device.machine.mode == "idle", "loading does not start"
    assert ask(device, "start_recipe", "") == Answer("start_recipe_ack", "success")
    assert json.loads(device.recipe_state())["step"] == 1
    device.advance(700.0)
    assert json.loads(device.recipe_state())["step"] == 2
    assert json.loads(device.chamber_state(UTC))["mode"] == "running"
    cancelled = ask(device, "cancel_recipe", "")
    assert cancelled is not None
    assert cancelled.text() == '{"result": "success", "message": ""}'
    assert json.loads(device.recipe_state())["state"] == "cancelled"
    state = json.loads(device.chamber_state(UTC))
    assert (state["mode"], state["setpoint"]) == ("idle", None)


@pytest.mark.parametrize(
    "payload", [RECIPE, RECIPE.encode(), json.loads(RECIPE)], ids=["text", "bytes", "object"]
)
def test_a_payload_is_taken_in_any_form(device: Device, payload: Any) -> None:
    assert ask(device, "load_recipe", payload) == Answer("load_recipe_ack", "success")


def test_start_is_refused_with_a_reason(device: Device) -> None:
    answer = ask(device, "start_recipe", "")
    assert answer is not None
    assert (answer.result, "no recipe is loaded" in answer.message) == ("warning", True)
    start(device)
    answer = ask(device, "start_recipe", "")
    assert answer is not None
    assert (answer.result, "already running" in answer.message) == ("warning", True)


@pytest.mark.parametrize("key", ["epoch", "msSinceEpoch"])
def test_sync_sets_the_clock_and_says_nothing(device: Device, key: str) -> None:
    payload = json.dumps({"utcOffset": 3600000, key: (UTC + 90.0) * 1000})
    assert ask(device, "sync_xovac_time", payload) is None
    assert json.loads(device.chamber_state(UTC + 5.0))["time"] == (UTC + 95.0) * 1000
    assert device.utc_offset == 3600000


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"epoch": "now"}', '{"epoch": NaN}', '{"epoch": 1e99}'])
def test_a_bad_sync_leaves_the_clock_alone(device: Device, payload: str) -> None:
    assert ask(device, "sync_xovac_time", payload) is None
    assert json.loads(device.chamber_state(UTC))["time"] == UTC * 1000


def test_the_pump(device: Device) -> None:
    assert result(device, "set_pump", {"on": False}) == "success"
    assert not device.machine.vacuum.pump
    assert result(device, "set_pump", {"on": True}) == "success"
    assert device.machine.vacuum.pump
    for bad in ({}, {"on": 1}, {"on": "true"}, [], None):
        assert result(device, "set_pump", bad) == "error"
    assert device.machine.vacuum.pump


def test_the_vent(device: Device) -> None:
    for bad in ({}, {"rate": -1}, {"rate": 51}, {"rate": True}, {"rate": "10"}, {"rate": math.nan}, 5):
        assert result(device, "vent", bad) == "error"
    assert device.machine.vacuum.pump, "a refused vent touches nothing"
    assert result(device, "vent", {"rate": 10}) == "success"
    assert (device.machine.vacuum.pump, device.machine.mode) == (False, "venting")
    assert result(device, "set_pump", {"on": True}) == "warning"
    ask(device, "load_recipe", RECIPE)
    assert result(device, "start_recipe", "") == "warning"
    device.advance(20.0)
    assert json.loads(device.chamber_state(UTC))["vacuum"]["p"] > 100
    assert result(device, "vent", {"rate": 0}) == "success"
    assert device.machine.mode == "idle"


def test_no_venting_into_a_running_recipe(device: Device) -> None:
    start(device)
    assert result(device, "vent", {"rate": 10}) == "warning"
    assert device.machine.vacuum.pump


@given(
    event=st.sampled_from([*COMMANDS, "unknown", ""]),
    args=st.lists(st.text() | st.binary() | st.none() | st.floats() | st.just("[" * 100_000), max_size=3),
)
def test_nothing_upsets_the_device(event: str, args: list[Any]) -> None:
    device = Device(Machine(PARAMETERS), FaultBoard(), speed=1.0)
    answer = ask(device, event, *args)
    assert (answer is None) == (event not in COMMANDS or event == "sync_xovac_time")
    if answer is not None:
        assert json.loads(answer.text()).keys() == {"result", "message"}
        assert answer.result == "success" or answer.message.endswith(".")


def test_speed_moves_the_model_and_not_the_clock() -> None:
    device = Device(Machine(PARAMETERS, warm=True), FaultBoard(), speed=60.0)
    device.advance(1.0)
    state = json.loads(device.chamber_state(UTC))
    assert state["sim"]["speed"] == 60.0
    assert state["sim"]["elapsed"] == pytest.approx(60.0)
    assert state["time"] == UTC * 1000


def state_with(device: Device, fault: SimulatedFault) -> tuple[str, str]:
    """Return `chamber_state` with a fault on, and after it was turned off by its command."""
    assert result(device, "simulator_fault", {"fault": fault, "on": True, "seconds": 0}) == "success"
    device.advance(30.0)
    with_it = device.chamber_state(UTC)
    assert json.loads(with_it)["sim"]["faults"] == fault
    assert result(device, "simulator_fault", {"fault": fault, "on": False}) == "success"
    device.advance(30.0)
    return with_it, device.chamber_state(UTC)


def test_an_open_sensor_reads_null(device: Device) -> None:
    with_it, without = state_with(device, SimulatedFault.SENSOR_OPEN)
    assert json.loads(with_it)["plateT"]["A"] is None
    assert isinstance(json.loads(without)["plateT"]["A"], float)


def test_a_broken_sensor_reads_nan(device: Device) -> None:
    with_it, without = state_with(device, SimulatedFault.SENSOR_NAN)
    assert '"B": NaN' in with_it
    assert "NaN" not in without


def test_the_clock_jumps_and_comes_back(device: Device) -> None:
    with_it, without = state_with(device, SimulatedFault.CLOCK_JUMP)
    assert json.loads(with_it)["time"] - json.loads(without)["time"] == 3600_000


def test_a_leak_shows_in_the_pressure(device: Device) -> None:
    with_it, without = state_with(device, SimulatedFault.LEAK)
    assert json.loads(with_it)["vacuum"]["p"] > 20 * json.loads(without)["vacuum"]["p"]


def test_a_hot_tec_shows_in_its_temperature(device: Device) -> None:
    with_it, without = state_with(device, SimulatedFault.HOT_TEC)
    assert json.loads(with_it)["tec"]["ext1"] > json.loads(with_it)["tec"]["ext2"] + 5
    assert json.loads(without)["tec"]["ext1"] < json.loads(with_it)["tec"]["ext1"]


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"fault": "fire"},
        {"fault": None},
        {"fault": ["leak"]},
        {"fault": "leak", "on": 1},
        {"fault": "leak", "seconds": -1},
        {"fault": "leak", "seconds": "5"},
        {"fault": "leak", "seconds": math.nan},
    ],
)
def test_a_bad_fault_gets_a_sentence(device: Device, payload: Any) -> None:
    assert result(device, "simulator_fault", payload) == "error"
    assert device.faults.active() == ()


@pytest.mark.parametrize(("keeps", "mode", "name"), [(False, "idle", None), (True, "running", "Bake")])
def test_a_restart_loses_the_recipe_or_keeps_it(keeps: bool, mode: str, name: str | None) -> None:
    faults = msgspec.structs.replace(PARAMETERS.faults, restart_keeps_recipe=keeps)
    machine = Machine(msgspec.structs.replace(PARAMETERS, faults=faults), warm=True)
    device = Device(machine, FaultBoard(), speed=1.0)
    start(device)
    device.restart()
    device.advance(1.0)
    assert (device.machine.mode, json.loads(device.recipe_state())["name"]) == (mode, name)
