"""What a recorder says of itself, for the trust bar."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RecorderState(StrEnum):
    """What the recorder does."""

    OFF = "off"
    """Nothing is to be recorded."""
    STARTING = "starting"
    ON = "on"
    BESIDE = "beside"
    """Another process on this machine records; commands and notes of this one are added."""
    FAILING = "failing"


class RecorderView(msgspec.Struct, frozen=True):
    """What the trust bar says about the record."""

    state: RecorderState = RecorderState.OFF
    pid: int | None = None
    """Process that records, when it is not this one."""
    reason: str = ""
    """Why it fails, in a word or two."""
    why: str = ""
    """The same as a sentence, with what to do."""
    lost: int = 0
    """Events that came while nothing could be written, beyond what memory holds."""
    path: str = ""
    notes: tuple[str, ...] = ()
    """Sentences that somebody must be told: a damaged file was set aside."""
    files: int = 0
    """How often something happened to its files, after which who reads the record opens it anew."""


class RecorderChanged(msgspec.Struct, frozen=True):
    """News: recording began, fails, or goes on."""

    recorder: RecorderView
    before: RecorderView
