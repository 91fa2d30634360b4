"""The settings that can be changed in the console: what each is called, its value and what can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui import paths
from xovac_tui.api.contracts.editing import unwritable
from xovac_tui.config import Display, load_settings
from xovac_tui.config.settings_text import HEARTBEAT_PATH, RECEIVERS, SettingsText, read_settings_text
from xovac_tui.displayunits import choices
from xovac_tui.durations import format_whole
from xovac_tui.errors import SettingsError
from xovac_tui.notify.settings import KIND_WORDS, NotifySettings
from xovac_tui.quantities import unit
from xovac_tui.text import clean
from xovac_tui.tomltext import KeyPath
from xovac_tui.ui.action import STOP, printed
from xovac_tui.ui.actions import places
from xovac_tui.ui.start import Start
from xovac_tui.units import PRESSURE, TEMPERATURE


class SettingKind(Enum):
    """How a setting is changed."""

    HEADING = "not at all: it stands above others"
    CHOICE = "from a list"
    NUMBER = "as a number"
    KEY = "by pressing a key"
    RECEIVER = "by its form, or by a test"
    ADD = "by the form of a new one"
    HEARTBEAT = "by its form"
    BELL = "by adding it"
    FIXED = "not at all"


class SettingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the settings screen."""

    kind: SettingKind
    title: str
    shown: str = ""
    """Its value, in words."""
    about: str = ""
    path: KeyPath = ()
    value: Any = None
    options: tuple[tuple[Any, str], ...] = ()
    """What can be chosen: values, and their words."""
    at_once: bool = True
    """Whether it is in force at once; else from the next start on."""
    where: str = ""
    """Where its value comes from."""

    @property
    def has_value(self) -> bool:
        """Whether it has a value of its own, that `shown` is."""
        return self.kind in (SettingKind.CHOICE, SettingKind.NUMBER, SettingKind.KEY, SettingKind.FIXED)

    @property
    def words(self) -> str:
        """All that a search looks at."""
        return f"{self.title} {self.shown} {'.'.join(self.path)} {self.about}".lower()


_WINDOWS = ("10min", "1h", "6h", "24h", "all")
_NO_UNIT = "as the contract says"
_DEFAULT = "default"


def display_lines(
    display: Display, given: Mapping[str, Any], overridden: Mapping[str, str], themes: Sequence[str]
) -> Iterator[SettingLine]:
    """Yield the lines of `[display]`.

    `given` is what the file gives, `overridden` what a place above it gave for this start.
    """

    def line(
        name: str, title: str, about: str, options: Sequence[tuple[Any, str]], **more: Any
    ) -> SettingLine:
        value = given.get(name, getattr(Display(), name))
        where = "settings file" if name in given else _DEFAULT
        if place := overridden.get(f"display.{name}"):
            where += f"; for this start {clean(place, 60)} gave {getattr(display, name)}"
        shown = next((words for one, words in options if one == value), clean(str(value), 60))
        kind = SettingKind.CHOICE if options else SettingKind.NUMBER
        return SettingLine(
            kind=kind,
            title=title,
            shown=shown,
            about=about,
            path=("display", name),
            value=value,
            options=tuple(options),
            where=where,
            **more,
        )

    yield SettingLine(kind=SettingKind.HEADING, title="Screen")
    yield line("theme", "Theme", "Colours of the screen.", [(name, name) for name in themes])
    yield line(
        "time",
        "Times",
        "Zone of all times on the screen; data and exports have UTC.",
        [("local", "local, with the zone"), ("utc", "UTC")],
    )
    for name, dimension in (("temperature", TEMPERATURE), ("pressure", PRESSURE)):
        options = [("", _NO_UNIT), *((one, unit(one)) for one in choices(dimension))]
        about = f"Unit in which every {name} is shown; data, exports, rules and recipe files keep theirs."
        yield line(name, f"{name.capitalize()}s", about, options)
    yield line(
        "pressure_plain_above",
        "Plain pressures from",
        "mbar at or above which a pressure is shown as 180, not 1.8e+02; with 0 none is.",
        (),
    )
    yield line(
        "window",
        "Trend at the start",
        "Window of the trend when the console opens.",
        [(name, "everything" if name == "all" else name) for name in _WINDOWS],
        at_once=False,
    )
    yield line(
        "ascii",
        "Plain characters",
        "Draw with ASCII alone, for terminals that show the others wrongly.",
        [(None, "where the locale wants them"), (True, "always"), (False, "never")],
        at_once=False,
    )
    yield line("refresh", "Pictures a second", "0.2 to 10; fewer bytes over a slow link.", (), at_once=False)
    yield line(
        "log_events",
        "Events in memory",
        "Newest events that the Log has without a record.",
        (),
        at_once=False,
    )


def receiver_lines(settings: NotifySettings) -> Iterator[SettingLine]:
    """Yield the lines of the receivers of alarms, and of the heartbeat."""
    receivers, beat = settings.receivers, settings.heartbeat
    yield SettingLine(kind=SettingKind.HEADING, title="Receivers of alarms")
    for one in receivers:
        yield SettingLine(
            kind=SettingKind.RECEIVER,
            title=clean(one.name, 60),
            shown=f"{one.kind}: {', '.join(one.severities)}",
            about="enter: change it, remove it, or send it a message marked as a test.",
            path=(*RECEIVERS, one.name),
            value=one,
            where="settings file",
        )
    if not any(one.kind == "bell" for one in receivers):
        yield SettingLine(
            kind=SettingKind.BELL,
            title="Bell of the terminal",
            shown="off",
            about="enter adds a receiver that rings in this terminal at every alarm.",
            path=RECEIVERS,
            at_once=False,
            where=_DEFAULT,
        )
    yield SettingLine(
        kind=SettingKind.HEARTBEAT,
        title="Heartbeat",
        shown=f"every {format_whole(beat.every)}" if settings.beats else "off",
        about="An address that is called again and again, so that silence is noticed elsewhere.",
        path=HEARTBEAT_PATH,
        at_once=False,
        where="settings file" if settings.beats else _DEFAULT,
    )
    for kind, words in KIND_WORDS.items():
        yield SettingLine(
            kind=SettingKind.ADD,
            title=f"Add: {kind}",
            shown=words,
            about=f"enter opens the form of a new receiver: {words}. It can be tested once it is saved.",
            path=(*RECEIVERS, "", kind),
            value=kind,
            at_once=False,
        )


def key_lines(keys: Mapping[str, str]) -> Iterator[SettingLine]:
    """Yield the lines of the keys of all actions; `keys` is what the file gives."""
    for place in places():
        yield SettingLine(kind=SettingKind.HEADING, title=f"Keys: {place.title}")
        for action in place.actions:
            fixed = action is STOP
            yield SettingLine(
                kind=SettingKind.FIXED if fixed else SettingKind.KEY,
                title=action.title,
                shown=" ".join(map(printed, action.keys_by(keys))),
                about=action.help + (" It always stays on this key." if fixed else ""),
                path=("keys", action.id),
                value=action,
                where="settings file" if action.id in keys else _DEFAULT,
            )


class SettingsState(msgspec.Struct, frozen=True):
    """A settings file as the settings screen has it."""

    file: SettingsText
    notify: NotifySettings = NotifySettings()
    problem: str = ""
    """Why nothing can be changed; empty where it can."""

    @property
    def keys(self) -> dict[str, str]:
        """The file's table `[keys]`."""
        return dict(self.file.value(("keys",)) or {})

    def lines(self, start: Start, themes: Iterable[str]) -> list[SettingLine]:
        """Return all lines of the settings screen; `themes` are those that can be chosen."""
        ours = sorted(themes, key=lambda name: (not name.startswith("xovac"), name))
        given = self.file.value(("display",)) or {}
        return [
            *display_lines(start.display, given, start.overridden, ours),
            *receiver_lines(self.notify),
            *key_lines(self.keys),
        ]


def settings_path(start: Start) -> Path:
    """Return the settings file of this start, which need not exist."""
    return start.settings_path or paths.settings_file()


def read_settings_state(path: Path) -> SettingsState:
    """Read a settings file for the settings screen; one that cannot be read or changed says why. Blocks."""
    try:
        file = read_settings_text(path)
        _ = file.data
        found = load_settings(path).settings.notify if file.raw is not None else NotifySettings()
    except SettingsError as error:
        return SettingsState(SettingsText(path), problem=str(error))
    return SettingsState(file, found, unwritable(path))


def matching_lines(lines: Sequence[SettingLine], typed: str) -> list[SettingLine]:
    """Return the lines that hold all typed words, under their headings."""
    words = typed.lower().split()
    found: list[SettingLine] = []
    heading: SettingLine | None = None
    for line in lines:
        if line.kind is SettingKind.HEADING:
            heading = line
        elif all(word in line.words for word in words):
            if heading is not None:
                found.append(heading)
                heading = None
            found.append(line)
    return found


def number_of(text: str, old: object) -> float | int | None:
    """Return a typed number, whole where the setting is; None if it is none."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return int(number) if isinstance(old, int) and number.is_integer() else number
