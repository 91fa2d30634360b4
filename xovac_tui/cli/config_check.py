"""`xovac-tui config check`: check the settings and all that they name, and note what has no effect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui import paths
from xovac_tui.alarms.rules import rules_with_mistakes
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.analysis.values import criterion_called, no_criterion
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import documented_contract
from xovac_tui.cli.config import config_option, destinations, settings_place
from xovac_tui.cli.contract_notes import assumed_forms, contract_with_mistakes, unknown_units
from xovac_tui.cli.exposure import alarm_notes
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.config import (
    Profile,
    Settings,
    from_environment,
    load_secrets,
    settings_problems,
)
from xovac_tui.config.load import sound_settings
from xovac_tui.config.secrets import read_addresses, sink_secret
from xovac_tui.config.themes import shipped_themes, unknown_theme, user_themes
from xovac_tui.errors import Exit, SettingsError, XovacError
from xovac_tui.expressions import ExpressionError, parse
from xovac_tui.forwarding.failures import SinkError
from xovac_tui.forwarding.wording import failure_sentence
from xovac_tui.notify.services import service_problem
from xovac_tui.plural import counted
from xovac_tui.recording.arrivals import never_arrived
from xovac_tui.text import clean, near_miss
from xovac_tui.ui.actions import check_keymap
from xovac_tui.ui.theming import textual_themes
from xovac_tui.validation import join_key

_MOST = 20
"""Notes of one profile about what never came."""


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@config_option
@click.pass_context
def check(ctx: click.Context, /, file: Path | None, **_: Any) -> None:
    """Check the settings and all files they name; print every mistake. Exit code 2 when there is one."""
    place = file or settings_place(ctx)
    if place == paths.settings_file() and not place.exists():
        problems: list[str] = []
        said = f"{place} does not exist, so the defaults are in force. `xovac-tui config init` writes it."
    else:
        problems = settings_problems(place)
        said = f"{place}: no mistakes found."
    # What can be read is checked in full, so that one call lists every mistake.
    settings = sound_settings(place) if place.exists() else Settings()
    problems += [*named_problems(settings, place), *environment_problems(file)]
    echo_lines(dict.fromkeys(problems))
    echo_lines(notes(settings, place), err=True)
    echo_lines(destinations(settings), err=True)
    if not problems:
        echo(said)
    ctx.exit(int(Exit.USAGE if problems else Exit.OK))


def named_problems(settings: Settings, place: Path) -> Iterator[str]:
    """Yield a sentence for each file or name in the settings that cannot be used."""
    for name, profile in settings.profiles.items():
        key = join_key("profiles", name)
        found = [*contract_with_mistakes(profile)[1], *_alarm_problems(settings, profile)]
        try:
            load_secrets(profile, {})
        except SettingsError as error:
            found += error.sentences
        yield from (f"{place}: `{key}`: {sentence}" for sentence in found)
        if profile.ca_file and not os.path.isfile(profile.ca_file):
            yield f"{place}: {no_authorities(key, profile.ca_file)}"
    yield from (f"{place}: {sentence}" for sentence in _address_problems(settings))
    ours = [spec.name for spec in shipped_themes()]
    theirs, problems = user_themes(taken={*ours, *textual_themes()})
    yield from problems
    known = {*ours, *(spec.name for spec in theirs), *textual_themes()}
    if settings.display.theme not in known:
        yield f"{place}: `display.theme`: {unknown_theme(settings.display.theme, known)}"
    try:
        check_keymap(settings.keys)
    except SettingsError as error:
        yield f"{place}: {error}"


def _address_problems(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each receiver whose address cannot be used."""
    try:
        settings = read_addresses(settings)
    except SettingsError as error:
        yield from error.sentences
        return
    for sink in settings.forward.sinks:
        try:
            sink_secret(sink)
        except SinkError as error:
            yield f"{sink.whose}: {failure_sentence(error.failure)}"
        if sink.ca_file and not os.path.isfile(sink.ca_file):
            yield f"{sink.whose}: `ca_file`: there is no file {sink.ca_file}. Check the name."
    for one in settings.notify.receivers:
        if one.kind == "apprise" and (why := service_problem(one.url)):
            yield f'notifications, receiver "{one.name}": {why}'


def _alarm_problems(settings: Settings, profile: Profile) -> Iterator[str]:
    written, problems = rules_with_mistakes(settings.alarms, profile.alarms)
    yield from problems
    try:
        # The contract's own mistakes are listed elsewhere.
        watchlist(settings.alarms, profile.recipe, documented_contract(), written)
    except SettingsError as error:
        yield from error.sentences
    criteria = settings.stability.criteria
    for rule in written:
        with suppress(ExpressionError):
            for wanted in parse(rule.value).wanted if rule.value else ():
                if wanted.criterion and criterion_called(wanted.criterion, criteria) is None:
                    yield f'Alarm rule "{rule.name}", `value`: {no_criterion(wanted.criterion, criteria)}'


def environment_problems(file: Path | None) -> Iterator[str]:
    """Yield the mistakes in the environment variables; none if only a file is checked."""
    if file is None:
        try:
            from_environment(os.environ)
            load_secrets(Profile())
        except SettingsError as error:
            yield str(error)


def notes(settings: Settings, place: Path) -> Iterator[str]:
    """Yield a sentence for each entry of alarm rules and contracts that may be a mistake.

    `place` is the file of the settings.
    """
    rules = [note for profile in settings.profiles.values() for note in alarm_notes(settings, place, profile)]
    yield from (f"Note: {note}" for note in dict.fromkeys(rules or alarm_notes(settings, place)))
    for name, profile in settings.profiles.items():
        contract, _ = contract_with_mistakes(profile)
        key = join_key("profiles", name)
        yield from (f"Note: `{key}`: {note}" for note in (*assumed_forms(contract), *unknown_units(contract)))
        record = paths.record_file(name, paths.records_folder(settings.record.folder, place))
        yield from (f"Note: `{key}`: {note}" for note in _arrivals(contract, record))


def no_authorities(profile: str, file: str) -> str:
    """Return the sentence for a `ca_file` that is not there; `profile`: the key of the profile."""
    return f"`{profile}.ca_file`: there is no file {file}. Check the name."


def _arrivals(contract: Contract, record: Path) -> Iterator[str]:
    """Yield a sentence for each message and path of the contract that the record does not hold."""
    if not contract.messages or not record.is_file():
        return
    try:
        found = never_arrived(record, contract)
    except (XovacError, msgspec.MsgspecError, UnicodeError) as error:
        yield f"whether all paths come is not known: {error}"
        return
    for one in found[:_MOST]:
        key, newest = join_key("messages", one.event), counted(one.among, "event")
        if one.path is None:
            near = _near(one.event, one.there)
            yield f"`{key}`: no message of this name is among the newest {newest} of {record}.{near}"
        else:
            near = _near(one.path, one.there)
            yield (
                f'`{key}."{one.path}"`: no such path is in the newest {one.among:,} of these messages in '
                f"{record}.{near}"
            )
    if len(found) > _MOST:
        yield f"{len(found) - _MOST:,} more paths did not come."


def _near(name: str, there: tuple[str, ...]) -> str:
    """Return a hint at an arrived name that is nearly the same; empty without one."""
    return clean(near_miss(name, there), 200)
