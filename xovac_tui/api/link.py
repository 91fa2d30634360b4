"""The words for a connection, and what is known about it, for link, chamber and screen alike."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LinkWord(StrEnum):
    """The five words on the screen, exactly."""

    OFFLINE = "OFFLINE"
    """Not connected and not trying: by the operator's wish, or because trying again cannot help."""
    CONNECTING = "CONNECTING"
    ONLINE = "ONLINE"
    STALE = "STALE"
    """Connected, but the data that used to come have stopped. Decided by the chamber, never by the link."""
    LOST = "LOST"
    """Was connected, is not; the next try is under way or waits for its turn."""


class LinkView(msgspec.Struct, frozen=True):
    """The connection at one moment, with since when and why."""

    word: LinkWord = LinkWord.OFFLINE
    since_utc: float = 0.0
    since_mono: float = 0.0
    why: str = ""
    """A sentence: what happened and what to do; empty when ONLINE."""
    attempt: int = 0
    """Number of the current try since the last success; 0 when ONLINE."""
    next_try_mono: float | None = None
    """Monotonic time of the next try; None when none is waiting."""
    rtt: float | None = None
    """Round trip of the newest transport-level ping, seconds; None where unknown."""
    session: int = 0
    """How many connections have been made; an answer can only come on the session its command was sent on."""
    silent: bool | msgspec.UnsetType = msgspec.UNSET
    """True: connected, but for some seconds no sign of life has come, not even an answer to a ping.

    The chamber turns it into the word STALE: neither screens nor records have it.
    """
