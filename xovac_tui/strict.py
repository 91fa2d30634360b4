"""Strict reading of users' TOML: a mistake is told with file, key, reason and what would be right."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from xovac_tui.errors import SettingsError, XovacError

T = TypeVar("T")

_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]*)`(?: - at `\$(?P<at>[^`]*)`)?")
_AT = re.compile(r" - at `\$(?P<at>[^`]*)`")
_MAX_BYTES = 1_000_000


def read_toml(path: Path, error: type[XovacError] = SettingsError) -> dict[str, Any]:
    """Return the tables of a TOML file, or raise `error` with the file, the line and the reason."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: there is no such file. Check the name, or create it.") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a file. Name a TOML file in it.") from None
    except OSError as why:
        raise error(f"{path} cannot be read: {why.strerror or why}. Check its permissions.") from None
    if len(raw) > _MAX_BYTES:
        raise error(f"{path} has {len(raw):,} bytes; at most {_MAX_BYTES:,} are read. Is it the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = raw[: why.start].count(b"\n") + 1
        raise error(f"{path}, line {line}: not UTF-8 text. Save the file as UTF-8.") from None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as why:
        raise error(f"{path}: not valid TOML: {why}. Correct that place and try again.") from None


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ` Did you mean X?`, or the list of valid names where none is near."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" Valid here: {', '.join(names)}." if names else ""


def convert(
    data: Mapping[str, Any],
    type_: type[T],
    *,
    file: str | Path,
    at: str = "",
    error: type[XovacError] = SettingsError,
) -> T:
    """Convert one TOML table into a struct, or raise `error` naming file, key, reason and the nearest name.

    `at` is the key path of the table inside the file, for instance `commands.vent`.
    """
    try:
        return msgspec.convert(data, type_, strict=True)
    except msgspec.ValidationError as why:
        raise error(f"{file}: {explain(str(why), type_, at)}") from None


def explain(reason: str, type_: type, at: str = "") -> str:
    """Turn msgspec's reason into a sentence with the whole key path."""
    unknown = _UNKNOWN.search(reason)
    if unknown:
        inner = (unknown["at"] or "").strip(".")
        key = ".".join(part for part in (at, inner, unknown["key"]) if part)
        return f'there is no key "{key}".' + nearest(unknown["key"], _fields_at(type_, inner))
    place = _AT.search(reason)
    path = ".".join(part for part in (at, place["at"].strip(".") if place else "") if part)
    said = _AT.sub("", reason)
    return f'key "{path}": {said[:1].lower() + said[1:]}.' if path else f"{said}."


def _fields_at(type_: Any, path: str) -> list[str]:
    """Return the field names of the struct found by walking `path` from `type_`."""
    for part in [p for p in re.split(r"[.\[\]]+", path) if p]:
        if part == "...":
            inner = [a for a in getattr(type_, "__args__", ()) if a is not Ellipsis]
            type_ = inner[-1] if inner else type_
            continue
        if not (isinstance(type_, type) and issubclass(type_, msgspec.Struct)):
            return []
        hints = {f.name: f.type for f in msgspec.structs.fields(type_)}
        type_ = hints.get(part, type_)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return [f.encode_name for f in msgspec.structs.fields(type_)]
    return []
