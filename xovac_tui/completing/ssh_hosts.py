"""The destinations that ssh's own files name: hosts of the configuration, and known ones."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from xovac_tui.readfile import read_at_most

_MOST_BYTES = 1_000_000
_PATIENCE = 0.2
"""Seconds for which a pipe in the place of a file may give nothing."""
_DEEPEST = 3
"""Files that include each other, at the most."""


def ssh_hosts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each destination that the files of a folder such as `~/.ssh` name, and from which file it is."""
    yield from ((name, "config") for name in _configured(folder, folder / "config", _DEEPEST))
    for line in _lines(folder / "known_hosts"):
        if not line.startswith(("#", "@", "|")):
            yield from ((_with_port(name), "known_hosts") for name in line.split(maxsplit=1)[0].split(","))


def _configured(folder: Path, file: Path, deepest: int) -> Iterator[str]:
    for line in _lines(file):
        key, _, rest = re.sub(r"^(\w+)\s*=\s*", r"\1 ", line).partition(" ")
        words = shlex.split(rest, comments=True) if key.lower() in ("host", "include") else []
        if key.lower() == "host":
            yield from (word for word in words if not re.search(r"[*?!]", word))
        elif deepest:
            for word in words:
                # Relative names are of the folder, whatever file they are in (ssh_config(5)).
                pattern = str(Path(word).expanduser().absolute() if word[:1] in "~/" else folder / word)
                for path in sorted(Path("/").glob(pattern.lstrip("/"))):
                    yield from _configured(folder, path, deepest - 1)


def _with_port(name: str) -> str:
    """Return `[host]:2222` of known_hosts as a destination."""
    found = re.fullmatch(r"\[([^\]]+)\]:(\d+)", name)
    return f"ssh://{found[1]}:{found[2]}" if found else name


def _lines(file: Path) -> list[str]:
    try:
        text = read_at_most(file, _MOST_BYTES, _PATIENCE).decode("utf-8", "replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
