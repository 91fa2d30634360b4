"""What came of each leaf of each message, bounded, for guesses about it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from xovac_tui.api.payload import Leaf, leaves

NEWEST = 64
"""Values that are kept of a leaf."""
MOST_TEXTS = 12
"""Different texts that are kept of a leaf; one with more of them is no state."""
MOST_LEAVES = 50_000
"""Leaves that are followed; further ones are counted."""


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, split at white space."""
    return frozenset(text.split())


NO_READING: tuple[float, ...] = (
    *(9.9e9, 9.9e37, 9.91e37, -999.0, -9999.0, 9999.0, 99999.0, 1372.0, -127.0),
    *(32767.0, -32768.0, 3276.7, -3276.8, 65535.0, 6553.5),
)
"""Numbers that devices send for "no reading": SCPI 1999 (9.9e37, 9.91e37), an open thermocouple of type K
(1372 degC, the end of IEC 60584-1), DS18B20 (-127), and the ends of 16-bit integers, also in tenths."""
NO_READING_TEXTS = words_of(
    "open ur or ol err error fault n/a na nan none null off invalid --- ---- no_data nodata"
)
"""Texts, in small letters, that devices send for "no reading"."""
_NUMBERS = frozenset(NO_READING)


class LeafSamples:
    """What came of one leaf."""

    __slots__ = ("count", "decimals", "high", "low", "marks", "newest", "texts", "truth", "values")

    def __init__(self) -> None:
        self.values: deque[float] = deque(maxlen=NEWEST)
        """The newest numbers that may be readings."""
        self.texts: dict[str, None] = {}
        """Different texts, in the order in which they came."""
        self.marks: dict[float, None] = {}
        """Numbers that came and stand for "no reading" on many devices."""
        self.low, self.high = math.inf, -math.inf
        self.truth = False
        """True where `true` or `false` came."""
        self.decimals = False
        """True where a number had decimals."""
        self.count = 0
        self.newest: Leaf = None
        """The newest value, as it came."""

    @classmethod
    def of(cls, values: Iterable[Leaf]) -> LeafSamples:
        """Return what came, the oldest first."""
        made = cls()
        for value in values:
            made.take(value)
        return made

    def take(self, value: Leaf) -> None:
        """Take a value that came."""
        self.count += 1
        self.newest = value
        if isinstance(value, bool):
            self.truth = True
        elif isinstance(value, str):
            if len(self.texts) <= MOST_TEXTS:
                self.texts[value] = None
        elif value is not None and value in _NUMBERS:
            self.marks[value] = None
        elif value is not None and math.isfinite(value):
            self.values.append(value)
            self.decimals = self.decimals or not value.is_integer()
            self.low, self.high = min(self.low, value), max(self.high, value)

    @property
    def numeric(self) -> bool:
        """True where numbers came and no truth values."""
        return bool(self.values or self.marks) and not self.truth

    @property
    def whole(self) -> bool:
        """True where the numbers have no decimals."""
        return bool(self.values) and not self.decimals


class Observed:
    """What came of all messages, by event and path, in the order in which it first came."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, LeafSamples]] = {}
        self.counts: dict[str, int] = {}
        """Messages that came, by event."""
        self.left_out = 0
        """Values of leaves beyond the most that are followed."""
        self._leaves = 0

    def take(self, event: str, value: Any) -> None:
        """Take a decoded message."""
        known = self.events.setdefault(event, {})
        self.counts[event] = self.counts.get(event, 0) + 1
        if value is None:
            # Without a payload, or with one that is no value, there is no leaf.
            return
        for path, leaf in leaves(value):
            self._take(known, path, leaf)

    def take_unseen(self, event: str, path: str, leaf: Leaf) -> None:
        """Take the newest value of a leaf that came in none of the messages."""
        known = self.events.setdefault(event, {})
        if path not in known:
            self._take(known, path, leaf)

    def _take(self, known: dict[str, LeafSamples], path: str, leaf: Leaf) -> None:
        samples = known.get(path)
        if samples is None:
            if self._leaves >= MOST_LEAVES:
                self.left_out += 1
                return
            self._leaves += 1
            samples = known[path] = LeafSamples()
        samples.take(leaf)

    def __iter__(self) -> Iterator[tuple[str, str, LeafSamples]]:
        """Yield event, path and what came of each leaf."""
        for event, paths in self.events.items():
            for path, samples in paths.items():
                yield event, path, samples
