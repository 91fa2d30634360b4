"""Find out what the word before the cursor may become. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from xovac_tui.completing.listing import ListedArgument, ListedCommand, ListedOption, Listing
from xovac_tui.completing.wanted import LISTS, ValueKind

_OPEN = ("'", '"')
"""State of a lexer in an open quote."""


class TypedWords(NamedTuple):
    """The words before the cursor's, as the program would take them."""

    command: ListedCommand
    options: dict[str, list[str]]
    """First name of an option -> what was given to it; for a switch an empty text each time."""
    arguments: list[str]
    pending: ListedOption | None
    """The last word is this option, and its value is missing."""
    ended: bool
    """After `--`, where no word is an option."""


class Wish(NamedTuple):
    """What is wanted in the place of the cursor's word."""

    typed: TypedWords
    begun: str
    """The word, or the part of it that is completed."""
    before: str = ""
    """The part of the word before that, which stays."""
    choices: tuple[tuple[str, str], ...] = ()
    """Words with their explanation."""
    kind: ValueKind | None = None
    """Values of this kind as well."""


def split_line(line: str) -> tuple[list[str], bool]:
    """Return the words of a line as a POSIX shell takes them, and whether the last is in an open quote.

    The last word is the one at the end of the line: empty behind a space.
    """
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        # A quote that is still open, or a backslash at the end.
        return [*words, lexer.token or ""], getattr(lexer, "state", None) in _OPEN
    if not line or (line[-1].isspace() and not line[:-1].endswith("\\")):
        words.append("")
    return words, False


def take(listing: Listing, words: Sequence[str]) -> TypedWords:
    """Return what the words after the program's name are."""
    commands = {command["name"]: command for command in listing["commands"]}
    command, pending, ended = commands[""], None, False
    options: dict[str, list[str]] = {}
    arguments: list[str] = []
    for word in words:
        if pending is not None:
            options[pending["names"][0]].append(word)
            pending = None
        elif word == "--" and not ended:
            ended = True
        elif word.startswith("-") and word != "-" and not ended:
            option, value = _option(command, word)
            if option is None:
                continue
            given = options.setdefault(option["names"][0], [])
            if option["takes"] is None or value is not None:
                given.append(value or "")
            else:
                pending = option
        elif not arguments and (below := commands.get(f"{command['name']} {word}".strip())) is not None:
            command = below
        else:
            arguments.append(word)
    return TypedWords(command, options, arguments, pending, ended)


def wish(listing: Listing, words: Sequence[str], last: str) -> Wish:
    """Return what the word `last` may become, behind these words."""
    typed = take(listing, words)
    command = typed.command
    if typed.pending is not None:
        return _value(typed, typed.pending, last)
    if last.startswith("-") and not typed.ended:
        name, equals, value = last.partition("=")
        if equals:
            option, _ = _option(command, name)
            wanted = Wish(typed, value) if option is None else _value(typed, option, value)
            return wanted._replace(before=f"{name}=" + wanted.before)
        return Wish(typed, last, choices=_names(typed))
    below = () if typed.arguments else _below(listing, command)
    argument = _argument(command, len(typed.arguments))
    if argument is not None:
        wanted = _value(typed, argument, last)
        return wanted._replace(choices=(*below, *wanted.choices))
    if below or typed.ended or _is_group(listing, command):
        return Wish(typed, last, choices=below)
    return Wish(typed, last, choices=_names(typed))


def _option(command: ListedCommand, word: str) -> tuple[ListedOption | None, str | None]:
    """Return the option that a word is, and its value where the word holds it (`--out=FILE`, `-pNAME`)."""
    name, equals, value = word.partition("=")
    found = {name: option for option in command["options"] for name in option["names"]}
    if name in found:
        return found[name], value if equals else None
    if not word.startswith("--") and word[:2] in found:
        return found[word[:2]], word[2:]
    return None, None


def _value(typed: TypedWords, param: ListedOption | ListedArgument, last: str) -> Wish:
    kind = ValueKind(param["values"]) if param["values"] else None
    before, begun = "", last
    if kind in LISTS:
        before = last[: last.rfind(",") + 1]
        begun = last[len(before) :]
    return Wish(typed, begun, before, tuple((choice, "") for choice in param["choices"]), kind)


def _names(typed: TypedWords) -> tuple[tuple[str, str], ...]:
    """Return the names of the options that may still be given."""
    return tuple(
        (name, option["help"])
        for option in typed.command["options"]
        if option["repeatable"] or option["names"][0] not in typed.options
        for name in option["names"]
    )


def _is_group(listing: Listing, command: ListedCommand) -> bool:
    return bool(_below(listing, command))


def _below(listing: Listing, command: ListedCommand) -> tuple[tuple[str, str], ...]:
    """Return the commands of a group, each with what it does."""
    start = f"{command['name']} ".lstrip()
    return tuple(
        (word, one["does"])
        for one in listing["commands"]
        if one["name"].startswith(start) and (word := one["name"][len(start) :]) and " " not in word
    )


def _argument(command: ListedCommand, place: int) -> ListedArgument | None:
    arguments = command["arguments"]
    if place < len(arguments):
        return arguments[place]
    return arguments[-1] if arguments and arguments[-1]["many"] else None
