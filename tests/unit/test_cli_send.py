import json
import signal

import pytest

from tests.helpers.commandline import CommandLine, Script
from xovac_tui.api.forms import check_items
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.chamber.unknown_reasons import UnknownCode, UnknownReason
from xovac_tui.cli import sending
from xovac_tui.errors import ContractError
from xovac_tui.link.wording import worded
from xovac_tui.recording.service import not_written

URL = ("--url", "http://chamber.lab:8080")


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A user at a terminal, who types these lines."""
    typed: list[str] = []
    monkeypatch.setattr(sending, "on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: typed.pop(0))
    return typed


@pytest.mark.parametrize(("result", "code"), [("success", 0), ("warning", 3), ("error", 4)])
def test_the_answer_is_one_json_line_and_the_exit_code(
    line: CommandLine, script: Script, result: str, code: int
) -> None:
    script.answer("cancel_recipe", result, "Could not cancel.")
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert said.out == f'{{"result":"{result}","message":"Could not cancel."}}\n'
    assert said.code == code
    assert said.err == ""
    assert script.sent == [("cancel_recipe", "")]


def test_what_an_answer_holds_never_reaches_the_terminal_as_codes(line: CommandLine, script: Script) -> None:
    script.answer("cancel_recipe", "warning", "\x1b[2J\u202eoops\x9b")
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert said.out.strip().isprintable()
    assert json.loads(said.out)["message"].endswith("\x9b")


def test_no_answer_in_time_is_unknown(line: CommandLine, script: Script) -> None:
    said = line("send", "cancel_recipe", "--yes", "--timeout", "0.1", *URL)
    assert said.code == 5
    reported = json.loads(said.out)
    assert (reported["result"], reported["code"]) == ("unknown", "no-answer-in-time")
    assert script.sent == [("cancel_recipe", "")]


def test_a_command_without_answer_is_reported_as_sent(line: CommandLine, script: Script) -> None:
    said = line("send", "sync_xovac_time", "--yes", *URL)
    assert said.code == 5, "without an answer nothing may look as if it had happened"
    reported = json.loads(said.out)
    assert (reported["result"], reported["code"]) == ("sent", "no-answer-documented")
    assert reported["message"] == UnknownReason(UnknownCode.NOT_DOCUMENTED).sentence
    ((name, payload),) = script.sent
    assert name == "sync_xovac_time"
    assert set(json.loads(payload)) == {"utcOffset", "epoch"}


def test_a_payload_is_checked_and_sent_as_json(line: CommandLine, script: Script) -> None:
    script.answer("load_recipe", "success")
    said = line("send", "load_recipe", '{"name": "x", "recipe": [[20, 60, 0.0]]}', "--yes", *URL)
    assert said.code == 0
    assert json.loads(script.sent[0][1]) == {"name": "x", "recipe": [[20.0, 60.0, 0.0]]}


def wrong_items(items: list[list[float]]) -> str:
    """Return what is wrong with the items of a recipe."""
    with pytest.raises(ContractError) as wrong:
        check_items(items)
    return str(wrong.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cancel_recip"], 'no command "cancel_recip", so it was not sent. Did you mean "cancel_recipe"?'),
        (["load_recipe", '{"name": "x", "recipe": [[1, 2'], "Not valid JSON at line 1, column"),
        (["load_recipe", "[1]"], "must be a JSON object"),
        (["load_recipe"], "load_recipe needs name"),
        (["load_recipe", '{"name": "x", "recipe": [[20, -1, 0]]}'], wrong_items([[20, -1, 0]])),
        (["load_recipe", '{"name": "x", "recipe": [[NaN, 1, 0]]}'], "NaN"),
        (["load_recipe", '{"nam": "x"}'], 'Did you mean "name"?'),
        (["cancel_recipe", '{"a": 1}'], "takes no payload"),
        (["cancel_recipe", "--raw", "{"], "Not valid JSON"),
        (["a\x1bb", "--raw"], "not printable"),
        (["cancel_recipe", "--timeout", "soon"], "--timeout"),
    ],
)
def test_what_is_wrong_is_reported_and_nothing_is_sent(
    line: CommandLine, script: Script, arguments: list[str], said: str
) -> None:
    found = line("send", *arguments, "--yes", *URL)
    assert found.code == 2
    assert said in found.err
    assert found.out == ""
    assert script.sent == []


def test_an_unknown_event_goes_out_raw(line: CommandLine, script: Script) -> None:
    said = line("send", "vent", '{"rate": 5}', "--raw", "--yes", *URL)
    assert said.code == 5
    assert script.sent == [("vent", '{"rate": 5}')]


def test_without_a_person_a_hazardous_command_needs_yes(line: CommandLine, script: Script) -> None:
    said = line("send", "cancel_recipe", *URL)
    assert said.code == 2
    assert "Add --yes" in said.err
    assert script.sent == []


def test_a_person_is_asked_and_shown_what_will_be_sent(
    line: CommandLine, script: Script, person: list[str]
) -> None:
    script.answer("cancel_recipe", "success")
    person.append("y")
    said = line("send", "cancel_recipe", *URL)
    assert said.code == 0
    assert "chamber.lab  http://chamber.lab:8080" in said.err
    assert "Sends    cancel_recipe ''" in said.err
    assert said.out == '{"result":"success","message":""}\n'


@pytest.mark.parametrize("answer", ["n", ""])
def test_a_person_may_say_no(line: CommandLine, script: Script, person: list[str], answer: str) -> None:
    person.append(answer)
    said = line("send", "cancel_recipe", *URL)
    assert said.code == 4
    assert "Nothing was sent." in said.err
    assert script.sent == []


@pytest.mark.parametrize(("answer", "sent"), [("chamber.lab", 1), ("y", 0), ("", 0), ("chamber", 0)])
def test_a_critical_command_wants_the_chambers_name(
    line: CommandLine, script: Script, person: list[str], answer: str, sent: int
) -> None:
    person.append(answer)
    said = line("send", "vent", "--raw", *URL)
    assert said.code == (5 if sent else 4)
    assert len(script.sent) == sent


def test_observe_refuses_before_it_asks_or_connects(line: CommandLine, script: Script) -> None:
    line.settings("[profiles.a]\nobserve = true\n")
    said = line("send", "cancel_recipe", "--yes")
    assert said.code == 4
    assert "observe only" in said.err
    assert line("--observe", "send", "cancel_recipe", "--yes", *URL).code == 4
    assert script.target is None
    script.answer("cancel_recipe", "success")
    assert line("--control", "send", "cancel_recipe", "--yes").code == 0


def test_no_connection_is_exit_6_after_the_first_failed_attempt(line: CommandLine, script: Script) -> None:
    script.statuses = [
        LinkView(LinkWord.CONNECTING, attempt=1),
        LinkView(LinkWord.CONNECTING, attempt=1, why="Off.", code=LinkCode.NOTHING_LISTENS),
    ]
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert (said.code, said.err) == (6, "Off. cancel_recipe was not sent. [connection-refused]\n")
    assert script.sent == []


def test_a_link_that_gives_up_is_exit_6(line: CommandLine, script: Script) -> None:
    script.statuses = [LinkView(LinkWord.OFFLINE, why="Off.", code=LinkCode.OTHER_FINGERPRINT)]
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert (said.code, said.err) == (6, "Off. cancel_recipe was not sent. [fingerprint-mismatch]\n")


def test_a_link_that_breaks_while_sending_is_reported(line: CommandLine, script: Script) -> None:
    lost = worded(LinkCode.OFFLINE, event="cancel_recipe", word=LinkWord.LOST).sentence
    script.emit_fails = lost
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert said.code == 4
    assert said.out == ""
    assert lost in said.err


def test_secrets_and_address_reach_the_link(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOVAC_AUTH", '{"token": "hunter2"}')
    script.answer("cancel_recipe", "success")
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert script.target is not None
    assert script.target.auth == {"token": "hunter2"}
    assert script.target.url == "http://chamber.lab:8080"
    assert "hunter2" not in said.out + said.err


def test_an_answer_that_is_no_json_is_still_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    entry = LedgerEntry(1, "x", "", "me", 0.0, 0.0, Outcome.ERROR, message="odd", answer="not json")
    assert sending.print_outcome(entry) == 4
    assert capsys.readouterr().out == '{"result":"error","message":"odd"}\n'


def test_interrupting_after_sending_says_that_the_outcome_is_unknown(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script.emitted, "set", lambda: signal.raise_signal(signal.SIGINT))
    said = line("send", "cancel_recipe", "--yes", "--timeout", "30", *URL)
    assert script.sent == [("cancel_recipe", "")]
    assert said.code not in (0, 3, 4, 6)
    assert "whether it happened is unknown" in said.err


def test_the_exit_code_is_the_devices_word_where_the_record_cannot_be_written(
    line: CommandLine, script: Script
) -> None:
    (line.home / "records").mkdir()
    for name in ("chamber.lab-8080", "chamber.lab"):
        (line.home / "records" / f"{name}.xovac.sqlite3").write_bytes(b"Not a database at all. " * 300)
    script.answer("cancel_recipe", "success")
    said = line("send", "cancel_recipe", "--yes", *URL)
    assert said.code == 0
    assert json.loads(said.out)["result"] == "success"
    path = line.home / "records" / "chamber.lab-8080.xovac.sqlite3"
    assert said.err.startswith(
        f"The outcome of cancel_recipe is success. What was done from here was {not_written(path)}"
    )


def test_a_recorder_that_could_not_write_all_says_so_by_its_exit_code(
    line: CommandLine, script: Script
) -> None:
    script.messages.append(("state", '{"t": 1}'))
    assert line("record", "--for", "2s", *URL).code == 0
    (record,) = (line.home / "records").glob("*.sqlite3")
    record.unlink()
    record.mkdir()
    said = line("record", "--for", "2s", *URL)
    assert not_written(record) in said.err
    assert said.code == 3
