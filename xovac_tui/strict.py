"""Reads users' TOML files: what cannot be read is told with file, line and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xovac_tui.errors import SettingsError, XovacError
from xovac_tui.readfile import read_at_most

_MAX_BYTES = 1_000_000


def read_toml(path: Path, error: type[XovacError] = SettingsError) -> dict[str, Any]:
    """Return the tables of a TOML file, or raise `error` with the file, the line and the reason."""
    try:
        raw = read_at_most(path, _MAX_BYTES + 1)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file. Check the name, or create it.") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a file. Name a TOML file in it.") from None
    except OSError as why:
        raise error(f"{path} cannot be read: {why.strerror or why}. Check its permissions.") from None
    except ValueError:  # a NUL in the name
        raise error(f"{str(path)!r} is no usable file name. Correct it.") from None
    if len(raw) > _MAX_BYTES:
        raise error(f"{path} has more than the {_MAX_BYTES:,} bytes that are read. Is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = raw[: why.start].count(b"\n") + 1
        raise error(f"{path}, line {line}: not UTF-8 text. Save the file as UTF-8.") from None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as why:
        raise error(f"{path}: not valid TOML: {why}. Correct that place and try again.") from None
    except ValueError:  # the only other one: a whole number that Python finds too long to read
        raise error(f"{path}: a number in it has thousands of digits. Give a shorter one.") from None


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ` Did you mean X?`, or the list of valid names where none is near."""
    import difflib

    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" Valid here: {', '.join(names)}." if names else ""
