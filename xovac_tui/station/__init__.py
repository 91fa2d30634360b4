"""Wires one chamber together: link + chamber + ledger + record. The only thing that a face talks to."""

from xovac_tui.station.core import Prepared, Station
from xovac_tui.station.flights import STOP_COMMAND
from xovac_tui.station.news import (
    LedgerChanged,
    LinkChanged,
    ModeChanged,
    News,
    RecorderChanged,
    RecordOpened,
)
from xovac_tui.station.port import LinkCallbacks, LinkFactory, LinkPort

__all__ = [
    "STOP_COMMAND",
    "LedgerChanged",
    "LinkCallbacks",
    "LinkChanged",
    "LinkFactory",
    "LinkPort",
    "ModeChanged",
    "News",
    "Prepared",
    "RecordOpened",
    "RecorderChanged",
    "Station",
]
