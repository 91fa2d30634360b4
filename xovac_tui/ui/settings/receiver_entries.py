"""What can be typed into the form of a receiver of alarms, made from the settings' own types. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from xovac_tui.captions import CaptionedKey, captioned_keys
from xovac_tui.notify.settings import (
    ADDRESS_KINDS,
    HEARTBEAT,
    Heartbeat,
    NotifySettings,
    Receiver,
    has_effect,
    notify_mistakes,
)
from xovac_tui.ui.dialogs.contract.entries import NO, YES, Entry, Kind, table_of, texts_of
from xovac_tui.validation import mistakes
from xovac_tui.withaddress import HIDDEN

NAME, KIND, COMMAND, ADDRESS, ADDRESS_FILE = "name", "kind", "command", "url", "url_file"
_ADDRESS_HELP = {
    "webhook": "An address with http:// or https://; never shown.",
    HEARTBEAT: "http:// or https://; {chamber} in it becomes the profile's name; never shown.",
}
"""Of kinds that take no address of other services."""
_ALL_ANEW = f"Arguments are {HIDDEN[1:-1]} here: leave all of them as they are, or type each anew."
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def entry_of(key: CaptionedKey) -> Entry:
    """Return the entry of a key, by its type."""
    kind, usual = Kind.TEXT, ""
    words: tuple[str, ...] = ()
    match key.type:
        case inspect.BoolType():
            # Where no is usual, only yes is written; else only no is.
            kind = Kind.CHOICE if key.default else Kind.TRUTH
            words, usual = ((YES, NO), YES) if key.default else ((), "")
        case inspect.IntType() | inspect.FloatType():
            kind = Kind.NUMBER
        case inspect.VarTupleType():
            kind = Kind.WORDS
        case _ if key.name == ADDRESS:
            kind = Kind.SECRET
    return Entry(key.name, key.caption.title, key.caption.help, kind, words, usual)


def receiver_entries(kind: str) -> tuple[Entry, ...]:
    """Return the entries of a receiver of a kind, or of the heartbeat; what must be given comes first."""
    keys = sorted(captioned_keys(_struct_of(kind)), key=lambda key: key.default is not None)
    found = (entry_of(key) for key in keys if kind == HEARTBEAT or has_effect(key.name, kind))
    return tuple(
        msgspec.structs.replace(entry, help=_ADDRESS_HELP.get(kind, entry.help))
        if entry.key == ADDRESS
        else entry
        for entry in found
    )


def _struct_of(kind: str) -> type[Receiver] | type[Heartbeat]:
    return Heartbeat if kind == HEARTBEAT else Receiver


def receiver_texts(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the form for a receiver as the file has it, but for what may hold a token."""
    entries = receiver_entries(table[KIND])
    shown = {**_defaults(table[KIND]), **table}
    shown[COMMAND] = [one if not at else HIDDEN for at, one in enumerate(shown.get(COMMAND, ()))]
    texts = texts_of(entries, shown)
    if ADDRESS in texts:
        texts[ADDRESS] = ""
    return texts


def _defaults(kind: str) -> dict[str, Any]:
    keys = [key for key in captioned_keys(_struct_of(kind)) if key.default not in (None, "")]
    return {key.name: list(key.default) if isinstance(key.default, tuple) else key.default for key in keys}


def receiver_table(
    before: Mapping[str, Any], texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a receiver as typed, and what is wrong with the texts, by the key of its entry.

    `before` is what the file has, only the kind for a new one. What is not typed because it is hidden is
    taken from there; what is the default and was not given stays out.
    """
    table, problems = table_of(receiver_entries(before[KIND]), texts)
    table = {key: _whole(value) for key, value in table.items()}
    if HIDDEN in (words := table.get(COMMAND, ())):
        had = list(before.get(COMMAND, ()))
        if len(words) != len(had) or HIDDEN in words[:1]:
            problems[COMMAND] = _ALL_ANEW
        table[COMMAND] = [old if new == HIDDEN else new for new, old in zip(words, had, strict=False)]
    if ADDRESS not in table and before.get(ADDRESS) and not table.get(ADDRESS_FILE):
        table[ADDRESS] = before[ADDRESS]
    usual = _defaults(before[KIND])
    for key in [key for key, value in table.items() if key not in before and usual.get(key) == value]:
        del table[key]
    # A key that the file gives with its default stays as it is.
    given = {key: before[key] for key, value in usual.items() if before.get(key) == value}
    return {**given, **table}, problems


def _whole(value: Any) -> Any:
    """Return a whole number as one: 10 messages, not 10.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def receiver_problems(
    before: Mapping[str, Any], texts: Mapping[str, str], others: Sequence[Receiver]
) -> dict[str, str]:
    """Return what is wrong with a receiver as typed, by the key of its entry; `others` are all but it."""
    table, problems = receiver_table(before, texts)
    kind = before[KIND]
    required = {} if kind == HEARTBEAT else {NAME: "x", KIND: kind}
    for key, value in table.items():
        whole = {**required, key: value}
        if key not in problems and (found := list(mistakes(whole, _struct_of(kind), hide=key == ADDRESS))):
            problems[key] = found[0]
    if NAME in required and NAME not in table:
        problems = {NAME: "Give it a name.", **problems}
    if problems:
        return problems
    if kind in ADDRESS_KINDS and not (table.get(ADDRESS) or table.get(ADDRESS_FILE)):
        return {ADDRESS: "Type an address, or below the name of a private file that holds one."}
    if texts.get(ADDRESS):
        # The file will hold it: both are given for the moment only.
        table.pop(ADDRESS_FILE, None)
    if kind == HEARTBEAT:
        place, settings = HEARTBEAT, NotifySettings(heartbeat=msgspec.convert(table, Heartbeat))
    else:
        place = f"item {len(others) + 1}"
        settings = NotifySettings(receivers=(*others, msgspec.convert(table, Receiver)))
    for where, reason in notify_mistakes(settings):
        item, _, key = where.rpartition(".")
        if item.endswith(place):
            problems.setdefault(key, f"{reason[:1].upper()}{reason[1:]}")
    return problems


def address_file(name: str, taken: Collection[str]) -> str:
    """Return the name of a private file for the address of a receiver, beside the settings file."""
    stem = _UNFIT.sub("-", name).strip("-.") or "receiver"
    names = (f"{stem}{number}.address" for number in ("", *(f"-{one}" for one in range(2, len(taken) + 3))))
    return next(one for one in names if one not in taken)
