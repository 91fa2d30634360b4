"""Guess what a leaf is by its name and what came of it. Pure: a guess is offered with its reason.

Nothing here applies a guess: a person accepts it in the console, or reads it in a draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, unique
from itertools import pairwise
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract, LeafTable, Role, SensorPlace
from xovac_tui.api.contracts.samples import (
    MOST_TEXTS,
    NO_READING_TEXTS,
    LeafSamples,
    words_of,
)
from xovac_tui.api.contracts.tables import Where, leaf_at, leaf_table
from xovac_tui.digits import digits
from xovac_tui.text import clean
from xovac_tui.units import (
    FLOW,
    PRESSURE,
    RATIO,
    STANDARD_FLOW,
    TEMPERATURE,
    THROUGHPUT,
    TIME,
    is_known,
    to_mbar,
    unit_of,
)

_FEW, _MANY = 5, 20
"""Numbers that show a counter: where its name says so, and where it does not."""
_DECADES = 100.0
"""Highest by lowest pressure from which a logarithmic axis shows more."""
_ROUGH = 1.0
"""mbar; a pressure that was below it goes through decades when the chamber is vented."""
_EPOCH_MS = (1e12, 4e12)
"""Milliseconds since 1970 in the years 2001 to 2096."""
_EPOCH_S = (1e9, 4e9)


@unique
class GuessCode(Enum):
    """Why something is guessed, with its words: a clause that follows the guess."""

    UNIT_IN_NAME = 'the name ends in "{word}"'
    UNIT_BESIDE = '"{word}" comes beside it as its unit'
    UNIT_OF_TEMPERATURE = 'the name says "{word}" and the values are {low} to {high}, as of °C'
    UNIT_OF_AIR = 'the name says "{word}" and {value} came, which is the pressure of air in {unit}'
    UNIT_OF_HUMIDITY = 'the name says "{word}" and the values are {low} to {high}'
    UNIT_OF_CLOCK = "the values are milliseconds since 1970"
    STATE_WORDS = "it is {seen}, words of a state"
    STATE_HALF = "it is {seen}, words of a state; {missing} did not come yet and is assumed"
    IN_NAME = 'the name says "{word}"'
    ROLE_OF_UNIT = 'the name says "{word}" and the unit is {unit}'
    CLOCK = "the values are milliseconds since 1970: the clock of the server"
    PIN_OF_ROLE = "the role {role} is among what matters most"
    LOG_DECADES = "the pressure went from {low} to {high}, over decades"
    LOG_VACUUM = "the pressure was {low}: it goes over decades"
    HIDE_COUNTER = "the numbers only count up"
    HIDE_UNIT = "it is the unit of the value beside it"
    HIDE_CLOCK = "it is a clock, and no reading"
    HIDE_STATE = "it is shown as the state, and is no reading"
    NO_READING = "{seen} came, which many devices send for no reading"
    NAME_OF_PATH = "from the path"


class Guess(msgspec.Struct, frozen=True):
    """Values of keys of a leaf that belong together, and why they are guessed."""

    code: GuessCode
    values: tuple[tuple[str, Any], ...]
    """(key of the leaf's table, value) pairs, as a contract file has them."""
    data: tuple[tuple[str, str], ...] = ()

    @property
    def reason(self) -> str:
        """Why, as a clause."""
        return self.code.value.format(**dict(self.data))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it gives."""
        return tuple(key for key, _ in self.values)

    @property
    def sentence(self) -> str:
        """The guess with its reason: `unit = mbar: the name ends in "mbar"`."""
        given = ", ".join(f"{key} = {_said(value)}" for key, value in self.values)
        return f"{given}: {self.reason}"


def with_guesses(leaf: LeafTable, guesses: Iterable[Guess]) -> LeafTable:
    """Return a leaf with guesses that were accepted."""
    given = {key: value for guess in guesses for key, value in guess.values}
    whole = msgspec.to_builtins(leaf) | given
    return msgspec.convert(whole, LeafTable)


# -- names --------------------------------------------------------------------------------------------

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^.]+')
_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+|[%°℃Ωµ]+[A-Za-z]*")
_GENERIC = words_of("value val reading data current_value actual act measured raw avg")
_VALUE_KEYS = ("value", "val", "reading")
_UNIT_KEYS = ("unit", "units", "uom")
_MEANT = {
    "p": "pressure",
    "press": "pressure",
    "t": "temperature",
    "temp": "temperature",
    "temps": "temperature",
    "sp": "setpoint",
    "rh": "humidity",
    "hum": "humidity",
    "pwr": "power",
    "pct": "percent",
    **{word: word.upper() for word in words_of("adc dac dut gn ln mfc pcb pid psu rga rtd tc tec uut")},
    "pt": "Pt",
}
"""What short words of a name are spelled out as in a label."""
_SYMBOLS = {"current": ("i", "current"), "voltage": ("u", "voltage"), "power": ("p", "power")}
"""Dimension -> the letter that stands for it, and its word: `u_V` is a voltage."""
_WITH_NUMBER = frozenset(("GN", "LN", "Pt"))
"""Words of which a number is a part: `LN2`, `Pt100`."""
_COLLECTIONS = words_of("channels measurements readings sensors status system telemetry values")
"""Keys that hold everything and say nothing of what is below them."""
_QUALITIES = words_of(
    "t temp temps temperature temperatures p press pressure pressures humidity rh hum power pwr"
    " voltage current i u level flow speed rpm position percent pct min max mean sp setpoint setpt target"
    " open closed on off enabled name state mode count total step inner outer upper lower left right top"
    " bottom front back in out inlet outlet int ext internal external ch channel stage"
)
"""Words that say a thing's property or place, and need the thing before them: `psu.ch1.voltage_V`."""

_TEMPERATURES = words_of("t temp temps temperature temperatures tc pt100 thermocouple rtd")
_PRESSURES = words_of("p press pressure vac vacuum gauge pirani baratron ion penning")
_TIMES = words_of("time elapsed uptime duration age remaining left since period interval runtime")
_MEASURES: dict[str, frozenset[str]] = {
    TEMPERATURE: _TEMPERATURES,
    PRESSURE: _PRESSURES,
    TIME: _TIMES,
    "current": words_of("current curr amps i"),
    "voltage": words_of("voltage volt u psu supply bus rail battery"),
    "power": words_of("power pwr heater heat psu supply load"),
    "energy": words_of("energy"),
    FLOW: words_of("flow flowrate mfc rate gas purge water coolant cooling chiller nitrogen helium air"),
    THROUGHPUT: words_of("leak leakrate rate throughput outgassing desorption q"),
}
"""Words of a name that say what is measured, so that one letter behind them can be its unit."""
_DOUBTFUL = words_of("min d or in pa ma na ol")
"""Words in small letters that are units only behind a word of what is measured: `temp_min` is the lowest."""

_SETPOINTS = words_of("setpoint set sp target soll setvalue setpt")
_PARTS = words_of("part dut specimen sample uut article controlled control process pv")
_ROOM = words_of("room ambient lab outside air hall")
_ELSEWHERE = words_of("water coolant chiller cooling inlet outlet line foreline backing n2 air")
_OUTSIDE = words_of("room ambient lab outside external ext water coolant chiller radiator exchanger")
_COUNTERS = words_of("count counter cnt seq sequence tick ticks uptime frame packet n id index nr")
_RECIPES = words_of("recipe program programme")
_STATES = words_of("state status mode phase activity")
_RUNNING = words_of(
    "run running active busy executing started heating cooling ramping dwell dwelling soak cycling on"
)
_IDLE = words_of(
    "idle stop stopped ready standby off done finished complete completed waiting inactive aborted"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


class LeafName(msgspec.Struct, frozen=True):
    """The path of a leaf in words."""

    parts: tuple[tuple[str, ...], ...]
    """The words of each key of the path, as they are written; indices of lists are words too."""
    words: tuple[str, ...]
    """All of them, in small letters."""
    event: tuple[str, ...]
    """The words of the event, in small letters."""

    @classmethod
    def of(cls, event: str, path: str) -> LeafName:
        """Return the words of a path; those of the event where the path is empty."""
        keys = [_unquoted(part) for part in _PART.findall(path)] or [event]
        parts = tuple(tuple(_WORD.findall(key)) for key in keys)
        heading = tuple(word.lower() for word in _WORD.findall(event))
        return cls(parts, tuple(word.lower() for part in parts for word in part), heading)

    def said(self, words: frozenset[str]) -> str:
        """Return which of some words the name says, the last one; empty where none."""
        return next((word for word in reversed(self.words) if word in words), "")


def _unquoted(part: str) -> str:
    if not part.startswith('"'):
        return part
    try:
        return str(msgspec.json.decode(part))
    except msgspec.DecodeError:
        return part.strip('"')


def _unit_in(name: LeafName) -> tuple[str, tuple[str, ...]]:
    """Return the unit that a name ends in, and the words of which it is made; else empty ones."""
    last = name.parts[-1] if name.parts else ()
    if not last:
        return "", ()
    before = [word.lower() for part in name.parts[:-1] for word in part]
    for count in (4, 3, 2, 1):
        words = last[-count:]
        spelled = _spelled(words) if len(words) == count else ""
        unit = unit_of(spelled)
        if not unit.name or not is_known(spelled) or spelled == "1":
            continue
        ahead = [*before, *(word.lower() for word in last[:-count])]
        if count == 1 and not _is_meant(spelled, unit.dimension, ahead):
            continue
        # `flow_l_min` is a flow; `level_l_min` is the lowest of something.
        flows = unit.dimension in (FLOW, THROUGHPUT) and count > 1 and "per" not in words
        if flows and not _MEASURES[unit.dimension].intersection(ahead):
            continue
        return unit.name, words
    return "", ()


def _spelled(words: Sequence[str]) -> str:
    """Return the unit that words at the end of a name may spell; empty where they spell none together."""
    small = [word.lower() for word in words]
    joined = "".join(words)
    match small:
        case [_]:
            return joined
        case [*_, "per", _]:
            return f"{''.join(words[:-2])}/{words[-1]}"
        case ["deg" | "k" | "m" | "h" | "u", _] | [_, "rh"]:
            # `deg_c`, and `kPa`, of which the capital begins a word.
            return joined
        case [*_, "s" | "sec" | "min" | "h" | "hr"]:
            # Not of a temperature or a pressure: `temp_c_min` is the lowest one.
            divided = f"{''.join(words[:-1])}/{words[-1]}"
            return divided if unit_of(divided).dimension in (FLOW, STANDARD_FLOW, THROUGHPUT) else ""
    return ""


def _is_meant(spelled: str, dimension: str, ahead: list[str]) -> bool:
    """Return whether one word of a name is meant as a unit: `temp_c` and `t_C` are, `plate_A` is not."""
    if spelled == "%" or (len(spelled) > 1 and spelled.lower() not in _DOUBTFUL):
        # `vacuum.mbar`, `p_mbar`; but `bar` alone is any name.
        return bool(ahead)
    if spelled in ("Pa", "mA", "nA"):
        return bool(ahead)
    return bool(_MEASURES.get(dimension, frozenset()).intersection(ahead))


# -- guesses ------------------------------------------------------------------------------------------


def guesses_of(event: str, path: str, samples: LeafSamples, *, unit: str = "") -> list[Guess]:
    """Return what may be said of a leaf by its name and by what came; `unit` is what stands beside it.

    Roles are guessed for each leaf on its own: `guesses_of_all` leaves one leaf a role.
    """
    name = LeafName.of(event, path)
    return list(_guesses(name, samples, unit))


def _guesses(name: LeafName, samples: LeafSamples, beside: str) -> Iterator[Guess]:
    if clock := _clock(samples):
        yield from clock
        return
    measured = ""
    words: tuple[str, ...] = ()
    if samples.numeric:
        found = _unit_guess(name, samples, beside)
        if found is not None:
            yield found
            measured = str(dict(found.values)["unit"])
        _, words = _unit_in(name)
    yield from _role(name, samples, measured)
    if samples.numeric:
        yield from _log(samples, measured)
        yield from _counter(name, samples, measured)
    yield from _no_reading(samples, measured)
    if measured and (word := name.said(_OUTSIDE)) and unit_of(measured).dimension == TEMPERATURE:
        yield _guess(GuessCode.IN_NAME, {"place": SensorPlace.OUTSIDE.value}, word=word)
    if label := _label(name, words, unit_of(measured).dimension if measured else ""):
        yield _guess(GuessCode.NAME_OF_PATH, {"label": label})


def _clock(samples: LeafSamples) -> list[Guess]:
    if samples.whole and _EPOCH_MS[0] <= samples.low and samples.high <= _EPOCH_MS[1]:
        return [
            _guess(GuessCode.UNIT_OF_CLOCK, {"unit": "ms"}),
            _guess(GuessCode.CLOCK, {"role": Role.SERVER_TIME.value}),
            _guess(GuessCode.HIDE_CLOCK, {"hide": True}),
            _guess(GuessCode.NAME_OF_PATH, {"label": "Server clock"}),
        ]
    seconds = bool(samples.values) and _EPOCH_S[0] <= samples.low and samples.high <= _EPOCH_S[1]
    texts = bool(samples.texts) and all(_DATE.match(text) for text in samples.texts)
    return [_guess(GuessCode.HIDE_CLOCK, {"hide": True})] if seconds or texts else []


def _unit_guess(name: LeafName, samples: LeafSamples, beside: str) -> Guess | None:
    unit, words = _unit_in(name)
    if unit:
        return _guess(
            GuessCode.UNIT_IN_NAME, {"unit": unit}, word=(" " if len(words) > 2 else "").join(words)
        )
    if beside:
        return _guess(GuessCode.UNIT_BESIDE, {"unit": unit_of(beside).name}, word=beside)
    if not samples.values:
        return None
    low, high = samples.low, samples.high
    if (word := name.said(_TEMPERATURES)) and low > -200 and high < 400 and low < 200:
        return _guess(GuessCode.UNIT_OF_TEMPERATURE, {"unit": "degC"}, word=word, low=low, high=high)
    if word := name.said(_PRESSURES):
        # Air at heights where people live: 850 to 1060 mbar.
        for one in ("mbar", "Pa", "kPa", "Torr"):
            mbar = to_mbar(high, one) or 0.0
            if 850 <= mbar <= 1060:
                return _guess(GuessCode.UNIT_OF_AIR, {"unit": one}, word=word, value=digits(high), unit=one)
    if (word := name.said(frozenset(("humidity", "rh", "hum")))) and 0 <= low <= high <= 100:
        return _guess(GuessCode.UNIT_OF_HUMIDITY, {"unit": "%RH"}, word=word, low=low, high=high)
    return None


def _role(name: LeafName, samples: LeafSamples, unit: str) -> Iterator[Guess]:
    if samples.texts and not samples.numeric:
        yield from _of_words(name, samples)
        return
    role, word = _numeric_role(name, samples, unit)
    if role is None:
        return
    code = GuessCode.ROLE_OF_UNIT if unit else GuessCode.IN_NAME
    yield _guess(code, {"role": role.value}, word=word, unit=unit)
    if role in (Role.CONTROLLED, Role.PRESSURE):
        yield _guess(GuessCode.PIN_OF_ROLE, {"pin": True}, role=role.value)


def _numeric_role(name: LeafName, samples: LeafSamples, unit: str) -> tuple[Role | None, str]:
    """Return the role that numbers or truth values may have, and the word of the name that says so."""
    dimension = unit_of(unit).dimension
    switch = samples.truth or (samples.whole and samples.low >= 0 and samples.high <= 1)
    if switch:
        if (word := name.said(_PARTS)) and name.said(frozenset(("power", "powered", "supply"))):
            return Role.PART_POWER, word
        for role in (Role.PUMP, Role.VENT):
            if word := name.said(frozenset((role.value, f"{role.value}s", f"{role.value}ing"))):
                return role, word
    if samples.truth:
        return None, ""
    if dimension == TEMPERATURE:
        if word := name.said(frozenset(("dew", "dewpoint"))):
            return Role.DEW_POINT, word
        if word := name.said(_SETPOINTS):
            return Role.SETPOINT, word
        if word := name.said(_PARTS):
            return Role.CONTROLLED, word
        if word := name.said(_ROOM):
            return Role.ROOM_TEMPERATURE, word
    if dimension == PRESSURE and not name.said(_ELSEWHERE) and not name.said(_SETPOINTS):
        return Role.PRESSURE, name.said(_PRESSURES) or name.words[-1]
    if dimension == RATIO and unit in ("%", "%RH") and (word := name.said(frozenset(("humidity", "rh")))):
        return Role.HUMIDITY, word
    if dimension == "power" and (word := name.said(frozenset(("power", "heater", "output", "tec", "pwr")))):
        return Role.OUTPUT, word
    if not unit and samples.whole and samples.high < 1000:
        words = frozenset(name.words)
        if "steps" in words or ("step" in words and words & {"count", "total", "n", "number_of"}):
            return Role.STEPS, "steps" if "steps" in words else "step"
        if "step" in words:
            return Role.STEP, "step"
    if not unit and name.words[-1:] == ("setpoint",):
        return Role.SETPOINT, "setpoint"
    return None, ""


def _of_words(name: LeafName, samples: LeafSamples) -> Iterator[Guess]:
    texts = [text for text in samples.texts if text.strip()]
    if not texts or len(samples.texts) > MOST_TEXTS:
        return
    running = [text for text in texts if text.strip().casefold() in _RUNNING]
    idle = [text for text in texts if text.strip().casefold() in _IDLE]
    named = name.said(_STATES)
    switch = {text.strip().casefold() for text in texts} <= {"on", "off"}
    if (running or idle) and (named or not switch) and (named or len(running) + len(idle) == len(texts)):
        seen = " and ".join(f'"{clean(text, 20)}"' for text in (running + idle)[:3])
        missing = "" if running and idle else "idle" if running else "running"
        running, idle = running or ["running"], idle or ["idle"]
        code = GuessCode.STATE_HALF if missing else GuessCode.STATE_WORDS
        values = {"role": Role.STATE.value, "running": running, "idle": idle}
        yield _guess(code, values, seen=seen, missing=missing)
        yield _guess(GuessCode.HIDE_STATE, {"hide": True})
    elif (word := (name.said(_RECIPES) or _recipe_event(name))) and not named:
        yield _guess(GuessCode.IN_NAME, {"role": Role.RECIPE_NAME.value}, word=word)


def _recipe_event(name: LeafName) -> str:
    """Return the word by which a leaf `name` of an event such as `recipe_state` is that of a recipe."""
    named = name.words[-1:] == ("name",)
    return next((word for word in name.event if word in _RECIPES), "") if named else ""


def _log(samples: LeafSamples, unit: str) -> Iterator[Guess]:
    positive = [value for value in (samples.low, samples.high) if value > 0]
    if unit_of(unit).dimension != PRESSURE or len(positive) < 2:
        return
    low, high = f"{digits(samples.low)} {unit}", f"{digits(samples.high)} {unit}"
    if samples.high / samples.low >= _DECADES:
        yield _guess(GuessCode.LOG_DECADES, {"log": True}, low=low, high=high)
    elif (to_mbar(samples.low, unit) or _ROUGH) < _ROUGH:
        yield _guess(GuessCode.LOG_VACUUM, {"log": True}, low=low)


def _counter(name: LeafName, samples: LeafSamples, unit: str) -> Iterator[Guess]:
    values = list(samples.values)
    named = bool(name.said(_COUNTERS))
    if not samples.whole or len(values) < (_FEW if named else _MANY):
        return
    steps = {later - earlier for earlier, later in pairwise(values)}
    if unit_of(unit).dimension in (TEMPERATURE, PRESSURE):
        return
    if min(steps) > 0 if not named else min(steps) >= 0 and max(steps) > 0:
        yield _guess(GuessCode.HIDE_COUNTER, {"hide": True})


def _no_reading(samples: LeafSamples, unit: str) -> Iterator[Guess]:
    marks: list[float | str] = [
        mark for mark in samples.marks if not samples.values or not _is_near(mark, samples)
    ]
    if samples.numeric or unit:
        marks += [text for text in samples.texts if text.strip().casefold() in NO_READING_TEXTS]
    if marks and samples.numeric:
        seen = " and ".join(_said(mark) for mark in marks[:3])
        yield _guess(GuessCode.NO_READING, {"invalid": marks}, seen=seen)


def _is_near(mark: float, samples: LeafSamples) -> bool:
    """Return whether a number that may stand for "no reading" is among the readings that came."""
    span = max(samples.high - samples.low, 0.1 * max(abs(samples.low), abs(samples.high)), 1.0)
    return samples.low - span <= mark <= samples.high + span


def _label(name: LeafName, unit_words: tuple[str, ...], dimension: str) -> str:
    """Return a name for people: the last key without its unit, after the keys that say what it is of."""
    parts = [list(part) for part in name.parts if part]
    # `rh` is a unit, and the word for what it is of.
    if parts and unit_words and unit_words[-1].lower() != "rh" and len(parts[-1]) >= len(unit_words):
        del parts[-1][len(parts[-1]) - len(unit_words) :]
    words: list[str] = []
    while parts:
        own = parts.pop()
        if words and own and len(own[-1]) > 3 and re.search(r"[^aius]s$", own[-1]):
            # `plates.a` is one plate.
            own[-1] = own[-1][:-1]
        words = [*own, *words]
        plain = [word for word in words if not word.isdigit() and word.lower() not in _GENERIC]
        if any(len(word) > 1 and word.lower() not in _QUALITIES for word in plain):
            break
        if not plain and not parts:
            return ""
    words = [word for word in words if word.lower() not in _GENERIC] or words
    while len(words) > 1 and not words[1].isdigit() and _says_nothing(words[0]):
        del words[0]
    text = clean(" ".join(_spelled_out(words, dimension)).strip(), 40)
    return text[:1].upper() + text[1:]


def _says_nothing(word: str) -> bool:
    """Return whether a first word of several is one of how it is kept: `sensors.dut`, `currentTemp`."""
    small = word.lower()
    return small == "current" or small in _COLLECTIONS or f"{small}s" in _COLLECTIONS


def _spelled_out(words: Sequence[str], dimension: str) -> list[str]:
    """Return the words of a label; none of them twice, except numbers."""
    letter, symbol = _SYMBOLS.get(dimension, ("", ""))
    shown: list[str] = []
    for word in words:
        small = word.lower()
        said = symbol if small == letter else _MEANT.get(small, small if len(word) > 1 else word.upper())
        if word.isdigit() and shown and (shown[-1] in _WITH_NUMBER or re.fullmatch("[A-Z]", shown[-1])):
            shown[-1] += word
        elif word.isdigit() or said.lower() not in (one.lower() for one in shown):
            shown.append(said)
    return shown


def short_name(label: str) -> str:
    """Return a name for programs: small letters, digits and `_`; empty where a label has none of them."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


# -- all leaves ---------------------------------------------------------------------------------------


def guesses_of_all(
    leaves: Iterable[tuple[str, str, LeafSamples]], contract: Contract
) -> dict[Where, list[Guess]]:
    """Return the guesses for leaves (event, path, what came), by place, with short names of their own.

    A role that the contract gives, or that an earlier leaf is guessed to have, is not guessed again, and of a
    leaf that it has nothing that it says.
    """
    known = list(leaves)
    beside = _units_beside(known)
    given = {
        leaf_at(event, leaf.path): leaf_table(leaf).keys()
        for event, message in contract.messages.items()
        for leaf in message.leaves
    }
    roles = {leaf.role for message in contract.messages.values() for leaf in message.leaves if leaf.role}
    taken = {
        name.casefold()
        for message in contract.messages.values()
        for leaf in message.leaves
        for name in (leaf.channel, *leaf.aliases)
    }
    # A name like another channel's full name would be taken for that.
    full_names = {_full_name(event, path) for event, path, _ in known}
    found: dict[Where, list[Guess]] = {}
    numbers: dict[str, int] = {}
    for event, path, samples in known:
        guesses = []
        dropped = False
        for guess in guesses_of(event, path, samples, unit=beside.get((event, path), "")):
            role = dict(guess.values).get("role")
            if role is not None:
                dropped = Role(role) in roles
                roles.add(Role(role))
            # What follows from a role goes with it.
            if not (dropped and (role is not None or guess.code in _OF_ROLE)):
                guesses.append(guess)
        if path.rpartition(".")[2] in _UNIT_KEYS and any((event, one) in beside for one in _valued(path)):
            guesses.append(_guess(GuessCode.HIDE_UNIT, {"hide": True}))
        label = next((str(value) for one in guesses for key, value in one.values if key == "label"), "")
        others = full_names.difference((_full_name(event, path),)) if not path else full_names
        if name := _own(short_name(label), (taken, others), numbers):
            taken.add(name)
            guesses.append(_guess(GuessCode.NAME_OF_PATH, {"channel": name}))
        named = given.get(leaf_at(event, path), ())
        found[leaf_at(event, path)] = [one for one in guesses if not set(one.keys).intersection(named)]
    return found


_OF_ROLE = frozenset((GuessCode.PIN_OF_ROLE, GuessCode.HIDE_STATE))


def _full_name(event: str, path: str) -> str:
    return (f"{event}.{path}" if path else event).casefold()


def _own(name: str, taken: Sequence[set[str]], numbers: dict[str, int]) -> str:
    """Return a name that is not taken yet, with a number if need be; `numbers` are the newest ones given."""
    if not name or not any(name in names for names in taken):
        return name
    number = numbers.get(name, 1) + 1
    while any(f"{name}_{number}" in names for names in taken):
        number += 1
    numbers[name] = number
    return f"{name}_{number}"


def _valued(path: str) -> list[str]:
    """Return the paths of the values whose unit may be at a path."""
    parent, dot, _ = path.rpartition(".")
    return [f"{parent}{dot}{name}" for name in _VALUE_KEYS]


def _units_beside(leaves: Iterable[tuple[str, str, LeafSamples]]) -> Mapping[tuple[str, str], str]:
    """Return the units that come as text in a leaf `unit` or `units` beside `value`, by event and path."""
    found = {}
    for event, path, samples in leaves:
        if path.rpartition(".")[2] in _UNIT_KEYS and len(samples.texts) == 1:
            unit = next(iter(samples.texts)).strip()
            if unit and is_known(unit):
                found.update({(event, one): unit for one in _valued(path)})
    return found


def _guess(code: GuessCode, values: Mapping[str, Any], **data: object) -> Guess:
    words = {key: digits(value) if isinstance(value, float) else str(value) for key, value in data.items()}
    return Guess(code, tuple(values.items()), tuple(words.items()))


def _said(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return digits(value)
        case list():
            return ", ".join(_said(one) for one in value)
    return f'"{clean(str(value), 40)}"'
