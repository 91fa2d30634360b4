"""MQTT 5 with a real mosquitto, which runs with the files that the documentation shows."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest

from tests.helpers.records import message, write_record
from tests.helpers.servers import make_pki
from tests.helpers.summaries import alarm, channel, summary
from tests.servers.forwarded import forward_all, readings
from tests.servers.mosquitto import USERS, Mosquitto, mosquitto, reading
from tests.servers.mqttpublishing import PACE
from xovac_tui.clock import SystemClock
from xovac_tui.forwarding.batch import Batch, EventRow, RowKey
from xovac_tui.forwarding.engines.mqtt_connection import MqttAccess
from xovac_tui.forwarding.engines.mqtt_events import MqttEvents
from xovac_tui.forwarding.engines.mqtt_state import MqttPublisher
from xovac_tui.forwarding.failures import FailureCode, SinkError
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.reports import ChamberReport, FleetSource, Presence, SourceState
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.view import SinkState

BENCH = ForwardedChamber("bench-1", "lab")
BASE = "xovac/lab/bench-1"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("mosquitto")) as server:
        yield server


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what earlier tests have left on the broker that they share."""
    if "broker" in request.fixturenames:
        monkeypatch.setattr("xovac_tui.forwarding.engines.mqtt_once.SETTLED", 0.15)
        broker: Mosquitto = request.getfixturevalue("broker")
        for chamber in ("bench-1", "bench-2"):
            MqttPublisher(
                "lab", access(broker, chamber), ForwardedChamber(chamber, "lab"), "homeassistant"
            ).forget()


def access(server: Mosquitto, user: str = "bench-1", *, secret: str = "", timeout: float = 2.0) -> MqttAccess:
    return MqttAccess(url=server.url, user=user, secret=secret or USERS[user], timeout=timeout)


@contextmanager
def publishing(
    server: Mosquitto,
    *,
    user: str = "bench-1",
    secret: str = "",
    chamber: ForwardedChamber = BENCH,
    discovery: str = "",
) -> Iterator[MqttPublisher]:
    """Run a publisher; what it is given is published until the end."""
    found = MqttPublisher("lab", access(server, user, secret=secret), chamber, discovery, PACE)
    found.start()
    try:
        yield found
    finally:
        found.stop(wait=True)


def until(publisher: MqttPublisher, state: SinkState, within: float = 10.0) -> None:
    """Wait until a view has a state."""
    end = time.monotonic() + within
    while publisher.view.state is not state:
        assert time.monotonic() < end, publisher.view
        time.sleep(0.02)


def state_of(found: Mapping[str, bytes]) -> str:
    """Return what the status says, empty without one."""
    told = found.get(f"{BASE}/status")
    return str(json.loads(told)["state"]) if told else ""


def test_what_is_published_is_retained_and_says_offline_at_the_end(broker: Mosquitto) -> None:
    told = summary(
        alarms=(alarm("shroud hot"),),
        channels=(channel("plate", pinned=True), channel("a b,+#/\nü", float("nan"), quality="bad")),
    )
    with publishing(broker) as publisher:
        publisher.publish(told)
        until(publisher, SinkState.ON)
        with reading(broker) as first:
            # Some of it may come to a reader as it is published.
            first.until(lambda found: len(found) == 5)
        with reading(broker) as reader:
            reader.until(lambda found: len(found) == 5)
            assert all(kept for _, _, kept in reader.messages)
            found = {topic: json.loads(payload) for topic, payload in reader.newest().items()}
        assert found[f"{BASE}/status"]["state"] == "online"
        assert found[f"{BASE}/state"]["link"] == "ONLINE"
        assert [one["name"] for one in found[f"{BASE}/state"]["channels"]] == ["plate"]
        plate = found[f"{BASE}/channel/plate"]
        assert (plate["value"], plate["unit"], plate["quality"]) == (21.5, "degC", "good")
        assert plate["t"] == told.utc - 1
        assert found[f"{BASE}/channel/a%20b%2C%2B%23%2F%0A%C3%BC"]["value"] is None
        assert found[f"{BASE}/alarm/shroud%20hot"]["active"] is True
        assert publisher.view.sent == 5
    with reading(broker, f"{BASE}/status") as reader:
        reader.until(lambda found: state_of(found) == "offline")
        assert json.loads(reader.newest()[f"{BASE}/status"])["why"] == "stopped"


def test_what_a_recorder_before_has_left_is_no_more_active(broker: Mosquitto) -> None:
    with publishing(broker) as publisher:
        publisher.publish(summary(alarms=(alarm("hot"),), channels=(channel("plate"), channel("old"))))
        until(publisher, SinkState.ON)
    with publishing(broker) as publisher, reading(broker) as reader:
        publisher.publish(summary(1.0, channels=(channel("plate"),)))
        until(publisher, SinkState.ON)
        publisher.publish(summary(2.0, channels=(channel("plate"),)))
        reader.until(lambda found: b"normal" in found.get(f"{BASE}/alarm/hot", b""))
        reader.until(lambda found: b"no data" in found[f"{BASE}/channel/old"])
        assert b"21.5" in reader.newest()[f"{BASE}/channel/plate"]


def test_a_wrong_password_is_reported_and_nothing_else_happens(broker: Mosquitto) -> None:
    with publishing(broker, secret="nonsense") as publisher:
        publisher.publish(summary())
        until(publisher, SinkState.STOPPED)
        failure = publisher.view.failure
        assert failure is not None
        assert (failure.code, failure.status) == (FailureCode.CREDENTIALS, 0x87)
        assert "nonsense" not in repr(publisher.view)


def test_what_the_access_list_drops_is_reported_though_it_is_acknowledged(broker: Mosquitto) -> None:
    with publishing(broker, user="bench-2") as publisher, reading(broker) as reader:
        publisher.publish(summary())
        until(publisher, SinkState.STOPPED)
        failure = publisher.view.failure
        assert failure is not None
        assert (failure.code, failure.detail.startswith(BASE)) == (FailureCode.CREDENTIALS, True)
        assert reader.messages == []
    with pytest.raises(SinkError) as caught:
        list(MqttPublisher("lab", access(broker, "bench-2"), BENCH).trial())
    assert caught.value.failure.code is FailureCode.CREDENTIALS


def test_viewers_and_other_recorders_change_nothing(broker: Mosquitto) -> None:
    with reading(broker) as reader, reading(broker, user="bench-2") as other:
        for client in (reader, other):
            client.publish(f"{BASE}/state", b"{}", retain=True)
            client.publish("homeassistant/sensor/xovac-bench-1/x/config", b"{}", retain=True)
        other.publish("xovac/lab/bench-2/state", b"{}", retain=True)
        reader.until(lambda found: found)
        assert [*reader.newest()] == ["xovac/lab/bench-2/state"]


def test_an_unknown_authority_is_reported_and_the_right_one_is_trusted(tmp_path: Path) -> None:
    pki = make_pki(tmp_path)
    with mosquitto(tmp_path / "broker", pki=pki.folder) as server:
        plain = MqttSink(name="lab", url=server.url, user="bench-1", timeout=2.0)
        trusting = MqttSink(name="lab", url=server.url, user="bench-1", timeout=2.0, ca_file=str(pki.ca_file))
        missing = MqttSink(name="lab", url=server.url, ca_file=str(tmp_path / "none.pem"))
        for sink, code in ((plain, FailureCode.CERTIFICATE), (missing, FailureCode.FILE)):
            with pytest.raises(SinkError) as caught:
                list(sink.history(BENCH, "one").trial())
            assert caught.value.failure.code is code
        assert list(trusting.history(BENCH, "one").trial()) == ["connect", "write"]


def test_a_broker_may_know_its_clients_by_their_certificates(tmp_path: Path) -> None:
    pki = make_pki(tmp_path)
    with mosquitto(tmp_path / "broker", pki=pki.folder, more="require_certificate true\n") as server:
        bare = MqttSink(name="lab", url=server.url, user="bench-1", ca_file=str(pki.ca_file), timeout=2.0)

        def tried(**keys: str) -> list[str] | FailureCode:
            sink = msgspec.structs.replace(bare, **{key: str(tmp_path / name) for key, name in keys.items()})
            try:
                return list(sink.history(BENCH, "one").trial())
            except SinkError as error:
                return error.failure.code

        assert tried(cert_file="good.pem", key_file="good.key") == ["connect", "write"]
        assert tried() is FailureCode.CONNECTION
        assert tried(cert_file="self.pem", key_file="self.key") is FailureCode.CONNECTION
        assert tried(cert_file="good.pem", key_file="self.key") is FailureCode.FILE
        assert tried(cert_file="none.pem") is FailureCode.FILE


def test_the_newest_state_is_there_soon_after_an_outage(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as server, publishing(server) as publisher:
        publisher.publish(summary(1.0))
        until(publisher, SinkState.ON)
        server.kill()
        until(publisher, SinkState.WAITING)
        # Nothing of this is to be seen, and the last of it at once.
        for second in range(2, 1_000):
            publisher.publish(summary(float(second), channels=(channel("plate", float(second)),)))
        server.start()
        with reading(server) as reader:
            took = reader.until(lambda found: b"999.0" in found.get(f"{BASE}/channel/plate", b""), within=2.0)
            assert took < 2.0
            values = [payload for topic, payload, _ in reader.messages if topic == f"{BASE}/channel/plate"]
            assert all(json.loads(payload)["value"] in (21.5, 999.0) for payload in values)
            reader.until(lambda found: state_of(found) == "online")


@pytest.mark.slow
def test_a_broker_that_is_held_is_noticed_and_gets_the_newest_state_afterwards(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as server, publishing(server) as publisher:
        publisher.publish(summary(1.0))
        until(publisher, SinkState.ON)
        server.pause()
        publisher.publish(summary(2.0, channels=(channel("plate", 2.0),)))
        until(publisher, SinkState.WAITING)
        failure = publisher.view.failure
        assert failure is not None
        assert failure.code is FailureCode.NO_ANSWER
        publisher.publish(summary(3.0, channels=(channel("plate", 3.0),)))
        server.go_on()
        with reading(server) as reader:
            reader.until(
                lambda found: json.loads(found.get(f"{BASE}/channel/plate", b"{}")).get("value") == 3.0
            )
            reader.until(lambda found: state_of(found) == "online")


def test_a_state_from_before_is_not_published_as_the_newest(broker: Mosquitto) -> None:
    pace = msgspec.structs.replace(PACE, fresh=-1.0)
    found = MqttPublisher("lab", access(broker), BENCH, pace=pace)
    found.publish(summary())
    found.start()
    until(found, SinkState.ON)
    with reading(broker) as reader:
        reader.until(lambda found: state_of(found) == "online")
        assert [*reader.newest()] == [f"{BASE}/status"]
    found.stop(wait=True)


def test_a_program_that_is_held_up_does_not_look_alive(broker: Mosquitto) -> None:
    found = MqttPublisher("lab", access(broker), BENCH, pace=msgspec.structs.replace(PACE, held_after=0.4))
    found.start()
    found.publish(summary())
    with reading(broker, f"{BASE}/status") as reader:
        reader.until(lambda found: state_of(found) == "online")
        reader.until(lambda found: state_of(found) == "offline")
        assert json.loads(reader.newest()[f"{BASE}/status"])["why"] == "held up"
        found.publish(summary(1.0))
        reader.until(lambda found: state_of(found) == "online")
    found.stop(wait=True)


@pytest.mark.slow
def test_a_broker_that_is_held_from_the_start_holds_up_nobody(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as server:
        server.pause()
        began = time.monotonic()
        with publishing(server) as publisher:
            publisher.publish(summary())
        assert time.monotonic() - began < 2.5


def _process(server: Mosquitto, host: str) -> subprocess.Popen[bytes]:
    told = (server.url, "bench-1", USERS["bench-1"], host)
    return subprocess.Popen([sys.executable, "-m", "tests.servers.mqttpublishing", *told])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


@pytest.mark.slow
def test_the_last_will_says_offline_and_online_comes_behind_it(broker: Mosquitto) -> None:
    with reading(broker, f"{BASE}/status") as reader:
        process = _process(broker, "pc1")
        try:
            reader.until(lambda found: state_of(found) == "online")
            _end(process)
            reader.until(lambda found: state_of(found) == "offline")
            assert json.loads(reader.newest()[f"{BASE}/status"])["why"] == "connection lost"
            process = _process(broker, "pc1")
            reader.until(lambda found: state_of(found) == "online")
            # Killed and there again before the delay of the will: no reader hears of it.
            count = len(reader.messages)
            _end(process)
            process = _process(broker, "pc1")
            reader.until(lambda found: len(reader.messages) > count)
            time.sleep(PACE.will_delay + 0.5)
            states = [json.loads(payload)["state"] for _, payload, _ in reader.messages]
        finally:
            _end(process)
    assert states == ["online", "offline", "online", "online"]


@pytest.mark.slow
def test_recorders_that_take_turns_never_leave_a_wrong_offline(broker: Mosquitto) -> None:
    with reading(broker, f"{BASE}/status") as reader:
        process = _process(broker, "pc0")
        try:
            for turn in range(1, 4):
                reader.until(lambda found: state_of(found) == "online")
                count = len(reader.messages)
                # The next one begins while the last one is there still, as after a split network.
                other = _process(broker, f"pc{turn}")
                reader.until(partial(_more, reader.messages, count))
                _end(process)
                process = other
                time.sleep(PACE.will_delay + 0.5)
                assert state_of(reader.newest()) == "online"
        finally:
            _end(process)


@pytest.mark.slow
def test_a_recorder_of_the_same_chamber_is_reported_to_the_first(broker: Mosquitto) -> None:
    with publishing(broker) as first:
        first.publish(summary())
        until(first, SinkState.ON)
        with publishing(broker) as second:
            second.publish(summary())
            until(second, SinkState.ON)
            end, numbers = time.monotonic() + 10, itertools.count()
            while first.view.state is not SinkState.STOPPED:
                # The second one is alive.
                second.publish(summary(lost=next(numbers)))
                assert time.monotonic() < end, first.view
                time.sleep(0.05)
            assert first.view.failure is not None
            assert first.view.failure.code is FailureCode.TAKEN
            assert second.view.state is SinkState.ON
        # The second one has gone: the first one goes on by itself.
        first.publish(summary(2.0))
        until(first, SinkState.ON)


def test_forget_clears_what_the_broker_keeps_of_one_chamber(broker: Mosquitto) -> None:
    other = ForwardedChamber("bench-2", "lab")
    with publishing(broker, discovery="homeassistant") as publisher:
        publisher.publish(summary())
        until(publisher, SinkState.ON)
    with publishing(broker, user="bench-2", chamber=other) as publisher:
        publisher.publish(summary(chamber="bench-2"))
        until(publisher, SinkState.ON)
    gone = MqttPublisher("lab", access(broker), BENCH, "homeassistant")
    assert gone.forget() == 2 + 2 + 7
    assert gone.forget() == 0
    with reading(broker, "#", user="homeassistant") as reader:
        reader.until(lambda found: len(found) == 4)
        assert all(topic.startswith("xovac/lab/bench-2/") for topic in reader.newest())


def test_home_assistant_is_told_again_when_it_begins(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.forwarding.engines.mqtt_state.ANEW", 0.0)
    with publishing(broker, discovery="homeassistant") as publisher:
        publisher.publish(summary())
        until(publisher, SinkState.ON)
        with reading(broker, "#", user="homeassistant") as reader:
            reader.until(lambda found: len(found) == 4 + 7)
            count = len(reader.messages)
            reader.publish("homeassistant/status", b"nonsense")
            reader.publish("homeassistant/status", b"online")
            # The two messages themselves, then everything but the status.
            reader.until(lambda found: len(reader.messages) >= count + 2 + 3 + 7)
            again = [topic for topic, _, kept in reader.messages[count:] if not kept]
            assert sum(topic.endswith("/config") for topic in again) == 7
            assert f"{BASE}/channel/plate" in again


# -- the fleet ------------------------------------------------------------------------------------------


@contextmanager
def following(server: Mosquitto, user: str = "viewer") -> Iterator[FleetSource]:
    """Follow a broker, as the fleet does."""
    sink = MqttSink(name="lab", url=server.url, user=user, timeout=2.0)
    source = sink.fleet(lambda: USERS[user], SystemClock())
    source.start()
    try:
        yield source
    finally:
        source.stop()


def report_of(source: FleetSource, condition: Callable[[ChamberReport], object]) -> ChamberReport:
    """Wait for a report that fulfils a condition."""
    end = time.monotonic() + 10
    while True:
        for one in source.take():
            if condition(one):
                return one
        assert time.monotonic() < end, source.view
        time.sleep(0.02)


def test_the_fleet_sees_chambers_and_survives_junk(broker: Mosquitto) -> None:
    with following(broker) as source, publishing(broker) as publisher:
        publisher.publish(summary(5.0))
        report_of(source, lambda one: one.chamber == "bench-1" and one.summary is not None)
        with reading(broker, user="bench-2") as other:
            for junk in (b"\xff\x00", b"[" * 100_000, b'{"link": 5}', b'"x"', b"{}"):
                other.publish("xovac/lab/bench-2/state", junk, retain=True)
                other.publish("xovac/lab/bench-2/status", junk, retain=True)
        report_of(source, lambda one: one.chamber == "bench-2" and one.fault is not None)
        began = time.monotonic()
        publisher.publish(summary(6.0, run="RUNNING"))
        found = report_of(source, lambda one: one.summary is not None and one.summary.run == "RUNNING")
        assert time.monotonic() - began < 2.0
        assert (found.presence, found.age) == (Presence.HERE, 0.0)
        assert found.clock_ahead is not None
        assert source.view.state is SourceState.ON
        publisher.stop(wait=True)
        gone = report_of(source, lambda one: one.presence is Presence.GONE)
        assert (gone.gone_for, gone.chamber) == (0.0, "bench-1")


def test_a_fleet_that_comes_later_sees_what_was_kept(broker: Mosquitto) -> None:
    with publishing(broker) as publisher:
        publisher.publish(msgspec.structs.replace(summary(), utc=time.time() - 30.0))
        until(publisher, SinkState.ON)
    with following(broker) as source:
        found = report_of(source, lambda one: one.summary is not None and one.presence is Presence.GONE)
        assert 30.0 <= found.age < 35.0
        assert found.gone_for is not None
        assert found.gone_for < 5.0


def test_a_fleet_says_when_its_broker_is_away(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as server, following(server) as source:
        report = threading.Event()

        def is_state(state: SourceState) -> None:
            end = time.monotonic() + 10
            while source.view.state is not state:
                assert time.monotonic() < end, source.view
                report.wait(0.02)

        is_state(SourceState.ON)
        server.kill()
        is_state(SourceState.LOST)
        server.start()
        is_state(SourceState.ON)


# -- events ---------------------------------------------------------------------------------------------


def keys_of(path: Path) -> set[str]:
    """Return the keys of all rows of a record that are forwarded."""
    rows, keys = ForwardedRows(path), set[str]()
    for part in Part:
        cursor = 0
        while (batch := rows.next(part, cursor, 10_000)) is not None and batch.after > cursor:
            keys |= {row.key.text for row in batch.events} | {row.key.text for row in batch.log}
            cursor = batch.after
    rows.close()
    return keys


def test_events_are_there_with_their_keys(broker: Mosquitto, tmp_path: Path) -> None:
    path = readings(tmp_path / "a.sqlite3", 600)
    with reading(broker, f"{BASE}/+/#", user="collector", qos=1) as reader:
        view = forward_all(path, lambda: MqttEvents(access(broker), BENCH))
        assert (view.state, view.rows, view.skipped, view.sent) == (SinkState.ON, 0, 0, 601)
        reader.until(lambda found: len(reader.messages) == 601)
        told = [(topic, json.loads(payload)) for topic, payload, _ in reader.messages]
    assert {one["key"] for _, one in told} == keys_of(path)
    assert {topic for topic, _ in told} == {f"{BASE}/event/sensor_data", f"{BASE}/log/note"}
    first = told[0][1]
    assert first["values"]["c3"] == 23 + (3 * 104729) % 1000 / 317


def test_what_nobody_takes_waits_in_the_record(broker: Mosquitto, tmp_path: Path) -> None:
    path = write_record(tmp_path / "a.sqlite3", [message(0.0, {"plate": 20.0})], end=2.0)
    view = forward_all(path, lambda: MqttEvents(access(broker), BENCH), most=1)
    assert view.failure is not None
    assert (view.state, view.failure.code, view.rows) == (SinkState.WAITING, FailureCode.NOBODY, 1)
    with reading(broker, f"{BASE}/+/#", user="collector") as reader:
        assert forward_all(path, lambda: MqttEvents(access(broker), BENCH)).rows == 0
        reader.until(lambda found: reader.messages)


def test_a_connection_that_was_lost_while_there_was_nothing_to_send_is_no_failure(tmp_path: Path) -> None:
    key = RowKey("ab" * 16, Part.EVENTS, 0)
    batch = Batch(Part.EVENTS, 0, 1, events=[EventRow(key, 0, "sensor_data", [("a", 1.0)], [])])
    with mosquitto(tmp_path / "broker") as server, reading(server, f"{BASE}/event/#") as reader:
        events = MqttEvents(access(server), BENCH)
        events.open()
        assert events.send(batch) == 0
        server.kill()
        server.start()
        reader.until(lambda found: reader.connected > 1)
        assert events.send(batch) == 0
        reader.until(lambda found: len(reader.messages) == 2)
        events.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11])
def test_every_key_of_the_record_arrives_though_the_broker_is_killed(tmp_path: Path, seed: int) -> None:
    path = readings(tmp_path / "a.sqlite3", 3_000)
    chance = random.Random(seed)
    print(f"seed {seed}")
    kills = 0

    class Small(MqttEvents):
        most = 200

    with mosquitto(tmp_path / "broker") as server:
        timers: list[threading.Timer] = []

        def trouble() -> None:
            nonlocal kills
            while timers:
                timers.pop().join()
                server.revive()
            if kills < 4 and chance.random() < 0.3:
                kills += 1
                # In the middle of a batch, which takes about 50 ms.
                timers.append(threading.Timer(chance.random() * 0.05, server.kill))
                timers[0].start()

        with reading(server, f"{BASE}/+/#", user="collector") as reader:
            view = forward_all(path, lambda: Small(access(server), BENCH), trouble=trouble)
            assert view.rows == 0
            wanted = keys_of(path)
            reader.until(lambda found: _keys(reader.messages) >= wanted)
            assert _keys(reader.messages) == wanted
            print(f"{kills} kills, {len(reader.messages) - len(wanted)} doubled")
            assert kills == 4


def _more(messages: list[tuple[str, bytes, bool]], count: int, found: object) -> bool:
    return len(messages) > count


def _keys(messages: list[tuple[str, bytes, bool]]) -> set[str]:
    return {json.loads(payload)["key"] for _, payload, _ in messages}
