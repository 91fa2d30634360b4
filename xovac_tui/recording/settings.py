"""Settings of the record: where it is kept, and for how long."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class RecordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the record is kept, and for how long."""

    folder: str = ""
    """Folder of the records, relative to the settings file; empty: `records` among this program's data."""
    keep_days: Annotated[float, Meta(ge=0, le=36_500)] = 0.0
    """Days after which events are deleted; 0: never."""
    delete_unexported: bool = False
    """Let that also delete runs that were never exported."""


class HeldFor(msgspec.Struct, frozen=True, kw_only=True):
    """For whom old events are kept beyond `keep_days`: stores that have not received them."""

    sinks: tuple[str, ...] = ()
    """Names of the stores."""
    days: float = 0.0
    """Days beyond `keep_days`; after them events are deleted all the same."""
