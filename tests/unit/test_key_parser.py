"""What STOP has to know of the terminal's bytes: which keys came in one read, and `esc` before `!`."""

from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from xovac_tui.ui.terminal.keyparser import KeyParser

ESC, STOP = "escape", "exclamation_mark"


def read(parser: KeyParser, data: str, now: float) -> list[tuple[str, float]]:
    parser.begin_read(now)
    return [(said(message), message.time) for message in parser.feed(data)]


def said(message: Message) -> str:
    if isinstance(message, events.Paste):
        return f"paste {message.text}"
    assert isinstance(message, events.Key)
    return message.key


def test_keys_of_one_read_have_its_time() -> None:
    assert read(KeyParser(), "ab!", 5.0) == [("a", 5.0), ("b", 5.0), (STOP, 5.0)]


def end_wait(parser: KeyParser) -> None:
    """Let the time be over for which Textual waits for more of a key."""
    parser._timeout_time = 0.0


@pytest.mark.parametrize("data", ["\x1b!", "\x1b[27u!", "\x1b[33;3u"])
def test_esc_and_a_stroke_in_one_read_are_two_keys(data: str) -> None:
    assert read(KeyParser(), data, 5.0) == [(ESC, 5.0), (STOP, 5.0)]


def test_esc_and_a_stroke_in_two_reads_are_two_keys() -> None:
    parser = KeyParser()
    assert read(parser, "\x1b", 5.0) == []
    assert read(parser, "!", 5.05) == [(ESC, 5.05), (STOP, 5.05)]
    assert read(parser, "!", 5.5) == [(STOP, 5.5)]


def test_other_sequences_are_as_ever() -> None:
    parser = KeyParser()
    assert read(parser, "\x1b[A!", 5.0) == [("up", 5.0), (STOP, 5.0)]
    assert read(parser, "\x1bOP", 6.0) == [("f1", 6.0)]


def test_a_key_that_was_waited_for_has_the_time_of_its_read() -> None:
    parser = KeyParser()
    assert read(parser, "\x1b", 5.0) == []
    end_wait(parser)
    assert [(said(message), message.time) for message in parser.tick()] == [(ESC, 5.0)]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_no_key_comes_out_of_a_paste(one_by_one: bool) -> None:
    pasted = "\x1b[200~oh! \x1b!\x1b!! \x1b[2!\x1b\x1bq\x1b[201~!"
    parser = KeyParser()
    got = []
    for data in pasted if one_by_one else [pasted]:
        got += read(parser, data, 5.0)
    assert got == [("paste oh! !!! [2!q", 5.0), (STOP, 5.0)]


def test_a_mark_of_a_paste_that_came_too_slowly_begins_none() -> None:
    parser = KeyParser()
    read(parser, "\x1b[20", 5.0)
    end_wait(parser)
    list(parser.tick())
    read(parser, "0~", 6.0)
    assert read(parser, "\x1b!", 7.0) == [(ESC, 7.0), (STOP, 7.0)]
