"""How literal text, such as a payload, is broken into rows."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.ui.dialogs.facts import wrap

LIST = "[[20, 3600, 1.5], [-173.15, 86400, 0.25], [100, 7200, 10]]"


@given(st.integers(10, 60))
def test_no_number_of_a_list_is_broken_and_no_character_is_lost(width: int) -> None:
    rows = wrap(LIST, width, literal=True)
    assert "".join(rows) == LIST
    assert all(len(row) <= width for row in rows)
    assert [n for row in rows for n in re.findall(r"[-\d.]+", row)] == re.findall(r"[-\d.]+", LIST)


@given(st.text(st.characters(exclude_categories=("C", "M", "Z")), max_size=200), st.integers(4, 40))
def test_literal_text_comes_back_whole(text: str, width: int) -> None:
    assert "\n".join("".join(wrap(row, width, literal=True)) for row in text.split("\n")) == text
