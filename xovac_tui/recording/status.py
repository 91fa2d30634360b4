"""Describe the state of a recorder, for the trust bar."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from xovac_tui.recording.file_notes import FileNote


class RecorderState(StrEnum):
    """What the recorder does."""

    OFF = "off"
    """Nothing is to be recorded."""
    STARTING = "starting"
    ON = "on"
    BESIDE = "beside"
    """Another process on this machine records; commands and notes of this one are added."""
    FAILING = "failing"


class RecordTrouble(StrEnum):
    """Why nothing is recorded, in a word or two for the trust bar."""

    NEWER = "newer file"
    DAMAGED = "damaged file"
    HARD_LINK = "hard link"
    FOREIGN = "foreign file"
    DISK_FULL = "disk full"
    QUOTA_FULL = "quota full"
    READ_ONLY = "read-only"
    NOT_PERMITTED = "not permitted"
    CANNOT_OPEN = "cannot open"
    LOCKED = "file locked"
    DISK_ERROR = "disk error"
    DATABASE_ERROR = "database error"
    DEFECT = "defect"
    NOT_OPEN = "not open"


FULL = frozenset({RecordTrouble.DISK_FULL, RecordTrouble.QUOTA_FULL})
"""Trouble that more room ends."""


class RecorderView(msgspec.Struct, frozen=True):
    """State of the record, for the trust bar."""

    state: RecorderState = RecorderState.OFF
    pid: int | None = None
    """Process that records, when it is not this one."""
    reason: RecordTrouble | None = None
    """Why it fails."""
    why: str = ""
    """The same as a sentence, with what to do."""
    lost: int = 0
    """Events that came while nothing could be written, beyond what memory holds."""
    path: str = ""
    notes: tuple[FileNote, ...] = ()
    """What must be shown, such as that a damaged file was set aside."""
    files: int = 0
    """How often something happened to its files, after which a reader opens the record anew."""


class RecorderChanged(msgspec.Struct, frozen=True):
    """News: recording began, fails, or goes on."""

    recorder: RecorderView
    before: RecorderView
