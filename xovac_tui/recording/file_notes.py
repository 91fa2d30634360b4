"""What happened to the files of a record that is written: codes, data, and their only words."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import msgspec

_MOVED = "The record {path} was moved to {other} while it was written; all until then is there."


class FileCode(Enum):
    """What happened, with its words."""

    EXPOSED = "{detail}"
    WRITTEN_ANEW = (
        "The -wal or -shm file of {path} was deleted while it was written. The record was written anew from "
        "what was open: nothing is lost. Delete none of its three files while it is recorded."
    )
    DELETED = (
        "The record {path} was deleted while it was written. It was written again, whole, from what was open."
    )
    MOVED = f"{_MOVED} A new one was begun."
    MOVED_AND_REPLACED = f"{_MOVED} Another file is in its place now."
    REPLACED = (
        "The record {path} was replaced by another file while it was written. All until then is in {other} "
        "beside it; what comes now goes into the file that is there now. To restore an older copy, end the "
        "recorder first."
    )
    GONE = "The record {path} was moved or deleted; another one is in its place now."
    """Of a viewer, which saves nothing."""
    CLAIMED = "{who} records in {path} now; this one stopped, and adds only what is done here."
    DAMAGED = (
        "The record {path} was damaged. It was set aside as {other}, and a new one was begun; `sqlite3 FILE "
        ".recover` may read what is whole in it."
    )
    DAMAGED_AND_SAVED = (
        "The record {path} was damaged, such as by another program that wrote over it. It was set aside as "
        "{other}; what was recorded could still be read, all of it, and is in the record now."
    )


class FileNote(msgspec.Struct, frozen=True):
    """Something that happened to the files of one record."""

    code: FileCode
    path: Path
    other: str = ""
    """The file that holds what was recorded until then, or the damaged one."""
    pid: int | None = None
    """The process that records; None where it is not known."""
    host: str = ""
    detail: str = ""
    """Who else can read or write which files, as sentences."""

    @property
    def sentence(self) -> str:
        """What happened to which file, and what to do."""
        who = f"Process {self.pid} on {self.host}" if self.pid else "Another process"
        return self.code.value.format(path=self.path, other=self.other, who=who, detail=self.detail)
