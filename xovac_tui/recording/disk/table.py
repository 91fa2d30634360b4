"""The base of all recorded kinds: a struct that declares its table, from which its SQL is derived."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, ClassVar, NamedTuple, TypeVar

import msgspec

from xovac_tui import text

TYPES = {"int": "INTEGER", "bool": "INTEGER", "float": "REAL", "str": "TEXT", "bytes": "BLOB"}
"""Annotation of a field -> type of its column."""
PLACED = 3
"""Version of a record that added where among the events rows lie, to the tables that were there."""


class RecordedRow(NamedTuple):
    """One statement that waits to be committed."""

    statement: str
    values: tuple[Any, ...]
    audited: str = ""
    """Table to which it adds a row that the chain covers; empty where it does not."""
    settle: Callable[[sqlite3.Connection], RecordedRow | None] | None = None
    """Gives what is written in its place by what the record holds within the transaction; None: nothing."""


class RowPlace(NamedTuple):
    """Where in a record a row is put."""

    session: int
    position: int
    """Index of the next event."""
    time: Callable[[float, float], float]
    """Gives the record time of a moment in UTC and monotonic seconds."""
    index_at: Callable[[float], int]
    """Gives the index of the first event at a moment in monotonic seconds, or later."""


class Table(msgspec.Struct, frozen=True):
    """The table of a recorded kind."""

    name: str
    rows: str
    """What its rows are called where they are counted."""
    columns: str = ""
    """Names and types of its columns behind the key; else these are the kind's fields in their order."""
    inside: str = ""
    """Columns that are attributes of the kind's inner struct; they stand in its place."""
    later: str = ""
    """Columns that version 3 added; else `position` and `mono` where those may be None."""
    version: int = 1
    """Of the record from which on there is such a table: for a new kind the next one."""
    key: str = "id"
    index: str = ""
    """Column with an index."""
    audited: str = ""
    """Which rows the chain of hashes covers, as a condition (`1`: all); empty: none."""
    row: str = ""
    """What an audited row is called."""
    says: str = "{text}"
    """What an audited row says, by its columns."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is recorded beside the events: one row of the table of its kind.

    Until it is written its `t` is UTC, and its `id`, `session` and `position` mean nothing.
    """

    table: ClassVar[Table]
    stored: ClassVar[Mapping[str, str]] = {}
    """Field -> its column where that has another name; empty where it has none."""
    inner: ClassVar[str] = ""
    """Field that holds a struct, written as JSON; columns that are no fields are its attributes."""
    word: ClassVar[str] = ""
    """Key of its lines in a transcript; empty where these do not have it."""
    where: ClassVar[str] = "1"
    """Condition for the rows of the table that are of this kind."""

    @property
    def recorder_only(self) -> bool:
        """True where the recorder alone writes it, since the recorder observes it too."""
        return False

    @property
    def moment(self) -> tuple[float, float]:
        """UTC and monotonic seconds at which it happened, before it is written."""
        this: Any = self
        return this.t, this.mono

    def rows(self, place: RowPlace) -> Iterator[RecordedRow]:
        """Yield the statements that write it at a place."""
        yield self.placed(place).insert()

    def placed(self: R, place: RowPlace) -> R:
        """Return it with its session, its place among the events, and its record time."""
        utc, mono = self.moment
        at = {"session": place.session, "position": place.position, "t": place.time(utc, mono), "mono": mono}
        return msgspec.structs.replace(
            self, **{name: one for name, one in at.items() if name in self.__struct_fields__}
        )

    def insert(self, **instead: str) -> RecordedRow:
        """Return the statement that adds its row; `instead` gives SQL around the value of a column."""
        table, columns = self.table, list(columns_of(type(self)))
        if getattr(self, table.key, 0):
            columns.insert(0, table.key)
        values = ", ".join(instead.get(column, "?") for column in columns)
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})"
        return RecordedRow(statement, tuple(map(self.written, columns)), table.name if self.chained else "")

    @property
    def chained(self) -> bool:
        """True where the chain of hashes covers its row."""
        return bool(self.table.audited)

    def written(self, column: str) -> Any:
        """Return what its row holds in a column."""
        field = _fields(type(self)).get(column)
        value = getattr(self, field) if field else getattr(getattr(self, self.inner), column)
        if isinstance(value, str):
            return text.writable(value.value if isinstance(value, Enum) else value)
        return json_text(value) if isinstance(value, msgspec.Struct) else value

    @classmethod
    def made(cls: type[R], row: Mapping[str, Any]) -> R:
        """Return a row (column -> value) as a struct; raises what `schema.unpacking` makes a sentence of."""
        # What a version before this one did not know has its default.
        later = later_of(cls)
        fields = {
            field: row[column]
            for field, column in _sources(cls)
            if column in row and (row[column] is not None or column not in later)
        }
        if cls.inner:
            fields[cls.inner] = cls.unpacked(row)
        return msgspec.convert(fields, cls, strict=False)

    @classmethod
    def unpacked(cls, row: Mapping[str, Any]) -> Any:
        """Return the struct that it holds."""
        return _decode(cls)(row[cls.stored[cls.inner]])

    @classmethod
    def what(cls, row: Mapping[str, str]) -> str:
        """Return what an audited row says, in words; `row` has every column as text."""
        return cls.table.says.format_map(row)


R = TypeVar("R", bound=Recorded)


@cache
def _declared(kind: type[Recorded]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of a kind's table as SQL: those of its first version, and those added later."""
    table, fields = kind.table, kind.__struct_fields__
    defaults = dict(zip(fields[::-1], kind.__struct_defaults__[::-1], strict=False))
    own = [f"{column} NOT NULL" for column in table.columns.split(", ") if column]
    later = [column for column in table.later.split(", ") if column]
    known = {table.key, "", *(column.split()[0] for column in later)}
    first: list[str] = []
    for field in fields:
        column, (plain, _, empty) = (
            kind.stored.get(field, field),
            kind.__annotations__[field].partition(" | "),
        )
        if field == kind.inner:
            inside = f"{table.inside}, {column and f'{column} TEXT'}"
            first += [f"{one} NOT NULL" for one in inside.split(", ") if one]
        elif empty and field in ("position", "mono") and table.version < PLACED:
            later.append(f"{column} {TYPES[plain]}")
        elif column not in known:
            given = defaults.get(field)
            default = " DEFAULT ''" if given == "" else " DEFAULT 0" if given is False else ""
            first.append(f"{column} {TYPES[plain]}{default}" + ("" if empty else " NOT NULL"))
    return tuple(own or first), tuple(later)


@cache
def first_of(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the columns of a kind's table behind its key, as the first version with that table had them."""
    return tuple(column.split()[0] for column in _declared(kind)[0])


@cache
def later_of(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the columns that version 3 added."""
    return tuple(column.split()[0] for column in _declared(kind)[1])


@cache
def columns_of(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the columns of a kind's table behind its key, in the order in which they are hashed."""
    return first_of(kind) + later_of(kind)


@cache
def read_from(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the columns of a kind's table that its fields are read from."""
    fields = {kind.stored.get(field, field) for field in kind.__struct_fields__}
    whole = "" in fields and bool(kind.inner)
    return tuple(name for name in (kind.table.key, *columns_of(kind)) if whole or name in fields)


def creating(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the statements that make a kind's table, as the first version with that table had it."""
    table = kind.table
    columns = ",\n    ".join((f"{table.key} INTEGER PRIMARY KEY", *_declared(kind)[0]))
    made = f"CREATE TABLE {table.name} (\n    {columns}\n)"
    index = (f"CREATE INDEX {table.name}_time ON {table.name} ({table.index})",) if table.index else ()
    return made, *index


def adding(kind: type[Recorded]) -> tuple[str, ...]:
    """Return the statements that add the columns of version 3 to a kind's table."""
    return tuple(f"ALTER TABLE {kind.table.name} ADD COLUMN {column}" for column in _declared(kind)[1])


@cache
def _fields(kind: type[Recorded]) -> dict[str, str]:
    """Return the field of each column that has one."""
    return {column: field for field, column in _sources(kind)}


@cache
def _sources(kind: type[Recorded]) -> tuple[tuple[str, str], ...]:
    """Return each field of a kind and the column that it is read from."""
    return tuple((field, kind.stored.get(field) or field) for field in kind.__struct_fields__)


@cache
def _decode(kind: type[Recorded]) -> Callable[[str], Any]:
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return msgspec.json.Decoder(types[kind.inner]).decode


def json_text(value: Any) -> str:
    """Return JSON that can be written, also of text with half a character pair."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(_writable_inside(msgspec.to_builtins(value)), ensure_ascii=False)


def _writable_inside(value: Any) -> Any:
    """Return a value of JSON with every text in it as it can be written."""
    if isinstance(value, dict):
        return {writable(name): _writable_inside(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_writable_inside(inner) for inner in value]
    return writable(value)


def writable(value: Any) -> Any:
    """Return a value of a column as it can be written; see `text.writable`."""
    return text.writable(value) if isinstance(value, str) else value
