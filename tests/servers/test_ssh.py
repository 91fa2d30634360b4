"""A chamber behind a real sshd, reached by the real ssh: what works, and how each failure is named."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.helpers.links import Harness, running
from tests.helpers.pty import (
    ALTERNATE_SCREEN,
    PROGRAM,
    alive,
    console,
    descendants,
    environment,
    press_stop,
    until,
)
from tests.helpers.servers import Pki, make_pki, socketio_server
from tests.helpers.simulator import simulator_process
from tests.servers.base import free_port
from tests.servers.sshd import HOST, Sshd, sshd
from xovac_tui.api.link import LinkCode, LinkWord
from xovac_tui.errors import Exit, LinkError
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.doctor import probe
from xovac_tui.link.ssh.connector import TunnelConnector
from xovac_tui.link.ssh.tunnel import Tunnel
from xovac_tui.link.target import Target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server of these tests is Debian's")
QUICK = 5.0
"""`lost_after`, seconds, with which ssh gives a silent far end up after 4 s."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture
def far(server: Sshd) -> Iterator[Sshd]:
    """The server, which each test finds as it was."""
    yield server
    server.know("host")
    server.configure()


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for sockets, which is empty again at the end."""
    with tempfile.TemporaryDirectory(prefix="r") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def target(far: Sshd, url: str, **more: object) -> Target:
    return Target(url=url, ssh=HOST, ssh_command=far.command, **more)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def through(aim: Target) -> AsyncIterator[Harness]:
    tunnel = Tunnel(aim)
    try:
        async with running(aim, connector=TunnelConnector(tunnel)) as harness:
            yield harness
    finally:
        await tunnel.close()


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def gone(folder: Path) -> None:
    async with asyncio.timeout(5):
        while inside(folder):  # noqa: ASYNC110 - another process empties it
            await asyncio.sleep(0.02)


async def failure(aim: Target) -> LinkCode:
    async with through(aim) as harness:
        return (await harness.refused()).code


async def test_it_is_reached_by_a_private_socket_which_is_gone_at_the_end(far: Sshd, runtime: Path) -> None:
    async with socketio_server() as served, through(target(far, served.url)) as harness:
        await harness.state(LinkWord.ONLINE)
        await served.sio.emit("sensor_data", "{}")
        await harness.event("sensor_data")
        await harness.link.emit("cancel_recipe")
        await served.until(lambda: served.events)
        (folder,) = inside(runtime)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (near_end,) = inside(folder)
        assert stat.S_ISSOCK(near_end.stat().st_mode)
        assert stat.S_IMODE(near_end.stat().st_mode) == 0o600
        # At the far end, the host of the url is looked up as the far end sees it.
        assert served.headers[0]["Host"] == f"localhost:{served.port}"
    await gone(runtime)
    assert served.events == [("cancel_recipe", ())]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_certificates_are_verified_through_the_tunnel_for_the_name_in_the_url(
    far: Sshd, pki: Pki, transport: str
) -> None:
    more = {"transports": (transport,), "ca_file": str(pki.ca_file)}
    async with socketio_server(context=pki.good) as served, through(target(far, served.url, **more)) as link:
        await link.state(LinkWord.ONLINE)
    async with socketio_server(context=pki.other_name) as served:
        assert await failure(target(far, served.url, **more)) is LinkCode.CERTIFICATE_OTHER_NAME
    async with socketio_server(context=pki.self_signed) as served:
        pinned = {"transports": (transport,), "fingerprint": pki.fingerprints["self"]}
        async with through(target(far, served.url, **pinned)) as link:
            await link.state(LinkWord.ONLINE)
        pinned["fingerprint"] = pki.fingerprints["good"]
        assert await failure(target(far, served.url, **pinned)) is LinkCode.OTHER_FINGERPRINT
    assert served.events == []


async def test_an_end_of_the_far_side_is_named_and_nothing_is_sent_when_it_is_back(
    far: Sshd, runtime: Path
) -> None:
    async with socketio_server() as served, through(target(far, served.url)) as link:
        await link.state(LinkWord.ONLINE)
        await link.link.emit("cancel_recipe")
        await served.until(lambda: served.events)
        far.cut(signal.SIGKILL)
        lost = await link.state(LinkWord.LOST)
        assert lost.code == LinkCode.SSH_ENDED
        await link.state(LinkWord.ONLINE)
        assert link.link.status.session == 2
        assert len(inside(runtime)) == 1
    assert served.events == [("cancel_recipe", ())]


async def test_a_socket_that_was_deleted_is_made_again(far: Sshd, runtime: Path) -> None:
    aim = target(far, "http://localhost:1")
    tunnel = Tunnel(aim)
    try:
        first = Path(await tunnel.up())
        assert Path(await tunnel.up()) == first
        os.unlink(first)
        assert Path(await tunnel.up()) != first
    finally:
        await tunnel.close()
    await gone(runtime)


async def test_an_ssh_whose_keeper_is_killed_is_ended_and_another_is_made(far: Sshd, runtime: Path) -> None:
    before = {*descendants(os.getpid()), *far.sessions}
    tunnel = Tunnel(target(far, "http://localhost:1"))
    try:
        first = await tunnel.up()
        keeper, ssh = (pid for pid in descendants(os.getpid()) if pid not in {*before, *far.sessions})
        os.kill(keeper, signal.SIGKILL)
        async with asyncio.timeout(5):
            while await tunnel.up() == first or alive(ssh):  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.02)
    finally:
        await tunnel.close()
    await gone(runtime)


async def test_through_a_jump_host_nothing_is_left_either(far: Sshd, runtime: Path) -> None:
    hop = far.config.read_text().replace(f"Host {HOST}\n", f"Host hop\n ProxyJump {HOST}\n")
    far.configure(more=hop)
    before = descendants(os.getpid())
    async with socketio_server() as served:
        aim = msgspec.structs.replace(target(far, served.url), ssh="hop")
        async with through(aim) as link:
            await link.state(LinkWord.ONLINE)
            made = set(descendants(os.getpid())) - {*before, *far.sessions}
            assert len(made) >= 3, "keeper, ssh and the ssh to the jump host"
    async with asyncio.timeout(5):
        while any(alive(pid) for pid in made):  # noqa: ASYNC110 - processes
            await asyncio.sleep(0.02)
    await gone(runtime)


@pytest.mark.slow
async def test_a_far_side_that_hangs_is_named_before_the_chamber_counts_as_lost(far: Sshd) -> None:
    async with socketio_server() as served, through(target(far, served.url, lost_after=QUICK)) as link:
        await link.state(LinkWord.ONLINE)
        far.cut(signal.SIGSTOP)
        try:
            lost = await link.state(LinkWord.LOST, within=2 * QUICK)
            assert lost.code == LinkCode.SSH_DEAD
        finally:
            far.cut(signal.SIGKILL)


async def test_a_server_behind_that_restarts_keeps_the_tunnel(far: Sshd, runtime: Path) -> None:
    port = free_port()
    async with through(target(far, f"http://localhost:{port}")) as link:
        async with socketio_server(port=port):
            await link.state(LinkWord.ONLINE)
            (folder,) = inside(runtime)
        lost = await link.state(LinkWord.LOST)
        assert not str(lost.code).startswith("ssh-")
        async with socketio_server(port=port):
            await link.state(LinkWord.ONLINE)
            assert inside(runtime) == [folder]


def unknown(far: Sshd) -> None:
    far.know()


def changed(far: Sshd) -> None:
    far.know("stranger")


def wrong_user_key(far: Sshd) -> None:
    far.configure(key="other")


def no_server(far: Sshd) -> None:
    far.configure(port=free_port())


def no_name(far: Sshd) -> None:
    far.configure(more=f"Host {HOST}\n")
    far.config.write_text(far.config.read_text().replace("127.0.0.1\n", "nowhere.invalid\n", 1))


def taken_forward(far: Sshd) -> None:
    far.configure(more=f" LocalForward 127.0.0.1:{far.port} localhost:1\n")


FAILURES: dict[Callable[[Sshd], None], LinkCode] = {
    unknown: LinkCode.SSH_UNKNOWN_KEY,
    changed: LinkCode.SSH_CHANGED_KEY,
    wrong_user_key: LinkCode.SSH_DENIED,
    no_server: LinkCode.SSH_REFUSED,
    no_name: LinkCode.SSH_UNKNOWN_HOST,
    taken_forward: LinkCode.SSH_FAILED,
}


@pytest.mark.parametrize("break_it", FAILURES, ids=lambda one: str(one.__name__))
async def test_a_tunnel_that_is_not_made_says_why(
    far: Sshd, runtime: Path, break_it: Callable[[Sshd], None]
) -> None:
    break_it(far)
    aim = target(far, "http://localhost:1")
    assert await failure(aim) is FAILURES[break_it]
    found = await examine(aim)
    assert found["ssh"].ok is False
    assert f"({FAILURES[break_it]})" in found["ssh"].detail
    assert found["tcp"].ok is None
    await gone(runtime)


async def test_a_server_that_never_answers_is_given_up(runtime: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aim = Target(
            url="http://localhost:1",
            ssh=f"ssh://me@127.0.0.1:{silent.getsockname()[1]}",
            ssh_command=("ssh", "-F", "none"),
            connect_timeout=0.3,
        )
        assert await failure(aim) is LinkCode.SSH_NO_ANSWER
        assert f"({LinkCode.SSH_NO_ANSWER})" in (await examine(aim))["ssh"].detail
    await gone(runtime)


async def test_an_ssh_that_prints_without_end_floods_no_terminal(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = tmp_path / "ssh"
    loud.write_text("#!/bin/sh\nyes banner | head -n 20000 >&2\nexit 255\n")
    loud.chmod(0o755)
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    shown: list[str] = []
    tunnel = Tunnel(Target(url="http://localhost:1", ssh=HOST, ssh_command=(str(loud),)))
    await tunnel.first(shown.append)
    assert 100 < len(shown) < 300
    with pytest.raises(LinkError):
        await tunnel.up()
    await gone(runtime)


async def test_without_the_program_that_is_said() -> None:
    aim = Target(url="http://localhost:1", ssh=HOST, ssh_command=("no-such-ssh",))
    assert await failure(aim) is LinkCode.SSH_MISSING
    found = await examine(aim)
    assert "no-such-ssh" in found["ssh"].advice


async def test_nothing_behind_the_tunnel_is_told_from_no_tunnel(far: Sshd) -> None:
    aim = target(far, f"http://localhost:{free_port()}")
    assert await failure(aim) is LinkCode.SSH_NOTHING_BEHIND
    found = await examine(aim)
    assert (found["ssh"].ok, found["name"].ok, found["tcp"].ok) == (True, None, False)
    assert HOST in found["tcp"].advice
    assert await failure(target(far, "http://nowhere.invalid:80")) is LinkCode.SSH_UNREACHABLE_BEHIND


async def test_a_host_that_forwards_nothing_says_so(far: Sshd) -> None:
    far.stop()
    far.serve("AllowTcpForwarding no\n")
    far.start()
    try:
        assert await failure(target(far, "http://localhost:1")) is LinkCode.SSH_FORWARD_REFUSED
    finally:
        far.stop()
        far.serve()
        far.start()


async def test_the_doctor_examines_what_is_behind_the_tunnel(far: Sshd, runtime: Path) -> None:
    async with socketio_server() as served:
        found = await examine(target(far, served.url))
    assert [name for name, one in found.items() if one.ok is False] == []
    assert found["messages"].name == "messages"
    assert list(found)[1] == "ssh"
    await gone(runtime)


async def examine(aim: Target) -> dict[str, DoctorCheck]:
    return {check.name: check async for check in probe(aim, listen=0.1)}


HOLDS = """
import asyncio, sys
from xovac_tui.link.ssh.tunnel import Tunnel
from xovac_tui.link.target import Target

async def hold():
    tunnel = Tunnel(Target(url="http://localhost:1", ssh=sys.argv[1], ssh_command=tuple(sys.argv[2:])))
    print(await tunnel.up(), flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_no_ssh_is_left_of_a_program_that_is_killed(
    far: Sshd, runtime: Path, how: signal.Signals
) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDS, HOST, *far.command), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    near_end = (await child.stdout.readline()).decode().strip()
    assert near_end.startswith(str(runtime))
    left = descendants(child.pid)
    assert len(left) == 2, "its keeper and ssh"
    os.kill(child.pid, how)
    await child.wait()
    async with asyncio.timeout(5):
        while any(alive(pid) for pid in left):  # noqa: ASYNC110 - processes of another one's
            await asyncio.sleep(0.02)
    await gone(runtime)


@pytest.mark.slow
def test_ssh_asks_before_the_screen_and_none_is_left_of_a_console_that_is_killed(
    far: Sshd, runtime: Path, tmp_path: Path
) -> None:
    far.know()
    with simulator_process("--warm") as peer:
        command = ", ".join(f'"{part}"' for part in far.command)
        (tmp_path / "config.toml").write_text(
            f'[profiles.bench]\nurl = "http://localhost:{peer.port}"\nssh = "{HOST}"\n'
            f'ssh_command = [{command}]\ncontracts = ["simulator"]\n'
        )
        with console(home=tmp_path, controlling=True) as program:
            program.wait_for("continue connecting")
            assert ALTERNATE_SCREEN not in program.raw
            program.send("yes\n")
            program.wait_for("ONLINE")
            press_stop(program)
            program.wait_for("Could not cancel")
            left = descendants(program.process.pid)
            program.process.kill()
            until(lambda: not any(alive(pid) for pid in left), 5, "no process of the console is left")
    until(lambda: not inside(runtime), 5, "its socket is gone")


@pytest.mark.slow
def test_a_command_without_a_terminal_asks_nothing(far: Sshd, tmp_path: Path) -> None:
    far.know()
    command = ", ".join(f'"{part}"' for part in far.command)
    (tmp_path / "config.toml").write_text(f"[profiles.bench]\nssh_command = [{command}]\n")
    done = subprocess.run(
        [*PROGRAM, "status", "--ssh", HOST],
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == Exit.CONNECT
    assert f"[{LinkCode.SSH_UNKNOWN_KEY}]" in done.stderr
