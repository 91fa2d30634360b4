"""Wires one chamber together: link + chamber + ledger + record. The only thing that a face talks to."""

from xovac_tui.station.alarmdesk import AlarmDesk
from xovac_tui.station.base import BaseStation, Prepared
from xovac_tui.station.core import Station
from xovac_tui.station.flights import STOP_COMMAND
from xovac_tui.station.news import (
    AlarmsChanged,
    Jumped,
    LedgerChanged,
    LinkChanged,
    ModeChanged,
    News,
    RecorderChanged,
    RecordOpened,
)
from xovac_tui.station.port import LinkCallbacks, LinkFactory, LinkPort
from xovac_tui.station.proofs import StopProofs

__all__ = [
    "STOP_COMMAND",
    "AlarmDesk",
    "AlarmsChanged",
    "BaseStation",
    "Jumped",
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
    "StopProofs",
]
