"""`xovac-tui forward status|test|forget`, and forwarding in `config show`, `config check` and `doctor`."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.helpers.audited import done_to, opened, without_cursors
from tests.helpers.commandline import CommandLine
from tests.helpers.record import UTC, reading, writer
from xovac_tui import paths
from xovac_tui.cli.forward import forwarding_lines
from xovac_tui.config import Overrides, effective_settings
from xovac_tui.errors import Exit
from xovac_tui.recording.disk.cursors import ASKED, CursorItem
from xovac_tui.recording.disk.lists import cursors
from xovac_tui.recording.disk.record import Record

SECRET = "s3cr3t-t0ken"


@contextlib.contextmanager
def answering(status: int) -> Iterator[str]:
    """Serve on a free port; every POST is answered with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(folder: Path, url: str = "http://127.0.0.1:9", to: str = '["lab"]') -> Path:
    secret = folder / "lab.secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    file = folder / "config.toml"
    file.write_text(
        f"""
[profiles.bench]
url = "http://127.0.0.1:1"
[profiles.other]
url = "http://127.0.0.1:2"
forward = []
[forward]
to = {to}
[[forward.sinks]]
name = "lab"
kind = "influx"
url = "{url}/write?u=ada&p=hunter2"
database = "xovac"
secret_file = "lab.secret"
[[forward.sinks]]
name = "page"
kind = "metrics"
"""
    )
    return file


def recorded(name: str = "bench") -> Path:
    path = paths.record_file(name)
    made = writer(path)
    for number in range(30):
        made.event(reading(float(number), t=number))
    made.item(CursorItem(sink="lab", table="events", cursor=12))
    made.commit(UTC + 30)
    made.close(UTC + 30)
    return path


def test_status_reads_the_record(tmp_path: Path, line: CommandLine) -> None:
    file, path = settings(tmp_path, to='["lab", "page"]'), recorded()
    done = line("forward", "status", "--config", str(file), "--profile", "bench", "--json")
    assert done.code == Exit.OK
    found = json.loads(done.out)
    assert (found["chamber"], found["record"]) == ("bench", str(path))
    lab, page = found["sinks"]
    assert lab["behind"] > 0
    assert {key: lab[key] for key in ("name", "kind", "where", "events", "entries", "forgetting")} == {
        "name": "lab",
        "kind": "influx",
        "where": "127.0.0.1:9",
        "events": 18,
        "entries": 0,
        "forgetting": False,
    }
    assert (page["history"], page["behind"], page["events"]) == (False, None, None)
    shown = line("forward", "status", "--config", str(file), "--profile", "bench").out
    assert "hunter2" not in shown + done.out
    assert "18" in shown


def test_status_counts_what_was_deleted_before_it_was_forwarded(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    path = paths.record_file("bench")
    made = writer(path)
    for number in range(1_100):
        made.event(reading(float(number), t=number))
    made.item(CursorItem(sink="lab", table="events", cursor=12))
    made.commit(UTC + 1_100)
    made.close(UTC + 1_100)
    done_to(path, "DELETE FROM blocks WHERE first = 0")
    options = ("--config", str(file), "--profile", "bench")
    (lab,) = json.loads(line("forward", "status", *options, "--json").out)["sinks"]
    assert (lab["missed"], lab["events"]) == (500, 588)
    assert "500 events were deleted" in line("forward", "status", *options).out


def test_status_of_a_chamber_that_goes_nowhere_says_how(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    recorded("other")
    done = line("forward", "status", "--config", str(file), "--profile", "other")
    assert "`to` of [forward]" in done.out
    assert (
        json.loads(line("forward", "status", "--config", str(file), "--profile", "other", "--json").out)[
            "sinks"
        ]
        == []
    )


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [(204, Exit.OK, None), (401, Exit.ERROR, "credentials"), (500, Exit.ERROR, "answer")],
)
def test_a_trial_names_the_step_that_fails(
    tmp_path: Path, line: CommandLine, status: int, code: Exit, failure: str | None
) -> None:
    with answering(status) as url:
        file = settings(tmp_path, url)
        done = line("forward", "test", "lab", "--config", str(file), "--json")
        shown = line("forward", "test", "lab", "--config", str(file))
        tried = list(forwarding_lines(effective_settings(Overrides(config=file)), "bench", ("lab",)))
    assert done.code == shown.code == code
    (found,) = json.loads(done.out)["sinks"]
    assert (found["failure"], found["status"]) == (failure, status if failure else None)
    assert found["done"][0] == "connect"
    assert ("!!" in shown.out) is (failure is not None)
    assert shown.out.splitlines() == tried
    assert SECRET not in done.out + shown.out


def test_nothing_listens_and_a_name_that_is_none(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    done = line("forward", "test", "lab", "--config", str(file), "--json")
    (found,) = json.loads(done.out)["sinks"]
    assert (done.code, found["failure"], found["done"]) == (Exit.ERROR, "refused", [])
    wrong = line("forward", "test", "lap", "--config", str(file))
    assert wrong.code == Exit.USAGE
    assert '"lab"' in wrong.err


def test_forget_asks_the_recorder_through_the_record(tmp_path: Path, line: CommandLine) -> None:
    file, path = settings(tmp_path), recorded()
    options = ("--config", str(file), "--profile", "bench")
    refused = line("forward", "forget", "lab", *options)
    assert refused.code == Exit.USAGE
    with Record(path) as record:
        assert set(cursors(record)) == {("lab", "events")}
    done = line("forward", "forget", "lab", "--yes", *options)
    assert done.code == Exit.OK, done.err
    with Record(path) as record:
        assert ("lab", ASKED) in cursors(record)
    (lab,) = json.loads(line("forward", "status", *options, "--json").out)["sinks"]
    assert (lab["forgetting"], lab["events"]) == (True, 30)


def test_a_record_of_the_version_before_has_everything_to_send(tmp_path: Path, line: CommandLine) -> None:
    file, path = settings(tmp_path), recorded()
    with opened(path) as db:
        without_cursors(db)
    options = ("--config", str(file), "--profile", "bench")
    (lab,) = json.loads(line("forward", "status", *options, "--json").out)["sinks"]
    assert (lab["events"], lab["forgetting"]) == (30, False)
    assert line("forward", "forget", "lab", "--yes", *options).code == Exit.OK
    (lab,) = json.loads(line("forward", "status", *options, "--json").out)["sinks"]
    assert lab["forgetting"]


def test_what_keeps_nothing_has_nothing_to_forget(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    recorded()
    done = line("forward", "forget", "page", "--yes", "--config", str(file), "--profile", "bench")
    assert done.code == Exit.USAGE


@pytest.mark.parametrize("command", ["show", "check"])
def test_the_settings_say_where_data_go_and_nothing_secret(
    tmp_path: Path, line: CommandLine, command: str
) -> None:
    file = settings(tmp_path)
    done = line("config", command, *(["--config"] if command == "show" else []), str(file))
    said = done.out + done.err
    assert "lab (influx, 127.0.0.1:9): all that is recorded of bench" in said
    assert "page (metrics, a page at 127.0.0.1:9464): the newest state of none" in said
    assert "hunter2" not in said
    assert SECRET not in said


def test_a_secret_that_others_can_read_is_a_mistake(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    (tmp_path / "lab.secret").chmod(0o644)
    done = line("config", "check", str(file))
    assert done.code == Exit.USAGE
    assert 'sink "lab"' in done.out
    assert SECRET not in done.out + done.err


def test_a_trial_with_a_profile_is_of_its_stores_alone(tmp_path: Path, line: CommandLine) -> None:
    file = settings(tmp_path)
    every = json.loads(line("forward", "test", "--config", str(file), "--json").out)["sinks"]
    own = json.loads(line("forward", "test", "--config", str(file), "--json", "--profile", "bench").out)[
        "sinks"
    ]
    assert [one["name"] for one in every] == ["lab", "page"]
    assert [one["name"] for one in own] == ["lab"]
    none = line("forward", "test", "--config", str(file), "--profile", "other")
    assert none.code == Exit.USAGE
