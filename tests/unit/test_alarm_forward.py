"""The alarm of a record that is not forwarded in time: evaluated, and in force only where there are sinks."""

from __future__ import annotations

import pytest

from tests.helpers.alarmed import Watched
from xovac_tui.alarms.kinds.unforwarded import ForwardRule
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.alarms.surroundings import Unforwarded
from xovac_tui.api.loader import documented_contract
from xovac_tui.chamber.alarm import AlarmEvent
from xovac_tui.compose.stations import unforwarded
from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.view import ForwardView, SinkState, SinkView
from xovac_tui.recipes.settings import RecipeSettings

RULE = ForwardRule(name="late", limit=3_600.0, deadband=600.0)
S = SinkState


def test_it_is_raised_past_the_limit_and_returns_once_the_store_has_caught_up() -> None:
    bench = Watched(RULE)
    happened = []
    for seconds in (None, 0.0, 3_600.0, 3_601.0, 7_200.0, 3_100.0, None, 2_900.0):
        bench.unforwarded = None if seconds is None else Unforwarded(seconds=seconds, why="lab: 401.")
        bench.now += 2.0
        happened.append([change.event for change in bench.evaluate()])
    raised, returned = [AlarmEvent.RAISED], [AlarmEvent.RETURNED]
    assert happened == [[], [], [], raised, [], [], [], returned]
    assert bench.happened[0].text == "lab: 401."


@pytest.mark.parametrize(("behind", "limits"), [(None, []), (7_200.0, [7_200.0])])
def test_the_default_rule_is_there_only_with_sinks_and_takes_its_limit_from_them(
    behind: float | None, limits: list[float]
) -> None:
    found = watchlist(AlarmSettings(), RecipeSettings(), documented_contract(), (), behind=behind)
    assert [rule.limit for rule in found.rules if isinstance(rule, ForwardRule)] == limits
    assert "not forwarded" not in found.off
    again = found.by_contract(documented_contract())
    assert [rule.limit for rule in again.rules if isinstance(rule, ForwardRule)] == limits


@pytest.mark.parametrize(
    ("sinks", "seconds"),
    [
        ([], None),
        ([(S.STARTING, 0.0)], None),
        ([(S.ON, 0.5), (S.STARTING, 0.0)], None),
        ([(S.ELSEWHERE, 0.0)], None),
        ([(S.OFF, 0.0)], None),
        ([(S.ON, 0.5)], 0.5),
        ([(S.ON, 0.5), (S.WAITING, 5_000.0)], 5_000.0),
    ],
)
def test_it_is_not_known_before_each_sink_was_tried(
    sinks: list[tuple[SinkState, float]], seconds: float | None
) -> None:
    failure = Failure(FailureCode.REFUSED)
    view = ForwardView(
        tuple(
            SinkView(name=f"lab{at}", kind="influx", state=state, behind=behind, failure=failure)
            for at, (state, behind) in enumerate(sinks)
        )
    )
    found = unforwarded(view)
    assert (None if found is None else found.seconds) == seconds
    if found is not None:
        assert found.why.startswith(f"lab{len(sinks) - 1}")
