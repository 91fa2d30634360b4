"""Builds what the fleet is made of: the records of this machine, and the brokers of the settings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from xovac_tui import paths
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import load_contract
from xovac_tui.clock import Clock
from xovac_tui.compose.chambers import contract_of, known_records, written_at
from xovac_tui.config import Effective, Profile
from xovac_tui.config.secrets import read_addresses, sink_secret
from xovac_tui.errors import XovacError
from xovac_tui.fleet.records import RecordedChamber, RecordsSource
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.reports import FleetSource
from xovac_tui.units import DAY

RECENT = 7 * DAY
"""Seconds since the newest write after which a record without a profile is none of the fleet."""
DEMO = "demo"
"""Name of the demo's record, which may have a number behind it."""


def recorded_name(path: Path) -> str:
    """Return what a record in the settings' folder is called: as its profile, where it has one."""
    return path.name.removesuffix(paths.RECORD_ENDING)


def is_demo(name: str) -> bool:
    """Return whether a record is that of the demo, or of a second one beside it."""
    return name.partition("-")[0] == DEMO


def recorded_chambers(found: Effective, clock: Clock) -> list[RecordedChamber]:
    """Return the chambers with a record in the settings' folder: each with a profile, and the recent ones."""
    forward, profiles = found.settings.forward, found.settings.profiles
    made = []
    for path in known_records(found):
        name = recorded_name(path)
        profile = profiles.get(name)
        if profile is None and clock.utc() - written_at(path) > RECENT:
            continue
        profile = profile or Profile()
        made.append(
            RecordedChamber(
                name=name,
                site=forward.site,
                path=path,
                contract=_contract(name, profile, named=name in profiles),
                stale_after=profile.stale_after,
                sinks=tuple(one.name for one in forward.chosen(profile.forward)),
            )
        )
    return made


def _contract(name: str, profile: Profile, *, named: bool) -> Contract:
    """Return the contract of a record's chamber; what cannot be read names nothing."""
    if not named and is_demo(name):
        return load_contract((), simulator=True)
    try:
        return contract_of(profile)
    except XovacError:
        return contract_of(Profile())


def fleet_sources(found: Effective, clock: Clock, *, local: bool = False) -> tuple[FleetSource, ...]:
    """Return all that reports chambers by the settings; `local`: only the records of this machine.

    Raises SettingsError where a file with an address cannot be used.
    """
    folder = paths.records_folder(found.settings.record.folder, found.path)
    records = RecordsSource(partial(recorded_chambers, found, clock), clock, place=paths.shown(folder))
    sinks = () if local else read_addresses(found.settings.forward.sinks)
    brokers = [one.fleet(partial(sink_secret, one), clock) for one in sinks if isinstance(one, MqttSink)]
    return (records, *brokers)
