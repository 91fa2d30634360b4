"""The step machine that forwards to one sink: back-off, halving, cursors."""

from __future__ import annotations

from collections.abc import Callable, Container

import pytest

from tests.helpers.forwarded import AWAY, BAD, WRONG, MemorySink, rows_of
from xovac_tui.errors import XovacError
from xovac_tui.forwarding.batch import Batch, ChannelRow, EventRow, LogRow, RowKey
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.forwarder import IDLE, LONGEST_WAIT, MOST_ASKED, PROBE, Forwarder
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.view import SETTINGS_WAIT, SinkState, SinkView


class Rows:
    """A record with events of one channel and some marks; new channels and runs come once."""

    def __init__(self, events: int = 0, marks: int = 0) -> None:
        self.events, self.marks = events, marks
        self.broken: Container[Part] = ()
        self._told: set[str] = set()

    def next(self, part: Part, cursor: int, most: int) -> Batch | None:
        if part in self.broken:
            raise XovacError("The record is damaged.")
        total = self.after(part)
        if cursor >= total:
            return None
        after = min(total, cursor + most)
        numbers = range(cursor, after)
        if part is Part.EVENTS:
            rows = [EventRow(RowKey("s", part, n), n, "state", [("t", 1.0)], []) for n in numbers]
            channels = () if "t" in self._told else (ChannelRow("state.t", "T", "K"),)
            self._told.add("t")
            return Batch(part, cursor, after, events=rows, channels=channels)
        log = [LogRow(RowKey("s", part, n), n, "note", "", "note", "", "") for n in numbers]
        return Batch(part, cursor, after, log=log)

    def after(self, part: Part) -> int:
        return {Part.EVENTS: self.events, Part.MARKS: self.marks}.get(part, 0)

    def waiting_since(self, cursor: int) -> float | None:
        return None if cursor >= self.events else float(cursor)

    def forget_sent(self) -> None:
        self._told.clear()


class Bench:
    """A forwarder, with its cursors as a record would keep them."""

    def __init__(self, rows: Rows, sink: MemorySink, jitter: float = 1.0) -> None:
        self.rows, self.sink = rows, sink
        self.cursors: dict[Part, int] = {}
        self.forwarder = Forwarder(
            SinkView(name="lab", kind="influx"),
            rows,
            sink,
            {},
            self.cursors.__setitem__,
            jitter=lambda: jitter,
        )

    def turns(self, most: int = 1_000, *, until: Callable[[float], bool] = lambda wait: wait > 0) -> float:
        for _ in range(most):
            wait = self.forwarder.turn(1_000.0)
            if until(wait):
                return wait
        raise AssertionError("it never rests")

    @property
    def view(self) -> SinkView:
        return self.forwarder.view


def always(error: SinkError) -> Callable[[Batch], None]:
    def fails(_batch: Batch) -> None:
        raise error

    return fails


def bad_rows(*numbers: int, part: Part = Part.EVENTS) -> Callable[[Batch], None]:
    def fails(batch: Batch) -> None:
        if any(row.key.part is part and row.key.number in numbers for row in rows_of(batch)):
            raise BAD

    return fails


def test_everything_is_sent_in_order_and_cursors_follow() -> None:
    bench = Bench(Rows(events=250, marks=3), MemorySink(most=100))
    assert bench.turns() == IDLE
    assert [row.key.number for row in bench.sink.stored.values() if row.key.part is Part.EVENTS] == [
        *range(250)
    ]
    assert bench.cursors == {Part.EVENTS: 250, Part.MARKS: 3}
    assert (bench.view.state, bench.view.sent, bench.view.rows) == (SinkState.ON, 253, 0)


def test_a_server_that_is_away_is_tried_after_1_s_doubled_to_5_min() -> None:
    bench = Bench(Rows(events=5), MemorySink())
    bench.sink.fails = always(AWAY)
    waits = [bench.forwarder.turn(1_000.0) for _ in range(12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert not bench.cursors
    assert bench.sink.opened == bench.sink.closed == 12
    assert (bench.view.state, bench.view.failure) == (SinkState.WAITING, AWAY.failure)
    bench.sink.fails = lambda _batch: None
    bench.turns()
    assert bench.view.failure is None
    bench.rows.events += 1
    bench.sink.fails = always(AWAY)
    assert bench.forwarder.turn(1_000.0) == 1.0, "it begins anew after a success"


def test_recorders_do_not_come_back_at_one_moment() -> None:
    waits = []
    for jitter in (0.0, 0.5, 1.0):
        bench = Bench(Rows(events=5), MemorySink(), jitter)
        bench.sink.fails = always(AWAY)
        waits.append([bench.forwarder.turn(1_000.0) for _ in range(4)][-1])
    assert waits == [6.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("asked", "waits"), [(None, 1.0), (0.0, 1.0), (17.0, 17.0), (700.0, 700.0), (1e9, MOST_ASKED)]
)
def test_a_server_that_asks_to_be_left_alone_is(asked: float | None, waits: float) -> None:
    bench = Bench(Rows(events=5), MemorySink())
    bench.sink.fails = always(SinkError(Failure(FailureCode.BUSY, status=429), SinkRemedy.WAIT, asked))
    assert bench.forwarder.turn(1_000.0) == waits


def test_wrong_settings_are_tried_every_5_min() -> None:
    bench = Bench(Rows(events=5), MemorySink())
    bench.sink.fails = always(WRONG)
    assert [bench.forwarder.turn(1_000.0) for _ in range(3)] == [SETTINGS_WAIT] * 3
    assert bench.view.state is SinkState.STOPPED
    assert not bench.cursors


def test_one_bad_row_is_left_out_and_everything_else_arrives() -> None:
    bench = Bench(Rows(events=250), MemorySink(most=100))
    bench.sink.fails = bad_rows(137)
    bench.turns()
    kept = {row.key.number for row in bench.sink.stored.values()}
    assert kept == set(range(250)) - {137}
    assert (bench.view.skipped, bench.view.sent) == (1, 249)
    assert bench.cursors[Part.EVENTS] == 250
    assert bench.sink.tried == 1
    assert max(bench.sink.sizes[-1:]) > 1, "batches grow again"
    assert len(bench.sink.sizes) < 40


def test_a_bad_row_of_the_log_does_not_hold_the_readings_up() -> None:
    bench = Bench(Rows(events=40, marks=9), MemorySink(most=16))
    bench.sink.fails = bad_rows(4, 5, part=Part.MARKS)
    bench.turns()
    assert bench.cursors == {Part.EVENTS: 40, Part.MARKS: 9}
    assert len(bench.sink.stored) == 47
    assert bench.view.skipped == 2


def test_a_server_that_refuses_everything_leaves_no_row_out() -> None:
    bench = Bench(Rows(events=50), MemorySink())
    bench.sink.fails, bench.sink.trial_fails = always(BAD), BAD
    assert bench.turns() == SETTINGS_WAIT
    assert (bench.view.state, bench.view.skipped) == (SinkState.STOPPED, 0)
    assert not bench.cursors
    bench.sink.fails, bench.sink.trial_fails = (lambda _batch: None), None
    bench.turns()
    assert len(bench.sink.stored) == 50


def test_a_server_that_goes_away_while_a_bad_row_is_sought_loses_none() -> None:
    bench = Bench(Rows(events=50), MemorySink())
    bench.sink.fails, bench.sink.trial_fails = bad_rows(7), AWAY
    assert bench.turns() == 1.0
    assert (bench.view.state, bench.view.skipped) == (SinkState.WAITING, 0)
    bench.sink.trial_fails = None
    bench.turns()
    assert len(bench.sink.stored) == 49


def test_names_of_channels_arrive_also_where_a_batch_had_to_be_halved() -> None:
    bench = Bench(Rows(events=64), MemorySink())
    bench.sink.fails = bad_rows(0)
    bench.turns()
    assert bench.sink.channels == {"state.t": "T"}


def test_a_name_that_is_not_taken_costs_no_reading() -> None:
    bench = Bench(Rows(events=8), MemorySink())

    def fails(batch: Batch) -> None:
        if batch.channels:
            raise BAD

    bench.sink.fails = fails
    bench.turns()
    assert len(bench.sink.stored) == 8
    assert bench.view.skipped == 0


def test_what_was_stored_before_the_answer_was_lost_is_sent_again_with_its_key() -> None:
    bench = Bench(Rows(events=20), MemorySink())

    def stored_then_lost(batch: Batch) -> None:
        bench.sink.store(batch)
        bench.sink.fails = lambda _batch: None
        raise SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)

    bench.sink.fails = stored_then_lost
    assert bench.turns() == 1.0
    assert not bench.cursors
    bench.turns()
    assert (len(bench.sink.stored), bench.sink.resent) == (20, 20)


@pytest.mark.parametrize(("theirs", "first"), [(30, 30), (0, 0), (70, 50), (900, 50)])
def test_it_goes_on_where_record_or_store_knows_of_less(theirs: int, first: int) -> None:
    bench = Bench(Rows(events=100), MemorySink())
    bench.sink.begins = {Part.EVENTS: theirs}
    forwarder = Forwarder(
        SinkView(name="lab", kind="influx"),
        bench.rows,
        bench.sink,
        {Part.EVENTS: 50},
        bench.cursors.__setitem__,
    )
    forwarder.turn(1_000.0)
    assert min(row.key.number for row in bench.sink.stored.values()) == first


def test_a_cursor_behind_the_end_of_a_restored_record_misses_nothing_new() -> None:
    bench = Bench(Rows(events=10), MemorySink())
    forwarder = Forwarder(
        SinkView(name="lab", kind="influx"), bench.rows, bench.sink, {Part.EVENTS: 500}, lambda *_: None
    )
    forwarder.turn(1_000.0)
    bench.rows.events = 14
    forwarder.turn(1_001.0)
    assert [row.key.number for row in bench.sink.stored.values()] == [10, 11, 12, 13]


def test_how_far_behind_it_is() -> None:
    bench = Bench(Rows(events=900), MemorySink())
    bench.sink.fails = always(AWAY)
    bench.forwarder.turn(1_000.0)
    assert (bench.view.behind, bench.view.rows, bench.view.since) == (1_000.0, 900, 0.0)
    assert bench.view.at(4_600.0).behind == 4_600.0
    bench.sink.fails = lambda _batch: None
    bench.forwarder.turn(1_010.0)
    assert (bench.view.behind, bench.view.rows) == (1_010.0 - PROBE, 900 - PROBE)
    assert bench.view.state is SinkState.BEHIND
    bench.turns()
    assert (bench.view.behind, bench.view.rows, bench.view.state) == (0.0, 0, SinkState.ON)


def test_a_server_that_is_still_away_gets_a_small_batch() -> None:
    bench = Bench(Rows(events=900), MemorySink(most=500))
    bench.sink.fails = always(AWAY)
    for _ in range(3):
        bench.forwarder.turn(1_000.0)
    bench.sink.fails = lambda _batch: None
    bench.turns()
    assert bench.sink.sizes == [500, PROBE, PROBE, PROBE, 40, 80, 160, 320, 280]


def test_a_record_that_cannot_be_read_is_tried_again() -> None:
    bench = Bench(Rows(events=5), MemorySink())
    bench.rows.broken = tuple(Part)
    assert bench.forwarder.turn(1_000.0) == 1.0
    assert bench.view.failure == Failure(FailureCode.RECORD, "The record is damaged.")
    bench.rows.broken = ()
    bench.turns()
    assert len(bench.sink.stored) == 5


def test_a_part_of_the_record_that_is_damaged_holds_no_other_up() -> None:
    bench = Bench(Rows(events=250, marks=3), MemorySink(most=100))
    bench.rows.broken = (Part.ALARMS,)
    assert bench.turns() == IDLE
    assert bench.cursors == {Part.EVENTS: 250, Part.MARKS: 3}
    assert bench.view.failure == Failure(FailureCode.RECORD, "The record is damaged.")
    assert bench.view.state is SinkState.WAITING


def test_a_defect_stops_this_sink_alone() -> None:
    bench = Bench(Rows(events=5), MemorySink())

    def fails(_batch: Batch) -> None:
        raise ZeroDivisionError

    bench.sink.fails = fails
    assert bench.forwarder.turn(1_000.0) == SETTINGS_WAIT
    assert bench.view.failure == Failure(FailureCode.DEFECT, "ZeroDivisionError")


class Forgetful(Bench):
    """A sink that keeps in memory what it confirmed in the newest 60 s; `lose` is its sudden end."""

    def __init__(self, events: int) -> None:
        super().__init__(Rows(events=events), MemorySink(most=1_000))
        self.sink.settles = 60.0

    def turn_at(self, mono: float, new: int = 0) -> None:
        self.rows.events += new
        self.forwarder.turn(mono)

    @property
    def moved(self) -> int:
        return self.cursors.get(Part.EVENTS, 0)

    def lose(self, upto: int) -> None:
        for key in [key for key, row in self.sink.stored.items() if row.key.number >= upto]:
            del self.sink.stored[key]


def test_a_cursor_moves_once_what_is_before_it_has_settled() -> None:
    bench = Forgetful(10)
    for at in range(120):
        bench.turn_at(1_000.0 + at, new=1)
        assert bench.forwarder.received == {Part.EVENTS: 11 + at} | {
            part: 0 for part in Part if part is not Part.EVENTS
        }
        assert bench.moved == (0 if at < 60 else 11 + at - 60)
    assert bench.view.rows == 0, "what is received does not wait"


def test_what_a_killed_sink_had_confirmed_is_sent_again() -> None:
    bench = Forgetful(10)
    for at in range(90):
        bench.turn_at(1_000.0 + at, new=1)
    settled = bench.moved
    bench.lose(settled)
    bench.sink.fails = always(AWAY)
    bench.turn_at(1_090.0, new=1)
    assert bench.forwarder.received[Part.EVENTS] == settled
    bench.sink.fails = lambda _batch: None
    for at in range(10):
        bench.turn_at(1_091.0 + at)
    assert {row.key.number for row in bench.sink.stored.values()} == set(range(101))


def test_a_sink_that_ended_while_nothing_was_sent_is_noticed_before_the_cursor_moves() -> None:
    bench = Forgetful(10)
    bench.turn_at(1_000.0)

    def gone() -> None:
        raise AWAY

    bench.lose(0)
    bench.sink.confirm = gone
    bench.turn_at(1_059.0)
    bench.turn_at(1_061.0)
    assert bench.moved == 0
    bench.sink.confirm = lambda: None
    bench.turn_at(1_063.0)
    assert len(bench.sink.stored) == 10
    bench.turn_at(1_122.0)
    assert bench.moved == 0
    bench.turn_at(1_123.0)
    assert bench.moved == 10


def test_a_connection_that_is_refused_as_if_it_were_a_row_is_not_tried_at_once() -> None:
    bench = Bench(Rows(events=5), MemorySink())

    def opens() -> None:
        raise BAD

    bench.sink.open = opens  # type: ignore[method-assign]
    assert bench.forwarder.turn(1_000.0) == SETTINGS_WAIT
    assert bench.view.state is SinkState.STOPPED


def test_a_store_on_a_slow_line_gets_ever_smaller_batches() -> None:
    bench = Bench(Rows(events=100), MemorySink())

    def slow(batch: Batch) -> None:
        if len(batch) > 3:
            raise SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)

    bench.sink.fails = slow
    for _ in range(500):
        bench.forwarder.turn(1_000.0)
    assert bench.cursors[Part.EVENTS] == 100


def test_a_sink_that_was_back_before_it_was_missed_gets_again_what_had_not_settled() -> None:
    bench = Forgetful(10)
    for at in range(90):
        bench.turn_at(1_000.0 + at, new=1)
    bench.lose(bench.moved)
    bench.sink.losses += 1
    bench.turn_at(1_090.0, new=1)
    bench.turn_at(1_090.0)
    assert {row.key.number for row in bench.sink.stored.values()} == set(range(101))
    assert bench.view.failure is None


def test_a_sink_that_was_killed_twice_in_a_row_gets_it_again_each_time() -> None:
    bench = Forgetful(10)
    for at in range(20):
        bench.turn_at(1_000.0 + at, new=1)
        if at in (15, 17):
            bench.lose(0)
            bench.sink.losses += 1
    bench.turn_at(1_020.0)
    assert {row.key.number for row in bench.sink.stored.values()} == set(range(30))


def test_a_sink_that_ends_each_connection_gets_everything_all_the_same() -> None:
    bench = Forgetful(10)
    for at in range(200):
        bench.sink.losses += 1
        bench.turn_at(1_000.0 + at, new=1)
    assert len(bench.sink.stored) == 210
    assert bench.moved > 80
    assert bench.sink.resent < 5_000
