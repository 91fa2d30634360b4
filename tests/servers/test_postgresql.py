"""Forwarding into a real PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.records import message, write_record
from tests.servers.forwarded import CHANNELS, Outage, forward_all, readings, stamps
from tests.servers.postgresql import PASSWORD, PostgreSql, postgresql
from xovac_tui.forwarding.batch import Batch, ChannelRow
from xovac_tui.forwarding.failures import FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.kinds.postgres import PostgresSink
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.view import SinkState

pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSql]:
    with postgresql() as server:
        yield server


def writer(
    url: str, chamber: str, *, secret: str = PASSWORD, user: str = "ada", timeout: float = 5.0
) -> HistorySink:
    sink = PostgresSink(name="lab", url=url, user=user, timeout=timeout)
    return sink.history(ForwardedChamber(chamber, "lab 1"), secret)


def numbers(server: PostgreSql, chamber: str) -> list[int]:
    """Return the numbers of the messages that are there, once for each of their samples."""
    return [row[0] for row in server.query(f"SELECT number FROM xovac.readings WHERE chamber = '{chamber}'")]


def test_every_sample_is_there_once_however_often_it_is_sent(postgres: PostgreSql, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 700)
    for _ in range(2):
        view = forward_all(path, lambda: writer(postgres.url, "plain"))
    assert (view.state, view.rows, view.skipped) == (SinkState.ON, 0, 0)
    found = numbers(postgres, "plain")
    assert len(found) == 700 * CHANNELS
    assert set(found) == set(range(700))
    times = postgres.query(
        "SELECT DISTINCT (extract(epoch FROM utc) * 1000000)::bigint * 1000 + number % 1000 "
        "FROM xovac.readings WHERE chamber = 'plain'"
    )
    assert {time for (time,) in times} == stamps(path)
    [first] = postgres.query(
        "SELECT site, channel, value FROM xovac.readings "
        "WHERE chamber = 'plain' AND number = 0 AND channel = 'sensor_data.c3'"
    )
    assert first == ("lab 1", "sensor_data.c3", 23 + (3 * 104729) % 1000 / 317)
    notes = postgres.query("SELECT kind, text, who FROM xovac.log WHERE chamber = 'plain'")
    assert notes == [("note", "note 250", "ada@bench")]


@pytest.mark.slow
def test_nothing_is_missing_or_doubled_after_a_server_is_killed_and_held(tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 8_000)
    with postgresql() as server:
        outage = Outage(11, server.kill, server.pause, every=3, repair=server.revive, most=4)
        view = forward_all(path, lambda: writer(server.url, "hurt", timeout=0.5), trouble=outage)
        server.revive()
        assert outage.count >= 3
        assert view.rows == 0
        found = numbers(server, "hurt")
        assert len(found) == 8_000 * CHANNELS
        assert set(found) == set(range(8_000))


def test_odd_names_and_texts_arrive_as_they_are(postgres: PostgreSql, tmp_path: Path) -> None:
    values = {"plate, A=1 +#/ü": 1.5, "quote\"'": 2.5, "tab\tand\\": 3.5, "": 5.5}
    path = write_record(
        tmp_path / "a.sqlite3", [message(0.0, values | {"say": "it's \\N\n\t50 %"}, name="o'd")], end=2.0
    )
    chamber = "ch'amber"
    view = forward_all(path, lambda: writer(postgres.url, chamber))
    assert (view.sent, view.skipped) == (1, 0)
    found = postgres.query("SELECT channel, value FROM xovac.readings WHERE chamber = 'ch''amber'")
    assert dict(found) == {
        "o'd.plate, A=1 +#/ü": 1.5,
        'o\'d."quote\\"\'"': 2.5,
        "o'd.tab␉and\\": 3.5,
        'o\'d.""': 5.5,
    }
    assert ("it's \\N␊␉50 %",) in postgres.query("SELECT value FROM xovac.texts")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": "wrong"}, FailureCode.CREDENTIALS),
        ({"user": "eve"}, FailureCode.CREDENTIALS),
        ({"database": "nowhere"}, FailureCode.NOT_FOUND),
    ],
)
def test_what_is_wrong_in_the_settings_is_known(
    postgres: PostgreSql, change: dict[str, str], code: FailureCode
) -> None:
    url = postgres.url.replace("/lab", f"/{change.pop('database', 'lab')}")
    sink = writer(url, "wrong", **change)  # type: ignore[arg-type]
    with pytest.raises(SinkError) as caught:
        sink.open()
    assert (caught.value.failure.code, caught.value.remedy) == (code, SinkRemedy.SETTINGS)
    assert PASSWORD not in caught.value.failure.detail
    assert PASSWORD not in repr(sink) + repr(vars(sink))


def test_a_user_who_may_not_write_is_told_by_the_trial(postgres: PostgreSql) -> None:
    trial = writer(postgres.url, "first").trial()
    assert list(trial) == ["connect", "write"]
    postgres.query("CREATE ROLE reader LOGIN PASSWORD 'r'")
    postgres.query("GRANT USAGE ON SCHEMA xovac TO reader")
    steps = writer(postgres.url, "second", user="reader", secret="r").trial()
    assert next(steps) == "connect"
    with pytest.raises(SinkError) as caught:
        next(steps)
    assert caught.value.failure.code is FailureCode.CREDENTIALS


def test_a_server_that_is_not_there_is_waited_for(postgres: PostgreSql) -> None:
    with pytest.raises(SinkError) as caught:
        writer("postgresql://127.0.0.1:1/lab", "gone").open()
    assert (caught.value.failure.code, caught.value.remedy) == (FailureCode.REFUSED, SinkRemedy.WAIT)


def test_a_name_that_no_index_holds_and_one_with_a_nul_hold_nothing_up(
    postgres: PostgreSql, tmp_path: Path
) -> None:
    chance = random.Random(5)
    endless = "".join(chr(chance.randrange(0x100, 0x2FFF)) for _ in range(9_000))
    names = ("a", "nul\0", endless, "half \ud800", "b")
    things = [message(float(at), {name: 1.5}) for at, name in enumerate(names)]
    path = write_record(tmp_path / "a.sqlite3", things)
    view = forward_all(path, lambda: writer(postgres.url, "names"))
    assert (view.state, view.rows, view.skipped) == (SinkState.ON, 0, 1)
    assert sorted(numbers(postgres, "names")) == [0, 1, 3, 4]


def test_a_table_that_takes_no_nul_leaves_its_row_out(postgres: PostgreSql) -> None:
    bad = ChannelRow("sensor_data.x", "nul\0", "")
    with pytest.raises(SinkError) as caught:
        writer(postgres.url, "nul").send(Batch(Part.EVENTS, 0, 1, channels=(bad,)))
    assert caught.value.remedy is SinkRemedy.SMALLER
