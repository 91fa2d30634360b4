"""Limits in bytes for what is held in memory, beside any limit in items."""

from __future__ import annotations

import sys
import threading
from typing import Any

import msgspec

_EACH = 200
"""Bytes that anything takes beside its text, about."""
_DEEPEST = 6


class ByteBudget:
    """Bytes that may be held in one place. What finds no room is refused, and counted by the caller."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes; may be changed at any time, also below what is held."""
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Number of bytes that are held now."""
        return self._held

    def take(self, size: int) -> bool:
        """Take room for so many bytes; False, and nothing is taken, where there is not enough."""
        with self._lock:
            if self._held + size > self.limit:
                return False
            self._held += size
            return True

    def give(self, size: int) -> None:
        """Give room back."""
        with self._lock:
            self._held = max(0, self._held - size)


def weight(value: Any, depth: int = _DEEPEST) -> int:
    """Return about how many bytes a value of text, bytes, numbers, structs and lists of them holds."""
    if isinstance(value, str | bytes):
        return sys.getsizeof(value)
    if isinstance(value, msgspec.Struct) and depth:
        return _EACH + sum(weight(getattr(value, name), depth - 1) for name in value.__struct_fields__)
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return _EACH + sum(weight(one, depth - 1) for one in value)
    if isinstance(value, dict) and depth:
        return _EACH + sum(weight(key) + weight(one, depth - 1) for key, one in value.items())
    return 32
