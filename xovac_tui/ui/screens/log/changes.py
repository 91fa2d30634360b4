"""The values of a message in its row: those that changed since the one before come first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.payload import Leaf, leaves
from xovac_tui.digits import figure
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.log import Log
from xovac_tui.text import clean
from xovac_tui.units import TIME, unit_of

LONGEST = 20_000
"""Characters of a payload that is shown by its values; a longer one is shown as it came."""
_MOST = 60
"""Values of a row at most; it has room for few."""
_BACK = 48
"""Events before one among which the one before of its name is looked for."""
_KEPT = 600
"""Rows that are kept for a reader who scrolls."""
_LONGEST_TEXT = 40
_ALONE = ""
"""Path of a value that is a message by itself."""
_PINNED, _RANK, _CLOCK = range(3)


class RowValue(NamedTuple):
    """One value of a message: `part 60.10→60.12`, `p 5.3e-06`."""

    text: str
    changed: bool


RowValues = tuple[RowValue, ...]


class ChangedValues:
    """Makes rows of messages, in the names of the contract and the units of the screen."""

    def __init__(self, contract: Contract, units: DisplayUnits) -> None:
        self.contract, self.units = contract, units
        self._kept: OrderedDict[int, RowValues | None] = OrderedDict()

    def forget(self) -> None:
        """Make everything anew: the indices of events have changed."""
        self._kept.clear()

    def values(self, log: Log, event: LoggedEvent) -> RowValues | None:
        """Return the values of a message, those that changed first; None: it is shown as it came."""
        if event.index not in self._kept:
            values = self._values(event)
            said = None
            if values is not None:
                before = self._before(log, event)
                said = self._tell(event, values, before or {}, first=before is None)
            self._kept[event.index] = said
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[event.index]

    def sameness(self, event: LoggedEvent) -> Hashable | None:
        """Return what equal messages have in common, all but the device's clocks; None for other events."""
        if not _is_message(event):
            return None
        clocks = {path for path, leaf in self._leaves(event.name).items() if _is_clock(leaf)}
        values = self._values(event) if clocks else None
        if values is None:
            return (event.form, event.raw, event.problem)
        return tuple(one for one in values.items() if one[0] not in clocks)

    def _leaves(self, name: str) -> Mapping[str, LeafSpec]:
        message = self.contract.messages.get(name)
        return {} if message is None else {leaf.path: leaf for leaf in message.leaves}

    def _values(self, event: LoggedEvent) -> dict[str, Leaf] | None:
        """Return the values of a message by their paths; None where it is shown as it came.

        So is one that is too long, or a list, or a single value that the contract says nothing of.
        """
        if not _is_message(event) or event.problem or event.size > LONGEST:
            return None
        value = event.payload().value
        alone = value is not None and not isinstance(value, list) and _ALONE in self._leaves(event.name)
        return dict(leaves(value)) if alone or isinstance(value, dict) else None

    def _before(self, log: Log, event: LoggedEvent) -> dict[str, Leaf] | None:
        """Return the values of the message of the same name before this one, if it is near."""
        for index in range(event.index - 1, max(log.first, event.index - _BACK) - 1, -1):
            found = log.get(index)
            if found is not None and found.name == event.name and found.direction is event.direction:
                return self._values(found)
        return None

    def _tell(
        self, event: LoggedEvent, values: Mapping[str, Leaf], before: Mapping[str, Leaf], *, first: bool
    ) -> RowValues:
        known = self._leaves(event.name)
        names = _names(list(values)[:_MOST], known)
        changed: list[tuple[int, RowValue]] = []
        others: list[tuple[int, RowValue]] = []
        for path, name in names.items():
            leaf = known.get(path)
            now, was = self._value(values[path], leaf), self._value(before.get(path), leaf)
            rank = _RANK if leaf is None else _CLOCK if _is_clock(leaf) else _PINNED if leaf.pin else _RANK
            if not first and path in before and before[path] != values[path] and was != now:
                changed.append((rank, RowValue(f"{name} {was}→{now}", rank != _CLOCK)))
            else:
                others.append((rank, RowValue(f"{name} {now}", not first and path not in before)))
        found = [*sorted(changed, key=_rank), *sorted(others, key=_rank)]
        # A clock changes with each message, which tells nothing.
        return tuple(value for _, value in sorted(found, key=lambda one: one[0] == _CLOCK))

    def _value(self, value: Leaf, leaf: LeafSpec | None) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return clean(value, _LONGEST_TEXT) or "''"
        if leaf is not None and leaf.unit:
            return self.units.number(value, leaf.unit, log=leaf.log)
        return figure(value, ".10g") if value == value else "NaN"


def _rank(one: tuple[int, RowValue]) -> int:
    return one[0]


def _is_clock(leaf: LeafSpec) -> bool:
    return leaf.role is Role.SERVER_TIME or (leaf.hide and unit_of(leaf.unit).dimension == TIME)


def _is_message(event: LoggedEvent) -> bool:
    return event.kind is EventKind.MESSAGE and event.direction is Direction.IN


def _names(paths: Sequence[str], known: Mapping[str, LeafSpec]) -> dict[str, str]:
    """Return what each path is called in a row: its short name, else the end of it that no other one has."""
    given = {path: known[path].channel if path in known else "" for path in paths}
    ends = [path.rpartition(".")[2] for path in paths]
    return {
        path: clean(given[path] or (end if ends.count(end) == 1 else path) or "value", _LONGEST_TEXT)
        for path, end in zip(paths, ends, strict=True)
    }
