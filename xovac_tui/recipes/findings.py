"""What a check finds in a recipe: a code with its place and data, and the only place that words it."""

from __future__ import annotations

import string
from collections.abc import Callable
from enum import Enum, unique
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import msgspec

from xovac_tui.digits import format_number
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_duration, spell_duration
from xovac_tui.plural import counted
from xovac_tui.recipes.places import StepPath, place_of

Severity: TypeAlias = Literal["error", "warning", "info"]
Data: TypeAlias = tuple[tuple[str, Any], ...]
"""(name, value) pairs: degC, K, K/min, seconds, mbar, counts, or words of the recipe."""


class _CodeWords(string.Formatter):
    """Writes data into a sentence: temperatures, rates and durations by the letter behind the colon."""

    def __init__(self, units: DisplayUnits) -> None:
        self._written: dict[str, Callable[[Any], str]] = {
            **_WRITTEN,
            "T": units.temperature_words,
            "K": units.tolerance_words,
            "R": units.rate_words,
            "r": lambda rate: units.rate_words(rate, 2),
            "P": units.pressure_words,
        }

    def format_field(self, value: Any, spec: str) -> str:
        yes, either, no = spec.partition("|")
        if either:
            return yes if value else no
        written = self._written.get(spec)
        return written(value) if written is not None else format(value, spec)


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "N": format_number,
    "D": spell_duration,
    "about": format_duration,
    "by": lambda seconds: f" by about {format_duration(seconds)}" if seconds >= 1 else "",
    "ramps": lambda number: (
        "The rate of this ramp" if number == 1 else f"The rates of {number} ramps from here on"
    ),
    "items": lambda number: counted(number, "item"),
    "characters": lambda number: counted(number, "character"),
}
_TOO_FAST = "The ramp to {to:T} needs {rate:r}, but this chamber "
_SURE = "{learned:| if the assumed rate is right}"


@unique
class FindingCode(Enum):
    """What can be found, with its words; the first group ends a sentence that begins with a value."""

    TEMPERATURE_NOT_FINITE = "is not a finite number: say a temperature in °C"
    TEMPERATURE_TOO_LOW = "is below absolute zero ({lowest:N} °C)"
    TEMPERATURE_TOO_HIGH = "is above {highest:N} °C: check the number"
    RATE_NOT_FINITE = "is not a finite number: say a rate in K/min"
    RATE_NOT_POSITIVE = 'must be above 0 K/min: the direction follows from "to"'
    RATE_UNLIKELY = "is outside {lowest:g} to {highest:g} K/min: check the number"
    DURATION_NOT_FINITE = "is not a finite duration"
    DURATION_NOT_POSITIVE = "must be longer than 0 s"
    DURATION_TOO_SHORT = "is shorter than {shortest:D}"
    DURATION_TOO_LONG = "is longer than {longest:D}: check the unit"
    NO_ROUNDS = "must be at least 1: leave the steps out to skip them"
    TOO_MANY_ROUNDS = "is above {most}: that is too many rounds"
    TOLERANCE_NOT_POSITIVE = "must be a number above 0, in K"
    TOLERANCE_TOO_WIDE = "is above {highest:g} K: check the number"
    PRESSURE_NOT_POSITIVE = "must be a number above 0, in mbar"
    PRESSURE_UNLIKELY = "is outside {lowest:g} to {highest:g} mbar: check the number"
    NAME_EMPTY = "is empty: say what the recipe is called"
    NAME_TOO_LONG = "has {length:characters}: {most} are allowed (longer text belongs into the description)"
    NAME_NOT_PRINTABLE = "holds a character that cannot be shown (a control or special space)"
    TEXT_TOO_LONG = "has {length:characters}: {most} are allowed"
    TEXT_NOT_PRINTABLE = "holds a control character"
    LIMITS_CROSSED = "min must be below max"
    STEPS_MISSING = "are missing"
    TOO_MANY_STEPS = "unroll to {steps} ramps and holds: at most {most} are allowed, so repeat less"
    TOO_DEEP = "is nested too deep: at most {most} repeats inside one another"
    RATE_AND_TIME = (
        'has both a rate and a time ("over"): keep the one that matters, the other follows from it'
    )

    NOTHING_TO_DO = "There is nothing to do: every ramp ends where it starts."
    TOO_MANY_ITEMS = (
        "Unrolled, this is a list of {items:items}; at most {most} are sent: repeat less, or raise max_items "
        "in the profile if your device takes more."
    )
    BELOW_PART = "{target:T} is below the part's limits ({limit:T})."
    ABOVE_PART = "{target:T} is above the part's limits ({limit:T})."
    BELOW_CHAMBER = "{target:T} is below this chamber's range ({limit:T})."
    ABOVE_CHAMBER = "{target:T} is above this chamber's range ({limit:T})."
    TOO_HOT_FOR_ANY = (
        "{target:T} is above {highest:T}: check the number, or put the highest temperature of this chamber "
        "into the profile (recipe.max) if it goes so far."
    )
    NOT_WRITABLE = (
        "An item of {target} °C for {seconds} s cannot be written in {unit} and {duration_unit}: give the "
        "step more time."
    )

    START_OUTSIDE_PART = "{start:T} at the start is outside the part's limits."
    SUSPICIOUSLY_HOT = "{target:T} is hotter than most parts stand ({usual:T}): check the number."
    SUSPICIOUSLY_COLD = "{target:T} is colder than liquid nitrogen gets ({usual:T}): check the number."
    BAND_OUTSIDE_PART = (
        "A dwell at {target:T} counts within ± {tolerance:K}, to {edge:T}, but the part's limit is "
        "{limit:T}, and every measured value is judged by it. Move the target, or tighten the tolerance."
    )
    FASTER_THAN_ASSUMED = (
        _TOO_FAST + "is assumed to reach {managed:R}: it may lag, and what follows is shorter than written."
    )
    FASTER_THAN_MANAGED = (
        _TOO_FAST + "has hardly ever managed more than {managed:r} all the way ({basis}): it will "
        "lag{late:by}, and what follows is shorter than written."
    )
    RATES_NOT_KEPT = (
        "{ramps:ramps} cannot be kept: the device is set to jump, so the chamber moves as fast as it can and "
        "waits at the target for the rest of the time."
    )
    HOLD_LOST = (
        "The hold of {hold:D} at {target:T} is over before the chamber is there"
        + _SURE
        + ": the ramp before "
        "it is about {late:about} too short."
    )
    HOLD_SHORTENED = (
        "About {late:about} of the hold of {hold:D} at {target:T} are lost" + _SURE + ": the ramp before it "
        "is so much too short."
    )
    NO_PRESSURE = (
        "Dwells count only at or below {pressure:P}, but no message is known to report the pressure, "
        "so none would count. Give its channel the role pressure in a contract file."
    )
    TOLERANCE_TIGHT = (
        "A tolerance of {tolerance:K} is tighter than a chamber of this kind is assumed to hold "
        "({held:K}), so little of a dwell may count."
    )
    BEGINS_WITH_HOLD = (
        "It holds before the first ramp: {start:T}, the temperature taken for the start, is sent as target. "
        "Begin with a ramp to say which is meant."
    )
    ENDS_COLD = (
        "It ends cold, at {end:T}: venting lets moisture condense on the part. End with a ramp to room "
        "temperature and a hold."
    )
    ENDS_HOT = "It ends hot, at {end:T}: end with a ramp to room temperature and a hold before it is opened."

    LEFT_OUT = "The ramp to {to:T} starts there already and is left out."
    NO_LIMITS = "No limits of the part are given, so no temperature was checked for it."
    NO_RANGE = "This chamber's range is not documented and not in the settings, so it was not checked."
    RATES_AS_DURATIONS = (
        "Rates are sent as durations: the device ignores a gradient and fills it in (documented); that it "
        "moves linearly over the duration is assumed."
    )
    RATE_ASSUMED = (
        "{some:Some ramps|Ramps} as fast as they go are estimated with {rate:R}, an assumption about this "
        "chamber."
    )
    TIMES_LEARNED = (
        "Times of ramps as fast as they go are {basis} of this chamber: {shortest:D} to {longest:D} in all."
    )
    TWO_RAMPS = "Two ramps follow each other without a hold at {target:T}."
    SHORT_HOLD = "{hold:D} at {target:T} is a short hold: a part in vacuum may not get there in that time."
    COLD_ON_THE_WAY = (
        "It goes down to {coldest:T}: cancelled there it leaves the part cold, so warm it up before venting."
    )
    ENDS_WITH_RAMP = "It ends with a ramp: what the device does after it reached {end:T} is not documented."
    LONG_RUN = "It takes {total:D}, more than a week: check durations and repeats."

    @property
    def severity(self) -> Severity:
        """`error`: must not be sent; `warning`: will not go as written; `info`: good to know."""
        return "error" if self in _ERRORS else "warning" if self in _WARNINGS else "info"

    def worded(self, data: Data, units: DisplayUnits = AS_REPORTED) -> str:
        """Return its words with their data, in the units in which values are shown."""
        facts = dict(data)
        part = f"{facts.pop('part')} " if "part" in facts else ""
        return part + _words_in(units).vformat(self.value, (), facts)


@lru_cache(maxsize=16)
def _words_in(units: DisplayUnits) -> _CodeWords:
    """Return what writes sentences in these units."""
    return _CodeWords(units)


_CODES = list(FindingCode)
_FLAWS = frozenset(_CODES[: _CODES.index(FindingCode.NOTHING_TO_DO)])
"""What is wrong with one value."""
_ERRORS = frozenset(_CODES[: _CODES.index(FindingCode.START_OUTSIDE_PART)])
_WARNINGS = frozenset(_CODES[len(_ERRORS) : _CODES.index(FindingCode.LEFT_OUT)])


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with one value, wherever it comes from."""

    code: FindingCode
    data: Data = ()

    def __str__(self) -> str:
        """Return the end of a sentence that begins with the value: "is above 1000 °C: check the number"."""
        return self.code.worded(self.data)

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
        """Severity of the finding."""
        return self.code.severity

    @property
    def where(self) -> str:
        """Place in the recipe (`step 4.1`, `limits`), or `recipe` for the whole."""
        return place_of(self.path) or self.key or "recipe"

    @property
    def message(self) -> str:
        """A sentence that does not name the step."""
        return self.message_in(AS_REPORTED)

    def message_in(self, units: DisplayUnits) -> str:
        """Return `message` in the units in which values are shown; of a typed value in its own."""
        words = self.code.worded(self.data, AS_REPORTED if self.code in _FLAWS else units)
        return f"{self.key or 'The temperature at the start'} {words}." if self.code in _FLAWS else words

    @property
    def sentence(self) -> str:
        """The remark with its place before it, where that is not the whole recipe: "step 4.1: ..."."""
        return self.sentence_in(AS_REPORTED)

    def sentence_in(self, units: DisplayUnits) -> str:
        """Return `sentence` in the units in which values are shown."""
        named, message = not self.path and (self.code in _FLAWS or not self.key), self.message_in(units)
        return message if named else f"{self.where}: {message}"


def flaw(code: FindingCode, **data: Any) -> Flaw:
    """Return what is wrong with a value, with the data that its words need."""
    return Flaw(code, tuple(data.items()))


def finding(code: FindingCode, path: StepPath = (), key: str = "", **data: Any) -> Finding:
    """Return a finding with the data that its words need."""
    return Finding(code, path, key, tuple(data.items()))
