"""Durations: as people write them, and as the program writes them. Kept in seconds everywhere."""

from __future__ import annotations

import math
import re
from typing import Literal, TypeAlias

from xovac_tui.digits import MINUS, spell_number
from xovac_tui.errors import RecipeError
from xovac_tui.text import LONGEST_TEXT, quoted
from xovac_tui.units import DAY, HOUR, MINUTE, NONE, SECONDS, TIME, Unit, unit_of

DurationUnit: TypeAlias = Literal["s", "min", "h", "ms"]


_HINT = 'write it like "2h", "1h30", "90 min", "30s", "1d 2h" or "01:30:00"'


_CLOCK = re.compile(r"([0-9]+):([0-5][0-9]):([0-5][0-9])")


_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([a-z]*)\s*")


_ROUGH = 100.0
"""Seconds from which on whole minutes say enough."""


def parse_duration(text: str) -> float:
    """Return the seconds of a duration as a person types it; RecipeError says what is wrong with it."""
    words = text.strip().lower()
    if not words:
        raise RecipeError(f"The duration is empty: {_HINT}.")
    if len(words) > LONGEST_TEXT:
        raise RecipeError(f"The duration is {len(words)} characters long: {_HINT}.")
    if words[0] in f"-{MINUS}":
        raise RecipeError(f"{quoted(text)} is negative: a duration is at least 0 s.")
    if clock := _CLOCK.fullmatch(words):
        return _finite(int(clock[1]) * HOUR + int(clock[2]) * MINUTE + int(clock[3]), text)
    return _finite(_parts(words, text), text)


def _parts(words: str, text: str) -> float:
    """Add up "1d 2h 30": units go from large to small, a last bare number means the next smaller unit."""
    total, at, before = 0.0, 0, NONE
    while at < len(words):
        part = _PART.match(words, at)
        if part is None:
            raise RecipeError(f"{quoted(text)} is not a duration: {_complaint(words)}.")
        number, unit, at = float(part[1]), time_unit(part[2]), part.end()
        if not part[2]:
            unit = time_unit({"h": "min", "min": "s"}.get(before.name, ""))
            if unit is None or number >= 60 or at < len(words):
                raise RecipeError(f"{quoted(text)} has a number without a unit: {_complaint(words)}.")
        elif unit is None:
            raise RecipeError(
                f"{quoted(text)} has an unknown unit {quoted(part[2])}: units are d, h, min, s."
            )
        if before is not NONE and unit.factor >= before.factor:
            raise RecipeError(f"{quoted(text)} is out of order: units go from large to small, each once.")
        total, before = total + number * unit.factor, unit
    return total


def time_unit(word: str) -> Unit | None:
    """Return the unit of time that a person types with a duration (`d`, `h`, `min`, `s`), else None."""
    unit = unit_of(word)
    return unit if unit.dimension == TIME and unit.factor >= 1 else None


def _complaint(words: str) -> str:
    """Return the most helpful advice for text that is no duration."""
    if "," in words:
        return 'decimals are written with a point, like "1.5h"'
    if re.fullmatch(r"[0-9]+:[0-9]+", words):
        return 'say "01:30:00" (hours:minutes:seconds), "1h30" or "1min30"'
    if re.fullmatch(r"[0-9.]+", words):
        return f'say "{words}min", "{words}s" or "{words}h"'
    return _HINT


def _finite(seconds: float, text: str) -> float:
    if not math.isfinite(seconds):
        raise RecipeError(f"{quoted(text)} is too long.")
    return seconds


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


def format_to_tenth(seconds: float | None) -> str:
    """Return a duration as `format_duration` does, below a minute to the tenth of a second: `12.5s`."""
    if seconds is None:
        return "—"
    return spell_duration(round(seconds, 1)) if 0 <= seconds < 59.95 else format_duration(seconds)


def format_clock(seconds: float) -> str:
    """Return a time since a moment, before it with a minus sign: `+1:02:11`, `−0:01:01`."""
    minutes, second = divmod(abs(round(seconds)), 60)
    return f"{MINUS if round(seconds) < 0 else '+'}{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def format_tick(seconds: float, step: float) -> str:
    """Return the label of a whole multiple of `step` on a time axis: `0`, `20 s`, `30 min`, `1h30`, `2 d`."""
    if not seconds:
        return "0"
    if step >= DAY:
        return f"{seconds / DAY:.0f} d"
    if seconds % HOUR == 0:
        return f"{seconds / HOUR:.0f} h"
    if seconds % MINUTE:
        return f"{seconds:.0f} s"
    minutes = int(seconds // MINUTE)
    return f"{minutes} min" if seconds < HOUR else f"{minutes // 60}h{minutes % 60:02d}"


def format_part(done: float, whole: float) -> str:
    """Return how much of a time is over, with the unit once: `40 of 60 s`, `7 of 10 min`."""
    if whole < _ROUGH:
        return f"{done:.0f} of {whole:.0f} s"
    if whole < 100 * MINUTE:
        return f"{done // MINUTE:.0f} of {whole / MINUTE:.0f} min"
    return f"{done // (HOUR / 10) / 10:.1f} of {whole / HOUR:.1f} h"


def format_age(seconds: float | None) -> str:
    """Return an age in a few characters, rounded: `0.4s`, `14s`, `2m05s`, `3h12m`; a dash for None."""
    if seconds is None:
        return "—"
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f}s"
    return format_duration(seconds).replace(" ", "")


def format_coarsely(seconds: float) -> str:
    """Return an age in whole units that are over, at least a second: `1 s`, `14 min`, `2 h`, `3 d`."""
    if seconds < MINUTE:
        return f"{max(1, int(seconds))} s"
    for unit, size, most in (("min", MINUTE, 2 * HOUR), ("h", HOUR, 2 * DAY)):
        if seconds < most:
            return f"{max(1, int(seconds // size))} {unit}"
    return f"{min(seconds // DAY, 99_999):.0f} d"


def format_minutes(seconds: float) -> str:
    """Return an age that changes once a minute at most: `<1m`, `5m`, `2h05m`, `3d04h`."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 60:
        return f"{minutes}m" if minutes else "<1m"
    return format_duration(minutes * 60 if minutes < 1440 else minutes // 60 * 3600).replace(" ", "")


def format_roughly(seconds: float) -> str:
    """Return a length of time to the minute, a short one to the second: `40 s`, `25 min`, `3h 05m`."""
    return " ".join(_rough(seconds))


def format_rough_span(soonest: float, latest: float) -> str:
    """Return two rough lengths of time with their unit once: `20 to 25 min`, `13h 10m to 21h 40m`."""
    first, last = _rough(soonest), _rough(latest)
    if first == last:
        return " ".join(last)
    return f"{' '.join(first[: 1 if first[1:] == last[1:] else 2])} to {' '.join(last)}"


def _rough(seconds: float) -> tuple[str, ...]:
    """Return figure and unit, or the one text that has both."""
    whole = abs(seconds)
    if whole < _ROUGH:
        return f"{whole:.0f}", "s"
    return (f"{whole / MINUTE:.0f}", "min") if whole < 2 * HOUR else (format_duration(whole),)


def format_change(seconds: float) -> str:
    """Return a difference of times as `format_roughly` does, with its sign: `+12 min`, `−40 s`, `+0 s`."""
    return f"{MINUS if round(seconds) < 0 else '+'}{format_roughly(seconds)}"


def format_whole(seconds: float) -> str:
    """Return a time in the longest unit of which it is a whole number: `10 min`, `24 h`, `2 d`, `90 s`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds % size == 0 and seconds > (size if unit == "d" else 0):
            return f"{spell_number(seconds / size)} {unit}"
    return f"{spell_number(seconds)} s"


def spell_shortly(seconds: float) -> str:
    """Return a duration to the minute, below an hour to the second: `1d 5h 9m`, `2h 5m`, `9m 30s`, `2.5s`."""
    if seconds < 60:
        return spell_duration(round(seconds, 1))
    return spell_duration(round(seconds) if round(seconds) < 3600 else round(seconds / 60) * 60)


def spell_duration(seconds: float) -> str:
    """Return a duration to the millisecond, as `parse_duration` reads it: "3h", "1h 30m", "2.5s"."""
    if not math.isfinite(seconds):
        return "—"
    whole, thousandths = divmod(round(abs(seconds) * 1000), 1000)
    parts = []
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        count, whole = divmod(whole, int(size))
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


def seconds_to(seconds: float, unit: DurationUnit) -> float:
    """Return a duration in seconds in another unit."""
    return SECONDS.to(unit_of(unit), seconds)


def seconds_from(value: float, unit: DurationUnit) -> float:
    """Return a duration in some unit in seconds."""
    return unit_of(unit).to(SECONDS, value)
