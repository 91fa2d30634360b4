"""Reads contract files; the documented one is always the first and cannot be overruled."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from xovac_tui.api.contract import (
    RESERVED_EVENTS,
    TEMPERATURES,
    CommandSpec,
    Confirm,
    Contract,
    FieldTable,
    FieldType,
    Hazard,
    LeafSpec,
    LeafTable,
    MessageSpec,
    Origin,
    PayloadField,
    ResponseSpec,
    Role,
)
from xovac_tui.api.forms import check_value
from xovac_tui.api.shipped import shipped_contracts
from xovac_tui.api.validity import validity
from xovac_tui.api.wireform import CALLBACK, Sends, WireForm
from xovac_tui.errors import ContractError, SettingsError
from xovac_tui.text import clean, nearest
from xovac_tui.units import PRESSURE, SECONDS, TEMPERATURE, names_of, unit_of
from xovac_tui.validation import (
    Gathered,
    LeftOut,
    convert,
    join_key,
    mistakes,
    read_toml,
    sound,
)

MAX_BYTES = 8_000_000
"""Bytes of a contract file that are read: 10,000 channels with comments have three million."""
_TABLES = ("commands", "responses", "messages", "confirm")
TOP_KEYS = ("origin", "source", "start")
"""Keys of a file beside its tables."""
_KEYS = (*_TABLES, *TOP_KEYS)
_TIMEOUT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|min)?\s*$")
_HUMIDITY_UNITS = ("%", "%RH")


class CommandTable(msgspec.Struct, forbid_unknown_fields=True):
    """A command as a contract file has it, under its name."""

    title: str = ""
    help: str = ""
    means: str = ""
    source: str = ""
    ack: str | None = None
    hazard: Hazard = Hazard.CONFIRM
    timeout: str | float = 10.0
    fields: dict[str, FieldTable] = {}
    confirm: Confirm | None = None
    sends: Sends | None = None
    arguments: tuple[str, ...] = ()


class _FormTable(msgspec.Struct, forbid_unknown_fields=True):
    """What may be said of a command that is known already: how it crosses the wire, and nothing else."""

    sends: Sends | None = None
    arguments: tuple[str, ...] = ()
    ack: Literal["callback"] | None = None


class ResponseTable(msgspec.Struct, forbid_unknown_fields=True):
    """A response as a contract file has it, under its name."""

    command: str
    source: str = ""
    schema: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()


class _Draft:
    """A contract while its files are being read, one after the other."""

    def __init__(self) -> None:
        self.commands: dict[str, CommandSpec] = {}
        self.responses: dict[str, ResponseSpec] = {}
        self.messages: dict[str, MessageSpec] = {}
        self.start: str | None = None
        self.files: list[str] = []
        self.wrong = Gathered()
        self.named: set[str] = set()
        """Commands of all files, also those that are wrong: what is said of them is no further mistake."""

    def has(self, command: str) -> bool:
        """Return whether there is a command of this name, right or wrong."""
        return command in self.commands or command in self.named


def documented_contract() -> Contract:
    """Return what the manual says, alone."""
    return load_contract(())


def load_contract(paths: Sequence[Path], *, simulator: bool = False) -> Contract:
    """Return the documented contract with the files' additions, later ones last.

    `simulator` adds what this program's own simulator speaks (all of it assumed). Raises SettingsError
    with file, key and reason of everything that is wrong, a line each.
    """
    contract, wrong = read_contract(paths, simulator=simulator)
    if wrong:
        raise SettingsError(*wrong)
    return contract


def read_contract(
    paths: Sequence[Path],
    *,
    simulator: bool = False,
    tables: Mapping[Path, dict[str, Any]] = MappingProxyType({}),
) -> tuple[Contract, list[str]]:
    """Return what is right in the same, for a check of the files, and a sentence for each mistake.

    `tables` are read in the place of the files of these names, which need not exist.
    """
    draft = _Draft()
    for shipped in shipped_contracts(simulator=simulator):
        _add(draft, shipped, shipped.name)
    for path in paths:
        with draft.wrong.one():
            _add(draft, path, str(path), theirs=True, data=tables.get(path))
    with draft.wrong.one():
        if draft.start is not None and not draft.has(draft.start):
            hint = nearest(draft.start, draft.commands)
            raise SettingsError(f'{draft.files[-1]}: `start`: no command is called "{draft.start}".{hint}')
    _one_leaf_a_role(draft)
    _one_leaf_an_alias(draft)
    contract = Contract(draft.commands, draft.responses, draft.messages, draft.start, tuple(draft.files))
    return contract, list(dict.fromkeys(draft.wrong.sentences))


def _one_leaf_a_role(draft: _Draft) -> None:
    """Refuse a role that two leaves play: what the program concludes would flip with every message."""
    played: dict[Role, str] = {}
    for message in draft.messages.values():
        for leaf in message.leaves:
            if leaf.role is None:
                continue
            key = f'messages.{message.event}."{leaf.path}"'
            other = played.setdefault(leaf.role, key)
            with draft.wrong.one():
                if other == key:
                    continue
                raise SettingsError(
                    f"{draft.files[-1]}: `{key}` has the role {leaf.role.value}, as has `{other}`. "
                    "Take one of them out."
                )


def _one_leaf_an_alias(draft: _Draft) -> None:
    """Refuse an alias that names another channel too: what a rule or export means by it would be open."""
    if not any(leaf.aliases for message in draft.messages.values() for leaf in message.leaves):
        return
    names: dict[str, str] = {}
    leaves: list[tuple[str, LeafSpec]] = []
    for message in draft.messages.values():
        for leaf in message.leaves:
            key = f'messages.{message.event}."{leaf.path}"'
            leaves.append((key, leaf))
            for name in filter(None, (leaf.channel, message.full_name(leaf))):
                names.setdefault(name.casefold(), key)
    for key, leaf in leaves:
        for alias in leaf.aliases:
            other = names.setdefault(alias.casefold(), key)
            with draft.wrong.one():
                if other == key:
                    continue
                raise SettingsError(
                    f'{draft.files[-1]}: `{key}.aliases`: "{clean(alias, 60)}" is a name of `{other}` too. '
                    "Take it out of one of them."
                )


def _add(
    draft: _Draft, path: Path, name: str, *, theirs: bool = False, data: dict[str, Any] | None = None
) -> None:
    data = read_toml(path, most=MAX_BYTES) if data is None else data
    wrong = draft.wrong
    draft.files.append(name)
    for key in data:
        with wrong.one():
            if key not in _KEYS:
                raise SettingsError(f"{name}: `{key}` is not a known key.{nearest(key, _KEYS)}")
    for table in _TABLES:
        inner = data.get(table, {})
        with wrong.one():
            if not isinstance(inner, dict) or not all(isinstance(value, dict) for value in inner.values()):
                data.pop(table)
                raise SettingsError(f"{name}: `{table}` must hold tables, such as [{table}.name].")
        for event in list(data.get(table, {})):
            unsendable = table == "commands" and event in RESERVED_EVENTS
            with wrong.one():
                if not event.strip() or not event.isprintable() or unsendable:
                    del data[table][event]
                    key = join_key(table, event)
                    raise SettingsError(
                        f"{name}: `{key}`: socket.io can carry no event of this name. Correct it."
                    )
    origin = Origin.USER
    with wrong.one():
        origin = _origin(data, name, theirs=theirs)
    source = str(data.get("source", name))
    draft.named |= set(data.get("commands", {}))
    for event, table in data.get("commands", {}).items():
        with wrong.one():
            known = draft.commands.get(event)
            if known is not None and _is_form(table):
                form = convert(table, _FormTable, name, at=f"commands.{event}")
                draft.commands[event] = _formed(known, form, name)
                continue
            _guard_documented(known, f"commands.{event}", name)
            draft.commands[event] = _command(event, table, origin, source, name)
    for event, table in data.get("responses", {}).items():
        with wrong.one():
            _guard_documented(draft.responses.get(event), f"responses.{event}", name)
            read = convert(table, ResponseTable, name, at=f"responses.{event}")
            draft.responses[event] = ResponseSpec(
                event, read.command, read.schema, origin, read.source or source, read.warnings
            )
    for event, table in data.get("messages", {}).items():
        before = draft.messages.get(event)
        draft.messages[event] = _message(event, table, origin, source, name, before, wrong)
    _tie(draft, data, origin, source, name)
    with wrong.one():
        if not isinstance(data.get("start", ""), str):
            raise SettingsError(f"{name}: `start` must be the name of a command, in quotes.")
        draft.start = data.get("start", draft.start)


def _origin(data: dict[str, Any], name: str, *, theirs: bool) -> Origin:
    origin = _one_of(data, "origin", Origin.USER, name)
    if theirs and origin is Origin.DOCUMENTED:
        raise SettingsError(
            f'{name}: `origin`: what a file adds is not "documented" by the device\'s manual. '
            'Write "user" or "assumed".'
        )
    return origin


def _tie(draft: _Draft, data: dict[str, Any], origin: Origin, source: str, name: str) -> None:
    """Connect responses with commands, and confirmations with commands."""
    wrong = draft.wrong
    for event, table in data.get("confirm", {}).items():
        with wrong.one():
            _tie_confirm(draft, event, table, name)
    for event in data.get("responses", {}):
        with wrong.one():
            _tie_response(draft, event, name)
    for event in data.get("commands", {}):
        with wrong.one():
            _tie_ack(draft, event, origin, source, name)


def _tie_confirm(draft: _Draft, event: str, table: dict[str, Any], name: str) -> None:
    if not draft.has(event):
        hint = nearest(event, draft.commands)
        raise SettingsError(f"{name}: `confirm.{event}`: no such command.{hint}")
    confirm = convert(table, Confirm, name, at=f"confirm.{event}")
    if event in draft.commands:
        _check_confirm(confirm, draft.commands[event], f"confirm.{event}", name)
        draft.commands[event] = msgspec.structs.replace(draft.commands[event], confirm=confirm)


def _tie_response(draft: _Draft, event: str, name: str) -> None:
    if event not in draft.responses:
        return
    command = draft.responses[event].command
    if not draft.has(command):
        hint = nearest(command, draft.commands)
        raise SettingsError(f'{name}: `responses.{event}.command`: no command is called "{command}".{hint}')
    if command in draft.commands and draft.commands[command].ack is None:
        # Else every answer would look as if another client had asked.
        draft.commands[command] = msgspec.structs.replace(draft.commands[command], ack=event)


def _tie_ack(draft: _Draft, event: str, origin: Origin, source: str, name: str) -> None:
    ack = draft.commands[event].ack if event in draft.commands else None
    if not ack:
        return
    known = draft.responses.setdefault(ack, ResponseSpec(ack, event, {}, origin, source))
    if known.command != event:
        raise SettingsError(
            f"{name}: `commands.{event}.ack`: {ack} answers {known.command} already, and nothing in an "
            "answer identifies its command. Name this command's own response."
        )


def _guard_documented(known: CommandSpec | ResponseSpec | None, key: str, name: str) -> None:
    if known is not None and known.origin is Origin.DOCUMENTED:
        raise SettingsError(
            f"{name}: `{key}`: the device's manual documents this, so it cannot be changed. "
            f"Take it out; to say how its effect shows, use [confirm.{known.event}]. Of a command `sends`, "
            f'`arguments` and ack = "{CALLBACK}" may be given, alone: how it crosses the wire.'
        )


def _command(event: str, table: dict[str, Any], origin: Origin, source: str, name: str) -> CommandSpec:
    at = f"commands.{event}"
    wrong = Gathered()
    read = CommandTable()
    with wrong.one():
        read = convert(table, CommandTable, name, at=at)
    fields = []
    # What is right of it by its types is checked all the same: every mistake is reported in one round.
    tables = table.get("fields", {})
    for key, field in tables.items() if isinstance(tables, dict) else ():
        if not any(mistakes(field, FieldTable)):
            with wrong.one():
                typed = msgspec.convert(field, FieldTable)
                fields.append(_field(key, typed, f"{at}.fields.{key}", name))
    timeout = table.get("timeout", read.timeout)
    if isinstance(timeout, str | int | float) and not isinstance(timeout, bool):
        with wrong.one():
            timeout = timeout_seconds(timeout, f"{at}.timeout", name)
    wrong.raise_found()
    command = CommandSpec(
        event=event,
        title=read.title or event,
        help=read.help,
        fields=tuple(fields),
        ack=_ack(read.ack, at, name),
        hazard=read.hazard,
        timeout=timeout,
        origin=origin,
        source=read.source or source,
        confirm=read.confirm,
        means=read.means,
    )
    if command.confirm:
        _check_confirm(command.confirm, command, f"{at}.confirm", name)
    if read.sends is None and not read.arguments and read.ack != CALLBACK:
        return command
    ack: Literal["callback"] | None = "callback" if read.ack == CALLBACK else None
    return _formed(command, _FormTable(read.sends, read.arguments, ack), name)


def _is_form(table: dict[str, Any]) -> bool:
    """Return whether a table only says how a command crosses the wire."""
    return (
        bool(table)
        and table.keys() <= {"sends", "arguments", "ack"}
        and table.get("ack", CALLBACK) == CALLBACK
    )


def _formed(command: CommandSpec, read: _FormTable, name: str) -> CommandSpec:
    """Return a command in the form that a file says; what it does not say stays as it was."""
    form = command.form
    if read.sends is not None or read.arguments:
        form = WireForm(read.sends or Sends.TEXT, read.arguments, form.callback)
    if read.sends is not None and read.arguments:
        raise SettingsError(
            f"{name}: `commands.{command.event}`: `sends` and `arguments` exclude each other. Keep one."
        )
    if read.ack is not None:
        form = WireForm(form.sends, form.arguments, callback=True)
    if problem := command.form_problem(form):
        raise SettingsError(f"{name}: `commands.{command.event}` cannot be sent in this form: {problem}")
    return command.in_form(form, name)


def _ack(ack: str | None, at: str, name: str) -> str | None:
    if ack == CALLBACK:
        return None
    if ack is not None and (not ack.strip() or not ack.isprintable() or ack in RESERVED_EVENTS):
        raise SettingsError(f"{name}: `{at}.ack` names no event. Take the line out where no answer comes.")
    return ack


def _check_confirm(rule: Confirm, command: CommandSpec, at: str, name: str) -> None:
    if bool(rule.becomes) == bool(rule.equals):
        raise SettingsError(f'{name}: `{at}` wants either "becomes" or "equals", and not both.')
    if rule.equals and rule.equals not in {field.name for field in command.fields}:
        hint = nearest(rule.equals, (field.name for field in command.fields))
        raise SettingsError(f"{name}: `{at}.equals`: {command.event} has no such field.{hint}")


def _field(key: str, read: FieldTable, at: str, name: str) -> PayloadField:
    numeric = read.type in (FieldType.FLOAT, FieldType.INT)
    for limit in ("min", "max"):
        value = getattr(read, limit)
        if value is not None and (not numeric or not math.isfinite(value)):
            raise SettingsError(f"{name}: `{at}.{limit}` wants a finite number, and a float or int field.")
    if read.min is not None and read.max is not None and read.min > read.max:
        raise SettingsError(f"{name}: `{at}.min` is above its max. Swap them.")
    if (read.type is FieldType.CHOICE) != bool(read.choices):
        raise SettingsError(f'{name}: `{at}.choices` belongs to type "choice", and is needed there.')
    if read.auto and not numeric:
        raise SettingsError(f"{name}: `{at}.auto` fills in a number, so the type must be int or float.")
    field = PayloadField(name=key, **{f: getattr(read, f) for f in read.__struct_fields__})
    if read.default is not None:
        try:
            check_value(field, read.default)
        except ContractError as error:
            raise SettingsError(f"{name}: `{at}.default` cannot be sent: {error}") from None
    return field


def _message(
    event: str,
    table: dict[str, Any],
    origin: Origin,
    source: str,
    name: str,
    known: MessageSpec | None,
    wrong: Gathered,
) -> MessageSpec:
    leaves = {leaf.path: leaf for leaf in known.leaves} if known else {}
    for path, leaf in table.items():
        with wrong.one():
            read = _leaf(path, leaf, f'messages.{event}."{path}"', name)
            leaves[path] = LeafSpec(path=path, origin=origin, source=source, **read)
    return MessageSpec(event, tuple(leaves.values()), origin, source)


def _leaf(path: str, leaf: Any, at: str, name: str) -> dict[str, Any]:
    """Return the checked keys of a leaf's table."""
    if not isinstance(leaf, dict):
        raise SettingsError(f'{name}: `{at}` must be a table, such as {{ label = "Plate A" }}.')
    if inner := next((key for key, value in leaf.items() if isinstance(value, dict)), None):
        raise SettingsError(
            f"{name}: `{at}` holds a table. A path with dots is one key, in quotes: "
            f'"{path}.{inner}" = {{ label = "Plate A" }}.'
        )
    wrong = [*mistakes(leaf, LeafTable, at=at)]
    # Nearly always nothing is: 10,000 leaves are read in half the time.
    read, left = sound(leaf, LeafTable) if wrong else (msgspec.convert(leaf, LeafTable), LeftOut())
    if found := [*wrong, *_leaf_mistakes(read, left, at)]:
        raise SettingsError(*(f"{name}: {sentence}" for sentence in found))
    # From here on the program meets one name a unit, however the file spells it.
    return msgspec.structs.asdict(read) | {"unit": unit_of(read.unit).name}


def _leaf_mistakes(read: LeafTable, left: LeftOut, at: str) -> Iterator[str]:
    """Yield what is wrong with the keys of a leaf that have the right types; the others are left out."""
    words = read.running or read.idle or left.of("running") or left.of("idle")
    if read.role is Role.STATE and not words:
        yield (
            f"`{at}` has the role state, but neither running nor idle gives its values. "
            'Write running = ["..."] and idle = ["..."].'
        )
    unit_known = not left.of("unit")
    if unit_known and (problem := _role_problem(read)):
        yield f"`{at}.unit` {problem}"
    if read.valid is not None and not read.valid[0] < read.valid[1]:
        yield (
            f"`{at}.valid` is from {read.valid[0]:g} to {read.valid[1]:g}, which holds no value. "
            "Write the lowest value first, such as valid = [-50, 150]."
        )
    elif read.valid is not None and _impossible(read, read.valid):
        yield (
            f"`{at}.valid` is from {read.valid[0]:g} to {read.valid[1]:g}, which holds nothing that "
            f"{'a pressure' if unit_of(read.unit).dimension == PRESSURE else 'a temperature'} can be."
        )
    if read.resolution is not None and not 0 < read.resolution < math.inf:
        yield (
            f"`{at}.resolution` must be above 0: the smallest step of the sensor, in its unit. "
            "Take the line out to have it learned."
        )
    if not 0 <= read.uncertainty < math.inf:
        yield f"`{at}.uncertainty` must be 0 or more, in the channel's unit (expanded, k = 2)."
    if unit_known and read.role is Role.HUMIDITY and unit_of(read.unit).name not in _HUMIDITY_UNITS:
        yield (
            f'`{at}.unit` is "{clean(read.unit, 40)}", in which no relative humidity is given. '
            f"Write one of: {', '.join(_HUMIDITY_UNITS)}."
        )
    if any(not one.strip() for one in read.aliases):
        yield f'`{at}.aliases` wants names that the channel had, such as ["plate_a"].'
    if any(one != one or one == "" for one in read.invalid):
        yield f'`{at}.invalid` wants numbers and texts, such as [9.9e9, "OPEN"].'


def _impossible(leaf: LeafTable, valid: tuple[float, float]) -> bool:
    """Return whether every value in a range is impossible in a leaf's unit."""
    rule = validity(leaf.unit, valid, absolute=leaf.role is Role.PRESSURE)
    return rule is not None and rule.above is not None and valid[1] <= rule.above


_MEASURES: dict[Role, tuple[str, str]] = {
    **dict.fromkeys(TEMPERATURES, (TEMPERATURE, "a temperature")),
    Role.PRESSURE: (PRESSURE, "a pressure"),
}
"""What the leaf of a role measures, for those with which the program works something out."""


def _role_problem(leaf: LeafTable) -> str:
    """Return why a role cannot be played in a leaf's unit; empty where it can."""
    if leaf.role is Role.SPEED and leaf.unit.strip():
        return (
            f'is "{clean(leaf.unit, 40)}", but the role speed is how many seconds of a simulator pass in '
            "one of the clock, without a unit. The speed of a pump or fan has no role."
        )
    if leaf.role not in _MEASURES:
        return ""
    dimension, words = _MEASURES[leaf.role]
    # A temperature without a unit is in degC; of a pressure without one nothing can be concluded.
    if unit_of(leaf.unit).dimension == dimension or (not leaf.unit.strip() and dimension == TEMPERATURE):
        return ""
    return (
        f'is "{clean(leaf.unit, 40)}", but the role {leaf.role.value} is {words}. '
        f"Write one of: {', '.join(names_of(dimension))}."
    )


def timeout_seconds(value: str | float, at: str, name: str) -> float:
    """Return the seconds of a `timeout` as a file writes it; raises SettingsError with the key `at`."""
    match = _TIMEOUT.match(str(value))
    seconds = unit_of(match[2] or "s").to(SECONDS, float(match[1])) if match else math.nan
    if not 0.1 <= seconds <= 3600:
        raise SettingsError(f'{name}: `{at}` must be 0.1 s to 60 min, written such as "15s" or "2min".')
    return seconds


def _one_of(data: dict[str, Any], key: str, default: Origin, name: str) -> Origin:
    try:
        return Origin(data.get(key, default))
    except ValueError:
        raise SettingsError(
            f"{name}: `{key}` must be one of: {', '.join(o.value for o in Origin)}."
        ) from None
