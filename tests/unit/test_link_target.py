"""Addresses and settings of a link: checked before anything is tried, printed without secrets."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.errors import SettingsError
from xovac_tui.link.target import Target, check_target, parse_fingerprint, show_fingerprint


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://chamber.lab", "http://chamber.lab:80"),
        ("https://chamber.lab/", "https://chamber.lab:443"),
        ("ws://10.0.0.7:1", "http://10.0.0.7:1"),
        ("wss://10.0.0.7", "https://10.0.0.7:443"),
        ("HTTP://Chamber.Lab:8080", "http://chamber.lab:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://kammer-ü.example", "http://kammer-ü.example:80"),
    ],
)
def test_addresses_that_are_accepted(url: str, origin: str) -> None:
    assert check_target(Target(url=url)).origin == origin


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no scheme"),
        ("chamber.lab:8080", "no scheme"),
        ("localhost", "no scheme"),
        ("ftp://chamber.lab", "must begin with http, https, ws or wss"),
        ("http://", "names no host"),
        ("http://:8080", "names no host"),
        ("http://chamber lab:80", "names no host"),
        ("http://chamber..lab:80", "no possible host"),
        (f"http://{'c' * 64}.lab:80", "no possible host"),
        ("http://chamber:0", "port 0"),
        ("http://chamber:99999", "cannot be read"),
        ("http://chamber:port", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://chamber/socket.io", "Set path"),
        ("http://chamber:80/#x", "holds a #"),
    ],
)
def test_addresses_that_are_refused_say_why_and_show_a_right_one(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check_target(Target(url=url))
    assert "http://chamber.lab:8080" in str(caught.value)


def test_a_password_in_the_address_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="auth file") as caught:
        check_target(Target(url="http://me:hunter2@chamber:80"))
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    try:
        address = check_target(Target(url=text))
    except SettingsError as error:
        sentence = str(error)
    else:
        assert 1 <= address.port <= 65535
        sentence = address.origin
    assert sentence.isprintable()


def test_the_query_and_path_go_into_the_requests() -> None:
    address = check_target(Target(url="http://chamber:80/?room=2", path="chamber/io"))
    assert address.endpoint("polling") == "http://chamber:80/chamber/io/?room=2&EIO=4&transport=polling"
    assert address.url == "http://chamber:80/?room=2"


PIN = "ab" * 32


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"path": "a b"}, "path"),
        ({"path": "/x?y"}, "path"),
        ({"path": ""}, "path"),
        ({"namespace": "bench"}, "namespace"),
        ({"namespace": "/a,b"}, "namespace"),
        ({"transports": ()}, "transports"),
        ({"transports": ("websocket", "carrier pigeon")}, "transports"),
        ({"connect_timeout": 0.0}, "connect_timeout"),
        ({"connect_timeout": float("nan")}, "connect_timeout"),
        ({"url": "https://c", "fingerprint": "12:34"}, "fingerprint"),
        ({"fingerprint": PIN}, "not encrypted"),
        ({"headers": {"X-Key\n": "v"}}, "header"),
        ({"headers": {"X-Key": "v\r\nHost: x"}}, "header"),
    ],
)
def test_other_settings_that_are_refused(options: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsError, match=key):
        check_target(Target(**{"url": "http://c", **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [PIN, PIN.upper(), ":".join(["AB"] * 32), f"SHA256:{PIN}", f"sha-256={PIN}"])
def test_fingerprints_as_people_write_them(text: str) -> None:
    assert parse_fingerprint(text) == b"\xab" * 32
    assert show_fingerprint(parse_fingerprint(text)) == ":".join(["AB"] * 32)


def test_secrets_are_never_printed() -> None:
    target = Target(url="http://c", auth={"token": "hunter2"}, headers={"X-Key": "hunter3"})
    for text in (repr(target), str(target), f"{target}", repr([target]), str(target.__rich_repr__())):
        assert "hunter" not in text
        assert "X-Key" in text
        assert "(secret)" in text


def test_the_types_cost_no_import_of_the_network_libraries() -> None:
    code = (
        "import sys, xovac_tui.link, xovac_tui.api.link, xovac_tui.link.target\n"
        "print([name for name in ('socketio', 'engineio', 'aiohttp', 'textual') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
