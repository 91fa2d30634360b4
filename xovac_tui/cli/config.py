"""`xovac-tui config init|path|show`: make, find and show the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui import paths
from xovac_tui.cli.common import effective, typed
from xovac_tui.cli.options import profile_option
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.config import (
    Effective,
    Profile,
    Settings,
)
from xovac_tui.errors import SettingsError
from xovac_tui.paths import AUTH_VARIABLE, HEADERS_VARIABLE
from xovac_tui.text import clean
from xovac_tui.validation import join_key
from xovac_tui.withaddress import without_secrets

config_option = click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file."
)


@click.command()
@config_option
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


@click.command()
@config_option
@click.pass_context
def path(ctx: click.Context, /, **_: Any) -> None:
    """Print where the settings file is, or would be."""
    echo(str(settings_place(ctx)))


@click.command()
@config_option
@profile_option("As in the program.")
@click.option("--url", metavar="URL", help="As in the program.")
@click.pass_context
def show(ctx: click.Context, /, **_: Any) -> None:
    """Print the settings in force, with the source of each that is not the default. Secrets are hidden."""
    echo_lines(shown_settings(effective(ctx)))


def settings_place(ctx: click.Context) -> Path:
    """Return the path of the settings file."""
    # Only one variable is read here: a mistake in another must not hide where the file is.
    named = os.environ.get("XOVAC_CONFIG", "").strip()
    return typed(ctx).config or (Path(os.path.expanduser(named)) if named else paths.settings_file())


def shown_settings(found: Effective) -> Iterator[str]:
    """Yield the settings in force as lines of TOML, with the source of each as a comment."""
    state = "" if found.exists else " (it does not exist)"
    yield f"# Settings file: {found.path}{state}"
    for key in ("profile", "url", "observe", "transports"):
        asked = getattr(found, key)
        if asked is not None and asked != "":
            shown = asked if isinstance(asked, str) else _toml(asked)
            yield f"# {key} asked for: {shown} ({found.sources[key]})"
    for variable in (AUTH_VARIABLE, HEADERS_VARIABLE):
        if os.environ.get(variable, "").strip():
            yield f"# {variable} is set (hidden)"
    yield from (f"# {line}" for line in destinations(found.settings))
    yield from _struct(without_secrets(found.settings), Settings(), "", found)


def destinations(settings: Settings) -> Iterator[str]:
    """Yield a line for each store to which records are forwarded: where, what, whose. Nothing secret."""
    forward = settings.forward
    for one in forward.sinks:
        named = [
            name for name, profile in settings.profiles.items() if one in forward.chosen(profile.forward)
        ]
        others = "every other chamber" if named else "every chamber"
        chambers = [*named, *([others] if one.name in forward.to else [])]
        whose = f"of {', '.join(chambers)}" if chambers else "of none: no chamber names it"
        what = "all that is recorded" if one.takes_history else "the newest state"
        yield f"Forwarded to {clean(one.name, 64)} ({one.kind}, {clean(one.where, 200)}): {what} {whose}"


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
