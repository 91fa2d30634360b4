"""`wait` and `status` look by look: on a fake link, with a clock that stands still, beside a record."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station, reading
from tests.unit.test_station_record import life
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.analysis.values import NOT_COME, ChamberValues
from xovac_tui.api.link import LinkCode, LinkWord
from xovac_tui.chamber.snapshot import Counters
from xovac_tui.cli import status as cli_status
from xovac_tui.cli.wait import Waiting, WaitReport
from xovac_tui.errors import Exit
from xovac_tui.expressions import ExpressionError, parse_condition
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings

pytestmark = pytest.mark.usefixtures("no_terminal")


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)


class Bench:
    """Somebody who waits for a condition, and the chamber that he looks at."""

    def __init__(
        self, text: str, *, clock: FakeClock | None = None, held: float = 0.0, record: Path | None = None
    ) -> None:
        self.clock = clock or FakeClock()
        self.link = FakeLink(self.clock)
        choice = None
        if record is not None:
            choice = RecordChoice(path=record, settings=RecordSettings(), may_record=False, read_only=True)
        self.station = make_station(self.clock, self.link, record=choice)
        values = ChamberValues(self.station.chamber, curve=self.station.history)
        self.lines = WaitReport("bench", quiet=False)
        self.waiting = Waiting(self.station, parse_condition(text), values, self.lines, held)

    async def report(self, **leaves: Any) -> bool:
        """Let the chamber report after a second, and look."""
        self.clock.advance(1.0)
        self.link.deliver("chamber_state", json.dumps(reading("idle", self.clock.utc(), **leaves)))
        await asyncio.sleep(0)
        return self.waiting.evaluate()


@asynccontextmanager
async def waiting(text: str, **how: Any) -> AsyncIterator[Bench]:
    bench = Bench(text, **how)
    bench.station.subscribe(bench.waiting.take_news)
    hearing = asyncio.ensure_future(bench.waiting.take_events())
    async with bench.station:
        await asyncio.wait_for(bench.link.running.wait(), 10)
        assert await bench.station.record_read(10)
        yield bench
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def test_what_is_missing_counts_only_once_data_could_have_come() -> None:
    async with waiting("not known(test_part)") as bench:
        assert not bench.waiting.evaluate()
        bench.link.push(LinkWord.ONLINE)
        assert not bench.waiting.evaluate()
        bench.clock.advance(3.5)
        assert bench.waiting.evaluate()
        # With the first message it is known at once.
        assert not await bench.report()


async def test_one_odd_message_does_not_end_the_waiting() -> None:
    async with waiting("extra.t > 50") as bench:
        bench.link.push(LinkWord.ONLINE)
        for value, over in ((20.0, False), ("n/a", False), (60.0, True)):
            bench.clock.advance(1.0)
            bench.link.deliver("extra", json.dumps({"t": value}))
            await asyncio.sleep(0)
            assert bench.waiting.evaluate() is over
            if value == "n/a":
                assert "Only numbers are compared by >" in str(bench.waiting.timeout_error(2.0))


async def test_what_never_goes_together_ends_it() -> None:
    async with waiting("extra.t > 50") as bench:
        bench.link.push(LinkWord.ONLINE)
        bench.clock.advance(1.0)
        bench.link.deliver("extra", json.dumps({"t": "n/a"}))
        await asyncio.sleep(0)
        with pytest.raises(ExpressionError):
            bench.waiting.evaluate()


async def test_it_must_be_true_for_so_long_without_a_break() -> None:
    async with waiting("test_part > 30", held=3.0) as bench:
        bench.link.push(LinkWord.ONLINE)
        values = [20.0, 31.0, 31.0, 29.0, 31.0, 31.0, 31.0]
        assert [await bench.report(part=value) for value in values] == [False] * 7
        bench.link.push(LinkWord.LOST, "cut")
        bench.clock.advance(60)
        # Lost, it is unknown, and what was before it does not count.
        assert not bench.waiting.evaluate()
        bench.link.push(LinkWord.ONLINE)
        assert [await bench.report(part=31.0) for _ in range(4)] == [False, False, False, True]


async def test_it_says_what_was_not_true(capsys: pytest.CaptureFixture[str]) -> None:
    async with waiting(
        'test_part > 300 and pressure < 1 mbar and plate_q > 3 and state == "RUNNING"'
    ) as bench:
        bench.link.push(LinkWord.ONLINE)
        await bench.report()
        bench.lines.close()
        said = capsys.readouterr().err
        assert 'No channel "plate_q" has come yet. Did you mean "plate_' in said
        assert "[x] pressure < 1 mbar: pressure 1.3e-04 mbar" in said
        assert "[?] plate_q > 3" in said
        error = bench.waiting.timeout_error(21_600)
        assert error.exit_code == Exit.TIMEOUT
        assert str(error).split("\n") == [
            "It did not come true in 6h 00m:",
            "  not true  test_part > 300     test_part +20.5 °C",
            f"  unknown   plate_q > 3         plate_q unknown ({NOT_COME})",
            '  not true  state == "RUNNING"  state "IDLE"',
        ]
        # It reports once, and then only now and then.
        await bench.report()
        bench.lines.close()
        assert capsys.readouterr().err == ""
        bench.clock.advance(300)
        await bench.report()
        bench.lines.close()
        assert capsys.readouterr().err.count("waits") == 1


async def test_it_says_that_it_was_true_but_too_short() -> None:
    async with waiting("test_part > 20", held=60.0) as bench:
        bench.link.push(LinkWord.ONLINE)
        await bench.report()
        await bench.report()
        assert (
            str(bench.waiting.timeout_error(5))
            == "The 5s are over: it was true for 1s of the last 1m 00s only."
        )


async def test_never_connected_is_another_end() -> None:
    async with waiting("test_part > 20") as bench:
        bench.link.push(LinkWord.CONNECTING, "Off.", code=LinkCode.NO_ANSWER)
        error = bench.waiting.timeout_error(5)
        assert error.exit_code == Exit.CONNECT
        assert error.code == LinkCode.NO_ANSWER
        assert str(error).endswith("was not reached in 5s. Off.")


async def test_the_record_seeds_what_is_stable_and_nothing_is_changed(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, rules=[]) as one:
        for _ in range(700):
            await one.report(part=20.5)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    async with waiting("stable(test_part, 2 K, 10 min)", clock=clock, record=path) as bench:
        bench.link.push(LinkWord.ONLINE)
        assert await bench.report()
        bench.station.tick()
    async with waiting("stable(test_part, 2 K, 10 min)", clock=clock) as bench:
        bench.link.push(LinkWord.ONLINE)
        assert not await bench.report()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


async def test_status_reports_the_alarms_of_the_recorder(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    hot = HighRule(name="hot", channel="test_part", limit=30.0, severity="high")
    dull = LowRule(name="dull", channel="test_part", limit=60.0, severity="low")
    async with life(path, clock, rules=[hot, dull]) as one:
        await one.report(part=40.0, seconds=2)
        await one.written()
        async with waiting("true", clock=clock, record=path) as bench:
            bench.link.push(LinkWord.ONLINE)
            await bench.report(part=40.0)
            look = cli_status.seen(bench.station, bench.station.snapshot(), path)
    assert look.recorded
    assert look.alarms is not None
    assert [(alarm.rule, alarm.state.value) for alarm in look.alarms] == [
        ("hot", "unacknowledged"),
        ("dull", "unacknowledged"),
    ]
    text = "\n".join(cli_status.lines(look, None))
    assert "Alarms    2 want attention" in text
    assert "high  unacknowledged  hot   Test part is +40.0 °C, above +30.0 °C." in text
    reported = cli_status.data(look)
    assert reported["alarms"][0]["active"] is True
    assert reported["recorder"]["recording"] is True
    # Nobody evaluates them once the recorder has ended.
    again = cli_status.seen(bench.station, look.snapshot, path)
    assert again.alarms is None
    assert cli_status.data(again)["alarms"] is None


async def test_status_counts_values_that_made_no_channel(tmp_path: Path) -> None:
    async with waiting("true") as bench:
        bench.link.push(LinkWord.ONLINE)
        await bench.report(pump=True)
        look = cli_status.seen(bench.station, bench.station.snapshot(), tmp_path / "none")
        assert cli_status.data(look)["values_left_out"] == 0
        said = Counters(values_left_out=2).left_out
        _, _, of_any_number = said.partition(" ")
        assert of_any_number not in "\n".join(cli_status.lines(look, None))
        await bench.report(**{"k" * 400: 1.0, "l" * 400: 2.0})
        look = cli_status.seen(bench.station, bench.station.snapshot(), tmp_path / "none")
        assert cli_status.data(look)["values_left_out"] == 2
        *_, last = cli_status.lines(look, None)
        assert last == said


async def test_status_knows_no_value_that_is_not_good(tmp_path: Path) -> None:
    async with waiting("true") as bench:
        bench.link.push(LinkWord.ONLINE)
        await bench.report(pump=True, plateT={"A": None}, shroud=19.0)
        bench.link.push(LinkWord.LOST, "cut")
        look = cli_status.seen(bench.station, bench.station.snapshot(), tmp_path / "none")
        reported = cli_status.data(look)
        assert {one["value"] for one in reported["channels"]} == {None}
        assert reported["run"]["state"] == "UNKNOWN"
        assert reported["run"]["step"] is None
        assert reported["link"]["word"] == "LOST"
        bench.link.push(LinkWord.ONLINE)
        await bench.report(pump=True, plateT={"A": None}, shroud=19.0)
        reported = cli_status.data(
            cli_status.seen(bench.station, bench.station.snapshot(), tmp_path / "none")
        )
        values = {one["name"]: (one["value"], one["quality"]) for one in reported["channels"]}
        assert values["pump"] == (True, "good")
        assert values["plate_a"] == (None, "bad")
        assert values["shroud"] == (19.0, "good")
        assert values["recipe_step"] == (None, "no data")
