"""Rows of the Log: equal events in one row without reading the whole log; what changed comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from xovac_tui.api.contract import Contract, LeafSpec, MessageSpec, Role
from xovac_tui.api.event import Direction, EventKind, Form
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, chosen
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.filters import Filter, LogRows, parse_filter
from xovac_tui.recording.log import Log, Passes
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.log.changes import ChangedValues
from xovac_tui.ui.screens.log.groups import STRETCH, EqualEvents, LogGroups
from xovac_tui.ui.screens.log.view import row_name

CONTRACT = Contract(
    commands={},
    responses={},
    messages={
        "state": MessageSpec(
            "state",
            (
                LeafSpec(path="sensors.part", channel="part", unit="degC", pin=True),
                LeafSpec(path="p", channel="pressure", unit="mbar", log=True, pin=True),
                LeafSpec(path="mode", channel="mode", hide=True, role=Role.STATE),
                LeafSpec(path="time", channel="time", unit="ms", hide=True),
            ),
        )
    },
)


class FakeLog(Log):
    """Events made from their index, of which there are as many as wanted."""

    def __init__(self, total: int, make: Any) -> None:
        super().__init__()
        self._total, self._make, self.asked = total, make, 0

    @property
    def total(self) -> int:
        return self._total

    @property
    def first(self) -> int:
        return 0

    def __len__(self) -> int:
        return self._total

    def scan(
        self, start: int = 0, passes: Passes | None = None, *, whole: bool = False
    ) -> Iterator[LoggedEvent]:
        return (self._make(index) for index in range(start, self._total))

    def get(self, index: int) -> LoggedEvent | None:
        self.asked += 1
        made: LoggedEvent = self._make(index)
        return made


def event(index: int, name: str, value: Any, *, kind: EventKind = EventKind.MESSAGE) -> LoggedEvent:
    raw = value if isinstance(value, str) else json.dumps(value)
    form = Form.TEXT if isinstance(value, str) else Form.JSON
    way = Direction.OUT if kind is EventKind.COMMAND else Direction.IN
    return LoggedEvent(index, 1000.0 + index, float(index), way, kind, name, form, raw, "", len(raw))


def groups(events: list[LoggedEvent], wanted: str = "", *, each: bool = False) -> LogGroups:
    log = FakeLog(len(events), events.__getitem__)
    rows = LogRows(log, parse_filter(wanted) if wanted else Filter())
    rows.work(10.0)
    return LogGroups(rows, None if each else ChangedValues(CONTRACT, AS_REPORTED).sameness)


def test_equal_messages_are_one_row_and_only_clocks_may_differ() -> None:
    events = [
        event(0, "state", {"mode": "idle", "time": 1}),
        event(1, "tick", {"n": 1}),
        event(2, "state", {"mode": "idle", "time": 2}),
        event(3, "tick", {"n": 2}),
        event(4, "state", {"mode": "idle", "time": 3}),
        event(5, "state", {"mode": "running", "time": 4}),
        event(6, "stop", "", kind=EventKind.COMMAND),
        event(7, "stop", "", kind=EventKind.COMMAND),
        event(8, "state", {"mode": "idle", "time": 5}),
    ]
    found = groups(events).from_index(0, 100)
    assert found == [
        EqualEvents(0, 3, 4),
        EqualEvents(1),
        EqualEvents(3),
        EqualEvents(5),
        EqualEvents(6),
        EqualEvents(7),
        EqualEvents(8),
    ]
    assert groups(events, each=True).from_index(0, 100) == [EqualEvents(index) for index in range(9)]
    assert [one.first for one in groups(events, "name:tick").from_index(0, 100)] == [1, 3]
    # An event is found by the row that it is in, whichever of the equal ones it is.
    assert groups(events).group(4) == EqualEvents(0, 3, 4)


def test_a_million_events_are_moved_through_by_reading_a_few() -> None:
    log = FakeLog(1_000_000, lambda index: event(index, "state" if index % 2 else "tick", {"n": index // 2}))
    rows = LogGroups(LogRows(log), ChangedValues(CONTRACT, AS_REPORTED).sameness)
    newest = rows.newest()
    assert newest == EqualEvents(999_999)
    up = rows.moved(newest.first, -1000)
    assert up == EqualEvents(998_999)
    assert rows.moved(up.first, 1000) == newest
    assert rows.moved(newest.first, -1_000_000) == EqualEvents(0)
    assert rows.moved(0, 1_000_000) == newest
    assert log.asked < 20 * STRETCH


def test_a_million_equal_events_scroll_as_well() -> None:
    log = FakeLog(1_000_000, lambda index: event(index, "state", {"mode": "idle", "time": index}))
    rows = LogGroups(LogRows(log), ChangedValues(CONTRACT, AS_REPORTED).sameness)
    newest = rows.newest()
    assert newest is not None
    page = rows.moved(newest.first, -19)
    assert page is not None
    assert page.count == STRETCH
    assert len(rows.from_index(page.first, 20)) == 20
    assert log.asked <= 20 * STRETCH


def told(*values: Any, units: DisplayUnits = AS_REPORTED, name: str = "state") -> list[tuple[str, bool]]:
    """Return the row of the last of these messages."""
    events = [event(index, name, value) for index, value in enumerate(values)]
    log = FakeLog(len(events), events.__getitem__)
    found = ChangedValues(CONTRACT, units).values(log, events[-1])
    return [] if found is None else [(one.text, one.changed) for one in found]


def test_what_changed_comes_first_in_the_names_and_units_of_the_screen() -> None:
    before = {"time": 1, "mode": "idle", "p": 5.3e-6, "sensors": {"part": 60.1}}
    after = {"time": 2, "mode": "idle", "p": 5.3e-6, "sensors": {"part": -60.12}}
    *values, clock = told(before, after)
    assert values == [("part +60.1→−60.1", True), ("pressure 5.3e-06", False), ("mode idle", False)]
    assert clock[0].startswith("time ")
    assert not clock[1]
    assert told(before, after, units=chosen("K", "Pa"))[:2] == [
        ("part 333.25→213.03", True),
        ("pressure 5.3e-04", False),
    ]
    # The first of its name has nothing to be compared with; what is new in a later one has changed.
    assert not any(changed for _, changed in told(before))
    assert ("x 1", True) in told(before, before | {"x": 1})


def test_foreign_names_and_values_are_clean_and_what_is_no_object_is_shown_as_it_came() -> None:
    assert told({"a": {"v": 1}, "b": {"v": "\x1b[2J"}}, name="other") == [
        ("a.v 1", False),
        ("b.v ␛[2J", False),
    ]
    assert told([1, 2]) == []
    assert told("text") == []
    assert told({"x": "y" * 30_000}) == []


def test_the_number_of_equal_events_is_not_cut_with_their_name() -> None:
    one = LoggedEvent(0, 0.0, 0.0, Direction.IN, EventKind.MESSAGE, "recipe_state", Form.JSON, "{}", "", 2)
    assert row_name(one, 12, UNICODE, 13) == "recipe_s… ×12"
    assert row_name(one, 1, UNICODE, 13) == "recipe_state"
