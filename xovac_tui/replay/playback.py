"""Drive a replay: time goes on at a speed, pauses, or jumps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.clock import Clock
from xovac_tui.replay.model import Replay

SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4)
"""Seconds of the record in one of the wall clock."""
_SLICE = 0.05
"""Seconds that one turn may take, so that keys are handled in between."""
_LONGEST_TURN = 1.0
"""Seconds: after the program was held up, a replay goes on from where it was."""
_SAME = 1.0
"""Seconds around a mark within which it counts as the current one."""


class Playback:
    """What the keys of a replay do."""

    def __init__(self, replay: Replay, clock: Clock, *, speed: float = 1.0) -> None:
        self.replay = replay
        self._clock = clock
        self.speed = min(max(speed, SPEEDS[0]), SPEEDS[-1])
        self.paused = False
        self._behind = False
        self._turned = clock.mono()
        self._marks = [at for at, _ in replay.marks()]

    # -- what the bar shows ---------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """Name of what is replayed: `r12`, `s3`, `all`."""
        return self.replay.sliced.head.label

    @property
    def passed(self) -> float:
        """Seconds since the beginning of what is replayed; negative in its lead-in."""
        return self.replay.mono - self.replay.origin

    @property
    def length(self) -> float:
        """Seconds of all that is replayed, without the lead-in."""
        return self.replay.end - self.replay.origin

    @property
    def ended(self) -> bool:
        """True at the end of the slice."""
        return not self.replay.jumping and self.replay.mono >= self.replay.end

    @property
    def seeking(self) -> float | None:
        """Progress of a jump, 0 to 1; None while there is none."""
        return self.replay.part_done if self.replay.jumping else None

    @property
    def busy(self) -> bool:
        """True while it does not keep up: a jump is not done, or the speed is more than this machine's."""
        return self.replay.jumping or self._behind

    # -- what the keys do -----------------------------------------------------------------------------

    def toggle(self) -> None:
        """Pause, or go on; at the end begin anew."""
        if self.ended:
            self.paused = False
            self.seek(self.replay.origin)
        else:
            self.paused = not self.paused

    def faster(self) -> None:
        """Take the next higher speed."""
        self.speed = SPEEDS[min(bisect_right(SPEEDS, self.speed), len(SPEEDS) - 1)]

    def slower(self) -> None:
        """Take the next lower speed."""
        self.speed = SPEEDS[max(bisect_left(SPEEDS, self.speed) - 1, 0)]

    def seek(self, mono: float) -> None:
        """Go to a moment of the timeline (monotonic seconds), at most to an end of the slice."""
        self.replay.seek(mono)

    def skip(self, seconds: float) -> None:
        """Go on by so many seconds, or back by negative ones; several strokes add up."""
        self.seek(self.replay.target + seconds)

    def to_mark(self, step: int) -> bool:
        """Go to the next mark, or with -1 to the one before; False where there is none."""
        here = self.replay.target
        if step > 0:
            at = bisect_right(self._marks, here + _SAME)
        else:
            at = bisect_left(self._marks, here - _SAME) - 1
        if not 0 <= at < len(self._marks):
            return False
        self.seek(self._marks[at])
        return True

    # -- time -----------------------------------------------------------------------------------------

    def turn(self, sliced: Callable[[], float] | None = None) -> tuple[LedgerEntry, ...]:
        """Let the time since the last turn pass; return the commands that became something else in it."""
        now = self._clock.mono()
        passed, self._turned = min(max(0.0, now - self._turned), _LONGEST_TURN), now
        clock = sliced or self._clock.mono
        self._behind = False
        if self.replay.jumping:
            self.replay.work(_SLICE, clock)
            return ()
        if self.paused or self.ended:
            return ()
        goal = min(self.replay.mono + passed * self.speed, self.replay.end)
        changed = self.replay.advance(goal, _SLICE, clock)
        self._behind = self.replay.mono < goal
        return changed
