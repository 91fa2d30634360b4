"""A chamber that reports in any unit, in any spelling, is judged and shown as one that reports in °C."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.helpers.keys import KEYS
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.analysis.values import ChamberValues
from xovac_tui.api.contract import Contract, Role
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.history import History
from xovac_tui.chamber.model import Chamber
from xovac_tui.config.model import Profile
from xovac_tui.expressions import parse
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.runs.dwell import Dwell
from xovac_tui.runs.state import Result
from xovac_tui.runs.view import RunProgress
from xovac_tui.station.loading import start_of
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.status.run_lines import run_lines
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets.trend_model import TrendModel, TrendSeries
from xovac_tui.ui.widgets.trend_view import View
from xovac_tui.units import from_celsius

UTC = 1_800_000_000.0
SPELLINGS = ("degC", "°C", "℃", "C", "Cel", "Celsius", "K", "Kelvin", "°F", "degF", "F", "")


def bench(tmp_path: Path, unit: str, setpoint: str = "degC", pressure: str = "mbar") -> Contract:
    """Return the contract of a device with a temperature in one unit and its setpoint in another."""
    file = tmp_path / "bench.toml"
    file.write_text(
        f"""
        [messages.readings]
        "ta" = {{ channel = "plate", unit = "{unit}", pin = true, role = "controlled" }}
        "sp" = {{ channel = "setpoint", unit = "{setpoint}", role = "setpoint" }}
        "p" = {{ channel = "pressure", unit = "{pressure}", log = true, role = "pressure" }}
        "mode" = {{ role = "state", running = ["running"], idle = ["idle"] }}
        """,
        encoding="utf-8",
    )
    return load_contract([file])


def reported(chamber: Chamber, mono: float, **values: float | str) -> None:
    payload = decode_arguments(json.dumps({"mode": "running", **values}))
    chamber.apply(Event("readings", payload, Direction.IN, EventKind.MESSAGE, UTC + mono, mono))


@pytest.mark.parametrize("unit", SPELLINGS)
def test_a_perfect_soak_counts_all_of_its_seconds_in_every_unit(tmp_path: Path, unit: str) -> None:
    chamber = Chamber(bench(tmp_path, unit))
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
    dwell = Dwell(began=0.0, target=40.0, tolerance=2.0, pressure=1e-3)
    for half in range(31):
        now = half / 2
        # At the edge of the tolerance, to two decimals as devices send.
        reported(chamber, now, ta=round(from_celsius(42.0, unit), 2), sp=40.0, p=1e-4)
        dwell = dwell.observe(chamber.observe(UTC + now, now))
    assert (dwell.elapsed, dwell.in_tolerance, dwell.creditable) == (15.0, 15.0, 15.0)
    assert (dwell.minimum, dwell.maximum) == (42.0, 42.0)


@pytest.mark.parametrize("pressure", ["torr", "mTorr", "micron", "Pa", "MBAR", "hPa", "µbar"])
def test_a_pressure_counts_in_every_unit(tmp_path: Path, pressure: str) -> None:
    chamber = Chamber(bench(tmp_path, "degC", pressure=pressure))
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
    reported(chamber, 1.0, ta=20.0, sp=20.0, p=0.5)
    factors = {"torr": 1013.25 / 760, "mTorr": 1.01325 / 760, "micron": 1.33322387415e-3, "Pa": 0.01}
    factor = {**factors, "µbar": 1e-3}.get(pressure, 1.0)
    assert chamber.observe(UTC, 1.0).pressure == pytest.approx(0.5 * factor, rel=1e-9)


@pytest.mark.parametrize(
    ("unit", "setpoint", "target", "actual", "shown"),
    [
        ("K", "degC", 323.15, 319.3, "Target 323.15 K  Actual 319.30 K  Plan 323.15 K"),
        ("degC", "Kelvin", 50.0, 46.15, "Target +50.0 °C  Actual +46.1 °C  Plan +50.0 °C"),
        ("°F", "°C", 122.0, 115.07, "Target +122.0 °F  Actual +115.1 °F  Plan +122.0 °F"),
    ],
)
def test_target_actual_and_plan_stand_in_one_unit(
    tmp_path: Path, unit: str, setpoint: str, target: float, actual: float, shown: str
) -> None:
    chamber = Chamber(bench(tmp_path, unit, setpoint))
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
    reported(chamber, 1.0, ta=actual, sp=from_celsius(50.0, setpoint), p=1.0)
    snapshot = chamber.snapshot(UTC, 1.0)
    assert snapshot.run.target == pytest.approx(target)
    assert snapshot.run.actual == actual
    assert snapshot.by_role(Role.CONTROLLED) is not None
    assert start_of(snapshot).celsius == 46.1
    followed = RunProgress(result=Result.RUNNING, planned=True, planned_temperature=50.0)
    moment = RunMoment(snapshot, RunProgress(), followed)
    lines = run_lines(moment, 90, 14, glyphs=UNICODE, times=Times("utc"), keys=KEYS)
    said = ["".join(text for text, _ in line) for line in lines]
    line = next(one for one in said if one.startswith("Target"))
    assert line.startswith(shown)
    # A distance is in K, whatever the unit; it has the decimals of the temperature.
    assert line.endswith("off −3.85 K" if unit == "K" else "off −3.9 K")


@pytest.mark.parametrize(
    ("unit", "limit"), [("°C", 80.0), ("℃", 80.0), ("K", 353.15), ("Fahrenheit", 176.0), ("", 80.0)]
)
def test_the_limits_of_the_profile_watch_a_channel_in_every_unit(
    tmp_path: Path, unit: str, limit: float
) -> None:
    profile = Profile(url="http://h:1", recipe=RecipeSettings(max=80.0, pressure=1e-3))
    found = watchlist(AlarmSettings(), profile.recipe, bench(tmp_path, unit, pressure="micron"), ())
    rules = {rule.name: rule for rule in found.rules}
    assert rules["part too hot"].limit_in("") == pytest.approx(limit)
    assert rules["vacuum lost"].limit_in("tvac") == pytest.approx(1e-3 / 1.33322387415e-3)
    assert not {"part too hot", "vacuum lost"} & found.off.keys()


@pytest.mark.parametrize("unit", ["degC", "K", "degF"])
def test_a_plan_is_drawn_on_the_axis_of_the_temperature(unit: str) -> None:
    history = History()
    for second in range(600):
        history.add(1000.0 + second, from_celsius(20.0 + second / 20, unit))
    series = (TrendSeries("t", "Part", unit, False, history, 0),)
    plan = ((1000.0, 20.0), (1600.0, 50.0))
    model = TrendModel(1600.0, UTC, series, planned=plan, window=600.0, utc=True)
    alone = View().picture(replace(model, planned=None), 100, 20)
    both = View().picture(model, 100, 20)
    # The plan lies on the temperature: it does not widen the axis.
    labels = [row.text[:10].strip() for row in both]
    assert labels == [row.text[:10].strip() for row in alone]


def test_a_plan_is_not_drawn_over_another_quantity() -> None:
    history = History()
    for second in range(600):
        history.add(1000.0 + second, 5.0)
    series = (TrendSeries("w", "Heater", "W", False, history, 0),)
    plan = ((1000.0, 20.0), (1600.0, 50.0))
    model = TrendModel(1600.0, UTC, series, planned=plan, window=600.0, utc=True)
    labels = " ".join(row.text[:10] for row in View().picture(model, 100, 20))
    assert "50" not in labels


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("plate > 45 ℃", True),
        ("plate > 115.1 ℉", False),
        ("plate < 319.31 Kelvin", True),
        ("pressure < 2 micron", True),
        ("pressure < 1.9 mTorr", False),
        ("pressure < 0.3 Pa and pressure > 2 µbar", True),
    ],
)
def test_a_condition_takes_every_spelling(tmp_path: Path, condition: str, holds: bool) -> None:
    chamber = Chamber(bench(tmp_path, "K", pressure="torr"))
    chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)
    # 46.15 °C, and 1.95 mTorr.
    reported(chamber, 1.0, ta=319.3, sp=40.0, p=1.95e-3)
    values = ChamberValues(chamber)
    values.at(UTC, 1.0)
    assert parse(condition).quantity(values)[0] is holds
