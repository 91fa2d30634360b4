"""What the settings of all sinks have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.text import clean
from xovac_tui.withaddress import WithAddress

USER_IN_ADDRESS = "the address holds a user. Give it as `user`, and its password in `secret_file`."
"""What is wrong with an address that holds what is not used there."""


class ForwardedChamber(msgspec.Struct, frozen=True):
    """What is forwarded, as its rows are marked."""

    name: str
    """The profile's."""
    site: str
    """The lab's; empty where none is given."""


class Sink(WithAddress, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """Where records are forwarded to: what every kind has. Keys of one kind alone are in its own file."""

    name: str
    """What it is called in `to`, on the screen and in the record, which keeps its cursor by it: unique."""
    user: str = ""
    secret_file: str = ""
    """File of mode 0600 that holds the password or token, relative to the settings file."""
    secret_env: str = ""
    """Environment variable that holds it, in place of a file."""
    ca_file: str = ""
    """PEM file of a private certificate authority."""
    timeout: Annotated[float, Meta(ge=0.5, le=120)] = 10.0
    """Seconds that one try may take."""

    @property
    def kind(self) -> str:
        """The kind by its name in the settings."""
        return str(self.__struct_config__.tag)

    @property
    def whose(self) -> str:
        return f'forwarding, sink "{self.name}"'

    def placed(self, place: Callable[[str], str]) -> Self:
        """Return it with absolute names of files; `place` makes one."""
        return msgspec.structs.replace(
            super().placed(place), secret_file=place(self.secret_file), ca_file=place(self.ca_file)
        )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        if not (self.url or self.url_file):
            yield "url", f'kind = "{self.kind}" needs an address: give `url` (or `url_file`).'
        elif reason := self.mistake():
            yield "url", reason
        if self.secret_file and self.secret_env:
            yield "secret_env", "the secret is in `secret_file` already. Keep one of them."

    @property
    def where(self) -> str:
        """Where data go, by the host alone: the rest of an address may be a secret."""
        if self.url_file:
            return f"the address in {self.url_file}"
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return ""
        return clean(f"{host}:{port}" if port else host, 200)

    @property
    def takes_history(self) -> bool:
        """True where it stores what is recorded; then `history` makes what does."""
        return False

    @property
    def takes_state(self) -> bool:
        """True where it gets the newest state; then `publisher` makes what sends it."""
        return False

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        """Return what forwards a chamber there; raises SinkError where a library is missing."""
        raise NotImplementedError(f"{type(self).__name__} takes no history")

    def publisher(self, chamber: ForwardedChamber, secret: str) -> StatePublisher:
        """Return what publishes a chamber there; raises SinkError where a library is missing."""
        raise NotImplementedError(f"{type(self).__name__} takes no state")


class ListeningSink(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sink that others read from at an address of this machine, and that connects to nothing."""

    address: str = "127.0.0.1"
    """Address at which it listens; another than 127.0.0.1 lets everybody read it who reaches this machine."""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        for key in ("url", "url_file", "user", "secret_file", "secret_env", "ca_file"):
            if getattr(self, key):
                yield key, f'it has no effect with kind = "{self.kind}". Remove it.'

    @property
    def takes_state(self) -> bool:
        return True
