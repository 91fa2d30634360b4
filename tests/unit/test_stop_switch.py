"""The STOP key's two strokes, decided without a screen."""

from __future__ import annotations

import pytest

from xovac_tui.ui.stop import ARMED_SECONDS, REPEAT_SECONDS, SETTLE_SECONDS, StopKey, StopSwitch
from xovac_tui.ui.strokes import Strokes

STOP = "exclamation_mark"


@pytest.fixture
def switch() -> StopSwitch:
    return StopSwitch()


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
    assert not switch.settled(10.5 + SETTLE_SECONDS / 2)
    assert switch.settled(10.5 + SETTLE_SECONDS)
    assert not switch.settled(10.5 + 2 * SETTLE_SECONDS), "it fires once"
    assert not switch.armed


def test_enter_sends_at_once(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key("enter", 10.3) is StopKey.FIRE
    assert not switch.armed


def test_the_enter_that_sent_is_not_passed_on_when_it_repeats(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    switch.key("enter", 10.3)
    assert switch.key("enter", 10.4) is StopKey.SWALLOWED
    assert switch.key("x", 10.4) is StopKey.NOT_MINE
    assert switch.key("enter", 11.0) is StopKey.NOT_MINE


def test_any_other_key_drops_it(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key("x", 10.3) is StopKey.DROPPED
    assert not switch.armed
    assert switch.key(STOP, 10.6) is StopKey.ARMED, "the next stroke is a first one again"


def test_it_expires_after_three_seconds_and_says_so_once(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert not switch.expired(10.0 + ARMED_SECONDS - 0.01)
    assert switch.expired(10.0 + ARMED_SECONDS)
    assert not switch.expired(10.0 + ARMED_SECONDS + 1)


def test_a_second_stroke_that_comes_too_late_is_a_first_one(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key(STOP, 10.0 + ARMED_SECONDS + 0.1) is StopKey.ARMED
    assert not switch.settled(20.0)


def test_enter_after_the_time_sends_nothing(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key("enter", 10.0 + ARMED_SECONDS + 0.1) is StopKey.DROPPED


@pytest.mark.parametrize("first_repeat", [0.25, 0.5, 0.66])
def test_a_held_key_never_sends(switch: StopSwitch, first_repeat: float) -> None:
    """Keyboards repeat after 0.25 to 0.66 s, then about every 0.033 s."""
    now = 10.0
    assert switch.key(STOP, now) is StopKey.ARMED
    now += first_repeat
    assert switch.key(STOP, now) is StopKey.SETTLING
    for _ in range(300):
        now += 0.033
        assert not switch.settled(now)
        assert switch.key(STOP, now) is StopKey.HELD
    assert switch.armed, "a fresh stroke can still send"
    assert switch.key(STOP, now + 0.5) is StopKey.SETTLING
    assert switch.settled(now + 0.5 + SETTLE_SECONDS)


def test_the_rest_of_a_stroke_that_has_fired_is_swallowed(switch: StopSwitch) -> None:
    switch.key(STOP, 10.0)
    assert switch.key("enter", 10.0 + REPEAT_SECONDS / 3) is StopKey.FIRE
    assert switch.key(STOP, 10.0 + REPEAT_SECONDS / 2) is StopKey.SWALLOWED
    assert not switch.armed


def test_strokes_of_different_keys_do_not_make_a_held_key() -> None:
    strokes = Strokes()
    assert not strokes.held("enter", 1.0)
    assert not strokes.held("y", 1.01)
    assert strokes.held("enter", 1.05)
    assert strokes.held("enter", 1.09), "a repeat keeps the key held"
    assert not strokes.held("enter", 1.5)
