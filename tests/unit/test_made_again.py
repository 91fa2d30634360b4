"""What is not made again: pictures whose inputs are what they were."""

from __future__ import annotations

import msgspec

from tests.unit.test_run_lines import channel, moment, progress_at
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.ui.screens.status.run_moment import RunMoment, steady
from xovac_tui.ui.widgets.trend_model import TrendModel
from xovac_tui.ui.widgets.trend_view import TimeCells, View


def later(shown: RunMoment, **changes: object) -> RunMoment:
    snapshot = msgspec.structs.replace(shown.snapshot, mono=shown.snapshot.mono + 0.5, **changes)
    return msgspec.structs.replace(shown, snapshot=snapshot)


def test_the_words_about_a_run_depend_on_what_they_say_only() -> None:
    shown = moment(progress_at(60 * 60))
    assert shown.facts is not None
    assert later(shown).facts == shown.facts
    hotter = channel(Role.CONTROLLED, 51.0, "degC", seen_mono=1.0)
    assert later(shown, channels=(hotter,)).facts != shown.facts
    # For how long nothing was heard goes on with the time.
    assert later(shown, link=LinkView(word=LinkWord.LOST)).facts is None


def test_an_age_counts_where_it_is_shown() -> None:
    fresh = channel(Role.PRESSURE, 1e-6, "mbar")
    assert steady(fresh) == steady(msgspec.structs.replace(fresh, age=0.9))
    stale = msgspec.structs.replace(fresh, quality=Quality.STALE, age=4.0)
    assert steady(stale) == stale


def test_a_plan_that_moves_by_less_than_a_dot_is_in_its_place() -> None:
    view = View(span=TimeCells(0, 6.0))

    def placed(shift: float) -> tuple[object, ...]:
        hold = PlacedHold(102.0 + shift, 300.0 + shift, 50.0, 2.0, planned=True)
        plan = [(0.0 + shift, 20.0), (102.0 + shift, 50.0)]
        return view.placed(TrendModel(0.0, 0.0, planned=plan, holds=(hold,)))

    assert placed(1e-9) == placed(0.0) == placed(1.0)
    assert placed(3.0) != placed(0.0)
