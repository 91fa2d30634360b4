"""What is guessed of a leaf by its name and by what came, and the draft of a file that is made of it."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.api.contract import LeafTable, Role
from xovac_tui.api.contracts import samples
from xovac_tui.api.contracts.drafting import drafted
from xovac_tui.api.contracts.guesses import (
    GuessCode,
    guesses_of,
    guesses_of_all,
    with_guesses,
)
from xovac_tui.api.contracts.samples import NEWEST, LeafSamples, Observed
from xovac_tui.api.contracts.tables import leaf_at
from xovac_tui.api.loader import documented_contract, load_contract, read_contract
from xovac_tui.api.payload import Leaf


def guessed(path: str, *came: Leaf, event: str = "m") -> dict[str, Any]:
    found = guesses_of(event, path, LeafSamples.of(came))
    assert all(guess.sentence.endswith(guess.reason) for guess in found)
    return {key: value for guess in found for key, value in guess.values}


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("p_mbar", "mbar"),
        ("plate_degC", "degC"),
        ("plate.deg_c", "degC"),
        ("temp_c", "degC"),
        ("tempF", "degF"),
        ("t_K", "K"),
        ("chamber.inlet_kPa", "kPa"),
        ("pressurePa", "Pa"),
        ("vacuum.torr", "Torr"),
        ("heater_power_w", "W"),
        ("i_mA", "mA"),
        ("current_ma", "mA"),
        ("fan_rpm", "rpm"),
        ("ramp_K_per_min", "K/min"),
        ("uptime_s", "s"),
        ("room_rh", "%RH"),
        ('"a.b".p_mbar', "mbar"),
        ("flow_l_min", "l/min"),
        ("coolant.flow_L_min", "l/min"),
        ("water_l_per_min", "l/min"),
        ("purge_lpm", "l/min"),
        ("chiller_flow_m3_h", "m3/h"),
        ("n2_sccm", "sccm"),
        ("mfc1.slm", "slm"),
        ("leak_rate_mbar_l_s", "mbar l/s"),
        ("q_mbar_l_per_s", "mbar l/s"),
        ("turbo_Hz", "Hz"),
        ("valve_%", "%"),
        ("hum_%RH", "%RH"),
        ("psu.ch1.V", "V"),
        ("supply_psi", "psi"),
        ("co2_ppm", "ppm"),
        # Names that only look so.
        ("plate_A", None),
        ("plate_c", None),
        ("sensor_s", None),
        ("bar", None),
        ("level_l_min", None),
        ("sccm", None),
        ("zone_V", None),
        ("rack_W", None),
        ("temp_c_min", None),
        ("min", None),
        ("value_max", None),
        ("", None),
    ],
)
def test_a_unit_is_read_from_the_name(path: str, unit: str | None) -> None:
    assert guessed(path, 5000.5).get("unit") == unit


@pytest.mark.parametrize(
    ("path", "came", "unit"),
    [
        ("temperature", (20.5, -80.0), "degC"),
        ("temperature", (5000.5,), None),
        ("temp_min", (20.5,), "degC"),
        ("p", (1e-6, 1013.2), "mbar"),
        ("vacuum.pressure", (101_325.5,), "Pa"),
        ("gauge", (1e-6,), None),
        ("humidity", (43.5,), "%RH"),
        ("humidity", (430.5,), None),
        ("temperature", ("warm",), None),
    ],
)
def test_a_unit_is_guessed_of_what_is_measured_where_the_values_fit(
    path: str, came: tuple[Leaf, ...], unit: str | None
) -> None:
    assert guessed(path, *came).get("unit") == unit


def test_a_state_is_known_by_its_words() -> None:
    found = guessed("status", "Idle", "running", "paused")
    assert (found["role"], found["running"], found["idle"], found["hide"]) == (
        "state",
        ["running"],
        ["Idle"],
        True,
    )
    half = guesses_of("m", "mode", LeafSamples.of(["busy"]))
    assert dict(half[0].values) == {"role": "state", "running": ["busy"], "idle": ["idle"]}
    assert half[0].code is GuessCode.STATE_HALF
    others: list[tuple[str, Sequence[Leaf]]] = [
        ("door", ["open", "off"]),
        ("note", ["idle", "Ida was here"]),
        ("fan", ["on", "off"]),
        ("status", ["OK", "FAULT"]),
        ("mode", [*(f"running {number}" for number in range(50)), "idle"]),
    ]
    for path, words in others:
        assert "role" not in guessed(path, *words), path


@pytest.mark.parametrize(
    ("path", "came", "role"),
    [
        ("p_mbar", (1e-6,), Role.PRESSURE),
        ("water.inlet_bar", (2.5,), None),
        ("sp_degC", (20.0,), Role.SETPOINT),
        ("dut.temp_c", (20.0,), Role.CONTROLLED),
        ("room_temp_c", (20.0,), Role.ROOM_TEMPERATURE),
        ("dew_point_c", (5.0,), None),
        ("dewpoint_degC", (5.0,), Role.DEW_POINT),
        ("humidity", (40.0,), Role.HUMIDITY),
        ("pump", (True, False), Role.PUMP),
        ("valves.vent", (0.0, 1.0), Role.VENT),
        ("pump_speed_rpm", (900.0,), None),
        ("heater_power_w", (40.5,), Role.OUTPUT),
        ("recipe.name", ("bake",), Role.RECIPE_NAME),
        ("step", (3.0,), Role.STEP),
        ("steps", (9.0,), Role.STEPS),
        ("now", (1.8e12, 1.8e12 + 1000), Role.SERVER_TIME),
        ("part.power", (True,), Role.PART_POWER),
        ("plate_degC", (20.0,), None),
    ],
)
def test_a_role_is_guessed_by_name_and_unit(path: str, came: tuple[Leaf, ...], role: Role | None) -> None:
    assert guessed(path, *came).get("role") == role


def test_what_matters_most_is_pinned_and_a_pressure_over_decades_is_logarithmic() -> None:
    assert guessed("p_mbar", 1013.0, 1e-3) == {
        "unit": "mbar",
        "role": "pressure",
        "pin": True,
        "log": True,
        "label": "Pressure",
    }
    assert guessed("p_Pa", 1e-3)["log"]
    assert "log" not in guessed("p_mbar", 1013.0, 1000.0)
    assert "log" not in guessed("temp_c", 1.0, 300.0)


def test_counters_and_clocks_are_hidden() -> None:
    hidden: list[tuple[str, Sequence[Leaf]]] = [
        ("counter", [1.0, 2.0, 2.0, 3.0, 9.0]),
        ("x", [float(number) for number in range(20)]),
        ("t", [1.8e9 + number / 2 for number in range(5)]),
        ("at", ["2026-10-01T12:00:00Z"]),
        ("now", [1.8e12]),
    ]
    for path, came in hidden:
        assert guessed(path, *came)["hide"], path
    for path, came in [
        ("x", [float(number) for number in range(19)]),
        ("counter", [1.0] * 9),
        ("counter", [3.0, 2.0, 1.0, 4.0, 5.0]),
        ("temp_c", [float(number) for number in range(30)]),
        ("x", [0.5 + number for number in range(30)]),
    ]:
        assert "hide" not in guessed(path, *came), path


def test_values_that_mean_no_reading() -> None:
    assert guessed("p_mbar", 1e-6, 9.9e9, 2e-6)["invalid"] == [9.9e9]
    assert guessed("temp_c", 1372.0)["invalid"] == [1372.0]
    assert guessed("temp_c", 20.0, "OPEN", -999.0)["invalid"] == [-999.0, "OPEN"]
    assert "invalid" not in guessed("temp_c", 1300.0, 1372.0, 1380.0), "it is among the readings"
    assert "invalid" not in guessed("door", "OPEN")


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("p_mbar", "Pressure"),
        ("press.p_mbar", "Pressure"),
        ("pressure.pressure_mbar", "Pressure"),
        ("vacuum.p_mbar", "Vacuum pressure"),
        ("vacuum.pressure", "Vacuum pressure"),
        ("chamber.chamber_pressure_mbar", "Chamber pressure"),
        ("gauges.pirani.p_Torr", "Pirani pressure"),
        ("foreline.pirani_Torr", "Pirani"),
        ("p1_mbar", "Pressure 1"),
        ("plate_degC", "Plate"),
        ("temps.dut_degC", "DUT"),
        ("temps.plate_A_degC", "Plate A"),
        ("temp.temp_c", "Temperature"),
        ("temperature.t1_c", "Temperature 1"),
        ("temperatures.0", "Temperature 0"),
        ("temps.0.temp_c", "Temperature 0"),
        ("temps.max", "Temperature max"),
        ("tc_3_degC", "TC 3"),
        ("sensors.tc.7.temp_C", "TC 7 temperature"),
        ("readings.pt100_2.value", "Pt100 2"),
        ('zones.1."base plate".tempC', "Base plate temperature"),
        ("plates.a.temp_c", "Plate A temperature"),
        ("plateT.A", "Plate temperature A"),
        ("plate.B.inner", "Plate B inner"),
        ("plate.temp.actual", "Plate temperature"),
        ("plate.temp.setpoint", "Plate temperature setpoint"),
        ("currentTemp_c", "Temperature"),
        ("shroud.shroud_temp", "Shroud temperature"),
        ("cryo.stage2.T_K", "Cryo stage 2 temperature"),
        ("coolant.inlet.temp_c", "Coolant inlet temperature"),
        ("tec_int_1_degC", "TEC int 1"),
        ("heater.power_W", "Heater power"),
        ("heater1.heater1_power_w", "Heater 1 power"),
        ("heaterPowerW", "Heater power"),
        ("heaterCurrent_mA", "Heater current"),
        ("psu.ch1.voltage_V", "PSU ch 1 voltage"),
        ("psu.ch1.i_mA", "PSU ch 1 current"),
        ("room.rh", "Room humidity"),
        ("dewPoint_degC", "Dew point"),
        ("pump.turbo.speed_rpm", "Turbo speed"),
        ("valves.vent.open", "Vent open"),
        ("valve_v1", "Valve V1"),
        ("ln2.level_percent", "LN2 level"),
        ("ramp_K_per_min", "Ramp"),
        ("recipe.stepCount", "Recipe step count"),
        ("status.state", "State"),
        ("system.uptime_s", "Uptime"),
        ("tank.value", "Tank"),
        ("list.0", "List 0"),
        ("X.x_mbar", "X"),
        ("data.value", None),
        ("\u202e\x07", None),
        ("\u202eab c", "Ab C"),
        ("mbar", "Mbar"),
    ],
)
def test_a_label_is_made_of_the_path(path: str, label: str | None) -> None:
    assert guessed(path, 5000.5).get("label") == label


def test_no_two_leaves_get_one_role_or_one_name() -> None:
    observed = Observed()
    observed.take("a", {"p_mbar": 1.5, "state": "idle"})
    observed.take("b", {"p_mbar": 2e-3, "mode": "idle"})
    found = guesses_of_all(observed, documented_contract())
    given = {
        where[1:]: dict(pair for one in guesses for pair in one.values) for where, guesses in found.items()
    }
    assert [leaf.get("role") for leaf in given.values()] == ["pressure", "state", None, None]
    assert [leaf["channel"] for leaf in given.values()] == ["pressure", "state", "pressure_2", "mode"]
    assert given["b", "p_mbar"].keys() == {"unit", "log", "label", "channel"}
    assert given["b", "mode"].keys() == {"label", "channel"}


def test_nothing_is_guessed_that_the_contract_says(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[messages.m]\n"p_mbar" = { channel = "pressure", unit = "Pa" }\n')
    observed = Observed()
    observed.take("m", {"p_mbar": 1e-5, "q": {"value": 3.0, "unit": "Torr"}})
    found = guesses_of_all(observed, load_contract([file]))
    keys = [key for one in found[leaf_at("m", "p_mbar")] for key in one.keys]
    assert keys == ["role", "pin", "log", "label"]
    beside = found[leaf_at("m", "q.value")][0]
    assert (beside.code, dict(beside.values)) == (GuessCode.UNIT_BESIDE, {"unit": "Torr"})


def test_accepted_guesses_change_a_leaf() -> None:
    leaf = LeafTable(label="Mine")
    guesses = guesses_of("m", "status", LeafSamples.of(["idle", "running"]))
    taken = with_guesses(leaf, guesses[:1])
    assert taken == LeafTable(label="Mine", role=Role.STATE, running=("running",), idle=("idle",))


def test_what_is_kept_of_a_leaf_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = LeafSamples.of(float(number) for number in range(1000))
    assert (len(kept.values), kept.low, kept.count) == (NEWEST, 0.0, 1000)
    assert len(LeafSamples.of(str(number) for number in range(1000)).texts) < 20
    monkeypatch.setattr(samples, "MOST_LEAVES", 30)
    observed = Observed()
    for number in range(4):
        observed.take(f"m{number}", list(range(10)))
    assert sum(1 for _ in observed) == 30
    assert observed.left_out == 10


def test_a_draft_is_a_valid_file_with_every_guess_marked() -> None:
    observed = Observed()
    for number in range(3):
        observed.take(
            "tele metry", {"p_mbar": 1e-6, "a.b \u202e": {"\x07": "x"}, "n": number, "é": [1, None]}
        )
        observed.take("water", {"t_degC": 9.9e9})
        observed.take("bad\u202eevent", {"x": 1})
        observed.take("load_recipe_ack", {"result": "success"})
    contract = documented_contract()
    draft = drafted(observed, contract, 'a "test"')
    assert (draft.leaves, draft.known, draft.left_out) == (6, 0, ("bad\u202eevent",))
    tables = tomllib.loads(draft.text)
    read, wrong = read_contract([Path("x.toml")], tables={Path("x.toml"): tables})
    assert not wrong
    assert read.rules().keys() == {"tele metry.p_mbar", "water.t_degC"}
    lines = draft.text.splitlines()
    for number, line in enumerate(lines):
        if "unit = " in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# guessed: unit = ")
    again = drafted(observed, read, "x")
    assert (again.leaves, again.known) == (0, 6)


NAMES = st.sampled_from(
    ["p_mbar", "state", "t", "sp_degC", "step", "pump", "room_rh", "unit", "value", "a.b"]
)
KEYS = NAMES | st.text(max_size=6)
CAME = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(),
        st.sampled_from([9.9e9, -999.0, 1.8e12, 1.8e9, 1013.0, 0.0]),
        st.sampled_from(["idle", "running", "OPEN", "Torr", "2026-10-01T12:00:00Z", ""]),
        st.text(max_size=5),
    ),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(st.tuples(KEYS | st.just("connect"), CAME), max_size=6))
def test_a_draft_of_whatever_comes_is_valid(messages: list[tuple[str, Any]]) -> None:
    observed = Observed()
    for event, value in messages:
        observed.take(event, value)
    draft = drafted(observed, load_contract((), simulator=True), "x")
    file = Path("draft.toml")
    read, wrong = read_contract([file], simulator=True, tables={file: tomllib.loads(draft.text)})
    assert not wrong
    assert drafted(observed, read, "x").leaves == 0


def test_thousands_of_leaves_are_drafted_in_seconds() -> None:
    observed = Observed()
    for _ in range(5):
        observed.take("m", {f"unit{number}": {"temp_c": 20.5, "p_mbar": 1e-5} for number in range(1_500)})
    begin = time.process_time()
    assert drafted(observed, documented_contract(), "x").leaves == 3_000
    assert time.process_time() - begin < 10
