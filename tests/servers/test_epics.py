"""Readings over EPICS pvAccess, read by a real client."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_forwarding_metrics import channel, summary
from xovac_tui.forwarding.engines.epics import PvServer, pv_name
from xovac_tui.forwarding.summary import AlarmSummary
from xovac_tui.forwarding.view import SinkState

p4p_client = pytest.importorskip("p4p.client.thread")
PLATE = "XOVAC:bench:sensor__data.plate.A"


@pytest.fixture(scope="module")
def server() -> Iterator[PvServer]:
    made = PvServer("epics", "XOVAC:bench", "127.0.0.1", 0)
    made.start()
    assert made.view.state is SinkState.ON
    made.publish(summary())
    yield made
    made.stop(wait=True)


@pytest.fixture(scope="module")
def client(server: PvServer) -> Iterator[Any]:
    with p4p_client.Context("pva", conf=server.configuration, useenv=False) as found:
        yield found


def test_a_reading_has_its_unit_its_time_and_its_severity(server: PvServer, client: Any) -> None:
    told = summary(alarms=(AlarmSummary(rule="hot", severity="high", state="unacknowledged", active=True),))
    server.publish(told)
    plate = client.get(PLATE, timeout=10)
    assert float(plate) == -20.5
    assert plate.raw.display.units == "degC"
    assert plate.raw.display.description == "Plate A"
    assert (plate.severity, plate.raw.timeStamp.secondsPastEpoch) == (0, pytest.approx(told.utc, abs=60))
    old = client.get("XOVAC:bench:sensor__data.old", timeout=10)
    assert (float(old), old.severity, old.raw.alarm.message) == (22.0, 3, "stale")
    gone = client.get("XOVAC:bench:sensor__data.gone", timeout=10)
    assert math.isnan(float(gone))
    assert gone.severity == 3


def test_an_alarm_of_a_channel_is_its_severity(server: PvServer, client: Any) -> None:
    hot = AlarmSummary(rule="hot", severity="high", state="unacknowledged", active=True, channel="Plate A")
    server.publish(summary(alarms=(hot,)))
    assert client.get(PLATE, timeout=10).severity == 2
    server.publish(summary(alarms=()))
    assert client.get(PLATE, timeout=10).severity == 0


def test_a_change_reaches_a_monitor_and_what_stays_is_not_sent(server: PvServer, client: Any) -> None:
    came: queue.Queue[float] = queue.Queue()
    with client.monitor(PLATE, lambda value: came.put(float(value))):
        came.get(timeout=10)
        for value in (-20.5, -20.5, 33.25):
            server.publish(summary(channels=(channel("sensor_data.plate.A", value, "degC"),)))
        assert came.get(timeout=10) == 33.25
        assert came.empty()


def test_nothing_can_be_written(client: Any) -> None:
    with pytest.raises(p4p_client.RemoteError):
        client.put(PLATE, 5.0, timeout=10)
    assert float(client.get(PLATE, timeout=10)) != 5.0


@given(st.text(max_size=10), st.text(max_size=10))
def test_distinct_names_stay_distinct(one: str, other: str) -> None:
    assert (pv_name(one) == pv_name(other)) == (one == other)
    assert all(char.isascii() and (char.isalnum() or char in "_.:-") for char in pv_name(one))
