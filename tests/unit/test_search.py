"""What the palette finds for a few typed letters, and what it finds first."""

from __future__ import annotations

import pytest

from xovac_tui.ui.search import FuzzyQuery


def ranked(typed: str, *names: str) -> list[str]:
    """Return the names that match, the best first, shorter ones before longer ones."""
    query = FuzzyQuery(typed)
    found = [(cost, len(name), name) for name in names if (cost := query.cost(name.lower())) is not None]
    return [name for _, _, name in sorted(found)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        # The begin of the name, of a word in it, inside of a word, letters in pieces.
        ("pin", ["Pin", "Pin shroud", "Unlock pin", "Spindle", "Plate in"]),
        ("sh", ["Shroud", "Plate shroud", "Flush"]),
        # Words in any order, each of which must be there.
        ("part test", ["Test part", "Test part 2"]),
        # Letters scattered over half a sentence are chance.
        ("rcp", ["Recipe"]),
        ("", ["A", "Bb"]),
    ],
)
def test_the_best_comes_first(typed: str, names: list[str]) -> None:
    others = ["zzz", "x", "Run at the chamber after the pump"] if typed else []
    assert ranked(typed, *others, *reversed(names)) == names


def test_other_words_for_a_thing_find_it_behind_names() -> None:
    query = FuzzyQuery("silence")
    beside = query.cost("shelve", "silence the chosen alarm")
    inside = query.cost("unsilenced")
    assert beside is not None
    assert inside is not None
    assert inside < beside
    assert query.cost("shelve", "take out of service") is None


@pytest.mark.parametrize(
    ("typed", "name", "marked"),
    [
        ("pin", "Spin pin", "pin"),
        ("rcp", "Recipe", "Rcp"),
        ("zz", "Recipe", ""),
        ("plate b", "Plate B", "PlateB"),
        (".*", "Recipe", ""),
    ],
)
def test_what_was_typed_is_marked_in_the_name(typed: str, name: str, marked: str) -> None:
    places = FuzzyQuery(typed).places(name)
    assert "".join(name[at] for at in sorted(places)) == marked
