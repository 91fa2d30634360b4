"""What several commands share: which chamber is meant, and how things are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click
import msgspec
from click.core import ParameterSource

from xovac_tui.cli.options import transport_option
from xovac_tui.cli.output import echo
from xovac_tui.config import (
    Effective,
    Overrides,
    Profile,
    Secrets,
    effective_settings,
    load_secrets,
    profile_name_for,
)
from xovac_tui.errors import SettingsError
from xovac_tui.text import clean

if TYPE_CHECKING:
    from xovac_tui.alarms.kinds import Rule
    from xovac_tui.alarms.watchlist import Watchlist
    from xovac_tui.analysis.settings import InsightSettings
    from xovac_tui.api.contract import Contract
    from xovac_tui.recipes.plan import PlanSettings
    from xovac_tui.recording.service import RecordChoice

    _FloatType = click.ParamType[float]
else:
    # Older releases of click have no type parameter there.
    _FloatType = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])


class Chamber(msgspec.Struct, frozen=True):
    """The chamber that a command is about."""

    name: str
    profile: Profile
    contract: Contract
    secrets: Secrets
    insight: InsightSettings
    """What the settings call stable, for every station of it, with a screen and without."""


def chamber_options(function: F) -> F:
    """Let a command say by itself, too, which chamber it is about."""
    for option in (
        click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file."),
        click.option("--url", metavar="URL", help="Chamber, by its address."),
        click.option("--profile", "-p", metavar="NAME", help="Chamber, by its name in the settings."),
    ):
        function = option(function)
    return function


def connecting_options(function: F) -> F:
    """Let a command that connects say which chamber it is about, and how it is reached."""
    return chamber_options(transport_option(function))


def typed(ctx: click.Context) -> Overrides:
    """Return what was typed, here or before the command's name; the nearer one wins."""
    found: dict[str, Any] = {}
    context: click.Context | None = ctx
    while context is not None:
        for name in Overrides.__struct_fields__:
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                found.setdefault(name, context.params[name])
        context = context.parent
    return Overrides(**found)


def effective(ctx: click.Context) -> Effective:
    """Return the settings in force for this command."""
    return effective_settings(typed(ctx))


def resolve(found: Effective) -> Chamber:
    """Return the chamber that the settings in force mean, with its contract and secrets."""
    name, profile = found.resolve()
    return Chamber(name, profile, contract_of(profile), load_secrets(profile), found.settings.insight)


def contract_of(profile: Profile) -> Contract:
    """Read the contract files of a profile."""
    from xovac_tui.api.loader import SIMULATOR_CONTRACT, load_contract

    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    return load_contract(files, simulator=SIMULATOR_CONTRACT in profile.contracts)


def alarm_watchlist(found: Effective, chamber: Chamber) -> Watchlist:
    """Return what alarms are raised of, by the settings and the files that they name."""
    from xovac_tui.alarms.watchlist import watchlist
    from xovac_tui.api.loader import SIMULATOR_CONTRACT

    settings, profile = found.settings.alarms, chamber.profile
    written: Sequence[Rule] = ()
    if settings.files or settings.rules or profile.alarms:
        # Only then: the first picture waits for this, and the kinds of alarms are many files.
        from xovac_tui.alarms.rules import read_rules

        written = read_rules(settings, profile.alarms)
    simulator = SIMULATOR_CONTRACT in profile.contracts
    return watchlist(
        settings, profile.recipe, chamber.contract, written, records=profile.record, simulator=simulator
    )


def record_choice(
    found: Effective,
    chamber: Chamber,
    *,
    may_record: bool = True,
    begin: bool = True,
    visit: bool = False,
    asked: bool | None = None,
) -> RecordChoice | None:
    """Return where the settings in force want this chamber recorded; None: nowhere.

    Without `begin` a record that exists is added to, and none is begun. `asked` is what the command line
    says: True, False, or None where it says nothing.
    """
    from xovac_tui.recording.service import RecordChoice

    if not (chamber.profile.record if asked is None else asked):
        return None
    return RecordChoice(
        path=record_path(found, chamber),
        settings=found.settings.record,
        may_record=may_record,
        begin=begin,
        visit=visit,
        # Keys are not to wait for a record that takes long to read; a script waits for what it asks.
        background=visit,
    )


def past_choice(found: Effective, path: Path) -> RecordChoice:
    """Return a record for reading only; there may be none at this path yet."""
    from xovac_tui.recording.service import RecordChoice

    # Whether there is one is not looked at here: a share that does not answer would hold up the command.
    return RecordChoice(path=path, settings=found.settings.record, may_record=False, read_only=True)


def record_path(found: Effective, chamber: Chamber) -> Path:
    """Return the record of a chamber; one at an address that was given has that in the name.

    A profile at its own address has its name alone: two chambers must never be mixed in one record.
    """
    from xovac_tui import paths

    name, url = chamber.name, chamber.profile.url
    known = found.settings.profiles.get(name)
    if found.url == url and (known is None or known.url != url):
        name = name if found.profile is None else f"{name}-{profile_name_for(url)}"
        port = urlsplit(url).port
        name = f"{name}-{port}" if port else name
    return paths.record_file(name, paths.records_folder(found.settings.record.folder, found.path))


def plan_settings(ctx: click.Context) -> PlanSettings:
    """Return how the profile's device reads recipes; without a profile the defaults, and say so."""
    from xovac_tui.station.live import LiveStation

    found = effective(ctx)
    name, profile = _profile_or_defaults(found)
    return LiveStation(name, profile, contract_of(profile)).plan_settings()


def _profile_or_defaults(found: Effective) -> tuple[str, Profile]:
    try:
        return found.resolve()
    except SettingsError:
        if found.profile or found.url:
            raise
        echo("No profile is named, so the defaults are taken for how the device reads a recipe.", err=True)
        return "defaults", Profile()


class Seconds(_FloatType):
    """A duration such as `10s`, `2min` or `90` (seconds)."""

    name = "duration"

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        from xovac_tui.durations import parse_duration
        from xovac_tui.errors import RecipeError

        text = str(value).strip()
        try:
            plain = text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
            seconds = float(text) if plain else parse_duration(text)
        except RecipeError as error:
            self.fail(str(error), param, ctx)
        if not self.low <= seconds <= self.high:
            self.fail(f"{text} is not from {self.low:g} s to {self.high:g} s.", param, ctx)
        return seconds


def on_terminal() -> bool:
    """Tell whether a person can be asked: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def json_line(value: Any) -> str:
    """Return compact JSON in which nothing can act on a terminal; raises ValueError for NaN."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=not _utf8(), allow_nan=False)
    return text if text.isprintable() else "".join(_escaped(char) for char in text)


def _utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _escaped(char: str) -> str:
    # Only inside of JSON's strings can there be such characters, so their escapes mean the same.
    return char if char.isprintable() else json.dumps(char)[1:-1]


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines of aligned columns of clean text; `right` names the columns that end flush."""
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
