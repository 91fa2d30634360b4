"""What crosses the wire: an event with its payload, as it came."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class EventKind(StrEnum):
    """The device manual's three words for traffic."""

    COMMAND = "command"
    """Client to server: asks for a response or a behaviour."""
    RESPONSE = "response"
    """Server to client: the answer to a command, an event of its own."""
    MESSAGE = "message"
    """Server to client: ad hoc, depending on the server's state."""


class Direction(StrEnum):
    """Seen from this program."""

    IN = "in"
    OUT = "out"


class Form(StrEnum):
    """In which form a payload arrived; kept because the manual does not promise one."""

    NOTHING = "nothing"
    """The event carried no argument at all."""
    EMPTY = "empty"
    """An empty string, as the manual's example sends."""
    JSON = "json"
    """A string that is JSON, as the manual's example receives."""
    OBJECT = "object"
    """An argument that socket.io had decoded already."""
    BYTES = "bytes"
    """A binary attachment (decoded where it holds JSON)."""
    TEXT = "text"
    """A string that is not JSON: plain words, which are its value, or broken JSON."""
    ARGUMENTS = "arguments"
    """More than one argument; the value is the list of them."""
    OFFSET = "arguments with offset"
    """Arguments and, last, the offset of a server with connection state recovery; the value is without it."""


class Payload(msgspec.Struct, frozen=True, gc=False):
    """One event's argument: what it says, and exactly what came."""

    form: Form
    value: Any
    """The decoded value; None where nothing could be decoded."""
    raw: str | bytes
    """What came: the text or bytes itself; for `OBJECT` and several arguments their JSON text as sent."""
    problem: str = ""
    """Why `value` could not be decoded or is unusual, as a sentence; empty when all is well."""
    cut_from: int = 0
    """Characters (or bytes) that came, where `raw` holds only the beginning; 0: it holds everything."""

    @property
    def size(self) -> int:
        """Characters (or bytes) that came."""
        return self.cut_from or len(self.raw)


class Event(msgspec.Struct, frozen=True, gc=False):
    """Anything that crossed the wire, in either direction."""

    name: str
    payload: Payload
    direction: Direction
    kind: EventKind
    utc: float
    """Wall time of this machine, seconds since 1970."""
    mono: float
    """Monotonic time of this machine, seconds; every age and duration is taken from it."""
