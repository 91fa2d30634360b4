"""A chamber as the settings describe it. Light to import."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from xovac_tui import paths, recipes
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.api.contract import Contract, Role
from xovac_tui.api.loader import load_contract
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.config import Effective, Profile, Secrets, load_secrets, profile_name_for
from xovac_tui.link.target import Target


class ChamberSetup(msgspec.Struct, frozen=True):
    """One chamber as the settings describe it."""

    name: str
    profile: Profile
    contract: Contract
    secrets: Secrets = Secrets()
    insight: InsightSettings = InsightSettings()
    """What counts as stable, and which advice is given."""


def resolve(found: Effective, environ: Mapping[str, str] | None = None) -> ChamberSetup:
    """Return the chamber of the settings in force, with its contract and secrets.

    `environ` replaces the environment in which secrets are looked for.
    """
    name, profile = found.resolve()
    secrets = load_secrets(profile, environ)
    return ChamberSetup(name, profile, contract_of(profile), secrets, found.settings.insight)


def contract_of(profile: Profile) -> Contract:
    """Return the contract read from the files of a profile."""
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    return load_contract(files, simulator=SIMULATOR_CONTRACT in profile.contracts)


def target(setup: ChamberSetup) -> Target:
    """Return the address and manner of connecting: the keys of the profile of the same names, and secrets."""
    found = msgspec.convert(setup.profile, Target, from_attributes=True)
    return msgspec.structs.replace(found, **msgspec.structs.asdict(setup.secrets))


def plan_settings(
    profile: Profile, contract: Contract, rates: recipes.rates.Rates | None = None
) -> recipes.plan.PlanSettings:
    """Return how the device of a profile reads recipes: its keys of the same names, and what is known beside.

    `rates` are those of its recorded runs.
    """
    return msgspec.structs.replace(
        msgspec.convert(profile.recipe, recipes.plan.PlanSettings, from_attributes=True),
        chamber_min=profile.recipe.min,
        chamber_max=profile.recipe.max,
        rates=rates,
        pressure_reported=contract.by_role(Role.PRESSURE) is not None,
    )


def record_path(found: Effective, setup: ChamberSetup) -> Path:
    """Return the path of a chamber's record; a typed address becomes part of the name.

    A profile at its own address has its name alone, so that two chambers never share a record.
    """
    name, url = setup.name, setup.profile.url
    known = found.settings.profiles.get(name)
    if found.url == url and (known is None or known.url != url):
        name = name if found.profile is None else f"{name}-{profile_name_for(url)}"
        port = urlsplit(url).port
        name = f"{name}-{port}" if port else name
    if found.ssh is not None and setup.profile.ssh != ("" if known is None else known.ssh):
        way = re.sub(r"[^A-Za-z0-9._-]+", "-", setup.profile.ssh).strip("-.")
        name = f"{name}-via-{way}" if way else f"{name}-direct"
    return paths.record_file(name, paths.records_folder(found.settings.record.folder, found.path))


def known_records(found: Effective) -> list[Path]:
    """Return all records in the settings' folder, newest last."""
    folder = paths.records_folder(found.settings.record.folder, found.path)
    try:
        records = list(folder.glob(f"*{paths.RECORD_ENDING}"))
    except OSError:
        return []
    return sorted(records, key=lambda path: (written_at(path), path.name))


def written_at(record: Path) -> float:
    """Return the time of a record's last write in UTC seconds; 0 if it is gone."""
    times = [0.0]
    for file in (record, record.with_name(f"{record.name}-wal")):
        with contextlib.suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times)
