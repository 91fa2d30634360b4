"""The list of all commands as data, as `xovac-tui commands --json` prints it.

It is made from the commands themselves by docs/commands.py, which a test compares: to complete a word, to
list the commands and to write the manual page none of them is imported (30 to 1,400 ms each).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NotRequired, TypedDict

FILE = Path(__file__).parent / "commands.json"


class ListedOption(TypedDict):
    """An option of a command."""

    names: list[str]
    """`--profile`, `-p`; of a switch with two ways also the second (`--control`)."""
    off: list[str]
    """Names that switch it off."""
    takes: str | None
    """What the value is called (`NAME`); null: the option takes none."""
    help: str
    required: bool
    repeatable: bool
    default: NotRequired[str]
    """In force without it, where the help says so."""
    choices: list[str]
    """All that it takes; an empty list: anything."""
    values: str | None
    """Kind of the values that complete it."""


class ListedArgument(TypedDict):
    """An argument of a command."""

    name: str
    required: bool
    many: bool
    choices: list[str]
    values: str | None


class ListedCommand(TypedDict):
    """A command, a command of a group (`recipe check`), or by an empty name the program itself."""

    name: str
    does: str
    """In one line."""
    help: str
    """In paragraphs, with an empty line between them."""
    terminal: bool
    """It opens the screens and therefore needs a terminal."""
    arguments: list[ListedArgument]
    options: list[ListedOption]
    exit_codes: dict[str, str]


class Listing(TypedDict):
    """All commands, the program itself first."""

    program: str
    commands: list[ListedCommand]


def shipped_listing() -> Listing:
    """Return the list as it comes with the program."""
    listing: Listing = json.loads(FILE.read_bytes())
    return listing


def option_usage(option: ListedOption) -> str:
    """Return an option as it is typed: `--profile, -p NAME`."""
    names = ", ".join(option["names"])
    return f"{names} {option['takes']}" if option["takes"] else names


def explained(option: ListedOption) -> str:
    """Return what an option does, with its choices and what is in force without it; may be empty."""
    said = [option["help"]]
    if option["choices"] and option["values"] is None:
        said.append(f"One of {', '.join(option['choices'])}.")
    if "default" in option:
        said.append(f"Usual: {option['default']}.")
    return " ".join(filter(None, said))
