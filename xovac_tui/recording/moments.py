"""Moments of a record as people name them: a date, a time of day, or how long after the start."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from xovac_tui.durations import parse_duration
from xovac_tui.errors import RecipeError
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.text import clean
from xovac_tui.zones import local, moments_of, occurs_twice

_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_SLACK = 60.0
"""Seconds: a time of day is typed in minutes, and the minute may have begun before the start did."""


def moment(text: str, start: float, end: float, zone: tzinfo | None = UTC) -> float:
    """Return UTC seconds of what a person typed; RecordError says what can be typed.

    A date and time (ISO 8601, in `zone` where it names none; None is this machine's), a time of day (the
    first one of the stretch from `start` to `end`), or a duration from `start`.

    A local time that comes twice, when clocks are set back, is the one that lies in the stretch. Where both
    do, and where clocks left it out, it is refused with what to write instead.
    """
    words = text.strip()
    if _TIME_OF_DAY.fullmatch(words):
        return _of_the_day(words, start, end, zone)
    if _DATE.match(words):
        return _date(words, text, start, end, zone)
    try:
        return start + parse_duration(words)
    except RecipeError:
        raise _unreadable(text) from None


def _date(words: str, text: str, start: float, end: float, zone: tzinfo | None) -> float:
    try:
        found = datetime.fromisoformat(words)
        moments = [found] if found.tzinfo else moments_of(found, zone)
        return _the_one(found, [one.timestamp() for one in moments], start, end, zone)
    except (ValueError, OverflowError, OSError):
        raise _unreadable(text) from None


def _the_one(typed: datetime, moments: list[float], start: float, end: float, zone: tzinfo | None) -> float:
    """Return which of the moments that a local time may be is meant."""
    words = typed.strftime("%Y-%m-%d %H:%M:%S")
    if not moments:
        raise RecordError(
            f"There was no {words}: clocks were set forward over it. Write it with its distance from UTC, "
            f"such as {words}+01:00."
        )
    inside = [one for one in moments if start - _SLACK < one <= end]
    if len(moments) == 1 or len(inside) == 1:
        return (inside or moments)[0]
    either = " or ".join(say(one, zone) for one in moments)
    raise RecordError(f"{words} came twice, because clocks were set back. Write {either}.")


def _of_the_day(words: str, start: float, end: float, zone: tzinfo | None) -> float:
    hour, minute, second = (int(part) for part in f"{words}:00".split(":")[:3])
    first = _day(start, zone)
    for number in range((_day(end, zone) - first).days + 1):
        day = first + timedelta(days=number)
        typed = datetime(day.year, day.month, day.day, hour, minute, second)
        moments = [one.timestamp() for one in moments_of(typed, zone)]
        if any(start - _SLACK < at <= end for at in moments):
            return _the_one(typed, moments, start, end, zone)
    raise RecordError(
        f"{words} is not between {say(start, zone)} and {say(end, zone)}. "
        "Name a time in between, with its date where there are several days."
    )


def say(utc: float, zone: tzinfo | None = UTC) -> str:
    """Return a moment to the second, as `moment` reads it; with its offset where it comes twice."""
    at = local(utc, zone)
    return at.replace(microsecond=0).isoformat(" ") if occurs_twice(utc, zone) else f"{at:%Y-%m-%d %H:%M:%S}"


def _day(utc: float, zone: tzinfo | None) -> date:
    return local(utc, zone).date()


def _unreadable(text: str) -> RecordError:
    return RecordError(
        f'"{clean(text, 40)}" is not a time. Write a date and time such as 2026-11-23T14:05:00Z, '
        "a time of day such as 14:05, or how long after the start, such as 2h30."
    )
