"""The form of a receiver is made of the settings' own types, and hides what may hold a token."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from xovac_tui.captions import captioned_keys
from xovac_tui.notify.settings import HEARTBEAT, KIND_WORDS, Heartbeat, Receiver, ReceiverKind
from xovac_tui.ui.settings.receiver_entries import (
    address_file,
    receiver_entries,
    receiver_problems,
    receiver_table,
    receiver_texts,
)
from xovac_tui.withaddress import HIDDEN

KINDS: tuple[ReceiverKind, ...] = get_args(ReceiverKind)
COMMAND = {"name": "pager", "kind": "command", "command": ["page", "--token", "t0ken"], "returned": True}


@pytest.mark.parametrize("struct", [Receiver, Heartbeat])
def test_every_key_has_a_caption(struct: type[msgspec.Struct]) -> None:
    keys = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert {one.name for one in captioned_keys(struct)} == keys
    for one in captioned_keys(struct):
        assert 0 < len(one.caption.title) <= 12
        assert 0 < len(one.caption.help) <= 100


def test_every_key_of_a_receiver_can_be_typed() -> None:
    assert tuple(KIND_WORDS) == KINDS
    keys = {field.encode_name for field in msgspec.structs.fields(Receiver)}
    of_kind = {kind: {one.key for one in receiver_entries(kind)} for kind in KINDS}
    assert set().union(*of_kind.values()) == keys
    assert of_kind["command"] == keys - {"url", "url_file"}
    assert of_kind["webhook"] == of_kind["apprise"] == keys - {"command"}
    assert of_kind["bell"] == keys - {"command", "url", "url_file"}
    of_heartbeat = {one.key for one in receiver_entries(HEARTBEAT)}
    assert of_heartbeat == {field.encode_name for field in msgspec.structs.fields(Heartbeat)}


@pytest.mark.parametrize(("kind", "others"), [("webhook", False), (HEARTBEAT, False), ("apprise", True)])
def test_addresses_of_other_services_are_offered_where_they_are_taken(kind: str, *, others: bool) -> None:
    address = next(one for one in receiver_entries(kind) if one.key == "url")
    assert ("ntfys://" in address.help) is others
    before = {"kind": kind}
    typed = {**receiver_texts(before), "name": "x", "url": "ntfys://topic"}
    assert ("url" in receiver_problems(before, typed, [])) is not others


def test_a_heartbeat_is_typed_by_its_form() -> None:
    before = {"kind": HEARTBEAT, "url_file": "beat.address", "only_online": True}
    texts = receiver_texts(before)
    assert texts == {"url": "", "url_file": "beat.address", "every": "60", "only_online": "yes"}
    made, _ = receiver_table(before, {**texts, "every": "90", "only_online": "no"})
    assert made == {"url_file": "beat.address", "every": 90}
    assert receiver_problems(before, {**texts, "every": "1"}, []).keys() == {"every"}
    assert receiver_problems(before, {**texts, "url": "t0ken"}, []).keys() == {"url"}


@pytest.mark.parametrize(
    "table",
    [
        COMMAND,
        {"name": "hook", "kind": "webhook", "url": "https://c/t0ken", "at_most": 3},
        {"name": "phone", "kind": "apprise", "url_file": "phone.address", "severities": ["high"]},
        {"name": "bell", "kind": "bell", "returned": False, "reminder": 0.5, "per": 600.0},
    ],
)
def test_a_form_in_which_nothing_is_typed_changes_nothing(table: dict[str, object]) -> None:
    texts = receiver_texts(table)
    assert "t0ken" not in str(texts)
    assert receiver_table(table, texts) == (table, {})
    assert receiver_problems(table, texts, []) == {}


def test_arguments_are_hidden_and_typed_all_or_none() -> None:
    texts = receiver_texts(COMMAND)
    assert texts["command"] == f"page, {HIDDEN}, {HIDDEN}"
    made, _ = receiver_table(COMMAND, {**texts, "command": f"page2, {HIDDEN}, {HIDDEN}"})
    assert made["command"] == ["page2", "--token", "t0ken"]
    made, _ = receiver_table(COMMAND, {**texts, "command": "page, now"})
    assert made["command"] == ["page", "now"]
    for typed in (f"page, {HIDDEN}", f"{HIDDEN}, {HIDDEN}, {HIDDEN}"):
        assert "command" in receiver_problems(COMMAND, {**texts, "command": typed}, [])


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("name", ""),
        ("name", "other"),
        ("severities", "high, hi"),
        ("command", ""),
        ("at_most", "0"),
        ("at_most", "2.5"),
        ("timeout", "soon"),
        ("per", "90000"),
    ],
)
def test_what_cannot_be_is_said_at_its_entry(key: str, typed: str) -> None:
    texts = {**receiver_texts(COMMAND), key: typed}
    assert set(receiver_problems(COMMAND, texts, [Receiver(name="other", kind="bell")])) == {key}


def test_an_address_is_checked_and_not_repeated() -> None:
    before = {"kind": "webhook"}
    texts = {**receiver_texts(before), "name": "hook"}
    assert set(receiver_problems(before, texts, [])) == {"url"}
    found = receiver_problems(before, {**texts, "url": "t0ken"}, [])
    assert set(found) == {"url"}
    assert "t0ken" not in str(found)
    assert receiver_problems(before, {**texts, "url": "https://c/t0ken", "url_file": "mine"}, []) == {}


def test_a_private_file_is_called_like_the_receiver() -> None:
    assert address_file("lab / phone", []) == "lab-phone.address"
    assert address_file("phone", ["phone.address", "phone-2.address"]) == "phone-3.address"
    assert address_file("../ü", []) == "receiver.address"
