"""The two clocks: wall time for people and records, monotonic time for every duration."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. Tests pass their own."""

    def utc(self) -> float:
        """Return seconds since 1970-01-01 UTC; it may jump."""
        ...

    def mono(self) -> float:
        """Return monotonic seconds from an arbitrary origin; it never jumps back."""
        ...


class SystemClock:
    """This machine's clocks."""

    def utc(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def mono(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()
