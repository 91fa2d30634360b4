"""Faults: how they are asked for, when they begin and end."""

from __future__ import annotations

import pytest

from xovac_tui.errors import SettingsError
from xovac_tui.simulator.faults import Fault, FaultBoard, FaultPlan, parse_fault


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("leak", FaultPlan(Fault.LEAK)),
        ("leak@30", FaultPlan(Fault.LEAK, 30.0)),
        ("leak:10", FaultPlan(Fault.LEAK, 0.0, 10.0)),
        ("drop_link@1.5s:0.5s", FaultPlan(Fault.DROP_LINK, 1.5, 0.5)),
    ],
)
def test_a_fault_on_the_command_line(text: str, plan: FaultPlan) -> None:
    assert parse_fault(text) == plan


@pytest.mark.parametrize(
    "text", ["", "fire", "leak@", "leak@x", "leak:-1", "leak:nan", "leak@inf", "leak@1:"]
)
def test_a_bad_fault_names_itself(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_fault(text)
    assert text.partition("@")[0].partition(":")[0] in str(refused.value)


def test_a_plan_begins_and_ends_in_its_time() -> None:
    board = FaultBoard([parse_fault("leak@10:5"), parse_fault("hot_tec@12")])
    seen = {}
    for now in (0.0, 9.9, 10.0, 12.0, 14.9, 15.0, 1e6):
        board.tick(now)
        seen[now] = board.active()
    assert seen == {
        0.0: (),
        9.9: (),
        10.0: (Fault.LEAK,),
        12.0: (Fault.LEAK, Fault.HOT_TEC),
        14.9: (Fault.LEAK, Fault.HOT_TEC),
        15.0: (Fault.HOT_TEC,),
        1e6: (Fault.HOT_TEC,),
    }


def test_each_fault_can_be_turned_off() -> None:
    board = FaultBoard()
    for fault in Fault:
        board.begin(fault, 0.0)
    board.tick(1e9)
    assert board.active() == tuple(Fault)
    for fault in Fault:
        board.end(fault)
        board.end(fault)
    assert board.active() == ()
