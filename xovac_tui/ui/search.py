"""What the palette finds, and how: names by a few typed letters. Pure."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

_FIRST, _WORD, _INSIDE, _BESIDE, _SCATTERED = 0, 1, 3, 4, 10
"""Costs of a typed word: at the begin of the name, of a word of it, inside, beside the name, in pieces."""
_LOOSEST = 3
"""Characters of a name, for each typed one, over which these may be scattered; more is chance."""


class PaletteEntry(NamedTuple):
    """One thing with a name. Its texts may come from the device or from files, and are shown literally."""

    kind: str
    title: str
    about: str
    run: Callable[[], Awaitable[None]]
    key: str = ""
    """Its first key, as printed."""
    refusal: str = ""
    """Why it cannot be run now, as a sentence."""
    beside: str = ""
    """Other words for it, in small letters."""
    name: str = ""
    """Unique name of the thing on its tab; empty: it is none that an action could act on."""
    theme: str = ""
    """Theme that is shown while the cursor is here."""


class FuzzyQuery:
    """What was typed: words that a name must all hold, in any order, the letters of each in their order."""

    def __init__(self, typed: str) -> None:
        self.words = typed.lower().split()
        self._scattered = [re.compile(".*?".join(map(re.escape, word))) for word in self.words]

    def cost(self, name: str, beside: str = "") -> int | None:
        """Return how far a name is from what was typed, 0 for the best; None if it does not match.

        Both texts are in small letters; `beside` holds other words for the same thing.
        """
        total = 0
        for word, scattered in zip(self.words, self._scattered, strict=True):
            at = name.find(word)
            if at >= 0:
                total += _FIRST if at == 0 else _WORD if _begins(name, word, at) else _INSIDE
            elif word in beside:
                total += _BESIDE
            elif (found := scattered.search(name)) and (span := _span(found)) <= _LOOSEST * len(word):
                total += _SCATTERED + span - len(word)
            else:
                return None
        return total

    def places(self, name: str) -> frozenset[int]:
        """Return the places of the characters of a name that were typed."""
        name, found = name.lower(), set[int]()
        for word, scattered in zip(self.words, self._scattered, strict=True):
            at = name.find(word)
            if at >= 0:
                if not _begins(name, word, at) and (begin := name.find(f" {word}")) >= 0:
                    at = begin + 1
                found.update(range(at, at + len(word)))
            elif (piece := scattered.search(name)) and _span(piece) <= _LOOSEST * len(word):
                at = piece.start()
                for letter in word:
                    at = name.index(letter, at)
                    found.add(at)
                    at += 1
        return frozenset(found)


def _span(found: re.Match[str]) -> int:
    return found.end() - found.start()


def _begins(name: str, word: str, at: int) -> bool:
    """Return whether a word of the name begins with `word`, which is found at `at`."""
    return at == 0 or not name[at - 1].isalnum() or f" {word}" in name
