"""Whatever bytes come from a terminal, they are read: none of them ends the reading."""

from __future__ import annotations

import random

import pytest
from textual import events
from textual.message import Message

from xovac_tui.ui.stop_key import StopKey, StopSwitch
from xovac_tui.ui.terminal.keyboard import PASTE_SECONDS, Keyboard

PIECES = (
    b"\x1b[48;24;80;0;0t", b"\x1b[48;24;80;1;1t", b"\x1b[48;0;0;0;0t", b"\x1b[<0;5;5M", b"\x1b[<0;5;5m",
    b"\x1b[<99999999999999999999;9999999999M", b"\x1b[<64;-3;2M", b"\x1b[M   ", b"\x1b[99999999999u",
    b"\x1b[55296u", b"\x1b[1114112;5u", b"\x1b[97;99999999;97:55296u", b"\x1b[;;;;;;;", b"\x1b[200~",
    b"\x1b[201~", b"\x1b", b"\x1b\x1b", b"\x1bO", b"\x9b", b"\xff\xfe", b"\xe9", b"\xf0\x9f", b"\x00",
    b"\x1b[?2026;2$y", b"\x1b[?2048;9$y", b"\x1b[9999999;9999999R", b"\x1b]0;x\x07", b"\x1bP", b"a!q\r",
)  # fmt: skip


def read(keyboard: Keyboard, data: bytes, now: float = 0.0) -> list[Message]:
    return list(keyboard.feed(data, now))


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


@pytest.mark.parametrize("noise", [b"\xff", b"\xe9", b"\xc3(", b"\xf0\x9f", b"\x80\x81", b"\xed\xa0\x80"])
def test_a_byte_that_is_no_utf_8_is_a_character_and_the_next_key_is_read(noise: bytes) -> None:
    keyboard = Keyboard()
    read(keyboard, noise)
    assert keys(read(keyboard, b"q"))[-1] == "q"


def test_characters_of_several_bytes_may_come_in_several_reads() -> None:
    keyboard = Keyboard()
    assert keys(read(keyboard, "é".encode()[:1])) == []
    assert keys(read(keyboard, "é".encode()[1:])) == ["é"]


@pytest.mark.parametrize("size", [b"24;80;0;0", b"24;80;0;9", b"24;80;9;0"])
def test_a_terminal_of_no_pixels_still_has_a_pointer(size: bytes) -> None:
    keyboard = Keyboard()
    read(keyboard, b"\x1b[48;" + size + b"t")
    (click,) = read(keyboard, b"\x1b[<0;11;6M")
    assert isinstance(click, events.MouseDown)
    assert (click.x, click.y) == (10, 5)


@pytest.mark.parametrize("size", [b"0;80", b"24;0", b"99999;99999", b"501;80", b"24;1001"])
def test_a_size_that_no_terminal_has_is_noise(size: bytes) -> None:
    assert read(Keyboard(), b"\x1b[48;" + size + b";10;10t") == []


@pytest.mark.parametrize("key", [b"\x1b[99999999999u", b"\x1b[55296u", b"\x1b[97;1;55296u"])
def test_a_key_that_is_no_character_is_nothing(key: bytes) -> None:
    assert keys(read(Keyboard(), key + b"q")) == ["q"]


@pytest.mark.parametrize(
    "alone",
    [
        b"\x1b[57441;2u",
        b"\x1b[57441;1u",
        b"\x1b[57447;2u",
        b"\x1b[57453u",
        b"\x1b[57358;65u",
        b"\x1b[57358;2u",
    ],
)
def test_a_key_that_only_changes_others_is_nothing_so_stop_may_be_pressed_with_shift(alone: bytes) -> None:
    keyboard, switch = Keyboard(), StopSwitch()
    stroke, field = alone + b"\x1b[49;2;33u", object()
    assert keys(read(keyboard, alone)) == []
    (escape,) = read(keyboard, b"\x1b[27u", 5.0)
    assert isinstance(escape, events.Key)
    assert switch.key(escape.key, escape.time, field=field) is StopKey.NOT_MINE
    for now, means in ((5.05, StopKey.ARMED), (5.5, StopKey.SETTLING)):
        (key,) = read(keyboard, stroke, now)
        assert isinstance(key, events.Key)
        assert switch.key(key.key, key.time, field=field) is means


def test_a_paste_whose_end_is_lost_ends_after_a_silence() -> None:
    keyboard = Keyboard()
    assert read(keyboard, b"\x1b[200~!!", 10.0) == []
    assert list(keyboard.tick(10.0 + PASTE_SECONDS)) == []
    (paste,) = keyboard.tick(10.1 + PASTE_SECONDS)
    assert isinstance(paste, events.Paste)
    assert paste.text == "!!"
    assert keys(read(keyboard, b"!", 12.0)) == ["exclamation_mark"]


@pytest.mark.parametrize("end", [b"\x1b[201~", b""])
def test_what_is_too_much_of_a_paste_is_left_out_and_is_no_keys(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.ui.terminal.keyboard.MOST_PASTED", 1000)
    keyboard = Keyboard()
    got = read(keyboard, b"\x1b[200~" + b"x" * 1010 + b"Xy\r" + end, 1.0)
    got += list(keyboard.tick(1.1 + PASTE_SECONDS))
    (paste,) = got
    assert isinstance(paste, events.Paste)
    assert paste.text == "x" * 1000
    assert keys(read(keyboard, b"q", 9.0)) == ["q"]


@pytest.mark.parametrize("rest", [b"Xy\r!!\x1b[201~", b"Xy\r!!"])
def test_the_rest_of_a_paste_that_stalled_is_no_keys(rest: bytes) -> None:
    keyboard = Keyboard()
    read(keyboard, b"\x1b[200~odd", 10.0)
    list(keyboard.tick(10.1 + PASTE_SECONDS))
    got = read(keyboard, rest, 12.0) + list(keyboard.tick(12.1 + PASTE_SECONDS))
    assert [paste.text for paste in got if isinstance(paste, events.Paste)] == ["Xy\r!!"]
    assert keys(got) == []
    assert keys(read(keyboard, b"!", 14.0)) == ["exclamation_mark"]


def test_after_a_paste_whose_end_is_lost_keys_are_keys() -> None:
    keyboard = Keyboard()
    read(keyboard, b"\x1b[200~odd", 10.0)
    list(keyboard.tick(10.1 + PASTE_SECONDS))
    assert keys(read(keyboard, b"\x1b[A", 12.0)) == ["up"]
    assert keys(read(keyboard, b"!", 12.3)) == ["exclamation_mark"]
    assert keys(read(keyboard, b"ab", 12.6)) == ["a", "b"]


def test_what_comes_before_the_end_of_a_paste_without_a_beginning_is_no_keys() -> None:
    (paste,) = read(Keyboard(), b"0~Xy\r\x1b[201~", 1.0)
    assert isinstance(paste, events.Paste)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_bytes_keys_are_read(seed: int) -> None:
    chance = random.Random(seed)
    keyboard = Keyboard()
    now = 0.0
    for _ in range(1500):
        piece = chance.choice(PIECES) if chance.random() < 0.7 else chance.randbytes(chance.randrange(1, 9))
        read(keyboard, piece[: chance.randrange(1, len(piece) + 1)], now)
        now += chance.random() * 2
        list(keyboard.tick(now))
    # Whatever was begun is over after a silence and a key.
    read(keyboard, b"\x1b[201~" + b" " * 40, now)
    assert keys(read(keyboard, b"q", now)) == ["q"]
