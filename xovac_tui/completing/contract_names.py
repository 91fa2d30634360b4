"""The names that contract files give, kept from one press of Tab to the next.

Reading contracts takes 20 ms, and 200 ms with 10,000 channels, nearly all of it for checks. So what completes
a word is kept in a private file among the program's caches, with what it was made of: the version of the
program and the stamps of all files. Where one of these differs, the files are read again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

from xovac_tui import __version__, paths
from xovac_tui.api.shipped import shipped_contracts
from xovac_tui.errors import XovacError
from xovac_tui.readfile import read_at_most

_MOST_BYTES = 8_000_000
_SETTLED = 2.0
"""Seconds without a change after which a file is kept: sooner, its next change could have the same stamp."""

Names = list[list[str]]
"""Words, each with its explanation."""


class ContractNames(TypedDict):
    """What contracts offer to complete a word."""

    commands: Names
    fields: dict[str, Names]
    """By the command."""
    channels: Names


def contract_names(files: Sequence[Path], *, simulator: bool) -> ContractNames:
    """Return the names of a contract; of the documented one alone where a file cannot be used."""
    made_of = _made_of(files, simulator=simulator)
    kept = _kept_file(files, simulator=simulator)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        found = json.loads(read_at_most(kept, _MOST_BYTES, 0.0))
        if found["made_of"] == made_of:
            names: ContractNames = found["names"]
            return names
    loader = importlib.import_module("xovac_tui.api.loader")
    try:
        read = _names(loader.load_contract(files, simulator=simulator))
    except XovacError:
        # A broken file takes no documented command away.
        return _names(loader.load_contract((), simulator=simulator))
    if _settled(made_of):
        with contextlib.suppress(OSError, XovacError):
            text = json.dumps({"made_of": made_of, "names": read}, ensure_ascii=True)
            paths.write_atomically(kept, text)
    return read


def _names(contract: Any) -> ContractNames:
    return {
        "commands": [[event, spec.title] for event, spec in contract.commands.items()],
        "fields": {
            event: [[field.name, field.help] for field in spec.fields]
            for event, spec in contract.commands.items()
            if spec.fields
        },
        "channels": [
            [leaf.channel or message.full_name(leaf), leaf.label]
            for message in contract.messages.values()
            for leaf in message.leaves
        ],
    }


def _made_of(files: Sequence[Path], *, simulator: bool) -> list[Any]:
    """Return what the names are made of, as JSON has it; the stamps are taken before anything is read."""
    read = (*shipped_contracts(simulator=simulator), *files)
    return [__version__, *([str(one), *_stamp(one)] for one in read)]


def _stamp(file: Path) -> list[int]:
    """Return what changes with a file; nothing of one that cannot be asked."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return []
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev]


def _settled(made_of: Sequence[Any]) -> bool:
    """Return whether every file can be asked, and was last changed long enough ago."""
    before = (time.time() - _SETTLED) * 1e9
    return all(len(one) > 1 and max(one[1:3]) < before for one in made_of if isinstance(one, list))


def _kept_file(files: Sequence[Path], *, simulator: bool) -> Path:
    """Return the file of a set of contracts: one for each, however often they change."""
    name = json.dumps([simulator, *map(str, files)])
    return paths.cache_folder() / f"completion-{zlib.crc32(name.encode()):08x}.json"
