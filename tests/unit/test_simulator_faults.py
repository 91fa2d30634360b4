"""Faults: how they are asked for, when they begin and end."""

from __future__ import annotations

import pytest

from xovac_tui.errors import SettingsError
from xovac_tui.simulator.faults import FaultBoard, FaultPlan, SimulatedFault, parse_fault


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("leak", FaultPlan(SimulatedFault.LEAK)),
        ("leak@30", FaultPlan(SimulatedFault.LEAK, 30.0)),
        ("leak:10", FaultPlan(SimulatedFault.LEAK, 0.0, 10.0)),
        ("drop_link@1.5s:0.5s", FaultPlan(SimulatedFault.DROP_LINK, 1.5, 0.5)),
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
        10.0: (SimulatedFault.LEAK,),
        12.0: (SimulatedFault.LEAK, SimulatedFault.HOT_TEC),
        14.9: (SimulatedFault.LEAK, SimulatedFault.HOT_TEC),
        15.0: (SimulatedFault.HOT_TEC,),
        1e6: (SimulatedFault.HOT_TEC,),
    }


def test_each_fault_can_be_turned_off() -> None:
    board = FaultBoard()
    for fault in SimulatedFault:
        board.begin(fault, 0.0)
    board.tick(1e9)
    assert board.active() == tuple(SimulatedFault)
    for fault in SimulatedFault:
        board.end(fault)
        board.end(fault)
    assert board.active() == ()
