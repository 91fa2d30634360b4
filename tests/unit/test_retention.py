"""What `keep_days` deletes: only what is old by the record's own time, and little at a time."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from tests.helpers.audited import one_of_each
from tests.helpers.console import FakeClock, FakeLink, make_station
from tests.helpers.record import UTC, copied, reading, session
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import documented_contract
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk.cursors import CursorItem
from xovac_tui.recording.disk.housekeeping import SHARE, SHARE_EVERY, Retention
from xovac_tui.recording.disk.kinds import RecordedLink, RecordedMark, RunItem
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.trouble_words import held_words
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import HeldFor, RecordSettings
from xovac_tui.recording.status import RecordTrouble
from xovac_tui.units import DAY

YEAR = 365.0 * DAY
BLOCK = 32
"""Events in a block, here."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xovac_tui.recording.disk.writer.BLOCK", BLOCK)


class Life:
    """One recorder on a machine whose wall clock is off by so much; each has a monotonic clock of its own."""

    def __init__(self, path: Path, began: float, *, off: float = 0.0) -> None:
        """`began` is when it begins, in true seconds since the first one did."""
        self._shift = UTC + began + off
        self.mono = 0.0
        self.writer = Writer(path, session(), recording=True, utc=self._shift, mono=0.0)

    def record(self, blocks: int, every: float = 1.0) -> None:
        for number in range(blocks * BLOCK):
            self.mono += every
            self.writer.event(reading(self.mono, shift=self._shift, t=number))
        self.commit()

    def commit(self) -> None:
        self.writer.mono = self.mono
        self.writer.commit(self._shift + self.mono)

    def step(self, seconds: float) -> None:
        """Set the wall clock."""
        self._shift += seconds

    def tidy(self, retention: Retention, after: float = 0.0) -> int:
        mono = self.mono + after
        return retention.tidy(self.writer.execute, self.writer.session, self._shift + mono, mono)

    @property
    def events(self) -> int:
        return int(self.writer.execute("SELECT coalesce(sum(count), 0) FROM blocks")[0][0])

    def end(self) -> None:
        self.writer.mono = self.mono
        self.writer.close(self._shift + self.mono)


def month(path: Path) -> float:
    """Record for thirty days, 60 blocks, and return when that ended."""
    copied(path, _month)
    return 30 * DAY


def _month(path: Path) -> None:
    life = Life(path, 0.0)
    life.record(60, every=30 * DAY / (60 * BLOCK))
    life.end()


def test_one_start_deletes_a_bounded_share_and_the_next_ones_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "r"
    began = month(path)
    gone = []
    for start in range(5):
        life = Life(path, began + start * 60.0)
        life.commit()
        before, retention = life.events, Retention(15.0)
        assert life.tidy(retention) > 0
        assert life.tidy(retention, 600.0) == 0, "the share of this start is used up"
        gone.append(before - life.events)
        assert gone[-1] <= before / SHARE
        life.end()
    life = Life(path, began + 3_600.0)
    life.commit()
    retention = Retention(15.0)
    for share in range(9):
        life.tidy(retention, share * SHARE_EVERY)
    # Half of it is older than fifteen days.
    assert life.events == pytest.approx(30 * BLOCK, abs=2 * BLOCK)
    life.end()


@pytest.mark.parametrize("off", [14 * YEAR, YEAR, 2 * DAY, -2 * DAY, -YEAR])
def test_a_start_with_a_wrong_clock_deletes_nothing_and_makes_nothing_old(tmp_path: Path, off: float) -> None:
    path = tmp_path / "r"
    began = month(path)
    wrong = Life(path, began + 60.0, off=off)
    wrong.record(2)
    held = wrong.events
    retention = Retention(31.0, delete_unexported=True)
    for after in (0.0, 600.0, 0.5 * DAY):
        assert wrong.tidy(retention, after) == 0
    wrong.end()
    # Back to the true time, and for some starts more: nothing has become old by it.
    for start in range(3):
        life = Life(path, began + 3_600.0 * (1 + start))
        life.record(1)
        assert life.tidy(Retention(34.5, delete_unexported=True)) == 0
        assert life.events >= held
        life.end()


def test_a_clock_that_stays_wrong_makes_nothing_older_than_a_day(tmp_path: Path) -> None:
    path = tmp_path / "r"
    began = month(path)
    for start in range(3):
        life = Life(path, began + 600.0 * start, off=14 * YEAR)
        life.record(1)
        assert life.tidy(Retention(31.5, delete_unexported=True)) == 0
        life.end()


def test_a_clock_that_is_set_while_it_records_deletes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r"
    life = Life(path, month(path) + 60.0)
    life.record(1)
    life.step(YEAR)
    life.record(1)
    assert life.tidy(Retention(15.0), 0.5 * DAY) == 0
    life.end()
    later = Life(path, 30 * DAY + 7_200.0, off=YEAR)
    later.record(1)
    assert later.tidy(Retention(31.0)) == 0
    later.end()


def starts(path: Path, began: float, held: HeldFor, starts: int = 40, keep: float = 15.0) -> Retention:
    """Begin a recorder so many times, each of which deletes what it may; return the last one's."""
    for start in range(starts):
        life = Life(path, began + 60.0 * (1 + start))
        life.commit()
        retention = Retention(keep, held=held)
        life.tidy(retention)
        life.end()
    return retention


def oldest(path: Path) -> int:
    with Record(path) as record:
        return record.first


def forwarded(path: Path, sink: str, cursor: int, table: str = "events") -> None:
    life = Life(path, 30 * DAY)
    life.writer.item(CursorItem(sink=sink, table=table, cursor=cursor))
    life.commit()
    life.end()


HALF = 30 * BLOCK
"""Index of the first event of `month` that is younger than fifteen days."""


@pytest.mark.parametrize(
    ("cursor", "days", "first"),
    [
        # A store that received nothing yet holds everything, for as long as it may.
        (None, 30.0, 0),
        (10 * BLOCK, 30.0, 10 * BLOCK),
        (10 * BLOCK + 1, 30.0, 10 * BLOCK),
        (60 * BLOCK, 30.0, HALF),
        (10 * BLOCK, 10.0, 10 * BLOCK),
        (0, 10.0, 10 * BLOCK),
        (0, 0.0, HALF),
    ],
)
def test_what_a_store_has_not_received_stays_for_a_while(
    tmp_path: Path, cursor: int | None, days: float, first: int
) -> None:
    path = tmp_path / "r"
    began = month(path)
    if cursor is not None:
        forwarded(path, "lab", cursor)
    starts(path, began, HeldFor(sinks=("lab",), days=days))
    assert oldest(path) == pytest.approx(first, abs=BLOCK)
    assert oldest(path) % BLOCK == 0


def test_the_slowest_store_decides_and_one_that_is_in_no_settings_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r"
    began = month(path)
    for sink, cursor in (("lab", 60 * BLOCK), ("site", 5 * BLOCK), ("gone", 0)):
        forwarded(path, sink, cursor)
    last = starts(path, began, HeldFor(sinks=("lab", "site"), days=30.0))
    assert oldest(path) == 5 * BLOCK
    assert set(last.holding) == {"site"}
    assert 1_000 < last.holding["site"] < path.stat().st_size
    assert "site" in held_words(last.holding)
    last = starts(path, began, HeldFor(sinks=("lab",), days=30.0))
    assert oldest(path) == pytest.approx(HALF, abs=BLOCK)
    assert not last.holding


def test_what_is_deleted_unsent_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "r"
    began = month(path)
    forwarded(path, "lab", 3 * BLOCK + 10)
    life = Life(path, began + 60.0)
    life.commit()
    retention = Retention(15.0, held=HeldFor(sinks=("lab", "site"), days=0.0))
    gone = life.tidy(retention) * BLOCK
    assert gone > 4 * BLOCK
    assert retention.unsent == {"lab": gone - 3 * BLOCK - 10, "site": gone}
    assert life.tidy(retention) == 0
    assert retention.unsent == {}
    life.end()


def test_marks_wait_for_their_store_and_the_number_of_the_newest_is_not_given_again(tmp_path: Path) -> None:
    path = tmp_path / "r"
    life = Life(path, 0.0)
    for block in range(20):
        life.record(1, every=4_800.0)
        made = Mark(life.mono, UTC + life.mono, "step", f"step {block}")
        life.writer.item(RecordedMark(mark=made, who="ada@lab"))
    life.commit()
    life.end()
    ended = life.mono
    forwarded_at = Life(path, ended + 10.0)
    for table, cursor in (("events", 20 * BLOCK), ("marks", 5)):
        forwarded_at.writer.item(CursorItem(sink="lab", table=table, cursor=cursor))
    forwarded_at.commit()
    forwarded_at.end()
    starts(path, ended, HeldFor(sinks=("lab",), days=30.0), keep=1.0)
    assert oldest(path) > 10 * BLOCK
    with Record(path) as record:
        assert [number for (number,) in record.rows("SELECT id FROM marks ORDER BY id")] == [*range(5, 21)]
    starts(path, ended, HeldFor(), keep=1.0)
    with Record(path) as record:
        assert record.rows("SELECT max(id) FROM marks") == [(20,)]


async def test_a_full_disk_is_reported_with_what_is_kept_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r"
    clock = ClockOff(month(path) + 60.0)
    choice = RecordChoice(
        path=path, settings=RecordSettings(keep_days=15.0), held=HeldFor(sinks=("lab",), days=30.0)
    )
    station = make_station(clock, FakeLink(clock), contract=documented_contract(), record=choice)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with station:
        while not station.record.session:  # noqa: ASYNC110 - a thread opens it
            await asyncio.sleep(0.01)
        await asyncio.to_thread(station.record.flush)
        with monkeypatch.context() as patched:
            patched.setattr(Writer, "commit", full)
            station.note("no room for this")
            await asyncio.to_thread(station.record.flush)
            view = station.recorder
        assert view.reason is RecordTrouble.DISK_FULL
        assert "kB for lab" in view.why
        assert "hold_days" in view.why
        await asyncio.to_thread(station.record.flush)
        assert "lab" not in station.recorder.why


async def test_a_mark_says_what_was_deleted_unsent(tmp_path: Path) -> None:
    path = tmp_path / "r"
    clock = ClockOff(month(path) + 60.0)
    choice = RecordChoice(
        path=path, settings=RecordSettings(keep_days=15.0), held=HeldFor(sinks=("lab",), days=1.0)
    )
    station = make_station(clock, FakeLink(clock), contract=documented_contract(), record=choice)
    async with station:
        while not station.record.session:  # noqa: ASYNC110 - a thread opens it
            await asyncio.sleep(0.01)
        await asyncio.to_thread(station.record.flush)
        await asyncio.to_thread(station.record.flush)
    with Record(path) as record:
        said = [text for (text,) in record.rows("SELECT text FROM marks WHERE kind = 'unsent'")]
    assert len(said) == 1
    assert "lab" in said[0]


class ClockOff(FakeClock):
    """A machine's clocks, of which the wall clock is ahead by so much."""

    def __init__(self, ahead: float) -> None:
        super().__init__()
        self._ahead = ahead

    def utc(self) -> float:
        return super().utc() + self._ahead


@pytest.mark.parametrize(("wrong", "deleted"), [(0.0, True), (YEAR, False), (-YEAR, False)])
async def test_one_retention_pass_deletes_little_or_with_a_wrong_clock_nothing(
    tmp_path: Path, wrong: float, deleted: bool
) -> None:
    path = tmp_path / "r"
    clock = ClockOff(month(path) + 60.0 + wrong)
    link = FakeLink(clock)
    station = make_station(
        clock,
        link,
        contract=documented_contract(),
        record=RecordChoice(path=path, settings=RecordSettings(keep_days=15.0, delete_unexported=True)),
    )
    async with station:
        while not station.record.session:  # noqa: ASYNC110 - a thread opens it
            await asyncio.sleep(0.01)
        await asyncio.to_thread(station.record.flush)
        clock.advance(600.0)
        station.note("still here")
        await asyncio.to_thread(station.record.flush)
    with Record(path) as record:
        left = record.total - record.first
    events = 60 * BLOCK
    assert left == events if not deleted else events - events / SHARE <= left < events


def test_what_the_present_session_recorded_stays(tmp_path: Path) -> None:
    path = tmp_path / "r"
    life = Life(path, 0.0)
    life.record(60, every=60.0)
    assert life.tidy(Retention(1.0, delete_unexported=True), 90 * DAY) == 0
    life.end()


@pytest.mark.parametrize("step", [0.0, -YEAR, 600.0, YEAR])
def test_a_run_that_was_not_exported_keeps_its_events_wherever_the_clock_was_set(
    tmp_path: Path, step: float
) -> None:
    path = tmp_path / "r"
    life = Life(path, 0.0)
    life.record(10, every=60.0)
    began = life.mono
    life.record(3, every=60.0)
    life.step(step)
    life.record(3, every=60.0)
    run = RunItem(
        id=1, name="Soak", load=None, started_utc=UTC + began, started_mono=began + 1.0,
        utc=UTC + life.mono + step, mono=life.mono + 1.0, result="completed",
    )  # fmt: skip
    life.writer.item(run)
    life.record(10, every=60.0)
    ended = life.mono
    life.end()
    for start in range(25):
        later = Life(path, ended + 40 * DAY + start, off=step)
        later.commit()
        later.tidy(Retention(1.0), 2 * DAY)
        later.end()
    span = 10 * BLOCK, 16 * BLOCK
    with_events = Life(path, ended + 41 * DAY, off=step)
    kept = with_events.writer.execute("SELECT first, first + count FROM blocks ORDER BY first")
    with_events.end()
    assert min(first for first, _ in kept) <= span[0]
    covered = {index for first, after in kept for index in range(first, after)}
    assert set(range(*span)) <= covered
    assert len(covered) < 20 * BLOCK


def test_links_and_marks_go_with_their_events_and_what_is_audited_stays(tmp_path: Path) -> None:
    path = tmp_path / "r"
    life = Life(path, 0.0)
    for block in range(20):
        life.record(1, every=4_800.0)
        for word in (LinkWord.LOST, LinkWord.ONLINE):
            life.writer.item(RecordedLink(link=LinkView(word), t=UTC + life.mono, mono=life.mono))
        life.writer.item(
            RecordedMark(mark=Mark(life.mono, UTC + life.mono, "step", f"step {block}"), who="ada@lab")
        )
        for item in one_of_each(life.mono):
            life.writer.item(item)
    life.commit()
    life.end()
    head = verify(path).head
    ended = life.mono
    for start in range(30):
        later = Life(path, ended + 60.0 + start)
        later.commit()
        later.tidy(Retention(10.0, delete_unexported=True))
        count = {
            table: later.writer.execute(f"SELECT count(*) FROM {table}")[0][0]
            for table in ("links", "marks", "alarms", "ledger", "loads")
        }
        notes = later.writer.execute("SELECT count(*) FROM marks WHERE kind = 'note'")[0][0]
        oldest = later.writer.execute("SELECT min(first) FROM blocks")[0][0]
        steps = later.writer.execute(
            "SELECT count(*) FROM marks WHERE kind = 'step' AND position < ?", (oldest,)
        )
        later.end()
    assert oldest > 0
    assert steps == [(0,)]
    # One change of the link says what holds where the events go on.
    assert count["links"] <= 2 * (20 - oldest // BLOCK) + 3
    assert (notes, count["alarms"], count["ledger"], count["loads"]) == (20, 40, 20, 20)
    assert verify(path).well
    assert verify(path).head == head
