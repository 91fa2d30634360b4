"""What `doctor` found of one part of a connection."""

from __future__ import annotations

import msgspec


class DoctorCheck(msgspec.Struct, frozen=True):
    """One part of the connection, and whether it works."""

    name: str
    ok: bool | None
    """None: not checked, because something before it failed or it does not apply."""
    detail: str
    """What was found, cleaned."""
    advice: str = ""
    """What to do about it; empty when there is nothing to do."""
    spare: bool = False
    """The chamber can be used all the same."""

    @property
    def failed(self) -> bool:
        """True where it failed and the chamber cannot be used because of it."""
        return self.ok is False and not self.spare
