"""The Influx line protocol into a real InfluxDB 1 and a real VictoriaMetrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.records import UTC, message, write_record
from tests.servers.forwarded import CHANNELS, Outage, forward_all, readings, stamps
from tests.servers.influxdb import InfluxDb, influxdb
from tests.servers.victoriametrics import VictoriaMetrics, victoriametrics
from xovac_tui.forwarding.failures import FailureCode
from xovac_tui.forwarding.kinds.influx import InfluxSink
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.view import SinkState


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDb]:
    with influxdb(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    with victoriametrics(tmp_path_factory.mktemp("victoria")) as server:
        yield server


def writer(url: str, chamber: str, *, database: str = "xovac", gzip: bool = True) -> HistorySink:
    sink = InfluxSink(name="lab", url=url, database=database, timeout=0.5, gzip=gzip)
    return sink.history(ForwardedChamber(chamber, "lab 1"), "")


def times(server: InfluxDb, chamber: str, measurement: str = "xovac") -> list[int]:
    found = server.query(f"SELECT * FROM {measurement} WHERE chamber = '{chamber}'")
    return [row["time"] for row in found]


def test_every_message_is_there_once_with_its_values(influx: InfluxDb, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 1_200)
    view = forward_all(path, lambda: writer(influx.url, "plain"))
    assert (view.state, view.rows, view.skipped) == (SinkState.ON, 0, 0)
    found = times(influx, "plain")
    assert len(found) == 1_200
    assert set(found) == stamps(path)
    first = influx.query("SELECT * FROM xovac WHERE chamber = 'plain' LIMIT 1")[0]
    assert first["event"] == "sensor_data"
    assert first["site"] == "lab 1"
    assert first["c3"] == 23 + (3 * 104729) % 1000 / 317
    notes = influx.query("SELECT * FROM xovac_log WHERE chamber = 'plain'")
    assert [(row["kind"], row["text"], row["who"]) for row in notes] == [
        ("note", "note 250", "ada@bench"),
        ("note", "note 750", "ada@bench"),
    ]


def test_what_is_sent_again_is_the_same_point(influx: InfluxDb, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 600)
    for _ in range(3):
        forward_all(path, lambda: writer(influx.url, "again"))
    assert len(times(influx, "again")) == 600
    assert len(times(influx, "again", "xovac_log")) == 1


@pytest.mark.slow
def test_nothing_is_missing_or_doubled_after_a_server_is_killed_and_held(tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 12_000)
    with influxdb(tmp_path) as server:
        outage = Outage(7, server.kill, server.pause, every=9, repair=server.revive)
        view = forward_all(path, lambda: writer(server.url, "hurt"), trouble=outage)
        assert view.rows == 0
        assert outage.count >= 3
        server.revive()
        found = times(server, "hurt")
        assert len(found) == 12_000
        assert set(found) == stamps(path)
        assert len(times(server, "hurt", "xovac_log")) == 24


def test_a_point_of_another_type_is_left_out_and_the_rest_is_stored(influx: InfluxDb, tmp_path: Path) -> None:
    first = write_record(tmp_path / "a.sqlite3", [message(0.0, {"plate": "warm"})], end=2.0)
    forward_all(first, lambda: writer(influx.url, "typed"))
    assert times(influx, "typed", "xovac_text")
    # In a store, a field that once was text stays text: here it was made by hand.
    influx.write(f'xovac,chamber=typed,event=sensor_data,site=lab\\ 1 plate="warm" {UTC:.0f}000000001')
    path = write_record(
        tmp_path / "b.sqlite3",
        [message(float(at), {"plate": 20.0 + at} if at == 5 else {"p": 1.0 + at}) for at in range(1, 11)],
        end=12.0,
    )
    view = forward_all(path, lambda: writer(influx.url, "typed"))
    assert (view.sent, view.skipped, view.rows) == (9, 1, 0)
    assert len([row for row in influx.query("SELECT * FROM xovac WHERE chamber = 'typed'") if row["p"]]) == 9


def test_what_a_store_does_not_keep_any_more_is_counted_and_the_rest_stored(
    influx: InfluxDb, tmp_path: Path
) -> None:
    influx.query("CREATE DATABASE short WITH DURATION 1h")
    path = readings(tmp_path / "a.sqlite3", 700)
    view = forward_all(path, lambda: writer(influx.url, "old", database="short"))
    assert (view.sent, view.rows) == (0, 0)
    assert view.skipped == 701


def test_a_database_that_is_not_there_is_a_matter_of_settings(influx: InfluxDb, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 10)
    view = forward_all(path, lambda: writer(influx.url, "none", database="nowhere"), most=1)
    assert view.state is SinkState.STOPPED
    assert view.failure is not None
    assert view.failure.code is FailureCode.NOT_FOUND
    assert "nowhere" in view.failure.detail


def test_odd_names_and_texts_arrive_as_they_are(influx: InfluxDb, tmp_path: Path) -> None:
    odd = {"plate, A=1 +#/ü": 1.5, "quote\"'": 2.5, "back\\": 3.5, "line\nbreak": 4.5, "": 5.5}
    texts = {"say": 'it is "5\\6", 50 %\nand more\\', "right\u202eleft": "ab\u202ecd"}
    path = write_record(tmp_path / "a.sqlite3", [message(0.0, odd | texts, name="od d,=\\")], end=2.0)
    view = forward_all(path, lambda: writer(influx.url, 'ch, 1="x"\\'))
    assert (view.sent, view.skipped) == (1, 0)
    row = next(one for one in influx.query("SELECT * FROM xovac") if one.get("back/") == 3.5)
    assert row["plate, A=1 +#/ü"] == 1.5
    assert row["line␊break"] == 4.5
    said = next(one for one in influx.query("SELECT * FROM xovac_text") if one.get("say"))
    assert said["say"] == 'it is "5\\6", 50 %␊and more\\'
    assert said["chamber"] == 'ch, 1="x"/'


def test_victoriametrics_has_every_sample_once(victoria: VictoriaMetrics, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 1_000)
    for _ in range(2):
        forward_all(path, lambda: writer(victoria.url, "plain"))
    found = victoria.export('{__name__=~"xovac_c[0-9]+"}')
    assert len(found) == CHANNELS
    # It keeps milliseconds.
    wanted = sorted(stamp // 1_000_000 for stamp in stamps(path))
    for series in found:
        assert series["metric"]["chamber"] == "plain"
        assert sorted(series["timestamps"]) == wanted


def test_it_is_compressed_or_not(influx: InfluxDb, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 30)
    forward_all(path, lambda: writer(influx.url, "bare", gzip=False))
    assert len(times(influx, "bare")) == 30
    assert min(times(influx, "bare")) == round(UTC * 1e9)
