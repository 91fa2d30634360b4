"""The lines of the fleet at several widths: nothing that is old looks live, and nothing breaks a line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.fleet import RUNNING, UTC, alarm, plate, pressure, report, row, source_view
from xovac_tui.displayunits import AS_REPORTED, chosen
from xovac_tui.fleet.overview import FleetBoard, FleetRow
from xovac_tui.forwarding.reports import Presence, SourceState
from xovac_tui.forwarding.summary import SinkSummary
from xovac_tui.ui.fleet.lines import (
    FleetLooks,
    chamber_lines,
    fleet_alarm_line,
    head_line,
    names_of,
)
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.widgets.lines import Line

LOOKS = FleetLooks(UNICODE, AS_REPORTED, Times("utc"))
PLAIN = FleetLooks(ASCII, AS_REPORTED, Times("utc"))
WIDTHS = (60, 80, 120, 160)


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def drawn(one: FleetRow, width: int = 120, looks: FleetLooks = LOOKS) -> tuple[str, str]:
    name = names_of([one], width, looks)[one.name]
    first, second = chamber_lines(one, name, width, looks, chosen=False, focused=True)
    assert cell_len(text(first)) <= width
    assert cell_len(text(second)) <= width
    return text(first), text(second)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_with_its_values_target_and_end(width: int) -> None:
    whole = " ".join(drawn(row(of=RUNNING), width))
    for words in ("ONLINE 1 s", "step 5/9 hold", "−20.1 °C (−20.0)", "8.1e-06 mbar"):
        assert words in whole
    assert (f"ends {Times('utc').short(UTC + 5_400.0)}" in whole) == (width >= 80)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"of": {**RUNNING, "link": "LOST", "run": "UNKNOWN"}}, "LOST 10 min"),
        ({"of": {**RUNNING, "link": "STALE", "newest_age": 8.0}}, "STALE 8 s"),
        ({"presence": Presence.GONE, "gone_for": 7_200.0, "of": RUNNING}, "RECORDER GONE 2 h"),
        ({"age": 60.0, "of": RUNNING}, "NO REPORT 1 min"),
    ],
    ids=["lost", "stale", "gone", "silent"],
)
def test_what_is_old_is_in_brackets_and_says_so_first(width: int, more: dict[str, Any], word: str) -> None:
    first, second = drawn(row(**more), width)
    assert word in first
    assert "(−20.1 °C)" in first + second
    assert "(8.1e-06 mbar)" in first + second
    assert "(−20.0)" not in first + second
    assert "ends" not in first + second
    assert "ONLINE" not in first


def test_a_stale_channel_of_a_live_chamber_has_its_own_age() -> None:
    whole = " ".join(drawn(row(of={"channels": (plate(quality="stale", age=40.0), pressure())})))
    assert "(−20.1 °C) 41 s" in whole or "(−20.1 °C) 40 s" in whole
    assert "p 8.1e-06 mbar" in whole


@pytest.mark.parametrize("width", WIDTHS)
def test_the_worst_alarm_is_seen_however_long_the_values_are(width: int) -> None:
    channels = (plate(), pressure(), *(plate(full_name=f"s.{n}", label="x" * 30) for n in range(9)))
    first, second = drawn(
        row(of={"channels": channels, "alarms": (alarm(), alarm("b", severity="low"))}), width
    )
    assert first[1] == "!"
    assert "▲  HIGH +1 " in second


def test_services_clocks_and_units() -> None:
    sink = SinkSummary(name="influx", state="waiting", behind=10_800.0)
    first, second = drawn(row(of={"sinks": (sink,), "recorder": "failing"}, clock_ahead=-61.0), 80)
    assert "REC ✖ failing" in first
    assert "FWD influx 3 h behind" in first
    assert "clock 1 min behind" in second
    looks = FleetLooks(UNICODE, chosen("K", "Pa"), Times("utc"))
    whole = " ".join(drawn(row(of=RUNNING), looks=looks))
    assert "253.05 K" in whole or "253.1 K" in whole or "253.0 K" in whole
    assert "8.1e-04 Pa" in whole


def test_alarms_that_nobody_evaluates_are_said_to_be_unknown_ones() -> None:
    assert "not evaluated" in drawn(row(of={"alarms": None}), 80)[1]
    assert "not evaluated" not in drawn(row(of={"alarms": ()}), 80)[1]


def test_names_that_are_cut_stay_distinct() -> None:
    board = FleetBoard()
    middle = [f"bench-{'x' * 60}{letter}{'x' * 60}-1" for letter in "abc"]
    board.take(0, [report(name) for name in [*middle, "b"]])
    rows = board.view(100.0).rows
    for width in WIDTHS:
        names = names_of(rows, width, LOOKS)
        assert len(set(names.values())) == 4
        assert len({cell_len(name) for name in names.values()}) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_the_head_counts_and_says_which_bus_is_lost(width: int) -> None:
    board = FleetBoard()
    board.take(0, [report("a", of={"alarms": (alarm(),)}), report("b")])
    view = board.view(100.0)
    lost = source_view(SourceState.LOST)
    line = text(head_line(view, [lost], "03:12", width, LOOKS, mono=100.0))
    assert cell_len(line) == width
    assert "2 chambers" in line
    assert "1 alarm unack" in line
    assert line.endswith("03:12 ")
    # However narrow it is: a bus that is lost is seen.
    assert "✖ LOST bus la" in line


WILD = st.text(max_size=300) | st.sampled_from(
    ["\x1b[2J", "\u202e", "a\nb", "表" * 90, "e\u0301\u0301\u0301\u0301"]
)


@given(WILD, WILD, WILD, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(WIDTHS))
def test_no_text_or_number_breaks_a_line(name: str, words: str, unit: str, value: float, width: int) -> None:
    one = row(
        name,
        of={
            **RUNNING,
            "recipe": words,
            "label": words,
            "host": words,
            "step": 10**15,
            "target": value,
            "channels": (plate(value, label=words, unit=unit), pressure(value)),
            "alarms": (alarm(words, text=words, state=words),),
            "sinks": (SinkSummary(name=words, state=words, behind=abs(value)),),
        },
    )
    for looks in (LOOKS, PLAIN):
        names = names_of([one], width, looks)
        lines = [
            *chamber_lines(one, names[one.name], width, looks, chosen=True, focused=True),
            fleet_alarm_line(one.alarms[0], names[one.name], width, looks),
        ]
        for line in lines:
            assert cell_len(text(line)) <= width
            assert text(line).isprintable()
            assert looks is LOOKS or text(line).isascii()
