from __future__ import annotations

import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from xovac_tui.config.secrets import readable_by_others
from xovac_tui.notify.services import service_problem

SECRET = "hunter2hunter2"


@pytest.fixture
def xovac(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    return CommandLine(tmp_path, capfd)


class Site:
    """A server in a thread, and what it received."""

    def __init__(self) -> None:
        self.reported: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.status = 200
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                site.reported.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def _answer(self) -> None:
                site.calls.append(self.path)
                self.send_response(site.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


def receivers(xovac: CommandLine, site: Site) -> None:
    file = xovac.home / "hook.address"
    file.write_text(site.url)
    file.chmod(0o600)
    xovac.settings(
        '[[notify.receivers]]\nname = "hook"\nkind = "webhook"\nurl_file = "hook.address"\n'
        'severities = ["high", "low"]\n'
        f'[[notify.receivers]]\nname = "siren"\nkind = "command"\nseverities = ["critical"]\n'
        f'command = [{json.dumps(sys.executable)}, "-c", "import sys; sys.stderr.write(\'siren \' * 2)"]\n'
        f'[notify.heartbeat]\nurl = "{site.url}/beat/{{chamber}}"\n[profiles.bench-1]\n'
    )


def test_nothing_is_notified_until_a_receiver_is_set_up(xovac: CommandLine) -> None:
    said = xovac("notify", "list")
    assert said.code == 0
    assert "No receiver gets alarm messages: the settings name none." in said.out
    said = xovac("notify", "test")
    assert said.code == 2
    assert "docs/notifications.md" in said.err


def test_the_list_hides_addresses(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("notify", "list")
    assert said.code == 0
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["receiver", "kind"],
        ["hook", "webhook"],
        ["siren", "command"],
        ["heartbeat", "webhook"],
    ]
    assert SECRET not in said.out


def test_a_test_message_goes_to_everybody_the_real_way(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("notify", "test")
    assert said.code == 0
    assert said.out == "ok  hook: taken.\nok  siren: taken.\n"
    # A command may write on the terminal of its user.
    assert "siren siren" in said.err
    (reported,) = site.reported
    assert (reported["kind"], reported["severity"], reported["chamber"]) == ("test", "high", "bench-1")
    assert "TEST" in reported["title"]
    # A heartbeat only when it is named: a call may be what it is watched by.
    assert site.calls == [f"/{SECRET}"]


def test_one_that_fails_is_reported_without_its_address(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    site.status = 404
    said = xovac("notify", "test", "--receiver", "hook")
    assert said.code == 4
    assert said.out.startswith("!!  hook: it answered 404 Not Found.")
    assert SECRET not in said.out + said.err


def test_a_severity_that_it_does_not_take(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("notify", "test", "--receiver", "hook", "--severity", "critical")
    assert said.code == 4
    assert said.out == "!!  hook: not sent: it takes only high, low.\n"
    assert site.reported == []


def test_the_heartbeat_by_its_name(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("notify", "test", "--receiver", "heartbeat")
    assert (said.code, said.out) == (0, "ok  heartbeat: taken.\n")
    assert site.calls == [f"/{SECRET}/beat/bench-1"]


def test_a_name_that_is_none(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("notify", "test", "--receiver", "hok")
    assert said.code == 2
    assert 'There is no receiver "hok"' in said.err
    assert 'Did you mean "hook"?' in said.err


def test_a_bell_needs_a_terminal(xovac: CommandLine) -> None:
    xovac.settings('[[notify.receivers]]\nname = "bell"\nkind = "bell"\n')
    said = xovac("notify", "test")
    assert said.code == 4
    assert "this needs a terminal" in said.out


def test_settings_are_shown_without_addresses_and_arguments(xovac: CommandLine, site: Site) -> None:
    receivers(xovac, site)
    said = xovac("config", "show")
    assert said.code == 0
    assert 'url = "(hidden)"' in said.out
    assert SECRET not in said.out
    assert "siren '" not in said.out


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_check_and_the_recorder_refuse_a_file_that_others_can_read(
    xovac: CommandLine, site: Site
) -> None:
    receivers(xovac, site)
    address = xovac.home / "hook.address"
    address.chmod(0o644)
    said = xovac("config", "check")
    assert said.code == 2
    assert f'notifications, receiver "hook": {readable_by_others(address, 0o644)}' in said.out
    said = xovac("record", "--for", "1s")
    assert said.code == 2
    assert readable_by_others(address, 0o644) in said.err
    assert SECRET not in said.err


def test_the_check_covers_addresses_of_services(xovac: CommandLine) -> None:
    pytest.importorskip("apprise")
    url = f"nothing://{SECRET}"
    why = service_problem(url)
    assert why
    xovac.settings(f'[[notify.receivers]]\nname = "phone"\nkind = "apprise"\nurl = "{url}"\n')
    said = xovac("config", "check")
    assert said.code == 2
    assert f'receiver "phone": {why}' in said.out
    assert SECRET not in said.out
