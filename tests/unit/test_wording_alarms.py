"""Every code that alarms answer with has its sentence; wherever else answers are tested, the code is."""

from xovac_tui.chamber.alarm import LIMIT_SETS
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode, AlarmsProblem, AlarmsProblemCode

R, P = AlarmRefusalCode, AlarmsProblemCode
REFUSALS = {
    AlarmRefusal(R.REPLAY): "This is a replay: its alarms can only be viewed.",
    AlarmRefusal(R.NONE_WAITS): "Nothing there waits to be acknowledged.",
    AlarmRefusal(R.SHELVED_WITHOUT_REASON): "Say why it is shelved: the next shift must know.",
    AlarmRefusal(R.OUT_WITHOUT_REASON): "Say why it is out of service: the next shift must know.",
    AlarmRefusal(R.SHELVED_TOO_LONG, "hot", seconds=28_800.0): (
        "An alarm can be shelved for 8h at the most."
    ),
    AlarmRefusal(R.UNKNOWN_ALARM, "moon {0}"): 'There is no alarm "moon {0}".',
    AlarmRefusal(R.UNKNOWN_SET, "moon", LIMIT_SETS): (
        'There is no set of limits "moon". There are ambient, pumping, tvac.'
    ),
    AlarmRefusal(R.WAITS_NO_MORE, "hot"): "It does not wait to be acknowledged (any more).",
    AlarmRefusal(R.CANNOT_SHELVE, "hot"): "It is out of service, so it cannot be shelved.",
    AlarmRefusal(R.NOT_SHELVED, "hot"): "It is not shelved (any more).",
    AlarmRefusal(R.OUT_ALREADY, "hot"): "It is out of service already.",
    AlarmRefusal(R.IN_ALREADY, "hot"): "It is in service already.",
}
PROBLEMS = {
    AlarmsProblem(P.OPENING): "Nothing is watched yet: the record is being opened, and may know of alarms.",
    AlarmsProblem(P.UNREADABLE, detail="r.sqlite3 is damaged {0}."): (
        "What others did to alarms cannot be read from the record: r.sqlite3 is damaged {0}."
    ),
    AlarmsProblem(P.NO_ANSWER, 4711): (
        "Process 4711 does not answer: what was asked of alarms is not done (yet)."
    ),
    AlarmsProblem(P.NO_ANSWER): (
        "The program that records does not answer: what was asked of alarms is not done (yet)."
    ),
    AlarmsProblem(P.RULES_UNKNOWN, 4711): (
        "Process 4711 does not say what it watches; of an older version it watches nothing. Restart it."
    ),
    AlarmsProblem(P.OTHER_RULES, 4711): (
        "Process 4711 watches other rules than the settings name here, so that what is shown as normal may "
        "not be watched. Restart it."
    ),
}


def test_every_refusal_has_a_sentence() -> None:
    assert {one.code for one in REFUSALS} == set(AlarmRefusalCode)
    assert {one: one.sentence for one in REFUSALS} == REFUSALS


def test_every_problem_has_a_sentence() -> None:
    assert {one.code for one in PROBLEMS} == set(AlarmsProblemCode)
    assert {one: one.sentence for one in PROBLEMS} == PROBLEMS
