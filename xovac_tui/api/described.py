"""A contract as tables of what it adds to the manual, for a record and for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract, Origin

_FROM_THE_KEY = frozenset({"event", "path", "name"})
"""Fields that only repeat the key under which a thing is found."""

_SOURCES = frozenset({"source", "form_source"})
"""Fields that name the file which says it, where it gives no other source."""


def described(contract: Contract) -> dict[str, Any]:
    """Return `start`, `commands`, `responses` and `messages` as tables, with the keys of a contract file.

    A path is a key in quotes, as in a file. Defaults, and what the manual documents alone, are left out.
    """
    return {
        **({"start": contract.start} if contract.start else {}),
        "commands": {
            event: _table(spec, contract.files)
            for event, spec in contract.commands.items()
            if spec.origin is not Origin.DOCUMENTED or spec.form_source or spec.confirm
        },
        "responses": {
            event: _table(spec, contract.files)
            for event, spec in contract.responses.items()
            if spec.origin is not Origin.DOCUMENTED
        },
        "messages": {
            event: {f'"{leaf.path}"': _table(leaf, contract.files) for leaf in message.leaves}
            for event, message in contract.messages.items()
        },
    }


def differing(before: Contract, after: Contract) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both contracts as tables, without the commands and leaves that are the same in both."""
    return described(_without(before, after)), described(_without(after, before))


def _without(contract: Contract, other: Contract) -> Contract:
    messages = {}
    for event, message in contract.messages.items():
        known = other.messages.get(event)
        theirs = {} if known is None else {leaf.path: leaf for leaf in known.leaves}
        left = tuple(leaf for leaf in message.leaves if theirs.get(leaf.path) != leaf)
        messages[event] = msgspec.structs.replace(message, leaves=left)
    return msgspec.structs.replace(
        contract,
        commands=_only_own(contract.commands, other.commands),
        responses=_only_own(contract.responses, other.responses),
        messages=messages,
    )


def _only_own(these: Mapping[str, Any], those: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in these.items() if those.get(name) != one}


def _table(spec: msgspec.Struct, files: Collection[str] = ()) -> dict[str, Any]:
    """Return what differs from a bare one, as builtins; that one of `files` says it is left out."""
    return {
        name: _value(value)
        for name, default in _defaults(type(spec))
        if (value := getattr(spec, name)) != default and not (name in _SOURCES and value in files)
    }


def _value(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _table(value)
    if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        # Fields of a command, in their order.
        return {one.name: _table(one) for one in value}
    return msgspec.to_builtins(value)


@cache
def _defaults(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """Return each field of a struct that does not only repeat its key, with its default."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name not in _FROM_THE_KEY]
    return tuple(
        (
            one.name,
            one.default_factory()
            if one.default is msgspec.NODEFAULT and one.default_factory is not msgspec.NODEFAULT
            else one.default,
        )
        for one in fields
    )
