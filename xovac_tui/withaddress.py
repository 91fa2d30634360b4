"""Settings with an address that may hold a token: found by their type, wherever they are, and never shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from xovac_tui.captions import caption

HIDDEN = "(hidden)"
T = TypeVar("T")


class WithAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something with an address, which may hold a token: no printed form shows it."""

    url: Annotated[
        str, caption("Address", "Such as https://... or, for other services, ntfys://topic; never shown.")
    ] = ""
    url_file: Annotated[
        str, caption("Private file", "File of mode 0600 with the address, relative to the settings file.")
    ] = ""

    @property
    def whose(self) -> str:
        """What it is called where its address cannot be read."""
        return type(self).__name__

    @property
    def is_http(self) -> bool:
        """Whether the address must be http or https."""
        return True

    def placed(self, place: Callable[[str], str]) -> Self:
        """Return it with absolute names of files; `place` makes one."""
        return msgspec.structs.replace(self, url_file=place(self.url_file))

    def hidden(self) -> Self:
        """Return it as it may be shown and recorded."""
        return msgspec.structs.replace(self, url=HIDDEN if self.url else "")

    def mistake(self) -> str:
        """Return what is wrong with the address, without repeating it; empty where nothing is."""
        if self.url and self.url_file:
            return "an address is given here and in `url_file`. Keep one of them."
        if "\0" in self.url_file:
            return "no file can be called so: `url_file` holds a NUL. Correct it."
        return self.wrong_in(self.url) if self.url else ""

    def wrong_in(self, url: str) -> str:
        """Return why it cannot use an address, without repeating it; empty where it can."""
        return address_mistake(url, http=self.is_http)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"
        )

    __str__ = __repr__

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Give rich nothing but what may be shown."""
        return list(msgspec.structs.asdict(self.hidden()).items())


def each_address(settings: T, change: Callable[[WithAddress], WithAddress]) -> T:
    """Return settings in which everything with an address, at any depth, is replaced by `change` of it."""
    found: Any = settings
    if isinstance(found, WithAddress):
        found = change(found)
    elif isinstance(found, msgspec.Struct):
        before = msgspec.structs.asdict(found)
        after = {name: each_address(value, change) for name, value in before.items()}
        if any(after[name] is not value for name, value in before.items()):
            found = msgspec.structs.replace(found, **after)
    elif isinstance(found, tuple):
        items = tuple(each_address(item, change) for item in found)
        if any(new is not old for new, old in zip(items, found, strict=True)):
            found = items
    changed: T = found
    return changed


def without_secrets(settings: T) -> T:
    """Return settings as they may be shown and recorded: addresses and arguments may hold tokens."""
    return each_address(settings, lambda one: one.hidden())


def address_mistake(url: str, *, http: bool) -> str:
    """Return why nothing can be sent to this address, without repeating it; empty when it can."""
    if not url.isprintable() or " " in url:
        return "the address holds spaces or control characters. Write it on one line, without spaces."
    if not http:
        if "://" not in url:
            return "this is not an Apprise address, which contains ://, such as ntfys://topic."
        return ""
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    return (
        "" if well else "the address must be http:// or https:// with a host, such as https://example.org/x."
    )


def name_mistake(name: str) -> str:
    """Return why something in a list cannot have this name, as a sentence; empty where it can."""
    if not name.strip() or not name.isprintable() or len(name) > 64:
        return "give it a name of 1 to 64 printable characters."
    return ""


def twice_mistake(name: str, seen: set[str]) -> str:
    """Return that a name is given twice, as a sentence; else empty, and `seen` has the name from then on."""
    if name in seen:
        return f'"{name}" is named twice. Give one of them another name.'
    seen.add(name)
    return ""
