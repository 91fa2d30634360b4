"""Which characters the terminal can show, as far as the locale says."""

from __future__ import annotations

import codecs
import locale
import sys
from collections.abc import Mapping
from typing import TextIO

_PLACES = ("LC_ALL", "LC_CTYPE", "LANG")
"""Variables of the environment that name the locale of characters, the strongest first (POSIX, 8.2)."""
_NO_WORD = ("C", "POSIX")
"""Locales that say nothing of the terminal: they are also in force where none was chosen."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself writes into LC_CTYPE where this machine lacks the locale that LANG names (PEP 538)."""


def other_than_utf8(environ: Mapping[str, str], stream: TextIO | None = None) -> str:
    """Return the character set of the terminal where it is known to be another than UTF-8, else nothing.

    What the locale's name says counts also where this machine does not have that locale: Python takes UTF-8
    then, but the terminal at the other end does not. `stream` is the terminal; default: standard output.
    """
    places: tuple[str, ...] = _PLACES
    if environ.get("LC_CTYPE") in _COERCED and "." in environ.get("LANG", ""):
        places = ("LC_ALL", "LANG")
    name = next((value for place in places if (value := environ.get(place, ""))), "")
    said = ""
    if name and name not in _NO_WORD:
        said = name.partition(".")[2].partition("@")[0] or _of_library()
    stream = sys.__stdout__ if stream is None else stream
    written = (stream.encoding or "") if stream is not None and stream.isatty() else ""
    return next((one for one in (said, written) if one and not _is_utf8(one)), "")


def _of_library() -> str:
    """Return the character set of a locale whose name has none, such as `de_DE`, from the C library."""
    # In UTF-8 mode there is no locale of that name here, so that it says nothing of the terminal.
    return "" if sys.flags.utf8_mode else locale.getencoding()


def _is_utf8(name: str) -> bool:
    try:
        return codecs.lookup(name).name == "utf-8"
    except LookupError:
        return False
