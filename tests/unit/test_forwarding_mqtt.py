"""Topics and payloads of MQTT, the discovery of Home Assistant, the reader of the fleet: without a broker."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, topic_matches_sub
from paho.mqtt.enums import CallbackAPIVersion

from tests.helpers.summaries import UTC, alarm, channel, summary
from xovac_tui.forwarding.batch import EventRow, LogRow, RowKey
from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_discovery import CLASSES, Discovery
from xovac_tui.forwarding.engines.mqtt_events import event_payload, log_payload
from xovac_tui.forwarding.engines.mqtt_fleet import MOST_CHAMBERS, FleetBook
from xovac_tui.forwarding.engines.mqtt_payloads import AGAIN, AT_LEAST, StateTopics
from xovac_tui.forwarding.engines.mqtt_state import MqttPublisher
from xovac_tui.forwarding.engines.mqtt_topics import (
    ChamberTopics,
    client_id,
    level,
    name_of,
    parsed,
    plain_id,
)
from xovac_tui.forwarding.failures import FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.reports import Presence
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.text import clean

BENCH = ForwardedChamber("bench-1", "lab")
BASE = "xovac/lab/bench-1"
ODD = (
    "",
    "-",
    "%2D",
    "a b",
    "a,b",
    "+",
    "#",
    "a/b",
    "a\nb",
    "\0",
    "Überdruck",
    "真空",
    "$SYS",
    "\ud800",
    "e\u0301",
)

# -- topics ---------------------------------------------------------------------------------------------


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_name_is_one_level_of_a_topic_and_another_name_another_one(one: str, two: str) -> None:
    text = level(one)
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", text)
    assert topic_matches_sub("xovac/+/x", f"xovac/{text}/x")
    assert (level(one) == level(two)) == (one == two)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_the_name_of_a_level_is_what_it_was_made_of_cleaned(name: str) -> None:
    assert name_of(level(name)) == clean(name, 200)


def test_odd_names_are_taken_by_the_client_library() -> None:
    assert len({level(name) for name in ODD}) == len(ODD)
    client = Client(CallbackAPIVersion.VERSION2)
    for name in ODD:
        # Raises ValueError for a topic that is none; there is no connection.
        client.publish(ChamberTopics(ForwardedChamber(name, name)).channel(name), b"", qos=0)


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_id_has_only_what_home_assistant_takes(one: str, two: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", plain_id(one))
    assert (plain_id(one) == plain_id(two)) == (one == two)


def test_an_id_that_looks_like_a_made_one_is_none() -> None:
    made = plain_id("a b")
    assert plain_id(made) != made
    assert plain_id("bench-1") == "bench-1"


def test_the_client_id_follows_from_the_tree_alone() -> None:
    assert client_id(BENCH, "s") == client_id(ForwardedChamber("bench-1", "lab"), "s")
    others = {
        client_id(ForwardedChamber(*one), "s") for one in (("bench-1", ""), ("lab", "bench-1"), ("b", "l"))
    }
    assert len({*others, client_id(BENCH, "s"), client_id(BENCH, "e")}) == 5
    assert re.fullmatch(r"[0-9a-zA-Z]{1,23}", client_id(BENCH, "s"))


@pytest.mark.parametrize(
    "topic", ["xovac/a/b", "xovac/a/b/c/d", "other/a/b/state", "xovac/a/-/state", "", "////"]
)
def test_other_topics_are_of_no_chamber(topic: str) -> None:
    assert parsed(topic) is None


# -- what is published, and when ---------------------------------------------------------------------------


def due(states: StateTopics, told: ChamberSummary, mono: float) -> dict[str, Any]:
    return {
        one.topic.removeprefix(f"{BASE}/"): json.loads(one.payload, parse_constant=pytest.fail)
        for one in states.due(told, mono)
    }


def test_only_what_changed_is_published_again() -> None:
    states = StateTopics(BENCH)

    def sixteen(at: float, value: float) -> ChamberSummary:
        rest = (channel(f"c{number}") for number in range(14))
        return summary(at, channels=(channel("plate", pinned=True), channel("changing", value), *rest))

    assert len(due(states, sixteen(0.0, 21.5), 100.0)) == 1 + 16
    second = sixteen(1.0, 22.0)
    assert [*due(states, second, 101.0)] == ["channel/changing"]
    assert due(states, second, 102.0) == {}


def test_the_state_comes_once_a_second_at_most_and_every_ten_at_least() -> None:
    states = StateTopics(BENCH)
    assert "state" in due(states, summary(0.0, lost=0), 100.0)
    assert due(states, summary(0.5, lost=1), 100.5) == {}
    assert not states.is_more(100.5)
    assert states.is_more(101.0)
    assert due(states, summary(0.5, lost=1), 101.0)["state"]["lost"] == 1
    assert not states.is_more(102.0)
    moments = [at for at in range(102, 120) if "state" in due(states, summary(float(at), lost=1), float(at))]
    assert moments == [101 + AT_LEAST, 101 + 2 * AT_LEAST]


def test_channels_and_alarms_come_again_after_a_minute() -> None:
    states, told = StateTopics(BENCH), summary(alarms=(alarm("hot"),))
    due(states, told, 100.0)
    again = [*due(states, told, 100.0 + AGAIN)]
    assert again == ["state", "alarm/hot", "channel/plate", "channel/wall"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_what_is_no_number_is_null(value: float | None) -> None:
    told = due(StateTopics(BENCH), summary(channels=(channel("p", value, pinned=True),)), 100.0)
    assert told["channel/p"]["value"] is None
    assert told["state"]["channels"][0].get("value") is None


def test_the_state_has_the_pinned_channels_only() -> None:
    told = due(StateTopics(BENCH), summary(), 100.0)
    assert [one["name"] for one in told["state"]["channels"]] == ["plate"]
    assert {"channel/plate", "channel/wall"} <= told.keys()


def test_an_alarm_that_is_resolved_and_a_channel_that_is_gone_say_so() -> None:
    states = StateTopics(BENCH)
    due(states, summary(alarms=(alarm("hot"),)), 100.0)
    told = due(states, summary(channels=(channel("plate", pinned=True),)), 102.0)
    assert told["alarm/hot"] == {"state": "normal", "active": False}
    assert told["channel/wall"] == {"value": None, "quality": "no data"}
    assert due(states, summary(channels=(channel("plate", pinned=True),)), 103.0) == {}
    assert due(states, summary(alarms=(alarm("hot"),)), 104.0)["alarm/hot"]["active"] is True


def test_where_no_program_evaluates_alarms_none_is_called_normal() -> None:
    states = StateTopics(BENCH)
    due(states, summary(alarms=(alarm("hot"),)), 100.0)
    assert due(states, summary(alarms=None), 102.0)["alarm/hot"] == {"state": "unknown"}


def test_what_was_left_by_another_recorder_is_ended() -> None:
    states = StateTopics(BENCH)
    due(states, summary(), 100.0)
    for left in ("alarm/old", "channel/plate", "channel/old", "state", "event/x"):
        states.found(f"{BASE}/{left}")
    states.found("xovac/lab/bench-2/alarm/hot")
    assert states.is_more(100.0)
    assert sorted(due(states, summary(), 100.1)) == ["alarm/old", "channel/old"]


def test_what_the_broker_refused_is_tried_again_after_a_minute_only() -> None:
    states = StateTopics(BENCH)
    due(states, summary(), 100.0)
    states.answered(f"{BASE}/state", 0x87, 100.1)
    assert states.refused == (f"{BASE}/state", 0x87)
    for second in range(1, 60):
        assert "state" not in due(states, summary(float(second), lost=second), 100.0 + second)
    assert "state" in due(states, summary(61.0), 161.0)
    states.answered(f"{BASE}/state", 0, 161.1)
    assert states.refused is None


def test_on_a_new_connection_everything_is_published_again() -> None:
    states = StateTopics(BENCH, "homeassistant")
    count = len(due(states, summary(), 100.0))
    assert due(states, summary(), 100.1) == {}
    states.begin()
    assert len(due(states, summary(), 100.2)) == count


def test_the_time_of_a_value_is_that_of_its_message() -> None:
    told = due(StateTopics(BENCH), summary(5.0, channels=(channel("plate", age=2.0),)), 100.0)
    assert told["channel/plate"]["t"] == UTC + 3.0


def test_the_payloads_of_rows_have_their_key() -> None:
    key = RowKey("ab" * 16, Part.EVENTS, 7)
    row = EventRow(key, 1_790_000_000_123_456, "sensor_data", [("a.b", 1.5)], [("mode", "run")])
    assert json.loads(event_payload(row)) == {
        "key": f"{'ab' * 16}:events:7",
        "t": 1_790_000_000.123456,
        "event": "sensor_data",
        "values": {"a.b": 1.5},
        "texts": {"mode": "run"},
    }
    entry = LogRow(RowKey("ab" * 16, Part.RUNS, 1), 5_000_000, "run", "B-17", "done", "", "", ended=6_000_000)
    assert json.loads(log_payload(entry))["ended"] == 6.0


# -- Home Assistant -----------------------------------------------------------------------------------------

# home-assistant.io/integrations: /mqtt (topics of discovery), /sensor.mqtt, /binary_sensor.mqtt, /sensor.
_TOPIC = re.compile(r"homeassistant/(sensor|binary_sensor)/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config")
_KEYS = {
    *("availability", "availability_mode", "device", "device_class", "expire_after", "json_attributes_topic"),
    *("json_attributes_template", "name", "origin", "state_class", "state_topic", "unique_id"),
    *("unit_of_measurement", "value_template"),
}
_UNITS = {
    "temperature": {"°C", "°F", "K"},
    "pressure": {"Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"},
    "power": {"W", "kW"},
    "voltage": {"V", "mV"},
    "current": {"A", "mA"},
    "frequency": {"Hz", "kHz", "MHz", "GHz"},
    "duration": {"d", "h", "min", "s", "ms"},
    "volume_flow_rate": {"m³/h", "ft³/min", "L/min", "gal/min"},
    "humidity": {"%"},
}


def rendered(template: str, payload: bytes) -> str:
    """Return what Home Assistant makes of a payload."""
    return jinja2.Environment().from_string(template).render(value_json=json.loads(payload))


@pytest.mark.parametrize(
    "chamber", [BENCH, ForwardedChamber("bench 1.x", ""), ForwardedChamber("ü/+#", "a b")]
)
def test_every_configuration_is_one_that_home_assistant_takes(chamber: ForwardedChamber) -> None:
    units = [*CLASSES, "Torr", "K", "", "mbar l/s", "rpm", "%"]
    told = summary(channels=tuple(channel(f"c {unit}", unit=unit) for unit in units))
    found = list(Discovery(chamber, "homeassistant").of(told))
    assert len(found) == 5 + len(units)
    assert len({topic for topic, _ in found}) == len(found)
    assert len({config["unique_id"] for _, config in found}) == len(found)
    assert len({json.dumps(config["device"]) for _, config in found}) == 1
    for topic, config in found:
        match = _TOPIC.fullmatch(topic)
        assert match
        assert config.keys() <= _KEYS
        assert config["device"]["identifiers"]
        assert config["availability"][0]["topic"] == ChamberTopics(chamber).status
        assert config["availability_mode"] == "all"
        assert config["expire_after"] > AT_LEAST
        kind = config.get("device_class")
        if match[1] == "binary_sensor":
            assert kind == "problem"
        elif kind is not None:
            assert config["unit_of_measurement"] in _UNITS[kind]
            assert config["state_class"] == "measurement"


def test_nothing_that_home_assistant_is_told_can_command() -> None:
    for topic, config in Discovery(BENCH, "homeassistant").of(summary()):
        assert topic.split("/")[1] in ("sensor", "binary_sensor")
        assert not [key for key in config if "command" in key]


def test_a_difference_in_kelvin_is_no_temperature() -> None:
    configs = {
        config["name"]: config
        for _, config in Discovery(BENCH, "ha").of(summary(channels=(channel("gradient", unit="K"),)))
    }
    assert "device_class" not in configs["gradient"]
    assert configs["gradient"]["unit_of_measurement"] == "K"


def test_the_templates_say_what_is_published() -> None:
    told = summary(
        run="RUNNING", recipe="B-17", step=5, steps=9, label="hold", alarms=(alarm("hot"),),
        channels=(channel("plate"), channel("bad", float("nan"), quality="bad")),
    )  # fmt: skip
    payloads = {one.topic: one.payload for one in StateTopics(BENCH).due(told, 1.0)}
    configs = {config["name"]: config for _, config in Discovery(BENCH, "ha").of(told)}
    shown = {
        name: rendered(config["value_template"], payloads[config["state_topic"]])
        for name, config in configs.items()
    }
    assert shown == {
        "Link": "ONLINE",
        "Run": "RUNNING",
        "Recipe": "B-17",
        "Step": "5/9 hold",
        "Alarm": "ON",
        "plate": "21.5",
        "bad": "None",
    }
    for name, available in (("plate", "online"), ("bad", "offline")):
        one = configs[name]["availability"][1]
        assert rendered(one["value_template"], payloads[one["topic"]]) == available
    idle = msgspec.json.encode(summary())
    assert rendered(configs["Step"]["value_template"], idle) == "-"
    assert rendered(configs["Recipe"]["value_template"], idle) == "-"
    assert rendered(configs["Alarm"]["value_template"], idle) == "OFF"
    for acknowledged in (alarm("hot", active=False), alarm("hot", state="returned", active=False)):
        payload = msgspec.json.encode(summary(alarms=(acknowledged,)))
        assert rendered(configs["Alarm"]["value_template"], payload) == "OFF"


# -- the fleet ------------------------------------------------------------------------------------------


def state(told: ChamberSummary, *, kept: bool = False, base: str = BASE) -> BrokerMessage:
    return BrokerMessage(f"{base}/state", msgspec.json.encode(told), kept)


def status_of(told: dict[str, Any], *, kept: bool = False) -> BrokerMessage:
    return BrokerMessage(f"{BASE}/status", msgspec.json.encode(told), kept)


def test_what_the_broker_kept_is_as_old_as_it_says() -> None:
    book = FleetBook()
    book.receive(state(summary(), kept=True), 50.0, UTC + 7.0)
    (one,) = book.take()
    assert (one.arrived, one.age, one.clock_ahead, one.presence) == (50.0, 7.0, None, Presence.UNKNOWN)
    # The same again on a new connection is no younger, and no sign of life.
    book.receive(state(summary(), kept=True), 60.0, UTC + 17.0)
    (one,) = book.take()
    assert (one.arrived, one.age, one.heard) == (50.0, 7.0, 50.0)
    book.receive(state(summary(20.0)), 70.0, UTC + 12.0)
    (one,) = book.take()
    assert (one.arrived, one.age, one.heard, one.clock_ahead) == (70.0, 0.0, 70.0, 8.0)
    assert book.take() == ()


def test_the_topic_says_which_chamber_it_is() -> None:
    book = FleetBook()
    book.receive(state(summary(chamber="bench-9", site="elsewhere"), base="xovac/-/b%202"), 1.0, UTC)
    (one,) = book.take()
    assert (one.site, one.chamber) == ("", "b 2")
    assert one.summary is not None
    assert (one.summary.site, one.summary.chamber) == ("", "b 2")


@pytest.mark.parametrize("junk", [b"\xff", b"null", b"[]", b"{}", b'{"link":1}', b"[" * 200_000])
def test_junk_is_a_fault_and_what_was_known_stays(junk: bytes) -> None:
    book = FleetBook()
    newer = json.loads(msgspec.json.encode(summary())) | {"from_the_future": [1, {"x": None}]}
    book.receive(BrokerMessage(f"{BASE}/state", json.dumps(newer).encode(), False), 1.0, UTC)
    (before,) = book.take()
    book.receive(BrokerMessage(f"{BASE}/state", junk, False), 2.0, UTC)
    (after,) = book.take()
    assert after.fault is not None
    assert (after.summary, after.arrived, after.heard) == (before.summary, 1.0, 2.0)
    book.receive(BrokerMessage(f"{BASE}/status", junk, False), 3.0, UTC)
    assert book.take()[0].presence is Presence.UNKNOWN


@given(st.binary(max_size=200), st.text(max_size=60))
def test_no_message_is_too_odd(payload: bytes, topic: str) -> None:
    book = FleetBook()
    for name in (topic, f"{BASE}/state", f"{BASE}/status"):
        book.receive(BrokerMessage(name, payload, False), 1.0, UTC)
    assert all(one.summary is None for one in book.take())


def test_the_number_of_chambers_is_bounded() -> None:
    book = FleetBook()
    for number in range(MOST_CHAMBERS + 5):
        book.receive(BrokerMessage(f"xovac/a/{number}/status", b'{"state":"online"}', False), 1.0, UTC)
    assert len(book.take()) == MOST_CHAMBERS


def test_a_status_says_whether_the_recorder_is_there() -> None:
    book = FleetBook()
    for word, presence in (
        ("online", Presence.HERE),
        ("offline", Presence.GONE),
        ("asleep", Presence.UNKNOWN),
    ):
        book.receive(status_of({"state": word, "why": "stopped"}), 3.0, UTC)
        assert book.take()[0].presence is presence
    book.receive(BrokerMessage(f"{BASE}/status", b"", False), 4.0, UTC)
    assert book.take()[0].presence is Presence.GONE
    assert book.take() == ()


def test_how_long_a_recorder_is_gone() -> None:
    book, will = FleetBook(), {"state": "offline", "why": "connection lost", "t": UTC - 9_000.0}
    book.receive(status_of({"state": "offline", "why": "stopped", "t": UTC - 60.0}, kept=True), 1.0, UTC)
    assert book.take()[0].gone_for == 60.0
    # The time of a will is that at which its connection began; the newest state is younger.
    book.receive(status_of(will, kept=True), 1.0, UTC)
    assert book.take()[0].gone_for is None
    book.receive(state(summary(-500.0), kept=True), 1.0, UTC)
    assert book.take()[0].gone_for == 500.0
    book.receive(status_of(will), 9.0, UTC)
    assert book.take()[0].gone_for == 0.0


# -- settings and reason codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_keys", "key"),
    [
        ({"url": "http://broker"}, "url"),
        ({"url": "mqtt://"}, "url"),
        ({"url": "mqtt://ada:pass@broker"}, "url"),
        ({"url": "mqtt://broker/path"}, "url"),
        ({"url": "mqtt://broker:99999"}, "url"),
        ({"url": "mqtt://broker", "key_file": "a.key"}, "key_file"),
        *(
            ({"url": "mqtt://broker", "discovery": bad}, "discovery")
            for bad in ("a b", "#", "a/+", "/a", "a/", "$SYS")
        ),
    ],
)
def test_settings_that_cannot_be_right_are_named(given_keys: dict[str, Any], key: str) -> None:
    found = list(MqttSink(name="lab", **given_keys).check())
    assert [place for place, _ in found] == [key]
    assert "pass" not in found[0][1].replace("password", "")


@pytest.mark.parametrize(
    "url", ["mqtt://broker", "mqtts://broker.lab:8883", "mqtt://[::1]:1883", "mqtt://broker/"]
)
def test_settings_that_are_right(url: str) -> None:
    assert list(MqttSink(name="lab", url=url, discovery="homeassistant").check()) == []


def test_history_is_off_until_it_is_asked_for() -> None:
    assert not MqttSink(name="lab", url="mqtt://b").takes_history
    assert MqttSink(name="lab", url="mqtt://b", events=True).takes_history


def test_files_are_beside_the_settings() -> None:
    sink = MqttSink(name="lab", url="mqtts://b", ca_file="ca.pem", cert_file="c.pem", key_file="c.key")
    found = sink.placed(lambda name: str(Path("/etc/x") / name) if name else "")
    assert {found.ca_file, found.cert_file, found.key_file} == {
        "/etc/x/ca.pem",
        "/etc/x/c.pem",
        "/etc/x/c.key",
    }


def test_how_to_get_in_is_not_shown() -> None:
    assert "hunter2" not in repr(MqttAccess(url="mqtt://b", secret="hunter2"))


@pytest.mark.parametrize(
    ("code", "kind", "remedy"),
    [
        (0x86, FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),
        (0x87, FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),
        (0x84, FailureCode.ANSWER, SinkRemedy.SETTINGS),
        (0x8E, FailureCode.TAKEN, SinkRemedy.SETTINGS),
        (0x89, FailureCode.BUSY, SinkRemedy.WAIT),
        (0x97, FailureCode.BUSY, SinkRemedy.WAIT),
        (0x95, FailureCode.TOO_LARGE, SinkRemedy.SMALLER),
        (0x99, FailureCode.BAD_ROW, SinkRemedy.SMALLER),
        (0x80, FailureCode.ANSWER, SinkRemedy.WAIT),
    ],
)
def test_reason_codes_have_a_remedy(code: int, kind: FailureCode, remedy: SinkRemedy) -> None:
    error = refused(code, "said")
    assert (error.failure.code, error.failure.status, error.remedy) == (kind, code, remedy)


@contextmanager
def odd_server(answer: bytes | None) -> Iterator[str]:
    """Run a server that answers a connection so, whatever is asked; None: it closes it at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listener.accept()
                    if answer is None:
                        one.close()
                        continue
                    held.append(one)
                    one.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"mqtt://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for one in held:
                one.close()


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (b"", {FailureCode.NO_ANSWER}),
        (None, {FailureCode.CONNECTION}),
        # "Unacceptable protocol version" of MQTT 3.1.1, 3.2.2.3.
        (b"\x20\x02\x00\x01", {FailureCode.CONNECTION, FailureCode.ANSWER}),
        # Unsupported protocol version of MQTT 5.
        (b"\x20\x03\x00\x84\x00", {FailureCode.ANSWER}),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", {FailureCode.CONNECTION, FailureCode.NO_ANSWER}),
        (b"\x20\xff\xff\xff\xff\xff", {FailureCode.CONNECTION}),
        (b"\xff" * 1000, {FailureCode.CONNECTION}),
        (b"\x20\x05\x00\x00\x02\x99\x99", {FailureCode.CONNECTION}),
        (b"\x90\x00", {FailureCode.CONNECTION, FailureCode.NO_ANSWER}),
    ],
    ids=["silent", "closes", "3.1.1", "old", "http", "endless", "noise", "property", "unasked"],
)
def test_a_server_that_is_no_broker_of_mqtt_5_is_an_error_and_nothing_worse(
    answer: bytes | None, codes: set[FailureCode]
) -> None:
    with odd_server(answer) as url, pytest.raises(SinkError) as caught:
        list(MqttPublisher("lab", MqttAccess(url=url, timeout=0.3), BENCH).trial())
    assert caught.value.failure.code in codes


def test_nothing_listens_and_a_name_that_is_none() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"mqtt://127.0.0.1:{bound.getsockname()[1]}"
    for address, code in ((url, FailureCode.REFUSED), ("mqtt://nowhere.invalid", FailureCode.UNKNOWN_HOST)):
        with pytest.raises(SinkError) as caught:
            list(MqttPublisher("lab", MqttAccess(url=address, timeout=1.0), BENCH).trial())
        assert caught.value.failure.code is code


def test_a_missing_library_is_named() -> None:
    code = """
import sys
sys.modules["paho"] = None
from xovac_tui.forwarding.failures import SinkError
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.reports import Presence
from xovac_tui.forwarding.sinksettings import ForwardedChamber
sink = MqttSink(name="lab", url="mqtt://b", events=True)
for make in (sink.history, sink.publisher):
    try:
        make(ForwardedChamber("a", "b"), "")
    except SinkError as error:
        print(error.failure.code.value, error.failure.detail)
print(sink.fleet(lambda: "", None).view.failure.code.value)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["missing", "mqtt", "missing", "mqtt", "missing"]


def test_a_message_that_is_larger_than_was_said_is_not_read() -> None:
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            nonlocal sent
            line, _ = listening.accept()
            with line, contextlib.suppress(OSError):
                line.recv(1000)
                line.sendall(bytes([0x20, 3, 0, 0, 0, 0x30, 0xFF, 0xFF, 0xFF, 0x7F]))
                while sent < 100_000_000:
                    sent += line.send(bytes(100_000))

        threading.Thread(target=talk, daemon=True).start()
        port = listening.getsockname()[1]
        connection = BrokerConnection(
            MqttAccess(url=f"mqtt://127.0.0.1:{port}", timeout=2.0), BrokerSession("x")
        )
        connection.open()
        with pytest.raises(SinkError) as caught:
            connection.turn(2.0)
    assert caught.value.failure.code is FailureCode.CONNECTION
    assert sent < 20_000_000
