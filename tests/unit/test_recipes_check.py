import math

import msgspec
import pytest
from hypothesis import given

from tests.helpers.recipes import bakeout, recipes, settings, temperatures
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.findings import Finding, FindingCode, finding
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.rates import RateBand, Rates

PLAIN = PlanSettings(chamber_min=-60, chamber_max=120)
HOME: tuple[Step, ...] = (Ramp(22, rate=0.5), Hold(1800))


def found(recipe: Recipe, how: PlanSettings = PLAIN, start: float = 20) -> list[tuple[str, str]]:
    return [(f.severity, f.where) for f in check_recipe(recipe, how, start)]


def only(recipe: Recipe, code: FindingCode, how: PlanSettings = PLAIN, start: float = 20) -> Finding:
    """Return the one finding with this code."""
    (one,) = [f for f in check_recipe(recipe, how, start) if f.code is code]
    return one


def silent_about(code: FindingCode, recipe: Recipe, how: PlanSettings = PLAIN) -> bool:
    """Return whether no finding has this code."""
    return all(f.code is not code for f in check_recipe(recipe, how))


def limited(*steps: Step) -> Recipe:
    return Recipe("Limited", steps, limits=Limits(-30, 65))


def test_a_sound_recipe_has_only_the_note_on_rates() -> None:
    findings = check_recipe(limited(Ramp(60, rate=0.5), Hold(3600), *HOME), PLAIN)
    assert findings == (Finding(FindingCode.RATES_AS_DURATIONS),)


@pytest.mark.parametrize(
    ("target", "code", "limit"), [(66, FindingCode.ABOVE_PART, 65), (-31, FindingCode.BELOW_PART, -30)]
)
def test_outside_the_parts_limits(target: float, code: FindingCode, limit: float) -> None:
    recipe = limited(Repeat(3, (Ramp(target, rate=0.5), Hold(600))), *HOME)
    assert only(recipe, code) == finding(code, (0, 0), target=target, limit=limit)


@pytest.mark.parametrize(("target", "edge", "limit"), [(64.0, 66.0, 65), (-29.5, -31.5, -30)])
def test_a_tolerance_beyond_the_parts_limits_is_warned_of(target: float, edge: float, limit: float) -> None:
    recipe = msgspec.structs.replace(limited(Ramp(target, rate=0.5), Hold(600), *HOME), tolerance=2.0)
    code = FindingCode.BAND_OUTSIDE_PART
    assert only(recipe, code) == finding(code, (1,), target=target, tolerance=2.0, edge=edge, limit=limit)
    inside = msgspec.structs.replace(recipe, tolerance=0.5)
    assert silent_about(FindingCode.BAND_OUTSIDE_PART, inside)


def test_a_tolerance_up_to_the_limit_is_not_beyond_it() -> None:
    # 60.2 + 0.1 is a little more than 60.3 in binary fractions.
    recipe = Recipe("Edge", (Ramp(60.2, rate=0.5), Hold(600), *HOME), "", Limits(-30, 60.3), 0.1)
    assert silent_about(FindingCode.BAND_OUTSIDE_PART, recipe)


def test_the_limits_themselves_are_allowed() -> None:
    recipe = limited(Ramp(65, rate=0.5), Hold(600), Ramp(-30, rate=0.5), Hold(600), *HOME)
    assert not [f for f in check_recipe(recipe, PLAIN) if f.severity == "error"]


@pytest.mark.parametrize(
    "how", [PlanSettings(chamber_max=50), PlanSettings(chamber_min=-60, chamber_max=50)], ids=["one", "both"]
)
def test_outside_the_chambers_range(how: PlanSettings) -> None:
    code = FindingCode.ABOVE_CHAMBER
    assert only(bakeout(), code, how) == finding(code, (0,), target=60, limit=50)


@pytest.mark.parametrize(
    ("target", "code", "severity"),
    [
        (300.5, FindingCode.TOO_HOT_FOR_ANY, "error"),
        (151, FindingCode.SUSPICIOUSLY_HOT, "warning"),
        (-197, FindingCode.SUSPICIOUSLY_COLD, "warning"),
    ],
)
def test_a_temperature_that_is_probably_a_typing_error(
    target: float, code: FindingCode, severity: str
) -> None:
    recipe = bakeout(Ramp(target), Hold(600), *HOME)
    unknown = PlanSettings()
    assert only(recipe, code, unknown).severity == severity
    nearly = bakeout(Ramp(target - math.copysign(1, target)), Hold(600), *HOME)
    assert silent_about(code, nearly, unknown)
    # The chamber's own range says more; so do limits of the part, but for what no chamber reaches.
    assert silent_about(code, recipe, PlanSettings(chamber_min=-270, chamber_max=400))
    vouched = msgspec.structs.replace(recipe, limits=Limits(-250, 350))
    assert silent_about(code, vouched, unknown) is (severity == "warning")


def test_a_first_hold_is_a_target_too() -> None:
    recipe = limited(Hold(600), *HOME)
    assert ("error", "step 1") in found(recipe, start=70)
    assert only(recipe, FindingCode.START_OUTSIDE_PART, start=70).severity == "warning"
    code = FindingCode.BEGINS_WITH_HOLD
    assert only(recipe, code) == finding(code, (0,), start=20)


def test_what_was_not_checked_is_said() -> None:
    assert only(bakeout(), FindingCode.NO_LIMITS).where == "limits"
    assert only(bakeout(), FindingCode.NO_RANGE, PlanSettings()).where == "recipe"


def test_a_ramp_faster_than_assumed() -> None:
    recipe = bakeout(
        Ramp(30, rate=0.5), Repeat(2, (Ramp(60, over=1200), Hold(600), Ramp(30, rate=0.5))), *HOME
    )
    code = FindingCode.FASTER_THAN_ASSUMED
    assert only(recipe, code) == finding(code, (1, 0), to=60, rate=1.5, managed=1.0)
    assert silent_about(code, bakeout(Ramp(60, rate=1), *HOME))


def learned(rate: float, low: float = 20, high: float = 60) -> PlanSettings:
    """A chamber that has managed this rate heating and a quarter of it cooling."""
    bands = tuple(
        RateBand(heating=up, low=low, high=high, slow=k * 0.9, usual=k, fast=k * 1.1, seconds=900, runs=3)
        for up, k in ((True, rate), (False, rate / 4))
    )
    return msgspec.structs.replace(PLAIN, rates=Rates(bands, 3))


def test_a_ramp_faster_than_the_chamber_has_managed() -> None:
    recipe = bakeout(Ramp(60, rate=4), Hold(3600), *HOME)
    code = FindingCode.FASTER_THAN_MANAGED
    too_fast = only(recipe, code, learned(2))
    assert too_fast.path == (0,)
    assert dict(too_fast.data) == {
        "to": 60,
        "rate": 4.0,
        "managed": pytest.approx(2.2),
        "basis": "learned from 3 runs",
        "late": pytest.approx(600),
    }
    # What was learned stands in place of the assumption, in both directions.
    assert not [f for f in check_recipe(recipe, learned(4)) if f.severity == "warning"]
    cooling = only(bakeout(Ramp(60), Hold(3600), Ramp(22, rate=0.8), Hold(900)), code, learned(2))
    assert cooling.path == (2,)
    # Where it never was, the assumption holds.
    unknown = bakeout(Ramp(110), Ramp(90, rate=3), *HOME)
    assert only(unknown, FindingCode.FASTER_THAN_ASSUMED, learned(2, 20, 80))


def test_a_lag_eats_the_hold_behind_it() -> None:
    shortened, lost = FindingCode.HOLD_SHORTENED, FindingCode.HOLD_LOST
    half = only(bakeout(Ramp(60, over=1200), Hold(2400), *HOME), shortened)
    assert half == finding(shortened, (1,), hold=2400, target=60, late=1200.0, learned=False)
    all_of_it = only(bakeout(Ramp(60, over=600), Hold(1200), *HOME), lost)
    assert all_of_it == finding(lost, (1,), hold=1200, target=60, late=1800.0, learned=False)
    known = only(bakeout(Ramp(60, over=600), Hold(1800), *HOME), shortened, learned(2))
    assert dict(known.data)["learned"]
    assert silent_about(shortened, bakeout(Ramp(60, over=2300), Hold(2400), *HOME))


def test_only_the_worst_of_many_rounds_is_reported() -> None:
    recipe = bakeout(Ramp(40, rate=1), Repeat(3, (Ramp(60, over=600), Hold(3600))), *HOME)
    assert dict(only(recipe, FindingCode.HOLD_SHORTENED).data)["late"] == 600


def test_learned_times_are_named_with_their_range() -> None:
    how = learned(2)
    recipe = bakeout(Ramp(60), Hold(3600), Ramp(22), Hold(1800))
    times = dict(only(recipe, FindingCode.TIMES_LEARNED, how).data)
    assert times["basis"] == "learned from 3 runs"
    assert (times["shortest"], times["longest"]) == (10_637, 11_801)
    assert silent_about(FindingCode.RATE_ASSUMED, recipe, how)
    up = RateBand(heating=True, low=20, high=60, slow=1, usual=1, fast=1, seconds=60, runs=1)
    half = msgspec.structs.replace(how, rates=Rates((up,), 1))
    code = FindingCode.RATE_ASSUMED
    assert only(recipe, code, half) == finding(code, some=True, rate=1.0)
    assert dict(only(recipe, FindingCode.TIMES_LEARNED, half).data)["basis"] == "learned from 1 run"


def test_a_pressure_condition_needs_a_pressure() -> None:
    recipe = Recipe("Vacuum", bakeout().steps, pressure=1e-3)
    silent = msgspec.structs.replace(PLAIN, pressure_reported=False)
    code = FindingCode.NO_PRESSURE
    assert only(recipe, code, silent) == finding(code, key="pressure", pressure=1e-3)
    for fine in (PLAIN, msgspec.structs.replace(PLAIN, pressure_reported=True)):
        assert silent_about(code, recipe, fine)
    assert silent_about(code, bakeout(), silent)
    theirs = msgspec.structs.replace(silent, pressure=1e-3)
    assert only(bakeout(), code, theirs).where == "recipe"
    assert silent_about(code, Recipe("R", (Ramp(30),), pressure=1e-3), silent)


def test_a_tolerance_that_no_chamber_holds() -> None:
    code = FindingCode.TOLERANCE_TIGHT
    tight = only(Recipe("Tight", bakeout().steps, tolerance=0.2), code)
    assert tight == finding(code, key="tolerance", tolerance=0.2, held=0.5)
    assert silent_about(code, Recipe("T", bakeout().steps, tolerance=0.5))


def test_cancelled_on_the_way_it_may_be_cold() -> None:
    there_and_back = bakeout(Ramp(-20, rate=0.5), Hold(3600), *HOME)
    code = FindingCode.COLD_ON_THE_WAY
    assert only(there_and_back, code) == finding(code, (0,), coldest=-20)
    # Where it ends cold anyway, that is said, and more sharply.
    assert silent_about(code, bakeout(Ramp(-20, rate=0.5), Hold(600)))


def test_rates_that_a_jumping_device_ignores() -> None:
    how = PlanSettings(step_reading="jump")
    code = FindingCode.RATES_NOT_KEPT
    assert only(bakeout(), code, how) == finding(code, (0,), ramps=2)
    assert only(bakeout(Ramp(22, rate=1), Hold(600)), code, how) == finding(code, (0,), ramps=1)
    assert silent_about(code, bakeout(Ramp(22), Hold(600)), how)


def test_estimates_are_named() -> None:
    code = FindingCode.RATE_ASSUMED
    assert only(bakeout(Ramp(60), *HOME), code) == finding(code, some=False, rate=1.0)


def test_how_it_ends() -> None:
    cold = only(bakeout(Ramp(-20, rate=0.5), Hold(600)), FindingCode.ENDS_COLD)
    assert cold == finding(FindingCode.ENDS_COLD, (1,), end=-20)
    hot = only(bakeout(Ramp(60, rate=0.5), Hold(600)), FindingCode.ENDS_HOT)
    assert hot == finding(FindingCode.ENDS_HOT, (1,), end=60)
    assert only(bakeout(Ramp(22, rate=0.5)), FindingCode.ENDS_WITH_RAMP).severity == "info"


def test_order_and_length_of_steps() -> None:
    two = only(bakeout(Ramp(40, rate=0.5), Ramp(60, rate=0.2), Hold(600), *HOME), FindingCode.TWO_RAMPS)
    assert two == finding(FindingCode.TWO_RAMPS, (1,), target=40)
    short = only(bakeout(Ramp(40, rate=0.5), Hold(60), *HOME), FindingCode.SHORT_HOLD)
    assert short == finding(FindingCode.SHORT_HOLD, (1,), hold=60, target=40)
    assert only(bakeout(Ramp(20), *HOME), FindingCode.LEFT_OUT).where == "step 1"
    assert only(bakeout(Ramp(40, rate=0.5), Hold(8 * 86400), *HOME), FindingCode.LONG_RUN).path == ()


def test_too_long_for_the_device() -> None:
    recipe = bakeout(Repeat(251, (Ramp(40, rate=0.5), Hold(600), Ramp(22, rate=0.5), Hold(600))))
    code = FindingCode.TOO_MANY_ITEMS
    assert only(recipe, code) == finding(code, key="steps", items=1004, most=500)


def test_nothing_to_do() -> None:
    assert only(bakeout(Ramp(20)), FindingCode.NOTHING_TO_DO).severity == "error"


def test_a_meaningless_recipe_or_start_is_an_error_not_an_exception() -> None:
    findings = check_recipe(bakeout(Ramp(math.nan), Hold(-1)), PLAIN, math.nan)
    assert findings == (
        Finding(FindingCode.TEMPERATURE_NOT_FINITE, (0,), "to"),
        Finding(FindingCode.DURATION_NOT_POSITIVE, (1,), "hold"),
        Finding(FindingCode.TEMPERATURE_NOT_FINITE),
    )


@given(recipes, settings, temperatures)
def test_findings_are_sentences_the_worst_first_and_said_once(
    recipe: Recipe, how: PlanSettings, start: float
) -> None:
    findings = check_recipe(recipe, how, start)
    order = [("error", "warning", "info").index(f.severity) for f in findings]
    assert order == sorted(order)
    assert len(set(findings)) == len(findings)
    assert all(f.message.endswith(".") and f.where for f in findings)
