"""Describe where to connect and what to trust there: checked first, printable without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from xovac_tui.errors import SettingsError
from xovac_tui.text import clean

_TLS = {"http": False, "ws": False, "https": True, "wss": True}
TRANSPORTS = ("websocket", "polling")
"""All there are, in the order in which they are tried where nothing else is said."""


_SHORTEST_SECRET = 3
"""Characters of a value that is no secret yet, and may be a part of any sentence."""


class Target(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One socket.io server: its address, and how to reach, trust and greet it."""

    url: str
    path: str = "/socket.io"
    namespace: str = "/"
    transports: tuple[str, ...] = TRANSPORTS
    """Tried in this order by every attempt, until one works."""
    ca_file: str = ""
    """PEM file of the only certificate authorities to trust; empty: the system's."""
    fingerprint: str = ""
    """SHA-256 of the only certificate to trust, hex, colons allowed; it replaces every other check."""
    connect_timeout: float = 5.0
    """Seconds for one transport, from the name to the namespace."""
    lost_after: float = 15.0
    """Seconds without any sign of life after which a connection counts as lost."""
    auth: Any = None
    """The socket.io auth payload; a secret."""
    headers: Mapping[str, str] = {}
    """Sent with every HTTP request; their values are secrets."""
    query: Mapping[str, str] = {}
    """Part of the address of every request; its values are secrets."""
    ssh: str = ""
    """Destination of ssh through which it is reached, which sees the address; empty: directly."""
    ssh_command: tuple[str, ...] = ("ssh",)
    """The program that makes the tunnel, with its first arguments."""
    via: str = ""
    """The near end of the tunnel, while there is one: path of a socket, or host and port of this machine."""

    @property
    def patience(self) -> float:
        """Seconds that one whole attempt may take: a tunnel, then every transport has its turn."""
        return self.connect_timeout * max(1, len(self.transports)) + self.tunnel_patience

    @property
    def tunnel_patience(self) -> float:
        """Seconds that ssh may take without asking: once to connect, once to prove who asks."""
        return 2 * self.connect_timeout if self.ssh else 0.0

    def __repr__(self) -> str:
        return f"Target({', '.join(f'{key}={value!r}' for key, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what may be printed: secrets only as being there."""
        shown = {key: getattr(self, key) for key in self.__struct_fields__}
        shown["auth"] = "(secret)" if self.auth is not None else None
        shown["headers"] = dict.fromkeys(self.headers, "(secret)")
        shown["query"] = dict.fromkeys(self.query, "(secret)")
        return list(shown.items())

    def hidden(self, text: str) -> str:
        """Return a text without the secrets of the address, which libraries and servers may repeat."""
        for name, value in self.query.items():
            for spelt in {name, quote_plus(name)}:
                text = re.sub(rf"(?<![\w-])({re.escape(spelt)}=)[^&\s\"'<>)\]]+", r"\1(secret)", text)
            if len(value) > _SHORTEST_SECRET:
                text = text.replace(value, "(secret)").replace(quote_plus(value), "(secret)")
        return text


class Address(msgspec.Struct, frozen=True):
    """A checked address."""

    host: str
    port: int
    tls: bool
    path: str
    """Of the socket.io endpoint, with a slash at both ends."""
    query: str = ""
    """A secret."""
    ssh: str = ""
    """Destination of ssh through which it is reached, cleaned; empty: directly."""
    via: str = ""
    """The near end of the tunnel: path of a socket, or host and port of this machine; empty: no tunnel."""

    def __repr__(self) -> str:
        return f"Address({self.origin}{self.path})"

    @property
    def shown(self) -> str:
        """The server's name for people, with the way to it."""
        return shown_through(self.origin, self.ssh)

    @property
    def netloc(self) -> str:
        """Host and port, as a URL writes them; the zone of an IPv6 address as the libraries take it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The server's name for people: `http://chamber.lab:8080`."""
        return f"{'https' if self.tls else 'http'}://{self.netloc}"

    @property
    def url(self) -> str:
        """The address as the socket.io library takes it; it holds the secrets of the query."""
        return self.origin + (f"/?{self.query}" if self.query else "")

    def endpoint(self, transport: str, version: int = 4) -> str:
        """Return the URL of an Engine.IO request over plain HTTP; it holds the secrets of the query."""
        more = f"{self.query}&" if self.query else ""
        return f"{self.origin}{self.path}?{more}EIO={version}&transport={transport}"


def check_target(target: Target) -> Address:
    """Return the address of a target, or raise a SettingsError that says what is wrong and what is right."""
    host, port, tls, query = _check_url(target.url)
    if not re.fullmatch(r"/?[^\s?#]+?/?", target.path) or "//" in target.path or target.path == "/":
        raise SettingsError(
            f'The setting path = {_quote(target.path)} is not a URL path. Usual is path = "/socket.io".'
        )
    if not re.fullmatch(r"/[^\s,?#]*", target.namespace):
        raise SettingsError(
            f"The setting namespace = {_quote(target.namespace)} must begin with / and hold no comma, "
            "question mark "
            'or space. Usual is namespace = "/".'
        )
    unknown = [name for name in target.transports if name not in TRANSPORTS]
    if unknown or not target.transports:
        raise SettingsError(
            f"The setting transports = {_quote(', '.join(target.transports))} must name websocket, polling "
            "or both."
        )
    if not 0.1 <= target.connect_timeout <= 300:
        raise SettingsError(
            f"The setting connect_timeout = {target.connect_timeout:g} must be from 0.1 to 300 seconds."
        )
    if not 1 <= target.lost_after <= 3600:
        raise SettingsError(f"The setting lost_after = {target.lost_after:g} must be from 1 to 3600 seconds.")
    if target.fingerprint:
        parse_fingerprint(target.fingerprint)
        if not tls:
            raise SettingsError(
                f"A fingerprint is set, but {_quote(target.url)} is not encrypted, so nothing could be "
                "checked. Use https:// in the url, or remove the fingerprint."
            )
    for name, value in target.headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search(r"[\r\n\0]", value):
            raise SettingsError(
                f"The header {_quote(name)} cannot be sent: a header's name is made of letters, digits and "
                "dashes, and its value is one line. Correct it in the auth file."
            )
    for name, value in target.query.items():
        if reason := query_mistake(name, value):
            raise SettingsError(f"The table query in [auth] {reason}")
    if target.ssh and (reason := ssh_mistake(target.ssh)):
        raise SettingsError(f"The setting ssh = {_quote(target.ssh)} cannot be used: {reason}")
    query = "&".join(part for part in (query, urlencode(target.query)) if part)
    return Address(
        host=host,
        port=port,
        tls=tls,
        path=f"/{target.path.strip('/')}/",
        query=query,
        ssh=clean(target.ssh, 100),
        via=target.via,
    )


def shown_through(origin: str, ssh: str) -> str:
    """Return an address as people are shown it, with the destination of ssh through which it is reached."""
    return f"{origin} through ssh {ssh}" if ssh else origin


def _check_url(url: str) -> tuple[str, int, bool, str]:
    """Return host, port, TLS and query of a server's address."""
    what = f"The url {_quote(url)}"
    example = "Write it like http://chamber.lab:8080."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as why:
        raise SettingsError(f"{what} cannot be read: {clean(str(why), 120)}. {example}") from None
    if "://" not in url:
        raise SettingsError(f"{what} has no scheme (http, https, ws or wss). {example}")
    if parts.scheme not in _TLS:
        raise SettingsError(f"{what} must begin with http, https, ws or wss. {example}")
    if not parts.hostname or not re.fullmatch(r"[^\s/\\@<>\"'`{}|^\x00-\x20]+", parts.hostname):
        raise SettingsError(f"{what} names no host. {example}")
    if ":" not in parts.hostname:
        try:
            parts.hostname.rstrip(".").encode("idna")
        except UnicodeError:
            raise SettingsError(f"{what} names no possible host. {example}") from None
    if port == 0:
        raise SettingsError(f"{what} names port 0; a port is from 1 to 65535. {example}")
    if parts.username is not None or parts.password is not None:
        # The address is shown on the screen and in logs, so a password must not be in it.
        raise SettingsError(
            "The url holds a user name or password, and would be shown with it. Put credentials into the "
            "auth file."
        )
    if parts.path not in ("", "/"):
        raise SettingsError(
            f"{what} ends with a path. Set path (where the socket.io server is mounted) or namespace "
            f"instead. {example}"
        )
    if parts.fragment:
        raise SettingsError(f"{what} holds a #. {example}")
    tls = _TLS[parts.scheme]
    # The zone of a link-local address comes after a percent sign, which a URL writes as %25.
    host = parts.hostname.replace("%25", "%", 1) if ":" in parts.hostname else parts.hostname
    return host, port or (443 if tls else 80), tls, parts.query


def parse_fingerprint(text: str) -> bytes:
    """Return the 32 bytes of a SHA-256 fingerprint written in hex, colons, spaces and a `sha256:` allowed."""
    digits = re.sub(r"[\s:]", "", re.sub(r"(?i)^\s*sha-?256[:=\s]", "", text))
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", digits):
        raise SettingsError(
            f"The setting fingerprint = {_quote(text)} is not the SHA-256 of a certificate: it has 64 "
            "hexadecimal digits, colons allowed. xovac-tui doctor shows the one that the server presents."
        )
    return bytes.fromhex(digits)


def show_fingerprint(digest: bytes) -> str:
    """Return a fingerprint as people compare it: `AB:CD:…`."""
    return digest.hex(":").upper()


def _quote(text: str) -> str:
    return f'"{clean(text, 100)}"'


def query_mistake(name: str, value: str) -> str:
    """Return why this cannot be in the query of an address, as a clause without the value; else empty."""
    if not name:
        return 'holds a value without a name. Name it, such as token = "...".'
    if name in _OURS:
        return f'holds "{name}", which socket.io puts into the address itself. Use another name.'
    if re.search(r"[\ud800-\udfff]", name + value):
        return f"holds half a character in {json.dumps(name)} or its value. Write it again."
    return ""


_OURS = ("EIO", "transport", "sid", "t", "j", "b64")
"""What the protocol itself puts into the query."""


def ssh_mistake(destination: str) -> str:
    """Return why ssh cannot be given this destination, as a clause; empty where it can."""
    example = 'Write it as for ssh: "lab-pc", "user@host" or "ssh://user@host:2222".'
    if not destination:
        return f"no destination is named. {example}"
    if destination.startswith("-"):
        # ssh would take it for an option, and options can run programs.
        return f"a destination does not begin with a dash. {example}"
    if len(destination) > 255 or not re.fullmatch(r"[\w.@:%/\[\]~+\\-]+", destination):
        return f"it holds what no destination holds, such as spaces or quotes. {example}"
    return ""


def command_mistake(command: Sequence[str]) -> str:
    """Return why this cannot be the command for ssh, as a clause; empty where it can."""
    if not command or not command[0].strip():
        return 'it names no program. Usual is ["ssh"].'
    if any("\0" in part or "\n" in part for part in command):
        return "it holds a line break or a NUL. Write one argument an element."
    return ""
