"""The form in which commands cross the wire: from contract files, for one command, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commandline import CommandLine, Script
from xovac_tui.api.contract import Contract, Origin
from xovac_tui.api.event import Direction, Event, EventKind, Form
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments, leaves
from xovac_tui.api.wire import Offset, Wire, as_sent, offset_of
from xovac_tui.api.wireform import Sends, WireForm, callback_answer, try_next
from xovac_tui.chamber.ledger import Ledger
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.chamber.unknown_reasons import UnknownCode, UnknownReason
from xovac_tui.errors import SettingsError
from xovac_tui.recording.eventlog import EventLog, payload_of

URL = ("--url", "http://chamber.lab:8080")
LOAD = '{"name": "x", "recipe": [[20, 60, 0.0]]}'
PAYLOAD = {"name": "x", "recipe": [[20.0, 60.0, 0.0]]}


def contract(folder: Path, *texts: str) -> Contract:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.toml")
        files[-1].write_text(text, encoding="utf-8")
    return load_contract(files)


# -- contract files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "text", "values", "sent"),
    [
        (WireForm(), "", None, ("",)),
        (WireForm(), '{"a": 1}', {"a": 1}, ('{"a": 1}',)),
        (WireForm(Sends.OBJECT), '{"a": 1}', {"a": 1}, ({"a": 1},)),
        (WireForm(Sends.OBJECT), "", None, ({},)),
        (WireForm(Sends.OBJECT), "[1]", [1], ([1],)),
        (WireForm(Sends.NOTHING), "", None, ()),
        (WireForm(arguments=("b", "a")), '{"a": 1}', {"a": 1}, (None, 1)),
    ],
)
def test_a_payload_is_put_into_its_form(
    form: WireForm, text: str, values: Any, sent: tuple[Any, ...]
) -> None:
    assert form.put(text, values) == sent


def test_the_form_of_a_documented_command_may_be_said_and_nothing_else_of_it(tmp_path: Path) -> None:
    plain = load_contract(()).commands
    made = contract(
        tmp_path,
        '[commands.cancel_recipe]\nsends = "nothing"\n[commands.load_recipe]\narguments = ["name", "recipe"]',
        '[commands.cancel_recipe]\nack = "callback"\n[commands.sync_xovac_time]\nsends = "object"',
    )
    stop, load, sync = (made.commands[one] for one in ("cancel_recipe", "load_recipe", "sync_xovac_time"))
    assert stop.form == WireForm(Sends.NOTHING, callback=True), "what a later file does not say stays"
    assert load.form == WireForm(arguments=("name", "recipe"))
    assert (sync.form, sync.ack) == (WireForm(Sends.OBJECT), None)
    assert (load.ack, load.fields) == ("load_recipe_ack", plain["load_recipe"].fields)
    for name in ("title", "fields", "hazard", "timeout", "origin", "source", "means"):
        assert getattr(stop, name) == getattr(plain["cancel_recipe"], name), name
    assert stop.origin is Origin.DOCUMENTED
    assert stop.form_words == f"no argument, answered by callback (assumed, {tmp_path / '1.toml'})"
    assert plain["cancel_recipe"].form_words == ""


def test_an_acknowledgement_and_the_documented_event_both_answer(tmp_path: Path) -> None:
    made = contract(tmp_path, '[commands.cancel_recipe]\nack = "callback"')
    for name in (callback_answer("cancel_recipe"), "cancel_recipe_ack"):
        assert made.answered(name) == "cancel_recipe"
        assert made.is_answer(name)
    assert made.is_answer(callback_answer("vent")), "of one command, by an option"
    assert not made.is_answer("readings")


def test_a_command_of_ones_own_has_its_form_with_it(tmp_path: Path) -> None:
    vent = '[commands.vent]\ntitle = "Vent"\nfields.rate.type = "float"\narguments = ["rate"]\n'
    vent += 'ack = "callback"'
    spec = contract(tmp_path, vent).commands["vent"]
    assert spec.form == WireForm(arguments=("rate",), callback=True)
    assert spec.ack == callback_answer("vent")
    again = contract(tmp_path, vent, '[commands.vent]\nsends = "object"').commands["vent"]
    assert (again.title, again.form) == ("Vent", WireForm(Sends.OBJECT, callback=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[commands.cancel_recipe]\nsends = "nothing"\ntitle = "Stop"', "cannot be changed"),
        ('[commands.cancel_recipe]\nack = "stopped"', 'ack = "callback" may be given, alone'),
        ('[commands.cancel_recipe]\nsends = "json"', "sends"),
        ('[commands.load_recipe]\nsends = "nothing"', "which would be left out"),
        ('[commands.load_recipe]\narguments = ["name"]', "recipe would be left out"),
        ('[commands.load_recipe]\narguments = ["name", "recipes"]', '"recipes" is not one of its fields'),
        ('[commands.load_recipe]\narguments = ["name", "recipe", "name"]', "named twice"),
        ('[commands.load_recipe]\nsends = "object"\narguments = ["name", "recipe"]', "exclude each other"),
        ('[commands.cancel_recipe]\narguments = ["name"]', "Its fields are: none"),
    ],
)
def test_a_form_that_cannot_be_sent_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        contract(tmp_path, text)
    assert said in str(error.value)


# -- the ledger -------------------------------------------------------------------------------------


def answer(name: str, *arguments: Any, mono: float = 1.0) -> Event:
    return Event(name, decode_arguments(*arguments), Direction.IN, EventKind.RESPONSE, mono, mono)


def opened(ledger: Ledger, command: str, at: float = 0.0) -> int:
    return ledger.open(command, "", who="a", utc=at, mono=at, timeout=5.0, session=1).id


def test_an_acknowledgement_follows_the_rules_of_answers(tmp_path: Path) -> None:
    ledger = Ledger(contract(tmp_path, '[commands.cancel_recipe]\nack = "callback"'))
    name, good = callback_answer("cancel_recipe"), json.dumps({"result": "success", "message": ""})
    first = opened(ledger, "cancel_recipe")
    assert ledger.in_flight("cancel_recipe") is not None
    (entry,) = ledger.answer(answer(name, good))
    assert (entry.id, entry.outcome, entry.form) == (first, Outcome.SUCCESS, "answered by callback")
    # Given up, then late; after the link was lost nothing that comes belongs to it.
    opened(ledger, "cancel_recipe", 10.0)
    ledger.tick(20.0)
    (entry,) = ledger.answer(answer(name, good, mono=21.0))
    assert (entry.outcome, entry.late) == (Outcome.UNKNOWN, Outcome.SUCCESS)
    opened(ledger, "cancel_recipe", 30.0)
    (entry,) = ledger.link_lost(31.0)
    assert entry.outcome is Outcome.UNKNOWN
    ledger.answer(answer(name, good, mono=32.0))
    kept = ledger.get(entry.id)
    assert kept is not None
    assert kept.late is None


def test_an_acknowledgement_without_a_result_is_no_success(tmp_path: Path) -> None:
    ledger = Ledger(contract(tmp_path, '[commands.cancel_recipe]\nack = "callback"'))
    opened(ledger, "cancel_recipe")
    (entry,) = ledger.answer(answer(callback_answer("cancel_recipe")))
    assert entry.outcome is Outcome.UNKNOWN
    assert ledger.why_unknown(entry.id) is UnknownCode.NO_RESULT


def test_the_answer_is_the_first_argument_with_a_result() -> None:
    ledger = Ledger(load_contract(()))
    opened(ledger, "cancel_recipe")
    reported = ("bench-1", '{"result": "warning", "message": "Not running."}', {"result": "success"})
    (entry,) = ledger.answer(answer("cancel_recipe_ack", *reported))
    assert (entry.outcome, entry.message) == (Outcome.WARNING, "Not running.")
    assert json.loads(entry.answer) == {"result": "warning", "message": "Not running."}


def test_an_unknown_outcome_says_which_form_to_try(tmp_path: Path) -> None:
    ledger = Ledger(load_contract(()))
    opened(ledger, "cancel_recipe")
    (entry,) = ledger.tick(5.0)
    assert "try `xovac-tui send cancel_recipe --no-argument`, then --object and --callback" in entry.reason
    opened(ledger, "cancel_recipe", 10.0)
    (entry,) = ledger.link_lost(11.0)
    assert "--no-argument" not in entry.reason, "the link is to blame"
    # What was answered once has the right form.
    opened(ledger, "cancel_recipe", 20.0)
    ledger.answer(answer("cancel_recipe_ack", '{"result": "success", "message": ""}', mono=21.0))
    opened(ledger, "cancel_recipe", 30.0)
    (entry,) = ledger.tick(35.0)
    assert "--no-argument" not in entry.reason


def test_what_to_try_next_leaves_out_what_was_tried() -> None:
    fields = ("name", "recipe")
    assert "load_recipe JSON --object`, then --arguments name,recipe" in try_next(
        "load_recipe", fields, WireForm()
    )
    said = try_next("x", (), WireForm(Sends.NOTHING))
    assert "x --object`, then --callback" in said
    assert "--no-argument" not in said


def test_without_a_documented_answer_nothing_looks_like_a_success() -> None:
    ledger = Ledger(load_contract(()))
    entry = ledger.open("sync_xovac_time", "{}", who="a", utc=0, mono=0, timeout=5, session=1)
    assert entry.outcome is Outcome.DONE
    assert entry.outcome.shown == "sent, no answer is documented"
    assert entry.reason == UnknownReason(UnknownCode.NOT_DOCUMENTED).sentence


# -- the command line -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["cancel_recipe", "--no-argument"], ()),
        (["cancel_recipe", "--object"], {}),
        (["cancel_recipe", "--callback"], ""),
        (["load_recipe", LOAD, "--object"], PAYLOAD),
        (["load_recipe", LOAD, "--arguments", "name,recipe"], ("x", [[20.0, 60.0, 0.0]])),
        (["load_recipe", '{"any": [1]}', "--raw", "--object"], {"any": [1]}),
        (["load_recipe", "--raw", "--no-argument"], ()),
    ],
)
def test_a_form_may_be_tried_once(line: CommandLine, script: Script, arguments: list[str], sent: Any) -> None:
    script.answer(arguments[0], "success")
    said = line("send", *arguments, "--yes", *URL)
    assert (said.code, said.out) == (0, '{"result":"success","message":""}\n')
    assert script.sent == [(arguments[0], sent)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cancel_recipe", "--no-argument", "--object"], "exclude each other"),
        (["cancel_recipe", "--object", "--arguments", ""], "exclude each other"),
        (["cancel_recipe", "--arguments", " "], "names no field"),
        (["load_recipe", LOAD, "--no-argument"], "which would be left out"),
        (["load_recipe", LOAD, "--arguments", "name"], "recipe would be left out"),
        (["vent", "[5]", "--raw", "--no-argument"], "which would be left out"),
    ],
)
def test_a_form_that_would_lose_something_is_not_sent(
    line: CommandLine, script: Script, arguments: list[str], said: str
) -> None:
    found = line("send", *arguments, "--yes", *URL)
    assert found.code == 2
    assert said in found.err
    assert script.sent == []


def test_config_check_marks_what_is_assumed(line: CommandLine) -> None:
    (line.home / "mine.toml").write_text('[commands.cancel_recipe]\nsends = "nothing"\n')
    line.settings('[profiles.a]\ncontracts = ["mine.toml"]\n')
    said = line("config", "check")
    assert said.code == 0
    assert "`commands.cancel_recipe`: its form is assumed, not documented: no argument, by" in said.err


# -- what is recorded of it, and the offsets of servers ----------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "form", "raw"),
    [
        ((), Form.NOTHING, ""),
        (("",), Form.EMPTY, ""),
        (('{"a": 1}',), Form.JSON, '{"a": 1}'),
        (({"ü": [1.0]},), Form.OBJECT, '{"\\u00fc":[1.0]}'),
        (("x", [[20.0, 60.0]]), Form.ARGUMENTS, '["x",[[20.0,60.0]]]'),
    ],
)
def test_what_is_sent_is_kept_as_it_crosses_the_wire(arguments: Any, form: Form, raw: str) -> None:
    payload = decode_arguments(*as_sent(arguments))
    assert (payload.form, payload.raw) == (form, raw)


@pytest.mark.parametrize(
    ("argument", "is_offset"),
    [
        (Wire('"Q8jKS2i"'), True),
        (Wire('"1700000000000-0"'), True),
        (Wire('"65f0c0ffee65f0c0ffee65f0"'), True),
        (Wire('"20.5"'), False),
        (Wire('"{\\"a\\": 1}"'), False),
        (Wire('""'), False),
        (Wire('{"a":1}'), False),
        (Wire('"' + "x" * 65 + '"'), False),
        ("idle", False),
    ],
)
def test_an_offset_is_a_short_text_that_is_no_json(argument: Any, is_offset: bool) -> None:
    assert isinstance(offset_of(argument), Offset) is is_offset


def test_an_offset_makes_no_channels_and_is_kept_all_the_same() -> None:
    log = EventLog()
    came = decode_arguments(Wire('"{\\"ta\\":20.10}"'), Offset('"Q8jKS2i"'))
    raw = '["{\\"ta\\":20.10}","Q8jKS2i"]'
    assert (came.form, came.raw, came.problem) == (Form.OFFSET, raw, "")
    log.append(Event("readings", came, Direction.IN, EventKind.MESSAGE, 1.0, 1.0))
    kept = log.get(0)
    assert kept is not None
    for payload in (came, payload_of(kept.form, kept.raw, kept.problem)):
        assert list(leaves(payload.value)) == [("ta", 20.1)]
    several = decode_arguments(Wire("1"), Wire("2"), Offset('"Q8jKS2i"'))
    assert several.value == payload_of(several.form, several.raw).value == [1, 2]
