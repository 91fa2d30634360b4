"""When a temperature enters a band: against courses whose end is known; unknown where nothing is sound."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from tests.helpers.simulatedrun import Bench
from xovac_tui.analysis.reaching import FARTHEST, BandForecast, band_forecast
from xovac_tui.chamber.history import History
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import PlanSettings, Segment
from xovac_tui.runs.hold import PlacedHold, next_hold

BAND = (-23.0, -17.0)


def approach(end: float, seconds: float) -> Callable[[float], float]:
    return lambda t: end + (60 - end) * math.exp(-t / seconds)


def ramp(t: float) -> float:
    return 60 - t / 60


def foreseen(course: Callable[[float], float], now: int, *, speed: float = 1.0) -> BandForecast | None:
    """The forecast at a moment of a course since 0, with noise and a step; `speed` courses at once."""
    noise, past = random.Random(1), History()
    for n in range(now):
        past.add(n + 0.5, round(course((n + 0.5) * speed) + noise.gauss(0, 0.05), 1))
    return band_forecast(past, float(now), BAND, since=0.0, speed=speed)


def entered(course: Callable[[float], float]) -> float:
    return next(t for t in range(100_000) if BAND[0] <= course(t) <= BAND[1])


@pytest.mark.parametrize(
    ("course", "now"), [(approach(-20, 1200), 1800), (approach(-20, 1200), 3600), (ramp, 1800), (ramp, 3600)]
)
def test_the_range_holds_the_moment_at_which_it_is_in_the_band(
    course: Callable[[float], float], now: int
) -> None:
    found = foreseen(course, now)
    assert found is not None
    assert now < found.soonest <= entered(course) <= found.latest
    assert found.likely == pytest.approx(entered(course), abs=0.06 * (entered(course) - now))
    assert found.latest - now <= FARTHEST * now
    (begin, value), (end, last) = found.course[0], found.course[-1]
    assert begin == pytest.approx(now, abs=1)
    assert end == found.likely
    assert value == pytest.approx(course(now), abs=0.3)
    assert last == pytest.approx(BAND[1], abs=0.01)


@pytest.mark.parametrize(
    ("course", "now", "why"),
    [
        (ramp, 40, "too short"),
        (approach(-20, 3600), 600, "too far beyond what was measured"),
        (approach(-15, 1200), 1800, "it never gets there"),
        (approach(-16, 1200), 5400, "it stands outside"),
        (lambda t: 20.0, 1800, "it does not move"),
        (lambda t: 20 + t / 600, 1800, "it goes the other way"),
        (lambda t: -20.0, 1800, "it is there"),
        (lambda t: 20 + 20 * math.sin(t / 200), 1800, "it swings"),
    ],
)
def test_nothing_is_foreseen_where_that_is_not_sound(
    course: Callable[[float], float], now: int, why: str
) -> None:
    assert foreseen(course, now) is None, why


def test_a_faster_clock_asks_for_as_much_of_the_chambers_time() -> None:
    found = foreseen(ramp, 60, speed=60.0)
    assert found is not None
    assert found.soonest <= entered(ramp) / 60 <= found.latest


def test_without_a_value_in_the_step_nothing_is_foreseen() -> None:
    past = History()
    for n in range(2400):
        past.add(n + 0.5, ramp(n))
    assert band_forecast(past, 2600.0, BAND, since=0.0) is not None
    assert band_forecast(past, 2600.0, BAND, since=2450.0) is None


def test_a_simulated_cool_down_is_foreseen() -> None:
    speed = 60.0
    bench = Bench(Recipe("Cold", steps=(Ramp(to=-20.0), Hold(4 * 3600.0))), PlanSettings(), speed=speed)
    found: list[BandForecast] = []
    first = None
    for seen in bench.observations(60):
        past = bench.chamber.history("chamber_state.part")
        assert past is not None
        if first is None and seen.mono > bench.began:
            one = band_forecast(past, seen.mono, BAND, since=bench.began, speed=speed)
            found += [one] if one is not None else []
        if first is None and bench.samples and abs(bench.samples[-1][1] + 20.0) <= 3.0:
            first = seen.mono
    assert first is not None
    assert len(found) > 10
    assert all(one.soonest - 1 <= first <= one.latest + 1 for one in found)


def test_a_step_leads_to_its_own_hold_or_the_one_at_its_end() -> None:
    done, now, later = (
        PlacedHold(0.0, 10.0, 20.0, 3.0),
        PlacedHold(20.0, 30.0, 50.0, 3.0),
        PlacedHold(40.0, 50.0, -20.0, 3.0, planned=True),
    )

    def segment(kind: str, to: float) -> Segment:
        ramp = Segment(3, 0.0, 1.0, 0.0, to, "")
        return ramp if kind == "ramp" else Segment(3, 0.0, 1.0, to, to, "", kind="hold")

    holds = [done, now, later]
    assert next_hold(holds, segment("hold", 50.0), 25.0) is now
    assert next_hold(holds, segment("ramp", -20.0), 35.0) is later
    assert next_hold(holds, segment("ramp", 0.0), 35.0) is None, "another ramp comes between"
    assert next_hold([done, now], segment("ramp", -20.0), 35.0) is None
    assert next_hold(holds, None, 25.0) is None


def test_values_at_the_end_of_what_a_number_can_be_forecast_nothing() -> None:
    # Of these a course is flat, and the way to the band is infinite.
    dice, past = random.Random(790), History()
    for n in range(300):
        past.add(float(n), dice.choice((1e308, -1e308, 0.0)))
    assert band_forecast(past, 300.0, (1e308, 1.1e308), since=0.0) is None
