"""The STOP key: two deliberate strokes. A held key, a burst, and typed or pasted text never count as two."""

from __future__ import annotations

from enum import Enum, auto

from xovac_tui.ui.strokes import REPEAT_SECONDS, ROUNDING, SETTLE_SECONDS

STOP_KEY = "exclamation_mark"
"""Textual's name of `!`."""
ARMED_SECONDS = 3.0
"""Seconds that STOP waits for its second stroke."""
ESCAPE_SECONDS = 0.1
"""Seconds between `esc` in a text field and a `!` that belongs to it: the field may not be gone yet."""
LONGEST_WAIT = 1.0
"""Seconds after the second stroke beyond which `delay` puts off the sending no more."""
_SWALLOW_SECONDS = 0.5
"""Seconds after the sending in which a further stroke belongs to it."""


class StopKey(Enum):
    """Meaning of a typed key for STOP. Only a key with a meaning marked *on* is passed to the screen."""

    NOT_MINE = auto()
    """Another key, and STOP is not armed (*on*)."""
    TEXT = auto()
    """`!` in a text field (*on*)."""
    TEXT_TWICE = auto()
    """`!` once more in a text field, right after the one before (*on*)."""
    ARMED = auto()
    """The first stroke."""
    SETTLING = auto()
    """The second stroke: sends after SETTLE_SECONDS unless the key turns out to be held."""
    HELD = auto()
    """A stroke that follows too soon: nothing is sent, and nothing is armed any more."""
    BURST = auto()
    """A stroke that came in one read with other keys: a paste, or a link that stalled. Nothing is armed."""
    DROPPED = auto()
    """It was armed, and this key drops it (and does nothing else)."""
    REFUSED = auto()
    """STOP cannot be sent now: nothing is armed."""
    REFUSED_TWICE = auto()
    """The second stroke of a STOP that cannot be sent."""
    SWALLOWED = auto()
    """The rest of a stroke that has been dealt with."""


class StopSwitch:
    """Decides the meaning of keys for STOP. Pure: times are monotonic seconds given by the caller.

    Keys with exactly the same time came in one read of the terminal.
    """

    def __init__(self) -> None:
        self.armed_at: float | None = None
        self._settling_at: float | None = None
        self._second_at = 0.0
        """When the second stroke came; `_settling_at` is later where the sending was put off."""
        self._was_held = False
        """The newest stroke of an armed STOP came from a held key, which may go on."""
        self._last_stroke = float("-inf")
        self._typed_at = float("-inf")
        """When `!` was typed into a text field, if no other key has come since."""
        self._refused_at = float("-inf")
        self._sent_at = float("-inf")
        self._left: tuple[object, float] | None = None
        """The text field in which `esc` was the newest key but for strokes, and when."""
        self._read_at = float("-inf")
        self._crowded = False
        """A key other than `esc` has come in the newest read."""

    @property
    def armed(self) -> bool:
        """True while another stroke would send."""
        return self.armed_at is not None

    @property
    def settling(self) -> bool:
        """True between the second stroke and the sending."""
        return self._settling_at is not None

    def left(self, now: float) -> float:
        """Return the seconds left for the second stroke."""
        return 0.0 if self.armed_at is None else max(0.0, self.armed_at + ARMED_SECONDS - now)

    def key(self, key: str, at: float, *, field: object | None = None, refused: bool = False) -> StopKey:
        """Process a key that arrived at a time; return its meaning.

        `field` is the focused text field, None without one; `refused`: STOP could not be sent.
        """
        alone = self._alone(key, at)
        if key != STOP_KEY:
            return self._other(key, at, alone, field)
        if field is not None and not self._leaves(field, at):
            return self._type(at)
        return self._stroke(at, alone, refused)

    def press(self, at: float, *, refused: bool = False) -> StopKey:
        """Process a stroke without a key: STOP was chosen from a list of commands."""
        return self._stroke(at, True, refused)

    def settled(self, now: float) -> bool:
        """Return True once when the second stroke is known not to come from a held key: send now."""
        if self._settling_at is None or now - self._settling_at < SETTLE_SECONDS - ROUNDING:
            return False
        self.drop()
        self._sent_at = now
        return True

    def delay(self, now: float) -> None:
        """Restart the settling: the program was held up, so strokes may have come that it has not read."""
        if self._settling_at is not None and now - self._second_at < LONGEST_WAIT:
            self._settling_at = now

    def expired(self, now: float) -> bool:
        """Return True once when the time for the second stroke (3 s) is over."""
        if self.armed and not self.settling and self.left(now) <= 0:
            self.drop()
            return True
        return False

    def drop(self) -> None:
        """Drop the first stroke."""
        self.armed_at = self._settling_at = None

    def forget_refusal(self) -> None:
        """Forget a stroke that was refused: the next one is the first one for another chamber."""
        self._refused_at = float("-inf")

    def _alone(self, key: str, at: float) -> bool:
        """Return whether this read has had no key but `esc` so far."""
        if at != self._read_at:
            self._read_at, self._crowded = at, False
        before, self._crowded = self._crowded, self._crowded or key != "escape"
        return not before

    def _leaves(self, field: object, at: float) -> bool:
        """Return whether `esc` was just pressed in this field, so that `!` is a stroke already."""
        if self._left is None or self._left[0] is not field:
            return False
        return self.armed or at - self._left[1] <= ESCAPE_SECONDS + ROUNDING

    def _type(self, at: float) -> StopKey:
        twice = at - self._typed_at <= ARMED_SECONDS
        self._typed_at = self._last_stroke = at
        self.drop()
        return StopKey.TEXT_TWICE if twice else StopKey.TEXT

    def _stroke(self, at: float, alone: bool, refused: bool) -> StopKey:
        since, self._last_stroke = at - self._last_stroke, at
        self._typed_at = float("-inf")
        if at - self._sent_at < _SWALLOW_SECONDS:
            return StopKey.SWALLOWED
        if not alone:
            self.drop()
            return StopKey.BURST
        repeats = since < REPEAT_SECONDS - ROUNDING
        if refused:
            self.drop()
            return self._refuse(at, repeats)
        if repeats or self.settling:
            # Where nothing was armed the first of these strokes was none of STOP's: text, or refused.
            self._was_held = self.armed or self._was_held
            self.drop()
            return StopKey.HELD if self._was_held else StopKey.SWALLOWED
        self._was_held = False
        if not self.armed or self.left(at) <= 0:
            self.armed_at, self._settling_at = at, None
            return StopKey.ARMED
        self._settling_at = self._second_at = at
        return StopKey.SETTLING

    def _refuse(self, at: float, repeats: bool) -> StopKey:
        if repeats:
            return StopKey.SWALLOWED
        twice = at - self._refused_at <= ARMED_SECONDS
        self._refused_at = float("-inf") if twice else at
        return StopKey.REFUSED_TWICE if twice else StopKey.REFUSED

    def _other(self, key: str, at: float, alone: bool, field: object | None) -> StopKey:
        self._typed_at = self._refused_at = float("-inf")
        if self.armed:
            if self.settling and key == "enter" and alone:
                # Out of habit, right after the two strokes: it neither confirms nor takes back.
                return StopKey.SWALLOWED
            self.drop()
            return StopKey.DROPPED if alone else StopKey.BURST
        if key == "enter" and at - self._sent_at < _SWALLOW_SECONDS:
            return StopKey.SWALLOWED
        self._left = (field, at) if key == "escape" and field is not None else None
        return StopKey.NOT_MINE
