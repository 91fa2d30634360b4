"""A transcript that is not as it was exported: a replay of it, or a sentence with its line."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.records import MONO, UTC, message, write_record
from tests.unit.test_record_transcript import beside, exported
from xovac_tui.api.event import Event
from xovac_tui.api.loader import load_contract
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.replays import build_replay
from xovac_tui.config import Profile
from xovac_tui.recording.disk.kinds import Item, RecordedLoad
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports import imports
from xovac_tui.recording.exports.imports import not_exported, read_transcript

CONTRACT = load_contract((), simulator=True)
SAID = re.compile(r".+, line (\d+): .+\. The file is not as it was exported: export it again\.", re.DOTALL)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A transcript with one of everything in it."""
    folder = tmp_path_factory.mktemp("transcript")
    things: list[Event | Item] = [
        message(
            n,
            json.dumps({"state": "running", "recipe": "Bakeout", "step": 1, "part": n / 7}),
            name="chamber_state",
        )
        for n in range(12)
    ]
    things[6:6] = beside(6.0)
    things.append(message(13.0, b"\xff\x00", name="two"))
    exported(write_record(folder / "r", things), folder / "x.jsonl")
    return (folder / "x.jsonl").read_bytes().splitlines(keepends=True)


def outcome(path: Path, data: bytes) -> str:
    """Write a file, play it to its end and look at everything on the way; return what was refused."""
    path.write_bytes(data)
    try:
        sliced = read_transcript(path)
    except RecordError as error:
        return str(error)
    station = build_replay(
        ChamberSetup("x", Profile(), CONTRACT), sliced, origin=sliced.head.start, speed=1000.0
    )
    replay = station.playback.replay
    replay.work(0.5)
    until = time.monotonic() + 0.5
    while replay.mono < replay.end and time.monotonic() < until:
        replay.advance(replay.end, 0.1)
        station.snapshot()
    replay.marks()
    list(station.log.scan())
    station.alarms.unresolved()
    replay.seek(replay.begin)
    replay.work(0.1)
    return ""


ODD: list[Any] = [
    None, True, -1, 0, 1.5, "", "x", [], {}, [1], {"a": 1}, 10**30, -(10**30), 1 << 62, 1e300, -1e300, 1e11,
    -1e9, 1e9, float("nan"), float("inf"), float("-inf"), "\ud800", "\x1b[31m", "a" * 1000, [[[]]],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], new: Any, *, remove: bool = False) -> Any:
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copy


def test_every_value_of_every_kind_of_line_may_be_anything(lines: list[bytes], tmp_path: Path) -> None:
    kinds: dict[str, int] = {}
    for number, line in enumerate(lines):
        kinds.setdefault(next(iter(json.loads(line))), number)
    assert len(kinds) == 11
    refused = 0
    for number in kinds.values():
        value = json.loads(lines[number])
        for path in places(value):
            for new in (*ODD[::5], KeyError):
                odd = changed(value, path, new, remove=new is KeyError)
                data = [*lines[:number], json.dumps(odd).encode() + b"\n", *lines[number + 1 :]]
                said = read_outcome(tmp_path / "x.jsonl", b"".join(data))
                refused += bool(said)
                if said and said != not_exported(tmp_path / "x.jsonl") and "newer xovac-tui" not in said:
                    match = SAID.fullmatch(said)
                    assert match, said
                    # What a line says of the others shows at the first of those that does not fit.
                    assert int(match[1]) >= number + 1, said
    assert refused > 200


def read_outcome(path: Path, data: bytes) -> str:
    """Return why a file is refused; empty where it is read."""
    path.write_bytes(data)
    try:
        read_transcript(path)
    except RecordError as error:
        return str(error)
    return ""


@examples(60)
@given(data=st.data())
def test_any_mutation_is_a_replay_or_a_sentence_with_the_line(
    data: st.DataObject, lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = list(lines)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(made) - 1))
        way = data.draw(
            st.sampled_from(["value", "remove", "drop", "twice", "swap", "bytes", "cut", "empty"])
        )
        if way in ("value", "remove"):
            try:
                value = json.loads(made[at])
            except ValueError:
                continue
            if isinstance(value, dict) and (ways := places(value)):
                path = data.draw(st.sampled_from(ways))
                odd = changed(value, path, data.draw(st.sampled_from(ODD)), remove=way == "remove")
                made[at] = json.dumps(odd).encode() + b"\n"
        elif way == "drop" and len(made) > 1:
            del made[at]
        elif way == "twice":
            made.insert(at, made[at])
        elif way == "swap":
            other = data.draw(st.integers(0, len(made) - 1))
            made[at], made[other] = made[other], made[at]
        elif way == "bytes":
            place = data.draw(st.integers(0, len(made[at])))
            made[at] = made[at][:place] + data.draw(st.binary(min_size=1, max_size=4)) + made[at][place + 1 :]
        elif way == "cut":
            made[at] = made[at][: data.draw(st.integers(0, len(made[at])))]
        else:
            made.insert(at, data.draw(st.sampled_from([b"\n", b" \r\n", b"null\n", b"[]\n", b"{}\n"])))
    file = tmp_path_factory.mktemp("odd") / "x.jsonl"
    said = outcome(file, b"".join(made))
    assert not said or SAID.fullmatch(said) or said == not_exported(file) or "newer xovac-tui" in said, said


def odd(line: bytes, old: bytes, new: bytes) -> bytes:
    assert old in line
    return line.replace(old, new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: [*x[:3], b"\n", *x[3:]], "line 4: it is empty"),
        (lambda x: [*x[:3], b'{"index": \xff}\n'], "line 4: its byte 11 is not UTF-8 text"),
        (lambda x: [*x[:-1], x[-1][:9]], "line 24: it is not JSON, and it has no end: the file was cut"),
        (lambda x: [*x[:3], x[2], *x[3:]], "line 4: event 0 does not come after event 0"),
        (lambda x: [*x[:2], x[3], x[2]], "line 4: event 0 does not come after event 1"),
        (lambda x: [x[0], x[2]], 'line 2: an event comes before the first line of a "stretch"'),
        (lambda x: [*x[:3], b'{"a":' * 10_000 + b"\n"], "line 4: it is not JSON"),
        (lambda x: [*x[:3], b"[" * 10_000 + b"]" * 10_000 + b"\n"], "line 4: it is not JSON"),
        (lambda x: [*x[:3], b'{"index": 1' + b"0" * 9000 + b"}\n"], "line 4: it is not JSON"),
        (lambda x: [*x[:2], odd(x[2], b'"mono": ', b'"mono": 1e400, "m": ')], "line 3: one of its times"),
        (lambda x: [*x[:2], odd(x[2], b'"utc": ', b'"utc": NaN, "u": ')], "line 3: one of its times is"),
        (lambda x: [*x[:2], odd(x[2], b'"mono": ', b'"mono": -1e99, "m": ')], "line 3: one of its times"),
        (lambda x: [*x[:2], odd(x[2], b'"size": ', b'"size": -')], "line 3: Expected `int` >= 0"),
        (lambda x: [*x[:2], odd(x[2], b'"kind": "', b'"kind": "x')], "line 3: Invalid enum value"),
        (lambda x: [odd(x[0], b'"format": ', b'"format": "x", "f": ')], 'line 1: its "format" is not'),
        (lambda x: [odd(x[0], b'"end": ', b'"end": 5, "e": ')], "line 1: its end lies before its start"),
        (lambda x: [odd(x[0], b'"speed": ', b'"speed": 0, "s": ')], "line 1: a session in it went at"),
        (lambda x: [x[0], odd(x[1], b'"session": ', b'"session": 7')], "line 2: session 71 is not in"),
        (
            lambda x: [*x, b'{"\x1b[31mx": 1}\n'.replace(b"\x1b", b"\\u001b")],
            'line 25: "␛',
        ),
    ],
)
def test_each_kind_of_oddity_names_its_line(
    change: Callable[[list[bytes]], list[bytes]], said: str, lines: list[bytes], tmp_path: Path
) -> None:
    assert len(lines) == 24
    assert f"x.jsonl, {said}" in read_outcome(tmp_path / "x.jsonl", b"".join(change(list(lines))))


def test_a_mark_at_the_beginning_and_line_ends_of_windows_do_no_harm(
    lines: list[bytes], tmp_path: Path
) -> None:
    data = b"\xef\xbb\xbf" + b"".join(lines).replace(b"\n", b"\r\n")
    assert outcome(tmp_path / "x.jsonl", data) == ""


def test_a_very_long_line_is_not_read_to_its_end(
    lines: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LONGEST_LINE", 10_000)
    said = read_outcome(tmp_path / "x.jsonl", b"".join([*lines[:5], b'"' + b"a" * 100_000 + b'"\n']))
    assert "line 6: it is longer than 10,000 bytes" in said


def test_half_a_pair_in_a_line_is_its_escape(lines: list[bytes], tmp_path: Path) -> None:
    data = (
        lines[2].replace(b'"payload": "', b'"payload": "\\ud800').replace(b'"name": "', b'"name": "\\udfff')
    )
    (tmp_path / "x.jsonl").write_bytes(b"".join([*lines[:2], data]))
    (event,) = read_transcript(tmp_path / "x.jsonl").scan(0, None)
    assert event.raw.startswith("\\ud800")
    assert event.name == "\\udfffchamber_state"


def test_a_bare_list_is_replayed(tmp_path: Path) -> None:
    load = RecordedLoad(
        t=UTC + 1,
        mono=MONO + 1,
        who="ada",
        name="",
        outcome="success",
        hash="ab" * 32,
        source="",
        payload="[]",
        plan="",
        settings="{}",
    )
    exported(write_record(tmp_path / "r", [message(0, "{}"), load, message(2, "{}")]), tmp_path / "x.jsonl")
    assert outcome(tmp_path / "y.jsonl", (tmp_path / "x.jsonl").read_bytes()) == ""


@example(b"")
@example(b"\xef\xbb\xbf")
@example(base64.b64decode("U1FMaXRl"))
@examples(50)
@given(st.binary(max_size=200))
def test_any_other_file_is_refused(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x"
        said = read_outcome(file, data)
    assert "line 1: " in said or said == not_exported(file)
