"""How a run ended: a code with its result and data, and the only place that words it."""

from __future__ import annotations

from enum import Enum, unique

import msgspec

from xovac_tui.durations import format_duration
from xovac_tui.runs.state import Result
from xovac_tui.text import clean

_NOT_SEEN = "The chamber had reported no state for {time} before it ended, so how is not known."


@unique
class EndCode(Enum):
    """What ended a run, or ended following it, with its result and its words."""

    LAST_STEP = Result.COMPLETED, "The chamber reports that it is idle after the last step."
    ON_TIME = Result.COMPLETED, "The chamber reports that it is idle, and the plan's time is up."
    PLAN_OVER = (
        Result.COMPLETED,
        "The plan's time is up. The chamber does not report when a run ends, so this is estimated.",
    )
    CANCELLED = (
        Result.CANCELLED,
        "cancel_recipe was sent by {who}, and the chamber reports that it is idle.",
    )
    CANCELLED_BLIND = (
        Result.CANCELLED,
        "cancel_recipe was sent by {who}. The chamber does not report whether it stopped.",
    )
    CANCELLED_ELSEWHERE = Result.CANCELLED, "cancel_recipe was sent by {who}, and the chamber stopped."
    """By another program; read from the record after the end."""
    EARLY = (
        Result.ENDED_EARLY,
        "The chamber reports that it is idle{where}, {time} before the planned end, and no cancel_recipe was "
        "sent from here.",
    )
    NO_PLAN = (
        Result.UNKNOWN,
        "The chamber reports that it is idle{where}. No plan of the run is known, so neither is whether that "
        "was all.",
    )
    NOT_SEEN = Result.UNKNOWN, _NOT_SEEN
    NOT_SEEN_PLAN_OVER = Result.UNKNOWN, f"{_NOT_SEEN} By the plan it was over by now."
    PLAN_OVER_UNSEEN = (
        Result.UNKNOWN,
        "The plan's time was up while nothing was received from the chamber.",
    )
    OTHER_RECIPE = (
        Result.UNKNOWN,
        'The chamber now has another recipe, "{recipe}". How this run ended was not seen.',
    )
    NOTHING_RUNS = (
        Result.UNKNOWN,
        "The chamber answered {command} with a warning, so nothing runs any more.",
    )
    BEGUN_AGAIN = Result.UNKNOWN, "{command} was sent again by {who}: another run has begun."
    NOT_FOLLOWED = Result.UNKNOWN, "Nobody followed it to its end: what recorded it was gone."


class RunEnding(msgspec.Struct, frozen=True):
    """How one run ended."""

    code: EndCode
    command: str = ""
    who: str = ""
    """Who sent it."""
    recipe: str = ""
    """Name that the chamber reports now."""
    step: int | None = None
    """The step that it ended in; None where that is not known."""
    steps: int | None = None
    seconds: float = 0.0
    """Left by the plan, or without a report of the state."""

    @property
    def result(self) -> Result:
        """How it went."""
        return self.code.value[0]

    @property
    def sentence(self) -> str:
        """What is known of the end; the record keeps it."""
        words: str = self.code.value[1]
        of = f" of {self.steps}" if self.steps else ""
        return words.format(
            command=self.command,
            who=clean(self.who, 60),
            recipe=clean(self.recipe, 40),
            where=f" in step {self.step}{of}" if self.step else "",
            time=format_duration(self.seconds),
        )
