"""Edit the text of a TOML file one statement at a time: all that is not edited stays as it is written.

Parsing a whole file as a document of comments and values takes seconds for 10,000 lines, so only the
statement that changes is taken apart. The caller compares what the new text holds with what it wanted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xovac_tui.text import writable

KeyPath: TypeAlias = tuple[str, ...]
"""Keys from the top of a file to a value, each as it is and not as it is quoted."""

_GONE: Any = object()
"""In the place of a value: the key is taken out."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_TOP = re.compile(r"(?:[ \t]*#[^\n]*(?:\n|\Z))+(?:[ \t\r]*(?:\n|\Z))+")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|'
    r"'''(?:[^']|'{1,2}(?!'))*'{3,5}|"
    r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*')|#[^\n]*|[\[{]|[\]}]|\n|[^"'#\[\]{}\n]+""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Header:
    """A line such as `[messages.m]`, or the top of the file, which has no text."""

    path: KeyPath
    start: int
    end: int
    """Behind its line's end."""
    listed: bool = False
    """True for a table of a list (`[[...]]`), which no path leads to."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A key with its value: places in the text, `start` to `end` whole lines."""

    header: Header
    path: KeyPath
    """From the top of the file; empty within a list of tables."""
    start: int
    value: int
    """Where the value begins."""
    value_end: int
    end: int


def toml_key(name: str, *, quoted: bool = False) -> str:
    """Return a key as a file writes it: bare where that is possible and `quoted` does not forbid it."""
    return name if _BARE.fullmatch(name) and not quoted else toml_text(name)


def toml_text(text: str) -> str:
    """Return text in quotes as a file writes it, with what cannot be seen as escapes."""
    made = writable(text).replace("\\", "\\\\").replace('"', '\\"')
    if not made.isprintable():
        made = "".join(char if char.isprintable() else _escape(char) for char in made)
    return f'"{made}"'


def _escape(char: str) -> str:
    if char in "\t\n\r":
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}[char]
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def toml_value(value: Any) -> str:
    """Return a value as a file writes it, on one line. Raises TypeError for what TOML does not have."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return toml_text(value)
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e6 else repr(value)
        case Mapping():
            inner = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case Sequence():
            return f"[{', '.join(toml_value(item) for item in value)}]"
    raise TypeError(f"TOML has no {type(value).__name__}")


class TomlText:
    """A text of TOML that is valid, with the edits that were made to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._headers: list[Header] = []
        self._statements: list[Statement] = []
        self._stale = True

    @property
    def line_end(self) -> str:
        """What ends a line that is added."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def put(self, path: KeyPath, value: Any, *, quoted: bool = False) -> None:
        """Give a key a value; what it has not yet is added where its table is.

        `quoted`: the last key is written in quotes, as the paths of messages are.
        """
        old = self._at(path)
        if old is not None and old.path == path:
            made = _merged(self.text[old.value : old.value_end], value)
            self._replace(old.value, old.value_end, made)
        elif old is not None:
            self._change_inside(old, path[len(old.path) :], value)
        else:
            self._add(path, value, quoted)

    def remove(self, path: KeyPath) -> None:
        """Take a key and all that is in it out; comments on lines of their own stay."""
        old = self._at(path)
        if old is not None and old.path == path:
            self._replace(old.start, old.end, "")
            return
        if old is not None:
            self._change_inside(old, path[len(old.path) :], _GONE)
            return
        parts: list[Header | Statement] = [one for one in self._headers if _inside(one.path, path)]
        parts += [
            one
            for one in self._statements
            if _inside(one.path, path) or (not one.path and _inside(one.header.path, path))
        ]
        for one in sorted(parts, key=lambda part: part.start, reverse=True):
            self._replace(one.start, one.end, "")

    def is_one_value(self, path: KeyPath) -> bool:
        """Return whether a path is, or is within, the value of one statement: an inline table, not lines."""
        return self._at(path) is not None

    # -- lists of tables ------------------------------------------------------------------------------

    def add_listed(self, path: KeyPath, table: Mapping[str, Any]) -> None:
        """Add a table at the end of a list of tables, which need not be there yet."""
        old, tables = self._at(path), self._inline_list(path)
        if tables or (old is not None and old.path != path):
            self.put(path, [*tables, table])
            return
        if old is not None:
            self.remove(path)
        end, text = self.line_end, self.text
        text += end if text and not text.endswith("\n") else ""
        header = f"[[{'.'.join(toml_key(key) for key in path)}]]"
        lines = (header, *(_line((key,), value, False) for key, value in table.items()))
        self.text = text + (end if text.strip() else "") + end.join(lines) + end
        self._stale = True

    def change_listed(self, path: KeyPath, number: int, changes: Mapping[str, Any]) -> None:
        """Give keys of one table of a list other values, None to take one out; the first table is 0.

        Raises IndexError where the list has no such table.
        """
        if tables := self._inline_list(path):
            merged = {**tables[number], **changes}
            tables[number] = {key: value for key, value in merged.items() if value is not None}
            self.put(path, tables)
            return
        header, end = self._listed(path, number)
        inside = TomlText(self.text[header.end : end])
        for key, value in changes.items():
            if value is None:
                inside.remove((key,))
            else:
                inside.put((key,), value)
        self._replace(header.end, end, inside.text)

    def remove_listed(self, path: KeyPath, number: int) -> None:
        """Take one table of a list out, with the comments between its keys; the first table is 0.

        Raises IndexError where the list has no such table.
        """
        if tables := self._inline_list(path):
            del tables[number]
            self.put(path, tables)
            return
        header, _ = self._listed(path, number)
        own = [one.end for one in self._statements if one.header is header]
        self._replace(header.start, own[-1] if own else header.end, "")

    def _inline_list(self, path: KeyPath) -> list[dict[str, Any]]:
        """Return the tables of a list that is one value of a statement; none where it is not."""
        found = self._at(path)
        if found is None:
            return []
        value: Any = tomllib.loads(f"it = {self.text[found.value : found.value_end]}")["it"]
        for key in path[len(found.path) :]:
            value = value.get(key, [])
        return list(value)

    def _listed(self, path: KeyPath, number: int) -> tuple[Header, int]:
        """Return the header of one table of a list, and where the next header begins."""
        self._read()
        header = [one for one in self._headers if one.listed and one.path == path][number]
        behind = [one.start for one in self._headers if one.start > header.start]
        return header, behind[0] if behind else len(self.text)

    # -- reading --------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Find the statements, unless they are those of the text as it is."""
        if not self._stale:
            return
        self._stale = False
        text, at = self.text, 0
        # The comment at the top of a file stays there, if an empty line sets it apart.
        top = _TOP.match(text)
        header = Header((), 0, top.end() if top else 0)
        self._headers, self._statements = [header], []
        while True:
            at = _skip(text, at)
            if at >= len(text):
                return
            begin = text.rfind("\n", 0, at) + 1
            if text[at] == "[":
                listed = text.startswith("[[", at)
                keys, at = _keys(text, at + 1 + listed)
                at = text.find("\n", at)
                at = len(text) if at < 0 else at + 1
                header = Header(keys, begin, at, listed)
                self._headers.append(header)
                continue
            keys, at = _keys(text, at)
            at += 1
            while at < len(text) and text[at] in " \t":
                at += 1
            value = at
            value_end, end = _value_end(text, at)
            inside = any(one.listed and header.path[: len(one.path)] == one.path for one in self._headers[1:])
            path = () if inside else header.path + keys
            self._statements.append(Statement(header, path, begin, value, value_end, end))
            at = end

    def _at(self, path: KeyPath) -> Statement | None:
        """Return the statement whose value is at a path, or holds it; None where none does."""
        self._read()
        for one in self._statements:
            if one.path and path[: len(one.path)] == one.path:
                return one
        return None

    # -- changing -------------------------------------------------------------------------------------

    def _replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]
        self._stale = True

    def _change_inside(self, old: Statement, keys: KeyPath, value: Any) -> None:
        """Change a value within the value of one statement, an inline table."""
        made = _edited_inline(self.text[old.value : old.value_end], keys, value)
        self._replace(old.value, old.value_end, made)

    def _add(self, path: KeyPath, value: Any, quoted: bool) -> None:
        """Add a key that is not there yet, behind what its table has already."""
        for length in range(len(path) - 1, -1, -1):
            parent = path[:length]
            if not length and len(path) > 1:
                break
            behind = self._dotted(parent) if length else None
            if behind is not None:
                keys = path[len(behind.header.path) :]
                self._insert(behind.end, _line(keys, value, quoted))
                return
            header = next((one for one in self._headers if one.path == parent and not one.listed), None)
            # `[messages]` alone gets no inline table of a whole message.
            if header is not None and (length != 1 or len(path) <= 2):
                own = [one.end for one in self._statements if one.header is header]
                self._insert(own[-1] if own else header.end, _line(path[length:], value, quoted))
                return
        self._add_table(path, value, quoted)

    def _dotted(self, parent: KeyPath) -> Statement | None:
        """Return the last statement that makes a table by a dotted key (`a.b = 1` makes `a`)."""
        found = None
        for one in self._statements:
            length = len(one.header.path)
            if len(parent) > length and one.path[: len(parent)] == parent and len(one.path) > len(parent):
                found = one
        return found

    def _add_table(self, path: KeyPath, value: Any, quoted: bool) -> None:
        """Add a table with its header at the end of the file."""
        if isinstance(value, Mapping) and len(path) == 2 and not quoted:
            head: KeyPath = path
            lines = [line for key, item in value.items() for line in _lines_of(key, item)]
        else:
            head, lines = path[:-1], [_line(path[-1:], value, quoted)]
        end = self.line_end
        text = self.text
        if text and not text.endswith("\n"):
            text += end
        gap = end if text.strip() else ""
        header = f"[{'.'.join(toml_key(key) for key in head)}]"
        self.text = text + gap + end.join((header, *lines)) + end
        self._stale = True

    def _insert(self, at: int, line: str) -> None:
        end = self.line_end
        before = "" if not at or self.text[at - 1] == "\n" else end
        self._replace(at, at, before + line + end)


def _edited_inline(text: str, keys: KeyPath, value: Any) -> str:
    """Return an inline table with another value at keys in it; of a table there only what differs."""
    items, done = [], False
    for names, raw in _inline_items(text):
        if keys[: len(names)] == names and len(names) < len(keys):
            raw, done = _edited_inline(raw, keys[len(names) :], value), True
        elif names[: len(keys)] == keys:
            if value is _GONE or done or names != keys:
                continue
            raw, done = _merged(raw, value), True
        items.append((names, raw))
    if not done and value is not _GONE:
        items.append((keys, toml_value(value)))
    inner = ", ".join(f"{'.'.join(toml_key(name) for name in names)} = {raw}" for names, raw in items)
    return f"{{ {inner} }}" if inner else "{}"


def _merged(raw: str, value: Any) -> str:
    if not isinstance(value, Mapping) or not raw.startswith("{"):
        return toml_value(value)
    there = tomllib.loads(f"it = {raw}")["it"]
    for name in there:
        if name not in value:
            raw = _edited_inline(raw, (name,), _GONE)
    for name, item in value.items():
        if name not in there or not same(there[name], item):
            raw = _edited_inline(raw, (name,), item)
    return raw


def _inline_items(text: str) -> Iterator[tuple[KeyPath, str]]:
    """Yield the keys and the text of each value of an inline table."""
    at = _skip(text, 1)
    while text[at : at + 1] not in ("}", ""):
        keys, at = _keys(text, at)
        begin = at = _skip(text, at + 1)
        depth = 0
        for found in _tokens(text, at):
            token = found[0]
            if token in ("[", "{"):
                depth += 1
            elif token in ("]", "}"):
                if not depth:
                    break
                depth -= 1
            elif not depth and token[0] not in "\"'" and "," in token:
                at += token.index(",")
                break
            at = found.end()
        yield keys, text[begin:at].strip()
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at : at + 1] == "," else at


def same(one: Any, other: Any) -> bool:
    """Return whether two values of TOML are equal; a truth value is no number, an empty table is none."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = {key for table in (one, other) for key, item in table.items() if item != {}}
        return all(same(one.get(key, {}), other.get(key, {})) for key in keys)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other or (one != one and other != other))


def _line(keys: KeyPath, value: Any, quoted: bool) -> str:
    names = [toml_key(key, quoted=quoted and place == len(keys) - 1) for place, key in enumerate(keys)]
    return f"{'.'.join(names)} = {toml_value(value)}"


def _lines_of(key: str, value: Any) -> Iterator[str]:
    """Yield the lines of one key of a table: the fields of a command each have their own."""
    if key == "fields" and isinstance(value, Mapping) and value:
        yield from (_line((key, name), item, False) for name, item in value.items())
    else:
        yield _line((key,), value, False)


def _inside(path: KeyPath, parent: KeyPath) -> bool:
    return path[: len(parent)] == parent


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _keys(text: str, at: int) -> tuple[KeyPath, int]:
    """Return the dotted key at a place, and the place behind it."""
    keys = []
    while found := _KEY.match(text, at):
        keys.append(_plain(found[1]))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(keys), at


def _plain(key: str) -> str:
    if key[0] == "'" or (key[0] == '"' and "\\" not in key):
        return key[1:-1]
    if key[0] != '"':
        return key
    return str(tomllib.loads(f"it = {key}")["it"])


def _value_end(text: str, at: int) -> tuple[int, int]:
    """Return where a value ends, and where its statement does: behind the end of the line."""
    depth, end = 0, at
    for found in _tokens(text, at):
        token = found[0]
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth -= 1
        elif token == "\n" and not depth:
            return end, found.end()
        elif token[0] == "#" and not depth:
            close = text.find("\n", found.end())
            return end, len(text) if close < 0 else close + 1
        end = found.end() - (len(token) - len(token.rstrip(" \t\r"))) if not depth and token.strip() else end
    return end, len(text)


def _tokens(text: str, at: int) -> Iterator[re.Match[str]]:
    while found := _TOKEN.match(text, at):
        yield found
        at = found.end()
