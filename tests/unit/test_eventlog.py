"""The log in memory: the newest events, exactly as many as promised, exactly as they came."""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.api.event import Direction, Event, EventKind, Form
from xovac_tui.api.payload import decode_arguments
from xovac_tui.recording.eventlog import EventLog
from xovac_tui.recording.exports.events import export_file, json_line, save_events


def event(number: int, *arguments: object, name: str = "state", kind: EventKind = EventKind.MESSAGE) -> Event:
    out = kind is EventKind.COMMAND
    return Event(
        name,
        decode_arguments(*arguments),
        Direction.OUT if out else Direction.IN,
        kind,
        1_790_000_000.0 + number,
        float(number),
    )


def filled(count: int, keep: int = 50_000) -> EventLog:
    log = EventLog(keep)
    for number in range(count):
        log.append(event(number, json.dumps({"n": number})))
    return log


@given(count=st.integers(0, 1500), keep=st.integers(1, 700))
@examples(40)
def test_it_keeps_exactly_the_newest(count: int, keep: int) -> None:
    log = filled(count, keep)
    kept = min(count, keep)
    assert len(log) == kept
    assert (log.total, log.first, log.dropped) == (count, count - kept, count - kept)
    expected = list(range(count - kept, count))
    assert [e.index for e in log.scan()] == expected
    assert [e.payload().value["n"] for e in log.scan()] == expected
    assert log.get(log.first - 1) is None
    assert log.get(log.total) is None
    for index in expected[:: max(1, kept // 7)]:
        found = log.get(index)
        assert found is not None
        assert found.raw == json.dumps({"n": index})


def test_a_scan_shows_the_moment_at_which_it_was_asked_for() -> None:
    log = filled(600, keep=300)
    scan = log.scan(400)
    for number in range(600, 1500):
        log.append(event(number, "{}"))
    assert [e.index for e in scan] == list(range(400, 600))


def test_big_payloads_are_cut_and_their_size_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog()
    for number in range(40):
        log.append(event(number, "x" * 10_000_000 if number == 3 else "y" * 60_000))
    big = log.get(3)
    assert big is not None
    assert big.size == 10_000_000
    assert len(big.raw) == 64_000
    # Blocks of big events hold few of them, so that one look unpacks little.
    unpacked: list[int] = []
    decompress = zlib.decompress

    def counted(data: bytes) -> bytes:
        found = decompress(data)
        unpacked.append(len(found))
        return found

    monkeypatch.setattr(zlib, "decompress", counted)
    assert log.get(25) is not None
    assert [size < 18 * 61_000 for size in unpacked] == [True]
    assert [e.index for e in log.scan()] == list(range(40))
    assert [log.get(n).index for n in range(40)] == list(range(40))  # type: ignore[union-attr]


def test_memory_is_bounded_by_dropping_more() -> None:
    log = EventLog(50_000, max_bytes=400_000)
    for number in range(60):
        log.append(event(number, os.urandom(50_000)))
    assert 0 < len(log) < 40
    assert log.dropped == 60 - len(log)
    assert [e.index for e in log.scan()] == list(range(log.first, 60))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ('{"a": NaN}',),
        ("\x1b[31m[red]",),
        (b"\xff\x00\xfe",),
        ({"a": [1, None]},),
        (1, "two", {"three": 3}),
        ("half \ud800 a pair",),
        ('"\\ud800"',),
    ],
)
def test_everything_comes_back_from_the_packed_form(arguments: tuple[object, ...]) -> None:
    log = EventLog()
    sent = event(0, *arguments)
    log.append(sent)
    for number in range(1, 600):
        log.append(event(number, "{}"))
    found = log.get(0)
    assert found is not None
    assert found.form is sent.payload.form
    assert found.problem == sent.payload.problem
    if any("\ud800" in str(argument) for argument in arguments):
        assert found.raw == "half \\ud800 a pair"
    else:
        assert found.raw == sent.payload.raw
        expected = list(arguments) if len(arguments) > 1 else sent.payload.value
        assert repr(found.payload().value) == repr(expected)


def test_lines_of_json_hold_exactly_what_came() -> None:
    log = EventLog()
    log.append(event(0, 'ünï \x1b[2J "quoted"\n', name="wéird\u202e"))
    log.append(event(1, b"\xff\x00"))
    log.append(event(2, "z" * 70_000))
    lines = [json_line(e) for e in log.scan()]
    assert all(line.isascii() and line.isprintable() for line in lines)
    first, second, third = (json.loads(line) for line in lines)
    assert first["payload"] == 'ünï \x1b[2J "quoted"\n'
    assert first["name"] == "wéird\u202e"
    assert first["time"] == "2026-09-21T14:13:20.000+00:00"
    assert first["problem"]
    assert second["payload_base64"] == "/wA="
    assert second["form"] == Form.BYTES
    assert (len(third["payload"]), third["size"]) == (64_000, 70_000)


def test_export_files_have_harmless_names_of_their_own(tmp_path: Path) -> None:
    path = export_file(tmp_path, "../../etc/\x1b[31m; rm -rf", 1_790_000_000.0)
    assert path.parent == tmp_path
    assert path.name == "etc-31m-rm--rf-20260921T141320Z.jsonl"
    path.touch()
    assert export_file(tmp_path, "../../etc/\x1b[31m; rm -rf", 1_790_000_000.0) != path


def test_saving_leaves_a_whole_file_or_none(tmp_path: Path) -> None:
    log = filled(500)
    path = tmp_path / "new" / "log.jsonl"
    assert save_events(log.scan(), path) == 500
    assert [json.loads(line)["index"] for line in path.read_text().splitlines()] == list(range(500))
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600

    def broken() -> object:
        yield from log.scan(490)
        raise OSError(28, "No space left on device")

    other = tmp_path / "other.jsonl"
    with pytest.raises(OSError, match="No space"):
        save_events(broken(), other)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == [path.parent]
