"""A chamber whose readings a test sets, and the rules that watch it; no sockets, no waiting."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from xovac_tui.alarms.evaluator import AlarmEvaluator
from xovac_tui.alarms.kinds import Context, Rule
from xovac_tui.alarms.surroundings import Unforwarded
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.analysis.values import ChamberValues
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, AlarmView, Ask
from xovac_tui.chamber.model import Chamber

UTC = 1_800_000_000.0


class Watched:
    """A chamber of the simulator's contract, watched four times a second."""

    def __init__(self, *rules: Rule, limit_set: str = "tvac") -> None:
        self.chamber = Chamber(load_contract((), simulator=True))
        self.values = ChamberValues(self.chamber)
        self.evaluator = AlarmEvaluator(Watchlist(rules=rules), self.chamber)
        self.now = 0.0
        self.limit_set = limit_set
        self.failing: dict[str, str] = {}
        self.untried = False
        self.unforwarded: Unforwarded | None = None
        self.recorder_why: str | None = ""
        self.disk_free: float | None = 100.0
        self.happened: list[AlarmChange] = []
        self.link(LinkWord.ONLINE)

    def link(self, word: LinkWord) -> None:
        self.chamber.link_changed(LinkView(word, session=1, since_mono=self.now), UTC + self.now, self.now)

    def report(self, event: str = "chamber_state", **leaves: Any) -> None:
        """Let a message come now."""
        payload = decode_arguments(json.dumps(leaves))
        self.chamber.apply(Event(event, payload, Direction.IN, EventKind.MESSAGE, UTC + self.now, self.now))

    @property
    def around(self) -> Context:
        self.values.at(UTC + self.now, self.now)
        return Context(
            chamber=self.chamber,
            values=self.values,
            utc=UTC + self.now,
            mono=self.now,
            limit_set=self.limit_set,
            recorder_why=self.recorder_why,
            disk_free=self.disk_free,
            failing=self.failing,
            untried=self.untried,
            unforwarded=self.unforwarded,
        )

    def evaluate(self) -> list[AlarmChange]:
        changes = self.evaluator.evaluate(self.around)
        self.happened += changes
        return changes

    def let_pass(self, seconds: float, **leaves: Any) -> list[AlarmChange]:
        """Let time pass with a message a second (none without leaves), and return what happened."""
        before = len(self.happened)
        for _ in range(round(seconds)):
            if leaves:
                self.report(**leaves)
            for _ in range(4):
                self.now += 0.25
                self.evaluate()
        return self.happened[before:]

    def ask(self, rule: str, event: AlarmEvent, **how: Any) -> list[AlarmChange]:
        """Carry out a user's request."""
        ask = Ask(rule=rule, event=event, who="ada@lab", utc=UTC + self.now, **how)
        changes = self.evaluator.ask(ask, self.around)
        self.happened += changes
        return changes

    def view(self, rule: str) -> AlarmView:
        return next(one for one in self.evaluator.views(self.around) if one.rule == rule)

    def state(self, rule: str) -> AlarmState:
        return self.view(rule).state


def event_names(changes: Iterable[AlarmChange]) -> list[tuple[str, str]]:
    """Return (rule, event) of changes."""
    return [(change.rule, change.event.value) for change in changes]
