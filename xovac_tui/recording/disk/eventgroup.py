"""Events of one block that share their text, as a record holds them."""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui.api.event import Direction, EventKind, Form


class EventGroup(msgspec.Struct, array_like=True):
    """Events of one block that differ only in their numbers (or, without `parts`, in their payloads)."""

    direction: Direction
    kind: EventKind
    name: str
    form: Form
    problem: str
    places: bytes
    """Which events of the block these are, as 32-bit numbers; empty where they are all of them."""
    parts: list[str] | None
    """The text around the values; None where the payloads are in `raws`."""
    columns: list[str]
    """One a value: the values of all events as they came, joined by line ends.

    Of text the column begins with a quotation mark; numbers share theirs with `true`, `false` and `null`.
    """
    raws: list[Any]
    """Text or bytes."""
    sizes: list[int]
    """Characters that came, where payloads were cut; else empty."""
