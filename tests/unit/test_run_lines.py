"""The run's panel as lines: what stands where, why a dwell does not count, and how a run ended."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from tests.helpers.keys import KEYS
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import ChannelView, Quality, RunState, RunView, Snapshot
from xovac_tui.durations import format_roughly
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import Result
from xovac_tui.runs.view import RunProgress
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.screens.status.run_lines import run_lines
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets.run_words import drift_words, range_words, why_not

UTC = 1_800_000_000.0
TIMES = Times("utc")
CANCELLED = RunEnding(EndCode.CANCELLED, who="ann@lab").sentence.partition(",")[0]
"""Who cancelled it: the beginning of the sentence, which narrow lines have whole."""
RECIPE = parse_recipe(
    """
    name = "Soak"
    tolerance = 2
    pressure = 1e-3
    [[steps]]
    to = 50
    over = "30min"
    [[steps]]
    hold = "1h"
    [[steps]]
    to = 20
    over = "30min"
    """,
    "test",
)
PLAN = plan_recipe(RECIPE, PlanSettings(), 20.0)


def channel(role: Role, value: float | None, unit: str, **changes: Any) -> ChannelView:
    plain = ChannelView(
        name=role.value, full_name=f"state.{role.value}", label=role.value, unit=unit, value=value, text="",
        quality=Quality.GOOD, age=0.5, period=1.0, overdue=False, per_minute=None, pinned=True,
        log=role is Role.PRESSURE, hidden=False, role=role, origin=None, seen_mono=0.0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def look(t: float, **changes: Any) -> Observation:
    """Return a look at a chamber that follows the plan to the dot."""
    segment = PLAN.segment_at(t)
    planned = PLAN.temperature_at(t)
    seen = Observation(
        mono=t, utc=UTC + t, linked=True, fresh=True, state=RunState.RUNNING, recipe="Soak",
        step=segment.index if segment else None, steps=3, target=planned, actual=planned, period=1.0,
        pressure=1e-4,
    )  # fmt: skip
    return msgspec.structs.replace(seen, **changes)


@cache
def on_plan(until: int) -> Run:
    """Return the run after observations once a second, all of them as planned."""
    followed = Run(PLAN)
    for t in range(until + 1):
        followed.observe(look(t))
    return followed


def progress_at(until: int, **changes: Any) -> Run:
    """Return the run after observations once a second; `changes` are those of its last 600 s."""
    changed = max(0, until - 599) if changes else until + 1
    followed = copy.copy(on_plan(changed - 1))
    for t in range(changed, until + 1):
        followed.observe(look(t, **changes))
    return followed


def moment(followed: Run | None, *, pressure: float | None = 1e-4, **changes: Any) -> RunMoment:
    """Return what the panel is given; `changes` are those of the snapshot."""
    view = followed.view() if followed is not None else None
    actual = view.actual if view is not None else 20.0
    target = view.target if view is not None else 20.0
    on = view is not None and view.result is Result.RUNNING
    run = RunView(
        state=RunState.RUNNING if on else RunState.IDLE,
        word="running" if on else "idle",
        recipe="Soak" if view is not None else None,
        step=view.step if view is not None else None,
        steps=3,
        target=target,
        actual=actual,
    )
    snapshot = Snapshot(
        utc=UTC,
        link=LinkView(LinkWord.ONLINE),
        channels=(channel(Role.CONTROLLED, actual, "degC"), channel(Role.PRESSURE, pressure, "mbar")),
        run=run,
        newest_age=0.5,
    )
    progress = view if view is not None and on else RunProgress()
    return RunMoment(msgspec.structs.replace(snapshot, **changes), progress, view)


def plain(shown: RunMoment, width: int = 49, height: int = 13) -> str:
    lines = run_lines(shown, width, height, glyphs=UNICODE, times=TIMES, keys=KEYS)
    assert len(lines) <= height
    for line in lines:
        assert sum(cell_len(text) for text, _ in line) <= width
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_what_is_loaded_is_not_known_where_no_message_reports_it() -> None:
    silent = moment(None)
    assert "What is loaded is not reported." in plain(silent, 80)
    name = channel(Role.RECIPE_NAME, None, "")
    reported = moment(None, channels=(*silent.snapshot.channels, name))
    assert "No recipe is loaded." in plain(reported, 80)


def test_a_run_that_is_reported_is_shown_with_all_its_clocks() -> None:
    said = plain(moment(progress_at(60 * 60))).splitlines()
    assert said[0].split() == ["Soak", "▶", "RUNNING"]
    assert said[1] == "Item 2/3"
    assert said[2] == "Now   hold 50 °C for 1h"
    assert said[3].startswith("Target +50.0 °C  Actual +50.0 °C  Plan +50.0 °C")
    assert "30m 00s of 1h 00m, 30m 00s left" in "\n".join(said)
    assert "1h 00m of 2h 00m, 1h 00m left" in "\n".join(said)
    assert any(line.startswith("Ends  Fri 10:00  (no drift)  in 1h 00m") for line in said)
    dwell = next(line for line in said if line.startswith("Dwell"))
    assert dwell.split() == ["Dwell", "elapsed", "30m00s", "in", "tol.", "30m00s", "counts", "30m00s"]
    assert "      counts now: within 2 K, ≤ 1.0e-03 mbar" in said
    assert "Gaps  none" in said
    assert "estimated" not in "\n".join(said)


@pytest.mark.parametrize("height", range(4, 20))
def test_which_rows_there_are_does_not_depend_on_the_recipe(height: int) -> None:
    ramp = plain(moment(progress_at(600)), height=height).split("\n")
    hold = plain(moment(progress_at(60 * 60)), height=height).split("\n")
    words = [[line.split(" ")[0] for line in said[:12]] for said in (ramp, hold)]
    assert len(ramp) == len(hold) or height > 13
    for one, other in zip(*words, strict=False):
        assert one == other or "Dwell" in (one, other) or "" in (one, other)
    assert sum("Ends" in line for line in ramp) == 1 or height < 5


def test_what_the_device_does_not_report_is_marked_as_estimated() -> None:
    followed = Run(PLAN)
    for t in range(3600):
        followed.observe(look(float(t), recipe=None, step=None, steps=None))
    shown = moment(followed)
    assert "Item 2/3   estimated" in plain(shown)


def test_an_unreported_run_is_shown_by_its_plan() -> None:
    followed = Run(PLAN, name="Soak")
    for t in range(3600):
        followed.observe(look(float(t), recipe=None, step=None, steps=None, state=RunState.UNKNOWN))
    said = plain(moment(followed, run=RunView(actual=50.0)))
    assert "? perhaps running" in said
    assert "Item 2/3   estimated" in said
    assert "Ends  Fri 10:00" in said


@pytest.mark.parametrize(
    ("changes", "shown", "why"),
    [
        ({"actual": 53.5}, {}, "out of tolerance by 1.5 K"),
        ({"actual": 47.99}, {}, "out of tolerance by 0.1 K"),
        ({"pressure": 5e-3}, {"pressure": 5e-3}, "pressure above 1.0e-03 mbar"),
        ({"pressure": None}, {"pressure": None}, "pressure unknown"),
        ({"linked": False}, {"link": LinkView(LinkWord.LOST)}, "the link is down"),
        ({"fresh": False}, {"link": LinkView(LinkWord.STALE)}, "the data are stale"),
        ({"actual": None}, {}, "no temperature is reported"),
    ],
)
def test_why_a_dwell_does_not_count_now(changes: dict[str, Any], shown: dict[str, Any], why: str) -> None:
    now = moment(progress_at(60 * 60, **changes), **shown)
    followed = now.planned
    assert followed is not None
    assert followed.dwell is not None
    assert why_not(followed.dwell, followed, now.snapshot) == why
    assert f"does not count: {why}" in plain(now)
    assert 19 * 60 <= followed.dwell.creditable <= 21 * 60


def test_gaps_and_drift_are_reported() -> None:
    followed = Run(PLAN)
    for t in range(3600):
        gone = 100 <= t < 160
        # The device begins its second step ten minutes late.
        step = 1 if t < 2400 else 2
        followed.observe(look(float(t), linked=not gone, fresh=not gone, step=step))
    said = plain(moment(followed))
    assert "Gaps  1, 1m 01s" in said
    assert "drift +10 min" in said


def test_a_lost_link_says_where_the_run_would_be() -> None:
    followed = progress_at(60 * 60, linked=False, fresh=False)
    now = moment(followed, link=LinkView(LinkWord.LOST))
    run = msgspec.structs.replace(now.snapshot.run, stale=True)
    now = moment(followed, link=LinkView(LinkWord.LOST), run=run)
    said = " ".join(plain(now).split())
    assert "last known: running" in said
    assert "RUNNING" not in said
    assert "If it goes on as planned it ends Fri 10:00. It would be in item 2/3, hold" in said
    assert "Gaps 1, " in said


@pytest.mark.parametrize("width", [76, 120])
def test_how_a_run_ended_stays_until_another_begins(width: int) -> None:
    followed = progress_at(3000)
    followed.cancel("ann@lab")
    followed.observe(look(3001.0, state=RunState.IDLE))
    assert followed.over
    said = plain(moment(followed), width, 14)
    assert "✖ cancelled Fri 08:50 after 50m 01s" in said
    assert "cancel_recipe was sent by ann@lab" in " ".join(said.split())
    assert "Press 6 to read it back." in " ".join(said.split())


def test_a_completed_run_says_its_drift() -> None:
    followed = progress_at(7199)
    followed.observe(look(7200.0, state=RunState.IDLE, step=None))
    assert "● completed Fri 10:00 after 2h 00m, no drift" in plain(moment(followed))


def test_everything_is_ascii_where_it_must_be() -> None:
    for followed in (progress_at(600), progress_at(3600), progress_at(3600, actual=53.5), None):
        now = moment(followed)
        lines = run_lines(now, 60, 13, glyphs=ASCII, times=TIMES, keys=KEYS)
        assert "".join(text for line in lines for text, _ in line).isascii()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (40, "40 s"), (1500, "25 min"), (11_100, "3h 05m"), (-720, "12 min")]
)
def test_rough_times(seconds: float, words: str) -> None:
    assert format_roughly(seconds) == words


def test_range_and_drift_are_words_only_where_they_are_known() -> None:
    view = RunProgress(ends_utc=1000.0, ends_earliest_utc=400.0, ends_latest_utc=2500.0)
    assert range_words(view) == "±25 min"
    assert range_words(RunProgress(ends_utc=1000.0)) == ""
    assert range_words(msgspec.structs.replace(view, ends_earliest_utc=1000, ends_latest_utc=1000)) == ""
    assert drift_words(None) == ""
    assert drift_words(-720.0) == "drift −12 min"
