"""Warnings at the start: files that other users can read or write, and keys without effect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xovac_tui import alarms, paths
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.cli.output import echo
from xovac_tui.config import Effective, Profile, Settings
from xovac_tui.permissions import exposed
from xovac_tui.withaddress import without_secrets


def exposed_settings(found: Effective, profile: Profile | None) -> Iterator[str]:
    """Yield a sentence for each settings file that other users can write.

    Also for settings with addresses that others can read; files with secrets are refused elsewhere.
    """
    settings = found.settings
    secret = settings != without_secrets(settings)
    contracts = [name for name in profile.contracts if name != SIMULATOR_CONTRACT] if profile else []
    rules = [*settings.alarms.files, *(profile.alarms if profile else ())]
    for what, files, readable in (
        ("the settings", [found.path], secret),
        ("the contract", [Path(name) for name in contracts], False),
        ("the alarm rules", [Path(name) for name in rules], False),
        ("what is remembered in", [paths.state_file()], False),
    ):
        if said := exposed(what, files, readable=readable):
            yield said


def alarm_notes(settings: Settings, place: Path, profile: Profile | None = None) -> Iterator[str]:
    """Yield a sentence for each key of a rule that has no effect; `place` is the settings file."""
    files = profile.alarms if profile else ()
    if settings.alarms.rules or settings.alarms.files or files:
        yield from alarms.rules.unused_keys(settings.alarms, place, files)


def warn_of_record(record: Path, *, ours: bool) -> None:
    """Warn on stderr of a record that other users can write; of our own also if they can read it."""
    if said := exposed("the record", paths.record_files(record), readable=ours):
        echo(said, err=True)


def all_exposed(found: Effective, profile: Profile | None, records: Path) -> list[str]:
    """Return a sentence for every file of ours that other users can write, or read against its purpose."""
    said = list(exposed_settings(found, profile))
    known = sorted(records.glob(f"*{paths.RECORD_ENDING}")) if records.is_dir() else []
    said += [one for record in known if (one := exposed("the record", paths.record_files(record)))]
    return said
