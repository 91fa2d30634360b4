"""What types cannot say about settings: addresses, names, and values that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from xovac_tui import alarms
from xovac_tui.analysis.settings import insight_mistakes
from xovac_tui.config.model import Profile, Settings
from xovac_tui.displayunits import flaw
from xovac_tui.forwarding.settings import forward_mistakes, unknown_sink
from xovac_tui.link.target import command_mistake, ssh_mistake
from xovac_tui.notify.settings import notify_mistakes
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.text import nearest
from xovac_tui.units import PRESSURE, TEMPERATURE
from xovac_tui.validation import LeftOut, join_key

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_NO_FILE_NAME = "no file can be called so: the name holds a NUL. Correct it."
NO_EFFECT_WITH_HTTP = "it has no effect with an http address. Use https in `url`, or remove this key."
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}")


def settings_mistakes(settings: Settings, left: LeftOut | None = None) -> Iterator[str]:
    """Yield a sentence for every value that has the right type and still cannot be right.

    `left` is what was left out of the file because it has another type: nothing is said of that again.
    """
    left = left or LeftOut()
    if "\0" in settings.recipes:
        yield f"`recipes`: {_NO_FILE_NAME}"
    for dimension in (TEMPERATURE, PRESSURE):
        if reason := flaw(dimension, getattr(settings.display, dimension)):
            yield f"`display.{dimension}`: {reason}"
    folded: dict[str, str] = {}
    for name, profile in settings.profiles.items():
        key = join_key("profiles", name)
        if reason := name_mistake(name):
            yield f"`{key}`: {reason}"
        if twin := folded.get(name.casefold()):
            yield f"`{key}` differs from `{twin}` only in capitals. Give one of them another name."
        folded[name.casefold()] = name
        if left.of(f"{key}.url"):
            # Whether it is https is not known.
            profile = msgspec.structs.replace(profile, url="https://left.out")
        for field, reason in profile_mistakes(profile):
            yield f"`{key}.{field}`: {reason}"
    if settings.alarms.rules:
        yield from alarms.rules.tables_mistakes({"rules": list(settings.alarms.rules)}, at="alarms")
    for field, reason in notify_mistakes(settings.notify, left.places.get("notify.receivers")):
        yield f"`notify.{field}`: {reason}"
    for field, reason in forward_mistakes(settings.forward, left.places.get("forward.sinks")):
        yield f"`forward.{field}`: {reason}"
    for name, profile in settings.profiles.items():
        if "forward.sinks" not in left.places:
            for sink in profile.forward or ():
                if reason := unknown_sink(sink, settings.forward):
                    yield f"`{join_key('profiles', name)}.forward`: {reason}"
    yield from insight_mistakes(settings.stability, settings.advice, left)
    named = join_key("profiles", settings.profile)
    if settings.profile and settings.profile not in settings.profiles and not left.of(named):
        hint = nearest(settings.profile, settings.profiles) or " This file has none."
        yield f'`profile` is "{settings.profile}", which is not among the profiles.{hint}'


def name_mistake(name: str) -> str:
    """Return why a profile cannot be called so (its name becomes part of file names), or nothing."""
    if not _NAME.fullmatch(name):
        return (
            "a profile's name becomes part of file names. Use 1 to 64 letters, digits, dots, "
            "dashes and underscores, beginning with a letter or digit and not ending with a dot."
        )
    if _RESERVED.fullmatch(name):
        return "Windows keeps this name for a device. Choose another name."
    return ""


def profile_mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield (key, sentence) for every value of a profile that cannot be right."""
    if reason := url_mistake(profile.url):
        yield "url", reason
    for key, value in (("path", profile.path), ("namespace", profile.namespace)):
        if not value.startswith("/"):
            yield key, f'"{value}" must begin with a slash, such as "/{value or "socket.io"}".'
        elif re.search(r"[\s?#]", value):
            yield key, f'"{value}" must not hold spaces, "?" or "#".'
        elif key == "path" and ("//" in value or value == "/"):
            yield key, f'"{value}" must name a path between single slashes. Usual is "/socket.io".'
        elif key == "namespace" and "," in value:
            # In the protocol a comma ends the name.
            yield key, f'"{value}" must not hold a comma. Usual is "/".'
    if profile.ssh and (reason := ssh_mistake(profile.ssh)):
        yield "ssh", reason
    if reason := command_mistake(profile.ssh_command):
        yield "ssh_command", reason
    if not profile.transports:
        yield "transports", 'the list is empty. Give "websocket", "polling" or both.'
    if len(set(profile.transports)) != len(profile.transports):
        yield "transports", "a transport is named twice. Name each once."
    digits = re.sub(r"[\s:]", "", re.sub(r"(?i)^\s*sha-?256[:=\s]", "", profile.fingerprint))
    if profile.fingerprint and not _FINGERPRINT.fullmatch(digits):
        yield (
            "fingerprint",
            "this is not a SHA-256 fingerprint, which has 64 hexadecimal digits, colons allowed. "
            "`xovac-tui doctor` shows the fingerprint of the chamber's certificate.",
        )
    if profile.url.lower().startswith("http:"):
        for key, given in (("fingerprint", profile.fingerprint), ("ca_file", profile.ca_file)):
            if given:
                yield key, NO_EFFECT_WITH_HTTP
    for key, names in (
        ("ca_file", (profile.ca_file,)),
        ("auth_file", (profile.auth_file,)),
        ("contracts", profile.contracts),
    ):
        if any("\0" in name for name in names):
            yield key, _NO_FILE_NAME
    for field, reason in _recipe_mistakes(profile.recipe):
        yield f"recipe.{field}", reason


def url_mistake(url: str) -> str:
    """Return why this cannot be a chamber's address, or nothing."""
    example = 'Write it as "http://chamber.lab:8080".'
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return f"the address must not hold spaces or control characters. {example}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f'"{url}" is not an address ({error}). {example}'
    if parts.username is not None or parts.password is not None:
        return "the address holds a user name or password. Put secrets into `auth_file` or XOVAC_AUTH."
    if parts.scheme not in ("http", "https"):
        if parts.scheme in ("ws", "wss"):
            right = url.replace("ws", "http", 1)
            return f'a socket.io address begins with http or https. Write "{right}".'
        return f'"{url}" does not begin with http:// or https://. {example}'
    if not host or port == 0:
        return f'"{url}" names no {"host" if not host else "port that can be used"}. {example}'
    if not _can_be_host(host):
        return f'"{url}" names no possible host. {example}'
    if parts.path not in ("", "/"):
        return "the address must end after the port. Put what follows into `path` (the socket.io path)."
    if parts.query or parts.fragment:
        return 'the address must not hold "?" or "#". Put a token into [auth] query of `auth_file`.'
    return ""


def _can_be_host(host: str) -> bool:
    if re.search(r"[^\w.:%-]", host):
        return False
    try:
        return ":" in host or bool(host.rstrip(".").encode("idna"))
    except UnicodeError:
        return False


def _recipe_mistakes(recipe: RecipeSettings) -> Iterator[tuple[str, str]]:
    if recipe.min is not None and recipe.max is not None and recipe.min >= recipe.max:
        yield "min", f"{recipe.min:g} degC is not below `max`, which is {recipe.max:g} degC. Swap them?"
