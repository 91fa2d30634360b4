"""Moments of a record as people name them: a date, a time of day, or how long after the start."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.units import parse_duration, shown
from xovac_tui.recording.schema import RecordError

_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_SLACK = 60.0
"""Seconds: a time of day is typed in minutes, and the minute may have begun before the start did."""


def moment(text: str, start: float, end: float, zone: tzinfo | None = UTC) -> float:
    """Return UTC seconds of what a person typed; RecordError says what can be typed.

    A date and time (ISO 8601, in `zone` where it names none; None is this machine's), a time of day (the
    first one of the stretch from `start` to `end`), or a duration from `start`.
    """
    words = text.strip()
    if _TIME_OF_DAY.fullmatch(words):
        return _of_the_day(words, start, end, zone)
    if _DATE.match(words):
        return _date(words, text, zone)
    try:
        return start + parse_duration(words)
    except RecipeError:
        raise _unreadable(text) from None


def _date(words: str, text: str, zone: tzinfo | None) -> float:
    try:
        found = datetime.fromisoformat(words)
        return (found if found.tzinfo else _local(found, zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise _unreadable(text) from None


def _of_the_day(words: str, start: float, end: float, zone: tzinfo | None) -> float:
    hour, minute, second = (int(part) for part in f"{words}:00".split(":")[:3])
    first = _day(start, zone)
    for number in range((_day(end, zone) - first).days + 1):
        day = first + timedelta(days=number)
        at = _local(datetime(day.year, day.month, day.day, hour, minute, second), zone).timestamp()
        if at + _SLACK > start and at <= end:
            return at
    raise RecordError(
        f"{words} is not between {say(start, zone)} and {say(end, zone)}. "
        "Name a time in between, with its date where there are several days."
    )


def say(utc: float, zone: tzinfo | None = UTC) -> str:
    """Return a moment to the second, as `moment` reads it."""
    return _in(utc, zone).strftime("%Y-%m-%d %H:%M:%S")


def _day(utc: float, zone: tzinfo | None) -> date:
    return _in(utc, zone).date()


def _in(utc: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(utc, UTC).astimezone(zone)


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()


def _unreadable(text: str) -> RecordError:
    return RecordError(
        f'"{shown(text, 40)}" is no moment. Write a date and time such as 2026-11-23T14:05:00Z, '
        "a time of day such as 14:05, or how long after the start, such as 2h30."
    )
