"""The page of metrics: what it says of a chamber, and what it leaves out."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary, SinkSummary

prometheus_client = pytest.importorskip("prometheus_client")
MetricsPage = pytest.importorskip("xovac_tui.forwarding.engines.metrics").MetricsPage
DOCS = Path(__file__).parents[2] / "docs"
BENCH = ForwardedChamber("bench", "lab 1")
UTC = 1_790_000_000.0


def channel(name: str, value: float | None, unit: str, quality: str = "good") -> ChannelSummary:
    label = {"sensor_data.plate.A": "Plate A"}.get(name, name)
    return ChannelSummary(name=name, full_name=name, label=label, unit=unit, value=value, quality=quality)


def summary(**changes: Any) -> ChamberSummary:
    """Return a chamber that runs, with an alarm and two stores."""
    import time

    told: dict[str, Any] = {
        "chamber": "bench",
        "site": "lab 1",
        "utc": time.time(),
        "link": "ONLINE",
        "newest_age": 0.4,
        "run": "RUNNING",
        "recipe": "Cycles",
        "step": 5,
        "steps": 9,
        "remaining": 3600.0,
        "target": -20.0,
        "target_unit": "degC",
        "alarms": (AlarmSummary(rule='Shroud "hot"', severity="high", state="unacknowledged", active=True),),
        "channels": (
            channel("sensor_data.plate.A", -20.5, "degC"),
            channel("sensor_data.kelvin", 293.15, "K"),
            channel("sensor_data.p", 8.1e-6, "mbar"),
            channel("sensor_data.tec", 0.25, "kW"),
            channel("sensor_data.pump", 1.0, ""),
            channel("sensor_data.old", 22.0, "degC", "stale"),
            channel("sensor_data.gone", None, "degC", "no data"),
        ),
        "recorder": "on",
        "record_bytes": 12_345,
        "sinks": (SinkSummary(name="lab", state="on", behind=0.0),),
    }
    return ChamberSummary(**told | changes)


def samples(newest: tuple[float, ChamberSummary] | None, mono: float = 100.0) -> dict[str, list[Any]]:
    """Return the samples of the page by name, read again as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.parser import text_string_to_metric_families

    from xovac_tui.forwarding.engines.metrics import page

    class Given:
        def collect(self) -> Any:
            return page(prometheus_client.metrics_core, BENCH, newest, mono)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Given())
    found: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        assert family.documentation
        for one in family.samples:
            found.setdefault(one.name, []).append((one.labels, one.value))
    return found


def values(found: dict[str, list[Any]], name: str, label: str = "channel") -> dict[str, float]:
    return {labels.get(label, ""): value for labels, value in found.get(name, [])}


def test_readings_are_in_base_units_and_only_good_ones_are_there() -> None:
    found = samples((100.0, summary()))
    assert values(found, "xovac_temperature_celsius") == {
        "sensor_data.plate.A": -20.5,
        "sensor_data.kelvin": 20.0,
    }
    assert values(found, "xovac_pressure_pascals") == {"sensor_data.p": pytest.approx(8.1e-4)}
    assert values(found, "xovac_power_watts") == {"sensor_data.tec": 250.0}
    assert values(found, "xovac_value") == {"sensor_data.pump": 1.0}


def test_one_state_of_the_link_is_1_and_the_others_are_0() -> None:
    states = values(samples((100.0, summary(link="STALE"))), "xovac_link_state", "state")
    assert states == {"ONLINE": 0, "STALE": 1, "LOST": 0, "CONNECTING": 0, "OFFLINE": 0}


def test_what_is_not_known_is_absent() -> None:
    found = samples((100.0, summary(run="UNKNOWN", step=None, remaining=None, newest_age=None, target=None)))
    for name in ("run_active", "run_step", "run_remaining_seconds", "newest_data_timestamp_seconds"):
        assert f"xovac_{name}" not in found


def test_an_old_state_shows_only_that_it_is_old() -> None:
    found = samples((100.0, summary()), mono=111.0)
    assert set(found) == {"xovac_build_info", "xovac_state_age_seconds"}
    assert values(found, "xovac_state_age_seconds") == {"": 11.0}
    assert set(samples(None)) == {"xovac_build_info"}


def test_names_of_the_chamber_are_labels_and_never_more() -> None:
    odd = 'a"} 1\n# HELP evil\nevil{x="\\'
    found = samples((100.0, summary(channels=(channel(odd, 1.5, "degC"),))))
    assert values(found, "xovac_temperature_celsius") == {odd: 1.5}
    assert not any("evil" in name for name in found)


def test_the_page_is_served_and_nothing_can_be_sent_to_it() -> None:

    made = MetricsPage("page", BENCH, "127.0.0.1", 0)
    made.start()
    made.publish(summary())
    address = f"http://127.0.0.1:{made.port}/metrics"
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert b"xovac_run_step{" in answer.read()
    made.stop(wait=True)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=5)


def test_the_dashboard_can_be_imported_by_anybody() -> None:
    dashboard = json.loads((DOCS / "grafana" / "chambers.json").read_text())
    assert "__inputs" not in dashboard
    assert [one["name"] for one in dashboard["templating"]["list"]] == ["datasource", "chamber"]
    sources = {json.dumps(panel["datasource"]) for panel in dashboard["panels"]}
    assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_dashboard_and_rules_name_metrics_that_exist() -> None:
    found = set(samples((100.0, summary())))
    text = (DOCS / "grafana" / "chambers.json").read_text() + (DOCS / "prometheus" / "alerts.yml").read_text()
    assert set(re.findall(r"xovac_[a-z_]+", text)) <= found


def test_readers_that_say_nothing_take_few_threads_and_errors_print_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.forwarding.engines.pageserver.MOST_READERS", 3)
    made = MetricsPage("page", BENCH, "127.0.0.1", 0)
    made.start()
    before = threading.active_count()
    try:
        readers = [socket.create_connection(("127.0.0.1", made.port), timeout=5) for _ in range(10)]
        # The last ones are let go at once.
        assert readers[-1].recv(1) == b""
        assert threading.active_count() - before <= 3
        with suppress(OSError):
            readers[0].sendall(b"GET /" + b"x" * 100_000)
        for reader in readers:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader.close()
        for _ in range(200):
            with suppress(OSError):
                if b"xovac_build_info" in _page(made):
                    break
            threading.Event().wait(0.01)
        else:
            pytest.fail("the page is not served again")
    finally:
        made.stop(wait=True)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def _page(made: Any) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{made.port}/metrics", timeout=5) as answer:
        return bytes(answer.read())
