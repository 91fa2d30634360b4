"""Format numbers, ages and times for the screen."""

from __future__ import annotations

import math
import time
from typing import Literal

import msgspec

from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.digits import figure
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.zones import occurs_twice


def reading(channel: ChannelView, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a channel's value without unit: its number, its text, or `—` if there is no valid one."""
    if channel.quality in (Quality.NO_DATA, Quality.BAD):
        return "—"
    if channel.is_bool or channel.value is None:
        return channel.text or "—"
    return units.number(channel.value, channel.unit, log=channel.log)


def reading_with_unit(channel: ChannelView, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a channel's value with its unit."""
    text = reading(channel, units)
    if text == "—" or channel.is_bool or channel.value is None or not channel.unit:
        return text
    return f"{text} {units.unit(channel.unit)}"


def rate(channel: ChannelView, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a channel's change per minute: `+0.12`, or `−0.2%` for a logarithmic channel."""
    change = channel.per_minute
    if change is None or not math.isfinite(change):
        return ""
    if channel.log:
        percent = change * 100
        if abs(percent) >= 10_000:
            # Seven digits have no room and no meaning.
            return f"{figure(percent, '+.0e').replace('e+0', 'e').replace('e+', 'e')}%"
        return f"{figure(percent, '+.1f' if abs(percent) < 100 else '+.0f')}%"
    change = units.change(change, channel.unit)
    if abs(change) < 0.005:
        return "0.00"
    return figure(change, "+.2f" if abs(change) < 100 else "+.0f")


class Times(msgspec.Struct, frozen=True):
    """Formats wall times in the operator's zone: local with zone, or UTC."""

    mode: Literal["local", "utc"] = "local"

    def _parts(self, utc: float) -> time.struct_time:
        return time.gmtime(utc) if self.mode == "utc" else time.localtime(utc)

    def _which(self, utc: float) -> str:
        """Return the zone of a local time that occurs twice when clocks are set back; else an empty text."""
        return self.zone(utc) if self.mode == "local" and occurs_twice(utc) else ""

    def clock(self, utc: float) -> str:
        """Return `14:02:11`; with its zone in the hour that occurs twice, as all of these do."""
        return time.strftime("%H:%M:%S", self._parts(utc)) + self._which(utc)

    def clock_to_milli(self, utc: float) -> str:
        """Return `14:02:11.250`."""
        return (
            time.strftime("%H:%M:%S", self._parts(utc)) + f".{int(utc * 1000) % 1000:03d}" + self._which(utc)
        )

    def clock_with_zone(self, utc: float) -> str:
        """Return `14:02:11 CET`, or `14:02:11Z`."""
        return time.strftime("%H:%M:%S", self._parts(utc)) + self.zone(utc)

    def zone(self, utc: float) -> str:
        """Return the zone to append to a time: `Z`, or a space and its name."""
        parts = self._parts(utc)
        if self.mode == "utc" or parts.tm_zone in ("UTC", "GMT"):
            return "Z"
        if parts.tm_zone and parts.tm_zone.isascii() and len(parts.tm_zone) <= 5:
            return f" {parts.tm_zone}"
        return " " + time.strftime("%z", parts)

    def day(self, utc: float) -> str:
        """Return `11-24`: month and day."""
        return time.strftime("%m-%d", self._parts(utc))

    def short(self, utc: float) -> str:
        """Return `14:02`."""
        return time.strftime("%H:%M", self._parts(utc)) + self._which(utc)

    def short_with_zone(self, utc: float) -> str:
        """Return `14:02 CET`, or `14:02Z`."""
        return time.strftime("%H:%M", self._parts(utc)) + self.zone(utc)

    def day_and_time(self, utc: float) -> str:
        """Return `Mon 14:02`."""
        return time.strftime("%a %H:%M", self._parts(utc)) + self._which(utc)

    def day_and_time_with_zone(self, utc: float) -> str:
        """Return `Mon 14:02 CET`, or `Mon 14:02Z`."""
        return time.strftime("%a %H:%M", self._parts(utc)) + self.zone(utc)

    def second(self, utc: float) -> str:
        """Return `2026-01-31 14:02:11`."""
        return time.strftime("%Y-%m-%d %H:%M:%S", self._parts(utc)) + self._which(utc)

    def stamp(self, utc: float) -> str:
        """Return `2026-01-31 14:02:11.250Z` in full, for details and files."""
        milli = int(utc * 1000) % 1000
        return time.strftime("%Y-%m-%d %H:%M:%S", self._parts(utc)) + f".{milli:03d}" + self.zone(utc)


def where_logged(log_file: str) -> str:
    """Return the words before the file with the details of a defect; empty if there is none."""
    return "The details are in" if log_file else ""
