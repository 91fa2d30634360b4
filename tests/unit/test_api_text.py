"""Untrusted text: shown literally, never obeyed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.text import clean, clean_bytes, clean_lines


def test_escape_sequences_become_visible() -> None:
    assert clean("\x1b[31mred\x1b]0;title\x07") == "␛[31mred␛]0;title␇"


def test_lines_tabs_and_old_control_codes_become_visible() -> None:
    assert clean("a\nb\tc\x7f\x9b") == "a␊b␉c␡\\x9b"


def test_direction_marks_and_invisible_signs_become_visible() -> None:
    assert clean("abc\u202edef\u200b") == "abc\\u202edef\\u200b"


def test_half_a_character_pair_is_shown() -> None:
    assert clean("a\ud800b") == "a\\ud800b"


def test_ordinary_text_stays() -> None:
    assert clean("Grüße, 温度 −20 °C [red]x[/red]") == "Grüße, 温度 −20 °C [red]x[/red]"


def test_towers_of_marks_are_cut() -> None:
    assert len(clean("e" + "\u0301" * 50)) < 6


@given(st.text(), st.integers(1, 50))
def test_always_printable_and_never_longer_than_asked(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit


@given(st.text(), st.integers(1, 5), st.integers(1, 30))
def test_lines_are_bounded(text: str, lines: int, width: int) -> None:
    shown = clean_lines(text, lines=lines, width=width)
    assert 1 <= len(shown) <= lines
    assert all(row.isprintable() for row in shown)


def test_what_is_left_out_is_reported() -> None:
    assert clean_lines("1\n2\n3\n4", lines=2, width=9) == ["1", "… 3 more lines"]
    assert clean_lines("1\n2", lines=2, width=9) == ["1", "2"]
    assert clean_bytes(b"\x00" * 1000, 40).endswith("(1,000 bytes)")
