"""The simulator over real sockets: the documented contract to the letter, and every fault."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from tests.helpers.simulator import ROOT, Lines, Peer, peer, reachable, simulator, simulator_process
from xovac_tui.clock import SystemClock
from xovac_tui.errors import SettingsError, XovacError
from xovac_tui.simulator.__main__ import main
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE
from xovac_tui.simulator.faults import FaultPlan, SimulatedFault, unknown_fault
from xovac_tui.simulator.options import SimulatorOptions, check_options
from xovac_tui.simulator.run import ready_line
from xovac_tui.simulator.server import Simulator

# The example of the manual's overview page, as it stands there.
EXAMPLE = """\
import socketio

sio = socketio.Client()

@sio.event
def connect():
    print('connection established')
    sio.emit('cancel_recipe', '')

@sio.event
def cancel_recipe_ack(data):
    print('message received with ', data)

@sio.event
def disconnect():
    print('disconnected from server')

sio.connect('http://localhost:8080')
sio.wait()
"""
WARNING = f'{{"result": "warning", "message": "{CANCEL_WHILE_IDLE}"}}'
# What the page says that it prints.
PRINTED = [
    "connection established",
    f"message received with  {WARNING}",
    "disconnected from server",
]
SUCCESS = {"result": "success", "message": ""}
RECIPE = {"name": "Bake", "recipe": [[60, 600, 0.0], [60, 600, 0.0]]}
FAST: dict[str, Any] = {"period": 0.05, "warm": True}
"""Telemetry twenty times a second, so that tests need not wait."""


def test_the_manuals_example_prints_what_the_manual_says(tmp_path: Path) -> None:
    with simulator_process() as server:
        script = tmp_path / "example.py"
        script.write_text(EXAMPLE.replace("http://localhost:8080", server.url))
        process = subprocess.Popen(
            [sys.executable, "-u", str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        lines, errors = Lines(process.stdout), Lines(process.stderr)
        try:
            printed = [lines.next(), lines.next()]
            # Ended from its own side, the script may be gone before its client library has reported it.
            assert server.stop() == 0
            printed += lines.rest()
            process.wait(15)
        finally:
            process.kill()
            process.wait(10)
    assert printed == PRINTED
    assert errors.rest() == []


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_answers_are_json_text_on_either_transport(transport: str) -> None:
    async with simulator() as server:
        async with peer(server.url, transport) as client:
            await client.client.emit("cancel_recipe", "")
            await client.until(lambda: bool(client.of("cancel_recipe_ack")))
            assert client.of("cancel_recipe_ack") == [WARNING]
            begin = time.monotonic()
        assert time.monotonic() - begin < 5.0, "a client that leaves is let go"


async def test_a_transport_can_be_taken_away() -> None:
    async with simulator(transports=("websocket",)) as server:
        assert not await reachable(server.url, "polling")
        async with peer(server.url) as client:
            assert (await client.ask("cancel_recipe"))["result"] == "warning"


async def test_a_recipe_from_loading_to_cancelling() -> None:
    async with simulator(**FAST, speed=60.0) as server, peer(server.url) as client:
        assert (await client.state())["mode"] == "idle"
        assert await client.ask("load_recipe", RECIPE) == SUCCESS
        loaded = await client.recipe(lambda state: state["state"] == "loaded")
        assert (loaded["name"], loaded["step"], loaded["steps"]) == ("Bake", None, 2)
        assert await client.ask("start_recipe") == SUCCESS
        assert (await client.recipe(lambda state: state["state"] == "running"))["step"] == 1
        running = await client.state(lambda state: state["mode"] == "running")
        assert isinstance(running["setpoint"], float)
        again = await client.ask("load_recipe", RECIPE)
        assert again == {
            "result": "warning",
            "message": "Could not load recipe as the server is already running...",
        }
        assert await client.ask("cancel_recipe") == SUCCESS
        assert (await client.recipe(lambda state: state["state"] == "cancelled"))["step"] is None
        assert (await client.state())["mode"] == "idle"


async def test_a_recipe_runs_to_its_end_at_speed() -> None:
    short = {"name": "Short", "recipe": [[30, 300, 0], [35, 300, 0]]}
    async with simulator(**FAST, speed=600.0) as server, peer(server.url) as client:
        await client.ask("load_recipe", short)
        await client.ask("start_recipe")
        await client.recipe(lambda state: state["step"] == 2)
        await client.recipe(lambda state: state["state"] == "finished")
        state = await client.state()
        assert (state["mode"], state["sim"]["speed"]) == ("idle", 600.0)


async def test_telemetry_is_json_text_once_a_second() -> None:
    async with simulator(warm=True, speed=60.0) as server, peer(server.url) as client:
        await client.until(lambda: len(client.of("chamber_state")) >= 3)
        times = client.times("chamber_state")
        assert 1.5 < times[2] - times[0] < 2.8
        first, second = (json.loads(text) for text in client.of("chamber_state")[:2])
        assert second["sim"]["elapsed"] - first["sim"]["elapsed"] == pytest.approx(60.0)
        assert abs(first["time"] / 1000 - time.time()) < 10
        assert set(first["plateT"]) == {"A", "B"}


async def test_a_new_client_gets_the_recipe_at_once() -> None:
    async with simulator() as server, peer(server.url) as first:
        await first.ask("load_recipe", RECIPE)
        await first.recipe(lambda state: state["name"] == "Bake")
        begin = time.monotonic()
        async with peer(server.url) as second:
            assert (await second.recipe())["name"] == "Bake"
            assert time.monotonic() - begin < 3.0


async def test_several_clients_share_one_chamber() -> None:
    async with simulator(**FAST) as server, peer(server.url) as one, peer(server.url, "polling") as two:
        await one.ask("load_recipe", RECIPE)
        assert (await two.recipe(lambda state: state["state"] == "loaded"))["name"] == "Bake"
        assert await two.ask("start_recipe") == SUCCESS
        await one.state(lambda state: state["mode"] == "running")
        assert one.of("start_recipe_ack") == [], "an answer goes to who asked"
        assert two.of("load_recipe_ack") == []
        assert server.clients == 2


@pytest.mark.parametrize(
    "payload",
    ["", "{", "null", "[1]", b"\xff\xfe", {"name": 1}, None, 5, [[]], "[" * 50_000, ("a", "b", "c")],
    ids=lambda value: repr(value)[:12],
)
async def test_a_malformed_recipe_gets_an_error_and_does_no_harm(payload: Any) -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        answer = await client.ask("load_recipe", payload) if not isinstance(payload, dict) else None
        if answer is None:
            await client.client.emit("load_recipe", payload)
            await client.until(lambda: bool(client.of("load_recipe_ack")))
            answer = json.loads(client.of("load_recipe_ack")[0])
        assert answer["result"] == "error"
        assert answer["message"].endswith(".")
        assert (await client.ask("cancel_recipe"))["result"] == "warning"


async def test_malformed_packets_hurt_no_other_client() -> None:
    async with simulator(**FAST) as server, peer(server.url) as witness:
        address = server.url + "/socket.io/?EIO=4&transport=websocket"
        for packet in (
            "42",
            "42{}",
            "42[]",
            '42[{"a":1}]',
            '42["connect"]',
            "99",
            "4",
            "\x00",
            "45-[",
            "x" * 9000,
        ):
            async with aiohttp.ClientSession() as session, session.ws_connect(address) as raw:
                await raw.receive()
                await raw.send_str("40")
                await raw.receive()
                await raw.send_str(packet)
                await raw.send_str('42["cancel_recipe",""]')
        async with aiohttp.ClientSession() as session:
            async with session.get(server.url + "/socket.io/?EIO=3&transport=polling") as old:
                assert old.status == 400
            async with session.get(server.url + "/elsewhere") as other:
                assert other.status == 404
        assert (await witness.ask("cancel_recipe"))["result"] == "warning"
        await witness.state()


async def test_the_clock_is_set_without_an_answer() -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        wanted = (time.time() + 5000.0) * 1000.0
        await client.client.emit("sync_xovac_time", json.dumps({"utcOffset": 0, "epoch": wanted}))
        await client.state(lambda state: abs(state["time"] - wanted) < 10_000)
        names = {name for name, _, _ in client.events}
        assert names == {"chamber_state", "recipe_state"}


async def test_the_same_seed_sends_the_same_readings() -> None:
    async def readings(seed: int) -> dict[float, str]:
        async with simulator(**FAST, seed=seed) as server, peer(server.url) as client:
            await client.until(lambda: len(client.of("chamber_state")) >= 15)
            states = [json.loads(text) for text in client.of("chamber_state")]
        return {s["sim"]["elapsed"]: json.dumps({**s, "time": 0}) for s in states}

    one, same, other = await asyncio.gather(readings(4), readings(4), readings(5))
    common = one.keys() & same.keys() & other.keys()
    assert len(common) >= 8
    assert all(one[when] == same[when] for when in common)
    assert all(one[when] != other[when] for when in common)


# --- faults --------------------------------------------------------------------------------------


async def fault(client: Peer, name: SimulatedFault, seconds: float = 0, *, on: bool = True) -> None:
    assert await client.ask("simulator_fault", {"fault": name, "on": on, "seconds": seconds}) == SUCCESS


async def test_frozen_telemetry_thaws() -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        await client.state()
        await fault(client, SimulatedFault.FREEZE_TELEMETRY)
        await asyncio.sleep(0.1)
        have = len(client.of("chamber_state"))
        assert (await client.ask("cancel_recipe"))["result"] == "warning", "commands are still answered"
        await asyncio.sleep(0.4)
        assert len(client.of("chamber_state")) == have
        await fault(client, SimulatedFault.FREEZE_TELEMETRY, on=False)
        await client.state()


async def test_a_lost_answer_is_lost_and_the_command_is_not() -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        await fault(client, SimulatedFault.LOST_ACK)
        await client.client.emit("load_recipe", json.dumps(RECIPE))
        await client.recipe(lambda state: state["state"] == "loaded")
        await fault(client, SimulatedFault.LOST_ACK, on=False)
        assert client.of("load_recipe_ack") == []
        assert await client.ask("load_recipe", RECIPE) == SUCCESS


async def test_a_double_answer_comes_twice() -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        await fault(client, SimulatedFault.DOUBLE_ACK)
        await client.ask("cancel_recipe", count=2)
        await fault(client, SimulatedFault.DOUBLE_ACK, on=False)
        await client.ask("cancel_recipe")
        assert client.of("cancel_recipe_ack") == [WARNING] * 3


async def test_a_slow_answer_comes_late(tmp_path: Path) -> None:
    parameters = tmp_path / "slow.toml"
    parameters.write_text('[faults]\nslow_ack = { value = 0.6, unit = "s", origin = "assumed" }\n')
    async with simulator(**FAST, parameters=str(parameters)) as server, peer(server.url) as client:
        await fault(client, SimulatedFault.SLOW_ACK)
        begin = time.monotonic()
        await client.ask("cancel_recipe")
        assert 0.55 < time.monotonic() - begin < 3.0
        await client.client.emit("cancel_recipe", "")
        await client.state()
        # The server ends with an answer still owed.


@pytest.mark.parametrize("name", [SimulatedFault.DROP_LINK, SimulatedFault.RESTART_SERVER])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_the_link_drops_and_comes_back_on_the_same_port(name: SimulatedFault, transport: str) -> None:
    async with simulator(**FAST) as server:
        async with peer(server.url, transport) as client:
            await client.ask("load_recipe", RECIPE)
            await client.ask("start_recipe")
            await fault(client, name, 1.0)
            await client.until(lambda: "disconnect" in {event for event, _, _ in client.events}, 5.0)
        assert not await reachable(server.url)
        async with peer(await back(server)) as client:
            state = await client.state()
            # The recipe runs in the server: a lost link leaves it alone, a restart (assumed) does not.
            assert state["mode"] == ("running" if name is SimulatedFault.DROP_LINK else "idle")
            assert state["sim"]["elapsed"] > 0.8, "the chamber went on meanwhile"


async def back(server: Simulator) -> str:
    """Wait until the server takes connections again, and return its address."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if await reachable(server.url):
            return server.url
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{server.url} stays away")


async def test_a_dropped_link_that_cannot_be_turned_off_ends_by_itself(tmp_path: Path) -> None:
    parameters = tmp_path / "short.toml"
    parameters.write_text('[faults]\ndrop_link = { value = 0.4, unit = "s", origin = "assumed" }\n')
    async with simulator(**FAST, parameters=str(parameters)) as server:
        async with peer(server.url) as client:
            await fault(client, SimulatedFault.DROP_LINK)
            await client.until(lambda: bool(client.times("disconnect")), 5.0)
        await back(server)


async def test_a_server_can_be_stopped_while_its_link_is_down() -> None:
    async with simulator(**FAST) as server, peer(server.url) as client:
        server.begin(SimulatedFault.RESTART_SERVER, 3600)
        await client.until(lambda: bool(client.times("disconnect")), 5.0)
        begin = time.monotonic()
        await server.stop()
        assert time.monotonic() - begin < 3.0
        assert not await reachable(server.url)


async def test_a_server_that_slept_lets_the_time_go() -> None:
    class Sleeper(SystemClock):
        slept = 0.0

        def mono(self) -> float:
            return super().mono() + self.slept

    clock = Sleeper()
    async with Simulator(SimulatorOptions(port=0, **FAST), clock=clock) as server, peer(server.url) as client:
        await client.state()
        clock.slept = 1000.0
        await client.state()
        have = len(client.of("chamber_state"))
        await client.until(lambda: len(client.of("chamber_state")) >= have + 3)
        assert len(client.of("chamber_state")) < have + 20, "no flood of what was missed"
        assert server.machine.elapsed < 60.0


async def test_a_name_with_several_addresses_gets_one_port() -> None:
    async with simulator(host="localhost") as server:
        assert server.url == f"http://localhost:{server.port}"
        for address in {info[4][0] for info in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}:
            with contextlib.closing(socket.create_connection((str(address), server.port), timeout=5)):
                pass
        async with peer(server.url) as client:
            assert (await client.ask("cancel_recipe"))["result"] == "warning"


async def test_faults_can_be_planned() -> None:
    plan = (FaultPlan(SimulatedFault.CLOCK_JUMP, 0.3, 0.5), FaultPlan(SimulatedFault.SENSOR_OPEN))
    async with simulator(**FAST, faults=plan) as server, peer(server.url) as client:
        jumped = await client.state(lambda state: state["time"] / 1000 - time.time() > 3000)
        assert jumped["plateT"]["A"] is None
        back_again = await client.state(lambda state: abs(state["time"] / 1000 - time.time()) < 60)
        assert back_again["sim"]["faults"] == "sensor_open"
        server.end(SimulatedFault.SENSOR_OPEN)
        await client.state(lambda state: state["plateT"]["A"] is not None)


# --- the process ---------------------------------------------------------------------------------


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_it_says_where_it_listens_and_is_there() -> None:
    for host, shown, words in (
        ("::", "[::1]", "; open to the network on all IPv6 addresses)"),
        ("0.0.0.0", "127.0.0.1", "; open to the network on all IPv4 addresses)"),
        ("::1", "[::1]", ", speed 1)"),
    ):
        async with simulator(host=host) as server, peer(server.url):
            assert server.url == f"http://{shown}:{server.port}"
            assert words in ready_line(server.url, server.options)


@pytest.mark.parametrize(
    ("cors", "origin", "status"),
    [
        ((), "http://page.lab", 400),
        (("http://page.lab",), "http://page.lab", 200),
        (("http://page.lab",), "http://other.lab", 400),
        (("*",), "http://other.lab", 200),
    ],
)
async def test_only_pages_from_the_origins_that_are_named_connect(
    cors: tuple[str, ...], origin: str, status: int
) -> None:
    async with simulator(cors=cors) as server, aiohttp.ClientSession() as page:
        url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        async with page.get(url, headers={"Origin": origin}) as response:
            assert response.status == status
            assert response.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)


@pytest.mark.parametrize("origin", ["page.lab", "http://page.lab/", "http://a b"])
def test_an_origin_that_cannot_be_one_is_reported(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot be one. Write it like http://localhost:3000"):
        check_options(SimulatorOptions(cors=(origin,)))


def test_the_ready_line_and_a_clean_end() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with simulator_process("--seed", "7", "--speed", "60", "--fault", "leak@5:10") as server:
            assert server.ready == (
                f"XO-VAC+ simulator on {server.url} (seed 7, speed 60): "
                "everything about it but the documented commands is assumed."
            )
            server.process.send_signal(number)
            assert server.process.wait(10) == 0
            assert (server.out.rest(), server.err.rest()) == ([], [])


def test_a_child_ends_with_its_parent() -> None:
    with simulator_process("--stdin-watch") as server:
        assert server.process.poll() is None
        assert server.process.stdin is not None
        server.process.stdin.write("typed, and of no consequence\n")
        server.process.stdin.close()
        assert server.process.wait(10) == 0
        assert server.err.rest() == []


def test_a_server_ends_while_a_client_hangs_on() -> None:
    with simulator_process("--period", "0.05") as server:
        client = socketio.Client(reconnection=False)
        client.connect(server.url, transports=["websocket"])
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 5.0
        client.wait()
        assert server.err.rest() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "The port 70000 does not exist."),
        (["--speed", "0"], "The speed 0 is not usable."),
        (["--speed", "nan"], "The speed nan is not usable."),
        (["--period", "0"], "The period 0 s is not usable."),
        (["--fault", "fire"], unknown_fault("fire")),
        (["--parameters", "nowhere.toml"], "nowhere.toml: there is no such file."),
    ],
)
def test_a_wrong_argument_is_a_sentence_and_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err


def test_an_address_that_cannot_be_ends_the_program_with_a_sentence_and_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xovac_tui.simulator", "--host", "256.256.256.256", "--port", "0"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "The simulator cannot listen on 256.256.256.256" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_port_in_use_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(XovacError, match=f"Port {port} on 127.0.0.1 is in use by another program"):
            await Simulator(SimulatorOptions(port=port)).start()


def test_the_ready_line_names_what_is_assumed() -> None:
    assert "assumed" in ready_line("http://127.0.0.1:1", SimulatorOptions(port=1))
