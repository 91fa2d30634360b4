"""Every way in which forwarding fails has its sentence; other tests compare the `FailureCode`."""

from __future__ import annotations

import pytest

from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.view import SinkState, SinkView
from xovac_tui.forwarding.wording import failure_sentence, failure_word, lag, short_words, sink_sentence

S = SinkState
REFUSED = Failure(FailureCode.REFUSED)
CREDENTIALS = Failure(FailureCode.CREDENTIALS, "bad token", 401)


@pytest.mark.parametrize("code", FailureCode)
@pytest.mark.parametrize(("detail", "status"), [("", 0), ("disk full.", 500), ("a\nb\x1b[31m", 0)])
def test_each_failure_is_a_sentence(code: FailureCode, detail: str, status: int) -> None:
    said = failure_sentence(Failure(code, detail, status))
    assert said.isprintable()
    assert said[0].isupper()
    assert ".." not in said
    assert "()" not in said
    assert failure_word(Failure(code)).islower()


def test_only_a_status_of_http_stands_for_a_failure() -> None:
    assert failure_word(CREDENTIALS) == "401"
    assert failure_word(Failure(FailureCode.CREDENTIALS, "", 135)) == "credentials"
    assert failure_word(Failure(FailureCode.NOBODY, "", 16)) == "no subscriber"


def test_what_the_server_said_is_in_it() -> None:
    assert failure_sentence(CREDENTIALS) == (
        "It refuses the user, password or token (401, bad token). Correct them, or their rights."
    )
    assert failure_sentence(Failure(FailureCode.BUSY)) == "It takes no more for now."
    assert failure_sentence(Failure(FailureCode.MISSING, "mqtt")).endswith(
        'with `pip install "xovac-tui[mqtt]"`.'
    )


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (7_300, "2 h"), (200_000, "2 d")]
)
def test_a_lag_has_one_unit(seconds: float, said: str) -> None:
    assert lag(seconds) == said


@pytest.mark.parametrize(
    ("fields", "short", "sentence"),
    [
        ({"state": S.ON}, "", "lab: up to date."),
        ({"state": S.STARTING}, "", "lab: begins."),
        ({"state": S.ELSEWHERE}, "", "lab: forwarded by the process that records."),
        ({"state": S.OFF}, "", "lab: nothing is recorded here, so nothing is forwarded."),
        (
            {"state": S.BEHIND, "behind": 10_800.0, "rows": 21_600},
            "lab 3 h behind",
            "lab: 3 h behind, 21,600 events to send.",
        ),
        (
            {"state": S.WAITING, "failure": REFUSED, "behind": 90.0, "rows": 1},
            "lab: refused",
            "lab: Nothing listens at its address. Start the server, or correct `url`. "
            "2 min behind, 1 event to send, kept in the record.",
        ),
        (
            {"state": S.STOPPED, "failure": CREDENTIALS},
            "lab: 401",
            "lab: It refuses the user, password or token (401, bad token). Correct them, or their rights. "
            "It is tried again every 5 min.",
        ),
        (
            {"state": S.ON, "skipped": 1, "missed": 2_048},
            "",
            "lab: up to date. 1 row was not taken and left out; the log file says why. "
            "2,048 events were no longer in the record.",
        ),
    ],
)
def test_what_a_sink_does(fields: dict[str, object], short: str, sentence: str) -> None:
    view = SinkView(name="lab", kind="influx", **fields)  # type: ignore[arg-type]
    assert short_words(view) == short
    assert sink_sentence(view) == sentence


def test_each_sentence_about_a_sink_ends_before_the_next_begins() -> None:
    for code in FailureCode:
        view = SinkView(name="lab", kind="influx", state=S.STOPPED, failure=Failure(code, "why"), rows=3)
        assert ". It is tried again every 5 min. " in sink_sentence(view)
