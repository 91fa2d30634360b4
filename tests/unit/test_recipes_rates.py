"""What a chamber has managed, learned from noisy runs, and the time that it says."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.recipes.rates import RateBand, Rates, Sample, learn, merge


def band(low: float, *rates: float, heating: bool = True, seconds: float = 600, runs: int = 1) -> RateBand:
    slow, usual, fast = rates if len(rates) == 3 else (rates[0],) * 3
    return RateBand(
        heating=heating,
        low=low,
        high=low + 10,
        slow=slow,
        usual=usual,
        fast=fast,
        seconds=seconds,
        runs=runs,
    )


def sampled(
    start: float, end: float, rate: float, *, target: float | None, noise: float = 0.05, period: float = 1.0
) -> list[Sample]:
    """A run from one temperature to another at a steady rate in K/min."""
    chance = random.Random(7)
    count = int(abs(end - start) / rate * 60 / period)
    slope = math.copysign(rate, end - start) / 60
    return [
        (n * period, start + slope * n * period + chance.gauss(0, noise), target) for n in range(count + 1)
    ]


def only(rates: Rates, low: float, *, heating: bool) -> RateBand:
    (found,) = [b for b in rates.bands if b.low == low and b.heating is heating]
    return found


def test_a_chamber_that_is_driven_hard_shows_what_it_can() -> None:
    rates = merge([learn(sampled(20, 60, 2, target=80)), learn(sampled(60, -20, 0.5, target=-40))])
    assert rates.runs == 2
    for low in (20, 30, 40, 50):
        up, down = only(rates, low, heating=True), only(rates, low, heating=False)
        assert (up.slow, up.usual, up.fast) == pytest.approx((2, 2, 2), rel=0.1)
        assert (down.slow, down.usual, down.fast) == pytest.approx((0.5, 0.5, 0.5), rel=0.1)
        assert up.seconds == pytest.approx(300, abs=60)
        assert up.runs == 1
    assert rates.time(20, 60) == pytest.approx((1200, 1200, 1200), rel=0.05)
    assert rates.time(60, -20) == pytest.approx((9600, 9600, 9600), rel=0.1)


def test_following_a_gentle_ramp_says_nothing_of_what_it_could_do() -> None:
    slow = [(t, 20 + t / 120, 20.5 + t / 120) for t in range(3600)]
    rates = learn(slow)
    assert rates.runs == 0
    assert rates.time(20, 40) is None
    assert rates.fastest(heating=True, low=20, high=40) is None


def test_a_quick_ramp_that_was_followed_raises_what_it_has_managed() -> None:
    hard = learn(sampled(20, 60, 1, target=80))
    followed = learn([(t, 20 + t / 30, 20.5 + t / 30) for t in range(1200)])
    assert hard.fastest(heating=True, low=25, high=55) == pytest.approx(1, rel=0.1)
    for order in ([hard, followed], [followed, hard]):
        together = merge(order)
        assert together.fastest(heating=True, low=25, high=55) == pytest.approx(2, rel=0.05)
        assert only(together, 30, heating=True).usual == only(hard, 30, heating=True).usual
        assert together.runs == 1


def test_a_stall_at_the_limit_and_moving_the_wrong_way_do_not_count() -> None:
    assert learn([(float(t), -40.0, -60.0) for t in range(3600)]) == Rates()
    assert learn([(float(t), 20 + t / 60, -60.0) for t in range(600)]).runs == 0


def test_without_a_setpoint_the_plans_quick_ramps_stand_in() -> None:
    blind = sampled(20, 60, 2, target=None)
    assert learn(blind) == Rates()
    rates = learn(blind, [(0, 2000, 80.0)])
    assert only(rates, 30, heating=True).usual == pytest.approx(2, rel=0.05)
    assert learn(blind, [(5000, 6000, 80.0)]) == Rates()


def test_gaps_and_spikes_do_not_make_rates() -> None:
    chance = random.Random(3)
    whole = sampled(20, 60, 2, target=80)
    torn = [
        (t, math.nan if 300 < t < 500 else actual + (500 if chance.random() < 0.05 else 0), target)
        for t, actual, target in whole
    ]
    rates = learn(torn)
    for b in rates.bands:
        assert (b.slow, b.fast) == pytest.approx((2, 2), rel=0.15)
    # A gap without any sample is no rate either: 30 K in between took ten hours.
    leap = sampled(20, 30, 2, target=80) + [
        (36000 + t, 30 + x, s) for t, x, s in sampled(30, 60, 2, target=80)
    ]
    assert all(b.usual == pytest.approx(2, rel=0.1) for b in learn(leap).bands)


def test_slowly_sampled_runs_are_learned_too() -> None:
    rates = learn(sampled(20, 80, 1, target=100, period=20.0, noise=0.02))
    assert only(rates, 40, heating=True).usual == pytest.approx(1, rel=0.1)


def test_a_missing_band_takes_the_nearest_known_and_a_missing_direction_nothing() -> None:
    rates = Rates((band(20, 2), band(40, 1), band(20, 0.5, heating=False)), 1)
    assert rates.time(25, 30) == (150, 150, 150)
    assert rates.time(60, 80) == (1200, 1200, 1200)
    assert rates.time(-20, 0) == (600, 600, 600)
    assert rates.time(0, -20) == (2400, 2400, 2400)
    assert Rates((band(20, 2),), 1).time(20, 10) is None
    assert rates.time(20, 20) == (0, 0, 0)


def test_the_range_of_a_way_is_the_sum_of_its_bands() -> None:
    rates = Rates((band(20, 1, 2, 4), band(30, 0.5, 1, 2)), 3)
    assert rates.time(20, 40) == (150 + 300, 300 + 600, 600 + 1200)
    assert rates.fastest(heating=True, low=20, high=40) == 2
    assert rates.fastest(heating=True, low=20, high=30) == 4
    assert rates.fastest(heating=True, low=40, high=50) is None
    assert rates.words == "learned from 3 runs"
    assert Rates(runs=1).words == "learned from 1 run"


def test_how_late_it_is_depends_on_where_it_is_slow() -> None:
    slow_end = Rates((band(20, 4), band(30, 1)), 1)
    slow_start = Rates((band(20, 1), band(30, 4)), 1)
    # 2 K/min: 10 min for 20 K. What is lost at the end is lost; what is lost at the start is half won back.
    assert slow_end.lateness(20, 40, 600) == pytest.approx(300)
    assert slow_start.lateness(20, 40, 600) == pytest.approx(150)
    assert slow_start.lateness(20, 40, 1500) == 0
    assert slow_start.lateness(40, 20, 600) is None
    down = Rates((band(20, 1, heating=False), band(30, 4, heating=False)), 1)
    assert down.lateness(40, 20, 600) == pytest.approx(300)


def test_longer_runs_weigh_more() -> None:
    many = merge([Rates((band(20, 1, seconds=6000),), 1), Rates((band(20, 3, seconds=60),), 1)])
    assert (many.bands[0].usual, many.bands[0].fast) == (1, 1)
    even = merge([Rates((band(20, 1),), 1), Rates((band(20, 3),), 1)])
    assert (even.bands[0].slow, even.bands[0].fast) == (1, 3)
    assert (even.bands[0].seconds, even.bands[0].runs, even.runs) == (1200, 2, 2)


def test_they_can_be_written_down_and_nonsense_is_not_read() -> None:
    rates = merge([learn(sampled(20, 60, 2, target=80)), learn(sampled(60, 20, 1, target=0))])
    assert msgspec.json.decode(msgspec.json.encode(rates), type=Rates) == rates
    for wrong in ({"slow": 0}, {"slow": 9}, {"low": 99}, {"seconds": -1}):
        text = msgspec.json.encode({**msgspec.to_builtins(band(20, 1)), **wrong})
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=RateBand)


rates_kept = st.floats(0.05, 20).map(lambda value: round(value, 3))


@st.composite
def some_rates(draw: st.DrawFn) -> Rates:
    bands = []
    for low in draw(st.lists(st.sampled_from([-20.0, 0.0, 20.0, 30.0]), unique=True, max_size=4)):
        slow, usual, fast = sorted(draw(st.tuples(rates_kept, rates_kept, rates_kept)))
        seconds = draw(st.sampled_from([0.0, 60.0, 1000.0]))
        bands.append(band(low, slow, usual, fast, seconds=seconds, runs=int(seconds > 0)))
    return Rates(tuple(bands), int(any(b.runs for b in bands)))


@given(st.lists(some_rates(), max_size=5), st.randoms())
def test_merging_keeps_within_what_was_seen_in_any_order(many: list[Rates], chance: random.Random) -> None:
    together = merge(many)
    shuffled = many[:]
    chance.shuffle(shuffled)
    assert merge(shuffled) == together
    for b in together.bands:
        seen = [one for rates in many for one in rates.bands if one.low == b.low]
        assert min(one.slow for one in seen) <= b.slow <= b.usual <= b.fast
        assert b.fast <= max(one.fast for one in seen)


@given(some_rates())
def test_one_run_alone_is_what_it_is(rates: Rates) -> None:
    assert set(merge([rates]).bands) == set(rates.bands)


@given(some_rates(), st.floats(-60, 90), st.floats(-60, 90))
def test_times_are_in_order_and_add_up(rates: Rates, start: float, end: float) -> None:
    whole = rates.time(start, end)
    if whole is None:
        assert not any(b.seconds for b in rates.bands if b.heating is (end > start))
        return
    assert 0 <= whole[0] <= whole[1] <= whole[2]
    edges = [edge for edge in range(-60, 100, 10) if min(start, end) < edge < max(start, end)]
    corners = [start, *(edges if start < end else edges[::-1]), end]
    pieces = [rates.time(a, b) for a, b in pairwise(corners)] if start != end else []
    for n in range(3):
        assert whole[n] == pytest.approx(sum(piece[n] for piece in pieces if piece is not None))


def windows(count: int) -> Iterator[Sample]:
    for n in range(count):
        yield float(n), 20 + n / 30, 90.0


def test_too_little_is_no_rate() -> None:
    assert learn(windows(30)) == Rates()
    assert learn([]) == Rates()
    assert merge([]) == Rates()
