"""The band that a step leads to, and when the temperature is in it; never of old data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.unit.test_hero_lines import plain as hero_plain
from tests.unit.test_run_lines import TIMES, UTC, channel, moment, progress_at
from tests.unit.test_run_lines import plain as panel_plain
from tests.unit.test_station_insight import bench, settings
from xovac_tui.analysis.reaching import BandForecast
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets.band_words import BandAhead, band_ahead, when_in_band

HOLD = PlacedHold(0.0, 9000.0, 50.0, 2.0, planned=True)
FOUND = BandForecast(soonest=600.0, likely=720.0, latest=960.0)


def with_band(now: RunMoment, ahead: BandAhead | None) -> RunMoment:
    return msgspec.structs.replace(now, band=ahead)


def station() -> Any:
    """A station with one hold, whose insight answers as told and notes what it is asked."""
    asked: list[tuple[Any, ...]] = []

    def enters(snapshot: Any, *asks: float) -> BandForecast:
        asked.append(asks)
        return FOUND

    runs = SimpleNamespace(holds=lambda: [HOLD])
    return SimpleNamespace(runs=runs, insight=SimpleNamespace(enters=enters), asked=asked)


def test_a_ramp_shows_when_it_is_in_the_band_of_the_hold_at_its_end() -> None:
    now = with_band(moment(progress_at(600)), BandAhead(HOLD, inside=False, forecast=FOUND))
    assert when_in_band(now.band, now.snapshot, TIMES) == f"band {TIMES.short(UTC + 720)} ±4min"
    assert hero_plain(now)[2].rstrip().endswith("±4min")
    assert "ends 10:00" in hero_plain(now)[2]
    row = next(line for line in panel_plain(now).splitlines() if line.startswith("Band"))
    assert row == f"Band  ±2 K of 50 °C at {TIMES.short(UTC + 720)}, in 10 to 16 min"


def test_a_hold_out_of_tolerance_shows_it_beside_its_clock() -> None:
    late = moment(progress_at(60 * 60, actual=45.0))
    said = hero_plain(with_band(late, BandAhead(HOLD, inside=False, forecast=FOUND)))
    assert "30m 00s / 1h 00m" in said[1]
    assert said[1].rstrip().endswith("±4min")
    assert "±4min" not in "".join(hero_plain(with_band(late, BandAhead(HOLD, inside=False))))


@pytest.mark.parametrize(
    ("ahead", "row"),
    [
        (BandAhead(HOLD, inside=True), "in it now, ±2 K of 50 °C"),
        (BandAhead(HOLD, inside=False), "±2 K of 50 °C: not foreseen"),
        (None, "no hold follows, or none is known"),
    ],
)
def test_without_a_forecast_the_panel_says_so_and_keeps_its_rows(ahead: BandAhead | None, row: str) -> None:
    now = moment(progress_at(600))
    said = panel_plain(with_band(now, ahead)).splitlines()
    assert f"Band  {row}" in said
    whole = panel_plain(with_band(now, BandAhead(HOLD, inside=False, forecast=FOUND))).splitlines()
    assert len(said) == len(whole)


def test_the_forecast_begins_with_the_step_and_none_is_made_where_it_is_not_wanted() -> None:
    now, asked = moment(progress_at(600)), station()
    assert band_ahead(asked, now.snapshot, now.progress) == BandAhead(HOLD, inside=False, forecast=FOUND)
    assert asked.asked == [(50.0, 2.0, pytest.approx(now.snapshot.mono - 600))]
    first = band_ahead(asked, now.snapshot, now.progress, foresee=False)
    assert first == BandAhead(HOLD, inside=False)
    there = msgspec.structs.replace(now.snapshot, channels=(channel(Role.CONTROLLED, 48.5, "degC"),))
    assert band_ahead(asked, there, now.progress) == BandAhead(HOLD, inside=True)
    assert len(asked.asked) == 1


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD, Quality.NO_DATA])
def test_old_values_have_no_band(quality: Quality) -> None:
    now, asked = moment(progress_at(600)), station()
    value = None if quality is not Quality.STALE else 30.0
    old = msgspec.structs.replace(
        now.snapshot, channels=(channel(Role.CONTROLLED, value, "degC", quality=quality),)
    )
    assert band_ahead(asked, old, now.progress) is None
    silent = msgspec.structs.replace(now.progress, silent=20.0)
    assert band_ahead(asked, now.snapshot, silent) is None
    assert asked.asked == []


async def test_insight_foresees_it_of_fresh_values_only() -> None:
    async with bench(settings()) as one:
        one.report(1200, lambda t: {"part": 20.0 - t / 60})
        snapshot, began = one.station.snapshot(), one.clock.mono() - 1200
        found = one.station.insight.enters(snapshot, -20.0, 3.0, began)
        assert found is not None
        assert found.soonest < one.clock.mono() + 17 * 60 + 1 < found.latest
        assert one.station.insight.enters(snapshot, 0.0, 3.0, began) is None, "it is in it"
        assert one.station.insight.enters(snapshot, 40.0, 3.0, began) is None, "it goes the other way"
        one.link.push(LinkWord.LOST)
        assert one.station.insight.enters(one.station.snapshot(), -20.0, 3.0, began) is None
