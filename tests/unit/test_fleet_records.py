"""Records of this machine as the fleet reads them: real files, with a recorder that lives or was killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.helpers.alarmchanges import changed
from tests.helpers.record import UTC, HandClock, event, reading, writer
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.alarm import AlarmEvent
from xovac_tui.fleet.overview import FleetBoard, FleetRow, RowState
from xovac_tui.fleet.records import EventTimes, RecordedChamber, RecordsSource, RecordWatch
from xovac_tui.forwarding.reports import Presence, ReportFault, SourceState
from xovac_tui.recording.disk.cursors import CursorItem
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedChange, RecordedLink
from xovac_tui.recording.disk.writer import Writer

CONTRACT = load_contract(())


def chamber(path: Path, name: str = "bench-1", sinks: tuple[str, ...] = ()) -> RecordedChamber:
    return RecordedChamber(name=name, site="lab", path=path, contract=CONTRACT, sinks=sinks)


def link(word: LinkWord, mono: float) -> RecordedLink:
    return RecordedLink(t=mono + UTC, link=LinkView(word, mono + UTC, mono), mono=mono)


@contextmanager
def recording(path: Path) -> Iterator[Writer]:
    """Record ten seconds of a chamber up to the monotonic time 100, and go on."""
    made = writer(path, 90.0)
    made.item(link(LinkWord.ONLINE, 90.0))
    for second in range(90, 101):
        made.event(reading(float(second), part=20.0 + second))
    made.commit(UTC + 100.0)
    try:
        yield made
    finally:
        made.abandon()


def row(watch: RecordWatch, clock: HandClock) -> FleetRow:
    board = FleetBoard()
    board.take(0, [watch.look()])
    return board.view(clock.mono()).rows[0]


def test_two_chambers_one_of_them_with_a_killed_recorder(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    lives, killed = (RecordWatch(chamber(tmp_path / f"{name}.sqlite3", name), clock) for name in ("a", "b"))
    with recording(lives.about.path), recording(killed.about.path) as dying:
        assert row(killed, clock).live
        dying.abandon()
        clock.advance(1.0)
        one, other = row(lives, clock), row(killed, clock)
        assert (one.state, one.age) == (RowState.ONLINE, 2.0)
        assert one.readings[0].channel.value == 120.0
        assert not one.readings[0].old
        assert one.report.local
        assert (other.state, other.age) == (RowState.GONE, 2.0)
        assert other.readings[0].channel.value == 120.0
        assert other.readings[0].old
        lives.close()
        killed.close()


def test_what_is_recorded_later_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    watch = RecordWatch(chamber(tmp_path / "r.sqlite3"), clock)
    with recording(watch.about.path) as made:
        watch.look()
        before = made.next_index
        clock.advance(3.0)
        made.event(reading(103.5, part=7.0))
        made.item(RecordedAlarm(change=changed("part too hot", at=3.0)))
        made.item(link(LinkWord.LOST, 103.6))
        made.commit(UTC + 104.0)
        one = row(watch, clock)
        assert one.readings[0].channel.value == 7.0
        assert (one.state, one.alarms[0].alarm.rule) == (RowState.LOST, "part too hot")
        made.item(RecordedAlarm(change=changed("part too hot", AlarmEvent.REMOVED, at=4.0)))
        made.item(link(LinkWord.ONLINE, 104.0))
        made.event(reading(104.0, part=8.0))
        made.commit(UTC + 104.1)
        one = row(watch, clock)
        assert (one.state, one.alarms) == (RowState.ONLINE, ())
        assert made.next_index == before + 2
        watch.close()


def test_stale_by_the_recorders_word_and_by_its_silence(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    watch = RecordWatch(chamber(tmp_path / "r.sqlite3"), clock)
    with recording(watch.about.path) as made:
        clock.advance(3.5)
        # Four seconds after the newest message: a recorder that lives may not have written the next ones yet.
        assert row(watch, clock).state is RowState.ONLINE
        made.item(link(LinkWord.STALE, 104.0))
        made.commit(UTC + 104.2)
        assert row(watch, clock).state is RowState.STALE
        made.item(link(LinkWord.ONLINE, 104.3))
        for second in range(105, 112):
            made.event(reading(float(second), part=1.0))
        made.commit(UTC + 111.0)
        clock.advance(7.0)
        assert row(watch, clock).state is RowState.ONLINE
        clock.advance(30.0)
        one = row(watch, clock)
        assert (one.state, one.live) == (RowState.STALE, False)
        watch.close()


def test_a_record_that_cannot_be_read_keeps_what_was_known_as_old(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    watch = RecordWatch(chamber(tmp_path / "r.sqlite3"), clock)
    assert watch.look().fault is ReportFault.UNREADABLE
    with recording(watch.about.path):
        assert row(watch, clock).live
        watch.close()
    for file in tmp_path.iterdir():
        file.unlink()
    (tmp_path / "r.sqlite3").write_bytes(b"junk " * 1_000)
    clock.advance(5.0)
    one = row(watch, clock)
    assert (one.state, one.live, one.age) == (RowState.UNREADABLE, False, 5.0)
    assert one.readings[0].channel.value == 120.0


def test_forwarding_is_as_far_as_its_cursor(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    watch = RecordWatch(chamber(tmp_path / "r.sqlite3", sinks=("store",)), clock)
    with recording(watch.about.path) as made:
        made.item(CursorItem(sink="store", table="events", cursor=made.next_index - 4))
        made.commit(UTC + 100.5)
        (sink,) = watch.look().summary.sinks  # type: ignore[union-attr]
        assert (sink.rows, sink.behind) == (4, 4.0)
        watch.close()


def test_a_contract_that_is_changed_in_the_console_is_read_again(tmp_path: Path) -> None:
    clock, path, files = HandClock(101.0), tmp_path / "r.sqlite3", [tmp_path / "own.toml"]
    head = 'origin = "assumed"\nsource = "test"\n[messages.state."part"]\nunit = "degC"\npin = true\n'
    files[0].write_text(head + 'label = "Part"\n')

    def find() -> list[RecordedChamber]:
        return [msgspec.structs.replace(chamber(path), contract=load_contract(files))]

    def label() -> str:
        source.look()
        (report,) = source.take()
        assert report.summary is not None
        return report.summary.channels[0].label

    source = RecordsSource(find, clock)
    with recording(path) as made:
        source.search()
        assert label() == "Part"
        files[0].write_text(head + 'label = "Lid"\n')
        source.search()
        assert label() == "Part"
        made.item(RecordedChange(kind="contract", who="ada@bench", text="set", t=UTC + 101.0, mono=101.0))
        made.commit(UTC + 101.0)
        assert label() == "Part"
        source.search()
        assert label() == "Lid"


def test_a_hostile_record_is_shown_with_its_texts_cleaned(tmp_path: Path) -> None:
    clock = HandClock(101.0)
    watch = RecordWatch(chamber(tmp_path / "r.sqlite3"), clock)
    with recording(watch.about.path) as made:
        made.event(event(100.5, '{"\\u001b[31mred": 5, "deep": ' + "[" * 500 + "]" * 500 + "}"))
        made.commit(UTC + 100.6)
        one = row(watch, clock)
        assert all(reading.channel.label.isprintable() for reading in one.readings)
        watch.close()


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(UTC, 100.0), (UTC + 3600.0, 100.0)],
    ids=["the same clock", "set forward meanwhile"],
)
def test_a_clock_that_is_set_makes_nothing_older(shift: float, expected: float) -> None:
    times = EventTimes()
    assert times.own(UTC + 95.0, 95.0, (UTC + 95.5, 95.5), None) == 95.0
    assert times.own(shift + 100.0, 100.0, (shift + 100.5, 100.5), 99.0) == expected


def test_another_machines_clock_is_placed_by_the_wall_clock() -> None:
    times = EventTimes()
    # An hour ago, by a monotonic clock that began elsewhere.
    assert times.own(UTC - 3600.0, 900_000.0, (UTC, 50.0), None) == -3550.0
    # Nothing comes from the future.
    assert times.own(UTC + 10.0, 903_660.0, (UTC, 51.0), 50.0) == 51.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10.0
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_source_reports_from_its_thread_and_survives_a_defect(tmp_path: Path) -> None:
    clock, wrong = HandClock(101.0), [True]

    def find() -> list[RecordedChamber]:
        if wrong:
            wrong.clear()
            raise ZeroDivisionError
        return [chamber(tmp_path / "r.sqlite3")]

    source = RecordsSource(find, clock, place="here")
    with recording(tmp_path / "r.sqlite3"):
        source.start()
        until(lambda: source.view.state is SourceState.LOST)
        clock.advance(10.0)
        until(lambda: source.view.state is SourceState.ON and source.view.heard)
        (one,) = source.take()
        assert (one.chamber, one.presence, one.local) == ("bench-1", Presence.HERE, True)
        source.stop()
        clock.advance(11.0)
        assert source.view.state is SourceState.LOST
