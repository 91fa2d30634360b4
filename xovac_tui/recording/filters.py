"""Filter the log by words, kinds and names."""

from __future__ import annotations

import re
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from xovac_tui.api.event import Direction, EventKind
from xovac_tui.errors import XovacError
from xovac_tui.recording import disk
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.log import Log

SYNTAX = 'words, "some words", kind:message, name:state, dir:out, is:malformed, and - before any to leave out'
"""The whole language, for the screen."""
_VALUES: dict[str, tuple[str, ...]] = {
    "kind": tuple(EventKind),
    "dir": tuple(Direction),
    "is": ("malformed",),
}
_KEYS = (*_VALUES, "name")
_TOKEN = re.compile(r'\s*(-?)(?:([^\W\d_]+):)?(?:(")([^"]*)("?)|(\S+)|(?=\s|$))')
"""A term: negated or not, its key, and its value in quotes (with the closing one) or as a word."""


class FilterError(XovacError):
    """A filter that cannot be understood."""


class FilterField(StrEnum):
    """Where a term searches."""

    TEXT = "text"
    """Name or payload."""
    NAME = "name"
    KIND = "kind"
    DIR = "dir"
    IS = "is"


class Term(msgspec.Struct, frozen=True):
    """One condition: `value` (in lower case) is in the field, or is not."""

    field: FilterField
    value: str
    negated: bool = False

    def matches(self, event: LoggedEvent) -> bool:
        """Return whether the event fulfils this condition."""
        found = self._found(event)
        if self.field is FilterField.TEXT:
            found = found or self.value in _text(event).lower()
        return found is not self.negated

    def may_match(self, kind: disk.codec.BlockSummary) -> bool:
        """Return whether an event of this kind could fulfil it, whatever its payload."""
        if self.field is not FilterField.TEXT:
            return self._found(kind) is not self.negated
        return not self.negated or self.value not in kind.name.lower()

    def _found(self, event: LoggedEvent | disk.codec.BlockSummary) -> bool:
        """Return whether the value is in the field, of an event or of a kind of events."""
        match self.field:
            case FilterField.KIND:
                return event.kind == self.value
            case FilterField.DIR:
                return event.direction == self.value
            case FilterField.IS:
                return bool(event.problem)
        return self.value in event.name.lower()


class Filter(msgspec.Struct, frozen=True):
    """All conditions must be fulfilled; without any, every event passes."""

    terms: tuple[Term, ...] = ()

    def matches(self, event: LoggedEvent) -> bool:
        """Return whether the event passes."""
        return all(term.matches(event) for term in self.terms)

    def may_hold(self, kinds: Sequence[disk.codec.BlockSummary]) -> bool:
        """Return whether any of these kinds of events could pass, whatever their payloads."""
        return any(all(term.may_match(kind) for term in self.terms) for kind in kinds)


def parse_filter(text: str) -> Filter:
    """Return the filter that a user typed; FilterError says what cannot be understood."""
    return Filter(tuple(_term(*token) for token in _tokens(text)))


def _tokens(text: str) -> Iterator[tuple[bool, str, str]]:
    """Yield (negated, key or nothing, value)."""
    for found in _TOKEN.finditer(text.strip()):
        negated, key, opened, words, closed, word = found.groups("")
        if opened and not closed:
            raise FilterError('A quote " is open: close it with another ".')
        if found[0]:
            yield bool(negated), key.lower(), words or word


def _term(negated: bool, key: str, value: str) -> Term:
    value = value.lower()
    sign = "-" if negated else ""
    if key and key not in _KEYS:
        raise FilterError(
            f'No "{key}:" here, only {", ".join(f"{known}:" for known in _KEYS)}. In quotes it is text.'
        )
    if not value:
        raise FilterError(f'Nothing follows "{sign}{key + ":" if key else ""}".')
    if key in _VALUES:
        # The beginning of a word is enough, so that results come while it is typed.
        found = [word for word in _VALUES[key] if word.startswith(value)]
        if not found:
            raise FilterError(f'"{key}:" is {" or ".join(_VALUES[key])}, not "{value}".')
        value = found[0]
    return Term(FilterField(key) if key else FilterField.TEXT, value, negated)


def _text(event: LoggedEvent) -> str:
    raw = event.raw
    return raw if isinstance(raw, str) else bytes(raw).decode("utf-8", "replace")


class LogRows:
    """The events of a log that pass a filter, as rows with numbers; found in slices of time.

    Events are named by their index in the log, which never changes; row numbers do when old ones are dropped.
    """

    def __init__(
        self, log: Log, wanted: Filter | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.log = log
        self.filter = wanted if wanted and wanted.terms else None
        self._clock = clock
        self._found: array[int] = array("Q")
        self._gone = 0
        """How many of `_found` are dropped by the log."""
        self._next = log.first
        """Index of the first event that was not searched."""
        self._reader: Iterator[LoggedEvent] = iter(())
        self._until = 0
        """Index up to which the reader goes."""

    @property
    def done(self) -> bool:
        """True when every event was searched."""
        return self.filter is None or self._next >= self.log.total

    @property
    def part_done(self) -> float:
        """How much of what the log keeps was searched, 0 to 1."""
        kept = len(self.log)
        return 1.0 if self.done or not kept else max(0.0, (self._next - self.log.first) / kept)

    def work(self, seconds: float) -> bool:
        """Search events for about so many seconds; return True when all were searched."""
        wanted = self.filter
        if wanted is None:
            return True
        until = self._clock() + seconds
        while not self.done:
            event = next(self._reader, None)
            if event is None:
                self._next = max(self._next, self._until)
                self._until = self.log.total
                self._reader = self.log.scan(self._next, wanted.may_hold)
                continue
            self._next = event.index + 1
            if wanted.matches(event):
                self._found.append(event.index)
            if self._clock() >= until:
                break
        return self.done

    def __len__(self) -> int:
        if self.filter is None:
            return len(self.log)
        self._trim()
        return len(self._found) - self._gone

    def index(self, row: int) -> int:
        """Return the index in the log of a row."""
        return self.log.first + row if self.filter is None else self._found[self._gone + row]

    def row(self, index: int) -> int:
        """Return the row of an event, or of the next one that passes; the number of rows if none does."""
        if self.filter is None:
            return min(max(index - self.log.first, 0), len(self.log))
        self._trim()
        return max(0, bisect_left(self._found, index) - self._gone)

    def _trim(self) -> None:
        first = self.log.first
        while self._gone < len(self._found) and self._found[self._gone] < first:
            self._gone += 1
        if self._gone > 4096:
            del self._found[: self._gone]
            self._gone = 0
