"""The contract files of a profile: read again when they change, never on the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from xovac_tui import config
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import read_contract

LOOK_EVERY = 2.0
"""Seconds between two checks whether a contract file has changed on disk."""
SETTLE = 0.3
"""Seconds for which a file must stay as it is before it is read: an editor may write it in pieces."""
SETTLE_AT_MOST = 3.0
"""Seconds after which a file that never stays as it is, such as one that a script touches, is read anyway."""
ANSWERS_WITHIN = 10.0
"""Seconds after which a folder that does not answer is given up by what waits for it."""

Stamp = tuple[tuple[int, int, int], ...]
"""Time of change (ns), size and number (inode) of each file; -1 where it cannot be found."""


class ContractReading(msgspec.Struct, frozen=True):
    """What the files of a contract held when they were read."""

    contract: Contract
    """All that is right in them."""
    mistakes: tuple[str, ...] = ()
    """A sentence for each mistake: file, line or key, reason. With any the contract is not used."""
    hashes: dict[str, str] = {}
    """Name of each file without its folder -> SHA-256; why it cannot be read where it cannot."""


class ContractFiles:
    """The contract files of a profile. Everything but `paths` reads the disk: for a thread."""

    def __init__(self, paths: Sequence[Path] = (), *, simulator: bool = False) -> None:
        """Take the files in their order; `simulator`: the built-in simulator's contract comes before them."""
        self.paths = tuple(paths)
        self._simulator = simulator

    def with_paths(self, paths: Sequence[Path]) -> ContractFiles:
        """Return other files in their place."""
        return ContractFiles(paths, simulator=self._simulator)

    def stamp(self) -> Stamp:
        """Return what changes when one of the files does."""
        return tuple(_stamp(path) for path in self.paths)

    def read(self) -> ContractReading:
        """Read all files."""
        contract, mistakes = read_contract(self.paths, simulator=self._simulator)
        return ContractReading(contract, tuple(mistakes), config.in_force.hashes(self.paths))


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return -1, -1, -1
    return found.st_mtime_ns, found.st_size, found.st_ino
