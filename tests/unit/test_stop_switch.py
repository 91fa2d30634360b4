"""The STOP key's two strokes, decided without a screen: times are those at which keys were read."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest

from xovac_tui.ui.stop_key import ARMED_SECONDS, LONGEST_WAIT, StopKey, StopSwitch
from xovac_tui.ui.strokes import REPEAT_SECONDS, SETTLE_SECONDS, Strokes

STOP = "exclamation_mark"
FIELD = object()
LOOK = 0.05
"""Seconds between two looks at the clock, as the console has them."""


@pytest.fixture
def switch() -> StopSwitch:
    return StopSwitch()


def sent(switch: StopSwitch, keys: Iterable[tuple[float, str]], until: float = 10.0) -> list[float]:
    """Type keys at their times and look at the clock as the console does; return when STOP was sent."""
    moments = sorted(
        [(at, 0, key) for at, key in keys] + [(n * LOOK, 1, "") for n in range(int(until / LOOK))]
    )
    times = []
    for at, _, key in moments:
        if key:
            switch.key(key, at)
        elif switch.settled(at):
            times.append(at)
        else:
            switch.expired(at)
    return times


def strokes(times: Sequence[float]) -> list[tuple[float, str]]:
    return [(at, STOP) for at in times]


# -- two strokes ----------------------------------------------------------------------------------------


def test_other_keys_are_not_its_business_until_it_is_armed(switch: StopSwitch) -> None:
    assert switch.key("a", 10.0) is StopKey.NOT_MINE
    assert switch.key("enter", 10.1) is StopKey.NOT_MINE
    assert not switch.armed


def test_the_first_stroke_arms_and_sends_nothing(switch: StopSwitch) -> None:
    assert switch.key(STOP, 10.0) is StopKey.ARMED
    assert switch.armed
    assert switch.left(11.0) == pytest.approx(ARMED_SECONDS - 1.0)
    assert not switch.settled(11.0)


def test_the_second_stroke_sends_once_it_has_settled(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key(STOP, 10.5) is StopKey.SETTLING
    assert not switch.settled(10.5 + SETTLE_SECONDS - 0.01)
    assert switch.settled(10.5 + SETTLE_SECONDS)
    assert not switch.settled(10.5 + 2 * SETTLE_SECONDS), "it is sent once"
    assert not switch.armed


@pytest.mark.parametrize("apart", [0.15, 0.18, 0.25, 0.4, 0.7, 1.0, 1.5, 2.2, 2.9])
def test_two_presses_of_a_person_send_once(switch: StopSwitch, apart: float) -> None:
    assert len(sent(switch, strokes([1.0, 1.0 + apart]))) == 1


@pytest.mark.parametrize("apart", [0.0, 0.01, 0.05, 0.1, 0.149])
def test_two_strokes_too_close_send_nothing_and_two_more_do(switch: StopSwitch, apart: float) -> None:
    too_close = [1.0, 1.0 + apart]
    assert sent(switch, strokes([*too_close, 1.3]), until=1.6) == []
    assert len(sent(StopSwitch(), strokes([*too_close, 1.3, 1.5]))) == 1


def test_a_third_stroke_within_the_settling_time_takes_both_back(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key(STOP, 10.5)
    assert switch.key(STOP, 10.6) is StopKey.HELD
    assert not switch.settled(12.0)


def test_a_second_stroke_that_comes_too_late_is_a_first_one(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key(STOP, 10.0 + ARMED_SECONDS + 0.1) is StopKey.ARMED
    assert not switch.settled(20.0)


def test_it_expires_after_three_seconds_and_says_so_once(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert not switch.expired(10.0 + ARMED_SECONDS - 0.01)
    assert switch.expired(10.0 + ARMED_SECONDS)
    assert not switch.expired(10.0 + ARMED_SECONDS + 1)


def test_a_stroke_right_after_the_sending_belongs_to_it(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key(STOP, 10.3)
    assert switch.settled(10.45)
    assert switch.key(STOP, 10.6) is StopKey.SWALLOWED
    assert switch.key("enter", 10.7) is StopKey.SWALLOWED
    assert switch.key("x", 10.8) is StopKey.NOT_MINE
    assert switch.key("enter", 11.5) is StopKey.NOT_MINE


# -- other keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["enter", "x", "escape", "y", "space"])
def test_any_other_key_drops_it(switch: StopSwitch, key: str) -> None:
    switch.key(STOP, 10.0)
    assert switch.key(key, 10.3) is StopKey.DROPPED
    assert not switch.armed
    assert not switch.settled(12.0)
    assert switch.key(STOP, 10.6) is StopKey.ARMED, "the next stroke is a first one again"


def test_an_enter_right_after_the_second_stroke_changes_nothing(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key(STOP, 10.5)
    assert switch.key("enter", 10.6) is StopKey.SWALLOWED
    assert switch.settled(10.65)


def test_another_key_right_after_the_second_stroke_takes_both_back(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key(STOP, 10.5)
    assert switch.key("x", 10.6) is StopKey.DROPPED
    assert not switch.settled(11.0)


# -- held keys ------------------------------------------------------------------------------------------

HERTZ = (15, 20, 25, 30, 40, 60)
DELAYS = (0.2, 0.225, 0.25, 0.33, 0.4, 0.5, 0.6)


def held(delay: float, period: float, seconds: float) -> list[float]:
    """Return when a keyboard reports a key that is held: at once, after the delay, then every period."""
    times, at = [1.0], 1.0 + delay
    while at < 1.0 + seconds:
        times.append(at)
        at += period
    return times


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("hertz", HERTZ)
def test_a_held_key_never_sends(hertz: int, delay: float) -> None:
    for seconds in (delay + 2 / hertz, 1.0, 2.5, 6.0):
        assert sent(StopSwitch(), strokes(held(delay, 1 / hertz, seconds))) == []


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("period", [0.065, 0.09, 0.1, 0.12])
def test_a_held_key_that_repeats_slowly_never_sends(period: float, delay: float) -> None:
    assert sent(StopSwitch(), strokes(held(delay, period, 4.0))) == []


@pytest.mark.parametrize("period", [0.017, 0.033, 0.067, 0.09])
def test_a_held_key_on_a_link_that_stalls_never_sends(period: float) -> None:
    """Delays of up to 50 ms each, and stalls after which everything comes in one read."""
    chance = random.Random(9)
    for _ in range(200):
        released = chance.choice(DELAYS)
        times: list[float] = []
        stalled_until = 0.0
        exact = held(released, period, chance.uniform(released + 2 * period, 5.0))
        for number, stroke in enumerate(exact):
            at = stroke + chance.uniform(0, min(0.05, 0.14 - period))
            # Not between the second stroke and the third: that cannot be distinguished from two presses.
            if number >= 3 and at > stalled_until and chance.random() < 0.1:
                stalled_until = at + chance.uniform(0.1, 0.8)
            times.append(max(at, stalled_until, *times[-1:]))
        assert sent(StopSwitch(), strokes(times), until=12.0) == [], times


@pytest.mark.parametrize("quantum", [0.05, 0.1, 0.2])
def test_a_held_key_in_reads_of_several_strokes_never_sends(quantum: float) -> None:
    for hertz in HERTZ:
        for delay in DELAYS:
            exact = held(delay, 1 / hertz, 3.0)
            times = [(int(at / quantum) + 1) * quantum for at in exact]
            if quantum > REPEAT_SECONDS and times.count(times[1]) == 1:
                # The third stroke is read more than 0.15 s after the second: the accepted rest.
                continue
            assert sent(StopSwitch(), strokes(times)) == [], (quantum, hertz, delay)


def test_after_a_key_was_held_it_takes_two_strokes_again(switch: StopSwitch) -> None:
    """A link that stalls may bring the last stroke of a held key alone."""
    times = held(0.5, 0.033, 2.0)
    assert sent(switch, strokes([*times, times[-1] + 0.5])) == []
    assert len(sent(StopSwitch(), strokes([*times, times[-1] + 0.5, times[-1] + 0.8]))) == 1


def test_a_single_repeat_is_two_strokes_which_is_the_accepted_rest(switch: StopSwitch) -> None:
    assert len(sent(switch, strokes([1.0, 1.5]))) == 1


def test_the_wait_is_begun_afresh_while_the_program_is_held_up_but_not_for_ever(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key(STOP, 10.5)
    switch.delay(11.0)
    assert not switch.settled(11.0 + SETTLE_SECONDS / 2)
    assert switch.key(STOP, 11.1) is StopKey.HELD, "it was held all the time"
    switch.key(STOP, 11.3)
    switch.key(STOP, 11.5)
    switch.delay(11.5 + LONGEST_WAIT)
    assert switch.settled(11.5 + LONGEST_WAIT)


# -- text, pastes and esc -------------------------------------------------------------------------------


def test_in_a_text_field_it_is_text(switch: StopSwitch) -> None:
    assert switch.key(STOP, 1.0, field=FIELD) is StopKey.TEXT
    assert switch.key(STOP, 1.5, field=FIELD) is StopKey.TEXT_TWICE
    assert switch.key("a", 1.7, field=FIELD) is StopKey.NOT_MINE
    assert switch.key(STOP, 2.0, field=FIELD) is StopKey.TEXT
    assert not switch.armed
    assert switch.key("enter", 2.2, field=FIELD) is StopKey.NOT_MINE
    assert not switch.settled(4.0)


def test_leaving_the_field_sends_nothing_and_then_it_is_stop(switch: StopSwitch) -> None:
    switch.key(STOP, 1.0, field=FIELD)
    assert switch.key("escape", 1.2, field=FIELD) is StopKey.NOT_MINE
    assert switch.key(STOP, 1.5) is StopKey.ARMED
    assert switch.key(STOP, 1.8) is StopKey.SETTLING
    assert switch.settled(2.0)


@pytest.mark.parametrize("apart", [0.0, 0.03, 0.1])
def test_esc_and_a_stroke_at_once_are_esc_and_a_stroke(switch: StopSwitch, apart: float) -> None:
    """The field has the focus until its `esc` was worked off, which may take longer."""
    assert switch.key("escape", 1.0, field=FIELD) is StopKey.NOT_MINE
    assert switch.key(STOP, 1.0 + apart, field=FIELD) is StopKey.ARMED
    assert switch.key(STOP, 1.5 + apart, field=FIELD) is StopKey.SETTLING
    assert switch.settled(2.0)


def test_a_stroke_long_after_esc_in_a_field_that_keeps_the_focus_is_text(switch: StopSwitch) -> None:
    switch.key("escape", 1.0, field=FIELD)
    assert switch.key(STOP, 1.2, field=FIELD) is StopKey.TEXT


def test_an_armed_stop_is_dropped_by_text_in_another_field(switch: StopSwitch) -> None:
    switch.key(STOP, 1.0)
    assert switch.key(STOP, 1.5, field=FIELD) is StopKey.TEXT
    assert not switch.armed
    assert not switch.settled(2.0)


@pytest.mark.parametrize("text", ["replaced!\r", "!!", "danger! Stop! now!!", "!a", "a!"])
def test_what_comes_in_one_read_never_sends(switch: StopSwitch, text: str) -> None:
    names = {"!": STOP, "\r": "enter"}
    keys = [(1.0, names.get(char, char)) for char in text]
    assert sent(switch, keys, until=5.0) == []
    assert not switch.armed


def test_a_paste_in_two_reads_never_sends(switch: StopSwitch) -> None:
    keys = [(1.0, "a"), (1.0, STOP), (1.3, STOP), (1.3, "enter")]
    assert sent(switch, keys, until=5.0) == []


# -- refused --------------------------------------------------------------------------------------------


def test_a_refused_stop_arms_nothing(switch: StopSwitch) -> None:
    assert switch.key(STOP, 1.0, refused=True) is StopKey.REFUSED
    assert not switch.armed
    assert switch.key("o", 1.5) is StopKey.NOT_MINE, "the key that it asks for does what it says"
    assert switch.key(STOP, 2.0) is StopKey.ARMED, "what was refused is no first stroke"


def test_a_second_refused_stroke_is_noted_and_a_held_key_is_not(switch: StopSwitch) -> None:
    assert switch.key(STOP, 1.0, refused=True) is StopKey.REFUSED
    assert switch.key(STOP, 1.5, refused=True) is StopKey.REFUSED_TWICE
    for n in range(1, 40):
        assert switch.key(STOP, 1.5 + n * 0.033, refused=True) is StopKey.SWALLOWED
    assert not switch.settled(9.0)


def test_a_link_lost_between_the_strokes_drops_the_first(switch: StopSwitch) -> None:
    switch.key(STOP, 1.0)
    assert switch.key(STOP, 1.5, refused=True) is StopKey.REFUSED
    assert not switch.armed


def test_strokes_of_different_keys_do_not_make_a_held_key() -> None:
    held_keys = Strokes()
    assert not held_keys.held("enter", 1.0)
    assert not held_keys.held("y", 1.01)
    assert held_keys.held("enter", 1.05)
    assert held_keys.held("enter", 1.17), "a repeat keeps the key held, at 120 ms too"
    assert not held_keys.held("enter", 1.5)
