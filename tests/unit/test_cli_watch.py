import json

import pytest

from tests.helpers.commandline import CommandLine, Script
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.api.payload import decode_arguments
from xovac_tui.cli.watch import as_json_line

URL = ("--url", "http://chamber.lab:8080")


def test_events_are_lines_and_link_changes_go_to_stderr(line: CommandLine, script: Script) -> None:
    line.settings('[display]\ntime = "utc"\n')
    script.messages = [("chamber_state", '{"p": 1.5}'), ("odd\x1b[31m", "\x07 text"), ("nothing", "")]
    said = line("watch", "--for", "1s", *URL)
    assert said.code == 0
    assert said.out.splitlines() == [
        '2023-11-14 22:13:20.250+00:00  in   message   chamber_state  {"p": 1.5}',
        "2023-11-14 22:13:20.250+00:00  in   message   odd␛[31m  ␇ text",
        "2023-11-14 22:13:20.250+00:00  in   message   nothing  ''",
    ]
    assert said.err.startswith("chamber.lab: ONLINE\n")
    assert script.sent == []


def test_json_is_one_object_a_line(line: CommandLine, script: Script) -> None:
    script.messages = [("chamber_state", {"p": 1.5}), ("cancel_recipe_ack", '{"result": "success"}')]
    reported = [json.loads(text) for text in line("watch", "--json", "--for", "1s", *URL).out.splitlines()]
    assert reported[0] == {
        "time": "2023-11-14T22:13:20.250+00:00",
        "direction": "in",
        "kind": "message",
        "name": "chamber_state",
        "form": "object",
        "payload": {"p": 1.5},
    }
    assert reported[1]["kind"] == "response"


@pytest.mark.parametrize(
    ("argument", "raw"),
    [('{"p": NaN}', '{"p": NaN}'), ("[no json", "[no json"), (b"\xff\x00", "0xff00"), ("[" * 9999, None)],
)
def test_what_json_cannot_say_is_kept_as_text(argument: object, raw: str | None) -> None:
    event = Event("x", decode_arguments(argument), Direction.IN, EventKind.MESSAGE, 0.0, 0.0)
    reported = json.loads(as_json_line(event))
    assert reported["payload"] is None
    assert reported["problem"]
    if raw is not None:
        assert reported["raw"] == raw


def test_no_listener_is_exit_6(line: CommandLine, script: Script) -> None:
    script.statuses = [LinkView(LinkWord.CONNECTING, attempt=1, why="Off.", code=LinkCode.NOTHING_LISTENS)]
    said = line("watch", "--for", "1s", *URL)
    assert said.code == 6
    assert "chamber.lab: CONNECTING. Off. [connection-refused]\n" in said.err
    assert said.err.endswith(" was not reached in 1 s. [not-reached-in-time]\n")


def test_a_link_that_gives_up_ends_it(line: CommandLine, script: Script) -> None:
    script.statuses = [LinkView(LinkWord.OFFLINE, why="Off.", code=LinkCode.OTHER_FINGERPRINT)]
    said = line("watch", *URL)
    assert said.code == 6
    assert said.err.endswith("Off. [fingerprint-mismatch]\n")
