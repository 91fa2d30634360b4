"""A contract as the tables that a file would have: only what is not a default, in the order of the docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from xovac_tui.api.contract import (
    CommandSpec,
    Confirm,
    Contract,
    FieldTable,
    LeafTable,
    Origin,
    ResponseSpec,
)
from xovac_tui.api.wireform import CALLBACK, Sends
from xovac_tui.digits import digits
from xovac_tui.validation import join_key

Where: TypeAlias = tuple[str, ...]
"""Keys from the top of a contract file to what is meant: `("messages", "sensor_data", "plate.A")`."""


def leaf_at(event: str, path: str) -> Where:
    """Return where a file has a leaf of a message."""
    return ("messages", event, path)


def command_at(event: str) -> Where:
    """Return where a file has a command."""
    return ("commands", event)


def confirm_at(event: str) -> Where:
    """Return where a file has what proves that a command took effect."""
    return ("confirm", event)


def response_at(event: str) -> Where:
    """Return where a file has a response."""
    return ("responses", event)


def key_of(where: Where) -> str:
    """Return a place as sentences name it: `messages.m."plate.A"`, the path of a leaf always in quotes."""
    if len(where) > 2 and where[0] == "messages":
        head = f'{join_key("messages", where[1])}."{where[2]}"'
        return join_key(head, where[3]) if len(where) == 4 else head
    key = ""
    for part in where:
        key = join_key(key, part)
    return key


def leaf_table(leaf: LeafTable) -> dict[str, Any]:
    """Return what a file says of a leaf, by its keys; also of a `LeafSpec`."""
    return _given(leaf, LeafTable)


def field_table(field: FieldTable) -> dict[str, Any]:
    """Return what a file says of a field of a payload; also of a `PayloadField`."""
    return _given(field, FieldTable)


def confirm_table(confirm: Confirm) -> dict[str, Any]:
    """Return what a file says of what proves that a command took effect."""
    return _given(confirm, Confirm)


def command_table(command: CommandSpec) -> dict[str, Any]:
    """Return what a file says of a command; of a documented one only its form, which alone may be given."""
    table: dict[str, Any] = {}
    usual = CommandSpec(command.event, "")
    if command.origin is not Origin.DOCUMENTED:
        table = {
            "title": command.title if command.title != command.event else "",
            "help": command.help,
            "means": command.means,
            "ack": "" if command.form.callback else command.ack or "",
            "hazard": command.hazard.value if command.hazard is not usual.hazard else "",
            "timeout": f"{digits(command.timeout)}s" if command.timeout != usual.timeout else "",
            "fields": {field.name: field_table(field) for field in command.fields},
            "confirm": confirm_table(command.confirm) if command.confirm else {},
        }
    if command.form.callback:
        table["ack"] = CALLBACK
    if command.form.arguments:
        table["arguments"] = list(command.form.arguments)
    elif command.form.sends is not Sends.TEXT:
        table["sends"] = command.form.sends.value
    return {key: value for key, value in table.items() if value not in ("", {})}


def response_table(response: ResponseSpec) -> dict[str, Any]:
    """Return what a file says of a response."""
    table = {
        "command": response.command,
        "schema": dict(response.schema),
        "warnings": list(response.warnings),
    }
    return {key: value for key, value in table.items() if value not in ({}, [])}


def tables_of(contract: Contract) -> dict[Where, dict[str, Any]]:
    """Return all that a contract says, the manual's part included, by place."""
    found: dict[Where, dict[str, Any]] = {}
    if contract.start:
        found[("start",)] = {"start": contract.start}
    for event, command in contract.commands.items():
        found[command_at(event)] = command_table(command)
        if command.origin is Origin.DOCUMENTED and command.confirm:
            found[confirm_at(event)] = confirm_table(command.confirm)
    for event, response in contract.responses.items():
        found[response_at(event)] = response_table(response)
    for event, message in contract.messages.items():
        for leaf in message.leaves:
            found[leaf_at(event, leaf.path)] = leaf_table(leaf)
    return found


def _given(struct: msgspec.Struct, keys: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the keys of a struct that have another value than their default."""
    found = {}
    for name, default in _defaults(keys).items():
        value = getattr(struct, name)
        if value is not None and value != default:
            found[name] = list(value) if isinstance(value, tuple) else getattr(value, "value", value)
    return found


_DEFAULTS: dict[type[msgspec.Struct], Mapping[str, Any]] = {}


def _defaults(keys: type[msgspec.Struct]) -> Mapping[str, Any]:
    if keys not in _DEFAULTS:
        _DEFAULTS[keys] = {field.name: field.default for field in msgspec.structs.fields(keys)}
    return _DEFAULTS[keys]
