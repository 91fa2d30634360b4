"""The two clocks: wall time for people and records, monotonic time for every duration."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

FASTEST = 10_000.0
"""Seconds of a simulated device that may pass in one of the clock."""


class Clock(Protocol):
    """A source of time. Tests pass their own."""

    def utc(self) -> float:
        """Return seconds since 1970-01-01 UTC; it may jump."""
        ...

    def mono(self) -> float:
        """Return monotonic seconds from an arbitrary origin; it goes on in a suspension, never back."""
        ...


def suspend_counting() -> Callable[[], float]:
    """Return this machine's monotonic clock that goes on while it is suspended.

    `time.monotonic` stands still then on Linux (CLOCK_MONOTONIC) and macOS (mach_absolute_time), and goes on
    on Windows. Linux has CLOCK_BOOTTIME for that; on macOS it is CLOCK_MONOTONIC of clock_gettime(3).
    """
    wanted = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(sys.platform, "")
    number = getattr(time, wanted, None) if wanted else None
    if number is None:
        return time.monotonic
    try:
        time.clock_gettime(number)
    except OSError:
        return time.monotonic
    return partial(time.clock_gettime, number)


class SystemClock:
    """This machine's clocks."""

    def __init__(self) -> None:
        self._mono = suspend_counting()

    def utc(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def mono(self) -> float:
        """Return monotonic seconds, those of a suspended machine included."""
        return self._mono()
