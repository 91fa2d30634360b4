"""The chambers that a console can open beside its first one: the profiles of the settings, and the demo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
import msgspec

from xovac_tui import config, paths
from xovac_tui.cli.chambers import DEMO, demo_chamber
from xovac_tui.cli.common import effective
from xovac_tui.cli.exposure import alarm_notes, exposed_settings
from xovac_tui.compose import chambers, stations
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.config import Effective
from xovac_tui.link.target import shown_through
from xovac_tui.recording import disk
from xovac_tui.recording.settings import HeldFor
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.ui.start import OpenedProfile, ProfileLine

ABOUT_DEMO = "the built-in simulator; no chamber is needed"
_USUAL_DEMO = SimulatorOptions(port=0, warm=True, parent_watch=True)
"""The built-in simulator as it is without options."""


def open_chamber(found: Effective, setup: ChamberSetup, record: bool | None) -> OpenedProfile:
    """Open a chamber of the settings; `record` is the command line's choice, None for none."""
    choice = stations.record_choice(found, setup, visit=True, asked=record)
    return OpenedProfile(
        station=stations.build_station(setup, stations.attending(found, setup, choice)),
        contract_place=partial(_contract_place, found, setup),
        notes=(
            *exposed_settings(found, setup.profile),
            *alarm_notes(found.settings, found.path, setup.profile),
        ),
    )


def _contract_place(found: Effective, setup: ChamberSetup) -> config.contracts.ContractPlace:
    return config.contracts.contract_place(found, setup.name, setup.profile)


def open_demo(found: Effective, simulator: SimulatorOptions, record: bool | None) -> OpenedProfile:
    """Open the demo on a simulator of its own; `record` is the command line's choice, None for none."""
    setup = demo_chamber(found)
    choice = stations.record_choice(found, setup, visit=True, asked=record)
    if choice is not None:
        # A demo is forwarded nowhere, so nothing of it is kept for a store.
        choice = msgspec.structs.replace(choice, path=_own(choice.path), held=HeldFor())
    equipment = stations.attending(found, setup, choice, demo=True)
    return OpenedProfile(station=stations.build_station(setup, equipment, simulator=simulator))


def _own(path: Path) -> Path:
    """Return the demo's record, or a second one while another demo, which has its own chamber, writes it."""
    own, number = path, 2
    while disk.lock.is_recorded(own):
        own = paths.record_file(f"{DEMO}-{number}", path.parent)
        number += 1
    return own


class SettingsProfiles:
    """The profiles of the settings as they are now, the demo, and the first chamber as it was asked for."""

    def __init__(
        self, ctx: click.Context, first: ProfileLine, open_first: Callable[[], OpenedProfile]
    ) -> None:
        self._ctx, self._first, self._open_first = ctx, first, open_first

    def listed(self) -> Sequence[ProfileLine]:
        """Return the first chamber, the profiles in the order of the settings, and the demo."""
        lines = {self._first.name: self._first}
        for name, profile in effective(self._ctx).settings.profiles.items():
            lines.setdefault(name, ProfileLine(name, shown_through(profile.url, profile.ssh)))
        lines.setdefault(DEMO, ProfileLine(DEMO, ABOUT_DEMO))
        return tuple(lines.values())

    def opened(self, name: str) -> OpenedProfile:
        """Open a chamber by its name; raises XovacError for wrong settings."""
        if name == self._first.name:
            return self._open_first()
        # A typed profile, address or way is the first chamber's; all else that was typed holds here, too.
        found = msgspec.structs.replace(effective(self._ctx), profile=name, url=None, ssh=None)
        record: bool | None = self._ctx.params["record"]
        if name == DEMO and name not in found.settings.profiles:
            return open_demo(found, _USUAL_DEMO, record)
        # Secrets in the environment are the first chamber's, too: no other one gets them.
        return open_chamber(found, chambers.resolve(found, environ={}), record)
