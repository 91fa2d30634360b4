"""Finds all that is wrong in a table: each mistake is a sentence with its key and what would be right."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from xovac_tui.digits import digits
from xovac_tui.errors import SettingsError, XovacError
from xovac_tui.readfile import NotRegularError, read_at_most
from xovac_tui.text import clean, near_miss, nearest

T = TypeVar("T")

_NOTHING = object()
"""Marks a value of which nothing is right."""
_TYPES: dict[type[Any], inspect.Type] = {}
_ANY = inspect.AnyType()
TEXT = "text in quotes"
TRUTH = "true or false"
LIST = "a list in square brackets"
DATE = "a date or time"
"""What a value is or must be, in a sentence."""
_NUMBER_FIRST = re.compile(r"\s*[-+]?\.?[0-9]")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Gathered:
    """Mistakes of several things that are read one after the other, so that all are reported at once."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        """Read one of them: what is wrong with it is kept, and the next one is read all the same."""
        try:
            yield
        except SettingsError as error:
            self.sentences += error.sentences

    def raise_found(self) -> None:
        """Raise one SettingsError with all that was wrong; nothing where all was well."""
        if self.sentences:
            raise SettingsError(*dict.fromkeys(self.sentences))


def convert(data: Any, type_: type[T], file: str, *, at: str = "", hide: bool = False) -> T:
    """Turn parsed data into a struct, or raise one SettingsError with all that is wrong.

    `at` is the key path of the data inside the file; `hide` keeps values out of the sentences (for secrets).
    """
    if found := list(mistakes(data, type_, at=at, hide=hide)):
        raise SettingsError(*(f"{file}: {sentence}" for sentence in found))
    return msgspec.convert(data, type_)


def mistakes(data: Any, type_: type[Any], *, at: str = "", hide: bool = False) -> Iterator[str]:
    """Yield a sentence for every unknown key, missing key, wrong type and value out of range."""
    yield from _check(data, _type_info(type_), at, hide)


class LeftOut:
    """What of a table was left out because it is wrong, so that it leads to no second mistake."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.places: dict[str, list[int]] = {}
        """Key of a list of tables -> which of its items are left, the first is 0."""

    def of(self, key: str) -> bool:
        """Return whether a key, or one inside of it, was left out."""
        return any(one == key or one.startswith(f"{key}.") for one in self.keys)


def sound(data: Any, type_: type[T]) -> tuple[T, LeftOut]:
    """Return what of a table is right, with defaults in the place of the rest, to be checked further.

    For a struct without required keys.
    """
    left = LeftOut()
    found = _sound(data, _type_info(type_), "", left)
    return msgspec.convert({} if found is _NOTHING else found, type_), left


def _sound(value: Any, node: inspect.Type, key: str, left: LeftOut) -> Any:
    """Return the part of a value that has no mistakes; `_NOTHING` where none is left."""
    match node:
        case inspect.Metadata(type=inner):
            return _sound(value, inner, key, left)
        case inspect.StructType() | inspect.DictType() if isinstance(value, dict):
            if isinstance(node, inspect.StructType):
                types = {name: field.type for name, field in _fields(node).items()}
            else:
                types = {name: node.value_type for name in value if _fits(name, node.key_type)}
            known = ((name, item) for name, item in value.items() if name in types)
            made = {name: _sound(item, types[name], join_key(key, name), left) for name, item in known}
            return {name: item for name, item in made.items() if item is not _NOTHING}
        case inspect.VarTupleType(item_type=inner) if isinstance(value, list) and _is_table(inner):
            # An item is a whole: a key that is left out of it would seem to be missing.
            places = [place for place, item in enumerate(value) if not any(_check(item, inner, key, True))]
            if len(places) < len(value):
                left.places[key] = places
            return [value[place] for place in places]
    if not any(_check(value, node, key, True)):
        return value
    left.keys.add(key)
    return _NOTHING


def _type_info(type_: type[Any]) -> inspect.Type:
    # Looking a type up takes longer than checking a table by it, and a contract has many tables.
    if type_ not in _TYPES:
        _TYPES[type_] = inspect.type_info(type_)
    return _TYPES[type_]


def join_key(parent: str, name: str) -> str:
    """Return the dotted key path, quoted where TOML wants quotes."""
    part = name if _BARE_KEY.fullmatch(name) else msgspec.json.encode(name).decode()
    return f"{parent}.{part}" if parent else part


def _check(value: Any, node: inspect.Type, key: str, hide: bool) -> Iterator[str]:
    match node:
        case inspect.Metadata(type=inner):
            if _description(node) and not _fits(value, inner):
                yield wrong_value(key, value, _right(node), hide=hide)
            else:
                yield from _check(value, inner, key, hide)
        case inspect.StructType():
            yield from _check_struct(value, node, key, hide)
        case inspect.DictType(key_type=names, value_type=inner):
            if not isinstance(value, dict):
                yield wrong_value(key, value, "a table", hide=hide)
                return
            for name, item in value.items():
                if not _fits(name, names):
                    yield f"`{join_key(key, name)}` is not a known key.{nearest(name, _words(names))}"
                yield from _check(item, inner, join_key(key, name), hide)
        case inspect.VarTupleType(item_type=inner) | inspect.ListType(item_type=inner):
            if not isinstance(value, list):
                yield wrong_value(key, value, _right(node), hide=hide)
                return
            if node.max_length is not None and len(value) > node.max_length:
                yield f"`{key}` has {len(value):,} items, more than {node.max_length}."
            for number, item in enumerate(value, 1):
                yield from _check(item, inner, f"{key}, item {number}", hide)
        case inspect.TupleType(item_types=inners):
            if not isinstance(value, list) or len(value) != len(inners):
                yield wrong_value(key, value, _right(node), hide=hide)
                return
            for number, (item, inner) in enumerate(zip(value, inners, strict=True), 1):
                yield from _check(item, inner, f"{key}, item {number}", hide)
        case inspect.UnionType(types=types):
            given = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
            if tagged := _tagged(node):
                yield from _check_tagged(value, tagged, key, hide)
            elif len(given) == 1:
                yield from _check(value, given[0], key, hide)
            elif not any(_fits(value, kind) for kind in given):
                yield wrong_value(key, value, " or ".join(_right(kind) for kind in given), hide=hide)
        case inspect.AnyType():
            return
        case _:
            if not _fits(value, node):
                hint = ""
                if isinstance(value, str) and (words := _words(node)):
                    hint = near_miss(value, words)
                elif isinstance(value, str) and _NUMBER_FIRST.match(value):
                    hint = " Write the number alone: no quotes, no unit, decimals with a point."
                yield wrong_value(key, value, _right(node), hide=hide) + hint


def _check_struct(value: Any, node: inspect.StructType, key: str, hide: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield wrong_value(key, value, "a table", hide=hide)
        return
    yield from _check_fields(value, _fields(node), key, hide, getattr(node.cls, "meant", {}))


def _fields(node: inspect.StructType) -> dict[str, inspect.Field]:
    return {field.encode_name: field for field in node.fields}


def _check_fields(
    value: dict[str, Any],
    fields: dict[str, inspect.Field],
    key: str,
    hide: bool,
    meant: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Check each key; `meant` are words that users write for one (a struct's class variable of that name)."""
    for name, item in value.items():
        if name in fields:
            yield from _check(item, fields[name].type, join_key(key, name), hide)
        else:
            yield f"`{join_key(key, name)}` is not a known key.{nearest(name, fields, meant)}"
    for name, field in fields.items():
        if field.required and name not in value:
            yield missing_key(join_key(key, name), _right(field.type))


def _tagged(node: inspect.Type) -> dict[str, inspect.StructType]:
    """Return the structs of a union by their tags; empty where it is no such union."""
    types = node.types if isinstance(node, inspect.UnionType) else ()
    return {str(one.tag): one for one in types if isinstance(one, inspect.StructType) and one.tag_field}


def _is_table(node: inspect.Type) -> bool:
    return isinstance(node, inspect.StructType) or bool(_tagged(node))


def _check_tagged(value: Any, tagged: dict[str, inspect.StructType], key: str, hide: bool) -> Iterator[str]:
    """Yield what is wrong with a table whose keys depend on one of them, its tag."""
    if not isinstance(value, dict):
        yield wrong_value(key, value, "a table", hide=hide)
        return
    tag_field = next(iter(tagged.values())).tag_field or ""
    tag, others = value.get(tag_field), {name: item for name, item in value.items() if name != tag_field}
    if isinstance(tag, str) and tag in tagged:
        fields = _fields(tagged[tag])
        for name in [name for name in others if name not in fields]:
            if owners := sorted(word for word, one in tagged.items() if name in _fields(one)):
                del others[name]
                yield other_tags_key(join_key(key, name), tag_field, tag, owners)
    else:
        words = inspect.LiteralType(tuple(sorted(tagged)))
        if tag_field in value:
            yield from _check(tag, words, join_key(key, tag_field), hide)
        else:
            yield missing_key(join_key(key, tag_field), _right(words))
        # Which keys it may have is not known: those of all kinds are checked, those that all have are missed.
        fields = {name: field for one in tagged.values() for name, field in _fields(one).items()}
        shared = set.intersection(*(set(_fields(one)) for one in tagged.values()))
        fields = {name: field for name, field in fields.items() if name in others or name in shared}
    yield from _check_fields(others, fields, key, hide)


def _fits(value: Any, node: inspect.Type) -> bool:
    match node:
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.StructType():
            return isinstance(value, dict)
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.LiteralType(values=values):
            return isinstance(value, str | int) and not isinstance(value, bool) and value in values
        case inspect.EnumType():
            return isinstance(value, str) and value in _words(node)
        case inspect.IntType() | inspect.FloatType():
            kinds = int if isinstance(node, inspect.IntType) else int | float
            return (
                isinstance(value, kinds)
                and not isinstance(value, bool)
                and _is_finite(value)
                and (node.ge is None or value >= node.ge)
                and (node.gt is None or value > node.gt)
                and (node.le is None or value <= node.le)
                and (node.lt is None or value < node.lt)
            )
    raise TypeError(f"no rule for {node!r}")


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number with hundreds of digits
        return False


def _words(node: inspect.Type) -> list[str]:
    """Return the words that a choice allows; none for other types."""
    match node:
        case inspect.LiteralType(values=values):
            return [str(value) for value in values]
        case inspect.EnumType(cls=cls):
            return [str(member.value) for member in cls]
    return []


def _right(node: inspect.Type) -> str:
    match node:
        case inspect.Metadata(type=inner):
            return _description(node) or _right(inner)
        case inspect.BoolType():
            return TRUTH
        case inspect.StrType():
            return TEXT
        case inspect.LiteralType() | inspect.EnumType():
            return "one of " + ", ".join(f'"{word}"' for word in _words(node) if word)
        case inspect.IntType() | inspect.FloatType():
            noun = "a whole number" if isinstance(node, inspect.IntType) else "a number"
            return noun + _bounds(node.ge, node.gt, node.le, node.lt)
        case inspect.DictType() | inspect.StructType():
            return "a table"
        case inspect.VarTupleType(item_type=inner) | inspect.ListType(item_type=inner):
            return LIST + (f" of {_right(inner)}" if inner != _ANY else "")
        case inspect.TupleType(item_types=inners):
            return f"{LIST} of {len(inners)} items, each {_right(inners[0])}"
        case inspect.UnionType(types=types):
            return _right(next(kind for kind in types if not isinstance(kind, inspect.NoneType)))
    return "another kind of value"


def _description(node: inspect.Metadata) -> str:
    """Return what is right in the words of the type's own description, or an empty text."""
    return str((node.extra_json_schema or {}).get("description", ""))


def _bounds(ge: float | None, gt: float | None, le: float | None, lt: float | None) -> str:
    low = f"{digits(ge)}" if ge is not None else f"above {digits(gt)}" if gt is not None else ""
    high = f"{digits(le)}" if le is not None else f"below {digits(lt)}" if lt is not None else ""
    if ge is not None and le is not None:
        return f" from {low} to {high}"
    if ge is not None:
        low = f"of at least {low}"
    if le is not None:
        high = f"at most {high}"
    return "".join(f" {part}" for part in (low, "and" if low and high else "", high) if part)


def wrong_value(key: str, value: Any, right: str, *, hide: bool = False) -> str:
    """Return the sentence for a value that is not what it must be; `hide`: without the value."""
    kind = _shown(value, hide)
    return f"`{key}` is {kind}, but it must be {right}." if key else f"It must be {right}, not {kind}."


def missing_key(key: str, right: str) -> str:
    """Return the sentence for a key that is not there; `right`: what it must be."""
    return f"`{key}` is missing; it must be {right}."


def other_tags_key(key: str, tag_field: str, tag: str, owners: Sequence[str]) -> str:
    """Return the sentence for a key that only tables with other tags have, its `owners`."""
    return (
        f'`{key}` is not a key of {tag_field} "{tag}", only of {", ".join(owners)}. '
        f"{remove_or_change(tag_field)}"
    )


def remove_or_change(tag_field: str) -> str:
    """Return what to do about a key that only tables with other tags use."""
    return f"Remove it, or change `{tag_field}`."


def _endless(value: float) -> str:
    return "a number with hundreds of digits" if isinstance(value, int) else repr(value)


def _shown(value: Any, hide: bool) -> str:
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool():
            return TRUTH if hide else str(value).lower()
        case str():
            if hide:
                return "text"
            return f"the text {msgspec.json.encode(clean(value, 40)).decode()}"
        case int() | float():
            return "a number" if hide else repr(value) if _is_finite(value) else _endless(value)
    return DATE


_MAX_BYTES = 1_000_000


def read_toml(
    path: Path, error: type[XovacError] = SettingsError, *, most: int = _MAX_BYTES
) -> dict[str, Any]:
    """Return the tables of a TOML file, or raise `error` with the file, the line and the reason.

    `most` is the number of bytes that are read; a longer file is refused.
    """
    return parse_toml(read_toml_bytes(path, error, most=most), path, error)


def read_toml_bytes(path: Path, error: type[XovacError] = SettingsError, *, most: int = _MAX_BYTES) -> bytes:
    """Return what a TOML file holds, or raise `error` with the file and the reason."""
    try:
        raw = read_at_most(path, most + 1)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file. Check the name, or create it.") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder, not a file. Name a TOML file in it.") from None
    except NotRegularError as why:
        raise error(f"{path} is {why.kind}, not a file. Name a TOML file.") from None
    except OSError as why:
        raise error(f"{path} cannot be read: {why.strerror or why}. Check its permissions.") from None
    except ValueError:  # a NUL in the name
        raise error(f"{str(path)!r} is not a usable file name. Correct it.") from None
    if len(raw) > most:
        raise error(f"{path} has more than the {most:,} bytes that are read. Is it the right file?")
    return raw


def parse_toml(raw: bytes, path: Path, error: type[XovacError] = SettingsError) -> dict[str, Any]:
    """Return the tables of what a TOML file holds, or raise `error` with file, line and reason."""
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
