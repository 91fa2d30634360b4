"""Values that cannot be, or stand for none: they count nowhere, live and in the record."""

from __future__ import annotations

import json
import math
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.pty import ROOT
from tests.helpers.records import UTC, message, write_record
from xovac_tui.alarms.evaluator import AlarmEvaluator
from xovac_tui.alarms.kinds import Context
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.limit_sets import by_pressure
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.analysis.stability import StabilityCriterion, StabilityWatch
from xovac_tui.analysis.vacuum import pump_down
from xovac_tui.analysis.values import ChamberValues
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.api.plausible import plausible, plausible_ranges
from xovac_tui.api.validity import Validity, validity
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.errors import SettingsError
from xovac_tui.expressions import parse
from xovac_tui.recording.disk.lists import sessions
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.runs.dwell import Dwell
from xovac_tui.units import is_known
from xovac_tui.validation import LIST

CONTRACT = """
[messages.readings]
"ta" = { channel = "plate", unit="C", role = "controlled", valid = [-80, 200], invalid = [85, "Ur", "OPEN"] }
"sp" = { channel = "setpoint", unit = "K", role = "setpoint" }
"p" = { channel = "pressure", unit = "mbar", log = true, role = "pressure", invalid = [9.9e9] }
"dp" = { channel = "difference", unit = "Pa", valid = [-500, 500] }
"mode" = { role = "state", running = ["running"], idle = ["idle"], invalid = ["???"] }
"""
BAD_TEMPERATURES = (1372.0, -200.0, -300.0, 85.0, "OPEN", " open ", "ur")
BAD_PRESSURES = (0.0, -1.0, -1e-12, 9.9e9, 9.8999998e9, 100_001.0, 1e308)


def contract_of(tmp_path: Path, text: str = CONTRACT) -> Contract:
    file = tmp_path / "bench.toml"
    file.write_text(text, encoding="utf-8")
    return load_contract([file])


class Bench:
    """A chamber that sends its readings once a second."""

    def __init__(self, contract: Contract) -> None:
        self.chamber = Chamber(contract)
        self.values = ChamberValues(self.chamber)
        self.now = 0.0
        self.chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, 0.0)

    def say(self, **leaves: Any) -> None:
        self.now += 1.0
        reported = json.dumps({"ta": 40.0, "sp": 313.15, "p": 1e-4, "mode": "running", **leaves})
        arguments = decode_arguments(reported)
        self.chamber.apply(
            Event("readings", arguments, Direction.IN, EventKind.MESSAGE, UTC + self.now, self.now)
        )

    def reported(self, text: str) -> Any:
        self.values.at(UTC + self.now, self.now)
        return parse(text).quantity(self.values)[0]

    def quality(self, name: str) -> tuple[Quality, str]:
        channel = self.chamber.snapshot(UTC + self.now, self.now).channel(name)
        assert channel is not None
        return channel.quality, channel.problem


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(contract_of(tmp_path))


# -- truth values ------------------------------------------------------------------------------------------


def test_false_is_no_vacuum_and_true_no_temperature(bench: Bench) -> None:
    """Devices send `false` where they have no reading; 0 mbar would be a perfect vacuum."""
    bench.say(p=False, ta=True)
    assert bench.quality("pressure") == (Quality.BAD, "false is a truth value, and no number")
    assert bench.quality("plate") == (Quality.BAD, "true is a truth value, and no number")
    assert bench.reported("pressure < 1e-3 mbar") is None
    seen = bench.chamber.observe(UTC, bench.now)
    assert (seen.pressure, seen.actual) == (None, None)


def test_a_truth_value_stays_one_where_nothing_says_that_it_is_a_number(bench: Bench) -> None:
    bench.say(pump=True)
    assert bench.reported("readings.pump") is True


@pytest.mark.parametrize("said", ["true", "false"])
def test_a_record_has_no_number_for_a_truth_value(tmp_path: Path, said: str) -> None:
    rules = contract_of(tmp_path).rules()
    texts = [f'{{"ta": {40 + at}, "p": {said}, "pump": {said}}}' for at in range(5)]
    things = [message(float(at), text, name="readings") for at, text in enumerate(texts)]
    with Record(write_record(tmp_path / "r.sqlite3", things, rules=rules, channels={})) as record:
        (stretch,) = record.blocks(UTC - 1, UTC + 100)
        samples = stretch.block.samples()
        assert all(math.isnan(one) for one in samples["readings.p"].values)
        assert set(samples["readings.pump"].values) == {float(said == "true")}
        printed = {
            name: set(one)
            for _, names, ones in stretch.block.rows()
            for name, one in zip(names, ones, strict=True)
        }
        assert (printed["readings.p"], printed["readings.pump"]) == ({""}, {str(float(said == "true"))})


# -- the rule ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("mbar", 0.0, "0 is not above 0, which is impossible"),
        ("Torr", -1.0, "-1 is not above 0, which is impossible"),
        ("degC", -273.15, "-273.15 is not above -273.15, which is impossible"),
        ("K", 0.0, "0 is not above 0, which is impossible"),
        ("degF", -500.0, "-500 is not above -459.67, which is impossible"),
        ("mbar", 1e-12, ""),
        ("K", 0.01, ""),
        ("W", -5.0, ""),
        ("", -5.0, ""),
        ("degC", 1e308, "1e+308 is above 10000, which is assumed to be impossible"),
        ("°F", 18_033.0, "18033 is above 18032, which is assumed to be impossible"),
        ("K", 10_273.0, ""),
        ("mbar", 1e5, ""),
        ("kPa", 10_000.1, "10000.1 is above 10000, which is assumed to be impossible"),
        ("%RH", -11.0, "-11 is below -10, which is assumed to be impossible"),
        ("%", -11.0, ""),
        ("kW", -1_001.0, "-1001 is below -1000, which is assumed to be impossible"),
        ("rpm", 90_000.0, ""),
        ("rpm", 2e6, "2e+06 is above 1e+06, which is assumed to be impossible"),
        ("Hz", 2e6, ""),
        ("", 1e308, ""),
        ("widgets", 1e308, ""),
    ],
)
def test_a_unit_knows_what_is_impossible(unit: str, value: float, said: str) -> None:
    rule = validity(unit)
    assert ("" if rule is None else rule.problem(value)) == said


def test_a_range_of_the_contract_takes_the_place_of_what_is_assumed() -> None:
    assert validity("degC", (-80.0, 1e6)) == Validity(low=-80.0, high=1e6, above=-273.15)
    assert validity("degC", (-80.0, math.inf)) == Validity(low=-80.0, above=-273.15)
    assert validity("degC", None, [85.0]) == Validity(
        high=10_000.0, above=-273.15, numbers=(85.0,), assumed=True
    )


def test_each_quantity_of_the_table_has_a_known_unit_a_source_and_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    for one in plausible_ranges():
        assert is_known(one.unit), one.name
        assert one.source.startswith("assumed")
        assert plausible(one.unit) == (one.low, one.high), "an earlier entry is for this unit"
        bounds = (f"{bound:,.15g}" if bound is not None else "" for bound in (one.low, one.high))
        assert f"| {one.name} | {' | '.join(bounds)} | `{one.unit}` |" in page, one.name


def test_a_temperature_by_its_role_has_limits_without_a_unit(tmp_path: Path) -> None:
    text = '[messages.x]\n"a" = { role = "setpoint" }\n"b" = { channel = "b" }\n'
    rules = contract_of(tmp_path, text).rules()
    assert rules["x.a"].problem(-300.0)
    assert rules["x.a"].problem(1e308)
    assert "x.b" not in rules


def test_a_difference_of_pressures_may_be_negative_where_the_contract_says_so() -> None:
    rule = validity("Pa", (-500.0, 500.0))
    assert rule is not None
    assert not rule.problem(-1.0)
    assert rule.problem(501.0) == "501 is above 500, the highest that is valid"
    assert validity("Pa", (-500.0, math.inf)) == Validity(low=-500.0)
    absolute = validity("Pa", (-500.0, 500.0), absolute=True)
    assert absolute is not None
    assert absolute.problem(-1.0)


@examples(60)
@given(
    st.lists(st.floats() | st.sampled_from([1372.0, 9.9e9, 0.0, -1.0, 85.0]), max_size=30),
    st.lists(st.sampled_from([1372.0, 9.9e9, 0.0, 85.0]), max_size=3),
    st.sampled_from([None, (-100.0, 100.0), (0.0, math.inf)]),
    st.sampled_from(["mbar", "degC", "K", "W"]),
)
def test_many_values_are_judged_as_each_of_them(
    values: list[float], invalid: list[float], valid: tuple[float, float] | None, unit: str
) -> None:
    rule = validity(unit, valid, invalid) or Validity()
    finite = array("d", (value if math.isfinite(value) else math.nan for value in values))
    expected = [math.nan if rule.problem(value) else value for value in finite]
    assert array("d", rule.usable(finite)).tobytes() == array("d", expected).tobytes()


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        ("valid = [10, 1]", "holds no value"),
        ("valid = [1, 1]", "holds no value"),
        ("valid = [1, nan]", "item 2. is nan"),
        ("valid = [1]", f"a list, but it must be {LIST} of 2 items, each a number"),
        ("valid = [1, 2, 3]", "2 items"),
        (f"invalid = {list(range(65))}", "has 65 items, more than 64"),
        ("valid = 3", "valid"),
        ('valid = ["a", "b"]', "valid"),
        ("invalid = 3", "invalid"),
        ("invalid = [true]", "invalid"),
        ("invalid = [nan]", "item 1. is nan"),
        ('invalid = [""]', "wants numbers and texts"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(tmp_path: Path, leaf: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        contract_of(tmp_path, f"[messages.m]\nx = {{ {leaf} }}")


# -- live -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pressure", BAD_PRESSURES)
def test_an_impossible_pressure_is_not_known_to_anything(bench: Bench, pressure: float) -> None:
    dwell = Dwell(began=0.0, target=40.0, tolerance=2.0, pressure=1e-3)
    limit_set = "ambient"
    low = LowRule(name="low", channel="pressure", limit=1e-2, severity="high")
    evaluator = AlarmEvaluator(Watchlist(rules=(low,)), bench.chamber)
    for _ in range(100):
        bench.say(p=pressure)
        seen = bench.chamber.observe(UTC + bench.now, bench.now)
        assert seen.pressure is None
        dwell = dwell.observe(seen)
        limit_set = by_pressure(seen, limit_set, AlarmSettings(), pressure_reported=True)
        bench.values.at(UTC + bench.now, bench.now)
        around = Context(
            chamber=bench.chamber, values=bench.values, utc=UTC + bench.now, mono=bench.now, limit_set="tvac"
        )
        assert evaluator.evaluate(around) == []
    assert dwell.in_tolerance > 90
    assert dwell.creditable == 0.0
    assert limit_set != "tvac"
    assert bench.reported("pressure < 1e-3 mbar") is None
    assert bench.quality("pressure")[0] is Quality.BAD
    history = bench.chamber.history("readings.p")
    assert history is not None
    assert history.last_time is None
    assert pump_down(history, bench.now, 1.0) is None


@pytest.mark.parametrize("sensor", BAD_TEMPERATURES)
def test_an_open_sensor_counts_nowhere(bench: Bench, sensor: float | str) -> None:
    dwell = Dwell(began=0.0, target=40.0, tolerance=2.0)
    hot = HighRule(name="hot", channel="plate", limit=60.0, severity="high")
    cold = LowRule(name="cold", channel="plate", limit=0.0, severity="high")
    evaluator = AlarmEvaluator(Watchlist(rules=(hot, cold)), bench.chamber)
    raised: list[Any] = []
    for second in range(60):
        bench.say(ta=sensor if 20 <= second < 24 else 40.0)
        dwell = dwell.observe(bench.chamber.observe(UTC + bench.now, bench.now))
        bench.values.at(UTC + bench.now, bench.now)
        around = Context(
            chamber=bench.chamber, values=bench.values, utc=UTC + bench.now, mono=bench.now, limit_set="tvac"
        )
        raised += evaluator.evaluate(around)
        if 20 <= second < 24:
            assert bench.reported("plate > 0 degC") is None
            quality, problem = bench.quality("plate")
            assert quality is Quality.BAD
            assert problem
    assert raised == []
    assert (dwell.minimum, dwell.maximum, dwell.excursions) == (40.0, 40.0, 0)
    # Of the 60 s since it began, 1 is before the first value, and 5 are around the four that do not count.
    assert dwell.creditable == dwell.in_tolerance == 54
    history = bench.chamber.history("readings.ta")
    assert history is not None
    bins = history.window(0.0, 61.0, 1)
    assert (bins.lows[0], bins.highs[0]) == (40.0, 40.0)
    found = StabilityWatch(StabilityCriterion("band", within=0.1, per_hour=None, over=30.0, hold=0.0)).look(
        history, bench.now, fresh=True
    )
    assert found.stable is True
    assert bench.reported("plate > 39.9 degC") is True


def test_a_state_that_stands_for_no_value_is_not_known(bench: Bench) -> None:
    bench.say()
    assert bench.reported('state == "RUNNING"') is True
    bench.say(mode="???")
    assert bench.reported('state == "RUNNING"') is None


def test_a_negative_difference_counts(bench: Bench) -> None:
    bench.say(dp=-120.0)
    assert bench.reported("difference < -100 Pa") is True


# -- in the record ----------------------------------------------------------------------------------------

SPAN = 6_000
"""Seconds, one message in each: longer than the widest bin."""


def recorded(tmp_path: Path, **about: Any) -> Path:
    """Write a record of a sensor that is open for a minute, and of a gauge that is off for another."""
    things = [
        message(
            float(second),
            json.dumps(
                {
                    "ta": 1372.0 if 3000 <= second < 3060 else 40.0 + second % 2,
                    "p": -1.0 if 1000 <= second < 1060 else 1e-4,
                }
            ),
            name="readings",
        )
        for second in range(SPAN)
    ]
    return write_record(tmp_path / "r.sqlite3", things, end=float(SPAN), **about)


def check(record: Record) -> None:
    windows = Windows(record)
    start, end = UTC, UTC + SPAN
    for columns in (1, 10, 100, 1000):
        found = windows.window(["readings.ta", "readings.p"], start, end, columns)
        lows, highs = found["readings.ta"].lows, found["readings.ta"].highs
        assert min(low for low in lows if low == low) == 40.0
        assert max(high for high in highs if high == high) == 41.0
        pressures = [low for low in found["readings.p"].lows if low == low]
        assert set(pressures) == {1e-4}
        if columns == 1000:
            # A minute without a value is a gap.
            assert math.isnan(lows[505])
    for name, low, high in (("readings.ta", 40.0, 41.0), ("readings.p", 1e-4, 1e-4)):
        summary = windows.summary(name, start, end)
        assert summary is not None
        assert (summary.low, summary.high, summary.count) == (low, high, SPAN - 60)
        assert low <= summary.mean <= high
    times, values = windows.samples(["readings.p"], start, end)["readings.p"]
    assert len(times) == SPAN
    assert sum(math.isnan(value) for value in values) == 60


@pytest.mark.parametrize("ended", [True, False])
def test_what_does_not_count_is_no_sample_of_the_record(tmp_path: Path, ended: bool) -> None:
    rules = contract_of(tmp_path).rules()
    path = recorded(tmp_path, rules=rules, ended=ended)
    with Record(path) as record:
        assert record.rules == rules
        assert sessions(record)[-1].about.rules == rules
        check(record)
        # The events are as they were sent.
        event = record.get(3000)
        assert event is not None
        assert '"ta": 1372.0' in str(event.raw)


def test_an_older_record_is_judged_by_the_contract_of_today(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    with Record(path) as record:
        assert record.rules == {}
        everything = Windows(record).summary("readings.ta", UTC, UTC + SPAN)
        assert everything is not None
        assert (everything.high, everything.count) == (1372.0, SPAN)
        record.judge_by(contract_of(tmp_path))
        check(record)


def test_a_rule_that_was_taken_out_of_the_contract_rules_no_more(tmp_path: Path) -> None:
    path = recorded(tmp_path, rules=contract_of(tmp_path).rules())
    plain = contract_of(tmp_path, '[messages.readings]\n"ta" = { unit = "degC" }')
    with Record(path) as record:
        record.judge_by(plain)
        samples = Windows(record).samples(["readings.ta", "readings.p"], UTC, UTC + SPAN)
        assert max(samples["readings.ta"][1]) == 1372.0
        # Of a channel that the contract does not name the record's own word stands.
        assert not min(value for value in samples["readings.p"][1] if value == value) < 0


@pytest.mark.parametrize("shape", [{}, {"note": "x" * 60_000}])
def test_a_table_leaves_the_cell_of_such_a_value_empty(tmp_path: Path, shape: dict[str, str]) -> None:
    rules = contract_of(tmp_path).rules()
    reported = [(21.5, 1e-3), (1372.0, 1e-3), (22.5, 0.0)]
    things = [
        message(float(at), json.dumps({"ta": ta, "p": p, **shape}), name="readings")
        for at, (ta, p) in enumerate(reported)
    ]
    path = write_record(tmp_path / "r.sqlite3", things, rules=rules)
    found: dict[str, list[str]] = {}
    with Record(path) as record:
        for stretch in record.blocks(UTC, UTC + 10):
            for _, names, columns in stretch.block.rows():
                found.update(zip(names, columns, strict=True))
    assert found["readings.ta"] == ["21.5", "", "22.5"]
    assert found["readings.p"] == ["0.001", "0.001", ""]
