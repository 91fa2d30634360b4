"""Where a person changes the contract of a chamber: read, check, save, in force, undo. Sends nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from xovac_tui.api.contracts.editing import (
    ContractChange,
    ContractConflictError,
    ContractSource,
    EditedContract,
    checked,
    edited,
    file_of,
    read_source,
    save,
)
from xovac_tui.api.contracts.guesses import Guess, guesses_of_all
from xovac_tui.api.contracts.samples import Observed
from xovac_tui.api.contracts.tables import Where
from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.payload import Leaf
from xovac_tui.config.contracts import ContractPlace, name_in_settings
from xovac_tui.daemon import in_daemon
from xovac_tui.durations import format_whole
from xovac_tui.errors import SettingsError
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.station.contract_files import ANSWERS_WITHIN
from xovac_tui.station.station import CONTRACT_FIXED, Station

T = TypeVar("T")

_NEWEST_EVENTS = 2_000
"""Events of the log that guesses are made from."""
_OF_EACH = 32
"""Oldest and newest messages of one event that guesses are made from: a state has had other words before."""
_BULKY = 100_000
"""Characters of a payload above which it is not decoded for a guess."""
_MOST_UNDO = 50
MEMORY = Path("(kept until the console ends)")
"""In the place of a file where there is none, as in the demo."""


class UndoStep(msgspec.Struct, frozen=True):
    """One change that can be taken back."""

    path: Path
    before: bytes
    after: bytes
    what: str
    """What was changed, such as a channel's name."""


class Seen(msgspec.Struct, frozen=True):
    """What came of a chamber's messages lately, for a form."""

    guesses: dict[Where, list[Guess]]
    newest: dict[tuple[str, str], Any]
    """Event and path -> the newest value, as it came."""
    events: tuple[str, ...]
    """Names of all events that came, in the order in which they did."""


class _EndsOfMany:
    """The oldest and the newest messages of one event."""

    def __init__(self) -> None:
        self.oldest: list[LoggedEvent] = []
        self.newest: deque[LoggedEvent] = deque(maxlen=_OF_EACH)

    def take(self, event: LoggedEvent) -> None:
        """Keep a message that came after all before."""
        (self.oldest if len(self.oldest) < _OF_EACH else self.newest).append(event)


class ContractDesk:
    """Changes the contract of one chamber, in its file and in force.

    `place` returns where its contract is written; None: there is no file, and changes last as long as
    the console.
    """

    def __init__(self, station: Station, place: Callable[[], ContractPlace] | None) -> None:
        self._station, self._place = station, place
        self._steps: list[UndoStep] = []
        self._memory: ContractSource | None = None
        self._one = asyncio.Lock()
        """Held while something is saved or taken back: what comes meanwhile waits."""

    @property
    def in_memory(self) -> bool:
        """True where changes last only as long as the console."""
        return self._place is None

    @property
    def can_undo(self) -> bool:
        """True while there is a change to take back."""
        return bool(self._steps)

    async def problem(self) -> str:
        """Return why nothing can be saved, as a sentence; empty where it can."""
        if self._station.contract_fixed:
            return CONTRACT_FIXED
        if self._place is None:
            return ""
        place = self._place
        try:
            return await self.apart(lambda: place().problem)
        except SettingsError as error:
            return str(error)

    async def open(self, where: Where) -> ContractSource:
        """Read the file in which a leaf, command or key is changed. Raises SettingsError if it is broken."""
        files = self._station.contract_files
        if self._place is None:
            return self._memory or ContractSource(MEMORY, (MEMORY,), True, None, self._station.contract)
        place = self._place

        def read() -> ContractSource:
            at = place()
            named = files or at.files
            return read_source(file_of(where, named) or at.path, named, simulator=at.simulator)

        return await self.apart(read)

    async def check(self, source: ContractSource, changes: Iterable[ContractChange]) -> EditedContract:
        """Return the file with changes, not yet written; raises EditRefusedError with all that is wrong."""
        changes = list(changes)
        return await self.apart(lambda: edited(source, changes))

    async def save(self, edit: EditedContract, what: str) -> str:
        """Write a changed file and put it in force at once; return why it is not in force, else empty.

        Raises ContractConflictError where another program changed the file, SettingsError where it cannot
        be written.
        """
        async with self._one:
            problem = await self._write(edit)
            self._steps.append(UndoStep(edit.source.path, edit.source.raw or b"", edit.raw, what))
            del self._steps[:-_MOST_UNDO]
            return problem

    async def undo(self) -> str:
        """Take the last change back and return what it was; raises SettingsError where that cannot be."""
        async with self._one:
            return await self._undo() if self._steps else ""

    async def _undo(self) -> str:
        step = self._steps[-1]
        if self._place is None:
            assert self._memory is not None
            source = self._memory
        else:
            place, files = self._place, self._station.contract_files
            source = await self.apart(lambda: read_source(step.path, files, simulator=place().simulator))
        if source.raw != step.after:
            raise ContractConflictError(
                step.path, source, ["Changed since by another program or by hand: change it there."]
            )
        await self._write(await self.apart(lambda: checked(source, step.before)))
        self._steps.pop()
        return step.what

    async def seen(self) -> Seen:
        """Return what came lately, with guesses of what the contract does not say yet."""
        log, contract = self._station.log, self._station.contract
        newest_known = self._newest_known()

        def read() -> Seen:
            observed, newest, events = Observed(), {}, dict[str, None]()
            kept: dict[str, _EndsOfMany] = {}
            for one in log.scan(max(log.first, log.total - _NEWEST_EVENTS)):
                if one.direction is not Direction.IN:
                    continue
                events[one.name] = None
                if one.kind is EventKind.MESSAGE and one.size <= _BULKY:
                    kept.setdefault(one.name, _EndsOfMany()).take(one)
            for name, ends in kept.items():
                for one in (*ends.oldest, *ends.newest):
                    observed.take(name, one.payload().value)
            # The log keeps the beginning of a long message, which cannot be decoded.
            for event, path, leaf in newest_known:
                observed.take_unseen(event, path, leaf)
            for event, path, samples in observed:
                newest[event, path] = samples.newest
            return Seen(guesses_of_all(observed, contract), newest, tuple(events))

        return await self.apart(read)

    def _newest_known(self) -> list[tuple[str, str, Leaf]]:
        """Return the newest values of all channels, as event, path and value."""
        chamber = self._station.chamber
        found: list[tuple[str, str, Leaf]] = []
        for one in self._station.snapshot().channels:
            value = one.text or None if one.value is None else bool(one.value) if one.is_bool else one.value
            if value is not None:
                found.append((*chamber.leaf_of(one.full_name), value))
        return found

    async def _write(self, edit: EditedContract) -> str:
        """Write a file, name it in the settings if it is new there, and put it in force."""
        station = self._station
        if self._place is None:
            self._memory = ContractSource(MEMORY, (MEMORY,), True, edit.raw, edit.contract)
            station.change_contract(edit.contract)
            return ""
        place = self._place

        def write() -> Sequence[Path]:
            source, at = save(edit), place()
            if at.path == source.path:
                name_in_settings(at)
            return source.files

        files = tuple(await self.apart(write))
        problem = await station.reread_contract(None if files == station.contract_files else files)
        return "" if problem is None else problem.sentence

    async def apart(self, work: Callable[[], T]) -> T:
        """Return what a thread returns; a disk that hangs is waited for only so long."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await in_daemon(work, "contract-desk")
        except TimeoutError:
            raise SettingsError(
                f"The contract file did not answer within {format_whole(ANSWERS_WITHIN)}: see its disk."
            ) from None
