"""Clean-up of untrusted text: what a server sends is shown literally and can never act on a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from xovac_tui.plural import counted

LONGEST_TEXT = 64
"""Characters of a typed value that are read."""
_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_MARKS_IN_A_ROW = 2
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3,}")


def writable(text: str) -> str:
    r"""Return text that every file, database and terminal takes: half a character pair becomes its escape.

    JSON may hold such halves (`\ud800`), and names of files that are no UTF-8 come with them.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def clean(text: str, limit: int | None = None) -> str:
    r"""Return one line of printable text of at most `limit` characters.

    Control characters become their visible pictures, direction marks and other invisible characters their
    escapes (`\u202e`), so nothing can move the cursor, colour the screen, hide or reorder what follows.
    Text that is cut ends with `…`.
    """
    # Only what can be shown is worth the work: a message may be 10 MB long.
    head = text if limit is None else text[: limit + 1]
    if not head.isprintable():
        head = "".join(_visible(char) for char in head)
    if not head.isascii():
        head = _MARKS.sub(lambda match: match[0][:_MARKS_IN_A_ROW] + "\u2026", head)
    if limit is not None and (len(head) > limit or len(text) > limit):
        return head[: max(0, limit - 1)] + "…"
    return head


def clean_lines(text: str, *, lines: int, width: int) -> list[str]:
    """Return at most `lines` clean lines, cut to `width`; the last says how many were left out."""
    rows = text.split("\n", lines)
    if len(rows) <= lines:
        return [clean(row.rstrip("\r"), width) for row in rows]
    more = rows[-1].count("\n") + 2
    shown = [clean(row.rstrip("\r"), width) for row in rows[: lines - 1]]
    return [*shown, f"… {counted(more, 'more line')}"]


def clean_bytes(data: bytes, limit: int) -> str:
    """Return bytes as `0x…` hexadecimal, cut with their whole length added."""
    shown = data[: max(1, (limit - 16) // 2)]
    text = "0x" + shown.hex()
    return text if len(shown) == len(data) else f"{text}… ({counted(len(data), 'byte')})"


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code in _CONTROL_PICTURES:
        return _CONTROL_PICTURES[code]
    if unicodedata.category(char) == "Zs":
        return " "
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def near_miss(name: str, valid: Iterable[str], meant: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return ` Did you mean X?`, or an empty text where no valid name is near; capitals do not count.

    `meant` gives the valid name for words that mean the same.
    """
    import difflib

    names = sorted(valid)
    words = {word: one for word, one in meant.items() if one in names} | {one.lower(): one for one in names}
    # With words of the same meaning a lower cutoff finds those that are half of a name.
    near = difflib.get_close_matches(name[:LONGEST_TEXT].lower(), words, 1, 0.55 if meant else 0.6)
    return f' Did you mean "{words[near[0]]}"?' if near else ""


def nearest(name: str, valid: Iterable[str], meant: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return ` Did you mean X?` as `near_miss` does, or the list of valid names where none is near."""
    names = sorted(valid)
    return near_miss(name, names, meant) or (f" Valid here: {', '.join(names)}." if names else "")


def quoted(text: str) -> str:
    """Return untrusted text in quotation marks for a sentence."""
    return '"' + clean(text.strip(), 40) + '"'
