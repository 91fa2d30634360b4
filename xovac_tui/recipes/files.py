"""Recipe files: read one, list a folder, find the examples that ship with the program."""

from __future__ import annotations

import importlib.resources
import os
import re
import tomllib
from pathlib import Path

import msgspec

from xovac_tui.errors import RecipeError
from xovac_tui.readfile import NotRegularError, read_at_most
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.reader import Reader
from xovac_tui.text import clean

MAX_BYTES = 1_000_000
MAX_LINE = 2_500
"""Characters; a longer line is no recipe, and very long dotted keys make a TOML reader crawl."""


class RecipeFile(msgspec.Struct, frozen=True):
    """One file of a folder, readable or not."""

    path: Path
    name: str
    """The recipe's name; the file's where it cannot be read."""
    recipe: Recipe | None
    problem: str = ""
    """Why it cannot be read, one sentence a line; empty when all is well."""
    source: str = ""
    """The text that the recipe was read from; empty where it cannot be read."""


def load_recipe(path: Path | str) -> Recipe:
    """Return the recipe in a file; RecipeError names the file, the line or key, and what would be right."""
    return parse_recipe(read_bytes(Path(path)), str(path))


def parse_recipe(text: str | bytes, source: str) -> Recipe:
    """Return the recipe in a text; `source` names it in every complaint."""
    source = clean(source, 400)
    text = _decoded(text, source).removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise RecipeError(f"{source} is larger than {MAX_BYTES:,} bytes: that is not a recipe.")
    if not text.strip():
        raise RecipeError(f"{source} is empty: a recipe has at least a name and one [[steps]].")
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise RecipeError(
                f"{source}, line {number} is longer than {MAX_LINE:,} characters: that is not a recipe."
            )
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise RecipeError(f"{source} is nested too deep to be a recipe.") from None
    except ValueError as error:  # TOMLDecodeError, and an integer with thousands of digits
        raise RecipeError(_syntax_problem(source, lines, str(error))) from None
    return Reader(source).recipe(table)


def list_recipes(folder: Path | str) -> tuple[RecipeFile, ...]:
    """Return every `*.toml` of a folder sorted by file name, the bad ones with their sentence.

    A folder that does not exist yet holds no recipes; one that cannot be read raises RecipeError.
    """
    try:
        paths = [path for path in Path(folder).iterdir() if is_candidate(path.name)]
    except FileNotFoundError:
        return ()
    except NotADirectoryError:
        raise RecipeError(
            f"{clean(str(folder), 400)} is not a folder: name the folder of the recipes."
        ) from None
    except OSError as error:
        raise RecipeError(f"The recipe folder {_os_problem(str(folder), error)}") from None
    return tuple(
        read_file(path) for path in sorted(paths, key=lambda path: (path.name.casefold(), path.name))
    )


def examples_folder() -> Path:
    """Return the folder of the recipes that ship with the program."""
    return Path(str(importlib.resources.files("xovac_tui.recipes").joinpath("examples")))


def is_candidate(name: str) -> bool:
    """Return whether a file of this name in the recipes folder is taken for a recipe."""
    return name.lower().endswith(".toml") and not name.startswith(".")


def read_file(path: Path) -> RecipeFile:
    """Return a file as it is on the disk now, readable or not."""
    try:
        text = _decoded(read_bytes(path), clean(str(path), 400))
        recipe = parse_recipe(text, str(path))
    except RecipeError as error:
        return RecipeFile(path, clean(path.stem, 80), None, str(error))
    return RecipeFile(path, recipe.name, recipe, source=text)


def read_bytes(path: Path) -> bytes:
    """Return at most one byte more than a recipe may have; RecipeError where a file cannot be read.

    It must be a regular file, or a pipe of the shell: any other pipe or device would block or never end.
    """
    try:
        return read_at_most(path, MAX_BYTES + 1)
    except IsADirectoryError:
        raise RecipeError(f"{clean(str(path), 400)} is a folder: name one recipe file in it.") from None
    except NotRegularError:
        raise RecipeError(
            f"{clean(str(path), 400)} is not a regular file: a recipe is a TOML text file."
        ) from None
    except OSError as error:
        raise RecipeError(f"The recipe {_os_problem(str(path), error)}") from None
    except ValueError:  # a NUL in the path
        raise RecipeError(f"{clean(str(path), 400)} is not a usable file name.") from None


def _os_problem(path: str, error: OSError) -> str:
    name = clean(path, 400)
    if isinstance(error, FileNotFoundError):
        return f"{name} does not exist: check the name."
    if isinstance(error, PermissionError):
        return f"{name} may not be read by you: check its permissions."
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{name} cannot be read: {reason}."


def _decoded(text: str | bytes, source: str) -> str:
    if isinstance(text, str):
        return text
    if len(text) > MAX_BYTES:
        raise RecipeError(f"{source} is larger than {MAX_BYTES:,} bytes: that is not a recipe.")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise RecipeError(f"{source}, line {line} is not UTF-8 text: save the file as UTF-8.") from None


def _complaint(message: str, last: int) -> tuple[str, int]:
    """Return what tomllib complains of, and the line; the `last` one where it names the end, or none.

    The errors of Python 3.11 to 3.13 have the place only in their text; 3.14 gives `msg` and `lineno`.
    """
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    return (found[1], int(found[2] or last)) if found else (message, last)


def _syntax_problem(source: str, lines: list[str], message: str) -> str:
    """Turn the TOML reader's complaint into a sentence with the line, and advice for the usual slips."""
    what, number = _complaint(message, len(lines))
    sentence = f"{source}, line {number}: this is not TOML: {clean(what, 160).rstrip('.')}."
    line = lines[min(number, len(lines)) - 1]
    if re.search(r"=\s*[-+]?\d+,\d", line):
        return f"{sentence} Decimals are written with a point, like 1.5."
    if re.search(r"=\s*[-+]?[\d.]+\s*[^\W\d_]", line) or re.search(r"=\s*[^\W\d_]", line):
        return f'{sentence} Text and durations are written in quotes, like "2h".'
    return sentence
