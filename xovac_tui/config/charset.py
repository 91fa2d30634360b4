"""Which characters the terminal takes, where `--ascii` and its like say nothing.

Python does not help here. In the locale `C` it takes UTF-8 all the same (PEP 540), and writes LC_CTYPE itself
so that its children do, too (PEP 538): what its streams and `os.environ` say is not what the user said.
"""

from __future__ import annotations

import codecs
import locale
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

_PLACES = ("LC_ALL", "LC_CTYPE", "LANG")
"""Variables of the environment that name the locale of characters, the strongest first (POSIX, 8.2)."""
_PLAIN = ("C", "POSIX")
"""Locales whose characters are ASCII where they were chosen; where none was, nothing is known."""
_ASCII = "ASCII"
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself writes into LC_CTYPE in the locale C, or where LANG names one that is not here."""
_STARTED = Path("/proc/self/environ")
"""The environment with which this process was started (Linux)."""


def other_than_utf8(environ: Mapping[str, str] | None = None, stream: TextIO | None = None) -> str:
    """Return the character set of the terminal where it is known to be another than UTF-8, else nothing.

    What the locale's name says counts also where this machine does not have that locale: Python takes UTF-8
    then, but the terminal at the other end does not. `environ` is what the user set; default: that of this
    process without what Python wrote into it. `stream` is the terminal; default: standard output.
    """
    environ = as_started(os.environ) if environ is None else environ
    name = next((value for place in _PLACES if (value := environ.get(place, ""))), "")
    said = _ASCII if name in _PLAIN else ""
    if name and not said:
        said = name.partition(".")[2].partition("@")[0] or _of_library()
    stream = sys.__stdout__ if stream is None else stream
    written = (stream.encoding or "") if stream is not None and stream.isatty() else ""
    return next((one for one in (said, written) if one and not is_utf8(one)), "")


def as_started(environ: Mapping[str, str], started: Path = _STARTED) -> dict[str, str]:
    """Return the variables of the locale as they were before Python wrote LC_CTYPE."""
    found = {place: value for place in _PLACES if (value := environ.get(place, ""))}
    if found.get("LC_CTYPE") not in _COERCED:
        return found
    try:
        given = dict(one.partition(b"=")[::2] for one in started.read_bytes().split(b"\0"))
    except OSError:
        # Without the system's word, only a LANG that is not UTF-8 shows that Python wrote it.
        if (lang := found.get("LANG", "")) in _PLAIN or "." in lang:
            del found["LC_CTYPE"]
        return found
    return found | {"LC_CTYPE": given.get(b"LC_CTYPE", b"").decode("utf-8", "replace")}


def _of_library() -> str:
    """Return the character set of a locale whose name has none, such as `de_DE`, from the C library."""
    # In UTF-8 mode there is no locale of that name here, so that it says nothing of the terminal.
    return "" if sys.flags.utf8_mode else locale.getencoding()


def is_utf8(name: str) -> bool:
    """Return whether a character set, by any of its names, is UTF-8."""
    try:
        return codecs.lookup(name).name == "utf-8"
    except LookupError:
        return False
