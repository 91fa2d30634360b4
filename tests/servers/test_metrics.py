"""The page of metrics, read by a real Prometheus; its alert rules and its dashboard."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.base import free_port, program
from tests.servers.prometheus import Prometheus, prometheus
from tests.servers.victoriametrics import VictoriaMetrics, victoriametrics
from tests.unit.test_forwarding_metrics import BENCH, summary
from xovac_tui.forwarding.engines.metrics import MetricsPage
from xovac_tui.forwarding.view import SinkState

pytest.importorskip("prometheus_client")
DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 20.0


@pytest.fixture(scope="module")
def page() -> Iterator[MetricsPage]:
    made = MetricsPage("page", BENCH, "127.0.0.1", free_port())
    made.start()
    made.publish(summary())
    yield made
    made.stop(wait=True)


@pytest.fixture(scope="module")
def server(page: MetricsPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), page.port) as found:
        end = time.monotonic() + PATIENCE
        while not found.query("xovac_link_state") and time.monotonic() < end:
            page.publish(summary())
            time.sleep(0.05)
        yield found


@pytest.fixture(scope="module")
def store(page: MetricsPage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    with victoriametrics(tmp_path_factory.mktemp("victoria")) as found:
        page.publish(summary())
        with urllib.request.urlopen(f"http://127.0.0.1:{page.port}/metrics", timeout=5) as answer:
            lines = answer.read()
        urllib.request.urlopen(f"{found.url}/api/v1/import/prometheus", lines, timeout=5).close()
        there = sum(line.startswith(b"xovac_") for line in lines.splitlines())
        end = time.monotonic() + PATIENCE
        while len(found.query('{__name__=~"xovac_.+"}')) < there and time.monotonic() < end:
            # New names can be found a moment after they came.
            found.flush()
            time.sleep(0.05)
        yield found


def expressions() -> list[str]:
    """Return every expression of the dashboard and the rules, for all chambers."""
    dashboard = json.loads((DOCS / "grafana" / "chambers.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    found += re.findall(r"^ +expr: (.+)$", (DOCS / "prometheus" / "alerts.yml").read_text(), re.MULTILINE)
    return [one.replace("$chamber", ".+") for one in found]


EMPTY_HERE = (" == 0", " > 30", "> 120", '"LOST"} == 1', "> 3600", "> 0")
"""Ends of the expressions of alerts of which nothing is the case in the state of these tests."""


@pytest.mark.parametrize("expression", expressions())
def test_each_expression_finds_what_it_asks_for(
    expression: str, server: Prometheus, store: VictoriaMetrics, page: MetricsPage
) -> None:
    page.publish(summary())
    quiet = expression.endswith(EMPTY_HERE)
    ours = server.query(expression)
    theirs = store.query(expression)
    assert bool(ours) != quiet
    if not expression.startswith("up"):
        assert bool(theirs) != quiet


def test_a_reading_is_there_in_base_units_with_its_names(server: Prometheus, page: MetricsPage) -> None:
    page.publish(summary())
    [plate] = server.query('xovac_temperature_celsius{channel="sensor_data.plate.A"}')
    assert (plate["value"], plate["chamber"], plate["site"], plate["name"]) == (
        -20.5,
        "bench",
        "lab 1",
        "Plate A",
    )
    [pressure] = server.query("xovac_pressure_pascals")
    assert pressure["value"] == pytest.approx(8.1e-4)
    # Stale and missing readings are absent.
    assert not server.query('xovac_temperature_celsius{channel="sensor_data.old"}')


def test_the_alert_rules_pass_their_own_tests() -> None:
    tool = program("promtool", "prometheus")
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([tool, *arguments], cwd=DOCS / "prometheus", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    tested = set(re.findall(r"alertname: (\w+)", (DOCS / "prometheus" / "alerts_test.yml").read_text()))
    assert tested == set(re.findall(r"alert: (\w+)", (DOCS / "prometheus" / "alerts.yml").read_text()))


def test_a_port_that_is_taken_is_tried_again(page: MetricsPage) -> None:
    now = [0.0]
    second = MetricsPage("second", BENCH, "127.0.0.1", page.port, mono=lambda: now[0])
    second.start()
    assert second.view.state is SinkState.WAITING
    assert second.view.failure is not None
    second.publish(summary())
    assert second.view.state is SinkState.WAITING
    second.stop()
