"""The doctor against servers that are well and servers that are not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.test_link_refusals import free_port
from tests.helpers.servers import Pki, make_pki, old_server, plain_server, raw_server, socketio_server, stay
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.doctor import probe
from xovac_tui.link.target import Target

NAMES = ["address", "name", "tcp", "tls", "http", "polling", "websocket", "namespace", "messages"]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


async def examine(target: Target, listen: float = 0.2) -> dict[str, DoctorCheck]:
    checks = [check async for check in probe(target, listen=listen)]
    assert [check.name for check in checks] == NAMES
    for check in checks:
        assert check.detail.endswith(".")
        assert check.detail.isprintable()
        assert check.advice or check.ok is not False, check
    return {check.name: check for check in checks}


def skipped_after(found: dict[str, DoctorCheck], name: str) -> None:
    assert found[name].ok is False
    for later in NAMES[NAMES.index(name) + 1 :]:
        assert found[later].ok is None
        assert found[later].detail == f"Skipped, because {name} failed."


async def test_a_healthy_server() -> None:
    async def greet(sio: Any, sid: str) -> None:
        for number in range(3):
            await sio.emit("sensor_data", str(number), to=sid)
        await sio.emit("odd\x1b[2J", "", to=sid)

    async with socketio_server(greet=greet) as server:
        found = await examine(Target(url=server.url))
        assert [found[name].ok for name in NAMES] == [True, True, True, None, True, True, True, True, True]
        assert "Engine.IO 4" in found["http"].detail
        assert "sensor_data ×3" in found["messages"].detail
        assert "odd␛[2J ×1" in found["messages"].detail
        # One client came, and it sent nothing.
        assert len(server.auths) == 1
        assert server.events == []


async def test_a_quiet_server_is_not_a_failure() -> None:
    async with socketio_server() as server:
        found = await examine(Target(url=server.url))
        assert found["messages"].ok is None
        assert "None in 0.2 s" in found["messages"].detail


async def test_settings_that_cannot_work() -> None:
    skipped_after(await examine(Target(url="nowhere")), "address")
    skipped_after(await examine(Target(url="https://localhost:1", ca_file="/no/such/file")), "address")


async def test_a_name_that_does_not_resolve() -> None:
    skipped_after(await examine(Target(url="http://no-such-host.invalid")), "name")


async def test_nothing_listens() -> None:
    found = await examine(Target(url=f"http://127.0.0.1:{free_port()}"))
    skipped_after(found, "tcp")
    assert found["name"].ok is None


async def test_no_socketio_and_an_old_one() -> None:
    async with plain_server() as server:
        found = await examine(Target(url=server.url))
        skipped_after(found, "http")
        assert "HTTP status 404" in found["http"].detail
    async with old_server() as server:
        found = await examine(Target(url=server.url))
        skipped_after(found, "http")
        assert "socket.io 2" in found["http"].advice


async def test_polling_only_with_a_websocket_profile() -> None:
    async with socketio_server(transports=["polling"]) as server:
        found = await examine(Target(url=server.url, transports=("websocket",)))
        assert found["polling"].ok
        assert found["websocket"].failed
        assert 'transports = ["polling"]' in found["websocket"].advice
        assert found["namespace"].detail == "Skipped, because every transport of the profile failed."
        found = await examine(Target(url=server.url))
        assert found["websocket"].ok is False
        assert not any(check.failed for check in found.values())
        assert "by polling (websocket failed, and is not needed)" in found["namespace"].detail
        found = await examine(Target(url=server.url, transports=("polling",)))
        assert found["websocket"].ok is None


async def test_websocket_only() -> None:
    async with socketio_server(transports=["websocket"]) as server:
        found = await examine(Target(url=server.url))
        assert [found[name].ok for name in ("http", "polling", "websocket", "namespace")] == [
            None,
            False,
            True,
            True,
        ]
        assert not any(check.failed for check in found.values())
        found = await examine(Target(url=server.url, transports=("polling",)))
        assert found["polling"].failed
        assert found["namespace"].ok is None


async def test_a_refused_namespace_and_a_connection_that_does_not_last() -> None:
    async with socketio_server() as server:
        skipped_after(await examine(Target(url=server.url, namespace="/x")), "namespace")

    async def leave(ws: Any) -> None:
        await ws.send_str("41")

    async with raw_server(leave) as server:
        found = await examine(Target(url=server.url), listen=5)
        assert found["messages"].ok is False
    async with raw_server(stay) as server:
        assert (await examine(Target(url=server.url)))["messages"].ok is None


async def test_certificates(pki: Pki) -> None:
    async with socketio_server(context=pki.self_signed) as server:
        found = await examine(Target(url=server.url))
        skipped_after(found, "tls")
        pin = pki.fingerprints["self"]
        assert pin in found["tls"].advice
        found = await examine(Target(url=server.url, fingerprint=pin))
        assert found["tls"].ok
        assert f"pinned, SHA-256 {pin}, valid until 2" in found["tls"].detail
        assert found["namespace"].ok
        wrong = pki.fingerprints["ca"]
        assert (await examine(Target(url=server.url, fingerprint=wrong)))["tls"].advice.startswith("WARNING")
    async with socketio_server(context=pki.good) as server:
        found = await examine(Target(url=server.url, ca_file=str(pki.ca_file)))
        assert found["tls"].ok
        assert "trusted by ca_file" in found["tls"].detail
        assert found["namespace"].ok
    async with socketio_server(context=pki.expired) as server:
        found = await examine(Target(url=server.url, fingerprint=pki.fingerprints["expired"]))
        assert found["tls"].ok
        assert "has expired" in found["tls"].advice


async def test_https_to_a_server_without_tls() -> None:
    async with plain_server() as server:
        found = await examine(Target(url=server.url.replace("http", "https")))
        skipped_after(found, "tls")
        assert "http://" in found["tls"].advice


async def test_leaving_early_closes_the_connection() -> None:
    async with socketio_server() as server:
        checks = probe(Target(url=server.url), listen=60)
        async for check in checks:
            if check.name == "namespace":
                break
        await checks.aclose()  # type: ignore[attr-defined]
        await server.until(lambda: not server.sio.manager.is_connected(server.sids[0], "/"))


async def test_a_port_that_is_silent_is_not_trusted() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await examine(Target(url=f"https://127.0.0.1:{port}", connect_timeout=0.3))
    skipped_after(found, "tls")
    assert "no certificate within 0.3 s" in found["tls"].advice
