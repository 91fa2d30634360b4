"""What differs between two contracts, in words: a line for each key of each leaf, command and response."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.contracts.tables import Where, key_of, tables_of
from xovac_tui.text import clean
from xovac_tui.tomltext import same, toml_value

_LONGEST = 120
"""Characters of a value that are shown."""


class ContractDifference(msgspec.Struct, frozen=True):
    """One key that differs, or a whole table that only one of two contracts has."""

    where: Where
    """The leaf, command or response; of one key of it with that key behind."""
    before: Any = None
    """None: not given before."""
    after: Any = None
    """None: not given any more."""

    @property
    def sentence(self) -> str:
        """The difference as one line: `messages.m."p".unit: "mbar" -> "Torr"`."""
        return f"{clean(key_of(self.where))}: {_said(self.before)} -> {_said(self.after)}"


def differences(before: Contract, after: Contract) -> list[ContractDifference]:
    """Return what differs between two contracts, in the order of the second one."""
    return list(_differences(before, after))


def in_short(found: Sequence[ContractDifference], most: int) -> str:
    """Return the first differences as one line, and how many there are beside."""
    more = f"; and {len(found) - most} more" if len(found) > most else ""
    # What only another file or source says is no difference of a key.
    return "; ".join(one.sentence for one in found[:most]) + more or "only where it comes from"


def _differences(before: Contract, after: Contract) -> Iterator[ContractDifference]:
    old, new = tables_of(before), tables_of(after)
    for where in dict.fromkeys((*new, *old)):
        one, other = old.get(where), new.get(where)
        if where == ("start",) or one is None or other is None:
            if one != other:
                yield ContractDifference(where, _whole(where, one), _whole(where, other))
            continue
        for key in dict.fromkeys((*other, *one)):
            yield from _of_key((*where, key), one.get(key), other.get(key))


def _of_key(where: Where, one: Any, other: Any) -> Iterator[ContractDifference]:
    if same(one, other):
        return
    if where[-1] == "fields" and where[0] == "commands":
        fields = one or {}, other or {}
        for name in dict.fromkeys((*fields[1], *fields[0])):
            yield from _of_key((*where, name), fields[0].get(name), fields[1].get(name))
        return
    yield ContractDifference(where, one, other)


def _whole(where: Where, table: dict[str, Any] | None) -> Any:
    return table["start"] if table and where == ("start",) else table


def _said(value: Any) -> str:
    return "nothing" if value is None else clean(toml_value(value), _LONGEST)
