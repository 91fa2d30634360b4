"""What each kind of rule watches, over the chamber's model."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.helpers import alarmed
from tests.helpers.alarmed import UTC, Watched, event_names
from xovac_tui.alarms.evaluator import AlarmEvaluator
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.kinds.deviation import DeviationRule
from xovac_tui.alarms.kinds.disk import DiskRule
from xovac_tui.alarms.kinds.equals import EqualsRule
from xovac_tui.alarms.kinds.frozen import FrozenRule
from xovac_tui.alarms.kinds.level import HighRule, LowLowRule
from xovac_tui.alarms.kinds.link import LinkRule
from xovac_tui.alarms.kinds.no_response import NoResponseRule
from xovac_tui.alarms.kinds.notification import NotificationRule
from xovac_tui.alarms.kinds.rate import RateRule
from xovac_tui.alarms.kinds.recorder import RecorderRule
from xovac_tui.alarms.kinds.stale import StaleRule
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.validity import Validity
from xovac_tui.chamber.alarm import AlarmEvent, AlarmState
from xovac_tui.chamber.model import Chamber
from xovac_tui.recipes.settings import RecipeSettings

HOT = HighRule(name="hot", channel="plate_a", limit=80.0, deadband=2.0)


def plate(value: float | None) -> dict[str, Any]:
    return {"plateT": {"A": value}, "part": 20.0}


def test_a_value_above_its_limit_is_reported_with_value_and_limit() -> None:
    bench = Watched(HOT)
    assert bench.let_pass(3, **plate(79.9)) == []
    (change,) = bench.let_pass(1, **plate(84.2))
    assert change.event is AlarmEvent.RAISED
    assert change.text == "Plate A is +84.2 °C, above +80.0 °C."
    assert (change.channel, change.value, change.limit) == ("Plate A", "+84.2 °C", "+80.0 °C")
    assert bench.let_pass(30, **plate(84.0)) == []


def test_it_returns_behind_its_deadband_only() -> None:
    bench = Watched(HOT)
    bench.let_pass(1, **plate(81.0))
    assert bench.let_pass(5, **plate(79.0)) == []
    (change,) = bench.let_pass(2, **plate(77.9))
    assert (change.event, change.state) == (AlarmEvent.RETURNED, AlarmState.RETURNED)


def test_a_spike_between_two_evaluations_is_seen() -> None:
    bench = Watched(HOT)
    bench.let_pass(2, **plate(20.0))
    bench.report(**plate(99.0))
    bench.report(**plate(20.0))
    assert event_names(bench.evaluate()) == [("hot", "raised")]


def test_a_value_that_dips_below_the_limit_begins_its_delay_anew() -> None:
    slow = HighRule(name="slow", channel="plate_a", limit=80.0, on_delay=10.0)
    bench = Watched(slow)
    bench.let_pass(8, **plate(90.0))
    bench.report(**plate(70.0))
    bench.report(**plate(90.0))
    assert bench.let_pass(9, **plate(90.0)) == []
    assert event_names(bench.let_pass(3, **plate(90.0))) == [("slow", "raised")]


def test_the_deadband_of_a_pressure_is_a_ratio() -> None:
    lost = HighRule(name="lost", channel="pressure", limit=1e-3, deadband_ratio=0.5)
    bench = Watched(lost)
    (change,) = bench.let_pass(1, vacuum={"p": 2e-3})
    assert change.text == "Pressure is 2.0e-03 mbar, above 1.0e-03 mbar."
    assert bench.let_pass(3, vacuum={"p": 6e-4}) == []
    assert event_names(bench.let_pass(2, vacuum={"p": 4e-4})) == [("lost", "returned")]


def test_low_limits_are_the_mirror_of_high_ones() -> None:
    cold = LowLowRule(name="cold", channel="plate_a", limit=-40.0, deadband=1.0)
    bench = Watched(cold)
    assert bench.let_pass(2, **plate(-39.9)) == []
    assert bench.let_pass(1, **plate(-41.0))[0].text == "Plate A is −41.0 °C, below −40.0 °C."
    assert bench.let_pass(2, **plate(-39.5)) == []
    assert event_names(bench.let_pass(2, **plate(-38.0))) == [("cold", "returned")]


def test_what_is_stale_neither_raises_nor_returns() -> None:
    bench = Watched(HOT)
    bench.let_pass(30, **plate(81.0))
    assert bench.state("hot") is AlarmState.UNACKNOWLEDGED
    assert bench.let_pass(60) == []
    assert bench.view("hot").doubtful
    assert bench.view("hot").value == ""
    assert bench.let_pass(2, **plate(81.0)) == []


def test_a_delay_goes_on_over_a_lost_link() -> None:
    slow = HighRule(name="slow", channel="plate_a", limit=80.0, on_delay=60.0)
    bench = Watched(slow)
    bench.let_pass(30, **plate(90.0))
    bench.link(LinkWord.LOST)
    bench.let_pass(20)
    bench.link(LinkWord.ONLINE)
    assert bench.let_pass(8, **plate(90.0)) == []
    assert event_names(bench.let_pass(5, **plate(90.0))) == [("slow", "raised")]


def test_limits_follow_the_set_and_an_alarm_without_one_returns() -> None:
    rule = HighRule(name="by set", channel="plate_a", limits={"tvac": 80.0, "ambient": 40.0})
    bench = Watched(rule, limit_set="ambient")
    assert event_names(bench.let_pass(2, **plate(50.0))) == [("by set", "raised")]
    bench.limit_set = "tvac"
    assert event_names(bench.let_pass(2, **plate(50.0))) == [("by set", "returned")]
    bench.limit_set = "ambient"
    assert event_names(bench.let_pass(2, **plate(50.0))) == [("by set", "raised")]
    bench.limit_set = "pumping"
    assert event_names(bench.let_pass(2, **plate(90.0))) == [("by set", "returned")]
    assert bench.view("by set").off == "It has no limit for pumping."


def test_a_channel_may_come_late() -> None:
    rule = HighRule(name="late", channel="other.x", limit=1.0)
    bench = Watched(rule)
    assert bench.let_pass(3, **plate(20.0)) == []
    bench.report("other", x=0.5)
    assert bench.evaluate() == []
    bench.report("other", x=2.0)
    assert event_names(bench.evaluate()) == [("late", "raised")]


def test_distance_from_the_setpoint() -> None:
    rule = DeviationRule(name="off", channel="test_part", limit=5.0, deadband=1.0)
    bench = Watched(rule)
    assert bench.let_pass(2, part=55.5, setpoint=60.0) == []
    (change,) = bench.let_pass(1, part=54.0, setpoint=60.0)
    assert change.text == "Test part is 6.0 K below the setpoint, more than 5.0 K."
    assert bench.let_pass(2, part=55.5, setpoint=60.0) == []
    assert event_names(bench.let_pass(2, part=57.0, setpoint=60.0)) == [("off", "returned")]


def test_change_that_is_too_fast() -> None:
    bench = Watched(RateRule(name="fast", channel="plate_a", limit=3.0))
    for second in range(60):
        bench.let_pass(1, **plate(20.0 + second / 60))
    assert bench.happened == []
    for second in range(90):
        bench.let_pass(1, **plate(21.0 + second / 10))
    (change,) = bench.happened
    assert change.text.startswith("Plate A changes by ")
    assert change.text.endswith("K a minute, more than 3.0 K a minute.")


@pytest.mark.parametrize(("leaf", "said"), [(None, "brings no usable value"), (math.nan, "brings no usable")])
def test_a_sensor_without_a_value(leaf: float | None, said: str) -> None:
    bench = Watched(StaleRule(name="gone", channel="plate_a", on_delay=5.0))
    bench.let_pass(10, **plate(20.0))
    (change,) = bench.let_pass(10, **plate(leaf))
    assert said in change.text


def test_a_channel_that_stopped_while_others_come() -> None:
    bench = Watched(StaleRule(name="gone", channel="other.x"))
    for _ in range(10):
        bench.report("other", x=1.0)
        bench.let_pass(1, **plate(20.0))
    (change,) = bench.let_pass(10, **plate(20.0))
    assert change.text == "x has stopped coming."


def test_a_lost_link_is_one_alarm_and_not_one_for_every_channel() -> None:
    rules = [StaleRule(name=f"gone {n}", channel=n) for n in ("plate_a", "test_part", "pressure")]
    bench = Watched(*rules, LinkRule(name="link", on_delay=5.0), StaleRule(name="all"))
    bench.let_pass(10, part=1.0, plateT={"A": 1.0}, vacuum={"p": 1.0})
    bench.link(LinkWord.LOST)
    assert event_names(bench.let_pass(60)) == [("link", "raised")]


def test_a_channel_of_the_contract_that_never_comes_is_missing_once_others_came() -> None:
    bench = Watched(StaleRule(name="gone", channel="test_part", on_delay=15.0))
    assert bench.let_pass(120) == []
    bench.link(LinkWord.LOST)
    bench.link(LinkWord.ONLINE)
    assert bench.let_pass(60, plateT={"A": 20.0}) == []
    (change,) = bench.let_pass(20, plateT={"A": 20.0})
    assert change.text == "Test part has never come, though other data do."
    assert event_names(bench.let_pass(2, plateT={"A": 20.0}, part=20.0)) == [("gone", "returned")]


def test_a_link_that_came_back_gives_its_data_time_to_come() -> None:
    bench = Watched(StaleRule(name="gone", channel="slow.x"))
    for _ in range(6):
        bench.report("slow", x=1.0)
        bench.let_pass(20, **plate(20.0))
    bench.link(LinkWord.LOST)
    bench.let_pass(600)
    bench.link(LinkWord.ONLINE)
    assert bench.let_pass(50, **plate(20.0)) == []
    assert event_names(bench.let_pass(20, **plate(20.0))) == [("gone", "raised")]


def test_data_that_stopped_on_an_open_link() -> None:
    bench = Watched(StaleRule(name="all", on_delay=2.0))
    bench.let_pass(10, **plate(20.0))
    assert event_names(bench.let_pass(10)) == [("all", "raised")]
    assert event_names(bench.let_pass(3, **plate(20.0))) == [("all", "returned")]


@pytest.mark.parametrize(
    ("rule", "before", "alarm"),
    [
        (EqualsRule(name="r", channel="mode", equals="fault"), {"mode": "idle"}, {"mode": "FAULT"}),
        (EqualsRule(name="r", channel="pump", equals=False), {"pump": True}, {"pump": False}),
        (EqualsRule(name="r", channel="water", equals=3), {"water": 2}, {"water": 3.0}),
    ],
)
def test_a_certain_value(rule: Rule, before: dict[str, Any], alarm: dict[str, Any]) -> None:
    bench = Watched(rule)
    assert bench.let_pass(3, **before) == []
    assert event_names(bench.let_pass(2, **alarm)) == [("r", "raised")]


def test_recorder_disk_and_notifications() -> None:
    bench = Watched(
        RecorderRule(name="rec"),
        DiskRule(name="disk", limit=1.0, deadband=0.5),
        NotificationRule(name="told"),
    )
    assert bench.let_pass(6) == []
    bench.recorder_why, bench.disk_free, bench.failing = "Nothing is recorded: disk full.", 0.4, {"x": "No."}
    found = {change.rule: change.text for change in bench.let_pass(6)}
    assert found == {
        "rec": "Nothing is recorded: disk full.",
        "disk": "The disk with the record has 0.40 GB left, less than 1 GB.",
        "told": "No.",
    }
    bench.recorder_why, bench.disk_free, bench.failing = None, None, {}
    assert event_names(bench.let_pass(6)) == [("told", "returned")]


def test_a_frozen_sensor() -> None:
    bench = Watched(FrozenRule(name="ice", channel="plate_a", over=120.0))
    for second in range(200):
        bench.let_pass(1, **plate(20.0 + 0.01 * (second % 2)))
    assert bench.happened == []
    (change,) = bench.let_pass(140, **plate(20.0))
    assert change.text == "Plate A has been exactly +20.0 °C for 2m: the sensor may be frozen."
    assert event_names(bench.let_pass(8, **plate(20.1))) == [("ice", "returned")]


def test_an_output_that_moves_nothing() -> None:
    rule = NoResponseRule(
        name="dead",
        channel="test_part",
        output="power",
        output_limit=50.0,
        limit=1.0,
        over=120.0,
        deadband=2.0,
    )
    bench = Watched(rule)
    for second in range(200):  # it heats, and the part follows
        bench.let_pass(1, power=90.0, part=20.0 + second / 30, setpoint=60.0)
    assert bench.happened == []
    # At the setpoint it need not move.
    assert bench.let_pass(300, power=90.0, part=59.0, setpoint=60.0) == []
    bench.let_pass(300, power=0.0, part=26.0, setpoint=60.0)
    assert bench.happened == []
    assert event_names(bench.let_pass(200, power=90.0, part=26.0, setpoint=60.0)) == [("dead", "raised")]


def test_acknowledging_one_alarm_acknowledges_nothing_else() -> None:
    bench = Watched(HOT, LinkRule(name="link"))
    bench.let_pass(2, **plate(90.0))
    bench.link(LinkWord.LOST)
    bench.let_pass(2)
    assert event_names(bench.ask("link", AlarmEvent.ACKNOWLEDGED)) == [("link", "acknowledged")]
    assert bench.state("link") is AlarmState.ACKNOWLEDGED
    assert bench.state("hot") is AlarmState.UNACKNOWLEDGED
    bench.link(LinkWord.ONLINE)
    bench.let_pass(2, **plate(90.0))
    assert bench.state("link") is AlarmState.NORMAL
    assert bench.state("hot") is AlarmState.UNACKNOWLEDGED


def test_many_alarms_at_once_are_a_flood() -> None:
    rules = [HighRule(name=f"r{n:02d}", channel="plate_a", limit=float(n)) for n in range(12)]
    bench = Watched(*rules)
    bench.let_pass(1, **plate(9.5))
    assert bench.evaluator.flood(bench.now) == 0
    bench.let_pass(1, **plate(99.0))
    assert bench.evaluator.flood(bench.now) == 12
    bench.let_pass(601, **plate(99.0))
    assert bench.evaluator.flood(bench.now) == 0


def test_a_long_flood_is_counted_in_full() -> None:
    rules = [HighRule(name=f"r{n:02d}", channel="plate_a", limit=float(n)) for n in range(30)]
    bench = Watched(*rules)
    for _ in range(5):
        bench.let_pass(1, **plate(-1.0))
        bench.let_pass(1, **plate(99.0))
    assert bench.evaluator.flood(bench.now) == 150


def test_that_a_channel_has_stopped_is_certain_until_all_data_stop() -> None:
    bench = Watched(StaleRule(name="gone", channel="plate_a", on_delay=2.0))
    bench.let_pass(2, **plate(20.0))
    bench.let_pass(20, part=20.0)
    (view,) = bench.evaluator.views(bench.around)
    assert (view.active, view.doubtful) == (True, False)
    bench.let_pass(20)
    (view,) = bench.evaluator.views(bench.around)
    assert (view.active, view.doubtful) == (True, True)


def test_names_and_expressions_are_quoted_as_written() -> None:
    rules = (
        HighRule(name="a", channel="other.x", limit=5.0),
        HighRule(name="b", value="abs(plate_a - plate_b)", limit=5.0),
        StaleRule(name="c"),
    )
    bench = Watched(*rules)
    words = [view.condition for view in bench.evaluator.views(bench.around)]
    assert sorted(one.split(" ")[0] for one in words) == ["All", "abs(plate_a", "other.x"]


def test_a_rule_that_lacks_its_channel_is_reported_by_its_name() -> None:
    chamber = Chamber(load_contract(()))
    rules = watchlist(AlarmSettings(), RecipeSettings(), load_contract(()), ())
    assert "part not measured" in rules.off
    bench = Watched()
    views = {one.rule: one for one in AlarmEvaluator(rules, chamber).views(bench.around)}
    assert views["part not measured"].condition == "part not measured"
    assert views["frozen sensor"].condition == "frozen sensor"
    assert views["data stopped"].condition == "All data stale for 5s"


def test_the_worst_that_waits_stands_first() -> None:
    rules = [
        HighRule(name="low one", channel="plate_a", limit=1.0, severity="low"),
        HighRule(name="critical one", channel="plate_a", limit=1.0, severity="critical"),
        HighRule(name="another", channel="plate_a", limit=1.0, severity="critical"),
        HighRule(name="calm", channel="plate_a", limit=1e6, severity="critical"),
    ]
    bench = Watched(*rules)
    bench.let_pass(2, **plate(9.0))
    bench.ask("another", AlarmEvent.ACKNOWLEDGED)
    names = [one.rule for one in bench.evaluator.views(bench.around)]
    assert names == ["critical one", "another", "low one", "calm"]
    assert [one.rule for one in bench.evaluator.views(bench.around, unresolved=True)] == names[:3]


def test_a_value_made_of_several_channels() -> None:
    rule = HighRule(name="apart", value="abs(plate_a - plate_b)", limit=5.0, deadband=1.0)
    bench = Watched(rule)
    assert bench.let_pass(2, plateT={"A": 20.0, "B": 24.0}) == []
    (change,) = bench.let_pass(2, plateT={"A": 20.0, "B": 26.0})
    assert change.text == "abs(plate_a - plate_b) is 6.0 K, above 5.0 K."
    assert bench.let_pass(3, plateT={"A": 20.0, "B": 24.5}) == []
    assert event_names(bench.let_pass(3, plateT={"A": 20.0, "B": 23.0})) == [("apart", "returned")]
    assert bench.let_pass(60) == []


def test_an_expression_that_becomes_true() -> None:
    rule = EqualsRule(name="hot in air", value="plate_a > 50 degC and pressure > 100 mbar")
    bench = Watched(rule)
    assert bench.let_pass(2, plateT={"A": 60.0}) == []
    assert bench.let_pass(2, plateT={"A": 60.0}, vacuum={"p": 1e-4}) == []
    (change,) = bench.let_pass(2, plateT={"A": 60.0}, vacuum={"p": 900.0})
    assert change.text.startswith("plate_a > 50 degC and pressure > 100 mbar is true: ")


def test_a_value_that_makes_no_sense_is_off_and_says_why() -> None:
    bench = Watched(HighRule(name="odd", value="plate_a + pressure", limit=5.0))
    bench.let_pass(3, plateT={"A": 60.0}, vacuum={"p": 900.0})
    assert bench.happened == []
    assert bench.view("odd").off.startswith("Its value cannot be worked out: ")


def test_the_words_of_a_spike_do_not_say_that_it_is_there_still() -> None:
    bench = Watched(HOT)
    bench.let_pass(2, **plate(20.0))
    bench.report(**plate(99.0))
    bench.report(**plate(20.0))
    (change,) = bench.evaluate()
    assert change.text == "Plate A was above +80.0 °C for a moment, and is +20.0 °C."


def test_silencing_an_alarm_does_not_say_that_something_is_the_matter() -> None:
    bench = Watched(HOT)
    bench.let_pass(2, **plate(20.0))
    (shelved,) = bench.ask("hot", AlarmEvent.SHELVED, reason="noise", until=UTC + bench.now + 600)
    assert shelved.text == bench.view("hot").text == ""
    bench.let_pass(2, **plate(90.0))
    (back,) = bench.ask("hot", AlarmEvent.UNSHELVED)
    assert back.text == "Plate A is +90.0 °C, above +80.0 °C."
    (out,) = bench.ask("hot", AlarmEvent.OUT_OF_SERVICE, reason="sensor off")
    assert out.text == back.text


def test_a_clock_that_is_set_back_does_not_shelve_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Watched(HOT)
    bench.let_pass(2, **plate(90.0))
    bench.ask("hot", AlarmEvent.SHELVED, reason="noise", until=UTC + bench.now + 120)
    bench.let_pass(1, **plate(90.0))
    monkeypatch.setattr(alarmed, "UTC", UTC - 86_400)
    assert bench.let_pass(110, **plate(90.0)) == []
    assert event_names(bench.let_pass(20, **plate(90.0))) == [("hot", "unshelved")]
    assert bench.state("hot") is AlarmState.UNACKNOWLEDGED


def test_a_channel_never_received_is_reported_and_not_called_normal() -> None:
    typo = HighRule(name="typo", channel="plate_aa", limit=80.0)
    output = NoResponseRule(name="output", channel="plate_a", output="heater.x", output_limit=1.0, limit=1.0)
    apart = HighRule(name="apart", value="plate_aa - plate_b", limit=5.0)
    bench = Watched(typo, output, apart, HOT)
    bench.let_pass(3, **plate(90.0))
    assert bench.view("apart").off == "No channel plate_aa has come yet."
    assert bench.view("typo").off == "No channel plate_aa has come yet."
    assert bench.view("output").off == "No channel heater.x has come yet."
    assert bench.view("hot").off == ""


def test_an_expression_that_made_no_sense_for_a_moment_is_watched_again() -> None:
    # Channels that a message has taught: without a unit a value may be text as well as a number.
    one, other = "chamber_state.one", "chamber_state.other"
    apart = HighRule(name="apart", value=f"abs({one} - {other})", limit=5.0)
    hot = EqualsRule(name="hot", value=f"{one} > 80")
    bench = Watched(apart, hot)
    bench.let_pass(2, one=90.0, other=90.0)
    bench.let_pass(2, one="ERR", other=90.0)
    assert bench.view("apart").off == (
        f"Its value cannot be worked out: {one} is text, and a number is needed here."
    )
    assert event_names(bench.happened) == [("hot", "raised")], "what cannot be evaluated does not return"
    assert event_names(bench.let_pass(3, one=90.0, other=20.0)) == [("apart", "raised")]
    assert bench.view("apart").off == bench.view("hot").off == ""


def test_text_in_a_channel_with_a_unit_is_unknown_to_an_expression() -> None:
    bench = Watched(HighRule(name="apart", value="abs(plate_a - plate_b)", limit=5.0))
    bench.let_pass(2, plateT={"A": "ERR", "B": 90.0})
    assert bench.view("apart").off == ""
    assert event_names(bench.let_pass(2, plateT={"A": "20.0", "B": 90.0})) == [("apart", "raised")]


def test_text_in_place_of_a_number_is_no_usable_value() -> None:
    bench = Watched(StaleRule(name="gone", channel="test_part"))
    bench.let_pass(5, part=20.0)
    (change,) = bench.let_pass(2, part="ERR")
    _, why = Validity(numeric=True).read("ERR")
    assert why
    assert change.text == f"Test part brings no usable value any more ({why})."
    assert event_names(bench.let_pass(2, part=20.0)) == [("gone", "returned")]


def test_a_notification_that_failed_before_a_restart_is_not_well_by_it() -> None:
    bench = Watched(NotificationRule(name="told"))
    bench.failing = {"phone": "No answer."}
    bench.let_pass(1)
    bench.failing, bench.untried = {}, True
    assert bench.let_pass(60) == []
    assert bench.state("told") is AlarmState.UNACKNOWLEDGED
    bench.untried = False
    assert event_names(bench.let_pass(1)) == [("told", "returned")]
