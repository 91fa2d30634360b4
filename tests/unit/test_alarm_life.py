"""The life of an alarm, against a plain model of ISA-18.2 that is written as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.alarms import life as alarms
from xovac_tui.alarms.life import Holding, Life
from xovac_tui.chamber.alarm import LONGEST_SHELF, AlarmEvent, AlarmState

N, U, A, R, S, X = (
    AlarmState.NORMAL,
    AlarmState.UNACKNOWLEDGED,
    AlarmState.ACKNOWLEDGED,
    AlarmState.RETURNED,
    AlarmState.SHELVED,
    AlarmState.OUT_OF_SERVICE,
)
TABLE = {
    # state: what the process and people make of it
    N: {"up": U, "ack": N, "shelve": S, "out": X},
    U: {"down": R, "ack": A, "shelve": S, "out": X},
    A: {"down": N, "ack": A, "shelve": S, "out": X},
    R: {"up": U, "ack": N, "shelve": S, "out": X},
    S: {"up": S, "down": S, "ack": S, "shelve": S, "out": X},
    X: {"up": X, "down": X, "ack": X, "shelve": X, "out": X},
}


@dataclass
class Plain:
    """The process side from the whole list of looks, the people's side from the table."""

    on: float
    off: float

    def __post_init__(self) -> None:
        self.state = N
        self.looks: list[tuple[float, Holding]] = []
        self.active = False
        self.changed_at = -1
        """Place in the list of the look with which it became active or not."""
        self.until: float | None = None

    def see(self, now: float, look: Holding | None) -> None:
        if look is None:
            return
        self.looks.append((now, look))
        recent = self.looks[self.changed_at + 1 :]
        flips = self._gone_for(recent) if self.active else self._held_for(recent)
        if flips:
            self.active = not self.active
            self.changed_at = len(self.looks) - 1
            self.state = TABLE[self.state]["up" if self.active else "down"]

    def _held_for(self, looks: list[tuple[float, Holding]]) -> bool:
        """Return whether the condition has held for the delay without a break, looking back from now."""
        if looks[-1][1] is Holding.GONE or (looks[-1][1] is Holding.TOUCHED and self.on):
            return False
        since = looks[-1][0]
        if looks[-1][1] is Holding.HOLDS:
            for when, look in reversed(looks[:-1]):
                if look in (Holding.GONE, Holding.TOUCHED):
                    break
                since = when
                if look is Holding.BEGAN:
                    break
        return looks[-1][0] - since >= self.on

    def _gone_for(self, looks: list[tuple[float, Holding]]) -> bool:
        since = None
        for when, look in reversed(looks):
            if look is not Holding.GONE:
                break
            since = when
        return since is not None and looks[-1][0] - since >= self.off

    def person(self, what: str, now: float) -> None:
        if what in ("ack", "shelve", "out"):
            before, self.state = self.state, TABLE[self.state][what]
            if what == "shelve" and before is not X:
                self.until = now + 100.0
        elif (what == "unshelve" and self.state is S) or (what == "in" and self.state is X):
            self.state = U if self.active else N

    def pass_time(self, now: float) -> None:
        if self.state is S and self.until is not None and now >= self.until:
            self.state = U if self.active else N


def act(life: Life, what: str, now: float) -> Life:
    match what:
        case "ack":
            return alarms.acknowledge(life, "ada", now)[0]
        case "shelve":
            return alarms.shelve(life, "ada", now, now + 100.0, "noise")[0]
        case "unshelve":
            return alarms.bring_back(life, AlarmEvent.UNSHELVED, "ada", now)[0]
        case "out":
            return alarms.take_out(life, "ada", now, "sensor off")[0]
        case _:
            return alarms.bring_back(life, AlarmEvent.IN_SERVICE, "ada", now)[0]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.25, 1.0, 4.0, 60.0]),
        st.one_of(
            st.sampled_from([*Holding, None]),
            st.sampled_from(["ack", "shelve", "unshelve", "out", "in"]),
        ),
    ),
    max_size=60,
)


@examples(400)
@given(steps=STEPS, on=st.sampled_from([0.0, 1.0, 5.0]), off=st.sampled_from([0.0, 1.0, 5.0]))
def test_it_lives_as_the_plain_model_does(steps: list[tuple[float, Any]], on: float, off: float) -> None:
    life, plain, now = alarms.NORMAL, Plain(on, off), 0.0
    for seconds, what in steps:
        now += seconds
        life, _ = alarms.pass_time(life, now)
        plain.pass_time(now)
        if isinstance(what, str):
            life = act(life, what, now)
            plain.person(what, now)
        else:
            life, _ = alarms.see(life, what, mono=now, utc=now, on_delay=on, off_delay=off)
            plain.see(now, what)
        assert life.state is plain.state
        assert life.active is plain.active


@examples(200)
@given(steps=STEPS, on=st.sampled_from([0.0, 1.0]), off=st.sampled_from([0.0, 1.0]))
def test_every_change_is_notified_once_and_nothing_else_is(
    steps: list[tuple[float, Any]], on: float, off: float
) -> None:
    life, now = alarms.NORMAL, 0.0
    for seconds, what in steps:
        now += seconds
        before = life
        if isinstance(what, str):
            life, event = act(life, what, now), None
        else:
            life, event = alarms.see(life, what, mono=now, utc=now, on_delay=on, off_delay=off)
            assert (event is not None) == (life.state is not before.state)
            if event is AlarmEvent.RAISED:
                assert life.state is U
                assert life.times == before.times + 1
            if what is None:
                assert life == before


def test_an_unknown_value_neither_raises_nor_restarts_a_delay() -> None:
    life, _ = alarms.see(alarms.NORMAL, Holding.HOLDS, mono=0.0, utc=0.0, on_delay=10.0)
    for now in (2.0, 9.0, 30.0):
        life, event = alarms.see(life, None, mono=now, utc=now, on_delay=10.0)
        assert event is None
    life, event = alarms.see(life, Holding.HOLDS, mono=31.0, utc=31.0, on_delay=10.0)
    assert event is AlarmEvent.RAISED
    # And what stood before the gap stands after it until it is known to be gone.
    life, event = alarms.see(life, None, mono=99.0, utc=99.0)
    assert (life.state, event) == (U, None)


def test_an_occurrence_newer_than_the_shown_one_is_not_acknowledged() -> None:
    life, _ = alarms.see(alarms.NORMAL, Holding.HOLDS, mono=0.0, utc=100.0)
    seen = life.raised_utc
    life, _ = alarms.see(life, Holding.GONE, mono=1.0, utc=101.0)
    life, _ = alarms.see(life, Holding.HOLDS, mono=2.0, utc=102.0)
    assert alarms.acknowledge(life, "ada", 103.0, seen) == (life, None)
    assert alarms.acknowledge(life, "ada", 103.0, life.raised_utc)[0].state is A


def test_no_alarm_is_shelved_for_longer_than_eight_hours() -> None:
    life, event = alarms.shelve(alarms.NORMAL, "ada", 0.0, 1e9, "maintenance")
    assert event is AlarmEvent.SHELVED
    assert life.until_utc == LONGEST_SHELF == 8 * 3600
    assert alarms.pass_time(life, 8 * 3600 - 1.0) == (life, None)
    back, event = alarms.pass_time(life, 8 * 3600.0)
    assert (back.state, event) == (N, AlarmEvent.UNSHELVED)


def test_a_spike_of_one_message_is_an_alarm_without_a_delay_only() -> None:
    assert alarms.see(alarms.NORMAL, Holding.TOUCHED, mono=0.0, utc=0.0)[1] is AlarmEvent.RAISED
    quiet = alarms.see(alarms.NORMAL, Holding.TOUCHED, mono=0.0, utc=0.0, on_delay=1.0)
    assert quiet == (alarms.NORMAL, None)
