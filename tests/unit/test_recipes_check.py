import math

import msgspec
import pytest
from hypothesis import given

from tests.helpers.recipes import bakeout, recipes, settings, temperatures
from xovac_tui.recipes.check import Finding, check_recipe
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.rates import RateBand, Rates

PLAIN = PlanSettings(chamber_min=-60, chamber_max=120)
HOME: tuple[Step, ...] = (Ramp(22, rate=0.5), Hold(1800))


def found(recipe: Recipe, how: PlanSettings = PLAIN, start: float = 20) -> list[tuple[str, str]]:
    return [(f.severity, f.where) for f in check_recipe(recipe, how, start)]


def only(recipe: Recipe, part: str, how: PlanSettings = PLAIN, start: float = 20) -> Finding:
    """Return the one finding whose sentence holds `part`."""
    (finding,) = [f for f in check_recipe(recipe, how, start) if part in f.message]
    return finding


def silent_about(part: str, recipe: Recipe, how: PlanSettings = PLAIN) -> bool:
    """Return whether no finding's sentence holds `part`."""
    return not any(part in f.message for f in check_recipe(recipe, how))


def limited(*steps: Step) -> Recipe:
    return Recipe("Limited", steps, limits=Limits(-30, 65))


def test_a_sound_recipe_has_only_the_note_on_rates() -> None:
    findings = check_recipe(limited(Ramp(60, rate=0.5), Hold(3600), *HOME), PLAIN)
    assert [(f.severity, f.where) for f in findings] == [("info", "recipe")]
    assert "ignores a gradient" in findings[0].message
    assert "documented" in findings[0].message


@pytest.mark.parametrize(("target", "word"), [(66, "above"), (-31, "below")])
def test_outside_the_parts_limits(target: float, word: str) -> None:
    finding = only(limited(Repeat(3, (Ramp(target, rate=0.5), Hold(600))), *HOME), "the part's limits")
    assert (finding.severity, finding.where) == ("error", "step 1.1")
    assert word in finding.message


@pytest.mark.parametrize(
    ("target", "edge", "limit"), [(64.0, "66 °C", "65 °C"), (-29.5, "−31.5 °C", "−30 °C")]
)
def test_a_tolerance_beyond_the_parts_limits_is_warned_of(target: float, edge: str, limit: str) -> None:
    recipe = msgspec.structs.replace(limited(Ramp(target, rate=0.5), Hold(600), *HOME), tolerance=2.0)
    finding = only(recipe, "counts within ± 2 K")
    assert (finding.severity, finding.where) == ("warning", "step 2")
    assert f"to {edge}, but the part's limit is {limit}" in finding.message
    inside = msgspec.structs.replace(recipe, tolerance=0.5)
    assert silent_about("counts within", inside)


def test_a_tolerance_up_to_the_limit_is_not_beyond_it() -> None:
    # 60.2 + 0.1 is a little more than 60.3 in binary fractions.
    recipe = Recipe("Edge", (Ramp(60.2, rate=0.5), Hold(600), *HOME), "", Limits(-30, 60.3), 0.1)
    assert silent_about("counts within", recipe)


def test_the_limits_themselves_are_allowed() -> None:
    recipe = limited(Ramp(65, rate=0.5), Hold(600), Ramp(-30, rate=0.5), Hold(600), *HOME)
    assert not [f for f in check_recipe(recipe, PLAIN) if f.severity == "error"]


@pytest.mark.parametrize(
    "how", [PlanSettings(chamber_max=50), PlanSettings(chamber_min=-60, chamber_max=50)], ids=["one", "both"]
)
def test_outside_the_chambers_range(how: PlanSettings) -> None:
    finding = only(bakeout(), "above this chamber's range (50 °C)", how)
    assert (finding.severity, finding.where) == ("error", "step 1")


def test_a_first_hold_is_a_target_too() -> None:
    recipe = limited(Hold(600), *HOME)
    assert ("error", "step 1") in found(recipe, start=70)
    assert only(recipe, "at the start is outside", start=70).severity == "warning"
    finding = only(recipe, "holds before the first ramp")
    assert (finding.severity, finding.where) == ("warning", "step 1")
    assert "20 °C" in finding.message


def test_what_was_not_checked_is_said() -> None:
    assert only(bakeout(), "No limits of the part").severity == "info"
    assert only(bakeout(), "range is not documented", PlanSettings()).severity == "info"


def test_a_ramp_faster_than_assumed() -> None:
    recipe = bakeout(
        Ramp(30, rate=0.5), Repeat(2, (Ramp(60, over=1200), Hold(600), Ramp(30, rate=0.5))), *HOME
    )
    finding = only(recipe, "is assumed to reach 1 K/min")
    assert (finding.severity, finding.where) == ("warning", "step 2.1")
    assert "1.5 K/min" in finding.message
    assert not [f for f in check_recipe(bakeout(Ramp(60, rate=1), *HOME), PLAIN) if "lag" in f.message]


def learned(rate: float, low: float = 20, high: float = 60) -> PlanSettings:
    """A chamber that has managed this rate heating and a quarter of it cooling."""
    bands = tuple(
        RateBand(heating=up, low=low, high=high, slow=k * 0.9, usual=k, fast=k * 1.1, seconds=900, runs=3)
        for up, k in ((True, rate), (False, rate / 4))
    )
    return msgspec.structs.replace(PLAIN, rates=Rates(bands, 3))


def test_a_ramp_faster_than_the_chamber_has_managed() -> None:
    recipe = bakeout(Ramp(60, rate=4), Hold(3600), *HOME)
    finding = only(recipe, "has hardly ever managed", learned(2))
    assert (finding.severity, finding.where) == ("warning", "step 1")
    assert "needs 4 K/min" in finding.message
    assert "2.2 K/min" in finding.message
    assert "learned from 3 runs" in finding.message
    assert "lag by about 10m" in finding.message
    # What was learned stands in place of the assumption, in both directions.
    assert not [f for f in check_recipe(recipe, learned(4)) if f.severity == "warning"]
    assert only(bakeout(Ramp(60), Hold(3600), Ramp(22, rate=0.8), Hold(900)), "22 °C needs", learned(2))
    # Where it never was, the assumption holds.
    assert only(bakeout(Ramp(110), Ramp(90, rate=3), *HOME), "is assumed to reach", learned(2, 20, 80))


def test_a_lag_eats_the_hold_behind_it() -> None:
    half = only(bakeout(Ramp(60, over=1200), Hold(2400), *HOME), "are lost if the assumed rate is right")
    assert (half.severity, half.where) == ("warning", "step 2")
    assert "About 20m 00s of the hold of 40m at 60 °C" in half.message
    all_of_it = only(bakeout(Ramp(60, over=600), Hold(1200), *HOME), "over before the chamber is there")
    assert all_of_it.message.startswith("The hold of 20m at 60 °C is over")
    assert "30m 00s too short" in all_of_it.message
    known = only(bakeout(Ramp(60, over=600), Hold(1800), *HOME), "are lost", learned(2))
    assert "assumed" not in known.message
    assert not [
        f for f in check_recipe(bakeout(Ramp(60, over=2300), Hold(2400), *HOME), PLAIN) if "lost" in f.message
    ]


def test_only_the_worst_of_many_rounds_is_told() -> None:
    recipe = bakeout(Ramp(40, rate=1), Repeat(3, (Ramp(60, over=600), Hold(3600))), *HOME)
    assert "About 10m" in only(recipe, "are lost").message


def test_learned_times_are_named_with_their_range() -> None:
    how = learned(2)
    recipe = bakeout(Ramp(60), Hold(3600), Ramp(22), Hold(1800))
    finding = only(recipe, "learned from 3 runs of this chamber", how)
    assert finding.severity == "info"
    assert "2h 5" in finding.message
    assert silent_about("assumption", recipe, how)
    up = RateBand(heating=True, low=20, high=60, slow=1, usual=1, fast=1, seconds=60, runs=1)
    half = msgspec.structs.replace(how, rates=Rates((up,), 1))
    assert only(recipe, "Some ramps as fast as they go are estimated with 1 K/min", half)
    assert only(recipe, "learned from 1 run of", half)


def test_a_pressure_condition_needs_a_pressure() -> None:
    recipe = Recipe("Vacuum", bakeout().steps, pressure=1e-3)
    silent = msgspec.structs.replace(PLAIN, pressure_told=False)
    finding = only(recipe, "no message is known to tell the pressure", silent)
    assert (finding.severity, finding.where) == ("warning", "pressure")
    assert "1.0e-03 mbar" in finding.message
    for fine in (PLAIN, msgspec.structs.replace(PLAIN, pressure_told=True)):
        assert silent_about("pressure", recipe, fine)
    assert silent_about("pressure", bakeout(), silent)
    theirs = msgspec.structs.replace(silent, pressure=1e-3)
    assert only(bakeout(), "no message is known", theirs).where == "recipe"
    assert not [
        f for f in check_recipe(Recipe("R", (Ramp(30),), pressure=1e-3), silent) if f.where == "pressure"
    ]


def test_a_tolerance_that_no_chamber_holds() -> None:
    finding = only(Recipe("Tight", bakeout().steps, tolerance=0.2), "tolerance of 0.2 K")
    assert (finding.severity, finding.where) == ("warning", "tolerance")
    assert not [
        f for f in check_recipe(Recipe("T", bakeout().steps, tolerance=0.5), PLAIN) if "tight" in f.message
    ]


def test_cancelled_on_the_way_it_may_be_cold() -> None:
    there_and_back = bakeout(Ramp(-20, rate=0.5), Hold(3600), *HOME)
    finding = only(there_and_back, "cancelled there")
    assert (finding.severity, finding.where) == ("info", "step 1")
    # Where it ends cold anyway, that is said, and more sharply.
    assert not [
        f for f in check_recipe(bakeout(Ramp(-20, rate=0.5), Hold(600)), PLAIN) if "cancelled" in f.message
    ]


def test_rates_that_a_jumping_device_ignores() -> None:
    how = PlanSettings(step_reading="jump")
    finding = only(bakeout(), "cannot be kept", how)
    assert (finding.severity, finding.where) == ("warning", "step 1")
    assert "rates of 2 ramps" in finding.message
    assert "rate of this ramp" in only(bakeout(Ramp(22, rate=1), Hold(600)), "cannot be kept", how).message
    assert not [f for f in check_recipe(bakeout(Ramp(22), Hold(600)), how) if "cannot be kept" in f.message]


def test_estimates_are_named() -> None:
    assert only(bakeout(Ramp(60), *HOME), "estimated with 1 K/min, an assumption").severity == "info"


def test_how_it_ends() -> None:
    cold = only(bakeout(Ramp(-20, rate=0.5), Hold(600)), "ends cold, at −20 °C")
    assert (cold.severity, cold.where) == ("warning", "step 2")
    assert "condense" in cold.message
    assert only(bakeout(Ramp(60, rate=0.5), Hold(600)), "ends hot, at 60 °C").severity == "warning"
    assert only(bakeout(Ramp(22, rate=0.5)), "ends with a ramp").severity == "info"


def test_order_and_length_of_steps() -> None:
    two = only(bakeout(Ramp(40, rate=0.5), Ramp(60, rate=0.2), Hold(600), *HOME), "Two ramps")
    assert (two.severity, two.where) == ("info", "step 2")
    assert only(bakeout(Ramp(40, rate=0.5), Hold(60), *HOME), "1m at 40 °C is a short hold").where == "step 2"
    assert only(bakeout(Ramp(20), *HOME), "starts there already").where == "step 1"
    assert only(bakeout(Ramp(40, rate=0.5), Hold(8 * 86400), *HOME), "more than a week").severity == "info"


def test_too_long_for_the_device() -> None:
    recipe = bakeout(Repeat(251, (Ramp(40, rate=0.5), Hold(600), Ramp(22, rate=0.5), Hold(600))))
    finding = only(recipe, "1,004 items; at most 500")
    assert (finding.severity, finding.where) == ("error", "steps")


def test_nothing_to_do() -> None:
    assert only(bakeout(Ramp(20)), "nothing to do").severity == "error"


def test_a_meaningless_recipe_or_start_is_an_error_not_an_exception() -> None:
    findings = check_recipe(bakeout(Ramp(math.nan), Hold(-1)), PLAIN, math.nan)
    assert [(f.severity, f.where) for f in findings] == [
        ("error", "step 1"),
        ("error", "step 2"),
        ("error", "recipe"),
    ]


@given(recipes, settings, temperatures)
def test_findings_are_sentences_the_worst_first_and_said_once(
    recipe: Recipe, how: PlanSettings, start: float
) -> None:
    findings = check_recipe(recipe, how, start)
    order = [("error", "warning", "info").index(f.severity) for f in findings]
    assert order == sorted(order)
    assert len(set(findings)) == len(findings)
    assert all(f.message.endswith(".") and f.where for f in findings)
