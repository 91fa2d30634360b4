"""The settings file as text: changed key by key with comments kept, and written whole or not at all."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui import paths
from xovac_tui.config.check import name_mistake, url_mistake
from xovac_tui.config.load import settings_problems
from xovac_tui.createfile import only_saver
from xovac_tui.errors import SettingsError
from xovac_tui.notify.settings import HEARTBEAT
from xovac_tui.plural import counted
from xovac_tui.tomltext import KeyPath, TomlText
from xovac_tui.validation import read_toml_bytes

REMOVE: Any = object()
"""In the place of a value: the key is taken out, so that the default holds again."""
_BOM = "\ufeff"
_DIFFERENCE_LINES = 40
_TRIES = 5
"""How often a change is made anew because another program wrote the file meanwhile."""


class SettingsConflictError(SettingsError):
    """The settings file is no longer what was read: another program wrote it. Nothing was written."""


class SettingsText(msgspec.Struct, frozen=True):
    """A settings file as it was read, or as it is to be written."""

    path: Path
    raw: bytes | None = None
    """What it holds; None: there is no such file."""

    @property
    def text(self) -> str:
        """The text, without a byte order mark."""
        return (self.raw or b"").decode("utf-8-sig")

    @property
    def data(self) -> dict[str, Any]:
        """The values. Raises SettingsError where it is no TOML."""
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
            raise SettingsError(f"{self.path} cannot be changed: it is not TOML ({why}).") from None

    def value(self, path: KeyPath) -> Any:
        """Return the value that the file gives a key; None where it gives none."""
        found: Any = self.data
        for key in path:
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return found


def read_settings_text(path: Path) -> SettingsText:
    """Read a settings file, which need not exist. Raises SettingsError where it cannot be read."""
    return SettingsText(path, read_toml_bytes(path) if os.path.lexists(path) else None)


def changed(file: SettingsText, changes: Mapping[KeyPath, Any]) -> SettingsText:
    """Return the file with other values at these keys.

    Raises SettingsError where that would bring in a mistake; mistakes that it has already, such as keys that
    only another version knows, stay as they are.
    """

    def edit(toml: TomlText) -> None:
        for path, value in changes.items():
            if value is REMOVE:
                toml.remove(path)
            else:
                toml.put(path, value)

    return _edited(file, edit)


def _edited(file: SettingsText, edit: Callable[[TomlText], None]) -> SettingsText:
    """Return the file after an edit. Raises SettingsError where that would bring in a mistake."""
    _ = file.data
    toml = TomlText(file.text)
    edit(toml)
    bom = _BOM if (file.raw or b"").startswith(_BOM.encode()) else ""
    made = SettingsText(file.path, (bom + toml.text).encode())
    before = settings_problems(file.path, file.raw or b"")
    if new := [one for one in settings_problems(file.path, made.raw) if one not in before]:
        raise SettingsError(*new)
    return made


RECEIVERS = ("notify", "receivers")
"""The list of receivers in a settings file."""
HEARTBEAT_PATH = ("notify", HEARTBEAT)
"""The heartbeat's table in a settings file."""


def receiver_tables(file: SettingsText) -> list[dict[str, Any]]:
    """Return the tables of the receivers as the file has them."""
    return list(file.value(RECEIVERS) or [])


def with_receiver(file: SettingsText, table: Mapping[str, Any]) -> SettingsText:
    """Return the file with one receiver of alarms more. Raises SettingsError where that cannot be."""
    return _edited(file, lambda toml: toml.add_listed(RECEIVERS, table))


def with_changed_receiver(file: SettingsText, name: str, changes: Mapping[str, Any]) -> SettingsText:
    """Return the file with other values for keys of a receiver; None takes a key out.

    Raises SettingsError where that cannot be.
    """
    number = _receiver_number(file, name)
    return _edited(file, lambda toml: toml.change_listed(RECEIVERS, number, changes))


def without_receiver(file: SettingsText, name: str) -> SettingsText:
    """Return the file without a receiver. Raises SettingsError where it has none of this name."""
    number = _receiver_number(file, name)
    return _edited(file, lambda toml: toml.remove_listed(RECEIVERS, number))


def _receiver_number(file: SettingsText, name: str) -> int:
    for number, table in enumerate(receiver_tables(file)):
        if table.get("name") == name:
            return number
    raise SettingsError(f'{file.path} has no receiver "{name}" any more. Open the settings again.')


def difference(before: SettingsText, after: SettingsText) -> list[str]:
    """Return the lines that differ between two texts of a file, each with `-` or `+` before it."""
    if after.raw is None:
        return ["The file is gone."]
    if before.raw is None:
        return ["The file is new."]
    old, new = before.text.splitlines(), after.text.splitlines()
    found = []
    # By places: a line that begins with `--` or `++` would be taken for a heading of a textual difference.
    for what, at, end, new_at, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if what != "equal":
            found += [f"-{line}" for line in old[at:end]]
            found += [f"+{line}" for line in new[new_at:new_end]]
    more = len(found) - _DIFFERENCE_LINES
    return [*found[:_DIFFERENCE_LINES], *([f"and {counted(more, 'line')} more"] if more > 0 else [])]


def write_settings_text(file: SettingsText, before: SettingsText) -> None:
    """Write a settings file whole or not at all; its mode stays, and a link to it goes on leading to it.

    Raises SettingsConflictError where it is no longer as it was `before`, and SettingsError where it cannot
    be written.
    """
    real = Path(os.path.realpath(file.path))
    try:
        with only_saver(real):
            if read_settings_text(file.path).raw != before.raw:
                raise SettingsConflictError(
                    f"{file.path} was changed by another program since it was read. Nothing was changed: "
                    "try again."
                )
            mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else None
            paths.write_atomically(real, (file.raw or b"").decode(), mode)
    except OSError as why:
        raise SettingsError(
            f"{file.path} cannot be written: {why.strerror or why}. Nothing was changed."
        ) from None


def update_settings(path: Path, edit: Callable[[SettingsText], SettingsText | None]) -> None:
    """Write what `edit` makes of a settings file as it is now; None: nothing.

    What another program writes meanwhile is read, and the change made to that. Raises SettingsError.
    """
    for left in reversed(range(_TRIES)):
        before = read_settings_text(path)
        made = edit(before)
        if made is None:
            return
        try:
            write_settings_text(made, before)
            return
        except SettingsConflictError:
            if not left:
                raise


def save_profile(path: Path, name: str, url: str, ssh: str = "") -> None:
    """Add a profile with an address to a settings file. Raises SettingsError where that cannot be.

    `ssh` is the destination through which the address is reached; empty: directly.
    """
    if reason := name_mistake(name) or url_mistake(url):
        raise SettingsError(f'"{name}": {reason}')

    def edit(file: SettingsText) -> SettingsText:
        known = file.data.get("profiles", {})
        if any(one.casefold() == name.casefold() for one in known):
            raise SettingsError(f'The settings have a profile "{name}" already. Choose another name.')
        return changed(file, {("profiles", name): {"url": url, **({"ssh": ssh} if ssh else {})}})

    update_settings(path, edit)
