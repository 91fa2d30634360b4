"""Edit a contract file: what the reader would refuse, or changes more than was asked, is not written."""

from __future__ import annotations

import copy
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, unique
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.api.contract import CommandSpec, Contract, LeafSpec, LeafTable, Origin
from xovac_tui.api.contracts.comparing import ContractDifference, differences
from xovac_tui.api.contracts.tables import (
    Where,
    command_at,
    command_table,
    confirm_at,
    confirm_table,
    key_of,
    leaf_at,
    leaf_table,
    response_at,
)
from xovac_tui.api.loader import MAX_BYTES, read_contract, timeout_seconds
from xovac_tui.createfile import only_saver
from xovac_tui.errors import SettingsError
from xovac_tui.paths import write_atomically
from xovac_tui.text import clean
from xovac_tui.tomltext import TomlText, same
from xovac_tui.units import unit_of
from xovac_tui.validation import parse_toml, read_toml_bytes

_NEW_MODE = 0o644
"""A contract holds no secret, and colleagues share it."""
_MARK = "\ufeff"


@unique
class EditCode(Enum):
    """Why a change of a contract file was refused, with its words."""

    READER = "{sentence}"
    """The reader of contract files would refuse what it makes."""
    NAME_TAKEN = (
        '`{key}.channel`: "{name}" is a name of `{other}` already. Choose another name: '
        "rules and exports could mean either."
    )
    NOT_HERE = "`{key}` is not in {file}, so it cannot be taken out there."
    LAYOUT = "{file} is laid out so that `{key}` cannot be changed without changing more. Edit it by hand."
    NO_VALUE = "`{key}`: this value cannot be written into a TOML file."
    TOO_LONG = "{file} would have more than the {most:,} bytes that are read of a contract file."


class EditProblem(msgspec.Struct, frozen=True):
    """One reason why a change was refused."""

    code: EditCode
    where: Where
    """What was to be changed; empty where the whole file is meant."""
    data: tuple[tuple[str, Any], ...] = ()

    @property
    def sentence(self) -> str:
        """The reason as a sentence."""
        return self.code.value.format(key=clean(key_of(self.where)), **dict(self.data))


class EditRefusedError(SettingsError):
    """A change that makes no valid contract file. Nothing was written."""

    def __init__(self, *problems: EditProblem) -> None:
        super().__init__(*(problem.sentence for problem in problems))
        self.problems = problems


class ContractConflictError(SettingsError):
    """The file is no longer what was read: another program wrote it. Nothing was written."""

    def __init__(self, path: Path, disk: ContractSource | None, theirs: Sequence[str]) -> None:
        super().__init__(
            f"{path} was changed by another program since it was read, so nothing was written. "
            "What it has now:",
            *theirs,
        )
        self.disk = disk
        """The file as it is now, to make the change again from there; None where it is broken or gone."""
        self.theirs = tuple(theirs)
        """What the other program changed, a line each."""


class ContractSource(msgspec.Struct, frozen=True):
    """A contract file as it was read, with the contract that it makes together with the profile's others."""

    path: Path
    files: tuple[Path, ...]
    """All contract files of the profile in their order, this one among them."""
    simulator: bool
    raw: bytes | None
    """What the file holds; None: there is none yet."""
    contract: Contract

    @property
    def text(self) -> str:
        """The file's text."""
        return (self.raw or b"").decode("utf-8-sig")

    def given(self, where: Where) -> Any:
        """Return what the file itself says of a leaf, a command or a key, as it is written; else None."""
        found: Any = tomllib.loads(self.text)
        for key in where:
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return found


class ContractChange(msgspec.Struct, frozen=True):
    """A leaf, command, confirmation, response or key of a contract file, as it is to be."""

    where: Where
    value: Any = None
    """Its whole table, or the value of a key such as `start`; None: it is taken out."""


class EditedContract(msgspec.Struct, frozen=True):
    """A changed contract file that the reader accepts, not yet written."""

    source: ContractSource
    """The file as it was read."""
    raw: bytes
    contract: Contract
    """What is in force with it."""

    @property
    def differences(self) -> list[ContractDifference]:
        """What differs from the contract before."""
        return differences(self.source.contract, self.contract)


def read_source(path: Path, files: Sequence[Path] = (), *, simulator: bool = False) -> ContractSource:
    """Read a contract file that is to be edited, with the other files of the profile.

    The file need not exist, nor be among `files`: it is then read last. Raises SettingsError with file, line
    or key, and reason where one of them is broken; a broken file is never changed.
    """
    raw = read_toml_bytes(path, most=MAX_BYTES) if os.path.lexists(path) else None
    return _source(path, files, simulator, raw)


def _source(path: Path, files: Sequence[Path], simulator: bool, raw: bytes | None) -> ContractSource:
    files = (*files,) if path in files else (*files, path)
    tables = {path: parse_toml(raw or b"", path)}
    contract, wrong = read_contract(files, simulator=simulator, tables=tables)
    if wrong:
        raise SettingsError(*wrong)
    return ContractSource(path, files, simulator, raw, contract)


def file_of(where: Where, files: Sequence[Path]) -> Path | None:
    """Return the file to edit for a leaf or command: the last that has it, else the last; None without one.

    A later file wins over an earlier one, so a change in an earlier one might have no effect.
    """
    for path in reversed(files):
        with suppress(SettingsError):
            found: Any = parse_toml(read_toml_bytes(path, most=MAX_BYTES), path)
            for key in where:
                found = found.get(key) if isinstance(found, dict) else None
            if found is not None:
                return path
    return files[-1] if files else None


def leaf_change(event: str, path: str, leaf: LeafTable | None) -> ContractChange:
    """Return the change that gives a leaf these names, unit and meaning; None: takes it out."""
    return ContractChange(leaf_at(event, path), None if leaf is None else leaf_table(leaf))


def command_changes(source: ContractSource, command: CommandSpec) -> list[ContractChange]:
    """Return the changes that give a command its title, fields, form, answer and confirmation.

    Of a documented command only form and confirmation can be given. A confirmation, or an answer, that the
    file gives in a table of its own (`[confirm.X]`, `[responses.X]`) is changed there.
    """
    event, at = command.event, command_at(command.event)
    table = command_table(command)
    apart = command.origin is Origin.DOCUMENTED or source.given(confirm_at(event)) is not None
    if command.origin is Origin.DOCUMENTED:
        confirm = confirm_table(command.confirm) if command.confirm else None
    else:
        confirm = table.pop("confirm", None) if apart else None
        if (written := source.given((*at, "source"))) is not None:
            table["source"] = written
    changes = [ContractChange(at, table or (None if command.origin is Origin.DOCUMENTED else {}))]
    if apart:
        changes.append(ContractChange(confirm_at(event), confirm))
    before = source.contract.commands.get(event)
    if before is not None and before.ack and before.ack != command.ack:
        changes.append(ContractChange(response_at(before.ack)))
    # What the file does not have need not be taken out.
    return [one for one in changes if one.value is not None or source.given(one.where) is not None]


def renamed(leaf: LeafTable, name: str, contract: Contract, full_name: str) -> LeafTable:
    """Return a leaf with another short name; the old one becomes an alias, so that it still leads to it.

    An old name that another channel has too is dropped: it led to both. `full_name` is the channel's own.
    """
    taken = _names(contract, without=full_name)
    old = (*leaf.aliases, leaf.channel)
    kept = [one for one in dict.fromkeys(old) if one and one != name and one.casefold() not in taken]
    return msgspec.structs.replace(leaf, channel=name, aliases=tuple(kept))


def edited(source: ContractSource, changes: Iterable[ContractChange]) -> EditedContract:
    """Return the file with changes, comments and order kept; it is checked by the reader and not yet written.

    Raises EditRefusedError with all that is wrong.
    """
    text = source.text
    # The reader accepted the file, so that this is valid TOML.
    data: dict[str, Any] = tomllib.loads(text)
    toml = TomlText(text)
    problems: list[EditProblem] = []
    changed: list[Where] = []
    for change in changes:
        problem = _apply(toml, data, change, source.path)
        problems += [problem] if problem else []
        changed.append(change.where)
    if problems:
        raise EditRefusedError(*problems)
    try:
        found: Any = tomllib.loads(toml.text)
    except tomllib.TOMLDecodeError:
        found = None
    if not same(found, data):
        where = changed[0] if changed else ()
        raise EditRefusedError(EditProblem(EditCode.LAYOUT, where, (("file", source.path),)))
    mark = _MARK if (source.raw or b"").startswith(_MARK.encode()) else ""
    return _checked(source, (mark + toml.text).encode(), found, changed)


def checked(source: ContractSource, raw: bytes) -> EditedContract:
    """Return a whole new text of the file, such as that before a change, where the reader accepts it.

    Raises EditRefusedError.
    """
    try:
        found = parse_toml(raw, source.path)
    except SettingsError as error:
        raise EditRefusedError(
            *(EditProblem(EditCode.READER, (), (("sentence", one),)) for one in error.sentences)
        ) from None
    return _checked(source, raw, found)


def _checked(
    source: ContractSource, raw: bytes, found: dict[str, Any], changed: Sequence[Where] = ()
) -> EditedContract:
    if len(raw) > MAX_BYTES:
        data = (("file", source.path), ("most", MAX_BYTES))
        raise EditRefusedError(EditProblem(EditCode.TOO_LONG, (), data))
    tables = {source.path: found}
    contract, wrong = read_contract(source.files, simulator=source.simulator, tables=tables)
    if wrong:
        where = changed[0] if len(changed) == 1 else ()
        raise EditRefusedError(*(EditProblem(EditCode.READER, where, (("sentence", one),)) for one in wrong))
    if taken := list(_taken(source.contract, contract, changed)):
        raise EditRefusedError(*taken)
    return EditedContract(source, raw, contract)


def save(edit: EditedContract) -> ContractSource:
    """Write an edited file whole or not at all, and return it as it is now.

    Raises ContractConflictError where the file is no longer what was read, with what differs, and
    SettingsError where it cannot be written.
    """
    # A link stays one: its target is written.
    source, real = edit.source, Path(os.path.realpath(edit.source.path))
    try:
        with only_saver(real):
            _replace(edit, real)
    except OSError as why_not:
        raise SettingsError(_not_written(source.path, why_not.strerror or str(why_not))) from None
    return ContractSource(source.path, source.files, source.simulator, edit.raw, edit.contract)


def _replace(edit: EditedContract, real: Path) -> None:
    """Write an edited file where it is still what was read; raises OSError where it cannot be written."""
    source, path = edit.source, edit.source.path
    current = read_toml_bytes(path, most=MAX_BYTES) if os.path.lexists(path) else None
    if current != source.raw:
        raise _conflict(source, current)
    if current == edit.raw:
        return
    if why := unwritable(path):
        raise SettingsError(why)
    mode = _NEW_MODE if current is None else stat.S_IMODE(real.stat().st_mode)
    try:
        write_atomically(real, edit.raw.decode(), mode, replace=current is not None)
    except FileExistsError:
        raise _conflict(source, read_toml_bytes(path, most=MAX_BYTES)) from None


def unwritable(path: Path) -> str:
    """Return why a contract file cannot be written, as a sentence, before anything is typed; else empty."""
    real = Path(os.path.realpath(path))
    if os.path.lexists(real):
        if not real.is_file():
            return _not_written(path, "it is not a regular file")
        if not os.access(real, os.W_OK):
            return _not_written(path, "the file is read-only")
        folder = real.parent
    else:
        folder = next(one for one in real.parents if os.path.lexists(one))
    if not folder.is_dir():
        return _not_written(path, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        return _not_written(path, f"the folder {folder} is read-only")
    return ""


def _not_written(path: Path, why: str) -> str:
    return f"{path} cannot be written: {why}. Nothing was changed."


def _conflict(source: ContractSource, current: bytes | None) -> ContractConflictError:
    if current is None:
        return ContractConflictError(source.path, None, ["The file is gone."])
    try:
        disk = _source(source.path, source.files, source.simulator, current)
    except SettingsError as error:
        return ContractConflictError(source.path, None, error.sentences)
    lines = [one.sentence for one in differences(source.contract, disk.contract)]
    return ContractConflictError(source.path, disk, lines or ["The same, with other comments or spaces."])


def _apply(toml: TomlText, data: dict[str, Any], change: ContractChange, file: Path) -> EditProblem | None:
    """Change the text and what it must hold then; return why that cannot be."""
    where = change.where
    parent: Any = data
    for key in where[:-1]:
        inner = parent.get(key) if isinstance(parent, dict) else None
        if inner is None and change.value is not None:
            inner = parent[key] = {}
        parent = inner
    last = where[-1]
    before = parent.get(last) if isinstance(parent, dict) else None
    if change.value is None:
        if before is None:
            return EditProblem(EditCode.NOT_HERE, where, (("file", file),))
        del parent[last]
        if where[0] == "messages" and len(where) == 3 and not parent:
            # A message without leaves is none.
            del data["messages"][where[1]]
            where = where[:2]
        toml.remove(where)
        return None
    value = _as_written(copy.deepcopy(change.value), before)
    if before is not None and same(before, value):
        return None
    parent[last] = value
    try:
        _put_changed(toml, where, before, value)
    except TypeError:
        return EditProblem(EditCode.NO_VALUE, where)
    return None


def _put_changed(toml: TomlText, where: Where, before: Any, value: Any) -> None:
    """Write a value; where a table of lines of its own is there, only the keys that differ."""
    quoted = where[0] == "messages" and len(where) == 3
    if not isinstance(before, dict) or not isinstance(value, Mapping) or toml.is_one_value(where):
        toml.put(where, value, quoted=quoted)
        return
    for key in [key for key in before if key not in value]:
        toml.remove((*where, key))
    for key, item in value.items():
        if not same(before.get(key), item):
            _put_changed(toml, (*where, key), before.get(key), item)


def _as_written(value: Any, before: Any) -> Any:
    """Return a table in which what means the same as before is spelled as before."""
    if not isinstance(value, dict) or not isinstance(before, dict):
        return value
    for key, item in value.items():
        old = before.get(key)
        if isinstance(item, dict):
            value[key] = _as_written(item, old)
        elif key == "unit" and isinstance(old, str) and isinstance(item, str):
            value[key] = old if unit_of(old).name == unit_of(item).name else item
        elif key == "timeout" and old is not None:
            with suppress(SettingsError):
                if timeout_seconds(old, key, "") == timeout_seconds(item, key, ""):
                    value[key] = old
    return value


def _taken(before: Contract, after: Contract, changed: Sequence[Where]) -> Iterator[EditProblem]:
    """Yield each changed leaf whose new short name leads to another channel too."""
    leaves = [where for where in changed if where[0] == "messages" and len(where) >= 3]
    if not leaves:
        return
    names: dict[str, set[Where]] = {}
    for where, leaf, full_name in _leaves(after):
        for name in (leaf.channel, full_name, *leaf.aliases):
            if name:
                names.setdefault(name.casefold(), set()).add(where)
    old = {where: leaf.channel for where, leaf, _ in _leaves(before)}
    new = {where: leaf.channel for where, leaf, _ in _leaves(after)}
    for where in dict.fromkeys(one[:3] for one in leaves):
        name = new.get(where, "")
        others = names.get(name.casefold(), set()) - {where}
        if name and others and name != old.get(where):
            other = clean(key_of(min(others)))
            yield EditProblem(EditCode.NAME_TAKEN, where, (("name", clean(name, 60)), ("other", other)))


def _names(contract: Contract, without: str) -> set[str]:
    return {
        name.casefold()
        for _, leaf, full_name in _leaves(contract)
        if full_name != without
        for name in (leaf.channel, full_name, *leaf.aliases)
        if name
    }


def _leaves(contract: Contract) -> Iterator[tuple[Where, LeafSpec, str]]:
    for event, message in contract.messages.items():
        for leaf in message.leaves:
            yield leaf_at(event, leaf.path), leaf, message.full_name(leaf)
