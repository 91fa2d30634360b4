"""What an expression is made of, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from xovac_tui.digits import spell_number
from xovac_tui.durations import format_whole
from xovac_tui.expressions.tokens import is_plain


class What(StrEnum):
    """What can be asked of a chamber."""

    CHANNEL = "channel"
    """A channel's newest value."""
    WORD = "word"
    """One of `WORDS`."""
    AGE = "age"
    """Seconds since a channel's newest message."""
    RATE = "rate"
    """A channel's change per minute, as the readings show it."""
    PER_HOUR = "per_hour"
    """A channel's change per hour, by regression over `over` seconds."""
    STABLE = "stable"
    """Whether a channel fulfils a criterion of stability."""


LINK, STATE, RECIPE, STEP, ELAPSED, STEP_ELAPSED = WORDS = (
    "link",
    "state",
    "recipe",
    "step",
    "elapsed",
    "step_elapsed",
)
"""Names that mean the same on every chamber; a channel of such a name is written in backquotes."""
UNKNOWN = "UNKNOWN"
LINK_WORDS = ("OFFLINE", "CONNECTING", "ONLINE", "STALE", "LOST")
STATES = ("RUNNING", "IDLE", UNKNOWN)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an expression asks of a chamber."""

    what: What
    name: str
    """A channel, by its short or full name, or one of `WORDS`."""
    over: float | None = None
    """Seconds of the past that are evaluated; None: as many as usual."""
    within: float | None = None
    """For `STABLE`: K around the middle in which the values must stay."""
    rate: float | None = None
    """For `STABLE`: K/h that the change must stay below."""
    criterion: str = ""
    """For `STABLE`: name of a criterion in the settings."""


class Number(msgspec.Struct, frozen=True):
    """A number as it is written, with its unit; without one it is in that of what it meets."""

    value: float
    unit: str
    at: int


class Text(msgspec.Struct, frozen=True):
    """Text in quotes."""

    value: str
    at: int


class Literal(msgspec.Struct, frozen=True):
    """`true` or `false`."""

    value: bool
    at: int


class Asked(msgspec.Struct, frozen=True):
    """Something that the chamber reports."""

    wanted: Wanted
    at: int


class Minus(msgspec.Struct, frozen=True):
    """The negative of a value."""

    of: Node
    at: int


class Arithmetic(msgspec.Struct, frozen=True):
    """`+`, `-`, `*` or `/` between two values; `at` is the operator's place."""

    sign: str
    left: Node
    right: Node
    at: int


class Call(msgspec.Struct, frozen=True):
    """`abs`, `min`, `max` or `mean` of values."""

    name: str
    arguments: tuple[Node, ...]
    at: int


class Known(msgspec.Struct, frozen=True):
    """Whether a value is known."""

    of: Node
    at: int


class Compared(msgspec.Struct, frozen=True):
    """One of `<  <=  >  >=  ==  !=` between two values; `at` is the operator's place."""

    sign: str
    left: Node
    right: Node
    at: int


class Not(msgspec.Struct, frozen=True):
    """The opposite of a condition."""

    of: Node
    at: int


class Joined(msgspec.Struct, frozen=True):
    """Conditions of which all (`and`) or any (`or`) must be true."""

    word: str
    parts: tuple[Node, ...]
    at: int


Node = Number | Text | Literal | Asked | Minus | Arithmetic | Call | Known | Compared | Not | Joined

_BINDS = {"or": 1, "and": 2, "not": 3, "<": 4, "+": 5, "-": 5, "*": 6, "/": 6, "minus": 7}
"""How tightly an operator holds its operands."""
_ALONE = 8


def condition(node: Node) -> bool | None:
    """Return whether it is true or false, and no number; None where it depends on the chamber."""
    if isinstance(node, Asked):
        if node.wanted.what is What.CHANNEL:
            return None
        return node.wanted.what is What.STABLE
    return isinstance(node, Literal | Known | Compared | Not | Joined)


def asked(node: Node) -> Iterator[Asked]:
    """Yield everything that an expression asks of the chamber, in order."""
    if isinstance(node, Asked):
        yield node
        return
    for part in parts(node):
        yield from asked(part)


def parts(node: Node) -> tuple[Node, ...]:
    """Return what a node is made of."""
    match node:
        case Minus(of) | Known(of) | Not(of):
            return (of,)
        case Arithmetic(_, left, right) | Compared(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Joined(_, joined):
            return joined
    return ()


def spell(node: Node) -> str:
    """Return an expression as text that is read as the same expression again."""
    return _spelled(node)[0]


def _spelled(node: Node) -> tuple[str, int]:
    """Return the text of a node, and how tightly its outermost operator holds."""
    match node:
        case Number(value, unit):
            text = f"{spell_number(value)} {unit}".rstrip()
            return text, _BINDS["minus"] if value < 0 else _ALONE
        case Text(value):
            return f'"{value}"', _ALONE
        case Literal(value):
            return "true" if value else "false", _ALONE
        case Asked(wanted):
            return _spelled_wanted(wanted), _ALONE
        case Minus(of):
            # A number behind the sign would become a negative one.
            within = f"({spell(of)})" if isinstance(of, Number) else _inside(of, _BINDS["minus"])
            return f"-{within}", _BINDS["minus"]
        case Arithmetic(sign, left, right):
            binds = _BINDS[sign]
            return f"{_inside(left, binds)} {sign} {_inside(right, binds + 1)}", binds
        case Call(name, arguments):
            return f"{name}({', '.join(map(spell, arguments))})", _ALONE
        case Known(of):
            return f"known({spell(of)})", _ALONE
        case Compared(sign, left, right):
            binds = _BINDS["<"]
            return f"{_inside(left, binds + 1)} {sign} {_inside(right, binds + 1)}", binds
        case Not(of):
            return f"not {_inside(of, _BINDS['not'])}", _BINDS["not"]
        case Joined(word, joined):
            binds = _BINDS[word]
            return f" {word} ".join(_inside(part, binds + 1) for part in joined), binds


def _inside(node: Node, least: int) -> str:
    """Return a node's text as an operand, in brackets where it would fall apart."""
    text, binds = _spelled(node)
    return text if binds >= least else f"({text})"


def _spelled_wanted(wanted: Wanted) -> str:
    if wanted.what is What.WORD:
        return wanted.name
    name = spell_name(wanted.name)
    if wanted.what is What.CHANNEL:
        return name
    arguments = [name]
    if wanted.criterion:
        arguments.append(f'"{wanted.criterion}"')
    if wanted.within is not None:
        arguments.append(f"{spell_number(wanted.within)} K")
    if wanted.rate is not None:
        arguments.append(f"{spell_number(wanted.rate)} K/h")
    if wanted.over is not None:
        arguments.append(format_whole(wanted.over))
    return f"{wanted.what}({', '.join(arguments)})"


def spell_name(name: str) -> str:
    """Return a channel's name as an expression has it: in backquotes where it would mean something else."""
    return name if is_plain(name) and name not in WORDS else f"`{name}`"
