"""The hero row as lines: values that are of now, old or missing, and what runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from tests.helpers.keys import KEYS
from tests.unit.test_run_lines import TIMES, UTC, channel, look, moment, progress_at
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import Quality, RunState, RunView
from xovac_tui.runs.followed import Run
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.screens.status.hero import (
    BRIGHT,
    Look,
    at_the_pace,
    hero_lines,
    leading,
    trend_arrow,
)
from xovac_tui.ui.screens.status.run_moment import RunMoment, at_recipe_pace
from xovac_tui.ui.widgets.lines import Line


def hero(
    shown: RunMoment, width: int = 80, height: int = 3, glyphs: Glyphs = UNICODE, **changes: Any
) -> list[Line]:
    looks = Look(glyphs, TIMES, KEYS, lambda name, bins: [20.0] * bins)
    lines = hero_lines(
        shown, shown.snapshot.channels, width, height, msgspec.structs.replace(looks, **changes)
    )
    assert len(lines) <= height
    for line in lines:
        assert sum(cell_len(text) for text, _ in line) <= width
    return lines


def plain(shown: RunMoment, width: int = 80, height: int = 3, **changes: Any) -> list[str]:
    return ["".join(text for text, _ in line) for line in hero(shown, width, height, **changes)]


def test_a_hold_shows_its_clocks_which_are_brightest() -> None:
    lines = hero(moment(progress_at(60 * 60)))
    head, values, last = ("".join(text for text, _ in line) for line in lines)
    assert "HOLD 50" in head
    assert "item 2/3" in head
    assert "30m 00s / 1h 00m" in values
    assert "→ +50.0" in values
    assert "1.0e-04 mbar" in values
    assert "counts 30m00s ●" in last
    assert "ends 10:00" in last
    bright = {text.strip() for line in lines for text, style in line if style == BRIGHT}
    assert {"30m 00s", "30m00s"} <= bright


def test_without_sparklines_the_clocks_stay() -> None:
    head, values = plain(moment(progress_at(60 * 60)), height=2)
    assert "HOLD 50" in head
    assert "counts 30m00s ●" in values
    assert "30m 00s / 1h 00m" in values
    narrow = plain(moment(progress_at(60 * 60)), 60, 2)
    assert "counts 30m00s" in narrow[1]


def test_why_a_dwell_does_not_count_stands_beside_its_clock() -> None:
    for height in (2, 3):
        said = plain(moment(progress_at(60 * 60, actual=53.5)), 120, height)
        assert "✖ out of tolerance" in said[-1]
        assert "1.5 K" in said[-1]
        assert "●" not in said[-1]


def test_a_ramp_shows_the_step_and_the_end() -> None:
    said = plain(moment(progress_at(600)))
    assert "Ramp to 50" in said[0]
    assert "10m 00s / 30m 00s" in said[1]
    assert "ends 10:00" in said[2]


def test_old_values_are_dim_and_have_an_age_and_missing_ones_no_number() -> None:
    now = moment(progress_at(60 * 60), link=LinkView(LinkWord.STALE))
    old = channel(Role.CONTROLLED, 50.0, "degC", quality=Quality.STALE, age=125.0, overdue=True)
    bad = channel(Role.PRESSURE, None, "mbar", quality=Quality.BAD)
    now = msgspec.structs.replace(now, snapshot=msgspec.structs.replace(now.snapshot, channels=(old, bad)))
    values = hero(now)[1]
    styles = dict(values)
    assert styles["+50.0 °C"] == "$no-data"
    assert styles[" ◌2m05s"] == "$stale"
    assert not any("→" in text for text in styles)
    assert "e-0" not in "".join(styles)
    thin = channel(Role.PRESSURE, 3.6e-6, "mbar", quality=Quality.STALE, age=61.0, overdue=True)
    both = msgspec.structs.replace(now.snapshot, channels=(old, thin))
    assert "3.6e-06 mbar ◌1m01s " in plain(msgspec.structs.replace(now, snapshot=both))[1]
    first, second = plain(msgspec.structs.replace(now, snapshot=both), 60, 2)
    assert "PRESSURE ◌1m01s " in first
    assert "3.6e-06 mbar " in second
    young = msgspec.structs.replace(old, age=1.5)
    now = msgspec.structs.replace(now, snapshot=msgspec.structs.replace(now.snapshot, channels=(young, bad)))
    assert "◌" not in plain(now)[1]


def test_a_word_of_the_state_that_means_nothing_yet_says_where_to_name_it() -> None:
    said = "\n".join(plain(moment(None, run=RunView(state=RunState.UNKNOWN, word="CYCLING"))))
    assert 'it says "CYCLING"' in said
    assert "4, N on its message: name it" in said
    silent = "\n".join(plain(moment(None, run=RunView(state=RunState.UNKNOWN))))
    assert "name it" not in silent


def test_a_lost_link_never_looks_live() -> None:
    followed = progress_at(60 * 60, linked=False, fresh=False)
    now = moment(followed, link=LinkView(LinkWord.LOST), newest_age=600.0)
    said = "\n".join(plain(now, 120))
    assert "LOST last known: running" in said
    assert "it may go on" in said
    assert "planned end Fri 10:00" in said
    assert "HOLD" not in said
    idle = moment(None, link=LinkView(LinkWord.LOST))
    assert "■ IDLE" not in plain(idle, 120)[0]
    assert "LOST, last known: idle" in plain(idle, 120)[0]


def test_nothing_runs() -> None:
    said = plain(moment(None), 100)
    assert "■ IDLE" in said[0]
    assert f"{KEYS['tab-recipes']}: choose a recipe and start it" in said[1]
    loaded = moment(None, run=RunView(RunState.IDLE, "idle", recipe="Soak"))
    assert f"{KEYS['tab-recipes']}: start the loaded recipe" in plain(loaded, 100)[1]
    followed = progress_at(3000)
    followed.cancel("ann@lab")
    followed.observe(look(3001.0, state=RunState.IDLE))
    rows = plain(moment(followed), 100)
    assert "last run ✖ cancelled Fri 08:50" in rows[2]
    assert "cancelled" not in rows[0]
    assert "last run ✖ cancelled" in plain(moment(followed), 100, 2)[0]


def test_a_replay_says_so_and_invites_to_nothing() -> None:
    assert "REPLAY" in plain(moment(progress_at(60 * 60)), 100, replay=True)[0]
    idle = plain(moment(None), 100, replay=True)
    assert "REPLAY" in idle[0]
    assert "start it" not in idle[1]


def test_an_unknown_state_is_said() -> None:
    assert "run state unknown" in plain(moment(None, run=RunView()))[0]


def test_a_run_that_was_not_loaded_here_has_no_end() -> None:
    followed = Run(None, name="Theirs")
    followed.observe(look(0.0, recipe="Theirs", step=2, steps=5))
    said = plain(moment(followed), 120)
    assert "▶ RUNNING" in said[0]
    assert "ends" not in "".join(said)


def test_everything_is_ascii_where_it_must_be() -> None:
    for followed in (progress_at(600), progress_at(3600), progress_at(3600, actual=53.5), None):
        for height in (2, 3, 14):
            assert "".join(plain(moment(followed), 80, height, glyphs=ASCII)).isascii()


@pytest.mark.parametrize("width", [60, 80, 120, 160, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 8, 20])
def test_it_fits_every_size(width: int, height: int) -> None:
    for followed in (progress_at(600), progress_at(3600), None):
        plain(moment(followed), width, height)


def test_the_places_are_given_by_roles_else_by_order() -> None:
    pressure, part = channel(Role.PRESSURE, 1e-4, "mbar"), channel(Role.CONTROLLED, 20.0, "degC")
    assert leading((pressure, part)) == (part, pressure)
    one, other = (msgspec.structs.replace(channel(Role.STEP, value, "V"), role=None) for value in (1.0, 2.0))
    assert leading((one, other)) == (one, other)
    assert leading(()) == (None, None)


@pytest.mark.parametrize(("change", "arrow"), [(-0.02, "↘"), (0.0005, "→"), (0.02, "↗"), (None, "")])
def test_the_arrow_of_the_pressure(change: float | None, arrow: str) -> None:
    assert trend_arrow(channel(Role.PRESSURE, 1e-4, "mbar", per_minute=change), UNICODE) == arrow
    old = channel(Role.PRESSURE, 1e-4, "mbar", per_minute=change, quality=Quality.STALE)
    assert trend_arrow(old, UNICODE) == ""


def test_rates_and_clocks_are_those_of_the_demo() -> None:
    warm = channel(Role.CONTROLLED, 20.0, "degC", per_minute=120.0)
    assert at_the_pace(warm, 60.0).per_minute == pytest.approx(2.0)
    falls = channel(Role.PRESSURE, 1e-4, "mbar", per_minute=0.9**60 - 1.0)
    assert at_the_pace(falls, 60.0).per_minute == pytest.approx(-0.1)
    assert at_the_pace(warm, 1.0) is warm
    view = progress_at(60 * 60).view()
    slow = at_recipe_pace(view, 60.0)
    assert slow.dwell is not None
    assert slow.dwell.creditable == pytest.approx(30 * 60 * 60)
    assert slow.ends_utc == view.ends_utc == UTC + 7200
