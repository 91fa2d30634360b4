"""Every code of a run's end has its result and sentence, which records keep; other tests compare codes."""

from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.state import Result

C, R = EndCode, Result
NOT_SEEN = "The chamber had reported no state for 16m 40s before it ended, so how is not known."
ENDINGS = {
    RunEnding(C.LAST_STEP): (R.COMPLETED, "The chamber reports that it is idle after the last step."),
    RunEnding(C.ON_TIME): (
        R.COMPLETED,
        "The chamber reports that it is idle, and the plan's time is up.",
    ),
    RunEnding(C.PLAN_OVER): (
        R.COMPLETED,
        "The plan's time is up. The chamber does not report when a run ends, so this is estimated.",
    ),
    RunEnding(C.CANCELLED, who="ann\x1b@lab"): (
        R.CANCELLED,
        "cancel_recipe was sent by ann␛@lab, and the chamber reports that it is idle.",
    ),
    RunEnding(C.CANCELLED_BLIND, who="ann@lab"): (
        R.CANCELLED,
        "cancel_recipe was sent by ann@lab. The chamber does not report whether it stopped.",
    ),
    RunEnding(C.CANCELLED_ELSEWHERE, who="ann@lab"): (
        R.CANCELLED,
        "cancel_recipe was sent by ann@lab, and the chamber stopped.",
    ),
    RunEnding(C.EARLY, step=2, steps=6, seconds=4399.0): (
        R.ENDED_EARLY,
        "The chamber reports that it is idle in step 2 of 6, 1h 13m before the planned end, and no "
        "cancel_recipe was sent from here.",
    ),
    RunEnding(C.EARLY, steps=6, seconds=4399.0): (
        R.ENDED_EARLY,
        "The chamber reports that it is idle, 1h 13m before the planned end, and no cancel_recipe was sent "
        "from here.",
    ),
    RunEnding(C.NO_PLAN, step=2): (
        R.UNKNOWN,
        "The chamber reports that it is idle in step 2. No plan of the run is known, so neither is whether "
        "that was all.",
    ),
    RunEnding(C.NOT_SEEN, seconds=1000.0): (R.UNKNOWN, NOT_SEEN),
    RunEnding(C.NOT_SEEN_PLAN_OVER, seconds=1000.0): (
        R.UNKNOWN,
        f"{NOT_SEEN} By the plan it was over by now.",
    ),
    RunEnding(C.PLAN_OVER_UNSEEN): (
        R.UNKNOWN,
        "The plan's time was up while nothing was received from the chamber.",
    ),
    RunEnding(C.OTHER_RECIPE, recipe="Other {0}\x1b"): (
        R.UNKNOWN,
        'The chamber now has another recipe, "Other {0}␛". How this run ended was not seen.',
    ),
    RunEnding(C.NOTHING_RUNS, command="cancel_recipe"): (
        R.UNKNOWN,
        "The chamber answered cancel_recipe with a warning, so nothing runs any more.",
    ),
    RunEnding(C.BEGUN_AGAIN, command="start_recipe", who="ann@lab"): (
        R.UNKNOWN,
        "start_recipe was sent again by ann@lab: another run has begun.",
    ),
    RunEnding(C.NOT_FOLLOWED): (
        R.UNKNOWN,
        "Nobody followed it to its end: what recorded it was gone.",
    ),
}


def test_every_code_has_its_result_and_a_sentence() -> None:
    assert {one.code for one in ENDINGS} == set(EndCode)
    assert {one: (one.result, one.sentence) for one in ENDINGS} == ENDINGS
