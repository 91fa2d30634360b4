"""What is built after failures of the screen: the same, then less, and never nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xovac_tui.ui.terminal.lifecycle import UnaskedEndError, exit_code
from xovac_tui.ui.terminal.mending import MOST, WITHIN, Failures, Remedy


def test_one_failure_builds_the_same_again_and_a_second_the_first_tab() -> None:
    failures = Failures()
    assert [failures.take(at) for at in (0.0, 1.0)] == [Remedy.SAME, Remedy.FIRST]


def test_three_within_ten_seconds_show_the_notice() -> None:
    failures = Failures()
    took = [failures.take(at) for at in (0.0, 4.0, 9.9)]
    assert (MOST, WITHIN) == (3, 10.0)
    assert took[-1] is Remedy.NOTICE
    assert failures.level is Remedy.NOTICE


def test_failures_that_are_far_apart_never_show_the_notice() -> None:
    failures = Failures()
    assert {failures.take(at * 5.1) for at in range(100)} == {Remedy.SAME, Remedy.FIRST}


def test_a_notice_that_fails_becomes_words_and_words_that_fail_are_not_built_in_a_loop() -> None:
    failures = Failures()
    for at in range(3):
        failures.take(float(at))
    assert [failures.take(at) for at in (3.0, 4.0)] == [Remedy.NOTICE, Remedy.WORDS]
    assert failures.take(5.0) is Remedy.WORDS
    assert {failures.take(5.0 + at) for at in range(1, 60)} == {Remedy.WAIT}
    assert failures.take(90.0) is Remedy.WORDS


def test_a_person_may_ask_for_the_whole_screen_again() -> None:
    failures = Failures()
    for at in range(3):
        failures.take(float(at))
    failures.forget()
    assert failures.take(4.0) is Remedy.SAME


def test_an_app_that_was_not_asked_to_end_has_not_ended_well() -> None:
    ended: Any = SimpleNamespace(defect=None, return_code=None)
    with pytest.raises(UnaskedEndError):
        exit_code(ended)
    ended.return_code = 3
    assert exit_code(ended) == 3
