"""Which settings win: what was typed, then the environment, then the file, then the defaults."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from xovac_tui.config.charset import other_than_utf8
from xovac_tui.config.check import name_mistake, profile_mistakes, url_mistake
from xovac_tui.config.load import Loaded, load_settings
from xovac_tui.config.model import Profile, Settings, Transport
from xovac_tui.errors import NoChamberError, SettingsError
from xovac_tui.link.target import ssh_mistake
from xovac_tui.text import nearest

VARIABLES = ("PROFILE", "URL", "SSH", "OBSERVE", "ASCII", "THEME", "CONFIG", "HOME", "AUTH", "HEADERS")
"""All that is read from the environment, each with `XOVAC_` before it."""

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """What one place above the settings file gives; None where it gives nothing."""

    profile: str | None = None
    url: str | None = None
    ssh: str | None = None
    observe: bool | None = None
    ascii: bool | None = None
    theme: str | None = None
    config: Path | None = None
    transports: tuple[Transport, ...] | None = None


COMMAND_LINE = "the command line"
"""Source of a setting that was typed."""


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that are in force, and where each that is not a default came from."""

    settings: Settings
    path: Path
    exists: bool
    profile: str | None
    """The profile that was asked for above the file."""
    url: str | None
    ssh: str | None = None
    """The destination of ssh that was asked for above the file; empty: directly, whatever the file says."""
    observe: bool | None
    transports: tuple[Transport, ...] | None
    """The transports that were asked for above the file, in the order to try."""
    sources: dict[str, str]
    """Dotted key -> the place that gave it."""

    def resolve(self) -> tuple[str, Profile]:
        """Return name and settings of the chamber to open."""
        name, profile = resolve_profile(self.settings, self.profile, self.url, self.observe)
        if self.ssh is not None:
            if self.ssh and (reason := ssh_mistake(self.ssh)):
                raise SettingsError(f"The destination of --ssh cannot be used: {reason}")
            profile = msgspec.structs.replace(profile, ssh=self.ssh)
        return name, self.reached(profile)

    def reached(self, profile: Profile) -> Profile:
        """Return the profile with the transports that were asked for above the file."""
        if not self.transports:
            return profile
        return msgspec.structs.replace(profile, transports=tuple(dict.fromkeys(self.transports)))


def from_environment(environ: Mapping[str, str]) -> Overrides:
    """Read the `XOVAC_*` variables; an empty one counts as not set."""
    known = {f"XOVAC_{name}" for name in VARIABLES}
    for name in sorted(environ):
        if not name.startswith("XOVAC_") or name in known:
            continue
        # A slip in XOVAC_OBSERVE must not open a chamber for control.
        if close := difflib.get_close_matches(name, known, 1, 0.75):
            raise SettingsError(
                f"The environment variable {name} is not one this program reads. "
                f"Did you mean {close[0]}? Else unset it."
            )

    def text(name: str) -> str | None:
        return environ.get(f"XOVAC_{name}", "").strip() or None

    def flag(name: str) -> bool | None:
        value = text(name)
        if value is None or value.lower() in _YES + _NO:
            return None if value is None else value.lower() in _YES
        raise SettingsError(
            f'The environment variable XOVAC_{name} is "{value}". Set it to 1 (yes) or 0 (no), or unset it.'
        )

    config = text("CONFIG")
    return Overrides(
        profile=text("PROFILE"),
        url=text("URL"),
        ssh=text("SSH"),
        observe=flag("OBSERVE"),
        ascii=flag("ASCII"),
        theme=text("THEME"),
        # Not Path.expanduser, which has an exception for a user that does not exist.
        config=Path(os.path.expanduser(config)) if config else None,
    )


def effective_settings(typed: Overrides, environ: Mapping[str, str] | None = None) -> Effective:
    """Read the settings file and lay the environment and the typed options over it."""
    charset = other_than_utf8(environ)
    environ = os.environ if environ is None else environ
    environment = from_environment(environ)
    loaded = load_settings(typed.config or environment.config)
    layers = ((COMMAND_LINE, typed), ("the environment", environment))
    sources = dict.fromkeys(sorted(loaded.given), str(loaded.path))
    display: dict[str, Any] = {}
    for name in ("theme", "ascii"):
        place, value = _first(layers, name)
        if value is not None:
            display[name] = value
            sources[f"display.{name}"] = place
    said = display.get("ascii", loaded.settings.display.ascii)
    if said is None and charset:
        display["ascii"] = True
        sources["display.ascii"] = f"the terminal's character set, {charset[:40]}"
    # Profile and address name one chamber together: the stronger place that gives either wins whole,
    # so that an exported address can never stand behind a profile's name that was typed.
    chamber = next((layer for _, layer in layers if layer.profile or layer.url), Overrides())
    for place, layer in layers:
        if layer is chamber:
            sources |= {key: place for key in ("profile", "url") if getattr(layer, key)}
    url = chamber.url
    # A destination holds for the chamber of its own place or of a weaker one: an exported one is never the
    # way to a chamber that was typed.
    place, ssh = _first(layers[:1] if chamber is typed else layers, "ssh")
    if ssh is not None:
        sources["ssh"] = place
    if ssh and not (chamber.profile or url or loaded.settings.profiles):
        url = Profile().url
    place, observe = _first(layers, "observe")
    if observe is not None:
        sources["observe"] = place
    place, transports = _first(layers, "transports")
    if transports is not None:
        sources["transports"] = place
    return Effective(
        settings=_with_display(loaded, display),
        path=loaded.path,
        exists=loaded.exists,
        profile=chamber.profile,
        url=url,
        ssh=ssh,
        observe=observe,
        transports=transports,
        sources=sources,
    )


def resolve_profile(
    settings: Settings, name: str | None, url: str | None, observe: bool | None = None
) -> tuple[str, Profile]:
    """Return name and settings of the chamber to open; an address alone makes a profile named by its host.

    Raises NoChamberError where none is meant, else SettingsError where what is meant cannot be used.
    """
    if url is not None and (reason := url_mistake(url)):
        raise SettingsError(f"The address cannot be used: {reason}")
    if name is None and url is not None:
        name, profile = profile_name_for(url), Profile(url=url)
    else:
        name = name if name is not None else _only_name(settings)
        if name not in settings.profiles:
            raise SettingsError(f"There is no profile `{name}` in the settings.{_hint(settings, name)}")
        profile = settings.profiles[name]
        if url is not None:
            profile = msgspec.structs.replace(profile, url=url)
            for key, reason in profile_mistakes(profile):
                raise SettingsError(f"Profile `{name}` cannot be used with {url}: `{key}`: {reason}")
    if observe is not None:
        profile = msgspec.structs.replace(profile, observe=observe)
    return name, profile


def profile_name_for(url: str) -> str:
    """Return a file-safe name for a chamber that is known by its address only: its host."""
    host = urlsplit(url).hostname or ""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-._:") or "chamber"
    return f"host-{name}"[:60].rstrip(".") if name_mistake(name) else name


def _only_name(settings: Settings) -> str:
    if settings.profile:
        return settings.profile
    names = list(settings.profiles)
    if len(names) == 1:
        return names[0]
    if names:
        raise NoChamberError(
            f"The settings hold {len(names)} profiles: {', '.join(names)}. Say which chamber with "
            '--profile NAME, or set `profile = "NAME"` at the top of the settings.'
        )
    raise NoChamberError(
        "No chamber is named. Give its address with --url http://HOST:PORT, or write a profile into the "
        "settings (`xovac-tui config init` makes the file). `xovac-tui --demo` opens the built-in simulator."
    )


def _hint(settings: Settings, name: str) -> str:
    if not settings.profiles:
        return " They hold none yet: `xovac-tui config init` writes a file to start from."
    return nearest(name, settings.profiles)


def _first(layers: Sequence[tuple[str, Overrides]], name: str) -> tuple[str, Any]:
    for place, layer in layers:
        value = getattr(layer, name)
        if value is not None:
            return place, value
    return "", None


def _with_display(loaded: Loaded, changes: dict[str, Any]) -> Settings:
    settings = loaded.settings
    return msgspec.structs.replace(settings, display=msgspec.structs.replace(settings.display, **changes))
