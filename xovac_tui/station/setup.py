"""What a station is built with, live or replayed, and what it needs of a link."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from xovac_tui import analysis, recipes
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkCallbacks, LinkView
from xovac_tui.clock import Clock
from xovac_tui.link.target import Target
from xovac_tui.station.contract_files import ContractFiles


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How commands are handled, and where they go."""

    observe_only: bool = False
    """No command can be sent, and that cannot be changed."""
    expert: bool = False
    """Any event with any JSON can be sent."""
    send_when_stale: bool = False
    """Commands go while the data are stale."""
    address: str = ""
    """URL of the chamber, as people are shown it."""
    place: str = ""
    """Server and namespace, to which a proof of STOP belongs."""
    demo: bool = False
    """It is a simulator that this program has started."""


class StationSetup(msgspec.Struct, frozen=True, kw_only=True):
    """One chamber, and what is made for it when it is first asked for."""

    name: str
    contract: Contract
    """The one that is in force at the beginning."""
    contract_files: ContractFiles = msgspec.field(default_factory=ContractFiles)
    """From which it was read."""
    manner: Manner
    clock: Clock
    """Wall and monotonic clock that the station reads."""
    who: str = ""
    """`user@host`."""
    speed: float = 1.0
    """Seconds that pass in the device in one of the clock, until it says so itself."""
    plan_settings: Callable[[Contract, recipes.rates.Rates | None], recipes.plan.PlanSettings]
    """How the device reads recipes, by its contract and with the rates that its runs have shown."""
    insight: Callable[[analysis.insight.InsightSource], analysis.insight.Insight]


class LinkPort(Protocol):
    """What the station needs of a link; tests pass their own."""

    @property
    def status(self) -> LinkView:
        """The state of the connection now."""
        ...

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled."""
        ...

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        """Send one event, or raise LinkError when nothing was sent.

        With `callback` a socket.io acknowledgement is asked for; it is received as an event named by
        `callback_answer`.
        """
        ...

    def reconnect_now(self) -> None:
        """Do not wait for the next try."""
        ...


LinkFactory = Callable[[Target, LinkCallbacks], LinkPort]


class Way(Protocol):
    """Something on the way to a chamber that is made before the link, and ended after it."""

    async def first(self, say: Callable[[str], None]) -> None:
        """Make it where that may ask at the terminal, which nothing else must use meanwhile.

        `say` shows a line there.
        """
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Reach(msgspec.Struct, frozen=True):
    """How a station gets to its chamber."""

    target: Target
    link: LinkFactory
    serve: Callable[[], AbstractAsyncContextManager[str]] | None = None
    """Starts a server, gives its address, and ends it after all else; None: there is one."""
    way: Way | None = None
    """The tunnel; None: it is connected to directly."""
