"""Read credentials and addresses: at start, kept in memory, never printed or recorded."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from xovac_tui.config.model import Profile
from xovac_tui.errors import SettingsError
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.kinds import Sink
from xovac_tui.link.target import query_mistake
from xovac_tui.paths import AUTH_VARIABLE, HEADERS_VARIABLE, write_atomically
from xovac_tui.plural import counted
from xovac_tui.readfile import NotRegularError, read_at_most
from xovac_tui.validation import TEXT, Gathered, convert, read_toml, wrong_value
from xovac_tui.withaddress import WithAddress, each_address

T = TypeVar("T")
_LONGEST_ADDRESS = 10_000
"""Bytes of a file that holds an address."""
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""What neither a header nor a password can hold."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Secrets(msgspec.Struct, frozen=True):
    """The socket.io auth payload, extra HTTP headers and query; every printed form of it hides them."""

    auth: dict[str, Any] | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    """Goes into the address of every request, as `?token=...`."""

    def __repr__(self) -> str:
        return f"Secrets({self.summary()})"

    __str__ = __repr__

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Give rich nothing but the summary."""
        return [("summary", self.summary())]

    def summary(self) -> str:
        """Say which secrets there are, without their values."""
        headers = counted(len(self.headers), "header")
        query = f", {len(self.query)} in the address" if self.query else ""
        return f"{'an auth payload' if self.auth else 'no auth payload'}, {headers}{query}"


class _SecretsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    auth: dict[str, Any] = {}
    headers: dict[str, str] = {}


def load_secrets(profile: Profile, environ: Mapping[str, str] | None = None) -> Secrets:
    """Read the secrets of a profile: `XOVAC_AUTH` and `XOVAC_HEADERS` (JSON), else its auth file.

    The table `query` of the auth payload is not part of it: it goes into the address.

    Raises SettingsError; its sentences name file and key, and hold no secret value.
    """
    environ = os.environ if environ is None else environ
    file = _read_file(Path(profile.auth_file)) if profile.auth_file else _SecretsFile()
    auth = _from_environment(environ, AUTH_VARIABLE)
    headers = _from_environment(environ, HEADERS_VARIABLE)
    in_query = f"{profile.auth_file}: `auth.query`" if auth is None else f"{AUTH_VARIABLE}: `query`"
    payload, query = _without_query(file.auth if auth is None else auth, in_query)
    found = Secrets(
        auth=(payload or None) if auth is None or query else payload,
        headers=file.headers if headers is None else headers,
        query=query,
    )
    wrong = Gathered()
    with wrong.one():
        try:
            json.dumps(found.auth, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            where = f"{profile.auth_file}: `auth`" if auth is None else AUTH_VARIABLE
            raise SettingsError(
                f"{where} holds a date, a number that is not finite, or something else that JSON does not "
                "have. Write it as text in quotes."
            ) from None
    where = profile.auth_file if headers is None else HEADERS_VARIABLE
    for name, value in found.headers.items():
        with wrong.one():
            _check_header(name, value, where)
    for name, value in found.query.items():
        with wrong.one():
            if reason := query_mistake(name, value):
                raise SettingsError(f"{in_query} {reason}")
    wrong.raise_found()
    return found


def _check_header(name: str, value: object, where: str) -> None:
    if not isinstance(value, str):
        raise SettingsError(f"{where}: the header {wrong_value(name, value, TEXT, hide=True)}")
    if not _TOKEN.fullmatch(name):
        raise SettingsError(
            f"{where}: {json.dumps(name)} is not a header name. Use letters, digits and dashes."
        )
    if _CONTROLS.search(value):
        raise SettingsError(
            f"{where}: the value of the header `{name}` holds a line break, a control character "
            "or half a character. Give it on one line."
        )


def _read_file(path: Path) -> _SecretsFile:
    need_private(path)
    return convert(read_toml(path), _SecretsFile, str(path), hide=True)


def need_private(path: Path) -> None:
    """Refuse a file with secrets that other users can read (not checked on Windows)."""
    if os.name != "posix":
        return
    try:
        found = path.stat().st_mode
    except (OSError, ValueError):  # reading the file explains it
        return
    mode = stat.S_IMODE(found)
    if not stat.S_ISREG(found):  # so does it what is no file
        return
    if mode & 0o077:
        raise SettingsError(readable_by_others(path, mode))


def readable_by_others(path: Path, mode: int) -> str:
    """Return the sentence for a file with secrets that other users can read; `mode`: its permissions."""
    return f"Other users can read the secrets file {path} (its mode is {mode:04o}). Run: chmod 600 {path}"


def _from_environment(environ: Mapping[str, str], name: str) -> dict[str, Any] | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise SettingsError(f'{name} is not valid JSON{at}. Write it as {{"name": "value"}}.') from None
    if not isinstance(value, dict):
        raise SettingsError(f'{name} must be a JSON object, such as {{"name": "value"}}.')
    return value


def _without_query(auth: dict[str, Any], where: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the auth payload, and what goes into the address; raises SettingsError."""
    if "query" not in auth:
        return auth, {}
    query = auth["query"]
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise SettingsError(
            f"{where} is what goes into the address, so it must be a table of text: "
            'query = { token = "..." }.'
        )
    return {name: value for name, value in auth.items() if name != "query"}, query


def sink_secret(sink: Sink, environ: Mapping[str, str] | None = None) -> str:
    """Return the password or token of a sink: from its variable, else its file; empty where it has none.

    Raises SinkError, whose sentence does not hold the secret.
    """
    try:
        if sink.secret_env:
            found = (os.environ if environ is None else environ).get(sink.secret_env, "").strip()
            if not found:
                raise SettingsError(f"The environment variable {sink.secret_env} is not set.")
            return _without_controls(found, f"The environment variable {sink.secret_env}")
        if not sink.secret_file:
            return ""
        return _without_controls(_one_line(Path(sink.secret_file), "secret"), sink.secret_file)
    except SettingsError as error:
        raise SinkError(Failure(FailureCode.SECRET, str(error)), SinkRemedy.SETTINGS) from None


def _without_controls(secret: str, where: str) -> str:
    """Return a secret that can be sent; raises SettingsError, without it, where it cannot."""
    if _CONTROLS.search(secret):
        raise SettingsError(
            f"{where} holds a line break, a control character or half a character. Give it on one line."
        )
    return secret


def read_addresses(settings: T) -> T:
    """Return settings, or a part of them, with every `url_file` read into its `url`.

    Raises SettingsError with a sentence for each file that cannot be used; none holds an address.
    """
    problems: list[str] = []

    def read(one: WithAddress) -> WithAddress:
        try:
            url = _read_address(Path(one.url_file), one.wrong_in) if one.url_file else one.url
        except SettingsError as error:
            problems.append(f"{one.whose}: {error}")
            return one
        return msgspec.structs.replace(one, url=url)

    found = each_address(settings, read)
    if problems:
        raise SettingsError("\n".join(problems))
    return found


def write_address(path: Path, url: str) -> None:
    """Write an address into a private file (mode 0600), in the place of what it holds.

    Raises SettingsError, without the address, where that cannot be.
    """
    try:
        write_atomically(path, f"{url}\n")
    except (OSError, ValueError) as why:
        reason = getattr(why, "strerror", None) or "its name cannot be used"
        raise SettingsError(f"{path} cannot be written: {reason}. Nothing was changed.") from None


def _read_address(path: Path, wrong_in: Callable[[str], str]) -> str:
    """Return the address in a file: its only line that is neither empty nor begins with `#`."""
    line = _one_line(path, "address")
    if reason := wrong_in(line):
        raise SettingsError(f"{path}: {reason}")
    return line


def _one_line(path: Path, what: str) -> str:
    """Return the only line of a private file that is neither empty nor begins with `#`; `what` it holds."""
    need_private(path)
    try:
        raw = read_at_most(path, _LONGEST_ADDRESS + 1)
        text = raw.decode("utf-8-sig") if len(raw) <= _LONGEST_ADDRESS else ""
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file. Check the name, or create it.") from None
    except NotRegularError as why:
        raise SettingsError(f"{path} is {why.kind}, not a file. Write the {what} into a text file.") from None
    except OSError as why:
        raise SettingsError(f"{path} cannot be read: {why.strerror or why}. Check its permissions.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text. Write the {what} into it, on one line.") from None
    except ValueError:  # a NUL in the name
        raise SettingsError(f"{str(path)!r} is not a usable file name. Correct it.") from None
    lines = [line.strip() for line in text.splitlines()]
    given = [line for line in lines if line and not line.startswith("#")]
    if len(given) != 1:
        raise SettingsError(f"{path} must hold one {what}, on a line of its own (# begins a comment).")
    return given[0]
