"""What a source of the fleet reports about chambers: the records of this machine, or a broker."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from xovac_tui.forwarding.failures import Failure
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.text import clean

SILENT = 12.0
"""Seconds without a report after which a chamber counts as silent: every source reports each 10 s."""
LARGEST = 256 * 1024
"""Bytes of a summary that are read."""
_LONGEST = 200
"""Characters of a text of a summary."""
_MOST = 200
"""Channels, alarms and sinks of a summary that are read."""
_LATEST = 253_402_300_799.0
"""UTC seconds up to which there are dates."""


class Presence(StrEnum):
    """Whether the program is there that records a chamber."""

    HERE = "here"
    GONE = "gone"
    """It has ended, or its broker has lost it."""
    UNKNOWN = "unknown"
    """Nothing says so."""


class ReportFault(StrEnum):
    """Why the newest state of a chamber cannot be read."""

    TOO_LARGE = "too large"
    NOT_JSON = "not JSON"
    NOT_A_SUMMARY = "not a summary"
    UNREADABLE = "unreadable"
    """The record cannot be read."""


class ChamberReport(msgspec.Struct, frozen=True, kw_only=True):
    """The newest that a source knows of one chamber. Monotonic seconds are those of the source's clock."""

    site: str = ""
    """Cleaned, as is the chamber's name."""
    chamber: str
    presence: Presence
    summary: ChamberSummary | None = None
    """Its newest state that could be read; None: there was none."""
    arrived: float
    """Monotonic seconds at which that state came, or the first report where there is none."""
    age: float = 0.0
    """Seconds that the state was old when it came: a retained message, or the tail of a record."""
    heard: float
    """Monotonic seconds at which anything came of this chamber."""
    gone_for: float | None = None
    """Where it is gone: seconds for which it was at `heard`; None: unknown."""
    clock_ahead: float | None = None
    """Seconds by which the clock of its machine is ahead of this one's; None: unknown, or the same clock."""
    fault: ReportFault | None = None
    """What is wrong with a newer state than `summary`."""
    local: bool = False
    """It is recorded on this machine."""


class SourceState(StrEnum):
    """How a source itself is."""

    STARTING = "starting"
    ON = "on"
    LOST = "lost"
    """Nothing comes from it; it is tried again."""


class FleetSourceView(msgspec.Struct, frozen=True, kw_only=True):
    """State of a source."""

    name: str
    """Of the sink in the settings; empty: the records of this machine."""
    place: str = ""
    """Host of the broker, or the folder of the records, as people are shown it."""
    state: SourceState = SourceState.STARTING
    heard: float | None = None
    """Monotonic seconds of its newest sign of life; None: there was none."""
    failure: Failure | None = None
    """Why nothing comes."""


class FleetSource(Protocol):
    """Reports chambers; it holds no link to any. No method blocks or raises.

    It keeps the newest report of each chamber, bounded in number, so that a viewer that is slow skips states.
    """

    @property
    def view(self) -> FleetSourceView:
        """How the source is."""

    def start(self) -> None:
        """Begin, in threads of its own; returns at once."""

    def take(self) -> Sequence[ChamberReport]:
        """Return the newest report of each chamber of which something came since this was last asked."""

    def stop(self) -> None:
        """End."""


class LostSource(msgspec.Struct, frozen=True):
    """A source that cannot be made, such as for want of its library."""

    view: FleetSourceView

    def start(self) -> None:
        """Do nothing."""

    def take(self) -> Sequence[ChamberReport]:
        """Return nothing."""
        return ()

    def stop(self) -> None:
        """Do nothing."""


def read_summary(payload: bytes, *, site: str = "", chamber: str) -> ChamberSummary | ReportFault:
    """Return the summary in a message from elsewhere, made fit to show; else what is wrong with it.

    `site` and `chamber`, of the topic, take the place of those in the message. Texts are cleaned and cut,
    numbers without a meaning are None, and what is too much is left out.
    """
    if len(payload) > LARGEST:
        return ReportFault.TOO_LARGE
    try:
        summary = _decode(payload)
    except msgspec.ValidationError:
        return ReportFault.NOT_A_SUMMARY
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return ReportFault.NOT_JSON
    if not 0 <= summary.utc <= _LATEST:
        return ReportFault.NOT_A_SUMMARY
    return msgspec.structs.replace(fitted(summary), site=_text(site), chamber=_text(chamber))


_decode = msgspec.json.Decoder(ChamberSummary).decode


def fitted(summary: ChamberSummary) -> ChamberSummary:
    """Return a summary from elsewhere made fit to show.

    Texts are clean and cut, moments have a date, no duration is negative, and what is too much is left out.
    """
    replace = msgspec.structs.replace
    alarms = summary.alarms
    fit = _texts(summary)
    if alarms is not None:
        fit["alarms"] = tuple(replace(one, **_texts(one), since=_moment(one.since)) for one in alarms[:_MOST])
    fit["channels"] = tuple(
        replace(one, **_texts(one), age=_duration(one.age)) for one in summary.channels[:_MOST]
    )
    fit["sinks"] = tuple(
        replace(one, **_texts(one), behind=_duration(one.behind) or 0.0) for one in summary.sinks[:_MOST]
    )
    return replace(
        summary,
        **fit,
        utc=min(max(0.0, summary.utc), _LATEST),
        link_since=_moment(summary.link_since),
        ends=_moment(summary.ends),
        newest_age=_duration(summary.newest_age),
        remaining=_duration(summary.remaining),
    )


def _texts(one: msgspec.Struct) -> dict[str, Any]:
    """Return the texts of a struct that must be shown in another way than they are."""
    return {
        name: _text(value)
        for name in one.__struct_fields__
        if type(value := getattr(one, name)) is str
        and (len(value) > _LONGEST or not value.isprintable() or not value.isascii())
    }


def _text(value: str) -> str:
    return clean(value, _LONGEST)


def _moment(utc: float | None) -> float | None:
    return utc if utc is not None and 0 <= utc <= _LATEST else None


def _duration(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(0.0, seconds), _LATEST)
