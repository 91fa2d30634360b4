"""Every code of a finding has its words; wherever else findings are tested, the code is."""

import pytest

from xovac_tui.recipes.findings import Finding, FindingCode, finding, flaw

C = FindingCode
FLAWS = {
    flaw(C.TEMPERATURE_NOT_FINITE): "is not a finite number: say a temperature in °C",
    flaw(C.TEMPERATURE_TOO_LOW, lowest=-273.15): "is below absolute zero (−273.15 °C)",
    flaw(C.TEMPERATURE_TOO_HIGH, highest=1000.0): "is above 1000 °C: check the number",
    flaw(C.RATE_NOT_FINITE): "is not a finite number: say a rate in K/min",
    flaw(C.RATE_NOT_POSITIVE): 'must be above 0 K/min: the direction follows from "to"',
    flaw(C.RATE_UNLIKELY, lowest=0.001, highest=1000.0): "is outside 0.001 to 1000 K/min: check the number",
    flaw(C.DURATION_NOT_FINITE): "is not a finite duration",
    flaw(C.DURATION_NOT_POSITIVE): "must be longer than 0 s",
    flaw(C.DURATION_TOO_SHORT, shortest=0.1): "is shorter than 0.1s",
    flaw(C.DURATION_TOO_LONG, longest=365 * 86400.0): "is longer than 365d: check the unit",
    flaw(C.NO_ROUNDS): "must be at least 1: leave the steps out to skip them",
    flaw(C.TOO_MANY_ROUNDS, most=10_000): "is above 10000: that is too many rounds",
    flaw(C.TOLERANCE_NOT_POSITIVE): "must be a number above 0, in K",
    flaw(C.TOLERANCE_TOO_WIDE, highest=100.0): "is above 100 K: check the number",
    flaw(C.PRESSURE_NOT_POSITIVE): "must be a number above 0, in mbar",
    flaw(
        C.PRESSURE_UNLIKELY, lowest=1e-12, highest=1100.0
    ): "is outside 1e-12 to 1100 mbar: check the number",
    flaw(C.NAME_EMPTY): "is empty: say what the recipe is called",
    flaw(C.NAME_TOO_LONG, length=70, most=64): (
        "has 70 characters: 64 are allowed (longer text belongs into the description)"
    ),
    flaw(C.NAME_NOT_PRINTABLE): "holds a character that cannot be shown (a control or special space)",
    flaw(C.TEXT_TOO_LONG, length=201, most=200): "has 201 characters: 200 are allowed",
    flaw(C.TEXT_NOT_PRINTABLE): "holds a control character",
    flaw(C.LIMITS_CROSSED): "min must be below max",
    flaw(C.TEMPERATURE_NOT_FINITE, part="max"): "max is not a finite number: say a temperature in °C",
    flaw(C.STEPS_MISSING): "are missing",
    flaw(C.TOO_MANY_STEPS, steps=20_000, most=10_000): (
        "unroll to 20000 ramps and holds: at most 10000 are allowed, so repeat less"
    ),
    flaw(C.TOO_DEEP, most=5): "is nested too deep: at most 5 repeats inside one another",
    flaw(C.RATE_AND_TIME): (
        'has both a rate and a time ("over"): keep the one that matters, the other follows from it'
    ),
}
SENTENCES = {
    finding(C.NOTHING_TO_DO): "There is nothing to do: every ramp ends where it starts.",
    finding(C.TOO_MANY_ITEMS, items=1004, most=500): (
        "Unrolled, this is a list of 1,004 items; at most 500 are sent: repeat less, or raise max_items in "
        "the profile if your device takes more."
    ),
    finding(C.BELOW_PART, target=-31.0, limit=-30.0): "−31 °C is below the part's limits (−30 °C).",
    finding(C.ABOVE_PART, target=66.0, limit=65.0): "66 °C is above the part's limits (65 °C).",
    finding(C.BELOW_CHAMBER, target=-90.0, limit=-60.0): "−90 °C is below this chamber's range (−60 °C).",
    finding(C.ABOVE_CHAMBER, target=60.0, limit=50.0): "60 °C is above this chamber's range (50 °C).",
    finding(C.TOO_HOT_FOR_ANY, target=600.0, highest=300.0): (
        "600 °C is above 300 °C: check the number, or put the highest temperature of this chamber into the "
        "profile (recipe.max) if it goes so far."
    ),
    finding(C.SUSPICIOUSLY_HOT, target=160.0, usual=150.0): (
        "160 °C is hotter than most parts stand (150 °C): check the number."
    ),
    finding(C.SUSPICIOUSLY_COLD, target=-200.0, usual=-196.0): (
        "−200 °C is colder than liquid nitrogen gets (−196 °C): check the number."
    ),
    finding(C.NOT_WRITABLE, target=20.0, seconds=0.1, unit="K", duration_unit="h"): (
        "An item of 20.0 °C for 0.1 s cannot be written in K and h: give the step more time."
    ),
    finding(C.START_OUTSIDE_PART, start=70.0): "70 °C at the start is outside the part's limits.",
    finding(C.BAND_OUTSIDE_PART, target=64.0, tolerance=2.0, edge=66.0, limit=65.0): (
        "A dwell at 64 °C counts within ± 2 K, to 66 °C, but the part's limit is 65 °C, and every measured "
        "value is judged by it. Move the target, or tighten the tolerance."
    ),
    finding(C.FASTER_THAN_ASSUMED, to=60.0, rate=1.5, managed=1.0): (
        "The ramp to 60 °C needs 1.5 K/min, but this chamber is assumed to reach 1 K/min: it may lag, and "
        "what follows is shorter than written."
    ),
    finding(C.FASTER_THAN_MANAGED, to=60.0, rate=4.0, managed=2.2, basis="learned from 3 runs", late=600.0): (
        "The ramp to 60 °C needs 4 K/min, but this chamber has hardly ever managed more than 2.2 K/min all "
        "the way (learned from 3 runs): it will lag by about 10m 00s, and what follows is shorter than "
        "written."
    ),
    finding(C.FASTER_THAN_MANAGED, to=60.0, rate=4.0, managed=2.2, basis="learned from 1 run", late=0.0): (
        "The ramp to 60 °C needs 4 K/min, but this chamber has hardly ever managed more than 2.2 K/min all "
        "the way (learned from 1 run): it will lag, and what follows is shorter than written."
    ),
    finding(C.RATES_NOT_KEPT, ramps=1): (
        "The rate of this ramp cannot be kept: the device is set to jump, so the chamber moves as fast as it "
        "can and waits at the target for the rest of the time."
    ),
    finding(C.RATES_NOT_KEPT, ramps=2): (
        "The rates of 2 ramps from here on cannot be kept: the device is set to jump, so the chamber moves "
        "as fast as it can and waits at the target for the rest of the time."
    ),
    finding(C.HOLD_LOST, hold=1200.0, target=60.0, late=1800.0, learned=True): (
        "The hold of 20m at 60 °C is over before the chamber is there: the ramp before it is about 30m 00s "
        "too short."
    ),
    finding(C.HOLD_SHORTENED, hold=2400.0, target=60.0, late=1200.0, learned=False): (
        "About 20m 00s of the hold of 40m at 60 °C are lost if the assumed rate is right: the ramp before it "
        "is so much too short."
    ),
    finding(C.NO_PRESSURE, pressure=1e-3): (
        "Dwells count only at or below 1.0e-03 mbar, but no message is known to report the pressure, so none "
        "would count. Give its channel the role pressure in a contract file."
    ),
    finding(C.TOLERANCE_TIGHT, tolerance=0.2, held=0.5): (
        "A tolerance of 0.2 K is tighter than a chamber of this kind is assumed to hold (0.5 K), so little "
        "of a dwell may count."
    ),
    finding(C.BEGINS_WITH_HOLD, start=20.0): (
        "It holds before the first ramp: 20 °C, the temperature taken for the start, is sent as target. "
        "Begin with a ramp to say which is meant."
    ),
    finding(C.ENDS_COLD, end=-20.0): (
        "It ends cold, at −20 °C: venting lets moisture condense on the part. End with a ramp to room "
        "temperature and a hold."
    ),
    finding(C.ENDS_HOT, end=60.0): (
        "It ends hot, at 60 °C: end with a ramp to room temperature and a hold before it is opened."
    ),
    finding(C.LEFT_OUT, to=20.0): "The ramp to 20 °C starts there already and is left out.",
    finding(C.NO_LIMITS): "No limits of the part are given, so no temperature was checked for it.",
    finding(C.NO_RANGE): (
        "This chamber's range is not documented and not in the settings, so it was not checked."
    ),
    finding(C.RATES_AS_DURATIONS): (
        "Rates are sent as durations: the device ignores a gradient and fills it in (documented); that it "
        "moves linearly over the duration is assumed."
    ),
    finding(C.RATE_ASSUMED, some=True, rate=1.0): (
        "Some ramps as fast as they go are estimated with 1 K/min, an assumption about this chamber."
    ),
    finding(C.RATE_ASSUMED, some=False, rate=0.25): (
        "Ramps as fast as they go are estimated with 0.25 K/min, an assumption about this chamber."
    ),
    finding(C.TIMES_LEARNED, basis="learned from 1 run", shortest=7440, longest=8100): (
        "Times of ramps as fast as they go are learned from 1 run of this chamber: 2h 4m to 2h 15m in all."
    ),
    finding(C.TWO_RAMPS, target=40.0): "Two ramps follow each other without a hold at 40 °C.",
    finding(C.SHORT_HOLD, hold=60.0, target=40.0): (
        "1m at 40 °C is a short hold: a part in vacuum may not get there in that time."
    ),
    finding(C.COLD_ON_THE_WAY, coldest=-20.0): (
        "It goes down to −20 °C: cancelled there it leaves the part cold, so warm it up before venting."
    ),
    finding(C.ENDS_WITH_RAMP, end=22.0): (
        "It ends with a ramp: what the device does after it reached 22 °C is not documented."
    ),
    finding(C.LONG_RUN, total=691_200): "It takes 8d, more than a week: check durations and repeats.",
}


def test_every_code_has_words() -> None:
    flaws, rest = {one.code for one in FLAWS}, {one.code for one in SENTENCES}
    assert not flaws & rest
    assert flaws | rest == set(FindingCode)


@pytest.mark.parametrize(("one", "words"), FLAWS.items(), ids=lambda one: getattr(one, "code", ""))
def test_what_is_wrong_with_a_value_ends_a_sentence(one: object, words: str) -> None:
    assert str(one) == words


@pytest.mark.parametrize(("one", "words"), SENTENCES.items(), ids=lambda one: getattr(one, "code", ""))
def test_the_rest_are_sentences(one: Finding, words: str) -> None:
    assert one.message == one.sentence == words


def test_a_finding_names_its_place() -> None:
    assert finding(C.LEFT_OUT, (3, 0), to=20.0).sentence.startswith("step 4.1: The ramp to 20 °C")
    assert finding(C.NO_LIMITS, key="limits").sentence.startswith("limits: No limits")
    assert finding(C.RATE_NOT_POSITIVE, (0,), "rate").sentence.startswith("step 1: rate must be above 0")
    assert finding(C.NAME_EMPTY, key="name").sentence == "name is empty: say what the recipe is called."
    start = finding(C.TEMPERATURE_NOT_FINITE)
    assert (start.where, start.sentence[:31]) == ("recipe", "The temperature at the start is")
