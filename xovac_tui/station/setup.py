"""What a station is built with, live or replayed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from xovac_tui import analysis, recipes
from xovac_tui.api.contract import Contract
from xovac_tui.clock import Clock


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
    manner: Manner
    clock: Clock
    """Wall and monotonic clock that the station reads."""
    who: str = ""
    """`user@host`."""
    speed: float = 1.0
    """Seconds that pass in the device in one of the clock, until it says so itself."""
    plan_settings: Callable[[recipes.rates.Rates | None], recipes.plan.PlanSettings]
    """How the device reads recipes, with the rates that its runs have shown."""
    insight: Callable[[analysis.insight.InsightSource], analysis.insight.Insight]
