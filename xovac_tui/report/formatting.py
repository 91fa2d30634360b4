"""Times, numbers and strange text as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timezone, tzinfo

from xovac_tui.digits import figure
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_clock
from xovac_tui.text import clean, clean_lines
from xovac_tui.units import unit_of

Row = tuple[str, ...]
"""Cells of a table."""
Pair = tuple[str, str]
"""What something is called, and what it is."""
DASH = "—"
COOL, WARM = 15.0, 35.0
"""degC; between them a dwell is neither hot nor cold: a laboratory may be so warm."""
_JUDGED, _MOST_JUDGED = 2, 9
"""Decimals of a temperature that a verdict depends on."""
_SOURCE_LINES = 5_000
_SOURCE_WIDTH = 400


class ReportTimes:
    """Wall times of one report, all in one zone, which the report names once."""

    def __init__(self, zone: tzinfo | None, start: float, until: float) -> None:
        first, last = (datetime.fromtimestamp(at, UTC).astimezone(zone) for at in (start, until))
        # A run over the night in which the clocks change would have an hour twice. What happened before and
        # after it, when clocks went otherwise, is shown in the zone that the report names as well.
        offset, name = first.utcoffset(), first.tzname()
        same = offset is not None and offset == last.utcoffset()
        self.zone: tzinfo = timezone(offset, name or "") if same and offset is not None else UTC
        self._start = start

    @property
    def zone_words(self) -> str:
        """The zone with its distance from UTC: `UTC`, `CET (UTC+01:00)`."""
        at = self._at(self._start)
        offset = at.strftime("%z")
        name = at.tzname() or ""
        if offset == "+0000":
            return "UTC"
        offset_words = f"UTC{offset[:3]}:{offset[3:5]}"
        return offset_words if not name.isascii() or name.startswith("UTC") else f"{name} ({offset_words})"

    def _at(self, utc: float) -> datetime:
        return datetime.fromtimestamp(utc, UTC).astimezone(self.zone)

    def stamp(self, utc: float | None) -> str:
        """Return `2026-11-23 14:05:11`."""
        return DASH if utc is None else self._at(round(utc)).strftime("%Y-%m-%d %H:%M:%S")

    def day(self, utc: float) -> str:
        """Return `2026-11-23`."""
        return self._at(utc).strftime("%Y-%m-%d")

    def since(self, utc: float) -> str:
        """Return the time since the run began as `+1:02:11`, before it with a minus sign."""
        return format_clock(utc - self._start)


def value(known: float | None, unit: str, *, log: bool = False, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a value with the decimals of its shown unit, without it; a dash where it is not known."""
    return DASH if known is None else units.number(known, unit, log=log)


def judged(value: float | None, *bounds: float, signed: bool = True) -> str:
    """Return a temperature that a verdict depends on, without its unit; a dash where it is not known.

    It has two decimals, and as many more as it takes to show on which side of the bounds it lies.
    """
    if value is None:
        return DASH
    for decimals in range(_JUDGED, _MOST_JUDGED):
        shown = round(value, decimals)
        if all((shown > one, shown < one) == (value > one, value < one) for one in bounds):
            break
    else:
        decimals = _MOST_JUDGED
    return figure(value, f"{'+' if signed else ''}.{decimals}f")


def judged_in(units: DisplayUnits, unit: str, value: float | None, *bounds: float) -> str:
    """Return the same for a temperature and bounds in some unit, in the unit in which it is shown."""
    if value is None:
        return DASH
    shown, *limits = (units.value(one, unit) for one in (value, *bounds))
    return judged(shown, *limits, signed=unit_of(units.shown_unit(unit)).signed)


def band(units: DisplayUnits, target: float, tolerance: float) -> str:
    """Return a target in degC with its tolerance in K: `60 °C ± 3 K`."""
    return f"{units.temperature_words(target)} ± {units.tolerance_words(tolerance)}"


DWELLS = {"hot dwell": "Hot dwell", "cold dwell": "Cold dwell", "dwell": "Dwell"}
"""Each word for a dwell as a heading begins with it."""


def dwell_word(target: float) -> str:
    """Return `hot dwell`, `cold dwell` or `dwell`, for its target in degC."""
    return "hot dwell" if target > WARM else "cold dwell" if target < COOL else "dwell"


def text(words: str, most: int = 400) -> str:
    """Return text from outside as one clean line, a dash where it is empty."""
    return clean(" ".join(words.split()), most) or DASH


def lines(words: str) -> str:
    """Return text from outside of several lines, each of them clean."""
    rows = words.replace("\r\n", "\n").replace("\t", "    ")
    return "\n".join(clean_lines(rows, lines=_SOURCE_LINES, width=_SOURCE_WIDTH)).rstrip("\n")
