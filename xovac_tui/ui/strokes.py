"""Tells a held key from a pressed one: terminals report no release, only strokes."""

from __future__ import annotations

REPEAT_SECONDS = 0.15
"""Strokes of one key closer than this come from a held key: keyboards repeat every 0.017 to 0.12 s."""
SETTLE_SECONDS = REPEAT_SECONDS
"""Seconds after a stroke in which a held key gives itself away; only then the stroke counts."""
ROUNDING = 1e-6
"""Seconds by which the difference of two monotonic times may be off."""


class Strokes:
    """Remembers the last stroke of each key. Pure: times are monotonic seconds given by the caller."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def held(self, key: str, now: float) -> bool:
        """Take a stroke; return True when it follows the one before as only a held key does."""
        before = self._last.get(key, float("-inf"))
        self._last[key] = now
        return now - before < REPEAT_SECONDS - ROUNDING
