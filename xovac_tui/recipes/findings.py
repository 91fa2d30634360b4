"""What a check finds in a recipe: a code with its place and data, and the only place that words it."""

from __future__ import annotations

import string
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec

from xovac_tui.digits import format_number
from xovac_tui.durations import format_duration, spell_duration
from xovac_tui.plural import counted
from xovac_tui.quantities import format_temperature
from xovac_tui.recipes.places import StepPath, place_of

Severity: TypeAlias = Literal["error", "warning", "info"]
Data: TypeAlias = tuple[tuple[str, Any], ...]
"""(name, value) pairs: degC, K, K/min, seconds, mbar, counts, or words of the recipe."""


class FindingCode(StrEnum):
    """What can be found; the first ones are wrong with one value, wherever it comes from."""

    TEMPERATURE_NOT_FINITE = "temperature_not_finite"
    TEMPERATURE_TOO_LOW = "temperature_too_low"
    TEMPERATURE_TOO_HIGH = "temperature_too_high"
    RATE_NOT_FINITE = "rate_not_finite"
    RATE_NOT_POSITIVE = "rate_not_positive"
    RATE_UNLIKELY = "rate_unlikely"
    DURATION_NOT_FINITE = "duration_not_finite"
    DURATION_NOT_POSITIVE = "duration_not_positive"
    DURATION_TOO_SHORT = "duration_too_short"
    DURATION_TOO_LONG = "duration_too_long"
    NO_ROUNDS = "no_rounds"
    TOO_MANY_ROUNDS = "too_many_rounds"
    TOLERANCE_NOT_POSITIVE = "tolerance_not_positive"
    TOLERANCE_TOO_WIDE = "tolerance_too_wide"
    PRESSURE_NOT_POSITIVE = "pressure_not_positive"
    PRESSURE_UNLIKELY = "pressure_unlikely"
    NAME_EMPTY = "name_empty"
    NAME_TOO_LONG = "name_too_long"
    NAME_NOT_PRINTABLE = "name_not_printable"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_NOT_PRINTABLE = "text_not_printable"
    LIMITS_CROSSED = "limits_crossed"
    STEPS_MISSING = "steps_missing"
    TOO_MANY_STEPS = "too_many_steps"
    TOO_DEEP = "too_deep"
    RATE_AND_TIME = "rate_and_time"

    NOTHING_TO_DO = "nothing_to_do"
    TOO_MANY_ITEMS = "too_many_items"
    BELOW_PART = "below_part"
    ABOVE_PART = "above_part"
    BELOW_CHAMBER = "below_chamber"
    ABOVE_CHAMBER = "above_chamber"
    NOT_WRITABLE = "not_writable"
    """An item cannot be written in the device's units."""

    START_OUTSIDE_PART = "start_outside_part"
    BAND_OUTSIDE_PART = "band_outside_part"
    FASTER_THAN_ASSUMED = "faster_than_assumed"
    FASTER_THAN_MANAGED = "faster_than_managed"
    RATES_NOT_KEPT = "rates_not_kept"
    HOLD_LOST = "hold_lost"
    HOLD_SHORTENED = "hold_shortened"
    NO_PRESSURE = "no_pressure"
    TOLERANCE_TIGHT = "tolerance_tight"
    BEGINS_WITH_HOLD = "begins_with_hold"
    ENDS_COLD = "ends_cold"
    ENDS_HOT = "ends_hot"

    LEFT_OUT = "left_out"
    NO_LIMITS = "no_limits"
    NO_RANGE = "no_range"
    RATES_AS_DURATIONS = "rates_as_durations"
    RATE_ASSUMED = "rate_assumed"
    TIMES_LEARNED = "times_learned"
    TWO_RAMPS = "two_ramps"
    SHORT_HOLD = "short_hold"
    COLD_ON_THE_WAY = "cold_on_the_way"
    ENDS_WITH_RAMP = "ends_with_ramp"
    LONG_RUN = "long_run"

    @property
    def severity(self) -> Severity:
        """`error`: must not be sent; `warning`: will not go as written; `info`: good to know."""
        return "warning" if self in _WARNINGS else "info" if self in _NOTES else "error"


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with one value, wherever it comes from."""

    code: FindingCode
    data: Data = ()

    def __str__(self) -> str:
        """Return the end of a sentence that begins with the value: "is above 1000 °C: check the number"."""
        return _worded(_FLAWS[self.code], self.data)

    def at(self, path: StepPath, key: str = "") -> Finding:
        """Return it as a finding about a key of a step, or (of no step) of the recipe."""
        return Finding(self.code, path, key, self.data)


class Finding(msgspec.Struct, frozen=True):
    """One remark about a recipe."""

    code: FindingCode
    path: StepPath = ()
    """The step; () is the recipe."""
    key: str = ""
    """The key of the step or recipe; empty for the whole."""
    data: Data = ()

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.code.severity

    @property
    def where(self) -> str:
        """Place in the recipe (`step 4.1`, `limits`), or `recipe` for the whole."""
        return place_of(self.path) or self.key or "recipe"

    @property
    def message(self) -> str:
        """A sentence that does not name the step."""
        if self.code in _FLAWS:
            return f"{self.key or 'The temperature at the start'} {Flaw(self.code, self.data)}."
        return _worded(_SENTENCES[self.code], self.data)

    @property
    def sentence(self) -> str:
        """The remark with its place before it, where that is not the whole recipe: "step 4.1: ..."."""
        named = not self.path and (self.code in _FLAWS or not self.key)
        return self.message if named else f"{self.where}: {self.message}"


def flaw(code: FindingCode, **data: Any) -> Flaw:
    """Return what is wrong with a value, with the data that its words need."""
    return Flaw(code, tuple(data.items()))


def finding(code: FindingCode, path: StepPath = (), key: str = "", **data: Any) -> Finding:
    """Return a finding with the data that its words need."""
    return Finding(code, path, key, tuple(data.items()))


class _Words(string.Formatter):
    """Writes data into a sentence: temperatures, rates and durations by the letter behind the colon."""

    def format_field(self, value: Any, spec: str) -> str:
        yes, either, no = spec.partition("|")
        if either:
            return yes if value else no
        written = _WRITTEN.get(spec)
        return written(value) if written is not None else format(value, spec)


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "T": format_temperature,
    "N": format_number,
    "R": lambda rate: f"{format_number(rate, 3)} K/min",
    "D": spell_duration,
    "about": format_duration,
    "by": lambda seconds: f" by about {format_duration(seconds)}" if seconds >= 1 else "",
    "items": lambda number: counted(number, "item"),
    "characters": lambda number: counted(number, "character"),
}
_C = FindingCode
_Template: TypeAlias = str | Callable[..., str]
_TOO_FAST = "The ramp to {to:T} needs {rate:N} K/min, but this chamber "
_SURE = "{learned:| if the assumed rate is right}"
_FLAWS: dict[FindingCode, _Template] = {
    _C.TEMPERATURE_NOT_FINITE: "is not a finite number: say a temperature in °C",
    _C.TEMPERATURE_TOO_LOW: "is below absolute zero ({lowest:N} °C)",
    _C.TEMPERATURE_TOO_HIGH: "is above {highest:N} °C: check the number",
    _C.RATE_NOT_FINITE: "is not a finite number: say a rate in K/min",
    _C.RATE_NOT_POSITIVE: 'must be above 0 K/min: the direction follows from "to"',
    _C.RATE_UNLIKELY: "is outside {lowest:g} to {highest:g} K/min: check the number",
    _C.DURATION_NOT_FINITE: "is not a finite duration",
    _C.DURATION_NOT_POSITIVE: "must be longer than 0 s",
    _C.DURATION_TOO_SHORT: "is shorter than {shortest:D}",
    _C.DURATION_TOO_LONG: "is longer than {longest:D}: check the unit",
    _C.NO_ROUNDS: "must be at least 1: leave the steps out to skip them",
    _C.TOO_MANY_ROUNDS: "is above {most}: that is too many rounds",
    _C.TOLERANCE_NOT_POSITIVE: "must be a number above 0, in K",
    _C.TOLERANCE_TOO_WIDE: "is above {highest:g} K: check the number",
    _C.PRESSURE_NOT_POSITIVE: "must be a number above 0, in mbar",
    _C.PRESSURE_UNLIKELY: "is outside {lowest:g} to {highest:g} mbar: check the number",
    _C.NAME_EMPTY: "is empty: say what the recipe is called",
    _C.NAME_TOO_LONG: (
        "has {length:characters}: {most} are allowed (longer text belongs into the description)"
    ),
    _C.NAME_NOT_PRINTABLE: "holds a character that cannot be shown (a control or special space)",
    _C.TEXT_TOO_LONG: "has {length:characters}: {most} are allowed",
    _C.TEXT_NOT_PRINTABLE: "holds a control character",
    _C.LIMITS_CROSSED: "min must be below max",
    _C.STEPS_MISSING: "are missing",
    _C.TOO_MANY_STEPS: "unroll to {steps} ramps and holds: at most {most} are allowed, so repeat less",
    _C.TOO_DEEP: "is nested too deep: at most {most} repeats inside one another",
    _C.RATE_AND_TIME: "has both a rate and a time: only one can be kept",
}
_ERRORS: dict[FindingCode, _Template] = {
    _C.NOTHING_TO_DO: "There is nothing to do: every ramp ends where it starts.",
    _C.TOO_MANY_ITEMS: (
        "Unrolled, this is a list of {items:items}; at most {most} are sent: repeat less, or raise max_items "
        "in the profile if your device takes more."
    ),
    _C.BELOW_PART: "{target:T} is below the part's limits ({limit:T}).",
    _C.ABOVE_PART: "{target:T} is above the part's limits ({limit:T}).",
    _C.BELOW_CHAMBER: "{target:T} is below this chamber's range ({limit:T}).",
    _C.ABOVE_CHAMBER: "{target:T} is above this chamber's range ({limit:T}).",
    _C.NOT_WRITABLE: (
        "An item of {target} °C for {seconds} s cannot be written in {unit} and {duration_unit}: give the "
        "step more time."
    ),
}
_WARNINGS: dict[FindingCode, _Template] = {
    _C.START_OUTSIDE_PART: "{start:T} at the start is outside the part's limits.",
    _C.BAND_OUTSIDE_PART: (
        "A dwell at {target:T} counts within ± {tolerance:N} K, to {edge:T}, but the part's limit is "
        "{limit:T}, and every measured value is judged by it. Move the target, or tighten the tolerance."
    ),
    _C.FASTER_THAN_ASSUMED: (
        _TOO_FAST + "is assumed to reach {managed:R}: it may lag, and what follows is shorter than written."
    ),
    _C.FASTER_THAN_MANAGED: (
        _TOO_FAST + "has hardly ever managed more than {managed:N} K/min all the way ({basis}): it will "
        "lag{late:by}, and what follows is shorter than written."
    ),
    _C.RATES_NOT_KEPT: lambda ramps: (
        ("The rate of this ramp" if ramps == 1 else f"The rates of {ramps} ramps from here on")
        + " cannot be kept: the device is set to jump, so the chamber moves as fast as it can and waits at "
        "the target for the rest of the time."
    ),
    _C.HOLD_LOST: (
        "The hold of {hold:D} at {target:T} is over before the chamber is there"
        + _SURE
        + ": the ramp before "
        "it is about {late:about} too short."
    ),
    _C.HOLD_SHORTENED: (
        "About {late:about} of the hold of {hold:D} at {target:T} are lost" + _SURE + ": the ramp before it "
        "is so much too short."
    ),
    _C.NO_PRESSURE: (
        "Dwells count only at or below {pressure:.1e} mbar, but no message is known to tell the pressure, so "
        "none would count. Give its channel the role pressure in a contract file."
    ),
    _C.TOLERANCE_TIGHT: (
        "A tolerance of {tolerance:N} K is tighter than a chamber of this kind is assumed to hold "
        "({held:N} K), so little of a dwell may count."
    ),
    _C.BEGINS_WITH_HOLD: (
        "It holds before the first ramp: {start:T}, the temperature taken for the start, is sent as target. "
        "Begin with a ramp to say which is meant."
    ),
    _C.ENDS_COLD: (
        "It ends cold, at {end:T}: venting lets moisture condense on the part. End with a ramp to room "
        "temperature and a hold."
    ),
    _C.ENDS_HOT: (
        "It ends hot, at {end:T}: end with a ramp to room temperature and a hold before it is opened."
    ),
}
_NOTES: dict[FindingCode, _Template] = {
    _C.LEFT_OUT: "The ramp to {to:T} starts there already and is left out.",
    _C.NO_LIMITS: "No limits of the part are given, so no temperature was checked for it.",
    _C.NO_RANGE: "This chamber's range is not documented and not in the settings, so it was not checked.",
    _C.RATES_AS_DURATIONS: (
        "Rates are sent as durations: the device ignores a gradient and fills it in (documented); that it "
        "moves linearly over the duration is assumed."
    ),
    _C.RATE_ASSUMED: (
        "{some:Some ramps|Ramps} as fast as they go are estimated with {rate:R}, an assumption about this "
        "chamber."
    ),
    _C.TIMES_LEARNED: (
        "Times of ramps as fast as they go are {basis} of this chamber: {shortest:D} to {longest:D} in all."
    ),
    _C.TWO_RAMPS: "Two ramps follow each other without a hold at {target:T}.",
    _C.SHORT_HOLD: (
        "{hold:D} at {target:T} is a short hold: a part in vacuum may not get there in that time."
    ),
    _C.COLD_ON_THE_WAY: (
        "It goes down to {coldest:T}: cancelled there it leaves the part cold, so warm it up before venting."
    ),
    _C.ENDS_WITH_RAMP: (
        "It ends with a ramp: what the device does after it reached {end:T} is not documented."
    ),
    _C.LONG_RUN: "It takes {total:D}, more than a week: check durations and repeats.",
}
_SENTENCES = {**_ERRORS, **_WARNINGS, **_NOTES}
_WORDS = _Words()


def _worded(template: _Template, data: Data) -> str:
    facts = dict(data)
    part = f"{facts.pop('part')} " if "part" in facts else ""
    return part + (_WORDS.vformat(template, (), facts) if isinstance(template, str) else template(**facts))
