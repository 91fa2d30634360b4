"""What is known of all chambers at one moment: states, ages, order, troubles."""

from __future__ import annotations

import pytest

from tests.helpers.fleet import RUNNING, UTC, alarm, plate, pressure, report, row, source_view
from xovac_tui.chamber.alarm import Severity
from xovac_tui.fleet.overview import (
    MOST_CHAMBERS,
    FleetBoard,
    RowState,
    Trouble,
    worst_first,
)
from xovac_tui.forwarding.reports import SILENT, Presence, ReportFault, SourceState
from xovac_tui.forwarding.summary import SinkSummary


def test_ages_count_from_the_arrival_by_the_viewers_own_clock() -> None:
    # The summary says half a second, its clock is an hour off, and it came seven seconds ago.
    one = row(at=107.0, of={"utc": UTC + 3600.0}, clock_ahead=3600.0)
    assert one.state is RowState.ONLINE
    assert one.age == one.data_age == 7.5
    assert one.readings[0].age == 7.5
    assert one.clock_ahead == 3600.0
    assert one.trouble is Trouble.MINOR
    assert row(clock_ahead=-4.9).clock_ahead is None


def test_what_was_kept_by_a_broker_is_as_old_as_it_was() -> None:
    one = row(age=4.0)
    assert one.live
    assert one.data_age == 4.5
    assert row(age=3600.0).state is RowState.SILENT


@pytest.mark.parametrize("word", ["STALE", "LOST", "CONNECTING", "OFFLINE"])
def test_only_online_is_live(word: str) -> None:
    one = row(of={"link": word, "newest_age": 60.0})
    assert one.state.value == word
    assert not one.live
    assert all(reading.old for reading in one.readings)
    assert one.ends is None
    assert one.age == (60.0 if word == "STALE" else 600.0)


def test_a_recorder_that_is_gone_is_gone_however_fresh_its_last_words_are() -> None:
    one = row(at=101.0, presence=Presence.GONE, gone_for=7200.0, of=RUNNING)
    assert (one.state, one.live, one.age) == (RowState.GONE, False, 7201.0)
    assert one.trouble is Trouble.GONE
    assert one.alarms == ()
    # Its last words are not younger than its end.
    assert one.data_age == 7201.0


def test_a_chamber_of_which_nothing_comes_any_more_is_silent_and_at_once_where_its_source_is_lost() -> None:
    assert row(at=100.0 + SILENT).live
    assert row(at=100.1 + SILENT).state is RowState.SILENT
    assert row(at=104.0, lost=True).state is RowState.SILENT
    assert row(at=102.0, lost=True).live
    # It says that it is there, and no state comes.
    assert row(at=113.0, heard=112.0).state is RowState.SILENT


def test_unknown_is_unknown() -> None:
    assert row(summary=None).state is RowState.UNKNOWN
    assert row(of={"link": "BETTER THAN EVER"}).state is RowState.UNKNOWN
    assert row(fault=ReportFault.UNREADABLE).state is RowState.UNREADABLE
    assert not row(of={"link": "BETTER THAN EVER"}).live


def test_an_alarm_of_a_state_or_severity_that_is_not_known_here_waits_and_is_loud() -> None:
    one = row(of={"alarms": (alarm(severity="apocalyptic", state="howling"),)}).alarms[0]
    assert one.waits
    assert one.severity is Severity.HIGH


def test_alarms_are_of_now_while_the_recorder_evaluates_though_the_link_is_lost() -> None:
    assert not row(of={"link": "LOST", "alarms": (alarm(),)}).alarms[0].old
    assert row(presence=Presence.GONE, of={"alarms": (alarm(),)}).alarms[0].old


def test_the_order_is_fixed_and_numbers_count_by_their_value() -> None:
    board = FleetBoard()
    names = ["bench-10", "bench-9", "Bench-2", "²", "x" + "9" * 30, "a"]
    board.take(0, [report(name) for name in names])
    assert [one.chamber for one in board.view(100.0).rows] == [
        "a",
        "Bench-2",
        "bench-9",
        "bench-10",
        names[4],
        "²",
    ]


def test_worst_first_and_troubled_only() -> None:
    board = FleetBoard()
    board.take(
        0,
        [
            report("a"),
            report("b", of={"link": "STALE"}),
            report("c", of={"alarms": (alarm(),)}),
            report("d", presence=Presence.GONE),
            report("e", of={"alarms": (alarm(severity="critical"),)}),
            report("f", of={"alarms": (alarm(state="acknowledged"),)}),
            report("g", of={"sinks": (SinkSummary(name="influx", state="waiting", behind=9.0),)}),
            report("h", of={"recorder": "failing"}),
            report("i", of={"link": "LOST"}),
        ],
    )
    view = board.view(100.0)
    assert "".join(one.name for one in worst_first(view.rows)) == "ecdibfgha"
    assert "".join(one.name for one in view.troubled) == "bcdefghi"
    assert view.waiting == 2
    assert [one.chamber for one in view.alarms] == ["e", "c", "f"]


def test_chambers_of_one_name_are_told_apart_by_their_site() -> None:
    board = FleetBoard()
    board.take(0, [report("bench", site="lab"), report("bench", site=""), report("other", site="lab")])
    assert [one.name for one in board.view(100.0).rows] == ["?/bench", "lab/bench", "other"]


def test_of_two_sources_the_one_that_knows_more_is_shown() -> None:
    board = FleetBoard()
    board.take(0, [report(presence=Presence.GONE, arrived=100.0)])
    board.take(1, [report(arrived=95.0)])
    lost = [source_view(), source_view(SourceState.LOST)]
    assert board.view(100.0).rows[0].live
    assert board.view(100.0, lost).rows[0].state is RowState.SILENT


def test_chambers_beyond_what_there_is_room_for_are_counted() -> None:
    board = FleetBoard()
    board.take(0, [report(f"c{number}") for number in range(MOST_CHAMBERS + 3)])
    view = board.view(100.0)
    assert (len(view.rows), view.left_out) == (MOST_CHAMBERS, 3)
    board.take(0, [report("c501"), report("c502")])
    assert board.view(100.0).left_out == 3
    assert board.view(100.0 + SILENT + 1).left_out == 0


def test_a_chamber_that_reports_takes_the_place_of_a_silent_one() -> None:
    board = FleetBoard()
    board.take(0, [report(f"c{number}") for number in range(MOST_CHAMBERS)])
    later = 100.0 + SILENT + 1
    board.take(0, [report("c0", arrived=later), report("late", arrived=later)])
    view = board.view(later)
    assert len(view.rows) == MOST_CHAMBERS
    assert {"c0", "late"} <= {one.chamber for one in view.rows}
    assert view.left_out == 0


def test_the_controlled_temperature_has_its_target_and_a_stale_channel_is_old() -> None:
    one = row(
        of={**RUNNING, "target": 253.15, "target_unit": "K", "channels": (pressure(quality="stale"), plate())}
    )
    assert [reading.channel.name for reading in one.readings] == ["plate", "p"]
    assert one.readings[0].target == pytest.approx(-20.0)
    assert (one.readings[0].old, one.readings[1].old) == (False, True)
    assert one.readings[1].log
    assert one.ends == UTC + 5_400.0


def test_the_end_of_a_run_is_by_this_clock() -> None:
    assert row(of=RUNNING, clock_ahead=60.0).ends == UTC + 5_340.0


def test_a_chamber_is_found_by_its_alarm_recipe_and_name() -> None:
    one = row(of={**RUNNING, "alarms": (alarm(),)})
    assert one.has("SHROUD cycles")
    assert one.has("bench")
    assert not one.has("bench pump")


def test_no_two_rows_are_called_the_same_whatever_the_names() -> None:
    board = FleetBoard()
    board.take(0, [report("s1/b", site="x"), report("b", site="s1"), report("b", site="s2")])
    names = {(one.site, one.chamber): one.name for one in board.view(100.0).rows}
    assert len(set(names.values())) == 3
    board.take(0, [report("b", site="s1", arrived=101.0)])
    assert names == {(one.site, one.chamber): one.name for one in board.view(101.0).rows}
