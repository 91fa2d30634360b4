"""The three clocks of a dwell: nothing counts that was not measured."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.chamber.observation import Observation
from xovac_tui.runs.dwell import Dwell

TARGET = -20.0


def look(mono: float, actual: float | None = TARGET, **fields: object) -> Observation:
    known: dict[str, object] = {"linked": True, "fresh": True, "period": 1.0}
    return Observation(mono=mono, actual=actual, **{**known, **fields})  # type: ignore[arg-type]


def dwell(looks: Iterable[Observation], *, pressure: float | None = None, began: float = 0.0) -> Dwell:
    now = Dwell(began, TARGET, 2.0, pressure)
    for one in looks:
        now = now.observe(one)
    return now


def clocks(d: Dwell) -> tuple[float, float, float]:
    return d.elapsed, d.in_tolerance, d.creditable


def test_all_clocks_run_while_all_is_well() -> None:
    done = dwell(look(t) for t in range(11))
    assert clocks(done) == (10, 10, 10)
    assert (done.reached, done.excursions, done.minimum, done.maximum) == (0, 0, TARGET, TARGET)


def test_a_part_that_comes_late_counts_from_when_it_is_there() -> None:
    done = dwell(look(t, TARGET + 10 - t) for t in range(21))
    # Within 2 K from 8 s on, and past the other edge after 12 s.
    assert (done.reached, done.excursions) == (8, 1)
    assert clocks(done) == (20, 4, 4)
    assert (done.minimum, done.maximum) == (TARGET - 10, TARGET + 10)


def test_the_edge_of_the_tolerance_belongs_to_it() -> None:
    assert dwell([look(0, TARGET + 2), look(1, TARGET - 2)]).in_tolerance == 1


@pytest.mark.parametrize(
    ("pressures", "counted"),
    [
        ([1e-4] * 5, 4),
        ([1e-3] * 5, 4),
        ([1.0] * 5, 0),
        ([None] * 5, 0),
        ([1e-4, 1e-4, 1.0, 1e-4, 1e-4], 2),
        ([1.0, 1e-4, 1e-4, 1e-4, None], 2),
    ],
)
def test_the_pressure_must_be_met_at_both_ends(pressures: list[float | None], counted: float) -> None:
    done = dwell((look(t, pressure=p) for t, p in enumerate(pressures)), pressure=1e-3)
    assert clocks(done) == (4, 4, counted)


def test_without_a_condition_no_pressure_is_needed() -> None:
    assert dwell(look(t, pressure=None) for t in range(5)).creditable == 4


def test_a_link_gap_never_counts_however_short_and_however_good_the_ends() -> None:
    looks = [look(0), look(1), look(1.2, linked=False, actual=None, fresh=False), look(2), look(3)]
    assert clocks(dwell(looks)) == (3, 2, 2)


def test_stale_data_leave_the_tolerance_clock_only_where_the_next_value_was_near() -> None:
    near = [look(0), look(1.5, fresh=False, actual=None), look(2), look(3)]
    assert clocks(dwell(near)) == (3, 3, 1)
    far = [look(0), look(4, fresh=False, actual=None), look(5), look(6)]
    assert clocks(dwell(far)) == (6, 1, 1)


def test_a_slow_channel_may_be_slow() -> None:
    looks = [look(t * 10.0, period=10.0) for t in range(4)]
    assert clocks(dwell(looks)) == (30, 30, 30)
    assert clocks(dwell(look(t * 10.0, period=None) for t in range(4))) == (30, 0, 0)


def test_observations_between_two_values_credit_nothing_before_the_second() -> None:
    looks = [look(0, seen=0.0), look(0.5, seen=0.0), look(0.9, seen=0.0)]
    assert clocks(dwell(looks)) == pytest.approx((0.9, 0, 0))
    assert clocks(dwell([*looks, look(1.25, seen=1.0)])) == pytest.approx((1.25, 1, 1))


def test_a_pressure_that_rises_between_two_values_ends_the_credit() -> None:
    looks = [
        look(0, seen=0.0, pressure=1e-4),
        look(0.5, seen=0.0, pressure=1.0),
        look(1, seen=1.0, pressure=1e-4),
    ]
    assert clocks(dwell(looks, pressure=1e-3)) == (1, 1, 0)


def test_a_value_from_before_the_dwell_counts_from_its_beginning() -> None:
    assert clocks(dwell([look(10, seen=9.0), look(11, seen=11.0)], began=10.0)) == (1, 1, 1)


def test_a_broken_sensor_covers_nothing() -> None:
    assert clocks(dwell([look(0), look(1, None), look(2), look(3)])) == (3, 1, 1)


def test_a_dwell_survives_being_written_down() -> None:
    whole = [look(t * 0.7, TARGET + (t % 7) * 0.5, pressure=1e-4) for t in range(40)]
    half = msgspec.json.decode(msgspec.json.encode(dwell(whole[:17], pressure=1e-3)), type=Dwell)
    for one in whole[17:]:
        half = half.observe(one)
    assert half == dwell(whole, pressure=1e-3)


steps = st.tuples(
    st.floats(0, 8),
    st.one_of(st.none(), st.floats(TARGET - 4, TARGET + 4)),
    st.one_of(st.none(), st.sampled_from([1e-4, 1e-3, 1.0])),
    st.booleans(),
    st.booleans(),
    st.floats(0, 3),
)


def build(parts: list[tuple[float, float | None, float | None, bool, bool, float]]) -> list[Observation]:
    looks, now = [], 0.0
    for wait, actual, pressure, linked, fresh, age in parts:
        now += wait
        looks.append(look(now, actual, pressure=pressure, linked=linked, fresh=fresh, seen=now - age))
    return looks


@given(st.lists(steps, max_size=40))
def test_what_counts_was_in_tolerance_and_what_was_in_tolerance_has_passed(
    parts: list[tuple[float, float | None, float | None, bool, bool, float]],
) -> None:
    before = Dwell(0.0, TARGET, 2.0, 1e-3)
    for one in build(parts):
        after = before.observe(one)
        for old, new in zip(clocks(before), clocks(after), strict=True):
            assert new >= old
        assert after.creditable <= after.in_tolerance + 1e-9
        assert after.in_tolerance <= after.elapsed + 1e-9
        before = after


@given(st.lists(steps, max_size=20), st.floats(0, 5000), st.integers(1, 4))
def test_a_link_gap_adds_only_to_what_has_elapsed(
    parts: list[tuple[float, float | None, float | None, bool, bool, float]], gone: float, looks: int
) -> None:
    before = dwell(build(parts), pressure=1e-3)
    now = before.at or 0.0
    gap = [look(now + gone * n / looks, linked=False, fresh=False, actual=None) for n in range(looks + 1)]
    after = before
    for one in gap:
        after = after.observe(one)
    after = after.observe(look(now + gone, pressure=1e-4))
    assert after.elapsed == pytest.approx(before.elapsed + gone)
    assert (after.in_tolerance, after.creditable) == (before.in_tolerance, before.creditable)


@given(st.lists(st.tuples(st.floats(0.1, 6), st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_an_evaluation_in_between_changes_no_sum(parts: list[tuple[float, bool, bool]]) -> None:
    once, twice, now = [look(0.0, pressure=1e-4)], [look(0.0, pressure=1e-4)], 0.0
    for wait, within, vacuum in parts:
        last = now
        now += wait
        one = look(now, TARGET + (0 if within else 5), pressure=1e-4 if vacuum else 1.0)
        once.append(one)
        # A tick sees the value of before, a quarter of the way on; it adds no value of its own.
        previous = twice[-1]
        twice.append(msgspec.structs.replace(previous, mono=last + wait / 4, seen=last))
        twice.append(one)
    assert clocks(dwell(twice, pressure=1e-3)) == pytest.approx(clocks(dwell(once, pressure=1e-3)))


@given(st.lists(st.floats(0.1, 2.9), min_size=1, max_size=20), st.floats(0.05, 0.95))
def test_a_value_in_between_that_fulfils_all_changes_no_sum(waits: list[float], part: float) -> None:
    once, twice, now = [look(0.0)], [look(0.0)], 0.0
    for wait in waits:
        twice.append(look(now + wait * part))
        now += wait
        once.append(look(now))
        twice.append(look(now))
    assert clocks(dwell(twice)) == pytest.approx(clocks(dwell(once)))


# -- the edges ------------------------------------------------------------------------------------------


def test_what_came_before_a_dwell_holds_at_its_beginning_and_is_none_of_its_values() -> None:
    begun = dwell([look(10, TARGET + 1.5, seen=9.0)], began=10.0)
    assert (begun.reached, begun.minimum, begun.maximum) == (0.0, None, None)
    after = begun.observe(look(10.5, TARGET))
    assert clocks(after) == (0.5, 0.5, 0.5)
    assert (after.minimum, after.maximum) == (TARGET, TARGET)
    # Out of tolerance, or too old: the first value of the dwell is the first that counts.
    for odd in (look(10, TARGET + 30, seen=9.0), look(10, TARGET, seen=6.9)):
        late = dwell([odd, look(10.5), look(11)], began=10.0)
        assert (late.in_tolerance, late.reached, late.excursions) == (0.5, 0.5, 0)
        assert (late.minimum, late.maximum) == (TARGET, TARGET)


def test_its_newest_value_holds_until_its_end_unless_that_is_a_gap() -> None:
    slow = dwell(look(t * 10.0, period=10.0) for t in range(6))
    assert clocks(slow) == (50, 50, 50)
    assert clocks(slow.close(60.0, 10.0)) == (60, 60, 60)
    assert clocks(slow.close(80.1, 10.0)) == pytest.approx((80.1, 50, 50))
    assert clocks(slow.close(60.0, 1.0)) == (60, 50, 50)
    out = slow.observe(look(55.0, TARGET + 3, period=10.0))
    assert clocks(out.close(60.0, 10.0)) == (60, 50, 50)
    cut = slow.observe(look(55.0, linked=False, fresh=False, actual=None))
    assert clocks(cut.close(60.0, 10.0)) == (60, 50, 50)
    bad = slow.observe(look(55.0, None, period=10.0))
    assert clocks(bad.close(60.0, 10.0)) == (60, 50, 50)


@pytest.mark.parametrize(
    ("target", "tolerance", "value"), [(50.0, 0.1, 50.1), (50.0, 0.1, 49.9), (-20.0, 0.3, -19.7)]
)
def test_the_edge_of_a_decimal_tolerance_belongs_to_it(target: float, tolerance: float, value: float) -> None:
    held = Dwell(0.0, target, tolerance).observe(look(0, value)).observe(look(1, value))
    assert held.in_tolerance == 1
    assert Dwell(0.0, target, tolerance).observe(look(0, value + (value - target) * 1e-6)).reached is None
