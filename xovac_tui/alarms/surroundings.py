"""Report what alarms evaluate beside the chamber: the disk, the record, and notification receivers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from xovac_tui.alarms.store import AlarmStore
from xovac_tui.daemon import in_daemon

_MEASURE_EVERY = 30.0
"""Seconds between two measurements of how much room the disk has."""


class Unforwarded(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded and not forwarded yet."""

    seconds: float
    """How long the oldest of it has waited; 0: there is nothing."""
    why: str
    """What the slowest store does, as sentences."""


class Surroundings:
    """Disk, record and receivers of one station."""

    def __init__(self, store: AlarmStore) -> None:
        self._store = store
        self._measured_at = -1e18
        self._measuring: asyncio.Task[None] | None = None
        self.disk_free: float | None = None
        """GB that are free where the record is; None: not known."""
        self.failing: dict[str, str] = {}
        """Receiver of notifications that could not be reached -> why, as a sentence."""
        self._untried: set[str] = set()
        """Receivers to which nothing was sent since the start."""

    @property
    def untried(self) -> bool:
        """True while for some receiver it is not known whether it can be reached."""
        return bool(self._untried)

    def will_notify(self, receivers: Iterable[str]) -> None:
        """Take note of who receives notifications: whether that works is not known until one has arrived."""
        self._untried = set(receivers)

    def notified(self, receiver: str, why: str) -> None:
        """Take note that a receiver could not be reached; without a reason: that it was."""
        self._untried.discard(receiver)
        self.failing.pop(receiver, None)
        if why:
            self.failing[receiver] = why

    def measure(self, mono: float) -> None:
        """Measure now and then how much room the disk has, in a thread: a disk may hang."""
        folder = self._store.folder
        if folder is None or self._measuring or mono - self._measured_at < _MEASURE_EVERY:
            return
        self._measured_at = mono
        try:
            # One that hangs must not be joined by others.
            self._measuring = asyncio.get_running_loop().create_task(self._measure(folder), name="disk-room")
        except RuntimeError:
            self.disk_free = _free_space(folder)

    async def _measure(self, folder: Path) -> None:
        self.disk_free = await in_daemon(partial(_free_space, folder), "disk-room")
        self._measuring = None


def _free_space(folder: Path) -> float | None:
    """Return the GB that are free where a folder is; None where that is not known."""
    try:
        return shutil.disk_usage(folder).free / 1e9
    except OSError:
        return None
