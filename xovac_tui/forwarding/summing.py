"""Sums up what the model of a chamber says: of a live one, or of one that is read from its record."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from xovac_tui import __version__
from xovac_tui.chamber.alarm import AlarmChange, AlarmView
from xovac_tui.chamber.snapshot import ChannelView, Quality, RunState, Snapshot
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary
from xovac_tui.text import clean

_TEXT = 200
"""Characters of a text of the chamber."""


class SummedRun(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan says of the run that goes on; None and empty where it says nothing."""

    label: str = ""
    ends_utc: float | None = None
    left: float | None = None
    """Seconds."""


def summed_up(
    snapshot: Snapshot,
    run: SummedRun,
    alarms: Iterable[AlarmView | AlarmChange] | None,
    *,
    chamber: str,
    site: str = "",
    host: str,
) -> ChamberSummary:
    """Return a chamber as it is in a snapshot, in the contract's units; texts are cleaned.

    `alarms` are those that want attention, the worst first; None: no program evaluates them.
    """
    reported, link = snapshot.run, snapshot.link
    state = "UNKNOWN" if reported.stale else reported.state.value
    running = state == "RUNNING"
    return ChamberSummary(
        chamber=chamber,
        site=site,
        utc=snapshot.utc,
        host=host,
        program=__version__,
        link=link.word.value,
        link_since=link.since_utc,
        newest_age=snapshot.newest_age,
        run=state,
        last_run="" if reported.state is RunState.UNKNOWN else reported.state.value,
        recipe=clean(reported.recipe or "", _TEXT) if reported.state is RunState.RUNNING else "",
        step=reported.step if running else None,
        steps=reported.steps if running else None,
        label=clean(run.label, _TEXT) if running else "",
        ends=run.ends_utc if running else None,
        remaining=run.left if running else None,
        target=reported.target if running else None,
        target_unit=reported.temperature_unit,
        alarms=None if alarms is None else tuple(map(_alarm, alarms)),
        channels=tuple(_channel(one) for one in snapshot.channels if one.value is not None),
    )


def _alarm(one: AlarmView | AlarmChange) -> AlarmSummary:
    return AlarmSummary(
        rule=clean(one.rule, _TEXT),
        severity=one.severity.value,
        state=one.state.value,
        text=clean(one.text, _TEXT),
        since=one.raised_utc,
        active=one.active,
        channel=clean(one.channel, _TEXT),
    )


def _channel(one: ChannelView) -> ChannelSummary:
    usable = one.quality in (Quality.GOOD, Quality.STALE)
    return ChannelSummary(
        name=clean(one.name, _TEXT),
        full_name=clean(one.full_name, _TEXT),
        label=clean(one.label, _TEXT),
        unit=one.unit,
        value=one.value if usable else None,
        quality=one.quality.value,
        age=one.age,
        pinned=one.pinned,
        role="" if one.role is None else one.role.value,
    )
