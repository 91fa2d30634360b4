"""Counts in words: "1 item", "2 items", "1,004 entries"."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun; `many` is the noun for all but 1, by default `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
