"""Encryption: whom the link trusts, and that nothing is sent to anybody else."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.links import running
from tests.helpers.servers import Pki, Server, make_pki, plain_server, socketio_server
from xovac_tui.api.link import LinkCode, LinkReason, LinkWord
from xovac_tui.clock import SystemClock
from xovac_tui.link import certificate
from xovac_tui.link.target import Target, check_target
from xovac_tui.link.wording import worded

BOTH = pytest.mark.parametrize("transport", ["websocket", "polling"])


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


def target(server: Server, transport: str = "websocket", **more: Any) -> Target:
    return Target(url=server.url, transports=(transport,), auth={"token": "secret"}, **more)


async def refusal(where: Target) -> LinkReason:
    async with running(where) as harness:
        why = await harness.refused()
        status = harness.link.status
        assert status.next_try_mono is not None
        return why


@BOTH
async def test_a_self_signed_certificate_is_refused_with_its_fingerprint(pki: Pki, transport: str) -> None:
    async with socketio_server(context=pki.self_signed) as server:
        why = await refusal(target(server, transport))
        assert why.code is LinkCode.CERTIFICATE_UNTRUSTED
        assert f'fingerprint = "{pki.fingerprints["self"]}"' in why.sentence
        assert "ca_file" in why.sentence
        assert server.auths == []
        assert server.requests == []


@BOTH
async def test_the_pinned_certificate_is_trusted_and_auth_arrives(pki: Pki, transport: str) -> None:
    async with socketio_server(context=pki.self_signed) as server:
        pin = pki.fingerprints["self"].lower()
        async with running(target(server, transport, fingerprint=pin)) as harness:
            await harness.state(LinkWord.ONLINE)
            await harness.link.emit("cancel_recipe", "")
            await harness.event("cancel_recipe_ack")
            assert server.auths == [{"token": "secret"}]


async def test_a_pin_holds_for_the_upgrade_too(pki: Pki) -> None:
    async with socketio_server(context=pki.self_signed) as server:
        where = Target(
            url=server.url, transports=("polling", "websocket"), fingerprint=pki.fingerprints["self"]
        )
        async with running(where) as harness:
            await harness.state(LinkWord.ONLINE)
            await server.until(lambda: any("transport=websocket" in line for line in server.requests))


@BOTH
async def test_another_certificate_than_the_pinned_one_is_an_alarm(pki: Pki, transport: str) -> None:
    # Even one that the usual verification would accept.
    async with socketio_server(context=pki.good) as server:
        where = target(server, transport, fingerprint=pki.fingerprints["self"], ca_file=str(pki.ca_file))
        pinned, presented = pki.fingerprints["self"], pki.fingerprints["good"]
        assert await refusal(where) == worded(
            LinkCode.OTHER_FINGERPRINT, check_target(where), pinned=pinned, presented=presented
        )
        assert server.requests == []


@BOTH
async def test_a_private_authority_is_trusted_from_its_file(pki: Pki, transport: str) -> None:
    async with socketio_server(context=pki.good) as server:
        async with running(target(server, transport, ca_file=str(pki.ca_file))) as harness:
            await harness.state(LinkWord.ONLINE)
        why = await refusal(target(server, transport))
        assert why.code is LinkCode.CERTIFICATE_UNTRUSTED


async def test_wss_is_the_same_as_https(pki: Pki) -> None:
    async with socketio_server(context=pki.good) as server:
        where = Target(url=server.url.replace("https", "wss"), ca_file=str(pki.ca_file))
        async with running(where) as harness:
            await harness.state(LinkWord.ONLINE)


@pytest.mark.parametrize(
    ("name", "context", "code", "data"),
    [
        ("expired", lambda pki: pki.expired, LinkCode.CERTIFICATE_EXPIRED, " on 2"),
        ("future", lambda pki: pki.future, LinkCode.CERTIFICATE_NOT_YET_VALID, " (from 2"),
        ("other", lambda pki: pki.other_name, LinkCode.CERTIFICATE_OTHER_NAME, " localhost;"),
    ],
)
async def test_other_reasons_to_refuse(pki: Pki, name: str, context: Any, code: LinkCode, data: str) -> None:
    made: ssl.SSLContext = context(pki)
    async with socketio_server(context=made) as server:
        why = await refusal(target(server, ca_file=str(pki.ca_file)))
        assert why.code is code
        assert data in why.sentence
        assert pki.fingerprints[name] in why.sentence
        assert server.requests == []


@pytest.mark.parametrize(
    ("content", "words"), [(None, "does not exist"), ("no certificate", "holds no certificate")]
)
async def test_a_bad_ca_file_stops_the_link(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    async with running(Target(url="https://localhost:1", ca_file=str(file))) as harness:
        await harness.until(lambda: words in harness.link.status.why)
        assert harness.link.status.word is LinkWord.OFFLINE
        assert harness.link.status.next_try_mono is None


async def test_https_to_a_server_without_tls() -> None:
    async with plain_server() as server:
        why = await refusal(Target(url=server.url.replace("http", "https")))
        assert why.code is LinkCode.NOT_TLS
        assert "http://" in why.sentence


async def test_http_to_a_server_with_tls(pki: Pki) -> None:
    async with socketio_server(context=pki.good) as server:
        why = await refusal(Target(url=server.url.replace("https", "http")))
        assert why.code is LinkCode.TLS_EXPECTED


async def test_a_refused_certificate_is_not_hammered(pki: Pki) -> None:
    async with socketio_server(context=pki.self_signed) as server, running(target(server)) as harness:
        await harness.refused()
        waiting = harness.link.status.next_try_mono
        assert waiting is not None
        # The first wait after any other failure would be 1.25 s at most.
        assert waiting - SystemClock().mono() > 4


@BOTH
async def test_a_plain_authority_of_ones_own_is_trusted_on_every_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    """Python 3.13 and later also want extensions that an authority made by hand lacks."""
    usual = ssl.create_default_context

    def strict(*arguments: Any, **options: Any) -> ssl.SSLContext:
        context = usual(*arguments, **options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    bare = make_pki(tmp_path, bare=True)
    async with socketio_server(context=bare.good) as server:
        async with running(target(server, transport, ca_file=str(bare.ca_file))) as harness:
            await harness.state(LinkWord.ONLINE)
        # All else is verified as before, and the authorities of the system as strictly as Python does.
        why = await refusal(target(server, transport))
        assert why.code is LinkCode.CERTIFICATE_UNTRUSTED
        assert certificate.trust("").verify_flags & ssl.VERIFY_X509_STRICT
    async with socketio_server(context=bare.other_name) as server:
        why = await refusal(target(server, ca_file=str(bare.ca_file)))
        assert why.code is LinkCode.CERTIFICATE_OTHER_NAME
