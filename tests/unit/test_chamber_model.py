"""The live model: channels are learned, stale never looks live, and roles define the run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.api.contract import Contract, Origin
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import MAX_CHANNELS, ChannelView, Outcome, Quality, RunState

UTC = 1_700_000_000.0


def message(name: str, mono: float, *arguments: Any, kind: EventKind = EventKind.MESSAGE) -> Event:
    return Event(name, decode_arguments(*arguments), Direction.IN, kind, UTC + mono, mono)


def online(chamber: Chamber, mono: float = 0.0, session: int = 1) -> None:
    chamber.link_changed(LinkView(LinkWord.ONLINE, UTC + mono, mono, session=session), UTC + mono, mono)


def lost(chamber: Chamber, mono: float, session: int = 1) -> None:
    chamber.link_changed(LinkView(LinkWord.LOST, UTC + mono, mono, "cut", session=session), UTC + mono, mono)


def channel(chamber: Chamber, name: str, mono: float) -> ChannelView:
    found = chamber.snapshot(UTC + mono, mono).channel(name)
    assert found is not None
    return found


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        [messages.s]
        "t.A" = { channel = "plate_a", label = "Plate A", unit = "degC", pin = true, role = "controlled" }
        "p" = { channel = "pressure", unit = "mbar", log = true }
        "set" = { role = "setpoint", unit = "degC" }
        "mode" = { role = "state", running = ["running", "1", "true"], idle = ["Idle"] }
        "name" = { role = "recipe_name" }
        "n" = { role = "step" }
        "of" = { role = "steps" }
        "time" = { role = "server_time" }
        [confirm.cancel_recipe]
        role = "state"
        becomes = "idle"
        """
    )
    return load_contract([file])


def test_leaves_of_unknown_messages_become_channels_by_themselves() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    chamber.apply(message("sensor_data", 1, '{"plate": {"A": 20.5}, "on": true, "mode": "warm", "x": null}'))
    views = {c.name: c for c in chamber.snapshot(UTC, 1).channels}
    assert set(views) == {"sensor_data.plate.A", "sensor_data.on", "sensor_data.mode"}
    assert views["sensor_data.plate.A"].value == 20.5
    assert (views["sensor_data.on"].text, views["sensor_data.on"].is_bool) == ("on", True)
    assert views["sensor_data.mode"].text == "warm"
    assert all(view.origin is None for view in views.values())


def test_long_text_makes_no_channel() -> None:
    chamber = Chamber(documented_contract())
    chamber.apply(message("m", 1, json.dumps({"a": "x" * 65})))
    assert chamber.snapshot(UTC, 1).channels == ()


def test_a_named_channel_that_never_came_has_no_data(contract: Contract) -> None:
    view = channel(Chamber(contract), "plate_a", 5)
    assert (view.quality, view.value, view.age, view.origin) == (Quality.NO_DATA, None, None, Origin.USER)
    assert view.full_name == "s.t.A"


@pytest.mark.parametrize("bad", ["null", "NaN", "Infinity"])
def test_a_message_without_a_usable_number_is_bad_and_shows_none(contract: Contract, bad: str) -> None:
    chamber = Chamber(contract)
    online(chamber)
    chamber.apply(message("s", 1, '{"p": 1.5}'))
    chamber.apply(message("s", 2, f'{{"p": {bad}}}'))
    view = channel(chamber, "pressure", 2)
    assert (view.quality, view.value) == (Quality.BAD, None)


def test_stale_after_three_of_its_own_periods_and_never_before_three_seconds() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(5):
        chamber.apply(message("fast", second * 0.1, {"a": 1}))
        chamber.apply(message("slow", second * 10, {"a": 1}))
    assert channel(chamber, "fast.a", 0.4 + 3.0).quality is Quality.GOOD
    assert channel(chamber, "fast.a", 0.4 + 3.1).quality is Quality.STALE
    assert channel(chamber, "slow.a", 40 + 29).quality is Quality.GOOD
    assert channel(chamber, "slow.a", 40 + 31).quality is Quality.STALE


def test_a_value_that_came_once_grows_stale_too() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    chamber.apply(message("once", 0, {"a": 1}))
    assert channel(chamber, "once.a", 59).quality is Quality.GOOD
    assert channel(chamber, "once.a", 61).quality is Quality.STALE


def test_everything_is_stale_at_once_when_the_link_is_lost() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    chamber.apply(message("m", 1, {"a": 1}))
    lost(chamber, 1.1)
    view = channel(chamber, "m.a", 1.2)
    assert view.quality is Quality.STALE
    assert view.overdue
    assert view.per_minute is None


def test_the_link_is_stale_when_the_regular_messages_stop_and_online_when_they_come_back() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(5):
        chamber.apply(message("m", second, {"a": 1}))
    assert chamber.word(6.9) is LinkWord.ONLINE
    assert chamber.word(7.1) is LinkWord.STALE
    assert "stopped" in chamber.snapshot(UTC, 7.1).link.why
    chamber.apply(message("m", 8, {"a": 1}))
    assert chamber.word(8.1) is LinkWord.ONLINE


def test_answers_and_lesser_messages_do_not_make_old_readings_look_fresh(contract: Contract) -> None:
    chamber = Chamber(contract)
    online(chamber)
    chamber.apply(message("other", 0, {"b": 1}))
    assert chamber.snapshot(UTC, 0.5).newest_age == 0.5
    for second in range(1, 6):
        chamber.apply(message("s", second, {"t": {"A": 1}}))
        chamber.apply(message("other", second, {"b": 1}))
    for second in (6, 7, 8):
        chamber.apply(message("other", second, {"b": 1}))
    chamber.apply(message("cancel_recipe_ack", 8.1, {"result": "success"}, kind=EventKind.RESPONSE))
    shown = chamber.snapshot(UTC, 8.2)
    assert shown.link.word is LinkWord.STALE
    assert shown.newest_age == pytest.approx(3.2)


def test_a_quiet_device_is_not_stale() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    assert chamber.word(1000) is LinkWord.ONLINE


def test_a_pause_of_the_link_does_not_teach_a_longer_period() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(5):
        chamber.apply(message("m", second, {"a": 1}))
    lost(chamber, 5)
    online(chamber, 500, session=2)
    for second in range(500, 504):
        chamber.apply(message("m", second, {"a": 1}))
    assert channel(chamber, "m.a", 503).period == 1.0


def test_after_reconnecting_silence_counts_from_the_reconnection() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(5):
        chamber.apply(message("m", second, {"a": 1}))
    lost(chamber, 5)
    online(chamber, 100, session=2)
    assert chamber.word(102) is LinkWord.ONLINE
    assert chamber.word(104) is LinkWord.STALE
    assert channel(chamber, "m.a", 102).quality is Quality.STALE


def test_roles_define_the_run(contract: Contract) -> None:
    chamber = Chamber(contract)
    online(chamber)
    assert chamber.snapshot(UTC, 0).run.state is RunState.UNKNOWN
    chamber.apply(message("s", 1, {"mode": "idle"}))
    assert chamber.snapshot(UTC, 1).run.state is RunState.IDLE
    chamber.apply(
        message("s", 2, {"mode": "running", "name": "B", "n": 2, "of": 5, "set": -20, "t": {"A": -18.5}})
    )
    run = chamber.snapshot(UTC, 2).run
    assert (run.state, run.recipe, run.step, run.steps) == (RunState.RUNNING, "B", 2, 5)
    assert (run.target, run.actual, run.start_seen, run.since_mono) == (-20, -18.5, True, 2)
    lost(chamber, 3)
    run = chamber.snapshot(UTC, 3).run
    assert run.stale
    assert (run.target, run.actual) == (None, None)


@pytest.mark.parametrize(
    ("value", "state"), [(1, "RUNNING"), (True, "RUNNING"), (7, "UNKNOWN"), (None, "UNKNOWN")]
)
def test_states_of_any_type(contract: Contract, value: Any, state: str) -> None:
    chamber = Chamber(contract)
    chamber.apply(message("s", 1, {"mode": value}))
    assert chamber.snapshot(UTC, 1).run.state.value == state


def test_a_run_found_under_way_has_no_known_start(contract: Contract) -> None:
    chamber = Chamber(contract)
    chamber.apply(message("s", 1, {"mode": "running"}))
    assert not chamber.snapshot(UTC, 1).run.start_seen


def test_the_servers_clock_is_compared_with_ours(contract: Contract) -> None:
    chamber = Chamber(contract)
    chamber.apply(message("s", 1, {"time": (UTC + 1 + 12.5) * 1000}))
    assert chamber.snapshot(UTC, 1).clock_offset == pytest.approx(12.5)


def test_the_chambers_words_confirm_a_command(contract: Contract) -> None:
    chamber = Chamber(contract)
    online(chamber)
    chamber.apply(message("s", 1, {"mode": "running"}))
    chamber.ledger.open("cancel_recipe", "", who="", utc=UTC, mono=2, timeout=10, session=1)
    answer = message(
        "cancel_recipe_ack", 2.2, '{"result": "success", "message": ""}', kind=EventKind.RESPONSE
    )
    (entry,) = chamber.apply(answer)
    assert (entry.outcome, entry.confirmed) == (Outcome.SUCCESS, None)
    (entry,) = chamber.apply(message("s", 3, {"mode": "idle"}))
    assert entry.confirmed == 1


def test_a_lost_link_and_steps_leave_marks(contract: Contract) -> None:
    chamber = Chamber(contract)
    online(chamber)
    chamber.apply(message("s", 1, {"mode": "idle", "n": 1}))
    chamber.apply(message("s", 2, {"mode": "running", "n": 2}))
    lost(chamber, 3)
    online(chamber, 4, session=2)
    chamber.note("opened valve", UTC, 5)
    assert [mark.kind for mark in chamber.snapshot(UTC, 5).marks] == ["run", "step", "lost", "online", "note"]


def test_pinned_channels_come_first_and_learned_ones_last(contract: Contract) -> None:
    chamber = Chamber(contract)
    chamber.apply(message("a", 1, {"z": 1}))
    names = [c.name for c in chamber.snapshot(UTC, 1).channels]
    assert names[0] == "plate_a"
    assert names[-1] == "a.z"


def test_channels_and_streams_are_bounded_and_the_rest_is_counted() -> None:
    chamber = Chamber(documented_contract())
    for number in range(MAX_CHANNELS + 10):
        chamber.apply(message(f"m{number}", number, {"a": 1}))
    snapshot = chamber.snapshot(UTC, 1)
    assert len(snapshot.channels) == MAX_CHANNELS
    assert snapshot.counters.left_out == (
        "10 values are only in the Log: over 2,000 channels, or a name too long."
    )
    assert snapshot.counters.events_in == MAX_CHANNELS + 10


def test_malformed_payloads_are_counted() -> None:
    chamber = Chamber(documented_contract())
    chamber.apply(message("m", 1, "{"))
    chamber.apply(message("m", 2, b"\xff"))
    assert chamber.snapshot(UTC, 2).counters.malformed == 2


def test_change_per_minute() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(61):
        chamber.apply(message("m", second, {"a": 20 + second / 60}))
    assert channel(chamber, "m.a", 60).per_minute == pytest.approx(1.0, rel=0.05)


def test_change_per_minute_changes_with_a_value_only_and_ends_with_the_data() -> None:
    # Far more patient than the data, so that the channel itself is good still.
    chamber = Chamber(documented_contract(), stale_after=600)
    online(chamber)
    for second in range(61):
        chamber.apply(message("m", second, {"a": 20 + second / 60}))
    first = channel(chamber, "m.a", 60).per_minute
    chamber.apply(message("m", 61, {"a": 25.0}))
    # The slope of a minute is worked out with every other value of a second, and no other moment changes it.
    assert channel(chamber, "m.a", 61).per_minute == first
    assert channel(chamber, "m.a", 61.9).per_minute == first
    chamber.apply(message("m", 62, {"a": 25.0}))
    assert (channel(chamber, "m.a", 62).per_minute or 0.0) > 1.2
    late = channel(chamber, "m.a", 66)
    assert (late.quality, late.per_minute) == (Quality.GOOD, None)


@given(st.lists(st.tuples(st.floats(0, 5), st.none() | st.floats() | st.booleans() | st.text(max_size=5))))
def test_any_stream_of_values_gives_a_true_picture(values: list[tuple[float, Any]]) -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    chamber.apply(message("m", 0, {"a": 0.0}))
    now = 0.0
    newest: Any = 0.0
    for gap, newest in values:
        now += gap
        chamber.apply(message("m", now, {"a": newest}))
    view = channel(chamber, "m.a", now)
    finite = isinstance(newest, bool | float) and math.isfinite(newest)
    assert view.value == (float(newest) if finite else None)
    assert (view.quality is Quality.BAD) == (newest is None or (isinstance(newest, float) and not finite))
    assert view.age == 0


def test_a_run_is_judged_by_the_roles_in_plain_units(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        [messages.s]
        "t" = { unit = "K", role = "controlled" }
        "p" = { unit = "Pa", role = "pressure" }
        "set" = { unit = "degF", role = "setpoint" }
        "mode" = { role = "state", running = ["running"], idle = ["idle"] }
        "name" = { role = "recipe_name" }
        "n" = { role = "step" }
        "of" = { role = "steps" }
        """
    )
    chamber = Chamber(load_contract([file]))
    online(chamber)
    for second in range(8):
        chamber.apply(
            message(
                "s",
                second,
                {"t": 293.15, "p": 10, "set": 68, "mode": "running", "name": "B", "n": 2, "of": 5},
            )
        )
    seen = chamber.observe(UTC + 7.5, 7.5)
    assert (seen.linked, seen.fresh, seen.state, seen.recipe) == (True, True, RunState.RUNNING, "B")
    assert (seen.step, seen.steps, seen.seen, seen.period) == (2, 5, 7.0, 1.0)
    assert (seen.actual, seen.target, seen.pressure) == pytest.approx((20, 20, 0.1))
    chamber.apply(message("s", 8, {"t": None, "p": "open", "n": 2}))
    broken = chamber.observe(UTC + 8, 8.0)
    assert (broken.fresh, broken.actual, broken.pressure) == (True, None, None)
    # Stale: what was known is not reported as if it were known now.
    old = chamber.observe(UTC + 60, 60.0)
    assert (old.linked, old.fresh, old.state, old.step, old.target) == (
        True,
        False,
        RunState.UNKNOWN,
        None,
        None,
    )
    lost(chamber, 61.0)
    gone = chamber.observe(UTC + 61, 61.0)
    assert (gone.linked, gone.fresh, gone.recipe) == (False, False, None)


def test_without_a_controlled_temperature_any_message_keeps_the_data_fresh() -> None:
    chamber = Chamber(documented_contract())
    online(chamber)
    for second in range(8):
        chamber.apply(message("s", second, {"x": 1}))
    assert chamber.observe(UTC + 8, 8.0).fresh
    assert not chamber.observe(UTC + 80, 80.0).fresh
    assert chamber.observe(UTC + 8, 8.0).actual is None
