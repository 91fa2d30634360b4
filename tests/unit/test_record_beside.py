"""A record that is held up holds nothing else up, and nothing that comes before it opens is lost from it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.console import FakeClock
from tests.unit.test_station_record import Life, life, run_of_soak
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.news import RecordOpened
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.file_notes import FileCode
from xovac_tui.recording.service import OPENING
from xovac_tui.recording.status import RecorderState
from xovac_tui.station.news import News


class Lock:
    """What another program does that holds a record for itself."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):
            self._db.execute("ROLLBACK")
        self._db.close()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[Lock]:
    lock = Lock(path)
    try:
        yield lock
    finally:
        lock.release()


async def until(holds: Callable[[], object], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - a thread of the station's own changes it
            await asyncio.sleep(0.01)


async def earlier(path: Path, clock: FakeClock) -> int:
    """Record a minute; return the index that the next event gets."""
    async with life(path, clock) as one:
        await one.report(seconds=60, part=42.0)
        one.station.note("before")
        total = one.station.log.total
    # Only a file that nothing in this process holds open can be locked for one program alone.
    if one.station.record.record is not None:
        one.station.record.record.close()
    return total


async def test_a_locked_record_holds_up_neither_link_nor_command(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    before = await earlier(path, clock)
    clock.advance(60)
    with locked(path) as lock:
        one = Life(path, clock, "ada@lab")
        opened: list[RecordOpened] = []

        def hear(news: News) -> None:
            if isinstance(news, RecordOpened):
                opened.append(news)

        one.station.subscribe(hear)
        began = time.monotonic()
        async with one.station:
            await asyncio.wait_for(one.link.running.wait(), 4.0)
            one.link.push(LinkWord.ONLINE)
            sending = asyncio.ensure_future(one.station.stop())
            await asyncio.sleep(0)
            one.link.answer("cancel_recipe")
            assert (await sending).outcome is Outcome.SUCCESS
            # Far less than the five seconds for which a database waits for a lock.
            assert time.monotonic() - began < 4.0
            one.station.note("while it was locked")
            await one.report("idle", seconds=2, part=43.0)
            first = clock.mono()
            await run_of_soak(one, seconds=2)
            assert not one.station.record.settled
            early = [(event.name, event.utc, event.mono) for event in one.station.log.scan()]
            assert early
            lock.release()
            assert await one.station.record_read(20)
            assert one.station.recorder.state is RecorderState.ON
            assert [news.moved for news in opened] == [before]
            # What came before is in front of it, under the record's own indices.
            log = one.station.log
            assert (log.first, log.total) == (0, before + len(early))
            assert [event.index for event in log.scan()] == list(range(before + len(early)))
            await one.report("running", setpoint=30.0, part=28.0)
            assert one.station.runs.number == 1
            await one.written()
    with Record(path) as record:
        came = [(event.name, event.utc, event.mono) for event in record.scan(before)]
        assert came[: len(early)] == early
        (command,) = lists.commands(record)
        assert (command.entry.command, command.entry.outcome) == ("cancel_recipe", Outcome.SUCCESS)
        assert abs(command.t - command.entry.utc) < 1.0
        texts = [one.mark.text for one in lists.marks(record)]
        assert "while it was locked" in texts
        (run,) = lists.runs(record)
        assert abs(run.started - (first - clock.mono() + clock.utc())) <= 1.0
        assert len(lists.links(record)) >= 2
        # The session begins with the program, not when its record could be opened.
        assert lists.sessions(record)[-1].started <= early[0][1]
    await asyncio.sleep(0)


async def test_a_run_that_ends_before_the_record_opens_is_in_it(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    before = await earlier(path, clock)
    clock.advance(60)
    with locked(path) as lock:
        one = Life(path, clock, "ada@lab")
        async with one.station:
            await asyncio.wait_for(one.link.running.wait(), 4.0)
            one.link.push(LinkWord.ONLINE)
            clock.advance(OPENING + 0.1)
            one.station.tick()
            # From here on it is not waited for: runs and alarms go on without it.
            assert await one.station.record_read(0.0)
            assert one.station.recorder.state is RecorderState.FAILING
            assert "held in memory" in one.station.recorder.why or "locked" in one.station.recorder.why
            began = clock.utc()
            await run_of_soak(one, seconds=20)
            await one.report("idle", seconds=5, part=28.0)
            ended = clock.utc()
            followed = one.station.runs.newest
            assert followed is not None
            assert followed.over
            assert one.station.runs.number == 0
            clock.advance(300)
            await one.report("idle")
            lock.release()
            clock.advance(60)
            await one.written()
            one.station.tick()
            await until(lambda: one.station.runs.number == 1)
            await run_of_soak(one, seconds=5)
            assert one.station.runs.number == 2
            await one.written()
    with Record(path) as record:
        first, second = lists.runs(record)
        assert first.ended is not None
        assert began <= first.started <= began + 2.0
        assert ended - 6.0 <= first.ended <= ended
        assert second.started > ended + 300
        whole = [event.index for event in record.scan()]
        assert whole == list(range(len(whole)))
        assert len(whole) >= before + 33


async def test_the_end_does_not_wait_long_and_says_what_is_lost(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    await earlier(path, clock)
    with locked(path):
        one = Life(path, clock, "ada@lab")
        async with one.station:
            await asyncio.wait_for(one.link.running.wait(), 4.0)
            one.link.push(LinkWord.ONLINE)
            await one.report(seconds=3)
            began = time.monotonic()
        assert time.monotonic() - began < 4.0
        said = one.station.record.unwritten
        assert "not written to the record" in said
        assert str(path) in said
    async with life(path, clock) as two:
        await two.report()
    assert two.station.record.unwritten == ""


async def test_a_record_that_another_program_locks_later_does_not_block_the_loop(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, may_record=False) as one:
        await one.report(seconds=2)
        await one.written()
        # Not before everything else on it is closed can it be held exclusively, as a database in WAL mode.
        assert one.station.record.record is not None
        patience = one.station.record.record.rows("PRAGMA busy_timeout")[0][0]
    assert 0 < patience <= 250
    assert json.dumps(one.link.emitted) == "[]"


async def test_a_word_about_its_permissions_does_not_make_it_another_record(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await one.report(seconds=3)
        await one.written()
    path.chmod(0o644)
    async with life(path, clock) as one:
        station = one.station
        reported: list[News] = []
        await until(lambda: any(note.code is FileCode.EXPOSED for note in station.recorder.notes))
        record = station.record.record
        assert record is not None
        station.subscribe(reported.append)
        await one.report(seconds=3)
        await one.written()
        assert station.recorder.files == 0
        assert station.record.record is record
        assert not [news for news in reported if isinstance(news, RecordOpened)]
        assert station.log.get(0) is not None
