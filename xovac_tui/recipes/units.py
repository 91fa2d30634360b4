"""Durations and temperatures: as people write them, as the program keeps them, and in the device's units."""

from __future__ import annotations

import math
import re
from typing import Literal, TypeAlias

from xovac_tui.digits import MINUS, figure
from xovac_tui.errors import RecipeError
from xovac_tui.units import in_one, is_temperature, to_celsius

TemperatureUnit: TypeAlias = Literal["degC", "K", "degF"]
DurationUnit: TypeAlias = Literal["s", "min", "h", "ms"]

_HINT = 'write it like "2h", "1h30", "90 min", "30s", "1d 2h" or "01:30:00"'
_LONGEST_TEXT = 64
_CLOCK = re.compile(r"([0-9]+):([0-5][0-9]):([0-5][0-9])")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([a-z]*)\s*")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_UNITS = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
}
_TYPED = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?)\s*(.*)", re.DOTALL)
_TEMPERATURE_HINT = 'write it like "-20", "-20 °C", "253.15 K" or "-4 °F"'
_DIFFERENCE_HINT = 'write it like "2", "2 K" or "3.6 °F"'
_RATE_HINT = 'write it like "1.5", "1.5 K/min", "90 K/h" or "0.02 K/s"'
_NOISE = 9
"""Decimals that are kept of a converted number; binary fractions differ below that."""
_PER_SECOND: dict[DurationUnit, float] = {"s": 1.0, "min": 1 / 60, "h": 1 / 3600, "ms": 1000.0}


def parse_duration(text: str) -> float:
    """Return the seconds of a duration as a person types it; RecipeError says what is wrong with it."""
    words = text.strip().lower()
    if not words:
        raise RecipeError(f"The duration is empty: {_HINT}.")
    if len(words) > _LONGEST_TEXT:
        raise RecipeError(f"The duration is {len(words)} characters long: {_HINT}.")
    if words[0] in f"-{MINUS}":
        raise RecipeError(f"{_quoted(text)} is negative: a duration is at least 0 s.")
    if clock := _CLOCK.fullmatch(words):
        return _finite(int(clock[1]) * 3600.0 + int(clock[2]) * 60.0 + int(clock[3]), text)
    return _finite(_parts(words, text), text)


def _parts(words: str, text: str) -> float:
    """Add up "1d 2h 30": units go from large to small, a last bare number means the next smaller unit."""
    total, at, before = 0.0, 0, ""
    while at < len(words):
        part = _PART.match(words, at)
        if part is None:
            raise RecipeError(f"{_quoted(text)} is not a duration: {_complaint(words)}.")
        number, unit, at = float(part[1]), _UNITS.get(part[2], ""), part.end()
        if not part[2]:
            unit = {"h": "m", "m": "s"}.get(before, "")
            if not unit or number >= 60 or at < len(words):
                raise RecipeError(f"{_quoted(text)} has a number without a unit: {_complaint(words)}.")
        elif not unit:
            raise RecipeError(
                f"{_quoted(text)} has an unknown unit {_quoted(part[2])}: units are d, h, min, s."
            )
        if before and _SECONDS[unit] >= _SECONDS[before]:
            raise RecipeError(f"{_quoted(text)} is out of order: units go from large to small, each once.")
        total, before = total + number * _SECONDS[unit], unit
    return total


def _complaint(words: str) -> str:
    """Return the most helpful advice for text that is no duration."""
    if "," in words:
        return 'decimals are written with a point, like "1.5h"'
    if re.fullmatch(r"[0-9]+:[0-9]+", words):
        return 'say "01:30:00" (hours:minutes:seconds), "1h30" or "1min30"'
    if re.fullmatch(r"[0-9.]+", words):
        return f'say "{words}min", "{words}s" or "{words}h"'
    return _HINT


def parse_temperature(text: str) -> float:
    """Return the degC of a temperature as a person types it, bare numbers being degC; RecipeError else."""
    value, unit = _typed(text, "temperature", _TEMPERATURE_HINT)
    celsius = to_celsius(value, unit)
    if celsius is None:
        raise RecipeError(
            f"{_quoted(text)} has an unknown unit {_quoted(unit)}: temperatures are in °C, K or °F."
        )
    return value if celsius == value else _without_noise(celsius)


def parse_difference(text: str) -> float:
    """Return the K of a difference of temperatures as a person types it; RecipeError says what is wrong."""
    value, unit = _typed(text, "difference", _DIFFERENCE_HINT)
    return _kelvins(value, unit, text)


def parse_rate(text: str) -> float:
    """Return the K/min of a rate as a person types it, bare numbers being K/min; RecipeError else."""
    value, unit = _typed(text, "rate", _RATE_HINT)
    if value < 0:
        raise RecipeError(
            f"{_quoted(text)} is negative: a rate is above 0, the direction follows from the target."
        )
    degrees, divided, time = unit.replace(" per ", "/").partition("/")
    if not unit:
        return value
    if not divided:
        raise RecipeError(f"{_quoted(text)} does not say in which time: {_RATE_HINT}.")
    seconds = _SECONDS.get(_UNITS.get(time.strip(), ""))
    if seconds is None:
        raise RecipeError(f"{_quoted(text)} has an unknown time {_quoted(time)}: rates are per h, min or s.")
    kelvins = _kelvins(value, degrees.strip(), text)
    return kelvins if seconds == 60.0 else _without_noise(kelvins * 60.0 / seconds)


def _typed(text: str, what: str, hint: str) -> tuple[float, str]:
    """Split "−20 °C" into a number and its unit in lower case."""
    words = " ".join(text.lower().split()).replace(MINUS, "-").replace("\N{EN DASH}", "-")
    if not words:
        raise RecipeError(f"The {what} is empty: {hint}.")
    if len(words) > _LONGEST_TEXT:
        raise RecipeError(f"The {what} is {len(words)} characters long: {hint}.")
    if re.match(r"[-+]?[0-9]*,[0-9]", words):
        raise RecipeError(f'{_quoted(text)}: decimals are written with a point, like "1.5".')
    # "- 20" is meant as it looks.
    found = _TYPED.fullmatch(re.sub(r"^([-+]) ", r"\1", words))
    if found is None:
        raise RecipeError(f"{_quoted(text)} is not a {what}: {hint}.")
    value = float(found[1])
    if not math.isfinite(value):
        raise RecipeError(f"{_quoted(text)} is far too large: check the number.")
    return value + 0.0, found[2]


def _kelvins(value: float, unit: str, text: str) -> float:
    """Return a difference in degrees of some unit in K."""
    kelvins = in_one("K", unit or "K") if is_temperature(unit or "K") else None
    if kelvins is None:
        raise RecipeError(f"{_quoted(text)} has an unknown unit {_quoted(unit)}: degrees are K, °C or °F.")
    return value if kelvins == 1.0 else _without_noise(value * kelvins)


def _without_noise(value: float) -> float:
    return round(value, _NOISE) + 0.0


def _quoted(text: str) -> str:
    return '"' + shown(text.strip(), 40) + '"'


def _finite(seconds: float, text: str) -> float:
    if not math.isfinite(seconds):
        raise RecipeError(f"{_quoted(text)} is too long.")
    return seconds


def shown(text: str, limit: int = 80) -> str:
    """Return untrusted text for a sentence: control characters made visible, cut at `limit` characters."""
    signs = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[: limit + 1])
    visible = "".join(signs)
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"


def format_duration(seconds: float) -> str:
    """Return a duration in its two largest units, rounded: "45s", "5m 30s", "2h 05m", "1d 02h"."""
    if not math.isfinite(seconds):
        return "—"
    if seconds < 0:
        text = format_duration(-seconds)
        # What rounds to nothing is not less than nothing.
        return text if text == "0.0s" else f"{MINUS}{text}"
    if 0 < seconds < 0.95:
        return f"{seconds:.1f}s"
    # Rounding comes before choosing the units, so that 59.6 s reads "1m 00s" and never "60s".
    if (whole := round(seconds)) < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if (minutes := round(seconds / 60)) < 1440:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    hours = round(seconds / 3600)
    return f"{hours // 24}d {hours % 24:02d}h"


def spell_duration(seconds: float) -> str:
    """Return a duration to the millisecond, as `parse_duration` reads it: "3h", "1h 30m", "2.5s"."""
    if not math.isfinite(seconds):
        return "—"
    whole, thousandths = divmod(round(abs(seconds) * 1000), 1000)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    if whole or thousandths or not parts:
        parts.append(
            f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".") + "s" if thousandths else f"{whole}s"
        )
    return (MINUS if seconds < 0 and parts != ["0s"] else "") + " ".join(parts)


def spell_exactly(seconds: float) -> str:
    """Return a duration so that `parse_duration` reads the very same number, however fine it is."""
    text = spell_duration(seconds)
    try:
        return text if parse_duration(text) == seconds else f"{spell_number(seconds)}s"
    except RecipeError:
        return text


def spell_temperature(celsius: float) -> str:
    """Return a temperature in degC as a field shows it, and `parse_temperature` reads it: "-20 °C"."""
    return f"{spell_number(celsius)} °C"


def spell_difference(kelvins: float) -> str:
    """Return a difference in K as a field shows it, and `parse_difference` reads it: "2 K"."""
    return f"{spell_number(kelvins)} K"


def spell_rate(rate: float) -> str:
    """Return a rate in K/min as a field shows it, and `parse_rate` reads it: "1.5 K/min"."""
    return f"{spell_number(rate)} K/min"


def spell_number(value: float) -> str:
    """Return a number with all its digits and a plain minus sign, as files and fields have it: "-20"."""
    number = float(value) + 0.0
    if not math.isfinite(number):
        return "—"
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def format_temperature(celsius: float) -> str:
    """Return a temperature for a sentence: "−20 °C", "37.5 °C", at most two decimals."""
    return f"{format_number(celsius)} °C"


def format_number(value: float, decimals: int = 2) -> str:
    """Return a number with a true minus sign and without trailing zeros."""
    text = figure(value, f".{decimals}f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds_to(seconds: float, unit: DurationUnit) -> float:
    """Return a duration in seconds in another unit."""
    return seconds * _PER_SECOND[unit]


def seconds_from(value: float, unit: DurationUnit) -> float:
    """Return a duration in some unit in seconds."""
    return value / _PER_SECOND[unit]
