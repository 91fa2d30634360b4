"""Distinguish a held key from pressed ones: terminals report strokes, but no release."""

from __future__ import annotations

REPEAT_SECONDS = 0.15
"""Strokes of one key closer than this come from a held key: keyboards repeat every 0.017 to 0.12 s."""
SETTLE_SECONDS = REPEAT_SECONDS
"""Seconds after a stroke in which a held key repeats; a stroke counts only after them."""
ROUNDING = 1e-6
"""Largest error of the difference of two monotonic times, seconds."""


class Strokes:
    """The last stroke of each key. Pure: times are monotonic seconds given by the caller."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def held(self, key: str, now: float) -> bool:
        """Note a stroke; return True if it follows the previous one as fast as only a held key does."""
        before = self._last.get(key, float("-inf"))
        self._last[key] = now
        return now - before < REPEAT_SECONDS - ROUNDING
