"""Insight of a station: units, speed, which channels, and that it works only on request."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station, reading
from xovac_tui.analysis.advice import COOLING
from xovac_tui.analysis.insight import InsightView
from xovac_tui.analysis.settings import AdviceSettings, CriterionSettings, InsightSettings, StabilitySettings
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.config import Profile
from xovac_tui.station.live import LiveStation

ONE = {"1 K/h": CriterionSettings(rate=1.0, over=600.0), "band": CriterionSettings(within=0.5, over=300.0)}


def settings(channels: tuple[str, ...] = (), **advice: Any) -> InsightSettings:
    return InsightSettings(StabilitySettings(channels=channels, criteria=ONE), AdviceSettings(**advice))


class Bench:
    """A station that has received readings for a while, one a second of the clock."""

    def __init__(self, station: LiveStation, link: FakeLink, clock: FakeClock) -> None:
        self.station, self.link, self.clock = station, link, clock

    def report(self, seconds: int, leaves: Callable[[float], dict[str, Any]]) -> None:
        for second in range(seconds):
            self.clock.advance(1.0)
            reported = reading("idle", self.clock.utc(), **leaves(second))
            self.link.deliver("chamber_state", json.dumps(reported))

    def view(self) -> InsightView:
        return self.station.insight.view(self.station.snapshot())


@asynccontextmanager
async def bench(reported: InsightSettings, **options: Any) -> AsyncIterator[Bench]:
    clock = FakeClock()
    link = FakeLink(clock)
    station = make_station(clock, link, insight=reported, **options)
    async with station:
        await asyncio.wait_for(link.running.wait(), 5)
        link.push(LinkWord.ONLINE)
        yield Bench(station, link, clock)


async def test_the_controlled_channel_is_judged_by_every_criterion() -> None:
    async with bench(settings()) as one:
        one.report(700, lambda t: {"part": 20.0 + t / 7200})
        judged = one.view().judged
        assert [(each.channel.name, each.criterion.name) for each in judged] == [
            ("test_part", "1 K/h"),
            ("test_part", "band"),
        ]
        assert all(each.stability.stable for each in judged)
        assert judged[0].stability.per_hour == pytest.approx(0.5, abs=0.05)


async def test_the_operators_pins_and_the_settings_choose_the_channels() -> None:
    async with bench(settings()) as one:
        one.report(5, lambda t: {})
        snapshot = one.station.snapshot()
        pins = ["chamber_state.shroud", "chamber_state.vacuum.p"]
        judged = one.station.insight.view(snapshot, pins).judged
        assert [each.channel.name for each in judged[::2]] == ["test_part", "shroud"]
    async with bench(settings(("shroud", "chamber_state.part", "nobody", "pressure"))) as one:
        one.report(5, lambda t: {})
        view = one.view()
        assert [each.channel.name for each in view.judged[::2]] == ["shroud", "test_part"]
        assert view.problems == (
            'The settings name the channel "nobody", which has not come yet.',
            'The settings name "pressure", which is in mbar, not a temperature.',
        )


async def test_degrees_fahrenheit_are_reported_in_kelvin() -> None:
    contract = load_contract((), simulator=True)
    spec = contract.messages["chamber_state"]
    leaves = tuple(
        msgspec.structs.replace(leaf, unit="degF") if leaf.path == "part" else leaf for leaf in spec.leaves
    )
    messages = {**contract.messages, "chamber_state": msgspec.structs.replace(spec, leaves=leaves)}
    async with bench(settings(), contract=msgspec.structs.replace(contract, messages=messages)) as one:
        # 1.5 degF/h is less than 1 K/h.
        one.report(700, lambda t: {"part": 68.0 + 1.5 * t / 3600})
        rate, band = one.view().judged
        assert rate.stability.per_hour == pytest.approx(1.5 * 5 / 9, rel=0.01)
        assert rate.stability.stable
        assert band.stability.stable


async def test_a_demo_that_runs_faster_is_judged_in_its_own_time() -> None:
    async with bench(settings()) as one:
        one.station.assumed_speed = 10.0
        # 0.5 K/h in the chamber's time is 5 K/h on the clock; 600 s are over after 60.
        one.report(90, lambda t: {"part": 20.0 + 5 * t / 3600, "vacuum": {"p": math.exp(-t / 10)}})
        view = one.view()
        found = view.judged[0].stability
        assert found.stable
        assert (found.held, found.needed) == (600.0, 600.0)
        assert found.per_hour == pytest.approx(0.5, rel=0.05)
        assert view.vacuum is not None
        assert view.vacuum.falls
        assert view.vacuum.halves == pytest.approx(100 * math.log(2), rel=0.02)
        # How surfaces go on is not known before they do.
        assert [one.forecast for one in view.vacuum.thresholds] == [None] * len(view.vacuum.thresholds)


async def test_a_pump_down_is_foreseen_in_the_chambers_seconds_and_fitted_now_and_then() -> None:
    async with bench(settings()) as one:
        one.station.assumed_speed = 10.0
        one.report(400, lambda t: {"vacuum": {"p": 0.6 / (10 * t + 60)}})
        vacuum = one.view().vacuum
        assert vacuum is not None
        ahead = {each.mbar: each.forecast for each in vacuum.thresholds}
        reported = ahead[1e-4]
        assert reported is not None
        assert reported.soonest <= 5940 - 3990 <= reported.latest < 2 * reported.soonest
        one.clock.advance(2.0)
        later = one.view().vacuum
        assert later is not None
        again = {each.mbar: each.forecast for each in later.thresholds}[1e-4]
        assert again is not None
        assert again.likely == pytest.approx(reported.likely - 20)


async def test_the_rise_with_the_pump_off_is_reported_with_the_volume_of_the_profile() -> None:
    async with bench(settings(), profile=Profile(volume=20.0)) as one:
        one.report(30, lambda t: {"pump": True, "vent": False})
        one.report(300, lambda t: {"pump": False, "vent": False, "vacuum": {"p": 1.3e-4 + 1e-5 * t}})
        vacuum = one.view().vacuum
        assert vacuum is not None
        assert vacuum.pump is False
        assert vacuum.rise is not None
        assert vacuum.rise.rate == pytest.approx(1e-5, rel=0.02)
        assert vacuum.rise.leak == pytest.approx(2e-4, rel=0.05)


async def test_advice_follows_the_roles_and_leaves_what_is_hidden_aside() -> None:
    async with bench(settings()) as one:
        # The setpoint and the hidden exchangers are cold: neither is a part that water condenses on.
        quiet = {"vent": True, "setpoint": -30.0, "exchanger": {"1": 2.0, "2": 2.0}}
        one.report(3, lambda t: quiet)
        assert one.view().advice == ()
        one.report(3, lambda t: {**quiet, "plateT": {"A": 4.0}})
        (advice,) = one.view().advice
        assert advice.text.startswith("Plate A is +4.0 °C")
        assert one.station.insight.advice(one.station.snapshot()) == (advice,)
        # It cannot be said of data that are too old.
        one.clock.advance(60)
        assert one.view().advice == ()
        assert one.view().judged[0].stability.stable is None


async def test_the_dew_point_follows_from_the_humidity_of_the_room(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(
        """
        [messages.room]
        t = { unit = "degF", role = "room_temperature" }
        rh = { unit = "%RH", role = "humidity" }
        """
    )
    async with bench(settings(), contract=load_contract((file,), simulator=True)) as one:
        # 25 degC and 60 % are a dew point of 16.7 degC; the room itself is nothing that water condenses on.
        leaves = {"plateT": {"A": 16.0, "B": 18.0}, "vacuum": {"p": 900.0}, "shroud": 20.0, "part": 20.0}
        for air, wet, expected in ((77.0, 60.0, 1), (77.0, 40.0, 0), (77.0, 999.0, 0), (20.0, 100.0, 0)):
            one.report(3, lambda t: leaves)
            one.link.deliver("room", json.dumps({"t": air, "rh": wet}))
            advice = one.view().advice
            assert len(advice) == expected, (air, wet)
            if advice:
                assert advice[0].title == COOLING
                assert advice[0].text.startswith("Plate A is +16.0 °C,")
                # The limit is the dew point that was measured, not one that is assumed.
                assert "+16.7 °C, and" in advice[0].text
            one.clock.advance(1.0)


async def test_it_is_made_at_most_once_a_second() -> None:
    async with bench(settings()) as one:
        one.report(5, lambda t: {})
        first = one.view()
        one.clock.advance(0.9)
        assert one.view() is first
        one.clock.advance(0.2)
        assert one.view() is not first


async def test_many_criteria_are_begun_one_after_the_other() -> None:
    many = {f"band {n}": CriterionSettings(within=1.0, over=60.0 + n) for n in range(8)}
    reported = InsightSettings(StabilitySettings(criteria=many))
    async with bench(reported) as one:
        one.report(100, lambda t: {})
        assert [each.stability.stable for each in one.view().judged] == [True] * 6 + [None] * 2
        assert [each.stability.stable for each in one.view().judged] == [True] * 8


async def test_nothing_is_known_without_roles() -> None:
    async with bench(settings(), contract=load_contract(())) as one:
        one.report(3, lambda t: {})
        view = one.view()
        assert (view.judged, view.vacuum, view.advice) == ((), None, ())


async def test_a_cold_radiator_is_no_reason_to_warn() -> None:
    async with bench(settings()) as one:
        one.report(
            15, lambda t: {"vacuum": {"p": 900.0}, "radiator": {"1": -5.0}, "water": 2.0, "part": 22.0}
        )
        assert one.view().advice == ()
        one.report(15, lambda t: {"vacuum": {"p": 900.0}, "shroud": 5.0, "part": 22.0})
        (said,) = one.view().advice
        assert said.text.startswith("Shroud is +5.0 °C")


@pytest.mark.parametrize(("change", "said"), [(0.0, 1), (0.1 / 60, 0)])
async def test_a_slow_ramp_is_no_dwell(change: float, said: int) -> None:
    """A ramp of 6 K/h goes by as quietly as a dwell; without a plan the setpoint distinguishes them."""
    async with bench(settings()) as one:
        one.report(
            700,
            lambda t: {
                "vacuum": {"p": 5e-4 * math.exp(t / 700)},
                "pump": True,
                "part": 60.0 + change * t,
                "setpoint": 60.0 + change * t,
            },
        )
        assert len(one.view().advice) == said


@pytest.mark.parametrize(("kind", "said"), [("hold", 1), ("ramp", 0)])
async def test_the_step_says_whether_it_is_a_dwell(
    kind: str, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(settings()) as one:
        monkeypatch.setattr(one.station.runs, "view", lambda: SimpleNamespace(over=False, kind=kind))
        one.report(700, lambda t: {"vacuum": {"p": 5e-4 * math.exp(t / 700)}, "pump": True, "part": 60.0})
        assert len(one.view().advice) == said
