"""Forwarding on the top line and in messages."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import RunState, RunView, Snapshot
from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.view import ForwardChanged, ForwardView, SinkState, SinkView
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.trust_bar import trust_line
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.message_words import forward_words

S = SinkState
DENIED = Failure(FailureCode.CREDENTIALS, status=401)
AWAY = Failure(FailureCode.REFUSED)


def sink(name: str, state: SinkState, failure: Failure | None = None, behind: float = 0.0) -> SinkView:
    return SinkView(name=name, kind="influx", state=state, failure=failure, behind=behind, rows=int(behind))


def bar(*sinks: SinkView, width: int = 120, glyphs: Glyphs = UNICODE) -> str:
    run = RunView(state=RunState.RUNNING, word="running", recipe="Bakeout and 4 cycles", step=4, steps=18)
    line = trust_line(
        Snapshot(utc=1.7e9, mono=100.0, link=LinkView(LinkWord.ONLINE, 1.7e9, 10.0, session=1), run=run),
        width,
        recorder=RecorderView(RecorderState.ON),
        name="chamber-with-a-long-name",
        mode="CONTROL",
        extra="",
        glyphs=glyphs,
        times=Times("utc"),
        paused=False,
        forward=ForwardView(sinks),
    )
    shown = "".join(text for text, _ in line)
    assert cell_len(shown) == width
    return shown


@pytest.mark.parametrize(
    ("sinks", "shown"),
    [
        ([sink("lab", S.ON), sink("bus", S.ON)], "FWD ●  "),
        ([sink("lab", S.ON), sink("bus", S.STARTING)], "FWD …  "),
        ([sink("lab", S.BEHIND, behind=10_800.0)], "FWD lab 3 h behind"),
        ([sink("lab", S.STOPPED, DENIED, 7_200.0)], "FWD lab: 401"),
        (
            [sink("a", S.BEHIND, behind=90.0), sink("b", S.WAITING, AWAY), sink("c", S.STOPPED, DENIED)],
            "FWD c: 401 +2",
        ),
        ([sink("lab", S.ELSEWHERE)], "FWD elsewhere"),
        ([sink("lab", S.OFF)], "FWD ○"),
    ],
)
def test_the_top_line_names_the_worst_sink(sinks: list[SinkView], shown: str) -> None:
    assert shown in bar(*sinks)


def test_without_sinks_nothing_is_said() -> None:
    assert "FWD" not in bar()


@pytest.mark.parametrize("width", [60, 80])
def test_what_fails_is_seen_in_a_narrow_terminal(width: int) -> None:
    shown = bar(sink("laboratory-west", S.STOPPED, DENIED), width=width)
    assert "FWD ○" in shown or "FWD laboratory-west: 401" in shown
    for part in ("● ONLINE", "▶ RUN 4/18", "REC ●"):
        assert part in shown


def test_an_ascii_terminal_gets_ascii() -> None:
    for one in (sink("läb", S.WAITING, AWAY), sink("lab", S.ON), sink("lab", S.STARTING), sink("lab", S.OFF)):
        assert bar(one, glyphs=ASCII).isascii()


def changed(now: SinkView, before: SinkView) -> ForwardChanged:
    return ForwardChanged(ForwardView((now,)), ForwardView((before,)))


def test_a_failure_is_reported_once_and_a_recovery_only_after_a_while() -> None:
    on, failing = sink("lab", S.ON), sink("lab", S.STOPPED, DENIED)
    said = forward_words(changed(failing, on))
    assert said is not None
    assert said.severity == "warning"
    assert "401" in said.said
    assert forward_words(changed(sink("lab", S.WAITING, AWAY), failing)) is None
    assert forward_words(changed(on, failing)) is None
    back = forward_words(changed(on, sink("lab", S.WAITING, AWAY, behind=600.0)))
    assert back is not None
    assert "lab" in back.said
