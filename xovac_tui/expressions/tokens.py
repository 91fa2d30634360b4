"""Cuts an expression into words, and says where in it something is wrong."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from xovac_tui.errors import XovacError

LONGEST = 2_000
"""Characters of an expression."""
_SHOWN = 72
"""Characters of an expression that are shown around a mistake."""
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+−]?[0-9]+)?"
_UNIT = r"(?:[^\W\d_]|[°℃℉%µ])+(?:/(?:ms|s|sec|min|m|hr|h|d))?"
_NAME = r"[^\W\d]\w*(?:\.\w+)*"
_TOKEN = re.compile(
    rf"""(?P<number>{_NUMBER})
    |(?P<name>{_NAME})
    |`(?P<quoted>[^`]+)`
    |"(?P<text>[^"]*)"
    |(?P<sign><=|>=|==|!=|[-+*/(),<>≤≥≠−])""",
    re.VERBOSE,
)
_BEHIND_NUMBER = re.compile(rf"\s*(?P<unit>{_UNIT})(?![\w.(`])")
_SPELLED = {"≤": "<=", "≥": ">=", "≠": "!=", "−": "-"}
_INSTEAD = {
    "&": "and",
    "|": "or",
    "!": "not",
    "=": "==",
    "'": 'a double quote "',
    "^": "a product",
}
KEYWORDS = frozenset(("and", "or", "not", "true", "false"))


class ExpressionError(XovacError):
    """An expression that cannot be understood, with the place in it."""

    def __init__(self, sentence: str, text: str, at: int) -> None:
        self.sentence = sentence
        self.column = at + 1
        """The first is 1."""
        first = max(0, min(at - _SHOWN // 2, len(text) - _SHOWN))
        part = "".join(sign if sign.isprintable() else " " for sign in text[first : first + _SHOWN])
        before, behind = "…" * (first > 0), "…" * (first + _SHOWN < len(text))
        arrow = " " * (len(before) + at - first) + "^"
        where = f" (column {self.column})\n  {before}{part}{behind}\n  {arrow}" if text.strip() else ""
        super().__init__(sentence + where)


class TokenKind(StrEnum):
    """What a word of an expression is."""

    NUMBER = "number"
    NAME = "name"
    QUOTED = "quoted"
    """A name in backquotes: always a channel."""
    TEXT = "text"
    SIGN = "sign"
    """An operator, a bracket or a comma."""
    KEYWORD = "keyword"
    END = "end"


class Token(msgspec.Struct, frozen=True):
    """One word of an expression."""

    kind: TokenKind
    text: str
    at: int
    """Index of its first character."""
    unit: str = ""
    """The unit behind a number."""


def tokens(text: str) -> list[Token]:
    """Return the words of an expression, and one for its end; ExpressionError where one cannot be read."""
    if len(text) > LONGEST:
        raise ExpressionError(f"An expression has at most {LONGEST:,} characters.", text, LONGEST)
    found: list[Token] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return [*found, Token(TokenKind.END, "", len(text.rstrip()))]
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(_complaint(text, at), text, at)
        kind, word, begin, at = TokenKind(match.lastgroup), match[match.lastgroup], at, match.end()
        unit = ""
        if kind is TokenKind.NUMBER:
            word = word.replace("−", "-")
            behind = _BEHIND_NUMBER.match(text, at)
            if behind is not None and not is_keyword(behind["unit"]):
                unit, at = behind["unit"], behind.end()
        elif kind is TokenKind.NAME and is_keyword(word):
            kind, word = TokenKind.KEYWORD, word.lower()
        elif kind is TokenKind.SIGN:
            word = _SPELLED.get(word, word)
        found.append(Token(kind, word, begin, unit))


def is_plain(name: str) -> bool:
    """Return whether a name can be written as it is, without backquotes."""
    return re.fullmatch(_NAME, name) is not None and not is_keyword(name)


def is_keyword(word: str) -> bool:
    """Return whether a word means itself: `and`, `OR`, `not`, `true`, `false`."""
    return word.lower() in KEYWORDS and (word.islower() or word.isupper())


def _complaint(text: str, at: int) -> str:
    """Return what is wrong with a sign that begins nothing."""
    sign = text[at]
    if sign in '"`':
        return f"This {sign} is open: close it with another {sign} (with something between)."
    if sign in _INSTEAD:
        return f"{sign} means nothing here. Write {_INSTEAD[sign]}."
    shown = sign if sign.isprintable() else f"The character {sign!a}"
    return f"{shown} means nothing here. An odd name of a channel is written in backquotes: `{shown}`."
