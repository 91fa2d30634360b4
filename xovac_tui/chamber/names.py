"""What each channel is called where it is shown: no two of a chamber have the same name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^.]+')


def shown_names(given: Mapping[str, str]) -> dict[str, str]:
    """Return what the channels are called, by their full names; `given` are the contract's names, or ''.

    A given name is used where no other channel has it. Every other channel has the shortest tail of its full
    name that no other one ends with; it is never a bare index.
    """
    taken = Counter(name.casefold() for name in given.values() if name)
    # A name that is another channel's full name would be taken for that.
    taken.update(full.casefold() for full, name in given.items() if name.casefold() != full.casefold())
    endings = Counter(tail.casefold() for full in given for tail in _tails(full))
    return {
        full: name
        if name and taken[name.casefold()] == 1
        else next(
            (
                tail
                for tail in _tails(full)
                if endings[tail.casefold()] == 1 and (tail == full or tail.casefold() not in taken)
            ),
            full,
        )
        for full, name in given.items()
    }


def _tails(full_name: str) -> Iterator[str]:
    """Yield the ends of a full name that may be used for it, the shortest first."""
    parts = _PART.findall(full_name)
    for count in range(1, len(parts)):
        if any(not part.isdigit() for part in parts[-count:]):
            yield ".".join(parts[-count:])
    yield full_name
