"""Documents that are made from the program are what the program would make today."""

from __future__ import annotations

from pathlib import Path

from xovac_tui.ui.commands import ACTIONS, keys_page

TOP = Path(__file__).parents[2]


def test_the_page_of_keys_is_up_to_date() -> None:
    assert (TOP / "docs" / "keys.md").read_text(encoding="utf-8") == keys_page(), "run: python docs/keys.py"


def test_every_action_is_on_the_page() -> None:
    page = keys_page()
    assert all(f"`{action.id}`" in page for action in ACTIONS)
