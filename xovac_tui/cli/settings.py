"""`xovac-tui config`: make, find, check and show the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui import paths
from xovac_tui.api.loader import documented_contract
from xovac_tui.cli.common import effective, typed
from xovac_tui.cli.output import echo
from xovac_tui.cli.settings_notes import contract_with_mistakes, notes
from xovac_tui.config import (
    Effective,
    Profile,
    Settings,
    from_environment,
    load_secrets,
    settings_problems,
)
from xovac_tui.config.load import sound_settings
from xovac_tui.errors import Exit, SettingsError
from xovac_tui.paths import AUTH_VARIABLE, HEADERS_VARIABLE
from xovac_tui.validation import join_key
from xovac_tui.withaddress import without_secrets

_CONFIG = click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file.")


@click.group(short_help="Make, find, check or show the settings.")
def config() -> None:
    """Work on the settings file."""


@config.command()
@_CONFIG
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.pass_context
def init(ctx: click.Context, /, force: bool, **_: Any) -> None:
    """Write a settings file that holds every key with its default and a comment."""
    file = settings_place(ctx)
    there = SettingsError(f"There is a settings file already: {file}. Add --force to overwrite it.")
    if os.path.lexists(file) and not force:
        raise there
    try:
        paths.write_atomically(file, paths.example_settings().read_text(encoding="utf-8"), replace=force)
    except OSError as error:
        if isinstance(error, FileExistsError) and os.path.lexists(file):
            raise there from None
        raise SettingsError(f"{file} cannot be written: {error.strerror or error}.") from None
    echo(str(file))
    echo("Written. Take the # away from a profile in it, give your chamber's url, then run:", err=True)
    echo("  xovac-tui config check", err=True)


@config.command()
@_CONFIG
@click.pass_context
def path(ctx: click.Context, /, **_: Any) -> None:
    """Print where the settings file is, or would be."""
    echo(str(settings_place(ctx)))


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@_CONFIG
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
    for problem in dict.fromkeys(problems):
        echo(problem)
    for note in notes(settings, place):
        echo(note, err=True)
    if not problems:
        echo(said)
    ctx.exit(int(Exit.USAGE if problems else Exit.OK))


@config.command()
@_CONFIG
@click.option("--profile", "-p", metavar="NAME", help="As in the program.")
@click.option("--url", metavar="URL", help="As in the program.")
@click.pass_context
def show(ctx: click.Context, /, **_: Any) -> None:
    """Print the settings in force, with the source of each that is not the default. Secrets are hidden."""
    for line in shown_settings(effective(ctx)):
        echo(line)


def settings_place(ctx: click.Context) -> Path:
    """Return the path of the settings file."""
    # Only one variable is read here: a mistake in another must not hide where the file is.
    named = os.environ.get("XOVAC_CONFIG", "").strip()
    return typed(ctx).config or (Path(os.path.expanduser(named)) if named else paths.settings_file())


def named_problems(settings: Settings, place: Path) -> Iterator[str]:
    """Yield a sentence for each file or name in the settings that cannot be used."""
    from xovac_tui.config.themes import shipped_themes, unknown_theme, user_themes
    from xovac_tui.ui.actions import check_keymap
    from xovac_tui.ui.theming import textual_themes

    for name, profile in settings.profiles.items():
        key = join_key("profiles", name)
        found = [*contract_with_mistakes(profile)[1], *_alarm_problems(settings, profile)]
        try:
            load_secrets(profile, {})
        except SettingsError as error:
            found += error.sentences
        yield from (f"{place}: `{key}`: {sentence}" for sentence in found)
        if profile.ca_file and not os.path.isfile(profile.ca_file):
            yield f"{place}: `{key}.ca_file`: there is no file {profile.ca_file}. Check the name."
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
    from xovac_tui.config.addresses import read_addresses

    try:
        settings = read_addresses(settings)
    except SettingsError as error:
        yield from error.sentences
        return
    for one in settings.notify.receivers:
        if one.kind == "apprise":
            from xovac_tui.notify.services import service_problem

            if why := service_problem(one.url):
                yield f'notifications, receiver "{one.name}": {why}'


def _alarm_problems(settings: Settings, profile: Profile) -> Iterator[str]:
    from xovac_tui.alarms.rules import rules_with_mistakes
    from xovac_tui.alarms.watchlist import watchlist
    from xovac_tui.analysis.values import criterion_called, no_criterion
    from xovac_tui.expressions import ExpressionError, parse

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


def shown_settings(found: Effective) -> Iterator[str]:
    """Yield the settings in force as lines of TOML, with the source of each as a comment."""
    state = "" if found.exists else " (it does not exist)"
    yield f"# Settings file: {found.path}{state}"
    if found.profile or found.url:
        asked = {key: getattr(found, key) for key in ("profile", "url") if getattr(found, key)}
        for key, value in asked.items():
            yield f"# {key} asked for: {value} ({found.sources[key]})"
    if found.observe is not None:
        yield f"# observe asked for: {_toml(found.observe)} ({found.sources['observe']})"
    if found.transports is not None:
        yield f"# transports asked for: {_toml(found.transports)} ({found.sources['transports']})"
    for variable in (AUTH_VARIABLE, HEADERS_VARIABLE):
        if os.environ.get(variable, "").strip():
            yield f"# {variable} is set (hidden)"
    yield from _struct(without_secrets(found.settings), Settings(), "", found)


def _struct(struct: Any, default: Any, key: str, found: Effective) -> Iterator[str]:
    """Yield one table and its inner ones as lines of TOML; `default` is the table with all defaults."""
    tables, lists = [], []
    if key:
        yield ""
        yield f"[{key}]"
    for name, value in _items(struct):
        usual = dict(_items(default)).get(name)
        if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct | dict):
            lists.append((name, value))
            continue
        if isinstance(value, msgspec.Struct | dict):
            tables.append((name, value, usual))
            continue
        # A profile from the command line or environment is shown at the top; this is the file's.
        source = found.sources.get(join_key(key, name), "") if value != usual else ""
        left = f"# {name} is not set" if value is None else f"{join_key('', name)} = {_toml(value)}"
        yield f"{left}  # {source}" if source else left
    for name, value, usual in tables:
        inner = Profile() if key == "profiles" else usual
        yield from _struct(value, inner, join_key(key, name), found)
    for name, items in lists:
        for item in items:
            yield ""
            yield f"[[{join_key(key, name)}]]"
            # Only what differs from the default, as in the file.
            fields = () if isinstance(item, dict) else msgspec.structs.fields(item)
            usual = {field.encode_name: field.default for field in fields}
            given = msgspec.to_builtins(item).items()
            yield from (f"{name} = {_inline(value)}" for name, value in given if value != usual.get(name))


def _items(struct: Any) -> list[tuple[str, Any]]:
    if struct is None:
        # A table without a counterpart among the defaults, such as a criterion of the user's.
        return []
    if isinstance(struct, dict):
        return list(struct.items())
    return [(name, getattr(struct, name)) for name in struct.__struct_fields__]


def _inline(value: Any) -> str:
    if not isinstance(value, dict):
        return _toml(value)
    return "{ " + ", ".join(f"{join_key('', name)} = {_inline(item)}" for name, item in value.items()) + " }"


def _toml(value: Any) -> str:
    return msgspec.json.encode(value).decode()
