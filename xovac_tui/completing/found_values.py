"""Read the values that complete a word from settings, contracts and records.

Each kind imports what it needs when it is wanted.
"""

from __future__ import annotations

import importlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from xovac_tui import paths
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.completing.contract_names import ContractNames, contract_names
from xovac_tui.completing.line import TypedWords
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.readfile import read_at_most

Values = Iterator[tuple[str, str]]
"""Words, each with its explanation."""
_DEMO = "demo"
_MOST_BYTES = 1_000_000
_PATIENCE = 0.2
"""Seconds for which a pipe in the place of a file may give nothing: who presses Tab waits."""


def values_of(kind: ValueKind, typed: TypedWords) -> Values:
    """Yield the values of a kind for what was typed."""
    if kind in _MAKERS:
        yield from _MAKERS[kind](typed)


def recipe_files(typed: TypedWords) -> Iterator[Path]:
    """Yield the files of the recipes folder."""
    chosen = _Chosen.of(typed)
    folder = paths.recipes_folder(_text(chosen.settings, "recipes"), chosen.file)
    yield from sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))


class _Chosen(NamedTuple):
    """What the settings file says, and the chamber that was typed or is usual.

    The file is read without the model of the settings, whose import takes longer than all the rest, and so
    that a mistake elsewhere in it takes nothing away.
    """

    settings: dict[str, Any]
    file: Path
    name: str
    """Of the profile; empty where none is named."""

    @classmethod
    def of(cls, typed: TypedWords) -> _Chosen:
        """Read the settings file that was typed, else the usual one."""
        given = _last(typed, "--config") or os.environ.get("XOVAC_CONFIG", "").strip()
        file = Path(os.path.expanduser(given)) if given else paths.settings_file()
        settings = _read(file)
        profiles = _table(settings, "profiles")
        only = next(iter(profiles)) if len(profiles) == 1 else ""
        name = _last(typed, "--profile") or os.environ.get("XOVAC_PROFILE", "").strip()
        return cls(settings, file, name or _text(settings, "profile") or only)

    def contract(self, typed: TypedWords) -> ContractNames:
        """Return the names of the contract of the chamber; without one, the documented ones."""
        given = _table(_table(self.settings, "profiles"), self.name).get("contracts")
        names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
        simulated = "--demo" in typed.options or SIMULATOR_CONTRACT in names
        files = [paths.against(self.file.parent, name) for name in names if name != SIMULATOR_CONTRACT]
        return contract_names(files, simulator=simulated)

    def record(self, typed: TypedWords) -> Path | None:
        """Return the record that the command would read; None where that is not known."""
        if named := _last(typed, "--record"):
            return Path(os.path.expanduser(named))
        folder = paths.records_folder(_text(_table(self.settings, "record"), "folder"), self.file)
        if "--demo" in typed.options:
            return paths.record_file(_DEMO, folder)
        url = _last(typed, "--url") or os.environ.get("XOVAC_URL", "").strip()
        ssh = _last(typed, "--ssh") or os.environ.get("XOVAC_SSH", "").strip()
        if url or ssh:
            resolve, chambers = _imported("config.resolve"), _imported("compose.chambers")
            asked = resolve.Overrides(
                url=url or None, ssh=ssh or None, profile=_last(typed, "--profile"), config=self.file
            )
            found = resolve.effective_settings(asked)
            return Path(chambers.record_path(found, chambers.resolve(found)))
        if self.name:
            return paths.record_file(self.name, folder)
        records = list(folder.glob(f"*{paths.RECORD_ENDING}"))
        return records[0] if len(records) == 1 else None


def _profiles(typed: TypedWords) -> Values:
    profiles = _table(_Chosen.of(typed).settings, "profiles")
    for name in profiles:
        url = _text(_table(profiles, name), "url")
        # What stands before an @ may be a password.
        yield name, "" if "@" in url else url


def _runs(typed: TypedWords) -> Values:
    record = _Chosen.of(typed).record(typed)
    if record is not None and record.is_file():
        yield from _imported("recording.disk.recorded_names").recorded_names(record)
    yield "last", "The newest run or session."
    yield "all", "The whole record."


def _channels(typed: TypedWords) -> Values:
    chosen = _Chosen.of(typed)
    record = chosen.record(typed)
    if record is not None and record.is_file():
        yield from _imported("recording.disk.recorded_names").recorded_channels(record)
    yield from _pairs(chosen.contract(typed)["channels"])


def _commands(typed: TypedWords) -> Values:
    yield from _pairs(_Chosen.of(typed).contract(typed)["commands"])


def _fields(typed: TypedWords) -> Values:
    fields = _Chosen.of(typed).contract(typed)["fields"]
    yield from _pairs(fields.get(typed.arguments[0], ()) if typed.arguments else ())


def _pairs(names: Iterable[Sequence[str]]) -> Values:
    yield from ((word, explained) for word, explained in names)


def _themes(_: TypedWords) -> Values:
    for folder in (paths.shipped_themes(), paths.themes_folder()):
        for file in sorted(folder.glob("*.toml")):
            if name := _text(_read(file), "name"):
                yield name, ""


def _ssh_hosts(_: TypedWords) -> Values:
    yield from _imported("completing.ssh_hosts").ssh_hosts(Path.home() / ".ssh")


def _faults(_: TypedWords) -> Values:
    for fault in _imported("simulator.faults").SimulatedFault:
        yield fault.value, ""


def _receivers(typed: TypedWords) -> Values:
    receivers = _table(_Chosen.of(typed).settings, "notify").get("receivers")
    for receiver in receivers if isinstance(receivers, list) else ():
        yield _text(receiver, "name"), ""


def _sinks(typed: TypedWords) -> Values:
    sinks = _table(_Chosen.of(typed).settings, "forward").get("sinks")
    for sink in sinks if isinstance(sinks, list) else ():
        yield _text(sink, "name"), _text(sink, "kind")


def _templates(_: TypedWords) -> Values:
    for template in _imported("recipes.templates").TEMPLATES:
        yield template.name, template.help


def _template_values(typed: TypedWords) -> Values:
    name = _last(typed, "--template")
    for template in _imported("recipes.templates").TEMPLATES:
        if template.name == name:
            for parameter in template.parameters:
                yield f"{parameter.name}=", parameter.label


_MAKERS: dict[ValueKind, Callable[[TypedWords], Values]] = {
    ValueKind.CHANNEL: _channels,
    ValueKind.COMMAND: _commands,
    ValueKind.FAULT: _faults,
    ValueKind.FIELD: _fields,
    ValueKind.PROFILE: _profiles,
    ValueKind.RECEIVER: _receivers,
    ValueKind.RUN: _runs,
    ValueKind.RUN_OR_FILE: _runs,
    ValueKind.SETTING: _template_values,
    ValueKind.SINK: _sinks,
    ValueKind.SSH: _ssh_hosts,
    ValueKind.TEMPLATE: _templates,
    ValueKind.THEME: _themes,
}


def _last(typed: TypedWords, option: str) -> str | None:
    """Return what was given to an option, the last where it was given several times."""
    return (typed.options.get(option) or [None])[-1]  # type: ignore[list-item]


def _read(file: Path) -> dict[str, Any]:
    """Return what a TOML file holds; nothing where it cannot be read."""
    try:
        return tomllib.loads(read_at_most(file, _MOST_BYTES, _PATIENCE).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def _table(data: Any, key: str) -> dict[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _text(data: Any, key: str) -> str:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def _imported(name: str) -> Any:
    return importlib.import_module(f"xovac_tui.{name}")
