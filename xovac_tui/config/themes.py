"""Theme files: the three that ship with the program, and the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from xovac_tui import paths
from xovac_tui.errors import SettingsError
from xovac_tui.text import nearest
from xovac_tui.validation import convert, read_toml

DEFAULT_THEME = "xovac-dark"

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_VARIABLE_COLOUR = re.compile(
    r"(#([0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|auto)( \d{1,3}%)?|transparent|initial"
)
_STYLE_WORDS = {"bold", "dim", "italic", "underline", "reverse", "strike", "none", "not", "b", "i", "u"}
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9-]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.IGNORECASE)

_COLOURS = (
    "primary", "secondary", "accent", "warning", "error", "success",
    "foreground", "background", "surface", "panel", "boost",
)  # fmt: skip


class ThemeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One theme: the fields of `textual.theme.Theme`, colours as #rrggbb."""

    name: str
    primary: str
    secondary: str | None = None
    accent: str | None = None
    warning: str | None = None
    error: str | None = None
    success: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    boost: str | None = None
    dark: bool = True
    luminosity_spread: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.15
    text_alpha: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.95
    variables: dict[str, str] = {}
    """Named colours: Textual's own, and this program's (`series-1`, `good`, `stale`, ...)."""


def load_theme(path: Path) -> ThemeSpec:
    """Read one theme file, or raise SettingsError with all that is wrong in it."""
    spec = convert(read_toml(path), ThemeSpec, str(path))
    if found := list(_mistakes(spec)):
        raise SettingsError(*(f"{path}: {sentence}" for sentence in found))
    return spec


@cache
def shipped_themes() -> tuple[ThemeSpec, ...]:
    """Return the themes that come with the program, the default first."""
    specs = [load_theme(path) for path in sorted(paths.shipped_themes().glob("*.toml"))]
    return tuple(sorted(specs, key=lambda spec: spec.name != DEFAULT_THEME))


def user_themes(folder: Path | None = None, taken: Iterable[str] = ()) -> tuple[list[ThemeSpec], list[str]]:
    """Return the user's themes and a sentence for each file that cannot be used.

    A bad theme file never stops the program. `taken` are names that are not free any more.
    """
    names = set(taken)
    specs: list[ThemeSpec] = []
    problems: list[str] = []
    for path in sorted((folder or paths.themes_folder()).glob("*.toml")):
        try:
            spec = load_theme(path)
        except SettingsError as error:
            problems.append(str(error))
            continue
        if spec.name in names:
            problems.append(f'{path}: `name` is "{spec.name}", which another theme has. Choose a new name.')
            continue
        names.add(spec.name)
        specs.append(spec)
    return specs, problems


def variable_defaults(dark: bool) -> dict[str, str]:
    """Return this program's colours for a theme that does not know them (Textual's own, a user's)."""
    wanted = "xovac-dark" if dark else "xovac-light"
    variables = next(spec.variables for spec in shipped_themes() if spec.name == wanted)
    return {name: colour for name, colour in variables.items() if name in _OURS}


def unknown_theme(name: str, known: Iterable[str]) -> SettingsError:
    """Return the error for a theme name that nothing goes by."""
    return SettingsError(
        f'There is no theme "{name}".{nearest(name, known)} '
        f"Your own theme files go into {paths.themes_folder()}."
    )


_OURS = (
    frozenset(
        (
            *("good", "stale", "bad", "no-data", "running", "recording"),
            *("planned", "axis", "grid", "mark", "cursor", "cold", "mild", "hot"),
        )
    )
    | {f"alarm-{severity}" for severity in ("critical", "high", "medium", "low")}
    | {f"series-{number}" for number in range(1, 9)}
)


def _mistakes(spec: ThemeSpec) -> Iterator[str]:
    if not _NAME.fullmatch(spec.name):
        yield f'`name` is "{spec.name}"; use 1 to 40 letters, digits, dashes and underscores.'
    for key in _COLOURS:
        value = getattr(spec, key)
        if value is not None and not _COLOUR.fullmatch(value):
            yield f'`{key}` is "{value}", but it must be a colour such as "#6fb0bd".'
    for name, value in spec.variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            yield f"`variables.{name}`: a variable is named with small letters, digits and dashes."
        elif name.endswith("-style"):
            if not value.split() or not set(value.split()) <= _STYLE_WORDS:
                yield f'`variables.{name}` is "{value}", but it must be words such as "bold" or "none".'
        elif not (_COLOUR if name in _OURS else _VARIABLE_COLOUR).fullmatch(value):
            yield f'`variables.{name}` is "{value}", but it must be a colour such as "#6fb0bd".'
