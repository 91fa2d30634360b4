"""The STOP key: two deliberate strokes, and a held key never counts as the second."""

from __future__ import annotations

from enum import Enum, auto

ARMED_SECONDS = 3.0
"""Seconds that STOP waits for its second stroke."""
REPEAT_SECONDS = 0.06
"""Strokes closer than this come from a held key: keyboards repeat about every 0.033 s, fingers do not."""
SETTLE_SECONDS = 0.1
"""Seconds between the second stroke and sending, in which a held key gives itself away."""
_SWALLOW_SECONDS = 0.5


class StopKey(Enum):
    """What a key that was typed means for STOP."""

    NOT_MINE = auto()
    """STOP is not armed and this is another key: let it through."""
    ARMED = auto()
    DROPPED = auto()
    """It was armed, and this key drops it (and does nothing else)."""
    SETTLING = auto()
    """The second stroke: sends after SETTLE_SECONDS unless the key turns out to be held."""
    FIRE = auto()
    """Send now."""
    HELD = auto()
    """The key is being held: wait until it is released."""
    SWALLOWED = auto()
    """The rest of a stroke that has already fired."""


class StopSwitch:
    """Decides what keys mean for STOP. Pure: times are monotonic seconds given by the caller."""

    def __init__(self) -> None:
        self.armed_at: float | None = None
        self._settling_at: float | None = None
        self._last_stroke = float("-inf")
        self._fired_at = float("-inf")

    @property
    def armed(self) -> bool:
        """True while a second stroke would send."""
        return self.armed_at is not None

    def left(self, now: float) -> float:
        """Return how many seconds the second stroke may still take."""
        return 0.0 if self.armed_at is None else max(0.0, self.armed_at + ARMED_SECONDS - now)

    def key(self, key: str, now: float) -> StopKey:
        """Take a key; `!` is `exclamation_mark` in Textual."""
        if key != "exclamation_mark":
            return self._other(key, now)
        since, self._last_stroke = now - self._last_stroke, now
        if since < REPEAT_SECONDS:
            if self.armed:
                # A held key must not send. It stays armed, so that a fresh stroke still can.
                self._settling_at, self.armed_at = None, now
            return StopKey.HELD if self.armed else StopKey.SWALLOWED
        if not self.armed or self.left(now) <= 0:
            self.armed_at, self._settling_at = now, None
            return StopKey.ARMED
        self._settling_at = now
        return StopKey.SETTLING

    def _other(self, key: str, now: float) -> StopKey:
        if not self.armed:
            fired = now - self._fired_at < _SWALLOW_SECONDS
            return StopKey.SWALLOWED if fired and key == "enter" else StopKey.NOT_MINE
        if key == "enter" and self.left(now) > 0:
            return self._fire(now)
        self.drop()
        return StopKey.DROPPED

    def settled(self, now: float) -> bool:
        """Return True once when the second stroke has proved to be no held key: send now."""
        if self._settling_at is None or now - self._settling_at < SETTLE_SECONDS * 0.9:
            return False
        self._fire(now)
        return True

    def expired(self, now: float) -> bool:
        """Return True once when the 3 s are over."""
        if self.armed and self._settling_at is None and self.left(now) <= 0:
            self.drop()
            return True
        return False

    def drop(self) -> None:
        """Forget the first stroke."""
        self.armed_at = self._settling_at = None

    def _fire(self, now: float) -> StopKey:
        self.drop()
        self._fired_at = now
        return StopKey.FIRE
