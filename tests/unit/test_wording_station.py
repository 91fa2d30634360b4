"""Every code of the station has its sentence: why nothing is sent, and what an answer to STOP proves."""

import pytest

from xovac_tui.api.link import LinkWord
from xovac_tui.station.proofs import StopProof
from xovac_tui.station.proving import NEVER, WHILE_IDLE, StopVerdict, VerdictCode
from xovac_tui.station.refusal import Refusal, RefusalCode

REPLAY = "This is a replay: nothing can be sent."
SENTENCES = {
    Refusal(
        RefusalCode.OBSERVED, "vent"
    ): "This console only observes, so vent was not sent. Take control first.",
    Refusal(RefusalCode.NO_LINK, "vent", link=LinkWord.LOST): (
        "The link is LOST, so vent was not sent, and it is not kept for later."
    ),
    Refusal(RefusalCode.SILENT, "vent"): (
        "The server answers no ping, so vent was not sent: a blocked one would carry it out late. Ask again "
        "when the link is ONLINE."
    ),
    Refusal(RefusalCode.STALE, "cancel_recipe", stop=True): (
        "The data are stale, so cancel_recipe was not sent: what the chamber does cannot be seen. For a "
        "device that is silent by habit, set send_when_stale = true in its profile. The STOP key (! !) sends "
        "it all the same."
    ),
    Refusal(RefusalCode.IN_FLIGHT, "vent", seconds=1.24): (
        "vent was sent 1.2 s ago and still waits for its answer. Nothing was sent twice."
    ),
    Refusal(RefusalCode.NOT_ALLOWED, "vent", problem="vent takes no payload. Send it without one."): (
        "vent takes no payload. Send it without one."
    ),
    Refusal(RefusalCode.RUNNING, "cancel_recipe"): (
        "A recipe runs, or may run, and cancel_recipe would cancel it, so it was not sent. Prove STOP while "
        "the chamber is idle."
    ),
    Refusal(RefusalCode.BLIND, "cancel_recipe"): (
        "The chamber does not report any more whether a recipe runs, and cancel_recipe would cancel one, so "
        "it was not sent. Look at the chamber, then prove STOP again."
    ),
    Refusal(RefusalCode.OTHER_CONTRACT, "vent"): (
        "The contract says something else of vent now than when this was asked for, so it was not sent. "
        "Ask again."
    ),
    Refusal(RefusalCode.REPLAY, "vent"): REPLAY,
}
ASKED_FOR = "was not sent"
IN_STRIP = {
    Refusal(RefusalCode.OBSERVED, "cancel_recipe"): "OBSERVE: STOP was not sent. Press F9 to take control.",
    Refusal(RefusalCode.OBSERVED, "cancel_recipe", always=True): (
        "This console only observes: STOP was not sent."
    ),
    Refusal(RefusalCode.NO_LINK, "cancel_recipe", link=LinkWord.CONNECTING): (
        "The link is CONNECTING: STOP was not sent, and is not kept."
    ),
    Refusal(RefusalCode.IN_FLIGHT, "cancel_recipe", seconds=0.4): (
        "STOP was sent, and waits for its answer. Nothing was sent twice."
    ),
    Refusal(RefusalCode.REPLAY, "cancel_recipe"): REPLAY,
}


def test_every_code_has_a_sentence() -> None:
    assert {one.code for one in SENTENCES} == set(RefusalCode)
    assert {one: one.sentence for one in SENTENCES} == SENTENCES


@pytest.mark.parametrize("refusal", SENTENCES, ids=lambda one: one.code)
def test_before_it_is_asked_for_only_the_outcome_differs(refusal: Refusal) -> None:
    assert refusal.before == refusal.sentence.replace(ASKED_FOR, "cannot be sent now")
    assert refusal.sentence.startswith(refusal.cause)


@pytest.mark.parametrize(("refusal", "words"), IN_STRIP.items(), ids=lambda one: getattr(one, "code", ""))
def test_the_strip_says_it_shorter_and_names_the_key(refusal: Refusal, words: str) -> None:
    assert refusal.strip("F9") == words


def test_the_same_reason_at_another_moment_is_the_same() -> None:
    earlier, later = (Refusal(RefusalCode.IN_FLIGHT, "vent", seconds=n) for n in (0.1, 0.4))
    assert earlier.same_as(later)
    lost, connecting = (
        Refusal(RefusalCode.NO_LINK, "vent", link=word) for word in (LinkWord.LOST, LinkWord.CONNECTING)
    )
    assert not lost.same_as(connecting)
    assert not lost.same_as(None)


V = VerdictCode
VERDICTS = {
    StopVerdict(V.DOCUMENTED, "Could not cancel."): "STOP is proven: the chamber answered that nothing runs.",
    StopVerdict(V.OTHER_WARNING, "Nichts {läuft}."): (
        "STOP is proven: it reached the chamber, which answered a warning, so it cancelled nothing. Its "
        'words are not the manual\'s: "Nichts {läuft}.". Do not rely on STOP unless they mean that nothing '
        "runs."
    ),
    StopVerdict(V.SUCCESS): (
        "STOP is not proven: the chamber answered success. If nothing ran, this answer does not show that it "
        "cancels; if a recipe ran unseen, it is cancelled now: look at the chamber. STOP is proven once it "
        "ends a run and the chamber's own messages confirm that."
    ),
    StopVerdict(V.ERROR, "Bus fault."): (
        'STOP is not proven: it reached the chamber, which answered with an error: "Bus fault.". Do not rely '
        "on STOP before that is mended."
    ),
    StopVerdict(V.REFUSED, reason="It runs."): "STOP is not proven: It runs.",
    StopVerdict(V.NOT_DOCUMENTED): "STOP is not proven: the contract names no answer to it.",
    StopVerdict(V.UNKNOWN, reason="No answer came.", unkept="It cannot be kept."): (
        "STOP is not proven. No answer came. It cannot be kept."
    ),
}


def test_whether_stop_was_ever_proven_is_a_sentence() -> None:
    assert NEVER == "STOP was never proven on this chamber."
    proof = StopProof(address="http://a", form="", how=WHILE_IDLE, who="ops@lab", utc=1_790_000_000.0)
    assert proof.words == (
        "STOP was proven on 2026-09-21 by ops@lab: the chamber answered a warning while nothing ran."
    )


def test_every_verdict_has_its_words() -> None:
    assert {one.code for one in VERDICTS} == set(VerdictCode)
    assert {one: one.words for one in VERDICTS} == VERDICTS
    assert {one.code for one in VERDICTS if one.proven} == {V.DOCUMENTED, V.OTHER_WARNING}
