"""The steps of the terminal's size, and what the bars keep in a narrow one."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmState, AlarmsView, AlarmView, Severity
from xovac_tui.chamber.snapshot import RunState, RunView, Snapshot
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import tab_line
from xovac_tui.ui.frame.trust_bar import trust_line
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.sizes import SizeStep, step_classes, step_of

TABS = [("status", "1", "Status"), ("controls", "2", "Controls"), ("recipes", "3", "Recipes")]
TABS += [("log", "4", "Log"), ("alarms", "5", "Alarms"), ("runs", "6", "Runs")]


@pytest.mark.parametrize(
    ("size", "step"),
    [
        ((59, 50), SizeStep.NOTICE),
        ((200, 15), SizeStep.NOTICE),
        ((60, 16), SizeStep.LEAST),
        ((79, 40), SizeStep.LEAST),
        ((80, 20), SizeStep.LOW),
        ((80, 23), SizeStep.SHORT),
        ((80, 24), SizeStep.USUAL),
        ((200, 35), SizeStep.USUAL),
        ((120, 36), SizeStep.FULL),
    ],
)
def test_a_step_needs_its_columns_and_its_rows(size: tuple[int, int], step: SizeStep) -> None:
    assert step_of(*size) is step


def test_a_screen_has_the_class_of_each_step_that_it_does_not_reach() -> None:
    assert not any(step_classes(SizeStep.FULL).values())
    missed = {name for name, has in step_classes(SizeStep.SHORT).items() if has}
    assert missed == {"-below-usual", "-below-full"}
    assert all(step_classes(SizeStep.LEAST).values())


def trust(width: int, name: str = "chamber-with-a-long-name", shelved: tuple[Severity, ...] = ()) -> str:
    alarm = AlarmView(
        rule="r", severity=Severity.HIGH, state=AlarmState.UNACKNOWLEDGED, active=True, text="Too hot"
    )
    run = RunView(state=RunState.RUNNING, word="running", recipe="Bakeout and 4 cycles", step=4, steps=18)
    link = LinkView(LinkWord.ONLINE, 1.7e9, 10.0, session=1, rtt=0.003)
    snapshot = Snapshot(utc=1.7e9, mono=100.0, link=link, newest_age=0.4, run=run, clock_offset=0.2)
    line = trust_line(
        snapshot,
        width,
        recorder=RecorderView(RecorderState.ON),
        name=name,
        mode="CONTROL",
        extra="DEMO ×60",
        glyphs=UNICODE,
        times=Times("utc"),
        paused=False,
        alarms=AlarmsView(alarms=(alarm,), shelved=shelved),
    )
    shown = "".join(text for text, _ in line)
    assert cell_len(shown) == width
    return shown


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_link_run_alarms_recorder_and_clock_are_on_the_trust_bar_at_every_width(width: int) -> None:
    shown = trust(width)
    for part in ("● ONLINE", "▶ RUN 4/18", "⚠ 1 HIGH", "REC ●", "22:13"):
        assert part in shown
    assert "chamber" in shown
    assert ("rtt" in shown) is (width == 160)
    assert ("Bakeout and 4 cycles" in shown) is (width >= 120)


def test_what_matters_least_leaves_the_trust_bar_first() -> None:
    parts = ("ONLINE", "RUN 4/18", "1 HIGH", "REC", "DEMO", "22:13", "CONTROL")
    gone: list[str] = []
    for width in range(120, 30, -1):
        shown = trust(width)
        gone += [part for part in parts if part not in shown and part not in gone]
    assert gone[:4] == ["CONTROL", "DEMO", "22:13", "REC"]
    assert "ONLINE" not in gone


@pytest.mark.parametrize("active", ["status", "runs"])
@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 160])
def test_every_tab_keeps_its_key_and_its_place_under_the_pointer(width: int, active: str) -> None:
    line, ends = tab_line(TABS, active, width)
    shown = "".join(text for text, _ in line)
    assert cell_len(shown.rstrip()) <= width
    begin = 0
    for (tab, key, title), (end, named) in zip(TABS, ends, strict=True):
        assert tab == named
        assert key in shown[begin:end]
        assert title in shown[begin:end] or (tab != active and width < 60)
        begin = end


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_count_behind_a_title_stays_where_the_title_is_cut(width: int) -> None:
    line, ends = tab_line(TABS, "status", width, {"alarms": "●12", "log": ""})
    shown = "".join(text for text, _ in line)
    assert cell_len(shown.rstrip()) <= width
    begin, end = (next(end for end, tab in ends if tab == name) for name in ("log", "alarms"))
    assert shown[begin:end].strip().endswith("●12")
    assert shown.count("●") == 1


@pytest.mark.parametrize(("width", "said"), [(60, "1 SHLVD"), (80, "1 shelved"), (160, "1 HIGH shelved")])
def test_a_loud_shelved_alarm_stays_on_the_trust_bar_beside_all_that_counts(width: int, said: str) -> None:
    shown = trust(width, shelved=(Severity.HIGH, Severity.LOW))
    for part in ("● ONLINE", "▶ RUN 4/18", "⚠ 1 HIGH", "REC ●", said):
        assert part in shown
    assert "HIGH shelved" not in trust(160, shelved=(Severity.MEDIUM,))
