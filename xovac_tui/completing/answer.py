"""Answer a shell that completes a word: `xovac-tui completion --answer SHELL ...`.

The first line of the answer holds words on how the shell goes on: `files` or `folders` that it completes
itself, `nospace` after the word, `anyhow` for words that do not begin as the typed one does. Each other
line is a word, a tab, and its explanation.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xovac_tui.completing.found_values import recipe_files, values_of
from xovac_tui.completing.line import Wish, split_line, wish
from xovac_tui.completing.listing import shipped_listing
from xovac_tui.completing.wanted import FILES, LISTS, ValueKind

_MOST = 1_000
"""Words of an answer at most."""
_LONGEST = 70
"""Characters of an explanation."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+-]+")
"""Words that need no quotes in any shell."""
_QUOTED = re.compile(r"([^A-Za-z0-9_./:=,@%+-])")


def answer_shell(shell: str, arguments: Sequence[str]) -> None:
    """Print what the word at the cursor may become; nothing at all where anything goes wrong.

    bash gives the line up to the cursor and the word at its end as bash takes it (after `=` or `:`); zsh
    and fish give the words behind the program's name, the last of them up to the cursor.
    """
    with contextlib.suppress(Exception):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
        sys.stdout.write("\n".join(answer_lines(shell, arguments)) + "\n")
        sys.stdout.flush()


def answer_lines(shell: str, arguments: Sequence[str]) -> list[str]:
    """Return the lines of an answer."""
    if shell == "bash":
        line, raw = arguments
        words, quoted = split_line(line)
        words, last = words[1:-1], words[-1] if len(words) > 1 else ""
    else:
        raw, quoted = "", False
        *words, last = arguments
        if shell == "fish":
            last = split_line(last)[0][-1]
    wanted = wish(shipped_listing(), words, last)
    found, anyhow = _found(wanted)
    head = last[: len(last) - len(wanted.begun)]
    # What the shell keeps of the word by itself is no part of the answer.
    kept = 0
    if shell == "bash":
        kept = len(last) - len(_end(last, raw))
    elif shell == "zsh" and last.startswith("--"):
        kept = last.find("=") + 1
    lines = []
    for word, explained in found:
        whole = f"{head}{word}"[kept:]
        if shell == "bash":
            if quoted and not _PLAIN.fullmatch(whole):
                continue
            whole = whole if quoted else _QUOTED.sub(r"\\\1", whole)
        lines.append(f"{whole}\t{explained[:_LONGEST]}")
        if len(lines) == _MOST:
            break
    nospace = wanted.kind in LISTS or (bool(lines) and all("=\t" in line for line in lines))
    says = {
        "files": wanted.kind in FILES,
        "folders": wanted.kind is ValueKind.FOLDER,
        "nospace": nospace,
        "anyhow": anyhow,
    }
    return [" ".join(word for word, said in says.items() if said), *lines]


def _found(wanted: Wish) -> tuple[list[tuple[str, str]], bool]:
    """Return the words that begin as the typed one, and whether others are offered because none does."""
    begun, kind = wanted.begun, wanted.kind
    found = [one for one in wanted.choices if one[0].startswith(begun)] if kind is None else []
    anyhow = False
    if kind is ValueKind.RECIPE:
        files: list[Path] = []
        with contextlib.suppress(Exception):
            files = list(recipe_files(wanted.typed))
        found += [(str(path), "") for path in files if str(path).startswith(begun)]
        if not found and begun and os.sep not in begun and not _is_begun(begun):
            found = [(str(path), "") for path in files if path.name.startswith(begun)]
            anyhow = bool(found)
    elif kind is not None:
        found += (one for one in _until_failure(values_of(kind, wanted.typed)) if one[0].startswith(begun))
    if kind is not None:
        found += [one for one in wanted.choices if one[0].startswith(begun)]
    unique: dict[str, str] = {}
    for word, explained in found:
        if word.isprintable():
            unique.setdefault(word, "".join(c if c.isprintable() else " " for c in explained))
    return list(unique.items()), anyhow


def _is_begun(begun: str) -> bool:
    """Return whether a file of the current folder begins so."""
    with contextlib.suppress(OSError):
        return any(name.startswith(begun) for name in os.listdir("."))
    return False


def _until_failure(values: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the values up to the first that cannot be had."""
    with contextlib.suppress(Exception):
        yield from values


def _end(last: str, raw: str) -> str:
    """Return the end of the word that bash completes, which breaks words at `=` and `:`, too."""
    end = split_line(raw)[0][-1]
    if set(raw) <= set("=:"):
        return ""
    return end if last.endswith(end) else last
