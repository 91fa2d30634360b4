"""Keep the messages of one chamber, newest last: the model behind the message line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from xovac_tui.chamber.snapshot import LedgerEntry

Severity = Literal["information", "warning", "error"]

MOST_MESSAGES = 500
"""Messages that are kept; older ones are counted."""
USUAL_SECONDS = 8.0


class SaidMessage(msgspec.Struct, frozen=True):
    """One message."""

    number: int
    """Counts from 1."""
    utc: float
    """Time of its newest change."""
    mono: float
    severity: Severity
    title: str
    text: str
    path: str = ""
    """File or folder that the text is about, as it is copied."""
    seconds: float = USUAL_SECONDS
    """How long it counts as new."""
    stays: bool = False
    """It is on the line until it was seen."""
    seen: bool = False
    entry: LedgerEntry | None = None
    """The command whose outcome it reports."""
    times: int = 1
    """How often it was said in a row."""

    @property
    def waits(self) -> bool:
        """Whether it stays on the line because it was not seen yet."""
        return self.stays and not self.seen

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}: {self.text}" if self.title and self.text else self.title or self.text


class MessageHistory:
    """The messages of one chamber, bounded; those that found no room are counted."""

    def __init__(self) -> None:
        self._messages: dict[int, SaidMessage] = {}
        self._numbers: dict[int, int] = {}
        """Id of a command -> number of its message."""
        self._said = 0
        self._newest = 0
        self.version = 0
        """Counts changes."""

    @property
    def messages(self) -> Sequence[SaidMessage]:
        """The messages that are kept, oldest first."""
        return tuple(self._messages.values())

    @property
    def newest(self) -> SaidMessage | None:
        """The message that changed last."""
        return self._messages.get(self._newest)

    @property
    def dropped(self) -> int:
        """How many messages were dropped since there are too many."""
        return self._said - len(self._messages)

    @property
    def waiting(self) -> Sequence[SaidMessage]:
        """The messages that stay on the line until they are seen, oldest first."""
        return [one for one in self._messages.values() if one.waits]

    def add(
        self,
        text: str,
        severity: Severity,
        utc: float,
        mono: float,
        *,
        title: str = "",
        path: str = "",
        seconds: float = USUAL_SECONDS,
        stays: bool = False,
        entry: LedgerEntry | None = None,
    ) -> None:
        """Add a message; one about a command replaces that command's, and a repeated one is counted."""
        before = self._messages.get(self._numbers.get(entry.id, 0)) if entry is not None else None
        last = self.newest
        if (
            entry is None
            and last is not None
            and (last.title, last.text, last.severity, last.path)
            == (
                *(title, text, severity),
                path,
            )
        ):
            self._put(msgspec.structs.replace(last, utc=utc, mono=mono, times=last.times + 1, seen=False))
            return
        if before is None:
            self._said += 1
        number = self._said if before is None else before.number
        if entry is not None:
            self._numbers[entry.id] = number
        self._put(SaidMessage(number, utc, mono, severity, title, text, path, seconds, stays, entry=entry))

    def see_all(self, *, outcomes: bool = True) -> None:
        """Note that every message was seen; without `outcomes` all but those of commands."""
        for one in self.waiting:
            if one.entry is not None and not outcomes:
                continue
            self._messages[one.number] = msgspec.structs.replace(one, seen=True)
            self.version += 1

    def _put(self, message: SaidMessage) -> None:
        self._messages[message.number] = message
        self._newest = message.number
        self.version += 1
        while len(self._messages) > MOST_MESSAGES:
            # What still waits to be seen goes last, but for the newest message: it was not shown yet.
            older = [one for one in self._messages.values() if one.number != message.number]
            oldest = next((one for one in older if not one.waits), older[0]).number
            gone = self._messages.pop(oldest)
            if gone.entry is not None:
                self._numbers.pop(gone.entry.id, None)
