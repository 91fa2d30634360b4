"""Local times that come twice: the hour in which clocks are set back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

_QUARTER = 900
"""Seconds: zones change their distance from UTC at whole quarters of an hour."""


def local(utc: float, zone: tzinfo | None = None) -> datetime:
    """Return a moment in a zone; None is this machine's."""
    return datetime.fromtimestamp(utc, UTC).astimezone(zone)


def moments_of(typed: datetime, zone: tzinfo | None = None) -> list[datetime]:
    """Return the moments that a local time without a zone can be, in order of time.

    One as a rule, two in the hour that comes twice, none in the one that is left out in spring.
    """
    both = [_aware(typed.replace(fold=fold), zone) for fold in (0, 1)]
    found = [one for one in both if local(one.timestamp(), zone).replace(tzinfo=None, fold=0) == typed]
    return found[:1] if len(found) == 2 and found[0].utcoffset() == found[1].utcoffset() else found


def occurs_twice(utc: float, zone: tzinfo | None = None) -> bool:
    """Return whether the local time of a moment is also that of another moment.

    Never true of moments beyond the years 1 to 9999, of which no zone is known.
    """
    try:
        if zone is None:
            return _twice_here(int(utc // _QUARTER), time.tzname, time.timezone)
        return _twice(utc, zone)
    except (ValueError, OverflowError, OSError):
        return False


@lru_cache(maxsize=512)
def _twice_here(quarter: int, names: tuple[str, str], seconds: int) -> bool:
    # The names are in it for a zone that is changed while this runs, as tests do.
    return _twice(float(quarter * _QUARTER), None)


def _twice(utc: float, zone: tzinfo | None) -> bool:
    here = local(utc, zone).replace(tzinfo=None)
    one, other = (_aware(here.replace(fold=fold), zone).utcoffset() for fold in (0, 1))
    return one != other


def _aware(typed: datetime, zone: tzinfo | None) -> datetime:
    return typed.replace(tzinfo=zone) if zone else typed.astimezone()
