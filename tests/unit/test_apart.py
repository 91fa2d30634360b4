"""A bulky payload that is opened is decoded by another process, and never by the console."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.records import message
from xovac_tui.api.outline import outline
from xovac_tui.api.payload import BULKY, LONGEST, NOT_JSON, decode
from xovac_tui.plural import counted
from xovac_tui.recording.apart import can_be_read_apart, read_apart
from xovac_tui.recording.eventlog import KEPT_TEXT, EventLog, LoggedEvent


def logged(raw: str | bytes) -> LoggedEvent:
    """Return an event with a payload of which everything is kept."""
    event = message(0.0, raw)
    payload = event.payload
    return LoggedEvent(
        0,
        event.utc,
        event.mono,
        event.direction,
        event.kind,
        event.name,
        payload.form,
        payload.raw,
        payload.problem,
        payload.size,
    )


@pytest.mark.parametrize(
    ("text", "about", "beginning"),
    [
        (
            '{"t": 1.50, "rows": [1, [2, null]], "s": {}}',
            "an object with 4 values; its keys are t, rows, s",
            '{\n  "t": 1.5',
        ),
        ("[true]", "a list of 1 item with 1 value", "[\n  true"),
        ("{}", "an empty object", "{}"),
        ("[[], NaN]", f"a list of {counted(2, 'item')} with 1 value", "[\n  [],\n  NaN"),
        (
            json.dumps(dict.fromkeys("abcdefgh", 0)),
            "an object with 8 values; its keys are a, b, c, d, e, f and 2 more",
            '{\n  "a": 0,',
        ),
        ('{"\\u001b[31m": 1}', "an object with 1 value; its key is ␛[31m", "{"),
    ],
)
def test_an_outline_says_what_is_in_a_payload(text: str, about: str, beginning: str) -> None:
    found = outline(text, 20)
    assert found.about == about
    assert found.problem == ""
    assert found.text.startswith(beginning)
    assert len(found.text) <= 20


def test_a_number_of_thousands_of_digits_is_json_that_is_not_read() -> None:
    text = '{"a": ' + "9" * 5_000 + "}"
    said = "The text is JSON with a number of thousands of digits, which is not read."
    assert outline(text, 20).problem == decode(text).problem == said


@pytest.mark.parametrize("text", ["[1, oops]", "", "[" * 200_000, '{"a": ' + "9" * 5_000 + "}"], ids=range(4))
def test_what_is_no_json_is_said_in_a_sentence(text: str) -> None:
    found = outline(text, 20)
    assert found.problem.startswith("The text is ")
    assert found.problem.endswith(".")
    assert (found.about, found.text) == ("", "")


@pytest.mark.parametrize(
    ("raw", "about", "problem"),
    [
        (
            '{"t": 1, "rows": [' + "0," * BULKY + "0]}",
            f"an object with {BULKY + 2:,} values; its keys are t, rows",
            "",
        ),
        (b'{"a":' + b" " * BULKY + b"1}", "an object with 1 value; its key is a", ""),
        ('{"a": "\ud800' + "é" * BULKY + '"}', "an object with 1 value; its key is a", ""),
        ('{"a": ' + "0" * BULKY + "}", "", f"{NOT_JSON}: "),
        (b"[" + b"\xff" * BULKY, "", "The bytes are not UTF-8 text."),
    ],
    ids=["text", "bytes", "surrogate", "no JSON", "no UTF-8"],
)
async def test_another_process_decodes_it(raw: str | bytes, about: str, problem: str) -> None:
    event = logged(raw)
    assert can_be_read_apart(event)
    found = await read_apart(event, 100)
    assert found.about == about
    assert found.problem.startswith(problem)
    assert bool(found.problem) == bool(problem)
    assert bool(found.text) == bool(about)


def test_only_what_is_too_long_and_looks_like_json_is_decoded_apart() -> None:
    assert not can_be_read_apart(logged('{"t": 1}'))
    assert not can_be_read_apart(logged("x" * (BULKY + 1)))
    assert not can_be_read_apart(logged("[" + "0," * LONGEST))


async def test_what_is_kept_only_in_part_is_not_decoded() -> None:
    log = EventLog()
    log.append(message(0.0, "[" + "0," * BULKY + "0]"))
    event = log.get(0)
    assert event is not None
    assert len(event.raw) == KEPT_TEXT
    found = await read_apart(event, 100)
    assert found.problem == "It cannot be decoded: only its beginning is kept, since it is not recorded."


def children() -> Iterator[int]:
    """Yield the processes that this one has started and that have not ended."""
    for one in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = one.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                yield int(one.parent.name)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to see processes in")
async def test_nothing_is_left_of_a_reading_that_takes_too_long_or_is_given_up() -> None:
    event = logged("[" + "0," * BULKY + "0]")
    before = set(children())
    found = await read_apart(event, 100, seconds=0.0)
    assert found.problem == "Decoding it took longer than 0 s, so it was given up."
    task = asyncio.ensure_future(read_apart(event, 100))
    for _ in range(10_000):
        await asyncio.sleep(0.001)
        if set(children()) - before:
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(children()) == before


async def test_a_machine_without_a_process_to_spare_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    found = await read_apart(logged("[" + "0," * BULKY + "0]"), 100)
    assert found.problem == "No process could be started to decode it: No such file or directory."


async def test_the_console_itself_never_decodes_it() -> None:
    event = logged("[" + "0," * BULKY + "0]")
    tracemalloc.start()
    try:
        found = await read_apart(event, 100)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.about
    # A list of so many items takes 8 bytes for each.
    assert most < 4 * BULKY
