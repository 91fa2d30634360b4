"""What can be typed into the forms of a contract: an entry for each key of a contract file. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

import msgspec

from xovac_tui.api.contract import FieldType, Hazard, Origin, Role, SensorPlace
from xovac_tui.api.validity import number_of
from xovac_tui.api.wireform import Sends
from xovac_tui.digits import digits
from xovac_tui.text import clean

NOT_GIVEN = "not given"
"""The word of a choice that is left open."""
NO, YES = "no", "yes"
_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)')
_RANGE = re.compile(r"\s*(\S+?)\s*(?:\bto\b|\.\.|,|;)\s*(\S+)\s*$")
_QUIET = re.compile(r"[^,\"\s](?:[^,\"]*[^,\"\s])?")


class Kind(Enum):
    """How the value of a key is typed."""

    TEXT = auto()
    SECRET = auto()
    """A text that is never shown, not even while it is typed."""
    WORDS = auto()
    """Texts with commas between them."""
    VALUES = auto()
    """Numbers and texts with commas between them."""
    NUMBER = auto()
    RANGE = auto()
    CHOICE = auto()
    TRUTH = auto()
    JSON = auto()
    FIELDS = auto()
    """The fields of a payload, each with a form of its own."""


class Entry(msgspec.Struct, frozen=True):
    """One key of a contract file in a form."""

    key: str
    """As the file has it; `confirm.role` for one of a table within."""
    label: str
    help: str
    kind: Kind = Kind.TEXT
    words: tuple[str, ...] = ()
    """Of a choice: the values that a file may have."""
    usual: str = ""
    """Of a choice: what is meant where nothing is given; empty: it may be left open."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of a choice, in the order in which they are offered."""
        if self.kind is Kind.TRUTH:
            return (NO, YES)
        return self.words if self.usual else (NOT_GIVEN, *self.words)


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(one.value) for one in values)


LEAF = (
    Entry("label", "Name", "What people read on the screen, such as Plate A."),
    Entry("channel", "Short name", "For rules, exports and expressions. The old one goes on working."),
    Entry("unit", "Unit", "degC, K, degF, mbar, Pa, Torr, W, %, ...: values are compared by it."),
    Entry(
        "role", "Role", "What the program may conclude from it; each role once.", Kind.CHOICE, _words(Role)
    ),
    Entry("pin", "Pinned", "First among the readings, and on the trend.", Kind.TRUTH),
    Entry("hide", "Hidden", "Not among the readings, such as a counter or a clock.", Kind.TRUTH),
    Entry("log", "Log axis", "Drawn on a logarithmic axis.", Kind.TRUTH),
    Entry("running", "Running", "Role state: its words while a recipe runs: running, busy.", Kind.WORDS),
    Entry("idle", "Idle", "Role state: its words while none runs: idle, ready.", Kind.WORDS),
    Entry("valid", "Valid", "Lowest and highest value that counts, in its unit: -80 to 200.", Kind.RANGE),
    Entry("invalid", "No reading", 'Values that mean "no reading": 9.9e9, -999, OPEN.', Kind.VALUES),
    Entry(
        "resolution", "Resolution", "Smallest step of the sensor, in its unit; empty: learned.", Kind.NUMBER
    ),
    Entry(
        "uncertainty",
        "Uncertainty",
        "How far it may drift unseen in a window, in its unit (k = 2).",
        Kind.NUMBER,
    ),
    Entry(
        "place",
        "Place",
        "Where the sensor is: in the vacuum, or outside of it.",
        Kind.CHOICE,
        _words(SensorPlace),
    ),
    Entry("aliases", "Aliases", "Short names that it had before, which still lead to it.", Kind.WORDS),
)
"""Of a leaf of a message."""

CONFIRM = (
    Entry(
        "role", "Shown by", "The role whose channel proves that it took effect.", Kind.CHOICE, _words(Role)
    ),
    Entry(
        "becomes", "Becomes", "The state changes to this; or a field below.", Kind.CHOICE, ("running", "idle")
    ),
    Entry("equals", "Equals field", "The channel changes to the value of this field of the payload."),
)
"""Of what proves that a command took effect."""

COMMAND = (
    Entry("title", "Title", "Its name in lists and questions."),
    Entry(
        "hazard",
        "Hazard",
        "safe: sent from its form; confirm: asked first; critical: the profile's name is typed.",
        Kind.CHOICE,
        _words(Hazard),
        Hazard.CONFIRM.value,
    ),
    Entry("ack", "Answer", 'The event that answers it, or "callback"; empty: no answer is known.'),
    Entry("means", "Means", "What will happen, for the question before it is sent."),
    Entry("help", "Help", "What it is for."),
    Entry("fields", "Fields", "The keys of its payload; none: an empty text is sent.", Kind.FIELDS),
    Entry(
        "sends",
        "Sends",
        "text: the payload as JSON; object: itself; nothing: no argument. Assumed, if not the manual's.",
        Kind.CHOICE,
        _words(Sends),
        Sends.TEXT.value,
    ),
    Entry("arguments", "Arguments", "Fields that are an argument of their own, in this order.", Kind.WORDS),
    Entry("timeout", "Time-out", 'After which its outcome is unknown: "10s", "2min".'),
    Entry("source", "Source", "Where you have it from: a page, a name, a date."),
)
"""Of a command; its table `confirm` has the entries of `CONFIRM`."""

FIELD = (
    Entry("type", "Type", "What it holds.", Kind.CHOICE, _words(FieldType), FieldType.FLOAT.value),
    Entry("unit", "Unit", "Shown behind it."),
    Entry("min", "Lowest", "Lowest value that may be sent.", Kind.NUMBER),
    Entry("max", "Highest", "Highest value that may be sent.", Kind.NUMBER),
    Entry("default", "Default", "What is sent unless something else is typed.", Kind.JSON),
    Entry("choices", "Choices", "Of a choice: its words.", Kind.WORDS),
    Entry("required", "Required", "no: it may be left empty.", Kind.CHOICE, (YES, NO), YES),
    Entry(
        "auto",
        "Automatic",
        "Filled when sent: this machine's offset from UTC, or its time.",
        Kind.CHOICE,
        ("utc_offset_ms", "epoch_ms"),
    ),
    Entry("help", "Help", "Shown below it."),
)
"""Of a field of a payload."""

RESPONSE = (
    Entry("command", "Answers", "The command that it answers."),
    Entry("warnings", "Warnings", "Messages that a warning is known to have.", Kind.WORDS),
    Entry("schema", "Schema", "JSON schema of what it carries.", Kind.JSON),
    Entry("source", "Source", "Where you have it from."),
)
"""Of a response."""

TOP = (
    Entry("start", "Start", "The command that starts a loaded recipe; empty: loading starts it, or none."),
    Entry(
        "origin",
        "Origin",
        "Shown beside what the file adds.",
        Kind.CHOICE,
        (Origin.USER.value, Origin.ASSUMED.value),
        Origin.USER.value,
    ),
    Entry("source", "Source", "Where the file's facts come from, in words: a manual, a name, a date."),
)
"""Keys at the top of a file, beside its tables."""


class EntryError(ValueError):
    """A text that cannot be read, with a sentence."""


def text_of(entry: Entry, value: Any) -> str:
    """Return the value of a key as it is typed; None: the key is not given."""
    match entry.kind:
        case Kind.TRUTH:
            return YES if value else NO
        case Kind.CHOICE if entry.words == (YES, NO):
            return NO if value is False else YES
        case Kind.CHOICE:
            return str(value) if value else entry.usual or NOT_GIVEN
        case Kind.FIELDS:
            return json.dumps(value or {}, ensure_ascii=False)
    if value is None:
        return ""
    match entry.kind:
        case Kind.WORDS | Kind.VALUES:
            return ", ".join(_item(one, numbers=entry.kind is Kind.VALUES) for one in value)
        case Kind.NUMBER:
            return digits(value)
        case Kind.RANGE:
            return f"{digits(value[0])} to {digits(value[1])}"
        case Kind.JSON:
            return (
                value if isinstance(value, str) and _plain(value) else json.dumps(value, ensure_ascii=False)
            )
    return str(value)


def value_of(entry: Entry, text: str) -> Any:
    """Return the value that a file has for what was typed; None: the key is not given.

    Raises EntryError with a sentence that says what would be right.
    """
    typed = text.strip()
    match entry.kind:
        case Kind.TRUTH:
            return True if typed == YES else None
        case Kind.CHOICE if entry.words == (YES, NO):
            return False if typed == NO else None
        case Kind.CHOICE:
            return None if typed in (NOT_GIVEN, entry.usual) and entry.key != "type" else typed
        case Kind.FIELDS:
            return json.loads(text) or None
    return _READ[entry.kind](typed) if typed else None


def table_of(entries: Sequence[Entry], texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the table of a form's texts, and why texts cannot be read, by key."""
    table: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for entry in entries:
        if entry.key not in texts:
            continue
        try:
            value = value_of(entry, texts[entry.key])
        except EntryError as error:
            problems[entry.key] = f"{error}"
            continue
        if value is not None:
            table[entry.key] = value
    return table, problems


def texts_of(entries: Sequence[Entry], table: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a form for a table of a file."""
    return {entry.key: text_of(entry, table.get(entry.key)) for entry in entries}


def _item(value: Any, *, numbers: bool) -> str:
    if not isinstance(value, str):
        return digits(float(value))
    plain = _QUIET.fullmatch(value) and not (numbers and number_of(value) is not None)
    return value if plain else json.dumps(value, ensure_ascii=False)


def _plain(value: str) -> bool:
    """Return whether a text of JSON needs no quotes to be known for a text."""
    if not _QUIET.fullmatch(value):
        return False
    try:
        json.loads(value)
    except ValueError:
        return True
    return False


def _items(text: str) -> list[tuple[str, bool]]:
    """Return the items of a list as they are typed, with whether each was in quotes."""
    found, at = [], 0
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None or match.end() == at:
            raise EntryError('Write items with commas between them; one with a comma or quotes as "a, b".')
        item = match[1].strip()
        if item.startswith('"'):
            found.append((str(json.loads(item)), True))
        elif item:
            found.append((item, False))
        at = match.end()
    return found


def _text(text: str) -> Any:
    return text


def _list(text: str) -> Any:
    return [item for item, _ in _items(text)] or None


def _values(text: str) -> Any:
    values: list[Any] = []
    for item, quoted in _items(text):
        number = None if quoted else number_of(item.replace("−", "-"))
        values.append(item if number is None else number)
    return values or None


def _number(text: str) -> Any:
    plain = text.replace("−", "-")
    number = number_of(plain)
    if number is None and "," in plain and number_of(plain.replace(",", ".")) is not None:
        raise EntryError(f"Write a decimal point, not a comma: {plain.replace(',', '.')}.")
    if number is None or not math.isfinite(number):
        raise EntryError(f'"{clean(text, 40)}" is no number. Write one such as 0.01 or 1e-3.')
    return number


def _range(text: str) -> Any:
    match = _RANGE.match(text.replace("[", "").replace("]", ""))
    if match is None:
        raise EntryError("Write the lowest and the highest value that counts, such as -80 to 200.")
    return [_number(match[1]), _number(match[2])]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if text[:1] in ("{", "[", '"'):
            raise EntryError("This is no valid JSON: look at its brackets and quotes.") from None
        return text


_READ: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: _text,
    Kind.SECRET: _text,
    Kind.WORDS: _list,
    Kind.VALUES: _values,
    Kind.NUMBER: _number,
    Kind.RANGE: _range,
    Kind.JSON: _json,
}
